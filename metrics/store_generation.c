#include "metrics/store_internal.h"

#define FIRST_SLOTS RUN_SLOTS

int generation_init(struct generation *g, size_t n_rows)
{
    *g = (struct generation){ .row_objects = calloc(n_rows + 1, sizeof(*g->row_objects)) };
    return g->row_objects ? 0 : -ENOMEM;
}

void generation_done(struct generation *g)
{
    map_done(&g->slot_of, NULL);
    for (size_t i = 0; i < g->n_slots; i++) {
        block_unref(g->slots[i]);
    }
    free(g->slots);
    free(g->free);
    free(g->changed);
    free(g->row_objects);
    *g = (struct generation){ 0 };
}

void generation_clear(struct generation *g, size_t n_rows)
{
    uint32_t *row_objects = g->row_objects;
    g->row_objects = NULL;
    generation_done(g);
    memset(row_objects, 0, n_rows * sizeof(*row_objects));
    g->row_objects = row_objects;
}

/* Grows one array; the others stay valid when it fails. */
#define GROW(T, array, n)                                                                          \
    ({                                                                                             \
        void *grown_ = reallocarray((array), (n), sizeof(T));                                      \
        if (grown_) {                                                                              \
            (array) = grown_;                                                                      \
        }                                                                                          \
        grown_ != NULL;                                                                            \
    })

static int grow(struct generation *g, size_t need)
{
    if (need <= g->cap) {
        return 0;
    }
    /* By half: the arrays are small beside the blocks, but a relist has them twice. */
    size_t cap = KG_MAX(need, g->cap + g->cap / 2);
    cap = KG_MAX((cap + RUN_SLOTS - 1) / RUN_SLOTS * RUN_SLOTS, FIRST_SLOTS);
    if (!GROW(struct block *, g->slots, cap) || !GROW(uint32_t, g->free, cap) ||
        !GROW(bool, g->changed, cap / RUN_SLOTS)) {
        return -ENOMEM;
    }
    for (size_t i = g->cap; i < cap; i++) {
        g->slots[i] = NULL;
    }
    for (size_t i = g->cap / RUN_SLOTS; i < cap / RUN_SLOTS; i++) {
        g->changed[i] = true;
    }
    g->cap = cap;
    return 0;
}

size_t generation_slot(const struct generation *g, struct str key)
{
    uintptr_t found = (uintptr_t)map_get(&g->slot_of, key);
    return found ? found - 1 : SIZE_MAX;
}

struct block *generation_get(const struct generation *g, struct str key)
{
    size_t slot = generation_slot(g, key);
    return slot == SIZE_MAX ? NULL : g->slots[slot];
}

static void count(struct generation *g, const struct metric_plan *plan, const struct block *block,
                  int sign)
{
    size_t step = (size_t)sign;
    g->n_objects += step;
    g->n_series += step * block->n_series;
    g->n_bytes += step * block_bytes(block);
    size_t before = 0;
    for (size_t i = 0; i < plan->n_rows; i++) {
        size_t end = block_end(block, i);
        if (end > before) {
            g->row_objects[i] += (uint32_t)sign;
        }
        before = end;
    }
}

/* Replaces what the slot holds (either may be NULL), taking block over. */
static void set_slot(struct generation *g, const struct metric_plan *plan, size_t slot,
                     struct block *block)
{
    struct block *old = g->slots[slot];
    if (old) {
        count(g, plan, old, -1);
        block_unref(old);
    }
    if (block) {
        count(g, plan, block, 1);
    }
    g->slots[slot] = block;
    g->changed[slot / RUN_SLOTS] = true;
}

static size_t pick_slot(struct generation *g, size_t wish)
{
    if (g->reserving && wish < g->n_slots && !g->slots[wish]) {
        return wish;
    }
    return g->n_free ? g->free[--g->n_free] : g->n_slots++;
}

static void free_slot(struct generation *g, size_t slot)
{
    if (g->reserving) {
        return;
    }
    g->free[g->n_free++] = (uint32_t)slot;
    if (g->n_objects == 0) {
        g->n_slots = g->n_free = 0;
    }
}

int generation_put(struct generation *g, const struct metric_plan *plan, struct str key,
                   size_t wish, struct block *block)
{
    size_t slot = generation_slot(g, key);
    if (slot != SIZE_MAX) {
        set_slot(g, plan, slot, block);
        return 0;
    }
    int r = grow(g, g->n_slots + 1);
    if (r < 0) {
        block_unref(block);
        return r;
    }
    slot = pick_slot(g, wish);
    r = map_put(&g->slot_of, key, (void *)(slot + 1), NULL);
    if (r < 0) {
        free_slot(g, slot);
        block_unref(block);
        return r;
    }
    set_slot(g, plan, slot, block);
    return 0;
}

bool generation_remove(struct generation *g, const struct metric_plan *plan, struct str key)
{
    uintptr_t found = (uintptr_t)map_remove(&g->slot_of, key);
    if (!found) {
        return false;
    }
    set_slot(g, plan, found - 1, NULL);
    free_slot(g, found - 1);
    return true;
}

int generation_reserve_slots(struct generation *g, size_t n)
{
    int r = grow(g, n);
    if (r >= 0) {
        g->n_slots = n;
        g->reserving = true;
    }
    return r;
}

void generation_free_unclaimed(struct generation *g)
{
    g->reserving = false;
    while (g->n_slots > 0 && !g->slots[g->n_slots - 1]) {
        g->n_slots--;
    }
    g->n_free = 0;
    for (size_t i = g->n_slots; i > 0; i--) { /* downwards: the lowest is used first */
        if (!g->slots[i - 1]) {
            g->free[g->n_free++] = (uint32_t)(i - 1);
        }
    }
}
