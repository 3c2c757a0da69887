/* node_nvme_*: /sys/class/nvme/nvmeN and its namespaces nvmeNnM. A namespace's size is in sectors
 * of 512 bytes as that of every disk, what is used of it in blocks of its own. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define SECTOR_BYTES 512

#define HAS_BLOCK BIT(0)
#define HAS_SIZE BIT(1)
#define HAS_USED BIT(2)

struct controller_sample {
    uint64_t present;
    struct str device, cntlid, firmware, model, serial, state;
};

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct controller_sample *s = sample;
    metric_put(out, 1, s->cntlid, s->device, s->firmware, s->model, s->serial, s->state);
}

static const struct metric_family controller_rows[] = {
    NODE_SERIES("node_nvme_info", GAUGE, 0, put_info,
                METRIC_LABELS("cntlid", "device", "firmware_revision", "model", "serial", "state"),
                "/sys/class/nvme/*", "What the controller is, and its state: 1."),
};

NODE_SUBJECT(controller_subject, "node_nvme", struct controller_sample, controller_rows);

struct namespace_sample {
    uint64_t present;
    struct str device, nsid, ana_state;
    uint64_t block_bytes, size_bytes, used_bytes;
};

static void namespace_common(const void *sample, struct metric_writer *out)
{
    const struct namespace_sample *s = sample;
    metric_common(out, s->device);
    metric_common(out, s->nsid);
}

static void put_namespace_info(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct namespace_sample *)sample)->ana_state);
}

static const struct metric_family namespace_rows[] = {
    NODE_VALUE(struct namespace_sample, "node_nvme_namespace_capacity_bytes", GAUGE, HAS_SIZE,
               size_bytes, 1, "/sys/class/nvme/*/nvme*n*/size", "Capacity of the namespace."),
    NODE_SERIES("node_nvme_namespace_info", GAUGE, 0, put_namespace_info,
                METRIC_LABELS("ana_state"), "/sys/class/nvme/*/nvme*n*/ana_state",
                "How the namespace is to be reached: 1."),
    NODE_VALUE(struct namespace_sample, "node_nvme_namespace_logical_block_size_bytes", GAUGE,
               HAS_BLOCK, block_bytes, 1, "/sys/class/nvme/*/nvme*n*/queue/logical_block_size",
               "Size of the namespace's blocks."),
    NODE_VALUE(struct namespace_sample, "node_nvme_namespace_size_bytes", GAUGE, HAS_SIZE,
               size_bytes, 1, "/sys/class/nvme/*/nvme*n*/size", "Size of the namespace."),
    NODE_VALUE(struct namespace_sample, "node_nvme_namespace_used_bytes", GAUGE, HAS_USED,
               used_bytes, 1, "/sys/class/nvme/*/nvme*n*/nuse",
               "What the namespace has allocated of its size."),
};

NODE_SUBJECT_OF(namespace_subject, "node_nvme_namespace", struct namespace_sample, namespace_rows,
                namespace_common, METRIC_LABELS("device", "nsid"));

static int nvme_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "class/nvme", ret_state, err);
}

/* "nvme0n1" -> "1"; -EINVAL is no namespace. */
static int namespace_id(struct str name, struct str *ret)
{
    uint64_t number;
    if (!str_eat(&name, STR("nvme")) || num_scan_u64(str_cut(&name, 'n'), &number) < 0 ||
        num_scan_u64(name, &number) < 0) {
        return -EINVAL;
    }
    *ret = name;
    return 0;
}

static int add_namespace(int fd, struct str device, struct str nsid, struct metric_sink *sink,
                         struct err *err)
{
    uint64_t sectors, blocks;
    struct namespace_sample *s = metric_sink_add(sink, &namespace_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->device = device;
    s->nsid = nsid;
    if (node_u64_at(fd, "queue/logical_block_size", &s->block_bytes) >= 0) {
        s->present |= HAS_BLOCK;
    }
    if (node_u64_at(fd, "size", &sectors) >= 0) {
        s->size_bytes = sectors * SECTOR_BYTES;
        s->present |= HAS_SIZE;
    }
    if (node_u64_at(fd, "nuse", &blocks) >= 0 && (s->present & HAS_BLOCK)) {
        s->used_bytes = blocks * s->block_bytes;
        s->present |= HAS_USED;
    }
    int r = node_text_at(fd, "ana_state", metric_sink_arena(sink), &s->ana_state);
    if (r < 0) { /* only with several paths to it */
        s->ana_state = STR("unknown");
    }
    return r == -ENOMEM ? r : 0;
}

static int add_namespaces(int dirfd, struct str device, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL, nsid;
    size_t n = 0;
    int r = node_dir_names(dirfd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        auto_close int fd =
            namespace_id(names[i], &nsid) < 0 ? -1 : file_open_dir_at(dirfd, names[i].p);
        if (fd >= 0) {
            r = add_namespace(fd, device, nsid, sink, err);
        }
    }
    return r;
}

static int add_controller(int fd, struct str device, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct controller_sample values = { .device = device };
    if (node_text_at(fd, "cntlid", mem, &values.cntlid) == -ENOMEM ||
        node_text_at(fd, "firmware_rev", mem, &values.firmware) == -ENOMEM ||
        node_text_at(fd, "model", mem, &values.model) == -ENOMEM ||
        node_text_at(fd, "serial", mem, &values.serial) == -ENOMEM ||
        node_text_at(fd, "state", mem, &values.state) == -ENOMEM) {
        return -ENOMEM;
    }
    struct controller_sample *s = metric_sink_add(sink, &controller_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return add_namespaces(fd, device, sink, err);
}

static int nvme_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(dirfd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        auto_close int fd = file_open_dir_at(dirfd, names[i].p);
        if (fd >= 0) {
            r = add_controller(fd, names[i], sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "class/nvme") : 0;
}

static const struct metric_subject *const subjects[] = { &controller_subject, &namespace_subject,
                                                         NULL };

const struct collector collector_nvme = {
    .name = "nvme",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = nvme_start,
    .read = nvme_read,
    .stop = node_dir_stop,
};
