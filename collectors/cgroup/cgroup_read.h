/* cgroup_read.h — reads one cgroup's files and its processes into a struct cgroup_sample.
 * Uses: base, cgroup_entry, cgroup_sample, proc.  Threads: the node loop.  Owner: the container
 * collector.
 *
 * A reader holds what is the same for all cgroups of a reading: names of block devices, the mount
 * table of the machine, /proc/diskstats, the machine's memory. One file that is missing or cannot
 * be understood costs the values that stand in it, never the rest of the sample. */
#ifndef KG_COLLECTORS_CGROUP_READ_H
#define KG_COLLECTORS_CGROUP_READ_H

#include "base/arena.h"
#include "collectors/cgroup/cgroup_entry.h"
#include "collectors/cgroup/cgroup_sample.h"
#include "collectors/collector.h"

struct cgroup_reader;

/* NULL on error. env is borrowed and outlives the reader. Whether this machine has PSI and which
 * blkio files it has is found out here, once. Errors: -ENOMEM. */
struct cgroup_reader *cgroup_reader_new(const struct collector_env *env,
                                        enum cgroup_version version, struct err *err);
void cgroup_reader_free(struct cgroup_reader *r);

/* Starts a reading: reads /proc/diskstats, /proc/meminfo and, if they changed, the block devices
 * and the mount table; measures the file systems of "/". Their text stands in mem. Errors: -ENOMEM;
 * a source that cannot be read leaves its values out. */
int cgroup_reader_begin(struct cgroup_reader *r, struct arena *mem);

/* Reads everything of e. Sets all of *ret but the labels (id, container, image, name, namespace,
 * pod) and oom_events, of which it sets what the cgroup's own files count; also e->start_time_sec
 * and e->init_pid when they are not known yet. *ret must be zeroed before.
 * Errors: -ENODEV or -ENOENT the cgroup is gone · -ENOMEM · others: a file that is there could not
 * be read or understood; *ret then holds all but the values that stand in it. */
int cgroup_read(struct cgroup_reader *r, struct cgroup_entry *e, struct arena *mem,
                struct cgroup_sample *ret, struct err *err);

/* The CPU time that e has used so far, and its memory now, of which each is one file. Returns 1
 * with *ret set (and clock_mono_ns when that was read), 0 when it cannot be read or understood.
 * Errors: -ENODEV or -ENOENT the cgroup is gone · -EMFILE no descriptor may be kept open for it. */
int cgroup_read_cpu_used(struct cgroup_reader *r, struct cgroup_entry *e, uint64_t *ret_ns,
                         uint64_t *ret_at_ns);
int cgroup_read_memory_used(struct cgroup_reader *r, struct cgroup_entry *e, uint64_t *ret_bytes);

/* Counts again the open files of processes whose last count was served and is some seconds old, so
 * that readings need not. To be called at the collector's tick. */
void cgroup_reader_tick(struct cgroup_reader *r, uint64_t now_ns);

struct cgroup_reader_stats {
    uint64_t malformed;  /* files that could not be understood, since start */
    size_t stuck_mounts; /* file systems whose statfs does not come back */
};
struct cgroup_reader_stats cgroup_reader_stats(const struct cgroup_reader *r);

#endif
