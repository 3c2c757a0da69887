/* test_reflector_lists.c — how the state machine lists: by a stream, by pages, and what stands in
 * the way of either. */
#include "tests/unit/kube/reflector_bench.h"

static void test_streaming_list_goes_on_as_watch(void **state)
{
    (void)state;
    struct bench b = setup(true);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_NEVER_SYNCED);
    assert_int_equal(reflector_last_contact_ns(b.r), 0);
    struct reflector_step step = begin(&b, REFLECTOR_LIST_STREAM);
    assert_true(step.relist_begins);
    assert_in_range(step.timeout_sec, 300, 600);
    b.now += SEC;
    object(&b, "77");
    object(&b, "12");
    bookmark(&b, "78"); /* an ordinary one ends nothing */
    assert_int_equal(reflector_sync(b.r), REFLECTOR_NEVER_SYNCED);
    assert_int_equal(reflector_bookmark(b.r, STR("80"), true, b.now), REFLECTOR_COMMIT);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_SYNCED);
    assert_int_equal(reflector_last_contact_ns(b.r), b.now);
    object(&b, "81");
    /* a second end bookmark is an ordinary one by now */
    assert_int_equal(reflector_bookmark(b.r, STR("85"), true, b.now), REFLECTOR_NOTHING);
    b.now += 300 * SEC;
    assert_int_equal(reflector_stream_end(b.r, b.now), REFLECTOR_NOTHING);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_SYNCED);
    step = begin(&b, REFLECTOR_WATCH);
    assert_version(step, "85");
    assert_false(step.relist_begins);
    reflector_free(b.r);
}

static void test_initial_objects_do_not_set_the_version(void **state)
{
    (void)state;
    struct bench b = setup(true);
    begin(&b, REFLECTOR_LIST_STREAM);
    object(&b, "999");
    assert_int_equal(reflector_bookmark(b.r, STR("50"), true, b.now), REFLECTOR_COMMIT);
    b.now += 20 * SEC;
    broken(&b, REFLECTOR_BROKEN);
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_version(begin(&b, REFLECTOR_WATCH), "50");
    reflector_free(b.r);
}

static void test_refused_streaming_falls_back_for_good(void **state)
{
    (void)state;
    static const int codes[] = { 400, 405, 406, 415, 422, 501 };
    for (size_t i = 0; i < KG_ARRAY_LEN(codes); i++) {
        struct bench b = setup(true);
        begin(&b, REFLECTOR_LIST_STREAM);
        assert_int_equal(status(&b, codes[i], "Invalid"), REFLECTOR_ABORT);
        struct reflector_step step = begin(&b, REFLECTOR_LIST_PAGE);
        assert_true(step.relist_begins);
        assert_version(step, "0");
        assert_int_equal(page(&b, "5", ""), REFLECTOR_COMMIT);
        begin(&b, REFLECTOR_WATCH);
        status(&b, 410, "Expired");
        begin(&b, REFLECTOR_LIST_PAGE);
        reflector_free(b.r);
    }
}

/* kube-apiserver 1.36 on etcd 3.4.23: 200, then "the required storage feature RequestWatchProgress
 * is disabled" as the only event. */
static void test_streaming_refused_as_an_event(void **state)
{
    (void)state;
    struct bench b = setup(true);
    begin(&b, REFLECTOR_LIST_STREAM);
    reflector_heard(b.r, b.now);
    assert_int_equal(status(&b, 500, "InternalError"), REFLECTOR_ABORT);
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(page(&b, "5", ""), REFLECTOR_COMMIT);
    begin(&b, REFLECTOR_WATCH);
    status(&b, 410, "Expired");
    begin(&b, REFLECTOR_LIST_PAGE);
    reflector_free(b.r);
}

