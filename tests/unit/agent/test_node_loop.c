#include "agent/node/node_loop.h"

#include "base/clock.h"

#include "tests/support/test.h"

#include <time.h>

#define MS CLOCK_NS_PER_MS

/* A collector that counts what is asked of it, and does what the test has set. */
struct probe {
    atomic_int starts, reads, ticks, changes, stops, samples, missed;
    atomic_int start_result, read_result;
    atomic_int read_ms;
    int pipe[2]; /* its "changed" descriptor */
};

struct sample {
    double value;
};

static struct probe fast, slow;

static const struct metric_family rows_fast[] = {
    { .name = "fast_value",
      .help = "A value.",
      .source = "test",
      .field = METRIC_FIELD(struct sample, value, 0) },
};
static const struct metric_family rows_slow[] = {
    { .name = "slow_value",
      .help = "A value.",
      .source = "test",
      .field = METRIC_FIELD(struct sample, value, 0) },
};
static const struct metric_subject subject_fast = {
    .name = "fast",
    .part = "node",
    .sample_size = sizeof(struct sample),
    .present_at = METRIC_NO_PRESENCE,
    .rows = rows_fast,
    .n_rows = 1,
};
static const struct metric_subject subject_slow = {
    .name = "slow",
    .part = "cadvisor",
    .sample_size = sizeof(struct sample),
    .present_at = METRIC_NO_PRESENCE,
    .rows = rows_slow,
    .n_rows = 1,
};

static int probe_start(struct probe *p, void **ret_state, struct err *err)
{
    atomic_fetch_add(&p->starts, 1);
    int r = atomic_load(&p->start_result);
    if (r < 0) {
        return err_set(err, -r, "cannot start");
    }
    *ret_state = p;
    return 0;
}

static int start_fast(const struct collector_env *env, void **ret_state, struct err *err)
{
    (void)env;
    return probe_start(&fast, ret_state, err);
}

static int start_slow(const struct collector_env *env, void **ret_state, struct err *err)
{
    (void)env;
    return probe_start(&slow, ret_state, err);
}

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 },
              NULL);
}

static int probe_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct probe *p = state;
    int n = atomic_fetch_add(&p->reads, 1);
    pause_ms(atomic_load(&p->read_ms));
    int r = atomic_load(&p->read_result);
    if (r < 0) {
        return err_set(err, -r, "cannot read");
    }
    const struct metric_subject *subject = p == &fast ? &subject_fast : &subject_slow;
    struct sample *sample = metric_sink_add(sink, subject, NULL, 0, err);
    if (!sample) {
        return -ENOMEM;
    }
    sample->value = n + 1;
    if (r > 0) {
        err_set(err, EINVAL, "left something out");
    }
    return r;
}

static int probe_fd(void *state)
{
    return ((struct probe *)state)->pipe[0];
}

static void probe_changed(void *state, uint64_t now_ns)
{
    struct probe *p = state;
    char byte;
    (void)now_ns;
    assert_int_equal(read(p->pipe[0], &byte, 1), 1);
    atomic_fetch_add(&p->changes, 1);
}

static void probe_tick(void *state, uint64_t now_ns)
{
    (void)now_ns;
    atomic_fetch_add(&((struct probe *)state)->ticks, 1);
}

static void probe_sample(void *state, uint64_t missed)
{
    struct probe *p = state;
    atomic_fetch_add(&p->missed, (int)missed);
    atomic_fetch_add(&p->samples, 1);
}

static void probe_stop(void *state)
{
    atomic_fetch_add(&((struct probe *)state)->stops, 1);
}

static const struct metric_subject *const subjects_fast[] = { &subject_fast, NULL };
static const struct metric_subject *const subjects_slow[] = { &subject_slow, NULL };

static const struct collector collector_fast = {
    .name = "fast",
    .subjects = subjects_fast,
    .start = start_fast,
    .read = probe_read,
    .watch_fd = probe_fd,
    .changed = probe_changed,
    .tick = probe_tick,
    .sample = probe_sample,
    .stop = probe_stop,
};
static const struct collector collector_slow = {
    .name = "slow",
    .subjects = subjects_slow,
    .start = start_slow,
    .read = probe_read,
    .stop = probe_stop,
};
static const struct collector *const table[] = { &collector_fast, &collector_slow, NULL };

