#include "agent/http/answer.h"

#include "base/clock.h"
#include "metrics/sink.h"

#include "tests/support/test.h"
#include "tests/support/unpack.h"

#include <unistd.h>

/* A service with two resources whose parts come from a sink, and no node. */
struct sample {
    double value;
};

static const struct metric_family rows_pods[] = {
    { .name = "kube_pod_one",
      .help = "One.",
      .source = "test",
      .field = METRIC_FIELD(struct sample, value, 0) },
    { .name = "kube_pod_two",
      .help = "Two.",
      .source = "test",
      .field = METRIC_FIELD(struct sample, value, 0) },
};
static const struct metric_family rows_nodes[] = {
    { .name = "kube_node_one",
      .help = "One.",
      .source = "test",
      .field = METRIC_FIELD(struct sample, value, 0) },
};

struct fake {
    struct metric_subject subject;
    struct metric_sink *sink;
    struct resource_report report;
};

static struct metric_part *fake_part(void *arg)
{
    struct fake *f = arg;
    struct err err = { 0 };
    assert_int_equal(metric_sink_begin(f->sink, &err), 0);
    struct sample *sample = metric_sink_add(f->sink, &f->subject, NULL, 0, &err);
    assert_non_null(sample);
    sample->value = 42;
    return metric_sink_take(f->sink, f->subject.part, 1, &err);
}

static void fake_report(void *arg, struct resource_report *ret)
{
    *ret = ((struct fake *)arg)->report;
}

struct bench {
    struct fake pods, nodes;
    struct service_resource resources[2];
    struct snapshot_cell state;
    struct health health;
    struct service service;
};

static void fake_init(struct fake *f, const struct metric_family *rows, size_t n)
{
    struct err err = { 0 };
    f->subject = (struct metric_subject){
        .name = "x",
        .part = "state",
        .sample_size = sizeof(struct sample),
        .present_at = METRIC_NO_PRESENCE,
        .rows = rows,
        .n_rows = n,
    };
    f->sink = metric_sink_new(NULL, &err);
    f->report = (struct resource_report){ .synced = true, .connected = true };
    assert_non_null(f->sink);
}

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct err err = { 0 };
    assert_non_null(b);
    fake_init(&b->pods, rows_pods, KG_ARRAY_LEN(rows_pods));
    fake_init(&b->nodes, rows_nodes, KG_ARRAY_LEN(rows_nodes));
    b->resources[0] = (struct service_resource){ "pods", &b->pods, fake_part, fake_report, false };
    b->resources[1] =
        (struct service_resource){ "nodes", &b->nodes, fake_part, fake_report, false };
    struct service_state *watched = calloc(1, sizeof(*watched));
    assert_non_null(watched);
    assert_int_equal(snapshot_cell_init(&b->state), 0);
    service_state_init(watched, b->resources, 2);
    snapshot_cell_publish(&b->state, &watched->snapshot);
    b->service = (struct service){
        .health = &b->health,
        .self_sink = metric_sink_new(NULL, &err),
        .state = &b->state,
        .stale_after_ns = 60 * CLOCK_NS_PER_SEC,
        .max_scrapes = 2,
    };
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    snapshot_cell_done(&b->state);
    metric_sink_free(b->pods.sink);
    metric_sink_free(b->nodes.sink);
    metric_sink_free(b->service.self_sink);
    free(b);
    return 0;
}

static void ask(struct bench *b, const char *path, const char *arg, struct answer *a)
{
    struct str args[] = { str_of(arg) };
    struct request request = {
        .method = REQUEST_GET,
        .path = str_of(path),
        .args = args,
        .n_args = arg ? 1 : 0,
        .peer = STR("10.0.0.9"),
        .user_agent = STR("Prometheus/3.0"),
    };
    answer_begin(&b->service, &request, clock_mono_ns(), a);
}

/* The whole body of a scrape, which then is over. */
static void body(struct answer *a, struct buf *out)
{
    struct answer_scratch scratch;
    assert_int_equal(answer_scratch_init(&scratch), 0);
    int more = 1;
    buf_clear(out);
    assert_int_equal(a->status, 200);
    assert_int_equal(a->state, ANSWER_SCRAPE);
    while (more == 1) {
        more = answer_next(a, &scratch, out);
    }
    answer_scratch_done(&scratch);
    assert_int_equal(more, 0);
    answer_done(a, clock_mono_ns());
}

static bool has(const struct buf *out, const char *text)
{
    return str_search(buf_str(out), str_of(text)) >= 0;
}

