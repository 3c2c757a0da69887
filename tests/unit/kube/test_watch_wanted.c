/* test_watch_wanted.c — a watch that is told what is wanted: the consumer gets that, and whole what
 * only jansson can judge. */
#include "tests/unit/kube/watch_copy.h"

static const char *const paths[] = { "metadata.name", "metadata.resourceVersion", "spec.a", NULL };

static struct json_wanted *wanted;

static int make_wanted(void **state)
{
    (void)state;
    wanted = json_wanted_new();
    return wanted && json_wanted_add_list(wanted, paths) == 0 ? 0 : -1;
}

static int free_wanted(void **state)
{
    (void)state;
    json_wanted_free(wanted);
    return 0;
}

#define OF_A "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"3\"}"

static void items_come_as_wanted(void **state)
{
    (void)state;
    static const struct {
        const char *item, *seen; /* seen NULL: it is not read at all */
    } cases[] = {
        { OF_A ",\"spec\":{\"a\":1,\"b\":2},\"status\":[{}]}", OF_A ",\"spec\":{\"a\":1}}" },
        { POD("a", "3"), OF_A "}" },
        /* a key that may be a wanted one: jansson takes all of it */
        { OF_A ",\"spec\":{\"\\u0061\":1,\"b\":2}}", OF_A ",\"spec\":{\"a\":1,\"b\":2}}" },
        { OF_A ",\"spec\":{\"a\":1,}}", NULL },
        { OF_A ",\"spec\":{\"a\":\"\xff\"}}", NULL },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct kube_watch *w = start_with((struct kube_watch_spec){ .wanted = wanted });
        auto_buf struct buf body = BUF_INIT(4096);
        turn(w);
        buf_addf(&body, "{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[%s]}", cases[i].item);
        send(buf_c(&body));
        end(KUBE_HTTP_DONE, 200, "");
        assert_string_equal(copy.last, cases[i].seen ? cases[i].seen : "");
        assert_copy(cases[i].seen ? "a=3" : "");
        assert_int_equal(kube_watch_state(w).decode_errors, cases[i].seen ? 0 : 1);
        stop(w);
    }
}

static void events_come_as_wanted(void **state)
{
    (void)state;
    struct kube_watch *w =
        start_with((struct kube_watch_spec){ .streaming = true, .wanted = wanted });
    turn(w);
    assert_false(send(EVENT("ADDED", OF_A ",\"spec\":{\"a\":1,\"b\":2}}")));
    assert_string_equal(copy.last, OF_A ",\"spec\":{\"a\":1}}");
    /* what a bookmark and a status say is none of what is wanted of objects */
    assert_false(send(END_BOOKMARK("5")));
    assert_copy("a=3");
    assert_false(send(EVENT("MODIFIED", OF_A ",\"spec\":{\"b\":2},\"x\":1}")));
    assert_string_equal(copy.last, OF_A ",\"spec\":{}}");
    /* in another order than an API server's the event is parsed whole */
    assert_false(send("{\"object\":" OF_A ",\"x\":1},\"type\":\"MODIFIED\"}\n"));
    assert_string_equal(copy.last, OF_A ",\"x\":1}");
    assert_false(send(EVENT("DELETED", OF_A ",\"x\":1}")));
    assert_copy("");
    assert_true(
        send(EVENT("ERROR", "{\"code\":410,\"reason\":\"Gone\",\"message\":\"compacted\"}")));
    assert_string_equal(kube_watch_state(w).last_error, "watch pods: stopped: 410 Gone: compacted");
    stop(w);
}

/* An event that is no JSON ends the watch, as without anything wanted. */
static void garbage_ends_the_watch(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct kube_watch *w = start_with(
            (struct kube_watch_spec){ .streaming = true, .wanted = with ? wanted : NULL });
        turn(w);
        assert_false(send(EVENT("ADDED", POD("a", "1")) END_BOOKMARK("5")));
        assert_true(send(EVENT("MODIFIED", OF_A ",\"spec\":{\"a\":tru}}")));
        assert_copy("a=1");
        assert_int_equal(kube_watch_state(w).watch_error, 1);
        stop(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_as_wanted),
        cmocka_unit_test(events_come_as_wanted),
        cmocka_unit_test(garbage_ends_the_watch),
    };
    return cmocka_run_group_tests(tests, make_wanted, free_wanted);
}
