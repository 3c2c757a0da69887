/* test_lease.c — a Lease from JSON and to JSON. */
#include "kube/lease/lease.h"

#include "tests/support/test.h"

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *object = json_loads(text, 0, &error);
    if (!object) {
        fail_msg("%s", error.text);
    }
    return object;
}

static void expect_json(json_t *got, const char *want_text)
{
    json_t *want = parse(want_text);
    if (!json_equal(got, want)) {
        char *text = json_dumps(got, JSON_SORT_KEYS);
        fail_msg("%s", text);
    }
    json_decref(want);
    json_decref(got);
}

static void reads_what_a_server_sends(void **state)
{
    (void)state;
    json_t *object =
        parse("{\"metadata\":{\"name\":\"k\",\"resourceVersion\":\"81\",\"annotations\":"
              "{\"kubegauge.io/address\":\"10.0.0.1:9095\",\"kubegauge.io/scrapes\":\"a:1:2\"}},"
              "\"spec\":{\"holderIdentity\":\"pod_1\",\"leaseDurationSeconds\":15,"
              "\"acquireTime\":\"2026-11-21T05:00:00.000000Z\","
              "\"renewTime\":\"2026-11-21T05:10:00.123456Z\",\"leaseTransitions\":4}}");
    struct lease l;
    struct err err = { 0 };
    char long_name[300];
    memset(long_name, 'x', sizeof(long_name));
    assert_int_equal(lease_decode(object, &l, &err), 0);
    assert_string_equal(l.version, "81");
    assert_string_equal(l.holder, "pod_1");
    assert_string_equal(l.renewed, "2026-11-21T05:10:00.123456Z");
    assert_string_equal(l.acquired, "2026-11-21T05:00:00.000000Z");
    assert_int_equal(l.duration_sec, 15);
    assert_int_equal(l.transitions, 4);
    assert_string_equal(l.address, "10.0.0.1:9095");
    assert_string_equal(l.note, "a:1:2");
    json_decref(object);

    object = parse("{\"metadata\":{\"resourceVersion\":\"82\"},\"spec\":{}}");
    assert_int_equal(lease_decode(object, &l, &err), 0);
    assert_string_equal(l.holder, "");
    assert_string_equal(l.note, "");
    assert_int_equal(l.duration_sec, 0);
    json_decref(object);

    /* Somebody whose name is too long is not nobody. */
    object = json_pack("{s:{s:s},s:{s:s%}}", "metadata", "resourceVersion", "82", "spec",
                       "holderIdentity", long_name, sizeof(long_name));
    assert_int_equal(lease_decode(object, &l, &err), 0);
    assert_int_equal(strlen(l.holder), sizeof(l.holder) - 1);
    json_decref(object);

    object = parse("{\"spec\":{\"holderIdentity\":\"x\"}}");
    assert_int_equal(lease_decode(object, &l, &err), -EBADMSG);
    assert_string_equal(l.version, "82"); /* untouched */
    json_decref(object);
}

static void writes_what_a_server_takes(void **state)
{
    (void)state;
    struct lease l = {
        .version = "81",
        .holder = "pod_1",
        .renewed = "r",
        .acquired = "a",
        .duration_sec = 15,
        .transitions = 4,
        .address = "10.0.0.1:9095",
    };
    expect_json(lease_to_patch(&l),
                "{\"metadata\":{\"resourceVersion\":\"81\",\"annotations\":"
                "{\"kubegauge.io/address\":\"10.0.0.1:9095\",\"kubegauge.io/scrapes\":null}},"
                "\"spec\":{\"holderIdentity\":\"pod_1\",\"leaseDurationSeconds\":15,"
                "\"acquireTime\":\"a\",\"renewTime\":\"r\",\"leaseTransitions\":4}}");
    expect_json(lease_to_create(&l, "k", "ns"),
                "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\","
                "\"metadata\":{\"name\":\"k\",\"namespace\":\"ns\",\"annotations\":"
                "{\"kubegauge.io/address\":\"10.0.0.1:9095\"}},"
                "\"spec\":{\"holderIdentity\":\"pod_1\",\"leaseDurationSeconds\":15,"
                "\"acquireTime\":\"a\",\"renewTime\":\"r\",\"leaseTransitions\":4}}");
    l.holder[0] = '\0'; /* given back: an empty text would be refused */
    json_t *patch = lease_to_patch(&l);
    assert_true(json_is_null(json_object_get(json_object_get(patch, "spec"), "holderIdentity")));
    json_decref(patch);
}

static void times_have_six_digits(void **state)
{
    (void)state;
    char text[40];
    lease_time(text, sizeof(text), UINT64_C(1795237200123456789));
    assert_string_equal(text, "2026-11-21T05:00:00.123456Z");
    lease_time(text, sizeof(text), UINT64_C(1795237200000007000));
    assert_string_equal(text, "2026-11-21T05:00:00.000007Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_server_sends),
        cmocka_unit_test(writes_what_a_server_takes),
        cmocka_unit_test(times_have_six_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