/* A server from before the feature answers with a plain watch: objects, then silence or the end. */
static void test_streaming_that_is_not_known(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct bench b = setup(true);
        begin(&b, REFLECTOR_LIST_STREAM);
        object(&b, "3");
        bookmark(&b, "9");
        b.now += reflector_idle_ns(b.r);
        assert_int_equal(how ? reflector_stream_end(b.r, b.now) : broken(&b, REFLECTOR_TIMED_OUT),
                         REFLECTOR_ABORT);
        struct reflector_step step = begin(&b, REFLECTOR_LIST_PAGE);
        assert_true(step.relist_begins);
        assert_int_equal(page(&b, "10", ""), REFLECTOR_COMMIT);
        begin(&b, REFLECTOR_WATCH);
        status(&b, 410, "");
        begin(&b, REFLECTOR_LIST_PAGE);
        reflector_free(b.r);
    }
}

static void test_silent_streaming_gets_a_second_chance(void **state)
{
    (void)state;
    struct bench b = setup(true);
    for (int time = 0; time < 2; time++) {
        begin(&b, REFLECTOR_LIST_STREAM);
        reflector_heard(b.r, b.now);
        assert_int_equal(reflector_idle_ns(b.r), 20 * SEC);
        b.now += 20 * SEC;
        assert_int_equal(broken(&b, REFLECTOR_TIMED_OUT), REFLECTOR_ABORT);
        begin(&b, REFLECTOR_LIST_PAGE);
        assert_int_equal(page(&b, "10", ""), REFLECTOR_COMMIT);
        begin(&b, REFLECTOR_WATCH);
        object(&b, "11");
        assert_int_equal(status(&b, 410, ""), REFLECTOR_NOTHING);
    }
    begin(&b, REFLECTOR_LIST_PAGE);
    reflector_free(b.r);
}

static void test_streaming_that_breaks_thrice_falls_back_once(void **state)
{
    (void)state;
    struct bench b = setup(true);
    for (int time = 0; time < 3; time++) {
        begin(&b, REFLECTOR_LIST_STREAM);
        if (time != 1) {
            object(&b, "1");
        }
        assert_int_equal(time == 1 ? status(&b, 503, "") : broken(&b, REFLECTOR_BROKEN),
                         REFLECTOR_ABORT);
        sleep_between(&b, 400 * MS, 5 * SEC);
    }
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(page(&b, "10", ""), REFLECTOR_COMMIT);
    begin(&b, REFLECTOR_WATCH);
    status(&b, 410, "Gone");
    begin(&b, REFLECTOR_LIST_STREAM);
    reflector_free(b.r);
}

static void test_pages(void **state)
{
    (void)state;
    struct bench b = setup(false);
    struct reflector_step step = begin(&b, REFLECTOR_LIST_PAGE);
    assert_true(step.relist_begins);
    assert_int_equal(step.limit, 500);
    assert_version(step, "0");
    assert_int_equal(step.continue_token.n, 0);
    assert_int_equal(page(&b, "100", "token-1"), REFLECTOR_NOTHING);
    step = begin(&b, REFLECTOR_LIST_PAGE);
    assert_false(step.relist_begins);
    assert_int_equal(step.limit, 500);
    assert_int_equal(step.resource_version.n, 0); /* refused beside a token */
    assert_memory_equal(step.continue_token.p, "token-1", 7);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_NEVER_SYNCED);
    /* an inconsistent continuation is newer: the watch starts at the first page's version */
    assert_int_equal(page(&b, "120", ""), REFLECTOR_COMMIT);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_SYNCED);
    step = begin(&b, REFLECTOR_WATCH);
    assert_version(step, "100");
    reflector_free(b.r);
}

static void test_expired_token_lists_again_without_limit(void **state)
{
    (void)state;
    struct bench b = setup(false);
    begin(&b, REFLECTOR_LIST_PAGE);
    page(&b, "100", "token-1");
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(status(&b, 410, "Expired"), REFLECTOR_ABORT);
    struct reflector_step step = begin(&b, REFLECTOR_LIST_PAGE);
    assert_true(step.relist_begins);
    assert_int_equal(step.limit, 0);
    assert_int_equal(step.continue_token.n, 0);
    assert_int_equal(step.resource_version.n, 0);
    assert_int_equal(page(&b, "110", ""), REFLECTOR_COMMIT);
    assert_version(begin(&b, REFLECTOR_WATCH), "110");
    object(&b, "111");
    /* the next list has its limit again, and asks for the newest state */
    status(&b, 410, "Expired");
    step = begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(step.limit, 500);
    assert_int_equal(step.resource_version.n, 0);
    reflector_free(b.r);
}

