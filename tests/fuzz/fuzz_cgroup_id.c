/* Any bytes as a cgroup path: what is told must hold together. */
#include "collectors/cgroup/cgroup_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str path = { (const char *)data, size };
    struct cgroup_id id;
    cgroup_identify(path, &id);
    if (memchr(id.pod_uid, '\0', sizeof(id.pod_uid)) == NULL) {
        abort();
    }
    bool has_id = id.container_id.n == CGROUP_CONTAINER_ID_LEN && id.container_id.p >= path.p &&
                  id.container_id.p + id.container_id.n <= path.p + path.n;
    if (has_id != (id.kind == CGROUP_CONTAINER) || (!has_id && id.container_id.n != 0)) {
        abort();
    }
    if (id.kind == CGROUP_POD && id.pod_uid[0] == '\0') {
        abort();
    }
    return 0;
}
