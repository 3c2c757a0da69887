/* container_emit.h — the container families that are more than one plain value.
 * Uses: metrics/writer, cgroup_sample.  Threads: any.  Owner: container_families.c.
 *
 * Each puts the series of one family; sample is a struct cgroup_sample. A device that stands twice
 * in a list is put once, because two series with the same labels make the whole scrape invalid. */
#ifndef KG_COLLECTORS_CONTAINER_EMIT_H
#define KG_COLLECTORS_CONTAINER_EMIT_H

#include "metrics/writer.h"

/* The common labels: container, id, image, name, namespace, pod. */
void container_put_common(const void *sample, struct metric_writer *out);

/* Labels: device, major, minor, operation. */
void container_put_blkio(const void *sample, struct metric_writer *out);
/* Label: cpu ("total"). */
void container_put_cpu_usage(const void *sample, struct metric_writer *out);
/* No label; -1: nobody checks its health, as in the kubelet. */
void container_put_health(const void *sample, struct metric_writer *out);
/* No label; what the kubelet declares and never measures. */
void container_put_zero(const void *sample, struct metric_writer *out);
/* Label: state. */
void container_put_tasks_state(const void *sample, struct metric_writer *out);
/* Labels: failure_type, scope. */
void container_put_memory_failures(const void *sample, struct metric_writer *out);
/* Label: ulimit. */
void container_put_ulimit(const void *sample, struct metric_writer *out);

/* Label: device; one for each file system. */
void container_put_fs_usage(const void *sample, struct metric_writer *out);
void container_put_fs_limit(const void *sample, struct metric_writer *out);
void container_put_fs_inodes_total(const void *sample, struct metric_writer *out);
void container_put_fs_inodes_free(const void *sample, struct metric_writer *out);

/* Label: device; one for each device of the cgroup, and of the file systems where they have it. */
void container_put_reads_bytes(const void *sample, struct metric_writer *out);
void container_put_writes_bytes(const void *sample, struct metric_writer *out);
void container_put_reads(const void *sample, struct metric_writer *out);
void container_put_writes(const void *sample, struct metric_writer *out);
void container_put_sector_reads(const void *sample, struct metric_writer *out);
void container_put_sector_writes(const void *sample, struct metric_writer *out);
void container_put_reads_merged(const void *sample, struct metric_writer *out);
void container_put_writes_merged(const void *sample, struct metric_writer *out);
void container_put_read_seconds(const void *sample, struct metric_writer *out);
void container_put_write_seconds(const void *sample, struct metric_writer *out);
void container_put_io_seconds(const void *sample, struct metric_writer *out);
void container_put_io_weighted_seconds(const void *sample, struct metric_writer *out);
void container_put_io_current(const void *sample, struct metric_writer *out);
void container_put_cost_usage(const void *sample, struct metric_writer *out);
void container_put_cost_wait(const void *sample, struct metric_writer *out);
void container_put_cost_indebt(const void *sample, struct metric_writer *out);
void container_put_cost_indelay(const void *sample, struct metric_writer *out);

/* Label: interface. */
void container_put_rx_bytes(const void *sample, struct metric_writer *out);
void container_put_rx_packets(const void *sample, struct metric_writer *out);
void container_put_rx_errors(const void *sample, struct metric_writer *out);
void container_put_rx_dropped(const void *sample, struct metric_writer *out);
void container_put_tx_bytes(const void *sample, struct metric_writer *out);
void container_put_tx_packets(const void *sample, struct metric_writer *out);
void container_put_tx_errors(const void *sample, struct metric_writer *out);
void container_put_tx_dropped(const void *sample, struct metric_writer *out);

#endif