static void test_interrupted_pages(void **state)
{
    (void)state;
    struct bench b = setup(false);
    /* the first page has no token: what was put of it is dropped */
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(broken(&b, REFLECTOR_BROKEN), REFLECTOR_ABORT);
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_true(begin(&b, REFLECTOR_LIST_PAGE).relist_begins);
    assert_int_equal(page(&b, "100", "token-1"), REFLECTOR_NOTHING);
    /* a page with a token is asked for again, and the generation goes on */
    for (int time = 0; time < 2; time++) {
        assert_false(begin(&b, REFLECTOR_LIST_PAGE).relist_begins);
        assert_int_equal(time ? status(&b, 503, "") : broken(&b, REFLECTOR_BROKEN),
                         REFLECTOR_NOTHING);
        sleep_between(&b, 400 * MS, 5 * SEC);
    }
    /* but not for ever */
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(status(&b, 500, "InternalError"), REFLECTOR_ABORT);
    sleep_between(&b, 400 * MS, 10 * SEC);
    struct reflector_step step = begin(&b, REFLECTOR_LIST_PAGE);
    assert_true(step.relist_begins);
    assert_int_equal(step.continue_token.n, 0);
    reflector_free(b.r);
}

static void test_page_that_cannot_be_taken(void **state)
{
    (void)state;
    struct bench b = setup(false);
    char *text = malloc(REFLECTOR_CONTINUE_MAX + 1);
    memset(text, 'x', REFLECTOR_CONTINUE_MAX + 1);
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(page(&b, "", ""), -EBADMSG);
    struct str longest = { text, REFLECTOR_VERSION_MAX + 1 };
    assert_int_equal(reflector_page_done(b.r, longest, STR(""), b.now), -EBADMSG);
    longest.n = REFLECTOR_CONTINUE_MAX + 1;
    assert_int_equal(reflector_page_done(b.r, STR("1"), longest, b.now), -EBADMSG);
    assert_int_equal(broken(&b, REFLECTOR_GARBLED), REFLECTOR_ABORT);
    sleep_between(&b, 400 * MS, 1200 * MS);
    begin(&b, REFLECTOR_LIST_PAGE);
    longest.n = REFLECTOR_CONTINUE_MAX;
    assert_int_equal(reflector_page_done(b.r, STR("1"), longest, b.now), REFLECTOR_NOTHING);
    assert_int_equal(begin(&b, REFLECTOR_LIST_PAGE).continue_token.n, REFLECTOR_CONTINUE_MAX);
    reflector_free(b.r);
    free(text);
}

/* An error in the middle of the objects: pages instead, this time. */
static void test_streaming_that_errs_falls_back(void **state)
{
    (void)state;
    struct bench b = setup(true);
    for (int time = 0; time < 2; time++) {
        begin(&b, REFLECTOR_LIST_STREAM);
        object(&b, "9");
        assert_int_equal(status(&b, 500, "InternalError"), REFLECTOR_ABORT);
        begin(&b, REFLECTOR_LIST_PAGE);
        assert_int_equal(page(&b, "10", ""), REFLECTOR_COMMIT);
        begin(&b, REFLECTOR_WATCH);
        object(&b, "11");
        status(&b, 410, "");
    }
    begin(&b, REFLECTOR_LIST_PAGE);
    reflector_free(b.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streaming_list_goes_on_as_watch),
        cmocka_unit_test(test_initial_objects_do_not_set_the_version),
        cmocka_unit_test(test_refused_streaming_falls_back_for_good),
        cmocka_unit_test(test_streaming_refused_as_an_event),
        cmocka_unit_test(test_streaming_that_is_not_known),
        cmocka_unit_test(test_silent_streaming_gets_a_second_chance),
        cmocka_unit_test(test_streaming_that_breaks_thrice_falls_back_once),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_expired_token_lists_again_without_limit),
        cmocka_unit_test(test_interrupted_pages),
        cmocka_unit_test(test_page_that_cannot_be_taken),
        cmocka_unit_test(test_streaming_that_errs_falls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
