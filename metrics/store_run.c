/* Runs, and the compressed segments of their rows. */
#include "base/limits.h"
#include "metrics/store_internal.h"

/* Text of a run's row that is kept compressed: less is not worth a segment's overhead, more would
 * be a long turn of the HTTP loop. */
#define SEGMENT_LEAST ((size_t)1 * KIB)
#define SEGMENT_MOST (1 * MIB)

/* Stands for: the row has no text in this run. */
static struct pack_segment nothing = { .refs = 1 };

static struct run *run_ref(struct run *run)
{
    atomic_fetch_add_explicit(&run->refs, 1, memory_order_relaxed);
    return run;
}

static struct pack_segment *segment_of(const struct run *run, size_t row)
{
    return atomic_load_explicit(&run->segments[row], memory_order_acquire);
}

void run_unref(struct run *run)
{
    if (run && atomic_fetch_sub_explicit(&run->refs, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < RUN_SLOTS; i++) {
            block_unref(run->slots[i]);
        }
        for (size_t i = 0; i < run->n_rows; i++) {
            struct pack_segment *s = segment_of(run, i);
            if (s != &nothing) {
                pack_segment_unref(s);
            }
        }
        free(run);
    }
}

static bool is_empty(struct block *const *slots)
{
    for (size_t i = 0; i < RUN_SLOTS; i++) {
        if (slots[i]) {
            return false;
        }
    }
    return true;
}

/* Takes over the segments of the rows that read the same in both. */
static int carry_over(const struct metric_plan *plan, struct run *run, const struct run *before)
{
    bool *differ = calloc(plan->n_rows + 1, sizeof(*differ));
    if (!differ) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < RUN_SLOTS; i++) {
        block_mark_rows(run->slots[i], before->slots[i], plan, differ);
    }
    for (size_t i = 0; i < run->n_rows; i++) {
        struct pack_segment *s = differ[i] ? NULL : segment_of(before, i);
        if (s) {
            atomic_store_explicit(&run->segments[i], s == &nothing ? s : pack_segment_ref(s),
                                  memory_order_relaxed);
        }
    }
    free(differ);
    return 0;
}

int run_make(const struct metric_plan *plan, struct block *const *slots, struct run *before,
             bool changed, bool keep_segments, struct run **ret)
{
    if (is_empty(slots)) {
        *ret = NULL;
        return 0;
    }
    if (before && (!changed || memcmp(slots, before->slots, sizeof(before->slots)) == 0)) {
        *ret = run_ref(before);
        return 0;
    }
    size_t n_rows = keep_segments ? plan->n_rows : 0;
    struct run *run = calloc(1, sizeof(*run) + n_rows * sizeof(run->segments[0]));
    if (!run) {
        return -ENOMEM;
    }
    atomic_init(&run->refs, 1);
    run->n_rows = (uint32_t)n_rows;
    for (size_t i = 0; i < RUN_SLOTS; i++) {
        run->slots[i] = slots[i] ? block_ref(slots[i]) : NULL;
    }
    if (before && n_rows && carry_over(plan, run, before) < 0) {
        run_unref(run);
        return -ENOMEM;
    }
    *ret = run;
    return 0;
}

/* Sets the segment unless somebody was faster; takes the reference over. Returns what is set. */
static struct pack_segment *set_segment(struct run *run, size_t row, struct pack_segment *s)
{
    struct pack_segment *there = NULL;
    if (atomic_compare_exchange_strong(&run->segments[row], &there, s)) {
        return s;
    }
    if (s != &nothing) {
        pack_segment_unref(s);
    }
    return there;
}

/* Keeps the text of the run's row as a segment, if it may be; NULL if not. */
static struct pack_segment *keep(const struct store_part *part, struct run *run, size_t row,
                                 struct packer *p, struct str text)
{
    if (!part->cache || !run->n_rows || (text.n && text.n < SEGMENT_LEAST)) {
        return NULL;
    }
    if (text.n == 0) {
        return set_segment(run, row, &nothing);
    }
    struct pack_segment *s = segment_cache_make(part->cache, p, text);
    return s ? set_segment(run, row, s) : NULL;
}

/* What is known of the run's row when it is asked for from its first slot on. */
static struct pack_segment *known(const struct store_part *part, const struct run *run, size_t row)
{
    struct pack_segment *s = run && run->n_rows ? segment_of(run, row) : NULL;
    if (s && s != &nothing) {
        segment_cache_hit(part->cache);
    }
    return s;
}

int store_part_packed(const struct store_part *part, size_t row, size_t *cursor, struct packer *p,
                      struct buf *out, const struct pack_segment **ret)
{
    size_t n_runs = part->row_objects[row] ? part->n_runs : 0;
    size_t before = out->n;
    *ret = NULL;
    for (size_t i = *cursor >> CURSOR_BITS; i / RUN_SLOTS < n_runs; i = *cursor >> CURSOR_BITS) {
        struct run *run = part->runs[i / RUN_SLOTS];
        size_t end = (i / RUN_SLOTS + 1) * RUN_SLOTS;
        bool is_whole = *cursor == (end - RUN_SLOTS) << CURSOR_BITS;
        struct pack_segment *s = is_whole ? known(part, run, row) : NULL;
        if (s || !run) {
            *cursor = end << CURSOR_BITS;
        } else {
            int r = store_part_series(part, row, cursor, end, out, before + SEGMENT_MOST);
            if (r != 0) {
                return r;
            }
            s = is_whole ? keep(part, run, row, p, str_from(buf_str(out), before)) : NULL;
        }
        if (s && s != &nothing) {
            buf_truncate(out, before);
            *ret = s;
            return 1;
        }
        if (out->n > before) {
            return 1;
        }
    }
    return 0;
}
