/* Any bytes as a runtime's config.json, and as a /proc/PID/cgroup. */
#include "collectors/kubelet_cgroup.h"
#include "collectors/runtime_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_end(const char *text, size_t size)
{
    if (!memchr(text, '\0', size)) {
        abort();
    }
}

static void no_empty_path(void *arg, const struct runtime_mount *mount)
{
    (void)arg;
    if (!mount->destination.n || !mount->source.n) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size }, cgroup = { NULL, 0 };
    struct runtime_record r;
    if (runtime_record_parse(text, &r) == 0) {
        must_end(r.container, sizeof(r.container));
        must_end(r.image, sizeof(r.image));
        must_end(r.name, sizeof(r.name));
        must_end(r.namespace, sizeof(r.namespace));
        must_end(r.pod, sizeof(r.pod));
    }
    int mounts = runtime_mounts_parse(text, no_empty_path, NULL);
    if (mounts > 0) {
        abort();
    }
    if (kubelet_cgroup_parse(text, &cgroup) == 0 && cgroup.n == 0) {
        abort();
    }
    return 0;
}
