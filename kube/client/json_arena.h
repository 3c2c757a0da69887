/* json_arena.h — memory for the tree of one object at a time, freed at once.
 * Uses: base, jansson.  Threads: each has its own.  Owner: the watch.
 *
 * jansson asks for memory a few times for every member and gives it back one by one; with trees
 * that live for one object's decoding that is most of the cost. Between json_arena_begin() and
 * json_arena_end() what jansson asks for on this thread comes from a region that is then used
 * again from its start. */
#ifndef KG_KUBE_JSON_ARENA_H
#define KG_KUBE_JSON_ARENA_H

#include "base/defs.h"

#include <jansson.h>

/* From now on jansson's memory on this thread comes from the arena (from malloc when there is no
 * room, or no memory for the region). May not be nested. */
void json_arena_begin(void);

/* Frees the tree (NULL: none) that was made since, and ends that. Nothing of it may be used after,
 * nothing else of jansson's may have been made meanwhile that is to stay. */
void json_arena_end(json_t *tree);

/* Frees this thread's region. */
void json_arena_done(void);

#endif
