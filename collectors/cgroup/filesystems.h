/* filesystems.h — the file systems of the machine, which the peer shows as those of "/".
 * Uses: base, proc_parse, fs_probe, devices.  Threads: the node loop.  Owner: the cgroup reader.
 *
 * The mount table is that of process 1 and is read again when it has changed. Mounts that come and
 * go with pods and containers are left out: a kubelet that was started with its machine does not
 * know them either. */
#ifndef KG_COLLECTORS_CGROUP_FILESYSTEMS_H
#define KG_COLLECTORS_CGROUP_FILESYSTEMS_H

#include "base/arena.h"
#include "collectors/cgroup/cgroup_sample.h"
#include "collectors/cgroup/devices.h"
#include "collectors/collector.h"

struct filesystems;

/* NULL when out of memory. env is borrowed. */
struct filesystems *filesystems_new(const struct collector_env *env);
void filesystems_free(struct filesystems *f);

/* Measures all file systems: *ret_n of them at *ret, in mem. disks: /proc/diskstats of this
 * reading. One that does not answer within two seconds is left out. Errors: -ENOMEM. */
int filesystems_read(struct filesystems *f, struct arena *mem, const struct diskstat *disks,
                     size_t n_disks, const struct devices *devices, const struct cgroup_fs **ret,
                     size_t *ret_n);

/* The device of the file system with this number as the mount table names it ("/dev/mapper/x"),
 * or the empty text. Valid until the next filesystems_read. */
struct str filesystems_device(const struct filesystems *f, uint32_t major, uint32_t minor);

/* File systems whose statfs does not come back. */
size_t filesystems_stuck(const struct filesystems *f);

/* Whether the line of the mount table is served, given the kubelet's folder as the host sees it. */
bool filesystems_serves(const struct mount_line *line, struct str kubelet);

#endif
