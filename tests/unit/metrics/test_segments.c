/* What is compressed in kept segments reads back as the plain body, byte for byte: after random
 * changes, deletions, relists and changes of what is served, for scrapers on other threads and of
 * both formats, with room for all segments, for some and for none. */
#include "metrics/store.h"
#include "tests/support/gunzip.h"
#include "tests/unit/metrics/zoo.h"

#include <pthread.h>

#define KEYS 400
#define STEPS 1500
#define READERS 3
#define SCRAPES_MIN 10

static struct {
    pthread_mutex_t lock; /* over store: another one takes its place when the selection changes */
    struct metric_store *store;
    atomic_bool over;
    atomic_int faults;
    atomic_int scrapes[READERS];
} world = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint32_t below(uint32_t *random, uint32_t n)
{
    *random = *random * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)*random * n) >> 32);
}

/* Whether the part, of which the reference is taken over, reads the same in both ways. */
static bool reads_the_same(struct metric_part *part, enum metric_format format, struct packer *d,
                           size_t enough)
{
    auto_buf struct buf plain = BUF_INIT(1 << 24), text = BUF_INIT(1 << 24),
                        packed = BUF_INIT(1 << 24), back = BUF_INIT(1 << 24);
    snapshot_ref(&part->snapshot);
    struct scrape *one = scrape_new(&part, 1, format), *two = scrape_new(&part, 1, format);
    int r = 1;
    while (r == 1) {
        r = scrape_next(one, &plain, enough);
    }
    int p = 1;
    while (p == 1) {
        p = scrape_next_packed(two, d, &text, &packed, enough);
    }
    bool same = r == 0 && p == 0 && gunzip(buf_str(&packed), &back) &&
                str_eq(buf_str(&plain), buf_str(&back)) && scrape_totals(one).bytes == plain.n &&
                scrape_totals(two).bytes == plain.n &&
                scrape_totals(one).series == scrape_totals(two).series;
    scrape_free(one);
    scrape_free(two);
    return same;
}

static struct metric_part *part_now(void)
{
    pthread_mutex_lock(&world.lock);
    struct metric_part *part = metric_store_part(world.store);
    pthread_mutex_unlock(&world.lock);
    return part;
}

/* cmocka's asserts jump, which only its own thread may: other threads count. */
static void *scraper(void *arg)
{
    size_t me = (size_t)(uintptr_t)arg;
    uint32_t random = (uint32_t)me;
    struct packer *d = packer_new(PACK_GZIP);
    while (!atomic_load(&world.over)) {
        enum metric_format format =
            below(&random, 2) ? METRIC_FORMAT_TEXT : METRIC_FORMAT_OPENMETRICS;
        if (!reads_the_same(part_now(), format, d, 1 + below(&random, 30000))) {
            atomic_fetch_add(&world.faults, 1);
        }
        atomic_fetch_add(&world.scrapes[me], 1);
    }
    packer_free(d);
    return NULL;
}

static void put(uint32_t key, uint32_t version)
{
    char name[32], uid[16];
    snprintf(name, sizeof(name), "animal-%u-of-%u", key, version % 50 == 0 ? version : 0);
    snprintf(uid, sizeof(uid), "%u", key);
    struct animal a = tapir();
    a.name = str_of(name);
    a.present = version % 7 ? ANIMAL_WEIGHT | ANIMAL_BORN : ANIMAL_BORN;
    a.weight_mg = version / 3 * 1000;
    a.n_parts = key % (ANIMAL_PARTS_MAX + 1);
    for (uint32_t i = 0; i < a.n_parts; i++) {
        a.parts[i] = STR("hoof");
        a.sizes[i] = i ? i : version;
    }
    assert_int_equal(metric_store_put(world.store, str_of(uid), &a, NULL), 0);
}

static void change_one(uint32_t *random)
{
    char uid[16];
    uint32_t key = below(random, KEYS);
    if (below(random, 5) == 0) {
        snprintf(uid, sizeof(uid), "%u", key);
        metric_store_remove(world.store, str_of(uid));
    } else {
        put(key, below(random, 1000));
    }
}

static void relist(uint32_t *random)
{
    assert_int_equal(metric_store_relist_begin(world.store, NULL), 0);
    for (uint32_t key = 0; key < KEYS; key++) {
        if (below(random, 10)) {
            put(key, below(random, 20) ? 1 : below(random, 1000));
        }
    }
    assert_int_equal(metric_store_relist_commit(world.store, NULL), 0);
}

/* Another selection: another store, on the same cache, while the old one is still scraped. */
static void serve_others(uint32_t *random, struct segment_cache *cache)
{
    static const struct str lists[] = { STR_INIT("weight"), STR_INIT("_"),
                                        STR_INIT("animal_[pt]") };
    struct metric_selection *selection =
        metric_selection_new(&lists[below(random, 3)], 1, NULL, 0, NULL, 0, NULL);
    struct metric_store_limits limits = { .cache = cache };
    struct metric_store *old = world.store,
                        *new = metric_store_new(below(random, 2) ? &animals : &sorted_animals,
                                                selection, &limits, NULL);
    assert_non_null(new);
    pthread_mutex_lock(&world.lock);
    world.store = new;
    pthread_mutex_unlock(&world.lock);
    metric_store_free(old);
    metric_selection_free(selection);
    relist(random);
}

static bool all_have_scraped(void)
{
    bool all = true;
    for (size_t i = 0; i < READERS; i++) {
        all = all && atomic_load(&world.scrapes[i]) >= SCRAPES_MIN;
    }
    return all;
}

