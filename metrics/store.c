#include "metrics/store.h"

#include "metrics/store_internal.h"

struct metric_store {
    struct metric_plan *plan;
    struct metric_store_limits limits;
    struct generation now, next; /* next: that of the open relist */
    bool relisting;
    bool changed; /* now, since it was published */
    struct block_encoder encoder;
    struct snapshot_cell cell;
    struct store_part *published; /* one reference, to share its runs with the next part */
    uint64_t dropped_total;
    struct metric_budget_member member; /* of the budget, if its kind is set */
    struct metric_amount counted;       /* by the open relist, while left out */
    bool is_out; /* nothing is held until a relist that began after the kind was taken back */
};

static int publish(struct metric_store *store, struct err *err)
{
    struct store_part *part =
        store_part_new(store->plan, store->limits.cache, &store->now, store->published);
    if (!part) {
        return err_set(err, ENOMEM, "%s: publish", store->plan->subject->name);
    }
    if (store->published) {
        snapshot_unref(&store->published->part.snapshot);
    }
    store->published = part;
    snapshot_cell_publish(&store->cell, snapshot_ref(&part->part.snapshot));
    store->changed = false;
    return 0;
}

static struct metric_amount amount_of(const struct generation *g)
{
    return (struct metric_amount){ g->n_objects, g->n_series, g->n_bytes };
}

/* What the store holds, were the generation that is written to as `written` says. A relist shares
 * the blocks that did not change: both generations together are hardly more than the larger. */
static struct metric_amount charge(const struct metric_store *store, struct metric_amount written)
{
    struct metric_amount now = amount_of(&store->now);
    return store->relisting ? (struct metric_amount){ KG_MAX(now.objects, written.objects),
                                                      KG_MAX(now.series, written.series),
                                                      KG_MAX(now.bytes, written.bytes) }
                            : written;
}

/* Tells the budget what is held now: less than it knew, or what it agreed to. */
static void account(struct metric_store *store)
{
    if (store->member.kind && !store->is_out) {
        struct metric_amount held =
            charge(store, amount_of(store->relisting ? &store->next : &store->now));
        (void)metric_budget_hold(&store->member, &held);
    }
}

/* The budget's call to let go of everything; what the open relist had is counted on. */
static void empty(void *arg)
{
    struct metric_store *store = arg;
    store->is_out = true;
    if (store->relisting) {
        store->counted = amount_of(&store->next);
        store->member.counting = true;
        generation_clear(&store->next, store->plan->n_rows);
    }
    generation_clear(&store->now, store->plan->n_rows);
    store->changed = true;
    (void)publish(store, NULL); /* without memory the old part stays until the next publish */
}

static int init(struct metric_store *store, struct err *err)
{
    int r = generation_init(&store->now, store->plan->n_rows);
    if (r >= 0) {
        r = block_encoder_init(&store->encoder, store->plan);
    }
    return r < 0 ? err_set(err, -r, "%s: store", store->plan->subject->name) : publish(store, err);
}

struct metric_store *metric_store_new(const struct metric_subject *subject,
                                      const struct metric_selection *selection,
                                      const struct metric_store_limits *limits, struct err *err)
{
    struct metric_store *store = calloc(1, sizeof(*store));
    if (!store) {
        err_set(err, ENOMEM, "%s: store", subject->name);
        return NULL;
    }
    int r = snapshot_cell_init(&store->cell);
    if (r < 0) {
        err_set_errno(err, -r, "%s: store", subject->name);
        free(store);
        return NULL;
    }
    store->limits =
        (struct metric_store_limits){ .max_objects = LIMIT_STORE_OBJECTS, .max_bytes = SIZE_MAX };
    if (limits && limits->max_objects) {
        store->limits.max_objects = KG_MIN(limits->max_objects, (size_t)LIMIT_STORE_OBJECTS);
    }
    if (limits && limits->cache) {
        store->limits.cache = segment_cache_ref(limits->cache);
    }
    store->member = (struct metric_budget_member){ .empty = empty, .arg = store };
    if (limits && limits->max_bytes) {
        store->limits.max_bytes = limits->max_bytes;
    }
    store->plan = metric_plan_new(subject, selection, err);
    if (!store->plan || init(store, err) < 0) {
        metric_store_free(store);
        return NULL;
    }
    if (limits && limits->budget) {
        metric_budget_join(&store->member, limits->budget);
        store->is_out = metric_budget_is_left_out(&store->member);
    }
    return store;
}

