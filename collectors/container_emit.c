#include "collectors/container_emit.h"

#include "base/num.h"
#include "collectors/cgroup/cgroup_sample.h"

#define USEC_PER_SEC 1e6

void container_put_common(const void *sample, struct metric_writer *out)
{
    const struct cgroup_sample *s = sample;
    metric_common(out, s->container);
    metric_common(out, s->id);
    metric_common(out, s->image);
    metric_common(out, s->name);
    metric_common(out, s->namespace);
    metric_common(out, s->pod);
}

static void put_operations(const struct cgroup_io *io, struct metric_writer *out)
{
    static const struct str operations[CG_IO_OPS] = {
        [CG_IO_READ] = STR_INIT("Read"),       [CG_IO_WRITE] = STR_INIT("Write"),
        [CG_IO_SYNC] = STR_INIT("Sync"),       [CG_IO_ASYNC] = STR_INIT("Async"),
        [CG_IO_DISCARD] = STR_INIT("Discard"), [CG_IO_TOTAL] = STR_INIT("Total"),
    };
    char major[NUM_TEXT_MAX], minor[NUM_TEXT_MAX];
    struct str major_text = { major, num_format_u64(major, io->major) };
    struct str minor_text = { minor, num_format_u64(minor, io->minor) };
    for (unsigned op = 0; op < CG_IO_OPS; op++) {
        if (io->has_bytes & (1u << op)) {
            metric_put(out, (double)io->bytes[op], io->device, major_text, minor_text,
                       operations[op]);
        }
    }
}

void container_put_blkio(const void *sample, struct metric_writer *out)
{
    const struct cgroup_sample *s = sample;
    for (size_t i = 0; i < s->n_io; i++) {
        put_operations(&s->io[i], out);
    }
}

void container_put_cpu_usage(const void *sample, struct metric_writer *out)
{
    const struct cgroup_sample *s = sample;
    metric_put(out, (double)s->cpu_usage_ns / 1e9, STR("total"));
}

void container_put_health(const void *sample, struct metric_writer *out)
{
    static const double values[] = {
        [CONTAINER_UNCHECKED] = -1,
        [CONTAINER_NOT_HEALTHY] = 0,
        [CONTAINER_HEALTHY] = 1,
    };
    const struct cgroup_sample *s = sample;
    metric_put(out, values[s->health]);
}

void container_put_zero(const void *sample, struct metric_writer *out)
{
    (void)sample;
    metric_put(out, 0);
}

void container_put_tasks_state(const void *sample, struct metric_writer *out)
{
    (void)sample;
    metric_put(out, 0, STR("iowaiting"));
    metric_put(out, 0, STR("running"));
    metric_put(out, 0, STR("sleeping"));
    metric_put(out, 0, STR("stopped"));
    metric_put(out, 0, STR("uninterruptible"));
}

void container_put_memory_failures(const void *sample, struct metric_writer *out)
{
    const struct cgroup_sample *s = sample;
    metric_put(out, (double)s->pgfault, STR("pgfault"), STR("container"));
    metric_put(out, (double)s->pgfault, STR("pgfault"), STR("hierarchy"));
    metric_put(out, (double)s->pgmajfault, STR("pgmajfault"), STR("container"));
    metric_put(out, (double)s->pgmajfault, STR("pgmajfault"), STR("hierarchy"));
}

void container_put_ulimit(const void *sample, struct metric_writer *out)
{
    const struct cgroup_sample *s = sample;
    metric_put(out, (double)s->ulimit_nofile_soft, STR("max_open_files"));
}

#define PUT_EACH_FS(function, member)                                                              \
    void function(const void *sample, struct metric_writer *out)                                   \
    {                                                                                              \
        const struct cgroup_sample *s = sample;                                                    \
        for (size_t i = 0; i < s->n_fs; i++) {                                                     \
            metric_put(out, (double)s->fs[i].member, s->fs[i].device);                             \
        }                                                                                          \
    }

PUT_EACH_FS(container_put_fs_usage, usage_bytes)
PUT_EACH_FS(container_put_fs_limit, limit_bytes)
PUT_EACH_FS(container_put_fs_inodes_total, inodes_total)
PUT_EACH_FS(container_put_fs_inodes_free, inodes_free)

/* What one device says to one family: whether it has the value, and which. */
typedef bool io_value_fn(const struct cgroup_io *io, double *ret);

static bool device_has_value(const struct cgroup_sample *s, struct str device, io_value_fn *value)
{
    double ignored;
    for (size_t i = 0; i < s->n_io; i++) {
        if (str_eq(s->io[i].device, device) && value(&s->io[i], &ignored)) {
            return true;
        }
    }
    return false;
}

