/* segment_cache.h — how much memory compressed segments may take, and what they were good for.
 * Uses: pack, base/snapshot.  Threads: any.  Owner: its references.
 *
 * The segments themselves stand in the runs of the stores (store_internal.h), and go with them. All
 * stores of a process share one cache, so that two sets of them at once do not take twice the
 * maximum. What has no room is compressed at each scrape. */
#ifndef KG_METRICS_SEGMENT_CACHE_H
#define KG_METRICS_SEGMENT_CACHE_H

#include "base/snapshot.h"
#include "metrics/pack.h"

struct segment_cache;

/* With one reference. NULL when out of memory. */
struct segment_cache *segment_cache_new(size_t max_bytes);

/* References: it lives as long as its segments. The last unref frees; it takes NULL. */
struct segment_cache *segment_cache_ref(struct segment_cache *c);
void segment_cache_unref(struct segment_cache *c);

/* A segment of the text, with one reference, which counts as the cache's until it is freed. NULL
 * when there is no room or no memory, which is counted. */
struct pack_segment *segment_cache_make(struct segment_cache *c, struct packer *p, struct str text);

/* A segment was found and used. */
void segment_cache_hit(struct segment_cache *c);

struct segment_cache_stats {
    uint64_t bytes, max_bytes;    /* now; at most */
    uint64_t hits, made, refused; /* in all; refused: for want of room or memory */
};
struct segment_cache_stats segment_cache_stats(const struct segment_cache *c);

#endif