static void answers_in_each_coding(void **state)
{
    struct bench *b = *state;
    auto_buf struct buf plain = BUF_INIT(MIB), out = BUF_INIT(MIB), back = BUF_INIT(MIB);
    struct answer a;
    struct answer_scratch scratch;
    assert_int_equal(answer_scratch_init(&scratch), 0);
    ask(b, "/metrics/state", NULL, &a);
    body(&a, &plain);
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        enum pack_coding coding = (enum pack_coding)i;
        struct request request = { .path = STR("/metrics/state"),
                                   .accept_encoding = str_of(pack_name(coding)) };
        buf_clear(&out);
        buf_clear(&back);
        answer_begin(&b->service, &request, clock_mono_ns(), &a);
        assert_int_equal(a.coding, coding);
        assert_int_equal(answer_next(&a, &scratch, &out), 0);
        assert_true(unpack(coding, buf_str(&out), &back));
        assert_true(str_eq(buf_str(&plain), buf_str(&back)));
        assert_int_equal(a.sent_bytes, out.n);
        answer_done(&a, clock_mono_ns());
        assert_int_equal(b->service.codings.packed[coding], 1);

        request.method = REQUEST_HEAD;
        answer_begin(&b->service, &request, clock_mono_ns(), &a);
        assert_int_equal(a.coding, coding);
        answer_done(&a, clock_mono_ns());
        request.path = STR("/nothing");
        request.method = REQUEST_GET;
        answer_begin(&b->service, &request, clock_mono_ns(), &a);
        assert_int_equal(a.coding, PACK_NONE);
        answer_done(&a, clock_mono_ns());
    }
    assert_int_equal(b->service.codings.plain, 1);
    answer_scratch_done(&scratch);
}

static void selects_resources(void **state)
{
    struct bench *b = *state;
    struct answer a;
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    ask(b, "/metrics/state", NULL, &a);
    body(&a, &out);
    assert_true(has(&out, "\nkube_pod_one 42\n") && has(&out, "\nkube_node_one 42\n"));
    assert_false(has(&out, "kubegauge_"));
    ask(b, "/metrics/state", "resources=nodes,unknown", &a);
    body(&a, &out);
    assert_true(!has(&out, "kube_pod_one") && has(&out, "kube_node_one"));
    ask(b, "/metrics/state", "exclude_resources=nodes", &a);
    body(&a, &out);
    assert_true(has(&out, "kube_pod_one") && !has(&out, "kube_node_one"));
    ask(b, "/metrics", "resources=pods", &a);
    body(&a, &out);
    assert_true(has(&out, "kube_pod_one") && !has(&out, "kubegauge_"));
    ask(b, "/metrics", "name[]=kube_pod_two", &a);
    body(&a, &out);
    assert_str_equal(buf_str(&out), "# HELP kube_pod_two Two.\n# TYPE kube_pod_two gauge\n"
                                    "kube_pod_two 42\n");
    ask(b, "/metrics/state", "resources=", &a);
    body(&a, &out);
    assert_int_equal(out.n, 0);
}

static void leaves_out_what_is_too_stale(void **state)
{
    struct bench *b = *state;
    struct answer a;
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    uint64_t now = clock_mono_ns();
    if (now < 1000 * CLOCK_NS_PER_SEC) {
        now = 1000 * CLOCK_NS_PER_SEC; /* a machine that has just booted */
    }
    b->pods.report.behind_since_ns = now - 61 * CLOCK_NS_PER_SEC;
    b->nodes.report.behind_since_ns = now - 30 * CLOCK_NS_PER_SEC;
    assert_int_equal(resource_behind_ns(&b->pods.report, now), 61 * CLOCK_NS_PER_SEC);
    assert_false(service_ready(&b->service, now, &out));
    assert_str_equal(buf_str(&out), "resource pods: stale, 61s old\n"
                                    "resource nodes: stale, 30s old\nnot ready\n");
    if (clock_mono_ns() < 1000 * CLOCK_NS_PER_SEC) {
        return;
    }
    ask(b, "/metrics/state", NULL, &a);
    body(&a, &out);
    assert_true(!has(&out, "kube_pod_one") && has(&out, "kube_node_one"));
}

