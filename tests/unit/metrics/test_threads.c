/* One writer, several scrapers, under TSan: a scrape sees one published state, whole, whatever
 * happens meanwhile, and the last to hold a part frees it on its own thread. */
#include "metrics/sink.h"
#include "metrics/store.h"
#include "tests/unit/metrics/zoo.h"

#include <pthread.h>

#define READERS 3
#define OBJECTS 300
#define ROUNDS 60
#define SCRAPES_MIN 5

static struct metric_store *store;
static struct snapshot_cell reading;
static atomic_bool over;
static atomic_int faults;
static atomic_int scrapes[READERS];

/* cmocka's asserts jump, which only its own thread may: other threads count. */
static void expect(bool truth)
{
    if (!truth) {
        atomic_fetch_add(&faults, 1);
    }
}

/* All objects of a state have the same weight. */
static struct animal object(unsigned round)
{
    return (struct animal){ .present = ANIMAL_WEIGHT, .name = STR("x"), .weight_mg = round * 1000 };
}

static void check(struct metric_part *part, size_t enough)
{
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    auto_buf struct buf piece = BUF_INIT(1 << 20);
    struct str first = { 0 };
    char kept[64];
    size_t seen = 0;
    int r;
    do {
        buf_clear(&piece);
        r = scrape_next(s, &piece, enough);
        struct str text = buf_str(&piece);
        while (text.n > 0) {
            struct str line = str_line(&text);
            if (!str_starts(line, STR("animal_weight_grams{"))) {
                continue;
            }
            struct str value = str_from(line, (size_t)str_rfind(line, ' '));
            if (seen++ == 0 && str_copy(kept, sizeof(kept), value) == 0) {
                first = str_of(kept);
            }
            expect(str_eq(value, first));
        }
    } while (r == 1);
    expect(r == 0);
    expect(seen == 0 || seen == OBJECTS);
    scrape_free(s);
}

static void *scraper(void *arg)
{
    size_t me = (size_t)(uintptr_t)arg;
    while (!atomic_load(&over)) {
        check(metric_store_part(store), (size_t)1000 << me);
        struct snapshot *s = snapshot_cell_acquire(&reading);
        if (s) {
            check(KG_CONTAINER_OF(s, struct metric_part, snapshot), (size_t)1000 << me);
        }
        atomic_fetch_add(&scrapes[me], 1);
    }
    return NULL;
}

static int put_all(unsigned round)
{
    int r = 0;
    char key[16];
    for (unsigned i = 0; i < OBJECTS && r >= 0; i++) {
        struct animal a = object(round);
        snprintf(key, sizeof(key), "%u", i);
        r = metric_store_put(store, str_of(key), &a, NULL);
    }
    return r;
}

static int change_all(unsigned round)
{
    if (round % 3 == 0) {
        int r = put_all(round);
        return r < 0 ? r : metric_store_publish(store, NULL);
    }
    int r = metric_store_relist_begin(store, NULL);
    r = r < 0 ? r : put_all(round);
    return r < 0 ? r : metric_store_relist_commit(store, NULL);
}

static int read_all(struct metric_sink *sink, unsigned round)
{
    int r = metric_sink_begin(sink, NULL);
    for (unsigned i = 0; i < OBJECTS && r >= 0; i++) {
        struct animal *a = metric_sink_add(sink, &sorted_animals, NULL, 0, NULL);
        if (a) {
            *a = object(round);
        }
        r = a ? 0 : -ENOMEM;
    }
    struct metric_part *part = r < 0 ? NULL : metric_sink_take(sink, "cadvisor", round, NULL);
    if (!part) {
        return -ENOMEM;
    }
    snapshot_cell_publish(&reading, &part->snapshot);
    return 0;
}

static bool all_have_scraped(void)
{
    for (size_t i = 0; i < READERS; i++) {
        if (atomic_load(&scrapes[i]) < SCRAPES_MIN) {
            return false;
        }
    }
    return true;
}

static void scrapes_see_whole_states(void **state)
{
    (void)state;
    struct metric_sink *sink = metric_sink_new(NULL, NULL);
    store = metric_store_new(&animals, NULL, NULL, NULL);
    assert_int_equal(snapshot_cell_init(&reading), 0);
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, scraper, (void *)(uintptr_t)i), 0);
    }
    int r = 0;
    for (unsigned round = 0; r >= 0 && (round < ROUNDS || !all_have_scraped()); round++) {
        r = change_all(round);
        r = r < 0 ? r : read_all(sink, round);
    }
    /* The producers go first: what is still being scraped must not mind. */
    metric_sink_free(sink);
    atomic_store(&over, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(r, 0);
    assert_int_equal(atomic_load(&faults), 0);
    metric_store_free(store);
    snapshot_cell_done(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrapes_see_whole_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
