/* Collectors that may block: what they cost when they answer, when they are slow, when they hang.
 */
#include "agent/node/node_loop.h"

#include "base/clock.h"

#include "tests/support/test.h"

#include <time.h>

#define MS CLOCK_NS_PER_MS
#define DEADLINE_NS (150 * MS)
#define N 5

/* One of several made-up sources; a gate that is shut holds a reader up. */
struct source {
    pthread_mutex_t gate;
    atomic_int reads, stops, starts;
    atomic_int start_result;
    atomic_int pause_ms;
};

static struct source sources[N];

struct sample {
    double value;
};

#define ROW(i)                                                                                     \
    {                                                                                              \
        .name = "made_up_" #i, .help = "A value.", .source = "test",                               \
        .field = METRIC_FIELD(struct sample, value, 0),                                            \
    }
static const struct metric_family rows[N] = { ROW(0), ROW(1), ROW(2), ROW(3), ROW(4) };

#define SUBJECT(i)                                                                                 \
    {                                                                                              \
        .name = "made_up_" #i, .part = "node", .sample_size = sizeof(struct sample),               \
        .present_at = METRIC_NO_PRESENCE, .rows = &rows[i], .n_rows = 1,                           \
    }
static const struct metric_subject made[N] = { SUBJECT(0), SUBJECT(1), SUBJECT(2), SUBJECT(3),
                                               SUBJECT(4) };

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 },
              NULL);
}

static int start_source(size_t i, void **ret_state, struct err *err)
{
    atomic_fetch_add(&sources[i].starts, 1);
    int r = atomic_load(&sources[i].start_result);
    *ret_state = &sources[i];
    return r < 0 ? err_set(err, -r, "made up: none") : 0;
}

static int source_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct source *s = state;
    int n = atomic_fetch_add(&s->reads, 1) + 1;
    pause_ms(atomic_load(&s->pause_ms));
    pthread_mutex_lock(&s->gate);
    pthread_mutex_unlock(&s->gate);
    struct sample *sample = metric_sink_add(sink, &made[s - sources], NULL, 0, err);
    if (!sample) {
        return -ENOMEM;
    }
    sample->value = n;
    return 0;
}

static void source_stop(void *state)
{
    atomic_fetch_add(&((struct source *)state)->stops, 1);
}

#define COLLECTOR(i)                                                                               \
    static int start_##i(const struct collector_env *env, void **ret_state, struct err *err)       \
    {                                                                                              \
        (void)env;                                                                                 \
        return start_source(i, ret_state, err);                                                    \
    }                                                                                              \
    static const struct metric_subject *const subjects_##i[] = { &made[i], NULL };                 \
    static const struct collector collector_##i = {                                                \
        .name = "made_up_" #i,                                                                     \
        .subjects = subjects_##i,                                                                  \
        .may_block = (i) != 0,                                                                     \
        .start = start_##i,                                                                        \
        .read = source_read,                                                                       \
        .stop = source_stop,                                                                       \
    };
COLLECTOR(0)
COLLECTOR(1)
COLLECTOR(2)
COLLECTOR(3)
COLLECTOR(4)
static const struct collector *const table[] = { &collector_0, &collector_1, &collector_2,
                                                 &collector_3, &collector_4, NULL };

static struct health health;

static struct node_loop *open_loop_rescanning(uint64_t rescan_ns)
{
    struct err err = { 0 };
    for (size_t i = 0; i < N; i++) {
        sources[i] = (struct source){ .gate = PTHREAD_MUTEX_INITIALIZER };
    }
    struct node_loop_config config = {
        .collectors = table,
        .enabled = (1u << N) - 1,
        .tick_ns = CLOCK_NS_PER_SEC,
        .deadline_ns = DEADLINE_NS,
        .health = &health,
        .env.rescan_ns = rescan_ns,
    };
    struct node_loop *loop = node_loop_new(&config, &err);
    assert_non_null(loop);
    return loop;
}

static struct node_loop *open_loop(void)
{
    return open_loop_rescanning(0);
}

