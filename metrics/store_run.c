/* Runs, and the compressed segments of their rows. */
#include "base/clock.h"
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

static struct pack_segment *segment_of(const struct run *run, size_t row, size_t coding)
{
    return atomic_load_explicit(&run->rows[row].in[coding], memory_order_acquire);
}

void run_unref(struct run *run)
{
    if (run && atomic_fetch_sub_explicit(&run->refs, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < RUN_SLOTS; i++) {
            block_unref(run->slots[i]);
        }
        for (size_t i = 0; i < (size_t)run->n_rows * PACK_N_CODINGS; i++) {
            struct pack_segment *s = segment_of(run, i / PACK_N_CODINGS, i % PACK_N_CODINGS);
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

/* Takes over the row's segments of those codings. */
static void carry_row(struct run *run, const struct run *before, size_t row, unsigned codings)
{
    for (size_t i = 0; i < PACK_N_CODINGS; i++) {
        struct pack_segment *s = codings & 1U << i ? segment_of(before, row, i) : NULL;
        if (s && s != &nothing) {
            pack_segment_ref(s);
            atomic_fetch_or_explicit(&run->codings, 1U << i, memory_order_relaxed);
        }
        atomic_store_explicit(&run->rows[row].in[i], s, memory_order_relaxed);
    }
}

/* Takes over the segments of the rows that read the same in both. */
static int carry_over(const struct run_terms *terms, struct run *run, const struct run *before)
{
    bool *differ = calloc(terms->plan->n_rows + 1, sizeof(*differ));
    if (!differ) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < RUN_SLOTS; i++) {
        block_mark_rows(run->slots[i], before->slots[i], terms->plan, differ);
    }
    for (size_t i = 0; i < run->n_rows; i++) {
        if (!differ[i]) {
            carry_row(run, before, i, terms->codings);
        }
    }
    free(differ);
    return 0;
}

/* Whether it is what a run of these slots would be. Its segments of other codings can be let go of
 * only with it: somebody may be reading them. */
static bool is_still(const struct run_terms *terms, struct block *const *slots,
                     const struct run *run, bool changed)
{
    return (!changed || memcmp(slots, run->slots, sizeof(run->slots)) == 0) &&
           !(atomic_load_explicit(&run->codings, memory_order_relaxed) & ~terms->codings);
}

int run_make(const struct run_terms *terms, struct block *const *slots, struct run *before,
             bool changed, struct run **ret)
{
    if (is_empty(slots)) {
        *ret = NULL;
        return 0;
    }
    if (before && is_still(terms, slots, before, changed)) {
        *ret = run_ref(before);
        return 0;
    }
    size_t n_rows = terms->keep_segments ? terms->plan->n_rows : 0;
    struct run *run = calloc(1, sizeof(*run) + n_rows * sizeof(run->rows[0]));
    if (!run) {
        return -ENOMEM;
    }
    atomic_init(&run->refs, 1);
    run->n_rows = (uint32_t)n_rows;
    for (size_t i = 0; i < RUN_SLOTS; i++) {
        run->slots[i] = slots[i] ? block_ref(slots[i]) : NULL;
    }
    if (before && n_rows && carry_over(terms, run, before) < 0) {
        run_unref(run);
        return -ENOMEM;
    }
    *ret = run;
    return 0;
}

/* Sets the segment unless somebody was faster; takes the reference over. Returns what is set. */
static struct pack_segment *set_segment(struct run *run, size_t row, enum pack_coding coding,
                                        struct pack_segment *s)
{
    struct pack_segment *there = NULL;
    if (!atomic_compare_exchange_strong(&run->rows[row].in[coding], &there, s)) {
        if (s != &nothing) {
            pack_segment_unref(s);
        }
        return there;
    }
    if (s != &nothing) {
        atomic_fetch_or_explicit(&run->codings, 1U << coding, memory_order_relaxed);
    }
    return s;
}

/* Keeps the text of the run's row as a segment, if it may be; NULL if not. */
static struct pack_segment *keep(const struct store_part *part, struct run *run, size_t row,
                                 struct packer *p, struct str text)
{
    if (!part->cache || !run->n_rows || (text.n && text.n < SEGMENT_LEAST)) {
        return NULL;
    }
    if (text.n == 0) {
        return set_segment(run, row, packer_coding(p), &nothing);
    }
    struct pack_segment *s = segment_cache_make(part->cache, p, text);
    return s ? set_segment(run, row, packer_coding(p), s) : NULL;
}

/* What is known of the run's row when it is asked for from its first slot on. */
static struct pack_segment *known(const struct store_part *part, const struct run *run, size_t row,
                                  enum pack_coding coding)
{
    struct pack_segment *s = run && run->n_rows ? segment_of(run, row, (size_t)coding) : NULL;
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
    if (*cursor == 0 && part->cache) {
        segment_cache_ask(part->cache, packer_coding(p), clock_mono_ns());
    }
    for (size_t i = *cursor >> CURSOR_BITS; i / RUN_SLOTS < n_runs; i = *cursor >> CURSOR_BITS) {
        struct run *run = part->runs[i / RUN_SLOTS];
        size_t end = (i / RUN_SLOTS + 1) * RUN_SLOTS;
        bool is_whole = *cursor == (end - RUN_SLOTS) << CURSOR_BITS;
        struct pack_segment *s = is_whole ? known(part, run, row, packer_coding(p)) : NULL;
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