void metric_store_free(struct metric_store *store)
{
    if (!store) {
        return;
    }
    metric_store_relist_abort(store);
    metric_budget_leave(&store->member);
    generation_done(&store->now);
    block_encoder_done(&store->encoder);
    snapshot_cell_done(&store->cell);
    if (store->published) {
        snapshot_unref(&store->published->part.snapshot);
    }
    metric_plan_unref(store->plan);
    segment_cache_unref(store->limits.cache);
    free(store);
}

static struct generation *written(struct metric_store *store)
{
    return store->relisting ? &store->next : &store->now;
}

/* Whether the object is left out, with all of its kind: then it is only counted. */
static bool leaves_out(const struct metric_store *store)
{
    return store->is_out && (!store->relisting || metric_budget_is_left_out(&store->member));
}

static void count_left_out(struct metric_store *store)
{
    store->dropped_total++;
    if (store->relisting) {
        store->counted.objects++;
        store->counted.series += block_encoded_series(&store->encoder);
        store->counted.bytes += block_encoded_bytes(&store->encoder);
    }
}

/* Asks the budget for room for what was encoded in place of had. False: the kind is left out. */
static bool has_budget(struct metric_store *store, const struct generation *g,
                       const struct block *had)
{
    if (!store->member.kind) {
        return true;
    }
    struct metric_amount after = {
        .objects = g->n_objects + (had ? 0 : 1),
        .series = g->n_series + block_encoded_series(&store->encoder) - (had ? had->n_series : 0),
        .bytes = g->n_bytes + block_encoded_bytes(&store->encoder) - (had ? block_bytes(had) : 0),
    };
    struct metric_amount held = charge(store, after);
    bool is_first_list = store->relisting && store->now.n_objects == 0;
    return metric_budget_hold(&store->member, &held) ||
           metric_budget_overflow(&store->member, &held, is_first_list);
}

/* An object that cannot be shown as it is must not be shown as it was. */
static void drop(struct metric_store *store, struct str key)
{
    bool was_there = generation_remove(written(store), store->plan, key);
    store->changed |= was_there && !store->relisting;
}

static bool has_room(const struct metric_store *store, const struct generation *g,
                     const struct block *had)
{
    size_t objects = g->n_objects + (had ? 0 : 1);
    size_t bytes = g->n_bytes - (had ? block_bytes(had) : 0);
    return objects <= store->limits.max_objects && bytes <= store->limits.max_bytes &&
           block_encoded_bytes(&store->encoder) <= store->limits.max_bytes - bytes;
}

/* A block of what was encoded: during a relist that of the object as it was, if it is the same. */
static struct block *make_block(struct metric_store *store, struct str key)
{
    struct block *before = store->relisting ? generation_get(&store->now, key) : NULL;
    if (before && block_is_encoded(before, &store->encoder)) {
        return block_ref(before);
    }
    return block_new(&store->encoder);
}

static int put(struct metric_store *store, struct str key, const void *sample, struct err *err)
{
    const char *name = store->plan->subject->name;
    struct generation *g = written(store);
    if (leaves_out(store) && !store->relisting) {
        store->dropped_total++;
        return 0;
    }
    int r = block_encode(&store->encoder, store->plan, sample, err);
    if (r < 0) {
        return r;
    }
    if (leaves_out(store)) {
        count_left_out(store);
        return 0;
    }
    const struct block *had = generation_get(g, key);
    if (had && block_is_encoded(had, &store->encoder)) {
        return 0;
    }
    if (!has_room(store, g, had)) {
        return err_set(err, ENOSPC, "%s: limit reached with %zu objects, %zu bytes", name,
                       g->n_objects, g->n_bytes);
    }
    if (!has_budget(store, g, had)) {
        count_left_out(store);
        return 0;
    }
    struct block *block = make_block(store, key);
    if (!block) {
        return err_set(err, ENOMEM, "%s: object", name);
    }
    size_t wish = store->relisting ? generation_slot(&store->now, key) : SIZE_MAX;
    r = generation_put(g, store->plan, key, wish, block);
    if (r < 0) {
        return err_set(err, -r, "%s: object", name);
    }
    store->changed |= !store->relisting;
    return 0;
}

