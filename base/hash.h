/* hash.h — FNV-1a, 64 bits: a number for a text, the same in every process and on every machine.
 * Uses: str.  Threads: any.  Owner: none.
 *
 * For what is divided by its name, compared with what was, or told from others; who chooses the
 * text can make two that collide. base/map.h has its own. */
#ifndef KG_BASE_HASH_H
#define KG_BASE_HASH_H

#include "base/str.h"

/* Of nothing; where every hash begins. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/* The hash of all that went into h, and the text behind it. Nothing stands between two texts:
 * "ab", "c" and "a", "bc" give the same.
 * Source: Fowler, Noll and Vo, draft-eastlake-fnv: FNV-1a of 64 bits. */
static inline uint64_t hash_str(uint64_t h, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        h = (h ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
    }
    return h;
}

/* The same of a number's eight bytes, the lowest first. */
static inline uint64_t hash_u64(uint64_t h, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        const char byte = (char)(number >> shift);
        h = hash_str(h, (struct str){ &byte, 1 });
    }
    return h;
}

#endif
