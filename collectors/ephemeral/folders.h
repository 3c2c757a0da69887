/* folders.h — the folders that the walker knows, what it knows of each, and a snapshot of that.
 * Uses: base, walker.  Threads: the walker's.  Owner: the walker. */
#ifndef KG_COLLECTORS_EPHEMERAL_FOLDERS_H
#define KG_COLLECTORS_EPHEMERAL_FOLDERS_H

#include "base/map.h"
#include "collectors/ephemeral/walker.h"

struct ephemeral_folder {
    struct ephemeral_item item;
    struct str path;
    uint64_t tried_ns; /* when it was last measured, or that failed; 0: never */
    uint64_t search;   /* the last that has found it */
    char text[];       /* what the others point to */
};

struct ephemeral_folders {
    struct map by_key;
    uint64_t search, search_ns; /* number and time of the last search */
    unsigned kinds;
    struct err fault;
    size_t dropped;
    struct ephemeral_folder **queue; /* oldest first, as of the last search */
    size_t n_queue;
};

/* Frees all folders; the struct is not to be used again. */
void ephemeral_folders_done(struct ephemeral_folders *f);

/* Searches, and brings list and queue up to that. A folder keeps its values; those of a kind that
 * was not seen whole stay. Errors: -ENOMEM, the queue is then empty; other faults are in f->fault.
 */
int ephemeral_folders_search(struct ephemeral_folders *f, const struct ephemeral_places *places,
                             int root_fd) KG_MUST_CHECK;

/* NULL when out of memory. */
struct ephemeral_known *ephemeral_folders_known(const struct ephemeral_folders *f);

#endif