static void put_devices(const struct cgroup_sample *s, struct metric_writer *out,
                        io_value_fn *value)
{
    /* Named devices stand once in the list; those without a name would all be device="". */
    bool unnamed_done = false;
    double v;
    for (size_t i = 0; i < s->n_io; i++) {
        bool unnamed = str_empty(s->io[i].device);
        if (value(&s->io[i], &v) && !(unnamed && unnamed_done)) {
            unnamed_done = unnamed_done || unnamed;
            metric_put(out, v, s->io[i].device);
        }
    }
    for (size_t i = 0; i < s->n_fs; i++) {
        if (s->fs[i].has_io && value(&s->fs[i].io, &v) &&
            !device_has_value(s, s->fs[i].device, value)) {
            metric_put(out, v, s->fs[i].device);
        }
    }
}

#define PUT_EACH_DEVICE(function, has, number)                                                     \
    static bool value_of_##function(const struct cgroup_io *io, double *ret)                       \
    {                                                                                              \
        *ret = (number);                                                                           \
        return (has);                                                                              \
    }                                                                                              \
    void function(const void *sample, struct metric_writer *out)                                   \
    {                                                                                              \
        put_devices(sample, out, value_of_##function);                                             \
    }

#define HAS(mask, op) ((io->mask & (1u << (op))) != 0)

PUT_EACH_DEVICE(container_put_reads_bytes, HAS(has_bytes, CG_IO_READ),
                (double)io->bytes[CG_IO_READ])
PUT_EACH_DEVICE(container_put_writes_bytes, HAS(has_bytes, CG_IO_WRITE),
                (double)io->bytes[CG_IO_WRITE])
PUT_EACH_DEVICE(container_put_reads, HAS(has_ios, CG_IO_READ), (double)io->ios[CG_IO_READ])
PUT_EACH_DEVICE(container_put_writes, HAS(has_ios, CG_IO_WRITE), (double)io->ios[CG_IO_WRITE])
PUT_EACH_DEVICE(container_put_sector_reads, io->has_sectors, (double)io->sectors_read)
PUT_EACH_DEVICE(container_put_sector_writes, io->has_sectors, (double)io->sectors_written)
PUT_EACH_DEVICE(container_put_reads_merged, io->has_disk, (double)io->reads_merged)
PUT_EACH_DEVICE(container_put_writes_merged, io->has_disk, (double)io->writes_merged)
PUT_EACH_DEVICE(container_put_read_seconds, io->has_disk, io->read_seconds)
PUT_EACH_DEVICE(container_put_write_seconds, io->has_disk, io->write_seconds)
PUT_EACH_DEVICE(container_put_io_seconds, io->has_disk, io->io_seconds)
PUT_EACH_DEVICE(container_put_io_weighted_seconds, io->has_weighted, io->io_weighted_seconds)
PUT_EACH_DEVICE(container_put_io_current, io->has_disk, (double)io->io_current)
PUT_EACH_DEVICE(container_put_cost_usage, io->has_cost, (double)io->cost_usage_usec / USEC_PER_SEC)
PUT_EACH_DEVICE(container_put_cost_wait, io->has_cost, (double)io->cost_wait_usec / USEC_PER_SEC)
PUT_EACH_DEVICE(container_put_cost_indebt, io->has_cost,
                (double)io->cost_indebt_usec / USEC_PER_SEC)
PUT_EACH_DEVICE(container_put_cost_indelay, io->has_cost,
                (double)io->cost_indelay_usec / USEC_PER_SEC)

#define PUT_EACH_INTERFACE(function, member)                                                       \
    void function(const void *sample, struct metric_writer *out)                                   \
    {                                                                                              \
        const struct cgroup_sample *s = sample;                                                    \
        for (size_t i = 0; i < s->n_net; i++) {                                                    \
            metric_put(out, (double)s->net[i].member, s->net[i].interface);                        \
        }                                                                                          \
    }

PUT_EACH_INTERFACE(container_put_rx_bytes, rx_bytes)
PUT_EACH_INTERFACE(container_put_rx_packets, rx_packets)
PUT_EACH_INTERFACE(container_put_rx_errors, rx_errors)
PUT_EACH_INTERFACE(container_put_rx_dropped, rx_dropped)
PUT_EACH_INTERFACE(container_put_tx_bytes, tx_bytes)
PUT_EACH_INTERFACE(container_put_tx_packets, tx_packets)
PUT_EACH_INTERFACE(container_put_tx_errors, tx_errors)
PUT_EACH_INTERFACE(container_put_tx_dropped, tx_dropped)
