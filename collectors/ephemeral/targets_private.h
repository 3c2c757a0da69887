/* targets_private.h — what the parts of the search for folders share.
 * Uses: targets.  Threads: the walker's.  Owner: ephemeral_find. */
#ifndef KG_COLLECTORS_EPHEMERAL_TARGETS_PRIVATE_H
#define KG_COLLECTORS_EPHEMERAL_TARGETS_PRIVATE_H

#include "collectors/ephemeral/targets.h"

#include <limits.h>

struct ephemeral_search {
    const struct ephemeral_places *places;
    int root_fd;
    ephemeral_found_fn *found;
    void *arg;
    bool ended;     /* found said so */
    unsigned kinds; /* of which everything was seen so far */
    int error;
    struct err *err;
    char path[PATH_MAX]; /* of the target that is told */
};

/* Notes a fault; what is gone meanwhile is none. */
void ephemeral_fault(struct ephemeral_search *s, enum ephemeral_kind kind, int error,
                     const char *what);

/* Called with each name in a folder but hidden ones; false ends it. */
typedef bool ephemeral_entry_fn(void *arg, int dirfd, const char *name);

/* Takes fd, which may be the negative errno of opening. Errors: that, and those of readdir. */
int ephemeral_each_in(int fd, ephemeral_entry_fn *fn, void *arg);

/* Tells the layers of all containers of pods. */
void ephemeral_find_layers(struct ephemeral_search *s);

#endif