int metric_store_put(struct metric_store *store, struct str key, const void *sample,
                     struct err *err)
{
    int r = put(store, key, sample, err);
    if (r < 0) {
        drop(store, key);
        account(store);
        store->dropped_total += r == -ENOSPC || r == -ENOBUFS;
    }
    return r;
}

/* One object less is left out, of the mean size. */
static void need_less(struct metric_store *store)
{
    struct metric_amount need = store->member.need;
    if (need.objects) {
        need.series -= need.series / need.objects;
        need.bytes -= need.bytes / need.objects;
        need.objects--;
        metric_budget_need(&store->member, &need);
    }
}

int metric_store_remove(struct metric_store *store, struct str key)
{
    if (leaves_out(store)) {
        need_less(store);
        return 0;
    }
    bool was_there = generation_remove(written(store), store->plan, key);
    store->changed |= was_there && !store->relisting;
    account(store);
    return was_there;
}

int metric_store_relist_begin(struct metric_store *store, struct err *err)
{
    metric_store_relist_abort(store);
    int r = generation_init(&store->next, store->plan->n_rows);
    /* Objects keep their slots, unless so many are free that it is time to close ranks. */
    if (r >= 0 && store->now.n_objects >= store->now.n_slots / 2) {
        r = generation_reserve_slots(&store->next, store->now.n_slots);
    }
    if (r < 0) {
        generation_done(&store->next);
        return err_set(err, -r, "%s: relist", store->plan->subject->name);
    }
    store->relisting = true;
    store->member.counting = metric_budget_is_left_out(&store->member);
    store->counted = (struct metric_amount){ 0 };
    return 0;
}

int metric_store_relist_commit(struct metric_store *store, struct err *err)
{
    if (!store->relisting) {
        return err_set(err, EINVAL, "%s: no relist is open", store->plan->subject->name);
    }
    if (leaves_out(store)) {
        struct metric_amount need = store->counted;
        metric_store_relist_abort(store);
        metric_budget_need(&store->member, &need);
        return metric_store_publish(store, err);
    }
    generation_free_unclaimed(&store->next);
    generation_done(&store->now);
    store->now = store->next;
    store->next = (struct generation){ 0 };
    store->relisting = false;
    store->changed = true;
    store->is_out = false;
    if (store->member.kind) {
        metric_budget_listed(&store->member);
        account(store);
    }
    return publish(store, err);
}

void metric_store_relist_abort(struct metric_store *store)
{
    if (store->relisting) {
        generation_done(&store->next);
        store->relisting = false;
        store->member.counting = false;
        account(store);
    }
}

bool metric_store_wants_list(const struct metric_store *store)
{
    return store->is_out && !store->relisting && !metric_budget_is_left_out(&store->member);
}

int metric_store_publish(struct metric_store *store, struct err *err)
{
    return store->changed ? publish(store, err) : 0;
}

struct metric_part *metric_store_part(struct metric_store *store)
{
    struct snapshot *s = snapshot_cell_acquire(&store->cell);
    return KG_CONTAINER_OF(s, struct metric_part, snapshot);
}

struct metric_store_stats metric_store_stats(const struct metric_store *store)
{
    const struct store_part *part = store->published;
    return (struct metric_store_stats){
        .n_objects = part->part.n_objects,
        .n_series = part->part.n_series,
        .n_bytes = part->block_bytes,
        .dropped_total = store->dropped_total,
        .cut_total = store->encoder.n_cut,
    };
}
