/* str_slots.h — where a text stands among others in a table of slots that the caller owns, by open
 * addressing: for sets that live shortly and are never taken from, for which a map (base/map.h)
 * would allocate each entry.
 * Uses: hash, str.  Threads: as the table.  Owner: the caller. */
#ifndef KG_BASE_STR_SLOTS_H
#define KG_BASE_STR_SLOTS_H

#include "base/hash.h"

/* The slot that holds the text, or the free one (p is NULL) where it belongs. cap is a power of
 * two, and at least one slot is free; texts in it have a p that is not NULL. */
static inline struct str *str_slots_find(struct str *slots, size_t cap, struct str text)
{
    size_t at = (size_t)hash_str(HASH_START, text) & (cap - 1);
    while (slots[at].p && !str_eq(slots[at], text)) {
        at = (at + 1) & (cap - 1);
    }
    return &slots[at];
}

#endif
