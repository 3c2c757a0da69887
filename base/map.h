/* map.h — a hash map from text to a pointer, on uthash.
 * Uses: str, uthash.  Threads: one at a time.  Owner: the struct's holder; values are borrowed.
 *
 * uthash is included here and nowhere else. Out of memory is an error return, never exit(). */
#ifndef KG_BASE_MAP_H
#define KG_BASE_MAP_H

#include "base/str.h"

struct map_entry;

struct map {
    struct map_entry *head;
};

/* Frees entries and their keys; each value is first given to free_value unless that is NULL. */
void map_done(struct map *m, void (*free_value)(void *));

/* The value of key, or NULL. */
void *map_get(const struct map *m, struct str key);

/* Sets key (copied) to value. *ret_old, if not NULL, gets what it replaced (or NULL).
 * Errors: -ENOMEM; the map is then as before. */
int map_put(struct map *m, struct str key, void *value, void **ret_old) KG_MUST_CHECK;

/* Removes key and returns its value, or NULL when there was none. */
void *map_remove(struct map *m, struct str key);

/* Number of entries. */
size_t map_count(const struct map *m);

/* Walks all entries in the order they were put: start with *at NULL; false at the end. The current
 * entry may be removed during the walk, no other may change. */
bool map_next(const struct map *m, void **at, struct str *ret_key, void **ret_value);

#endif
