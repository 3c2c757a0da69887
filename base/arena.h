/* arena.h — memory for things that die together: one decoded object, one reading of a node.
 * Uses: str, libc.  Threads: one at a time.  Owner: the struct's holder, by arena_done.
 *
 * Chunks are kept over arena_reset, so a steady user allocates nothing. */
#ifndef KG_BASE_ARENA_H
#define KG_BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *first, *current;
    size_t used, max; /* bytes handed out since the last reset, and their maximum */
};

/* max: the most bytes that may be handed out between two resets. */
void arena_init(struct arena *a, size_t max);
void arena_done(struct arena *a);

/* Takes everything back; what was handed out is invalid. Chunks stay, up to keep bytes of them. */
void arena_reset(struct arena *a, size_t keep);

/* n bytes, zeroed, aligned for any type; NULL beyond max or out of memory. n 0 gives a valid
 * pointer. */
void *arena_alloc(struct arena *a, size_t n) KG_MUST_CHECK;

/* An array of n elements of size bytes, zeroed; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t n, size_t size) KG_MUST_CHECK;

/* Copies s (and a NUL after it) into the arena. Sets *ret. Errors: -ENOMEM. */
int arena_str(struct arena *a, struct str s, struct str *ret) KG_MUST_CHECK;

#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, n, T) ((T *)arena_array((a), (n), sizeof(T)))

#endif