static void tells_readiness(void **state)
{
    struct bench *b = *state;
    auto_buf struct buf out = BUF_INIT(4096);
    uint64_t now = 5000 * CLOCK_NS_PER_SEC;
    assert_true(service_ready(&b->service, now, &out));
    b->nodes.report.synced = false;
    assert_int_equal(
        str_copy(b->nodes.report.last_error, sizeof(b->nodes.report.last_error), STR("refused")),
        0);
    /* Not for as long as a watch that is renewed takes. */
    b->pods.report.behind_since_ns = now - SERVICE_BEHIND_NS;
    buf_clear(&out);
    assert_false(service_ready(&b->service, now, &out));
    assert_str_equal(buf_str(&out), "resource pods: ready\n"
                                    "resource nodes: not complete yet: refused\nnot ready\n");
    /* What one of many is refused for is told, and no reason to send nobody here. */
    b->nodes.report.refused = 403;
    b->resources[1].optional = true;
    buf_clear(&out);
    assert_true(service_ready(&b->service, now, &out));
    assert_str_equal(buf_str(&out), "resource pods: ready\n"
                                    "resource nodes: refused by the API server: refused\nready\n");
    b->nodes.report.waiting = true; /* another namespace's list is on its way */
    buf_clear(&out);
    assert_false(service_ready(&b->service, now, &out));
    b->nodes.report.waiting = false;
    b->nodes.report.refused = 0;
    b->nodes.report.synced = true;
    b->service.draining = true;
    buf_clear(&out);
    assert_false(service_ready(&b->service, now, &out));
    assert_true(has(&out, "agent: shutting down\n"));
}

static void limits_scrapes(void **state)
{
    struct bench *b = *state;
    struct answer one, two, three, health;
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    ask(b, "/metrics/state", NULL, &one);
    ask(b, "/metrics", NULL, &two);
    ask(b, "/metrics", NULL, &three);
    assert_int_equal(three.status, 503);
    assert_int_equal(three.retry_after_s, 1);
    answer_done(&three, clock_mono_ns());
    ask(b, "/healthz", NULL, &health);
    assert_int_equal(health.status, 200);
    answer_done(&health, clock_mono_ns());
    assert_int_equal(b->service.scrapes_now, 2);
    assert_int_equal(b->service.scrapes_rejected, 1);
    body(&one, &out);
    answer_done(&two, clock_mono_ns()); /* broken off */
    assert_int_equal(b->service.scrapes_now, 0);
    const struct endpoint *all = endpoint_find(STR("/metrics"), false);
    const struct endpoint *of_state = endpoint_find(STR("/metrics/state"), false);
    assert_int_equal(b->service.counts[all - endpoints].failed, 1);
    assert_int_equal(b->service.counts[all - endpoints].scrapes, 0);
    assert_int_equal(b->service.counts[of_state - endpoints].scrapes, 1);
    assert_int_equal(b->service.counts[of_state - endpoints].series, 3);
    assert_int_equal(b->service.counts[of_state - endpoints].bytes, out.n);
}

static void notes_who_was_told_of_objects(void **state)
{
    struct bench *b = *state;
    struct answer a;
    struct scrape_snapshot seen;
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    b->service.clock = scrape_clock_new();
    ask(b, "/metrics/self", NULL, &a); /* never holds objects */
    body(&a, &out);
    ask(b, "/metrics", NULL, &a); /* broken off */
    answer_done(&a, clock_mono_ns());
    scrape_clock_snapshot(b->service.clock, clock_mono_ns(), &seen);
    assert_int_equal(seen.n, 0);
    ask(b, "/metrics", NULL, &a);
    uint64_t began_ns = a.began_ns;
    body(&a, &out);
    scrape_clock_snapshot(b->service.clock, clock_mono_ns(), &seen);
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.scrapers[0].address, "10.0.0.9");
    assert_int_equal(seen.scrapers[0].with_ns, began_ns);
    assert_int_equal(seen.scrapers[0].without_ns, 0);
    assert_true(seen.scrapers[0].id ==
                scraper_id(STR("10.0.0.9"), STR("Prometheus/3.0"), STR("/metrics"), STR("")));
    /* Now nothing is served: the same scraper is told of none. */
    b->pods.report.behind_since_ns = b->nodes.report.behind_since_ns = 1;
    b->service.stale_after_ns = 1;
    ask(b, "/metrics", NULL, &a);
    body(&a, &out);
    ask(b, "/metrics", "resources=pods", &a); /* another job */
    body(&a, &out);
    scrape_clock_snapshot(b->service.clock, clock_mono_ns(), &seen);
    assert_int_equal(seen.n, 2);
    assert_true(seen.scrapers[0].without_ns > began_ns);
    scrape_clock_free(b->service.clock);
}

static void ask_telemetry(struct bench *b, const char *path, struct answer *a)
{
    struct request request = { .telemetry = true, .path = str_of(path) };
    answer_begin(&b->service, &request, clock_mono_ns(), a);
}

