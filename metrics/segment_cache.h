/* segment_cache.h — how much memory compressed segments may take, and what they were good for.
 * Uses: pack, base/snapshot.  Threads: any.  Owner: its references.
 *
 * The segments themselves stand in the runs of the stores (store_internal.h), and go with them. All
 * stores of a process share one cache, so that two sets of them at once do not take twice the
 * maximum, and neither do two codings: a segment of each is kept of what scrapers ask for in both.
 * What has no room is compressed at each scrape. */
#ifndef KG_METRICS_SEGMENT_CACHE_H
#define KG_METRICS_SEGMENT_CACHE_H

#include "base/snapshot.h"
#include "metrics/pack.h"

struct segment_cache;

/* With one reference. Segments of a coding that nobody asks for in idle_ns are let go of, so that
 * they leave room when scrapers turn to another one. NULL when out of memory. */
struct segment_cache *segment_cache_new(size_t max_bytes, uint64_t idle_ns);

/* References: it lives as long as its segments. The last unref frees; it takes NULL. */
struct segment_cache *segment_cache_ref(struct segment_cache *c);
void segment_cache_unref(struct segment_cache *c);

/* A segment of the text, with one reference, which counts as the cache's until it is freed. NULL
 * when there is no room or no memory, which is counted. */
struct pack_segment *segment_cache_make(struct segment_cache *c, struct packer *p, struct str text);

/* A segment was found and used. */
void segment_cache_hit(struct segment_cache *c);

/* Somebody asks for an answer in this coding. */
void segment_cache_ask(struct segment_cache *c, enum pack_coding coding, uint64_t now_ns);

/* The codings of which segments are to be kept on, as bits: those asked for not long ago. */
unsigned segment_cache_wanted(const struct segment_cache *c, uint64_t now_ns);

struct segment_cache_stats {
    uint64_t bytes, max_bytes;    /* now; at most */
    uint64_t hits, made, refused; /* in all; refused: for want of room or memory */
};
struct segment_cache_stats segment_cache_stats(const struct segment_cache *c);

#endif
