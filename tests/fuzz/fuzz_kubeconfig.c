/* fuzz_kubeconfig.c — any bytes as a kubeconfig, in a file, as they come to the program.
 * Uses: kube/client/config.  Threads: none.  Owner: tests/CMakeLists.txt. */
#include "kube/client/config.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct kube_config c = { 0 };
    struct err err;
    if (kube_config_from_kubeconfig(path, NULL, &c, &err) == 0) {
        if (!c.server || !c.context || (c.cert_pem && !c.key_pem)) {
            abort();
        }
        kube_config_refresh(&c, &err);
        kube_config_done(&c);
    }
    close(fd);
    return 0;
}
