#include "base/clock.h"
#include "base/limits.h"
#include "metrics/store_internal.h"

#include <assert.h>

static_assert(LIMIT_BLOCK_BYTES <= (size_t)1 << CURSOR_BITS, "a block's offsets fit a cursor");
static_assert(sizeof(size_t) == 8, "a cursor has 64 bits");

static void part_free(struct snapshot *s)
{
    struct store_part *part = KG_CONTAINER_OF(s, struct store_part, part.snapshot);
    for (size_t i = 0; i < part->n_runs; i++) {
        run_unref(part->runs[i]);
    }
    metric_plan_unref(part->plan);
    segment_cache_unref(part->cache);
    free(part);
}

static const struct store_part *store_part(const struct metric_part *part)
{
    return (const struct store_part *)part; /* part is its first member */
}

static size_t n_families(const struct metric_part *part)
{
    return store_part(part)->plan->n_rows;
}

static const struct metric_family *family(const struct metric_part *part, size_t i)
{
    return store_part(part)->plan->rows[i].family;
}

static bool has_header(const struct metric_part *part, size_t i)
{
    const struct store_part *p = store_part(part);
    return p->row_objects[i] > 0 || (p->plan->subject->headers_always && part->n_objects > 0);
}

static struct str header(const struct metric_part *part, size_t i, enum metric_format format)
{
    return store_part(part)->plan->rows[i].header[format];
}

int store_part_series(const struct store_part *part, size_t row, size_t *cursor, size_t end,
                      struct buf *out, size_t enough)
{
    size_t slot = *cursor >> CURSOR_BITS;
    size_t at = *cursor & (((size_t)1 << CURSOR_BITS) - 1);
    while (slot < end) {
        const struct run *run = part->runs[slot / RUN_SLOTS];
        if (!run) {
            slot = (slot / RUN_SLOTS + 1) * RUN_SLOTS;
            continue;
        }
        const struct block *block = run->slots[slot % RUN_SLOTS];
        if (block && block_has_row(block, row)) {
            int r = block_put_row(block, part->plan, row, &at, out, enough);
            if (r != 0) {
                *cursor = slot << CURSOR_BITS | at;
                return r;
            }
        }
        slot++;
        at = 0;
    }
    *cursor = slot << CURSOR_BITS;
    return 0;
}

static int series(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct buf *out, size_t enough)
{
    (void)format; /* samples read the same in both */
    const struct store_part *p = store_part(part);
    return store_part_series(p, i, cursor, p->row_objects[i] ? p->n_runs * RUN_SLOTS : 0, out,
                             enough);
}

static int packed(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct packer *p, struct buf *out,
                  const struct pack_segment **ret)
{
    (void)format;
    return store_part_packed(store_part(part), i, cursor, p, out, ret);
}

static const struct metric_part_ops ops = {
    .n_families = n_families,
    .family = family,
    .has_header = has_header,
    .header = header,
    .series = series,
    .packed = packed,
};

static struct store_part *part_alloc(struct metric_plan *plan, struct segment_cache *cache,
                                     size_t n_runs)
{
    size_t bytes =
        sizeof(struct store_part) + n_runs * sizeof(struct run *) + plan->n_rows * sizeof(uint32_t);
    struct store_part *part = calloc(1, bytes);
    if (!part) {
        return NULL;
    }
    part->plan = metric_plan_ref(plan);
    part->cache = cache ? segment_cache_ref(cache) : NULL;
    part->part.ops = &ops;
    part->part.name = plan->subject->name;
    part->part.endpoint = plan->subject->part;
    part->part.n_bytes = bytes;
    part->part.taken_mono_ns = clock_mono_ns();
    snapshot_init(&part->part.snapshot, part_free);
    return part;
}

struct store_part *store_part_new(struct metric_plan *plan, struct segment_cache *cache,
                                  struct generation *g, const struct store_part *before)
{
    size_t n_runs = (g->n_slots + RUN_SLOTS - 1) / RUN_SLOTS;
    struct store_part *part = part_alloc(plan, cache, n_runs);
    if (!part) {
        return NULL;
    }
    struct run_terms terms = {
        .plan = plan,
        .keep_segments = cache != NULL,
        .codings = cache ? segment_cache_wanted(cache, part->part.taken_mono_ns) : 0,
    };
    for (size_t i = 0; i < n_runs; i++) {
        struct run *old = before && i < before->n_runs ? before->runs[i] : NULL;
        if (run_make(&terms, g->slots + i * RUN_SLOTS, old, g->changed[i], &part->runs[i]) < 0) {
            snapshot_unref(&part->part.snapshot);
            return NULL;
        }
        part->n_runs++;
        part->part.n_bytes += part->runs[i] ? run_bytes(part->runs[i]) : 0;
    }
    uint32_t *row_objects = (uint32_t *)(part->runs + n_runs);
    memcpy(row_objects, g->row_objects, plan->n_rows * sizeof(*row_objects));
    part->row_objects = row_objects;
    part->part.n_objects = g->n_objects;
    part->part.n_series = g->n_series;
    part->block_bytes = g->n_bytes;
    part->part.n_bytes += g->n_bytes;
    if (n_runs) {
        memset(g->changed, 0, n_runs * sizeof(*g->changed));
    }
    return part;
}
