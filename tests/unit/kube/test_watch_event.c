/* test_watch_event.c — events, Statuses and list metadata as API servers write them. */
#include "kube/client/watch_event.h"

#include "tests/support/cmocka.h"

static json_t *json(const char *text)
{
    struct err err = { 0 };
    json_t *parsed = watch_parse(str_of(text), &err);
    assert_non_null(parsed);
    return parsed;
}

static void assert_str(struct str got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_true(str_eq_c(got, want));
}

static void test_events(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum watch_event_type type;
        const char *version;
        bool end;
    } cases[] = {
        { "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}",
          WATCH_EVENT_PUT, "7", false },
        { "{\"object\":{\"metadata\":{\"resourceVersion\":\"8\"}},\"type\":\"MODIFIED\"}",
          WATCH_EVENT_PUT, "8", false },
        { "{\"type\":\"DELETED\",\"object\":{\"metadata\":{}}}", WATCH_EVENT_REMOVE, "", false },
        { "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\","
          "\"annotations\":null}}}",
          WATCH_EVENT_BOOKMARK, "9", false },
        { "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{"
          "\"resourceVersion\":\"10\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}",
          WATCH_EVENT_BOOKMARK, "10", true },
        { "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}", WATCH_EVENT_ERROR,
          "", false },
        { "{\"type\":\"ADDED\",\"object\":{\"metadata\":7}}", WATCH_EVENT_PUT, "", false },
        { "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":7}}}", WATCH_EVENT_PUT,
          "", false },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        json_t *document = json(cases[i].text);
        struct watch_event event;
        assert_int_equal(watch_event_read(document, &event, NULL), 0);
        assert_int_equal(event.type, cases[i].type);
        assert_str(event.version, cases[i].version);
        assert_int_equal(event.initial_events_end, cases[i].end);
        json_decref(document);
    }
}

static void test_what_is_no_event(void **state)
{
    (void)state;
    static const char *const cases[] = { "{}",
                                         "{\"type\":\"ADDED\"}",
                                         "{\"type\":\"ADDED\",\"object\":[]}",
                                         "{\"type\":\"SYNC\",\"object\":{}}",
                                         "{\"type\":1,\"object\":{}}",
                                         "{\"object\":{}}" };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        json_t *document = json(cases[i]);
        struct watch_event event;
        struct err err = { 0 };
        assert_int_equal(watch_event_read(document, &event, &err), -EBADMSG);
        assert_non_null(strstr(err.text, "a watch event"));
        json_decref(document);
    }
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *reason;
        int64_t retry_after_ms;
    } cases[] = {
        { "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"too old\"}", 410,
          "Expired", -1 },
        { "{\"code\":504,\"reason\":\"Timeout\",\"message\":\"Too large resource version: 9, "
          "current: "
          "8\",\"details\":{\"retryAfterSeconds\":1,\"causes\":[{\"reason\":"
          "\"ResourceVersionTooLarge\"}]}}",
          504, "ResourceVersionTooLarge", 1000 },
        { "{\"code\":504,\"reason\":\"Timeout\",\"message\":\"Timeout: Too large resource version: "
          "9\"}",
          504, "ResourceVersionTooLarge", -1 },
        { "{\"code\":504,\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":\"x\"},1]}}",
          504, "Timeout", -1 },
        { "{\"code\":429,\"details\":{\"retryAfterSeconds\":30}}", 429, "", 30000 },
        { "{\"code\":429,\"details\":{\"retryAfterSeconds\":-3}}", 429, "", -1 },
        { "{\"code\":9223372036854775807}", 0, "", -1 },
        { "{\"code\":\"410\",\"reason\":410}", 0, "", -1 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        json_t *text = json(cases[i].text);
        struct watch_status status = watch_status_read(text);
        assert_int_equal(status.code, cases[i].code);
        assert_str(status.reason, cases[i].reason);
        assert_int_equal(status.retry_after_ms, cases[i].retry_after_ms);
        json_decref(text);
    }
    struct watch_status none = watch_status_read(NULL);
    assert_int_equal(none.code, 0);
    assert_int_equal(none.retry_after_ms, -1);
}

static void test_list_metadata(void **state)
{
    (void)state;
    json_t *metadata = json("{\"resourceVersion\":\"12\",\"continue\":\"abc\"}");
    struct watch_list_metadata list = watch_list_metadata_read(metadata);
    assert_str(list.version, "12");
    assert_str(list.continue_token, "abc");
    assert_null(list.shard_selector.p);
    json_decref(metadata);
    metadata = json("{\"resourceVersion\":\"12\",\"remainingItemCount\":3,"
                    "\"shardInfo\":{\"selector\":\"shardRange()\"}}");
    list = watch_list_metadata_read(metadata);
    assert_str(list.continue_token, "");
    assert_str(list.shard_selector, "shardRange()");
    json_decref(metadata);
}

static void test_what_is_not_json(void **state)
{
    (void)state;
    static const char *const cases[] = { "",          "{",         "{]",        "{\"a\":\xff}",
                                         "{\"a\":[}", "{\"a\":[1", "{\"a\":1}x" };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct err err = { 0 };
        assert_null(watch_parse(str_of(cases[i]), &err));
        assert_int_equal(err.code, EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),           cmocka_unit_test(test_what_is_no_event),
        cmocka_unit_test(test_statuses),         cmocka_unit_test(test_list_metadata),
        cmocka_unit_test(test_what_is_not_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