#define FAST UINT64_C(1)
#define SLOW UINT64_C(2)

struct bench {
    struct health health;
    struct node_loop *loop;
    atomic_int published;
};

static void count_published(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

static void open_bench_with(struct bench *b, uint64_t min_read_ns, uint64_t tick_ns,
                            uint64_t sample_ns)
{
    struct err err = { 0 };
    fast = (struct probe){ .pipe = { -1, -1 } };
    slow = (struct probe){ .pipe = { -1, -1 } };
    assert_int_equal(pipe(fast.pipe), 0);
    *b = (struct bench){ 0 };
    struct node_loop_config config = {
        .collectors = table,
        .enabled = FAST | SLOW,
        .env.sample_ns = sample_ns,
        .min_read_ns = min_read_ns,
        .tick_ns = tick_ns,
        .health = &b->health,
        .published = count_published,
        .published_arg = &b->published,
    };
    b->loop = node_loop_new(&config, &err);
    assert_non_null(b->loop);
}

static void open_bench(struct bench *b, uint64_t min_read_ns, uint64_t tick_ns)
{
    open_bench_with(b, min_read_ns, tick_ns, 0);
}

static void start(struct bench *b)
{
    struct err err = { 0 };
    assert_int_equal(node_loop_start(b->loop, &err), 0);
}

static void close_bench(struct bench *b)
{
    node_loop_free(b->loop);
    close(fast.pipe[0]);
    close(fast.pipe[1]);
}

/* The reading that serves the ticket, waited for. */
static struct node_reading *wait_ticket(struct bench *b, uint64_t ticket)
{
    for (int i = 0; i < 2000; i++) {
        struct node_reading *r = node_loop_reading(b->loop);
        if (r && r->ticket >= ticket) {
            return r;
        }
        if (r) {
            snapshot_unref(&r->snapshot);
        }
        pause_ms(5);
    }
    fail_msg("ticket %llu is not served", (unsigned long long)ticket);
    return NULL;
}

static void drop(struct node_reading *r)
{
    snapshot_unref(&r->snapshot);
}

static void reads_all_at_the_start(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 0, CLOCK_NS_PER_SEC);
    assert_null(node_loop_reading(b.loop));
    start(&b);
    struct node_reading *r = wait_ticket(&b, 1);
    assert_int_equal(r->mask, FAST | SLOW);
    assert_int_equal(r->n_reports, 2);
    assert_int_equal(r->reports[0].state, COLLECTOR_OK);
    assert_true(r->reports[1].read_once);
    assert_int_equal(r->parts[NODE_PART_NODE]->ops->n_families(r->parts[NODE_PART_NODE]), 1);
    drop(r);
    close_bench(&b);
    assert_int_equal(atomic_load(&fast.stops), 1);
    assert_int_equal(atomic_load(&slow.stops), 1);
    assert_int_equal(atomic_load(&b.health.beat_ns[HEALTH_NODE]), 0);
}

static void reads_only_what_is_asked_for(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 0, CLOCK_NS_PER_SEC);
    start(&b);
    drop(wait_ticket(&b, 1));
    assert_int_equal(node_loop_mask_of_parts(b.loop, 1u << NODE_PART_NODE), FAST);
    assert_int_equal(node_loop_mask_of_parts(b.loop, 1u << NODE_PART_CADVISOR), SLOW);
    assert_int_equal(node_loop_mask_of_parts(b.loop, 1u << NODE_PART_VOLUMES), 0);
    struct node_reading *r = wait_ticket(&b, node_loop_request(b.loop, FAST));
    assert_int_equal(r->mask, FAST);
    assert_int_equal(atomic_load(&fast.reads), 2);
    assert_int_equal(atomic_load(&slow.reads), 1);
    drop(r);
    close_bench(&b);
}

/* Tickets that come while a reading runs get the next one, all the same. */
static void shares_a_reading_among_those_that_wait(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 0, CLOCK_NS_PER_SEC);
    start(&b);
    drop(wait_ticket(&b, 1));
    atomic_store(&slow.read_ms, 200);
    uint64_t first = node_loop_request(b.loop, SLOW), last = 0;
    while (atomic_load(&slow.reads) < 2) {
        pause_ms(1);
    }
    for (int i = 0; i < 20; i++) {
        last = node_loop_request(b.loop, i % 2 ? FAST : SLOW);
    }
    struct node_reading *a = wait_ticket(&b, first), *z = wait_ticket(&b, last);
    assert_int_equal(a->ticket, first);
    assert_int_equal(z->mask, FAST | SLOW);
    assert_true(z->began_ns > a->began_ns);
    assert_int_equal(atomic_load(&slow.reads), 3);
    assert_int_equal(atomic_load(&b.published), 3);
    drop(a);
    drop(z);
    close_bench(&b);
}

