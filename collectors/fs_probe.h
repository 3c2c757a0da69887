/* fs_probe.h — statfs that cannot hold up the caller: a thread asks, the caller waits a while.
 * Uses: base, pthread.  Threads: all calls on one thread; the probe's own threads are inside.
 * Owner: the collector that measures file systems.
 *
 * statfs of a dead NFS server or disk does not come back. Such a mount costs the caller one wait;
 * then its thread is left to it, a new one goes on with the others, and the mount is not asked
 * again until the thread has come back. */
#ifndef KG_COLLECTORS_FS_PROBE_H
#define KG_COLLECTORS_FS_PROBE_H

#include "base/err.h"

struct fs_probe;

struct fs_probe_result {
    int r; /* 0, or a negative errno: -ETIMEDOUT not answered in time or stuck */
    uint64_t size_bytes, free_bytes, avail_bytes, files, files_free;
    uint32_t major, minor; /* of the file system that was found at the path */
    bool below_mount; /* the path is not itself where something is mounted; false when the kernel
                         (before 5.8) does not tell */
};

/* NULL when out of memory. The first thread is started by the first run. */
struct fs_probe *fs_probe_new(void);

/* Ends the threads but those that are stuck, which end by themselves if they ever come back. */
void fs_probe_free(struct fs_probe *p);

/* From now on paths are those of a process whose root this folder is (file_open_in_root); "" for
 * our own, as at first. Copied. Errors: -ENOMEM. */
int fs_probe_set_root(struct fs_probe *p, const char *root);

/* Sets which paths are asked from now on; copied. The same ones again cost nothing. Errors: -ENOMEM
 * (the list is then empty). */
int fs_probe_set(struct fs_probe *p, const char *const *paths, size_t n);

/* Asks all paths and waits at most timeout_ms in all. Sets ret[i] for path i. Errors: those of
 * pthread_create; -EBUSY when LIMIT_STUCK_MOUNTS threads are stuck. */
int fs_probe_run(struct fs_probe *p, unsigned timeout_ms, struct fs_probe_result *ret);

/* As fs_probe_run, but one that hangs costs a part of the time, and the others are asked again. */
int fs_probe_run_all(struct fs_probe *p, uint64_t timeout_ns, struct fs_probe_result *ret);

/* Mounts whose statfs has not come back yet. */
size_t fs_probe_stuck(const struct fs_probe *p);

/* For tests: what is called in place of stat and statfs; NULL for the real thing. */
typedef void fs_probe_ask_fn(const char *path, struct fs_probe_result *ret);
void fs_probe_set_ask(struct fs_probe *p, fs_probe_ask_fn *ask);

#endif
