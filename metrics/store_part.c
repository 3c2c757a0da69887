#include "base/clock.h"
#include "base/limits.h"
#include "metrics/store_internal.h"

#include <assert.h>

/* A cursor is the slot and, below it, the byte in its row's samples. */
#define CURSOR_BITS 24
static_assert(LIMIT_BLOCK_BYTES <= (size_t)1 << CURSOR_BITS, "a block's offsets fit a cursor");
static_assert(sizeof(size_t) == 8, "a cursor has 64 bits");

static struct run *run_ref(struct run *run)
{
    if (run) {
        atomic_fetch_add_explicit(&run->refs, 1, memory_order_relaxed);
    }
    return run;
}

static void run_unref(struct run *run)
{
    if (run && atomic_fetch_sub_explicit(&run->refs, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < RUN_SLOTS; i++) {
            block_unref(run->slots[i]);
        }
        free(run);
    }
}

static void part_free(struct snapshot *s)
{
    struct store_part *part = KG_CONTAINER_OF(s, struct store_part, part.snapshot);
    for (size_t i = 0; i < part->n_runs; i++) {
        run_unref(part->runs[i]);
    }
    metric_plan_unref(part->plan);
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

static int series(const struct metric_part *part, size_t i, size_t *cursor,
                  enum metric_format format, struct buf *out, size_t enough)
{
    (void)format; /* samples read the same in both */
    const struct store_part *p = store_part(part);
    size_t slot = *cursor >> CURSOR_BITS;
    size_t at = *cursor & (((size_t)1 << CURSOR_BITS) - 1);
    size_t n_slots = p->row_objects[i] ? p->n_runs * RUN_SLOTS : 0;
    while (slot < n_slots) {
        const struct run *run = p->runs[slot / RUN_SLOTS];
        if (!run) {
            slot = (slot / RUN_SLOTS + 1) * RUN_SLOTS;
            continue;
        }
        const struct block *block = run->slots[slot % RUN_SLOTS];
        if (block && block_has_row(block, i)) {
            int r = block_put_row(block, p->plan, i, &at, out, enough);
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

static const struct metric_part_ops ops = {
    .n_families = n_families,
    .family = family,
    .has_header = has_header,
    .series = series,
};

static bool is_empty(struct block *const *slots)
{
    for (size_t i = 0; i < RUN_SLOTS; i++) {
        if (slots[i]) {
            return false;
        }
    }
    return true;
}

/* Sets *ret to a run of the slots: the one of before if it has the same blocks. */
static int make_run(struct block *const *slots, struct run *before, bool changed, struct run **ret)
{
    if (is_empty(slots)) {
        *ret = NULL;
        return 0;
    }
    if (before && (!changed || memcmp(slots, before->slots, sizeof(before->slots)) == 0)) {
        *ret = run_ref(before);
        return 0;
    }
    struct run *run = malloc(sizeof(*run));
    if (!run) {
        return -ENOMEM;
    }
    atomic_init(&run->refs, 1);
    for (size_t i = 0; i < RUN_SLOTS; i++) {
        run->slots[i] = slots[i] ? block_ref(slots[i]) : NULL;
    }
    *ret = run;
    return 0;
}

static struct store_part *part_alloc(struct metric_plan *plan, size_t n_runs)
{
    size_t bytes =
        sizeof(struct store_part) + n_runs * sizeof(struct run *) + plan->n_rows * sizeof(uint32_t);
    struct store_part *part = calloc(1, bytes);
    if (!part) {
        return NULL;
    }
    part->plan = metric_plan_ref(plan);
    part->part.ops = &ops;
    part->part.name = plan->subject->name;
    part->part.endpoint = plan->subject->part;
    part->part.n_bytes = bytes;
    part->part.taken_mono_ns = clock_mono_ns();
    snapshot_init(&part->part.snapshot, part_free);
    return part;
}

struct store_part *store_part_new(struct metric_plan *plan, struct generation *g,
                                  const struct store_part *before)
{
    size_t n_runs = (g->n_slots + RUN_SLOTS - 1) / RUN_SLOTS;
    struct store_part *part = part_alloc(plan, n_runs);
    if (!part) {
        return NULL;
    }
    for (size_t i = 0; i < n_runs; i++) {
        struct run *old = before && i < before->n_runs ? before->runs[i] : NULL;
        if (make_run(g->slots + i * RUN_SLOTS, old, g->changed[i], &part->runs[i]) < 0) {
            snapshot_unref(&part->part.snapshot);
            return NULL;
        }
        part->n_runs++;
        part->part.n_bytes += part->runs[i] ? sizeof(struct run) : 0;
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