static void shares_a_young_reading_when_told_to(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 3600 * CLOCK_NS_PER_SEC, CLOCK_NS_PER_SEC);
    start(&b);
    struct node_reading *a = wait_ticket(&b, 1);
    struct node_reading *z = wait_ticket(&b, node_loop_request(b.loop, FAST));
    assert_int_equal(a->began_ns, z->began_ns);
    assert_ptr_equal(a->parts[NODE_PART_NODE], z->parts[NODE_PART_NODE]);
    assert_int_equal(atomic_load(&fast.reads), 1);
    drop(a);
    drop(z);
    close_bench(&b);
}

/* Five servers that scrape both parts on paths of their own: one reading is of both. */
static void shares_a_reading_of_what_others_ask_for(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, CLOCK_NS_PER_SEC, CLOCK_NS_PER_SEC);
    start(&b);
    drop(wait_ticket(&b, 1));
    for (int round = 1; round <= 3; round++) {
        pause_ms(1050);
        for (int server = 0; server < 5; server++) {
            struct node_reading *r = wait_ticket(&b, node_loop_request(b.loop, FAST));
            assert_true(r->mask & FAST);
            drop(r);
            r = wait_ticket(&b, node_loop_request(b.loop, SLOW));
            assert_true(r->mask & SLOW);
            drop(r);
        }
        /* That both are asked for is known from the second of them on. */
        assert_int_equal(atomic_load(&slow.reads), 1 + round);
        assert_int_equal(atomic_load(&fast.reads), 2 + round);
    }
    struct node_reading *r = node_loop_reading(b.loop);
    assert_int_equal(r->number, 5);
    drop(r);
    close_bench(&b);
}

static void one_fault_is_one_collectors(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 0, 50 * MS);
    atomic_store(&slow.start_result, -EACCES);
    start(&b);
    struct node_reading *r = wait_ticket(&b, 1);
    assert_int_equal(r->reports[0].state, COLLECTOR_OK);
    assert_int_equal(r->reports[1].state, COLLECTOR_FAILED);
    assert_string_equal(r->reports[1].why, "cannot start");
    assert_false(r->reports[1].read_once);
    drop(r);
    /* It is tried again at each tick. */
    while (atomic_load(&slow.starts) < 3) {
        pause_ms(5);
    }
    atomic_store(&slow.start_result, 0);
    int starts = atomic_load(&slow.starts);
    while (atomic_load(&slow.starts) == starts) {
        pause_ms(5);
    }
    r = wait_ticket(&b, node_loop_request(b.loop, FAST | SLOW));
    assert_int_equal(r->reports[1].state, COLLECTOR_OK);
    drop(r);
    atomic_store(&slow.read_result, -EBADMSG);
    r = wait_ticket(&b, node_loop_request(b.loop, FAST | SLOW));
    assert_int_equal(r->reports[1].state, COLLECTOR_FAILED);
    assert_string_equal(r->reports[1].why, "cannot read");
    assert_int_equal(r->failed, 0);
    drop(r);
    atomic_store(&slow.read_result, -ENODATA);
    r = wait_ticket(&b, node_loop_request(b.loop, SLOW));
    assert_int_equal(r->reports[1].state, COLLECTOR_ABSENT);
    drop(r);
    close_bench(&b);
}

static void a_remark_is_no_fault(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 0, 50 * MS);
    start(&b);
    drop(wait_ticket(&b, 1));
    atomic_store(&fast.read_result, 1);
    struct node_reading *r = wait_ticket(&b, node_loop_request(b.loop, FAST));
    assert_int_equal(r->reports[0].state, COLLECTOR_OK);
    assert_string_equal(r->reports[0].why, "");
    assert_int_equal(r->parts[NODE_PART_NODE]->n_series, 1);
    drop(r);
    close_bench(&b);
}

