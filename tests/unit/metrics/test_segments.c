/* What is compressed in kept segments reads back as the plain body, byte for byte: after random
 * changes, deletions, relists and changes of what is served, for scrapers on other threads, of both
 * formats and in each coding, with room for all segments, for some and for none. */
#include "base/clock.h"
#include "metrics/store.h"
#include "tests/support/unpack.h"
#include "tests/unit/metrics/zoo.h"

#include <pthread.h>

#define KEYS 400
#define STEPS 1500
#define READERS 3
#define SCRAPES_MIN 10
#define IDLE_NS (1000 * CLOCK_NS_PER_SEC) /* longer than any test takes */

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
static bool reads_the_same(struct metric_part *part, enum metric_format format, struct packer *p,
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
    int q = 1;
    while (q == 1) {
        q = scrape_next_packed(two, p, &text, &packed, enough);
    }
    bool same = r == 0 && q == 0 && unpack(packer_coding(p), buf_str(&packed), &back) &&
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
    struct packer *packers[PACK_N_CODINGS] = { packer_new(PACK_GZIP), packer_new(PACK_ZSTD) };
    while (!atomic_load(&world.over)) {
        enum metric_format format =
            below(&random, 2) ? METRIC_FORMAT_TEXT : METRIC_FORMAT_OPENMETRICS;
        struct packer *p = packers[below(&random, PACK_N_CODINGS)];
        if (!reads_the_same(part_now(), format, p, 1 + below(&random, 30000))) {
            atomic_fetch_add(&world.faults, 1);
        }
        atomic_fetch_add(&world.scrapes[me], 1);
    }
    packer_free(packers[PACK_GZIP]);
    packer_free(packers[PACK_ZSTD]);
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
    struct packer *packers[PACK_N_CODINGS] = { packer_new(PACK_GZIP), packer_new(PACK_ZSTD) };
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
            struct packer *p = packers[below(&random, PACK_N_CODINGS)];
            assert_true(reads_the_same(part_now(), METRIC_FORMAT_TEXT, p, 100000));
        }
    }
    packer_free(packers[PACK_GZIP]);
    packer_free(packers[PACK_ZSTD]);
}

static struct segment_cache_stats run(size_t cache_bytes, uint64_t idle_ns)
{
    struct segment_cache *cache = segment_cache_new(cache_bytes, idle_ns);
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
    struct segment_cache_stats stats = run(64 << 20, UINT64_MAX);
    assert_true(stats.made > 100 && stats.hits > stats.made && stats.refused == 0);
}

static void with_room_for_some(void **state)
{
    (void)state;
    struct segment_cache_stats stats = run(30 << 10, UINT64_MAX);
    assert_true(stats.made > 10 && stats.hits > 10 && stats.refused > 10);
}

static void with_room_for_none(void **state)
{
    (void)state;
    struct segment_cache_stats stats = run(100, UINT64_MAX);
    assert_true(stats.made == 0 && stats.hits == 0 && stats.refused > 10);
}

/* Codings go and come while they are read. */
static void with_codings_let_go_of(void **state)
{
    (void)state;
    struct segment_cache_stats stats = run(64 << 20, 100000);
    assert_true(stats.made > 100 && stats.hits > 0 && stats.refused == 0);
}

/* A store of its own for a test, on a cache; scraped in one coding after the other. */
struct lab {
    struct segment_cache *cache;
    struct packer *packers[PACK_N_CODINGS];
};

static void lab_open(struct lab *lab, const struct metric_subject *subject, size_t cache_bytes)
{
    lab->cache = segment_cache_new(cache_bytes, IDLE_NS);
    struct metric_store_limits limits = { .cache = lab->cache };
    world.store = metric_store_new(subject, NULL, &limits, NULL);
    assert_non_null(world.store);
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        lab->packers[i] = packer_new((enum pack_coding)i);
    }
}

static void lab_close(struct lab *lab)
{
    metric_store_free(world.store);
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        packer_free(lab->packers[i]);
    }
    assert_int_equal(segment_cache_stats(lab->cache).bytes, 0);
    segment_cache_unref(lab->cache);
}

/* What the cache tells after a scrape. */
static struct segment_cache_stats lab_scrape(struct lab *lab, enum pack_coding coding,
                                             enum metric_format format)
{
    assert_true(reads_the_same(part_now(), format, lab->packers[coding], 100000));
    return segment_cache_stats(lab->cache);
}

static void publish(void)
{
    assert_int_equal(metric_store_publish(world.store, NULL), 0);
}

static void put_all(uint32_t version)
{
    for (uint32_t key = 0; key < KEYS; key++) {
        put(key, version);
    }
    publish();
}

/* A row's text of which a run has more than is kept in one piece. */
static void long_runs_are_not_kept(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, &animals, 64 << 20);
    char *name = malloc(20000);
    memset(name, 'x', 20000);
    for (unsigned i = 0; i < 70; i++) {
        char uid[16];
        struct animal a = tapir();
        a.name = (struct str){ name, 20000 };
        snprintf(uid, sizeof(uid), "%u", i);
        assert_int_equal(metric_store_put(world.store, str_of(uid), &a, NULL), 0);
    }
    publish();
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        uint64_t made = segment_cache_stats(lab.cache).made;
        uint64_t more = lab_scrape(&lab, (enum pack_coding)i, METRIC_FORMAT_TEXT).made;
        assert_true(more > made); /* of the second run, which is short */
        assert_int_equal(lab_scrape(&lab, (enum pack_coding)i, METRIC_FORMAT_TEXT).made, more);
    }
    free(name);
    lab_close(&lab);
}

