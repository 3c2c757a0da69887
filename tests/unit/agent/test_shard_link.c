/* test_shard_link.c — a shard's requests, with an API server that is made up. The source is
 * included, so that answers can be given. */
#include "agent/cluster/shard_link.c"

#include "tests/support/test.h"

#define MS CLOCK_NS_PER_MS
#define T0 (1000 * CLOCK_NS_PER_SEC)

struct kube_call {
    int unused;
};
static struct kube_call the_call;
static char asked[PATH_MAX_BYTES]; /* by the call under way */

struct kube_call *kube_call_begin(struct kube_http *h, const struct kube_call_spec *spec,
                                  kube_call_fn *on_end, void *arg, struct err *err)
{
    (void)h;
    (void)on_end;
    (void)arg;
    (void)err;
    assert_int_equal(str_copy(asked, sizeof(asked), str_of(spec->path)), 0);
    return &the_call;
}

void kube_call_cancel(struct kube_call *call)
{
    (void)call;
}

bool kube_call_is_good(const struct kube_call_end *end)
{
    return end->status == 200 && end->body;
}

struct kube_http *kube_loop_http(struct kube_loop *loop)
{
    (void)loop;
    return NULL;
}

struct kube_watch *kube_loop_add(struct kube_loop *loop, const struct kube_watch_spec *spec,
                                 const struct kube_consumer *consumer, void *arg, struct err *err)
{
    (void)loop;
    (void)spec;
    (void)consumer;
    (void)arg;
    err_set(err, ENOMEM, "none here");
    return NULL;
}

void kube_loop_remove(struct kube_loop *loop, struct kube_watch *watch)
{
    (void)loop;
    (void)watch;
}

struct kube_watch_state kube_watch_state(struct kube_watch *w)
{
    (void)w;
    return (struct kube_watch_state){ 0 };
}

/* The API server has a pod of this uid. */
static void answer(struct shard_link *l, kube_call_fn *on_end, long status, const char *uid)
{
    json_t *body = json_pack("{s:{s:s}}", "metadata", "uid", uid);
    const struct kube_call_end end = { .status = status, .body = body, .message = "" };
    on_end(l, &end);
    json_decref(body);
}

/* An API server that does not answer is no reason to turn as fast as can be. */
static void waits_for_the_pod(void **state)
{
    (void)state;
    struct shard_link *l = shard_link_new(NULL, "kubegauge-1", "ns");
    assert_non_null(l);
    shard_link_turn(l, T0);
    assert_string_equal(asked, "/api/v1/namespaces/ns/pods/kubegauge-1");
    assert_true(shard_link_turn(l, T0 + MS) > T0 + MS);
    assert_true(shard_link_turn(l, T0 + AGAIN_NS + MS) > T0 + AGAIN_NS + MS);
    answer(l, on_pod, 503, "");
    uint64_t again_ns = shard_link_turn(l, T0 + AGAIN_NS + MS);
    assert_int_equal(again_ns, l->pod_at_ns);
    shard_link_free(l);
}

static struct shard_link *link_with_record(const char *uid)
{
    struct shard_link *l = shard_link_new(NULL, "kubegauge-0", "ns");
    assert_non_null(l);
    l->known.is_found = true;
    l->known.n_records = 2;
    assert_int_equal(str_copy(l->known.stateful_set, 16, STR("kubegauge")), 0);
    assert_int_equal(str_copy(l->known.records[1].uid, SHARD_UID_MAX, str_of(uid)), 0);
    return l;
}

static bool is_gone(struct shard_link *l, uint64_t grace_ns)
{
    l->grace_ns = grace_ns;
    settle_absences(l, clock_mono_ns());
    return l->known.gone[1];
}

static void a_pod_is_gone_when_another_has_its_name(void **state)
{
    (void)state;
    struct shard_link *l = link_with_record("first");
    shard_link_look_for(l, 1, 0, T0);
    assert_string_equal(asked, "/api/v1/namespaces/ns/pods/kubegauge-1");
    answer(l, on_look, 200, "first");
    assert_false(is_gone(l, 0));
    shard_link_look_for(l, 1, 0, T0 + LOOK_NS);
    answer(l, on_look, 200, "second");
    assert_true(is_gone(l, 0));
    assert_false(is_gone(l, 60 * CLOCK_NS_PER_SEC));
    shard_link_free(l);
}

/* The record was replaced while the answer about the former pod was under way. */
static void an_answer_is_about_the_pod_that_was_looked_for(void **state)
{
    (void)state;
    struct shard_link *l = link_with_record("first");
    shard_link_look_for(l, 1, 0, T0);
    assert_int_equal(str_copy(l->known.records[1].uid, SHARD_UID_MAX, STR("second")), 0);
    answer(l, on_look, 200, "first");
    assert_false(is_gone(l, 0));
    shard_link_look_for(l, 1, 0, T0 + LOOK_NS);
    answer(l, on_look, 404, "");
    assert_true(is_gone(l, 0));
    shard_link_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_for_the_pod),
        cmocka_unit_test(a_pod_is_gone_when_another_has_its_name),
        cmocka_unit_test(an_answer_is_about_the_pod_that_was_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
