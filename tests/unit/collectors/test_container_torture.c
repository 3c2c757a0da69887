/* Allocations of the container collector and of what serves it: in steady state there are none for
 * a container, and when any one of them fails the reading says so or does without. */
#include "tests/support/torture.h"

#include "tests/unit/collectors/container_text.h"

/* What a reading and its answer allocate, whatever the number of cgroups:
 * 1, 2   the parts "cadvisor" and "self" (sink_part_new)
 * 3, 4   their scrapes (scrape_new)
 * 5 to 8 the families that have had their header: for each scrape a table of names, and memory for
 * them The memory of the reading goes back to the sink's pool, the text's buffer is the caller's.
 */
#define PER_READING 8

#define V1_POD_PATH "/kubepods/burstable/pod00000000-0000-4000-8000-%012u"

static void make_pods(struct machine *m, unsigned n,
                      void (*cgroup)(struct machine *, const char *, unsigned, unsigned))
{
    char path[512];
    two_processes(m);
    fixture_file(&m->f, "proc/diskstats", " 254 0 vda 1 2 3 4000 5 6 7 8000 9 10000 11000\n");
    cgroup(m, "", 900, 0);
    for (unsigned i = 0; i < n; i++) {
        snprintf(path, sizeof(path), V1_POD_PATH, i);
        cgroup(m, path, 60, 0);
        snprintf(path, sizeof(path), V1_POD_PATH "/%064u", i, i);
        cgroup(m, path, 50, 200);
    }
}

static size_t serve(struct metric_part *part, struct buf *text)
{
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    size_t n = 0;
    for (int more = s ? 1 : 0; more > 0;) {
        buf_clear(text);
        more = scrape_next(s, text, 64 * KIB);
        n += text->n;
    }
    scrape_free(s);
    return n;
}

/* One reading with its answer. */
static void read_and_serve(struct machine *m, struct buf *text)
{
    struct err err = { 0 };
    assert_int_equal(metric_sink_begin(m->sink, &err), 0);
    assert_int_equal(collector_container.read(m->state, m->sink, &err), 0);
    assert_int_equal(collector_container.self(m->state, m->sink, &err), 0);
    struct metric_part *part = metric_sink_take(m->sink, "cadvisor", clock_mono_ns(), &err);
    struct metric_part *self = metric_sink_take(m->sink, "self", clock_mono_ns(), &err);
    assert_non_null(part);
    assert_non_null(self);
    assert_true(serve(part, text) > 1000);
    assert_true(serve(self, text) > 100);
}

static void sample_and_tick(struct machine *m)
{
    collector_container.sample(m->state, 0);
    collector_container.tick(m->state, clock_mono_ns());
}

static void assert_steady(struct machine *m, unsigned pods)
{
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    m->env.sample_ns = 100 * CLOCK_NS_PER_MS;
    start(m);
    for (int i = 0; i < 4; i++) { /* as many as the pool holds, and the one being read */
        sample_and_tick(m);
        read_and_serve(m, &text);
    }
    torture.seen = torture.fail_at = 0;
    torture.on = true;
    read_and_serve(m, &text);
    size_t in_reading = torture.seen;
    sample_and_tick(m);
    torture.on = false;
    size_t between = torture.seen - in_reading;
    if (in_reading == 0 || in_reading > PER_READING || between > 0) {
        fail_msg(
            "%u pods: %zu allocations in a reading, 1 to %d wanted; %zu in a sample and a tick",
            pods, in_reading, PER_READING, between);
    }
}

static void steady_v1(void **state)
{
    make_pods(*state, 40, v1);
    assert_steady(*state, 40);
}

static void steady_v2(void **state)
{
    struct machine *m = *state;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    make_pods(m, 40, v2);
    assert_steady(m, 40);
}

static void steady_with_columns(void **state)
{
    struct machine *m = *state;
    m->lookup.n_columns = 2;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "/kubepods/burstable/pod" U, 60, 0);
    v2(m, "/kubepods/burstable/pod" U "/" APP, 51, 200);
    make_pods(m, 10, v2);
    assert_steady(m, 10);
}

static struct machine *tortured;

/* Everything that the collector does, with one allocation that fails. */
static int scenario(void)
{
    struct machine *m = tortured;
    struct err err = { 0 };
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    m->state = NULL;
    m->sink = metric_sink_new(NULL, NULL);
    int r = m->sink ? collector_container.start(&m->env, &m->state, &err) : -ENOMEM;
    if (r == 0) {
        sample_and_tick(m);
        r = metric_sink_begin(m->sink, &err);
    }
    if (r == 0) {
        int read = collector_container.read(m->state, m->sink, &err);
        assert_true(read >= 0 || err.code != 0);
        int self = collector_container.self(m->state, m->sink, &err);
        assert_true(self == 0 || self == -ENOMEM);
        struct metric_part *part = metric_sink_take(m->sink, "cadvisor", clock_mono_ns(), &err);
        if (part) {
            (void)serve(part, &text);
        }
        r = part && read >= 0 ? self : -ENOMEM;
    }
    torture.on = false;
    if (m->state) {
        collector_container.stop(m->state);
    }
    metric_sink_free(m->sink);
    m->state = NULL;
    m->sink = NULL;
    return torture.failed ? -ENOMEM : r;
}

static void every_allocation_fails_once(void **state)
{
    tortured = *state;
    tortured->env.sample_ns = 100 * CLOCK_NS_PER_MS;
    put(tortured, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(tortured, "/kubepods/burstable/pod" U, 60, 0);
    v2(tortured, "/kubepods/burstable/pod" U "/" APP, 51, 200);
    make_pods(tortured, 2, v2);
    torture_run(scenario, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steady_v1),
        TEST(steady_v2),
        TEST(steady_with_columns),
        TEST(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