/* A reading of all, and how long it took to come. */
static struct node_reading *reading(struct node_loop *loop, uint64_t *ret_ns)
{
    uint64_t began = clock_mono_ns();
    uint64_t ticket = node_loop_request(loop, (1u << N) - 1);
    for (int i = 0; i < 5000; i++) {
        struct node_reading *r = node_loop_reading(loop);
        if (r && r->ticket >= ticket) {
            *ret_ns = clock_mono_ns() - began;
            return r;
        }
        if (r) {
            snapshot_unref(&r->snapshot);
        }
        pause_ms(2);
    }
    fail_msg("no reading");
    return NULL;
}

/* The text of all parts of the reading that belong to /metrics/node. */
static void text_of(struct node_reading *r, struct buf *out)
{
    buf_clear(out);
    for (size_t p = 0; p < r->n_aside + 1; p++) {
        struct metric_part *part = p ? r->aside[p - 1] : r->parts[NODE_PART_NODE];
        for (size_t i = 0; i < part->ops->n_families(part); i++) {
            size_t cursor = 0;
            assert_int_equal(part->ops->series(part, i, &cursor, METRIC_FORMAT_TEXT, out, SIZE_MAX),
                             0);
        }
    }
}

static void what_answers_is_served(void **state)
{
    (void)state;
    uint64_t ns;
    struct err err = { 0 };
    struct node_loop *loop = open_loop_rescanning(1);
    atomic_store(&sources[4].start_result, -ENODATA);
    assert_int_equal(node_loop_start(loop, &err), 0);
    struct node_reading *r = reading(loop, &ns);
    assert_int_equal(r->reports[3].state, COLLECTOR_OK);
    assert_int_equal(r->reports[4].state, COLLECTOR_ABSENT);
    assert_true(atomic_load(&sources[4].starts) >= 1);
    snapshot_unref(&r->snapshot);
    /* It comes into being. */
    atomic_store(&sources[4].start_result, 0);
    r = reading(loop, &ns);
    assert_int_equal(r->reports[4].state, COLLECTOR_OK);
    assert_int_equal(r->n_aside, 4);
    auto_buf struct buf out = BUF_INIT(65536);
    text_of(r, &out);
    assert_true(str_search(buf_str(&out), STR("made_up_4 1\n")) >= 0);
    snapshot_unref(&r->snapshot);
    node_loop_free(loop);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(atomic_load(&sources[i].stops), 1);
    }
}

static void what_is_absent_is_not_looked_for_at_each_reading(void **state)
{
    (void)state;
    uint64_t ns;
    struct err err = { 0 };
    struct node_loop *loop = open_loop();
    atomic_store(&sources[4].start_result, -ENODATA);
    assert_int_equal(node_loop_start(loop, &err), 0);
    for (int i = 0; i < 3; i++) {
        struct node_reading *r = reading(loop, &ns);
        assert_int_equal(r->reports[4].state, COLLECTOR_ABSENT);
        assert_string_equal(r->reports[4].why, "made up: none");
        assert_int_equal(r->n_aside, 3);
        snapshot_unref(&r->snapshot);
    }
    assert_int_equal(atomic_load(&sources[4].starts), 1);
    node_loop_free(loop);
}

static void the_one_that_hangs_costs_a_deadline_once(void **state)
{
    (void)state;
    uint64_t ns;
    struct err err = { 0 };
    struct node_loop *loop = open_loop();
    pthread_mutex_lock(&sources[1].gate);
    pthread_mutex_lock(&sources[3].gate);
    assert_int_equal(node_loop_start(loop, &err), 0);
    uint64_t first_ns;
    struct node_reading *r = reading(loop, &first_ns);
    assert_in_range(first_ns, 0, 4 * DEADLINE_NS);
    assert_int_equal(r->reports[1].state, COLLECTOR_FAILED);
    assert_int_equal(r->reports[3].state, COLLECTOR_FAILED);
    snapshot_unref(&r->snapshot);

    /* Not asked again while they hang: nothing is waited for, and the others are there. */
    r = reading(loop, &ns);
    assert_in_range(r->duration_ns, 0, DEADLINE_NS - 50 * MS);
    assert_int_equal(atomic_load(&sources[1].reads), 1);
    assert_int_equal(r->reports[2].state, COLLECTOR_OK);
    assert_int_equal(r->reports[1].state, COLLECTOR_FAILED);
    auto_buf struct buf out = BUF_INIT(65536);
    text_of(r, &out);
    assert_int_equal(str_search(buf_str(&out), STR("made_up_1")), -1);
    assert_true(str_search(buf_str(&out), STR("made_up_4")) >= 0);
    snapshot_unref(&r->snapshot);

    /* They come back; what was read for the earlier scrape is not served to the next. */
    pthread_mutex_unlock(&sources[1].gate);
    pthread_mutex_unlock(&sources[3].gate);
    for (int i = 0; i < 200; i++) {
        r = reading(loop, &ns);
        bool back = r->reports[1].state == COLLECTOR_OK && r->reports[3].state == COLLECTOR_OK;
        if (back) {
            text_of(r, &out);
            assert_true(str_search(buf_str(&out), STR("made_up_1 ")) >= 0);
            assert_int_equal(str_search(buf_str(&out), STR("made_up_1 1\n")), -1);
            i = 1000;
        }
        snapshot_unref(&r->snapshot);
        assert_true(i != 199);
        pause_ms(5);
    }
    node_loop_free(loop);
    assert_int_equal(atomic_load(&sources[1].stops), 1);
}

