/* dents.h — the names in a folder of /proc, one after the other, without memory of its own.
 * Uses: libc.  Threads: any.  Owner: the caller's stack.
 *
 * getdents64 and not readdir: folders are looked at one after the other in every reading, and a
 * stream would allocate its buffer for each. */
#ifndef KG_COLLECTORS_PROC_DENTS_H
#define KG_COLLECTORS_PROC_DENTS_H

#include "base/defs.h"

#include <dirent.h>

struct dents {
    int fd; /* of the folder, borrowed */
    long n, at;
    union {
        struct dirent64 aligned;
        char bytes[4096];
    } buffer;
};

/* fd must be at the folder's beginning. */
void dents_init(struct dents *d, int fd);

/* The next name that does not begin with a dot, valid until the next call. NULL: the end, *ret is
 * then 0 or a negative errno. */
const char *dents_next(struct dents *d, int *ret);

#endif
