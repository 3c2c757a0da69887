/* cgroup_reader.h — the inside of a cgroup reader, shared by the files that make it up.
 * Uses: cgroup_read, parse, filesystems.  Threads: the node loop.  Owner: cgroup_read.c.
 *
 * Other folders use cgroup_read.h. */
#ifndef KG_COLLECTORS_CGROUP_READER_H
#define KG_COLLECTORS_CGROUP_READER_H

#include "collectors/cgroup/cgroup_read.h"
#include "collectors/cgroup/devices.h"
#include "collectors/cgroup/filesystems.h"
#include "collectors/cgroup/parse.h"
#include "collectors/proc/proc_parse.h"

/* Which blkio files of v1 this machine has; names are NULL where it has none. */
struct blkio_files {
    const char *bytes, *ios, *service_time, *merged, *queued;
};

/* Open files of one process as last counted. */
struct cg_fds {
    int32_t pid;
    bool served;  /* since it was counted */
    uint8_t calm; /* counts in a row that came to the same */
    bool is_kept; /* dir_fd is open on /proc/PID/fd */
    int dir_fd;
    uint64_t size;           /* of /proc/PID/fd then */
    uint64_t files, sockets; /* what of it could be read */
    uint64_t counted_ns;     /* clock_mono_ns */
};

#define CG_FDS_PLACES 8192
#define CG_FDS_WAYS 8 /* places that a process may stand in */

struct cgroup_reader {
    const struct collector_env *env;
    enum cgroup_version version;
    bool has_psi;
    bool knows_open_files; /* the size of /proc/PID/fd is their number */
    int32_t own_pid;       /* of this process, as procfs numbers it; 0: not known */
    uint64_t ticks_per_sec;
    uint64_t boot_time_sec; /* of the minute in which the machine was started; 0: not known */
    struct blkio_files scheduler, throttle; /* v1 */

    int procfs_fd, meminfo_fd; /* -1: not there */
    struct meminfo meminfo;    /* of this reading; total 0: not known */
    struct devices *devices;
    struct filesystems *filesystems;
    const struct cgroup_fs *fs; /* of this reading */
    size_t n_fs;

    char *text; /* one file */
    size_t text_size;
    struct cgroup_io *io;   /* LIMIT_CGROUP_DEVICES, filled file by file */
    struct net_dev *net;    /* LIMIT_NET_INTERFACES */
    struct diskstat *disks; /* LIMIT_BLOCK_DEVICES */
    struct buf disks_text;  /* of /proc/diskstats; what disks points into */
    struct cg_fds *fds;     /* CG_FDS_PLACES, by process id */
    size_t n_fds_kept;      /* of them with an open folder */
    int32_t *pids;          /* LIMIT_PIDS_PER_CGROUP */
    struct cgroup_reader_stats stats;
};

/* One cgroup being read. gone: the error by which its files said that it is no more; nothing more
 * is read then. error: the first of a file that is there and cannot be read or understood; failed:
 * there was one in the group of values that is being read. */
struct cg_source {
    struct cgroup_reader *reader;
    struct cgroup_entry *entry;
    int gone, error;
    bool failed;
};

/* The text of a file, valid until the next call; false when it is not there or cannot be read,
 * which sets s->failed and s->error. */
bool cg_text(struct cg_source *s, enum cgroup_controller controller, enum cgroup_file file,
             const char *name, struct str *ret);

/* The number of a file ("max" is UINT64_MAX); false as above, or when it is no number. */
bool cg_value(struct cg_source *s, enum cgroup_controller controller, enum cgroup_file file,
              const char *name, uint64_t *ret);

/* Counts a file that could not be understood, which sets s->failed and s->error; returns whether r
 * says that all is well. */
bool cg_understood(struct cg_source *s, int r);

/* A limit as it is served: 0 when there is none. */
uint64_t cg_limit(uint64_t value);

/* The files of the cgroup, by version. Set ret and its bits, CG_STATS among them. Errors: -ENOMEM.
 */
int cgroup_v1_read(struct cg_source *s, struct arena *mem, struct cgroup_sample *ret);
int cgroup_v2_read(struct cg_source *s, struct arena *mem, struct cgroup_sample *ret);

/* Names the reader's n devices and sets them as ret->io. Errors: -ENOMEM. */
int cg_take_io(struct cg_source *s, struct arena *mem, size_t n, struct cgroup_sample *ret);

/* Processes, descriptors, sockets, limits and network. Errors: -ENOMEM. */
int cg_read_processes(struct cg_source *s, struct arena *mem, struct cgroup_sample *ret);

/* Fills reader->pids with the *ret_n processes of the cgroup and sets ret->processes. False when
 * they cannot be read. */
bool cg_list_processes(struct cg_source *s, struct cgroup_sample *ret, size_t *ret_n);

/* Open files and sockets of the first n of reader->pids. */
void cg_read_fds(struct cg_source *s, size_t n, struct cgroup_sample *ret);

/* The same; what the entry knows, while its processes are the same and have not run since: for 30 s
 * at most, since what it knows of sockets may have been a while old. ret has the CPU time, and no
 * descriptors yet. */
void cg_read_fds_of_entry(struct cg_source *s, size_t n, struct cgroup_sample *ret);

/* Closes what cg_read_fds keeps open and forgets its counts. */
void cg_forget_fds(struct cgroup_reader *r);

/* Whether this kernel tells the number of a process's open files as the size of /proc/PID/fd. */
bool cg_knows_open_files(const struct cgroup_reader *r);

/* The number that procfs has for this process, 0 when it has none. */
int32_t cg_own_pid(const struct cgroup_reader *r);

static inline bool cg_is_root(const struct cg_source *s)
{
    return s->entry->id.kind == CGROUP_ROOT;
}

#endif