static void slow_ones_run_beside_each_other(void **state)
{
    (void)state;
    uint64_t ns;
    struct err err = { 0 };
    struct node_loop *loop = open_loop();
    for (size_t i = 1; i < N; i++) {
        atomic_store(&sources[i].pause_ms, 60); /* 240 ms in a row, beyond the deadline */
    }
    assert_int_equal(node_loop_start(loop, &err), 0);
    struct node_reading *r = reading(loop, &ns);
    int ok = 0;
    for (size_t i = 0; i < N; i++) {
        ok += r->reports[i].state == COLLECTOR_OK;
    }
    assert_in_range(ok, 3, N);
    snapshot_unref(&r->snapshot);
    node_loop_free(loop);
}

static void one_that_hangs_at_the_end_is_left_behind(void **state)
{
    (void)state;
    uint64_t ns;
    struct err err = { 0 };
    struct node_loop *loop = open_loop();
    pthread_mutex_lock(&sources[2].gate);
    assert_int_equal(node_loop_start(loop, &err), 0);
    snapshot_unref(&reading(loop, &ns)->snapshot);
    node_loop_free(loop);
    assert_int_equal(atomic_load(&sources[2].stops), 0);
    assert_int_equal(atomic_load(&sources[1].stops), 1);
    pthread_mutex_unlock(&sources[2].gate);
    for (int i = 0; i < 1000 && atomic_load(&sources[2].stops) == 0; i++) {
        pause_ms(5);
    }
    assert_int_equal(atomic_load(&sources[2].stops), 1); /* its thread cleans up */
    pause_ms(20);
}

static void only_what_is_asked_for_is_read(void **state)
{
    (void)state;
    struct err err = { 0 };
    uint64_t ns;
    struct node_loop *loop = open_loop();
    assert_int_equal(node_loop_start(loop, &err), 0);
    snapshot_unref(&reading(loop, &ns)->snapshot);
    int before = atomic_load(&sources[1].reads);
    uint64_t ticket = node_loop_request(loop, 1u << 2 | 1u);
    struct node_reading *r = NULL;
    for (int i = 0; i < 2000; i++) {
        r = node_loop_reading(loop);
        if (r->ticket >= ticket) {
            break;
        }
        snapshot_unref(&r->snapshot);
        pause_ms(2);
    }
    assert_int_equal(r->n_aside, 1);
    assert_int_equal(atomic_load(&sources[1].reads), before);
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "made_up_0 %d\nmade_up_2 %d\n", before + 1, before + 1);
    auto_buf struct buf out = BUF_INIT(65536);
    text_of(r, &out);
    assert_true(str_eq_c(buf_str(&out), wanted));
    snapshot_unref(&r->snapshot);
    node_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_answers_is_served),
        cmocka_unit_test(what_is_absent_is_not_looked_for_at_each_reading),
        cmocka_unit_test(the_one_that_hangs_costs_a_deadline_once),
        cmocka_unit_test(slow_ones_run_beside_each_other),
        cmocka_unit_test(one_that_hangs_at_the_end_is_left_behind),
        cmocka_unit_test(only_what_is_asked_for_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
