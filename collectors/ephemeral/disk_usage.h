/* disk_usage.h — the disk space that a folder takes, as du counts it.
 * Uses: base.  Threads: any, one a call.  Owner: the walker.
 *
 * Blocks that are allocated (a sparse file counts what it holds), each hard link once, folders
 * included, symbolic links themselves. What is mounted below the folder is left out, be it another
 * file system or, since Linux 5.8, a part of the same one: a folder mounted into itself has no end.
 * Nothing is opened but folders, and those only as the folder that was just looked at. */
#ifndef KG_COLLECTORS_EPHEMERAL_DISK_USAGE_H
#define KG_COLLECTORS_EPHEMERAL_DISK_USAGE_H

#include "base/defs.h"

struct disk_usage {
    uint64_t bytes;  /* allocated */
    uint64_t inodes; /* files and folders, that at the top included */
    bool inexact;    /* a part could not be read, or was beyond a maximum of base/limits.h */
};

/* Asked before each look at a file; false ends the walk. */
typedef bool disk_usage_step_fn(void *arg);

/* Counts the folder or file that is open (O_PATH will do) at fd. What vanishes meanwhile is no
 * fault. Errors: -ECANCELED step said so · -EACCES and others of opening the folder at the top ·
 * -ENOENT it is gone · -ENOMEM. */
int disk_usage_walk(int fd, disk_usage_step_fn *step, void *arg,
                    struct disk_usage *ret) KG_MUST_CHECK;

#endif