static void change_much(struct segment_cache *cache)
{
    uint32_t random = 1;
    struct packer *d = packer_new(PACK_GZIP);
    for (int step = 0; step < STEPS || !all_have_scraped(); step++) {
        uint32_t luck = below(&random, 100);
        if (luck == 0) {
            serve_others(&random, cache);
        } else if (luck < 4) {
            relist(&random);
        } else if (luck < 70) {
            change_one(&random);
        } else {
            assert_int_equal(metric_store_publish(world.store, NULL), 0);
        }
        if (luck % 10 == 5) { /* warm in turn with changes, whatever the other threads get to do */
            assert_true(reads_the_same(part_now(), METRIC_FORMAT_TEXT, d, 100000));
        }
    }
    packer_free(d);
}

static struct segment_cache_stats run(size_t cache_bytes)
{
    struct segment_cache *cache = segment_cache_new(cache_bytes);
    struct metric_store_limits limits = { .cache = cache };
    world.store = metric_store_new(&animals, NULL, &limits, NULL);
    atomic_store(&world.over, false);
    atomic_store(&world.faults, 0);
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++) {
        atomic_store(&world.scrapes[i], 0);
        assert_int_equal(pthread_create(&threads[i], NULL, scraper, (void *)(uintptr_t)i), 0);
    }
    change_much(cache);
    atomic_store(&world.over, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&world.faults), 0);
    metric_store_free(world.store);
    struct segment_cache_stats stats = segment_cache_stats(cache);
    assert_int_equal(stats.bytes, 0); /* all is given back with the last part */
    segment_cache_unref(cache);
    return stats;
}

static void with_room_for_all(void **state)
{
    (void)state;
    struct segment_cache_stats stats = run(64 << 20);
    assert_true(stats.made > 100 && stats.hits > stats.made && stats.refused == 0);
}

static void with_room_for_some(void **state)
{
    (void)state;
    struct segment_cache_stats stats = run(30 << 10);
    assert_true(stats.made > 10 && stats.hits > 10 && stats.refused > 10);
}

static void with_room_for_none(void **state)
{
    (void)state;
    struct segment_cache_stats stats = run(100);
    assert_true(stats.made == 0 && stats.hits == 0 && stats.refused > 10);
}

/* A row's text of which a run has more than is kept in one piece. */
static void long_runs_are_not_kept(void **state)
{
    (void)state;
    struct segment_cache *cache = segment_cache_new(64 << 20);
    struct packer *d = packer_new(PACK_GZIP);
    struct metric_store_limits limits = { .cache = cache };
    world.store = metric_store_new(&animals, NULL, &limits, NULL);
    char *name = malloc(20000);
    memset(name, 'x', 20000);
    for (unsigned i = 0; i < 70; i++) {
        char uid[16];
        struct animal a = tapir();
        a.name = (struct str){ name, 20000 };
        snprintf(uid, sizeof(uid), "%u", i);
        assert_int_equal(metric_store_put(world.store, str_of(uid), &a, NULL), 0);
    }
    assert_int_equal(metric_store_publish(world.store, NULL), 0);
    assert_true(reads_the_same(part_now(), METRIC_FORMAT_TEXT, d, 100000));
    struct segment_cache_stats stats = segment_cache_stats(cache);
    assert_true(stats.made > 0); /* of the second run, which is short */
    assert_true(reads_the_same(part_now(), METRIC_FORMAT_TEXT, d, 1));
    assert_int_equal(segment_cache_stats(cache).made, stats.made);
    free(name);
    metric_store_free(world.store);
    packer_free(d);
    segment_cache_unref(cache);
}

/* One object's change costs its run's rows that it changes, and no more. */
static void only_what_changed_is_made_anew(void **state)
{
    (void)state;
    struct segment_cache *cache = segment_cache_new(64 << 20);
    struct packer *d = packer_new(PACK_GZIP);
    struct metric_store_limits limits = { .cache = cache };
    world.store = metric_store_new(&sorted_animals, NULL, &limits, NULL);
    for (uint32_t key = 0; key < KEYS; key++) {
        put(key, 1);
    }
    assert_int_equal(metric_store_publish(world.store, NULL), 0);
    assert_true(reads_the_same(part_now(), METRIC_FORMAT_TEXT, d, 100000));
    uint64_t first = segment_cache_stats(cache).made;
    assert_true(first > 10);
    assert_true(reads_the_same(part_now(), METRIC_FORMAT_OPENMETRICS, d, 100000));
    assert_int_equal(segment_cache_stats(cache).made, first);
    put(100, 2); /* another size of its first part; its weight stays */
    assert_int_equal(metric_store_publish(world.store, NULL), 0);
    assert_true(reads_the_same(part_now(), METRIC_FORMAT_TEXT, d, 100000));
    assert_int_equal(segment_cache_stats(cache).made, first + 1);
    put(100, 50); /* another name: every row of the run */
    assert_int_equal(metric_store_publish(world.store, NULL), 0);
    assert_true(reads_the_same(part_now(), METRIC_FORMAT_TEXT, d, 100000));
    assert_int_equal(segment_cache_stats(cache).made, first + 1 + 4);
    metric_store_free(world.store);
    packer_free(d);
    segment_cache_unref(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_room_for_all),
        cmocka_unit_test(with_room_for_some),
        cmocka_unit_test(with_room_for_none),
        cmocka_unit_test(long_runs_are_not_kept),
        cmocka_unit_test(only_what_changed_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