/* One object's change costs its run's rows that it changes, and no more. */
static void only_what_changed_is_made_anew(void **state)
{
    (void)state;
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        enum pack_coding coding = (enum pack_coding)i;
        struct lab lab;
        lab_open(&lab, &sorted_animals, 64 << 20);
        put_all(1);
        uint64_t first = lab_scrape(&lab, coding, METRIC_FORMAT_TEXT).made;
        assert_true(first > 10);
        assert_int_equal(lab_scrape(&lab, coding, METRIC_FORMAT_OPENMETRICS).made, first);
        put(100, 2); /* another size of its first part; its weight stays */
        publish();
        assert_int_equal(lab_scrape(&lab, coding, METRIC_FORMAT_TEXT).made, first + 1);
        put(100, 50); /* another name: every row of the run */
        publish();
        assert_int_equal(lab_scrape(&lab, coding, METRIC_FORMAT_TEXT).made, first + 1 + 4);
        lab_close(&lab);
    }
}

/* A change is made anew in both codings, and neither takes the other's place. */
static void codings_stand_beside_each_other(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, &sorted_animals, 64 << 20);
    put_all(1);
    uint64_t made = lab_scrape(&lab, PACK_GZIP, METRIC_FORMAT_TEXT).made;
    assert_int_equal(lab_scrape(&lab, PACK_ZSTD, METRIC_FORMAT_TEXT).made, 2 * made);
    put(100, 2);
    publish();
    for (int round = 0; round < 3; round++) {
        lab_scrape(&lab, PACK_GZIP, METRIC_FORMAT_TEXT);
        assert_int_equal(lab_scrape(&lab, PACK_ZSTD, METRIC_FORMAT_OPENMETRICS).made, 2 * made + 2);
    }
    lab_close(&lab);
}

/* The maximum is that of both together. */
static void codings_share_the_maximum(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, &sorted_animals, 64 << 20);
    put_all(1);
    size_t one = lab_scrape(&lab, PACK_GZIP, METRIC_FORMAT_TEXT).bytes;
    size_t both = lab_scrape(&lab, PACK_ZSTD, METRIC_FORMAT_TEXT).bytes;
    lab_close(&lab);
    assert_true(both > one + one / 2);

    size_t most = one + (both - one) / 2;
    lab_open(&lab, &sorted_animals, most);
    put_all(1);
    for (int i = 0; i < 3; i++) {
        lab_scrape(&lab, PACK_GZIP, METRIC_FORMAT_TEXT);
        assert_true(lab_scrape(&lab, PACK_ZSTD, METRIC_FORMAT_TEXT).bytes <= most);
    }
    assert_true(segment_cache_stats(lab.cache).refused > 0);
    lab_close(&lab);
}

/* Who has turned to another coding leaves room for it, at the next change of whatever object. */
static void a_coding_that_nobody_asks_for_is_let_go_of(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, &sorted_animals, 64 << 20);
    put_all(1);
    uint64_t made = lab_scrape(&lab, PACK_ZSTD, METRIC_FORMAT_TEXT).made;
    size_t alone = segment_cache_stats(lab.cache).bytes;
    size_t both = lab_scrape(&lab, PACK_GZIP, METRIC_FORMAT_TEXT).bytes;
    struct metric_part *slow = part_now(); /* somebody who reads on */
    put(100, 2);
    publish();
    assert_true(segment_cache_stats(lab.cache).bytes > alone + (both - alone) / 2);
    uint64_t now = clock_mono_ns();
    segment_cache_ask(lab.cache, PACK_GZIP, now > 2 * IDLE_NS ? now - 2 * IDLE_NS : 1);
    put(100, 1);
    publish();
    assert_true(reads_the_same(slow, METRIC_FORMAT_TEXT, lab.packers[PACK_ZSTD], 1000));
    struct segment_cache_stats stats = lab_scrape(&lab, PACK_ZSTD, METRIC_FORMAT_TEXT);
    assert_in_range(stats.bytes, alone - alone / 10, alone + alone / 10);
    assert_int_equal(stats.made, 2 * made + 1); /* what zstd had is still there */
    made = lab_scrape(&lab, PACK_GZIP, METRIC_FORMAT_TEXT).made;
    assert_true(made > stats.made + 10);
    put(200, 2);
    publish(); /* both are wanted again */
    assert_true(segment_cache_stats(lab.cache).bytes > alone + (both - alone) / 2);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_room_for_all),
        cmocka_unit_test(with_room_for_some),
        cmocka_unit_test(with_room_for_none),
        cmocka_unit_test(with_codings_let_go_of),
        cmocka_unit_test(long_runs_are_not_kept),
        cmocka_unit_test(only_what_changed_is_made_anew),
        cmocka_unit_test(codings_stand_beside_each_other),
        cmocka_unit_test(codings_share_the_maximum),
        cmocka_unit_test(a_coding_that_nobody_asks_for_is_let_go_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