static void tells_changes_and_ticks(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 0, 50 * MS);
    start(&b);
    drop(wait_ticket(&b, 1));
    assert_int_equal(write(fast.pipe[1], "x", 1), 1);
    for (int i = 0; i < 1000 && (!atomic_load(&fast.changes) || !atomic_load(&fast.ticks)); i++) {
        pause_ms(5);
    }
    assert_int_equal(atomic_load(&fast.changes), 1);
    assert_true(atomic_load(&fast.ticks) >= 1);
    assert_int_equal(atomic_load(&fast.reads), 1);
    assert_int_equal(atomic_load(&fast.samples), 0); /* the option says so */
    close_bench(&b);
}

static void wait_samples(int n)
{
    for (int i = 0; i < 2000 && atomic_load(&fast.samples) < n; i++) {
        pause_ms(5);
    }
    assert_true(atomic_load(&fast.samples) >= n);
}

static void samples_between_scrapes(void **state)
{
    struct bench b;
    (void)state;
    open_bench_with(&b, 0, 3600 * CLOCK_NS_PER_SEC, 20 * MS);
    atomic_store(&fast.start_result, -EACCES);
    start(&b);
    drop(wait_ticket(&b, 1));
    pause_ms(60);
    assert_int_equal(atomic_load(&fast.samples), 0); /* it does not run */
    close_bench(&b);

    open_bench_with(&b, 0, 3600 * CLOCK_NS_PER_SEC, 20 * MS);
    uint64_t began_ns = clock_mono_ns();
    start(&b);
    drop(wait_ticket(&b, 1));
    wait_samples(10);
    uint64_t took_ns = clock_mono_ns() - began_ns;
    assert_true(took_ns >= 200 * MS);
    assert_int_equal(atomic_load(&fast.reads), 1);
    /* A scrape in between is served, and takes none of them away. */
    int before = atomic_load(&fast.samples);
    drop(wait_ticket(&b, node_loop_request(b.loop, FAST)));
    wait_samples(before + 3);
    /* None comes sooner than it should. */
    took_ns = clock_mono_ns() - began_ns;
    assert_true((uint64_t)atomic_load(&fast.samples) <= took_ns / (20 * MS) + 1);
    close_bench(&b);
}

/* What held the loop up is told, and the one sample that comes then stands for all of them. */
static void counts_samples_that_did_not_come(void **state)
{
    struct bench b;
    (void)state;
    open_bench_with(&b, 0, 3600 * CLOCK_NS_PER_SEC, 50 * MS);
    start(&b);
    drop(wait_ticket(&b, 1));
    wait_samples(2);
    int missed = atomic_load(&fast.missed), samples = atomic_load(&fast.samples);
    atomic_store(&slow.read_ms, 500);
    drop(wait_ticket(&b, node_loop_request(b.loop, SLOW)));
    wait_samples(samples + 2);
    assert_true(atomic_load(&fast.missed) - missed >= 8);
    close_bench(&b);
}

/* A scraper keeps its reading while others come and go. */
static void readings_outlive_the_loop(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, 0, CLOCK_NS_PER_SEC);
    start(&b);
    struct node_reading *r = wait_ticket(&b, 1);
    for (int i = 0; i < 5; i++) {
        drop(wait_ticket(&b, node_loop_request(b.loop, FAST)));
    }
    close_bench(&b);
    struct metric_part *part = r->parts[NODE_PART_NODE];
    auto_buf struct buf out = BUF_INIT(4096);
    size_t cursor = 0;
    assert_int_equal(part->ops->series(part, 0, &cursor, METRIC_FORMAT_TEXT, &out, 1000), 0);
    assert_str_equal(buf_str(&out), "fast_value 1\n");
    drop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_at_the_start),
        cmocka_unit_test(reads_only_what_is_asked_for),
        cmocka_unit_test(shares_a_reading_among_those_that_wait),
        cmocka_unit_test(shares_a_young_reading_when_told_to),
        cmocka_unit_test(shares_a_reading_of_what_others_ask_for),
        cmocka_unit_test(one_fault_is_one_collectors),
        cmocka_unit_test(a_remark_is_no_fault),
        cmocka_unit_test(tells_changes_and_ticks),
        cmocka_unit_test(samples_between_scrapes),
        cmocka_unit_test(counts_samples_that_did_not_come),
        cmocka_unit_test(readings_outlive_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