static void telemetry_has_the_self_metrics_alone(void **state)
{
    struct bench *b = *state;
    struct answer a;
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    static const char *const absent[] = { "/", "/livez", "/metrics/state", "/metrics/self" };
    ask(b, "/metrics", NULL, &a);
    body(&a, &out);
    assert_true(has(&out, "kubegauge_") && has(&out, "\nkube_pod_one 42\n"));
    b->service.self_elsewhere = true;
    ask(b, "/metrics", NULL, &a);
    body(&a, &out);
    assert_true(!has(&out, "kubegauge_") && has(&out, "\nkube_pod_one 42\n"));
    ask(b, "/metrics/self", NULL, &a);
    body(&a, &out);
    assert_true(has(&out, "kubegauge_"));
    ask_telemetry(b, "/metrics", &a);
    body(&a, &out);
    assert_true(has(&out, "kubegauge_") && !has(&out, "\nkube_pod_one 42\n"));
    for (size_t i = 0; i < KG_ARRAY_LEN(absent); i++) {
        ask_telemetry(b, absent[i], &a);
        assert_int_equal(a.status, 404);
        assert_true(has(&a.text, "/readyz") && !has(&a.text, "/livez "));
        answer_done(&a, clock_mono_ns());
    }
    ask_telemetry(b, "/readyz", &a);
    assert_int_equal(a.status, 200);
    answer_done(&a, clock_mono_ns());
}

static int livez(struct bench *b, uint64_t now_ns)
{
    struct answer a;
    struct request request = { .path = STR("/livez") };
    answer_begin(&b->service, &request, now_ns, &a);
    int status = a.status;
    assert_string_equal(buf_c(&a.text), status == 200 ? "OK" : "Service Unavailable");
    answer_done(&a, now_ns);
    return status;
}

static void livez_tells_whether_the_server_is_heard_of(void **state)
{
    struct bench *b = *state;
    struct resource_report *pods = &b->pods.report, *nodes = &b->nodes.report;
    const uint64_t s = CLOCK_NS_PER_SEC;
    assert_int_equal(livez(b, 1000 * s), 503); /* never heard of */
    pods->last_contact_ns = 900 * s;
    assert_int_equal(livez(b, 1000 * s), 200);
    assert_int_equal(livez(b, 1051 * s), 503); /* a quiet watch would have said something */
    pods->connected = false;
    assert_int_equal(livez(b, 905 * s), 200); /* between two watches */
    assert_int_equal(livez(b, 911 * s), 503);
    nodes->last_contact_ns = 910 * s;
    assert_int_equal(livez(b, 911 * s), 200);
    b->service.state = NULL;
    assert_int_equal(livez(b, 2000 * s), 200);
}

static void tells_of_each_scrape_as_it_ends(void **state)
{
    struct bench *b = *state;
    struct answer a, scrape;
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    ask(b, "/scrapes", NULL, &a);
    assert_int_equal(a.status, 404); /* this one keeps no account */
    answer_done(&a, 1);
    b->service.clock = scrape_clock_new();
    ask(b, "/scrapes", "17", &a); /* what it knows is not so: it is told at once */
    assert_int_equal(a.state, ANSWER_TEXT);
    assert_str_equal(buf_str(&a.text), "0\n\n");
    answer_done(&a, 1);
    ask(b, "/scrapes", "x", &a);
    assert_int_equal(a.status, 400);
    answer_done(&a, 1);
    ask(b, "/scrapes", "0", &a);
    assert_int_equal(a.state, ANSWER_WAITS);
    assert_false(answer_poll(&a, a.began_ns + 9 * CLOCK_NS_PER_SEC));
    ask(b, "/metrics", NULL, &scrape);
    body(&scrape, &out);
    assert_true(answer_poll(&a, clock_mono_ns()));
    assert_str_equal(buf_str(&a.text), "1\n\n"); /* its interval is not known yet */
    answer_done(&a, 1);
    usleep(2000);
    ask(b, "/metrics", NULL, &scrape);
    body(&scrape, &out);
    ask(b, "/scrapes", "1", &a);
    assert_true(str_starts(buf_str(&a.text), STR("2\n")));
    assert_int_equal(str_find(str_from(buf_str(&a.text), 2), ':'), 16);
    answer_done(&a, 1);
    ask(b, "/scrapes", "2", &a);
    assert_true(answer_poll(&a, a.began_ns + 11 * CLOCK_NS_PER_SEC)); /* a sign of life */
    assert_int_equal(a.status, 200);
    answer_done(&a, 1);
    assert_int_equal(b->service.scrapes_now, 0);
    scrape_clock_free(b->service.clock);
}

