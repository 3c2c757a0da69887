/* Every allocation of the store, the sink, the scrape, the selection and compression fails once. */
#include "tests/support/torture.h"

#include "metrics/names.h"
#include "metrics/pack.h"
#include "metrics/selection.h"
#include "metrics/sink.h"
#include "metrics/store.h"
#include "tests/unit/metrics/zoo.h"

#include <zstd.h>
#include <zstd_errors.h>

/* libzstd's own allocations are out of the hook's sight: a call of it fails in their place. */
ZSTD_CCtx *__real_ZSTD_createCCtx(void);
ZSTD_CCtx *__wrap_ZSTD_createCCtx(void);
size_t __real_ZSTD_compress2(ZSTD_CCtx *context, void *to, size_t room, const void *from, size_t n);
size_t __wrap_ZSTD_compress2(ZSTD_CCtx *context, void *to, size_t room, const void *from, size_t n);

ZSTD_CCtx *__wrap_ZSTD_createCCtx(void)
{
    return torture_refuses() ? NULL : __real_ZSTD_createCCtx();
}

size_t __wrap_ZSTD_compress2(ZSTD_CCtx *context, void *to, size_t room, const void *from, size_t n)
{
    return torture_refuses() ? (size_t)-ZSTD_error_memory_allocation
                             : __real_ZSTD_compress2(context, to, room, from, n);
}

/* Keeps the first failure of a sequence whose later steps still run. */
static int worse(int a, int b)
{
    return a < 0 ? a : b < 0 ? b : 0;
}

/* A whole scrape into a buffer of its own, compressed. */
static int scrape_packed(struct metric_part *part, enum pack_coding coding)
{
    snapshot_ref(&part->snapshot);
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_OPENMETRICS);
    struct packer *p = packer_new(coding);
    auto_buf struct buf text = BUF_INIT(1 << 22), packed = BUF_INIT(1 << 22);
    int r = s && p ? 1 : -ENOMEM;
    while (r == 1) {
        r = scrape_next_packed(s, p, &text, &packed, 100);
    }
    scrape_free(s);
    packer_free(p);
    return r;
}

/* The same in each coding. */
static int scrape_part(struct metric_part *part)
{
    int r = 0;
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        r = worse(r, scrape_packed(part, (enum pack_coding)i));
    }
    snapshot_unref(&part->snapshot);
    return r;
}

static int put_many(struct metric_store *store, unsigned n, unsigned parts)
{
    int r = 0;
    char key[16];
    for (unsigned i = 0; i < n; i++) {
        struct animal a = tapir();
        a.n_parts = parts;
        snprintf(key, sizeof(key), "%u", i);
        r = worse(r, metric_store_put(store, str_of(key), &a, NULL));
    }
    return r;
}

static int store_scenario(void)
{
    const struct str deny[] = { STR_INIT("weight") };
    struct metric_selection *selection = metric_selection_new(NULL, 0, deny, 1, NULL, 0, NULL);
    if (!selection) {
        return -ENOMEM;
    }
    struct segment_cache *cache = segment_cache_new(1 << 22, UINT64_MAX);
    struct metric_store_limits limits = { .cache = cache };
    struct metric_store *store =
        cache ? metric_store_new(&sorted_animals, selection, &limits, NULL) : NULL;
    int r = store ? 0 : -ENOMEM;
    if (store) {
        /* Whatever fails, the store stays usable, and a later attempt repairs it. */
        r = worse(r, put_many(store, 140, 2));
        r = worse(r, metric_store_publish(store, NULL));
        r = worse(r, metric_store_publish(store, NULL));
        metric_store_remove(store, STR("7"));
        r = worse(r, metric_store_publish(store, NULL));
        int relist = metric_store_relist_begin(store, NULL);
        r = worse(r, relist);
        r = worse(r, put_many(store, 130, 2));
        r = worse(r, relist < 0 ? 0 : metric_store_relist_commit(store, NULL));
        r = worse(r, metric_store_publish(store, NULL));
        assert_int_equal(put_many(store, 0, 0), 0);
        r = worse(r, scrape_part(metric_store_part(store)));
        /* Without memory to keep a segment the scrape still succeeds, and it is counted. */
        r = worse(r, segment_cache_stats(cache).refused ? -ENOMEM : 0);
        metric_store_free(store);
    }
    segment_cache_unref(cache);
    metric_selection_free(selection);
    return r;
}

static void the_store(void **state)
{
    (void)state;
    torture_run(store_scenario, 300);
}

/* After a failed publish the next one shows everything. */
static void a_failed_publish_is_made_up_for(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        struct metric_store *store = metric_store_new(&animals, NULL, NULL, NULL);
        assert_int_equal(put_many(store, 140, 1), 0);
        torture.seen = 0;
        torture.fail_at = n; /* the part, the first run, the second run */
        torture.on = true;
        assert_int_equal(metric_store_publish(store, NULL), -ENOMEM);
        torture.on = false;
        struct metric_part *part = metric_store_part(store);
        assert_int_equal(part->n_objects, 0);
        snapshot_unref(&part->snapshot);
        assert_int_equal(metric_store_publish(store, NULL), 0);
        part = metric_store_part(store);
        assert_int_equal(part->n_objects, 140);
        snapshot_unref(&part->snapshot);
        metric_store_free(store);
    }
}

static int fill_sink(struct metric_sink *sink)
{
    const struct metric_extra extra[] = { { STR_INIT("team"), STR_INIT("a") } };
    for (size_t i = 0; i < 20; i++) {
        struct animal *a = metric_sink_add(sink, &sorted_animals, extra, i % 2, NULL);
        if (!a) {
            return -ENOMEM;
        }
        *a = tapir();
    }
    return metric_sink_add(sink, &animals, NULL, 0, NULL) ? 0 : -ENOMEM;
}

static int sink_scenario(void)
{
    struct metric_sink *sink = metric_sink_new(NULL, NULL);
    if (!sink) {
        return -ENOMEM;
    }
    int r = 0;
    for (int round = 0; round < 2; round++) {
        int begun = metric_sink_begin(sink, NULL);
        r = worse(r, begun);
        if (begun < 0) {
            continue;
        }
        r = worse(r, fill_sink(sink));
        struct metric_part *part = metric_sink_take(sink, "cadvisor", 0, NULL);
        r = worse(r, part ? 0 : -ENOMEM);
        if (part) {
            r = worse(r, scrape_part(part));
        }
    }
    metric_sink_free(sink);
    return r;
}

static void the_sink(void **state)
{
    (void)state;
    torture_run(sink_scenario, 20);
}

static int names_scenario(void)
{
    const struct metric_label pairs[] = { { STR_INIT("a-b"), STR_INIT("") },
                                          { STR_INIT("a_b"), STR_INIT("") },
                                          { STR_INIT("c"), STR_INIT("") } };
    struct arena mem;
    struct metric_label *labels;
    arena_init(&mem, 1 << 20);
    int r = label_names_from_pairs(pairs, 3, STR("label_"), &mem, &labels);
    arena_done(&mem);
    return r;
}

static void label_names(void **state)
{
    (void)state;
    torture_run(names_scenario, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_store),
        cmocka_unit_test(a_failed_publish_is_made_up_for),
        cmocka_unit_test(the_sink),
        cmocka_unit_test(label_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
