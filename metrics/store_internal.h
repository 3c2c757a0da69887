/* store_internal.h — what the store's files share: the generation that is written to, and the part
 * that is published, with its runs and their segments.
 * Uses: block, part, segment_cache, base/map.  Threads: generation: the store's writer; runs and
 * parts: any. Owner: the store. */
#ifndef KG_METRICS_STORE_INTERNAL_H
#define KG_METRICS_STORE_INTERNAL_H

#include "base/map.h"
#include "metrics/block.h"
#include "metrics/part.h"
#include "metrics/segment_cache.h"

/* By measurement: docs/adr/0010. */
#define RUN_SLOTS 64

/* The segments of a row, one in each coding; NULL: not known. */
struct run_row {
    _Atomic(struct pack_segment *) in[PACK_N_CODINGS];
};

/* Blocks of RUN_SLOTS neighbouring slots as published; immutable, shared between parts. Only its
 * segments come later, once each: from whoever first compresses a row of it. */
struct run {
    atomic_uint refs;
    atomic_uint codings;            /* of which it has segments, as bits */
    uint32_t n_rows;                /* 0: segments are not kept */
    struct block *slots[RUN_SLOTS]; /* NULL: free; one reference each */
    struct run_row rows[];          /* [n_rows] */
};

struct store_part {
    struct metric_part part;
    struct metric_plan *plan;
    struct segment_cache *cache; /* NULL: no segments are kept */
    const uint32_t *row_objects; /* [n_rows] objects with samples of the row; behind runs */
    size_t block_bytes;
    size_t n_runs;
    struct run *runs[]; /* NULL: no object */
};

/* All objects of one state of the resource. An object keeps its slot from one generation to the
 * next, so that a relist of the same objects leaves the runs as they are. */
struct generation {
    struct map slot_of; /* key -> slot + 1 */
    struct block **slots;
    uint32_t *free; /* free slots below n_slots, the last one is used next */
    bool *changed;  /* by run: since the last publish */
    size_t n_slots, n_free, cap;
    bool reserving;        /* free slots wait for those that wish for them: free is not used */
    uint32_t *row_objects; /* [n_rows] */
    size_t n_objects, n_series, n_bytes;
};

/* Errors: -ENOMEM. */
int generation_init(struct generation *g, size_t n_rows);
void generation_done(struct generation *g);

/* Removes all objects, and gives their memory back. */
void generation_clear(struct generation *g, size_t n_rows);

/* The object's block (borrowed), or NULL. */
struct block *generation_get(const struct generation *g, struct str key);

/* Sets the object's block, taking the caller's reference over (also on failure). A new object gets
 * slot `wish` if slots are reserved and it is free. Errors: -ENOMEM, the object is then absent. */
int generation_put(struct generation *g, const struct metric_plan *plan, struct str key,
                   size_t wish, struct block *block);

/* Removes an object; whether it was there. */
bool generation_remove(struct generation *g, const struct metric_plan *plan, struct str key);

/* The object's slot, SIZE_MAX when it is not there. */
size_t generation_slot(const struct generation *g, struct str key);

/* Reserves the first n slots for objects that wish for them, then frees those nobody took.
 * Errors: -ENOMEM. */
int generation_reserve_slots(struct generation *g, size_t n);
void generation_free_unclaimed(struct generation *g);

/* How runs are made of slots. */
struct run_terms {
    const struct metric_plan *plan;
    bool keep_segments;
    unsigned codings; /* of which segments are taken over, as bits */
};

/* Sets *ret to a run of the slots: NULL if they are empty, the one of before (may be NULL) if it
 * has the same blocks and no segments but of those codings, else a new one with the segments of
 * those rows that give the same text as in before. changed: whether a slot may have changed.
 * Errors: -ENOMEM. */
int run_make(const struct run_terms *terms, struct block *const *slots, struct run *before,
             bool changed, struct run **ret);
void run_unref(struct run *run); /* NULL is allowed */
static inline size_t run_bytes(const struct run *run)
{
    return sizeof(*run) + run->n_rows * sizeof(run->rows[0]);
}

/* A part of what the generation holds now, sharing the runs that are the same in `before` (may be
 * NULL). cache may be NULL. NULL when out of memory. Clears the generation's changed marks. */
struct store_part *store_part_new(struct metric_plan *plan, struct segment_cache *cache,
                                  struct generation *g, const struct store_part *before);

/* The series of the row from *cursor on, as metric_part_ops.series, but only up to slot `end`. */
int store_part_series(const struct store_part *part, size_t row, size_t *cursor, size_t end,
                      struct buf *out, size_t enough);

/* A cursor is the slot and, below it, the byte in its row's samples. */
#define CURSOR_BITS 24

/* As metric_part_ops.packed: a stretch is a run. */
int store_part_packed(const struct store_part *part, size_t row, size_t *cursor, struct packer *p,
                      struct buf *out, const struct pack_segment **ret);

#endif