static void be_overtaken(void *arg)
{
    ++*(int *)arg;
}

static struct service_lease lease;

static void tell_lease(void *arg, struct service_lease *ret)
{
    (void)arg;
    *ret = lease;
}

static void tells_of_the_lease_and_heeds_a_successor(void **state)
{
    struct bench *b = *state;
    struct answer a;
    int overtaken = 0;
    static const struct {
        struct service_lease lease;
        const char *want;
        int status;
    } cases[] = {
        { { .name = "k", .leads = true, .holder = "me" }, "\nlease k: leading\n", 200 },
        { { .name = "k", .holder = "b_1" }, "\nlease k: standby, b_1 leads\n", 200 },
        { { .name = "k" }, "\nlease k: standby, nobody leads\n", 503 },
        { { .name = "k", .is_leaving = true }, "\nlease k: leaving\n", 200 },
    };
    b->service.lease = tell_lease;
    b->service.overtaken = be_overtaken;
    b->service.lease_arg = &overtaken;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        lease = cases[i].lease;
        ask(b, "/readyz", NULL, &a);
        assert_int_equal(a.status, cases[i].status); /* a standby is as ready as the leader */
        assert_true(has(&a.text, cases[i].want));
        answer_done(&a, clock_mono_ns());
    }
    ask(b, "/readyz", "other", &a);
    answer_done(&a, clock_mono_ns());
    ask(b, "/healthz", "overtaken", &a);
    answer_done(&a, clock_mono_ns());
    assert_int_equal(overtaken, 0);
    ask(b, "/readyz", "overtaken", &a);
    answer_done(&a, clock_mono_ns());
    assert_int_equal(overtaken, 1);
}

static void keeps_objects_behind_the_gate(void **state)
{
    struct bench *b = *state;
    struct answer a;
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    b->service.gate = object_gate_new();
    b->service.clock = scrape_clock_new();
    ask(b, "/metrics", NULL, &a);
    body(&a, &out);
    assert_true(!has(&out, "kube_pod_one") && has(&out, "kubegauge_build_info"));
    struct scrape_snapshot seen;
    scrape_clock_snapshot(b->service.clock, clock_mono_ns(), &seen);
    assert_true(seen.n == 1 && seen.scrapers[0].without_ns && !seen.scrapers[0].with_ns);
    const struct object_gate_opening later = { seen.scrapers[0].id, UINT64_MAX };
    object_gate_open(b->service.gate, 0, &later, 1);
    ask(b, "/metrics", NULL, &a);
    body(&a, &out);
    assert_false(has(&out, "kube_pod_one"));
    object_gate_open(b->service.gate, 0, NULL, 0);
    ask(b, "/metrics", NULL, &a);
    body(&a, &out);
    assert_true(has(&out, "kube_pod_one"));
    scrape_clock_free(b->service.clock);
    object_gate_free(b->service.gate);
}

static void refuses(void **state)
{
    struct bench *b = *state;
    struct answer a;
    static const struct {
        const char *path, *arg;
        int status;
    } cases[] = {
        { "/metrics", "collect[]=cpu", 400 },
        { "/metrics/", NULL, 404 },
        { "", NULL, 404 },
        { "/readyz", NULL, 200 },
        { "/", NULL, 200 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        ask(b, cases[i].path, cases[i].arg, &a);
        assert_int_equal(a.status, cases[i].status);
        assert_int_equal(a.state, ANSWER_TEXT);
        assert_true(a.text.n > 0);
        answer_done(&a, clock_mono_ns());
    }
    struct request post = { .method = REQUEST_OTHER, .path = STR("/metrics") };
    answer_begin(&b->service, &post, 1, &a);
    assert_int_equal(a.status, 405);
    assert_true(a.allow_get);
    answer_done(&a, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_in_each_coding, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(selects_resources, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(leaves_out_what_is_too_stale, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(tells_readiness, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(limits_scrapes, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(notes_who_was_told_of_objects, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(telemetry_has_the_self_metrics_alone, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(livez_tells_whether_the_server_is_heard_of, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(tells_of_each_scrape_as_it_ends, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(tells_of_the_lease_and_heeds_a_successor, open_bench,
                                        close_bench),
        cmocka_unit_test_setup_teardown(keeps_objects_behind_the_gate, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(refuses, open_bench, close_bench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
