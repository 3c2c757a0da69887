/* test_reflector.c — the list+watch state machine, fed orders of events with a made-up clock: what
 * ends a watch, what is tried again and when. */
#include "tests/unit/kube/reflector_bench.h"

static void test_watch_resumes_from_the_last_version(void **state)
{
    (void)state;
    struct bench b = watching();
    object(&b, "101");
    object(&b, "abc/7"); /* opaque: neither a number nor growing */
    b.now += 400 * SEC;
    reflector_stream_end(b.r, b.now);
    assert_version(begin(&b, REFLECTOR_WATCH), "abc/7");
    bookmark(&b, "99");
    object(&b, ""); /* an object without one changes nothing */
    b.now += 20 * SEC;
    assert_int_equal(broken(&b, REFLECTOR_BROKEN), REFLECTOR_NOTHING);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_BEHIND);
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_version(begin(&b, REFLECTOR_WATCH), "99");
    reflector_heard(b.r, b.now);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_SYNCED);
    reflector_free(b.r);
}

static void test_gone_relists(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *reason;
    } cases[] = { { 410, "" }, { 410, "Expired" }, { 410, "Gone" }, { 500, "Expired" } };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct bench b = watching();
        assert_int_equal(status(&b, cases[i].code, cases[i].reason), REFLECTOR_NOTHING);
        assert_int_equal(reflector_sync(b.r), REFLECTOR_BEHIND);
        struct reflector_step step = begin(&b, REFLECTOR_LIST_PAGE);
        assert_true(step.relist_begins);
        assert_int_equal(step.resource_version.n, 0);
        assert_int_equal(page(&b, "200", ""), REFLECTOR_COMMIT);
        assert_version(begin(&b, REFLECTOR_WATCH), "200");
        /* at once again, with nothing gained: no longer without a delay */
        assert_int_equal(status(&b, 410, ""), REFLECTOR_NOTHING);
        sleep_between(&b, 400 * MS, 1200 * MS);
        begin(&b, REFLECTOR_LIST_PAGE);
        page(&b, "300", "");
        begin(&b, REFLECTOR_WATCH);
        object(&b, "301");
        status(&b, 410, "");
        begin(&b, REFLECTOR_LIST_PAGE);
        reflector_free(b.r);
    }
}

static void test_unauthorized_refreshes_once_then_backs_off(void **state)
{
    (void)state;
    struct bench b = watching();
    status(&b, 401, "Unauthorized");
    struct reflector_step step = begin(&b, REFLECTOR_WATCH);
    assert_true(step.refresh_credentials);
    assert_version(step, "100");
    status(&b, 401, "Unauthorized");
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_true(begin(&b, REFLECTOR_WATCH).refresh_credentials);
    reflector_heard(b.r, b.now);
    object(&b, "101");
    reflector_stream_end(b.r, b.now + 1);
    step = begin(&b, REFLECTOR_WATCH);
    assert_false(step.refresh_credentials);
    /* later it is the first time again */
    status(&b, 401, "");
    begin(&b, REFLECTOR_WATCH);
    reflector_free(b.r);
}

static void test_denied_is_tried_ever_more_rarely(void **state)
{
    (void)state;
    for (int code = 403; code <= 405; code++) {
        struct bench b = setup(code == 403);
        uint64_t longest = 0;
        for (int time = 0; time < 12; time++) {
            assert_true(
                begin(&b, code == 403 ? REFLECTOR_LIST_STREAM : REFLECTOR_LIST_PAGE).relist_begins);
            assert_int_equal(status(&b, code, "Forbidden"), REFLECTOR_ABORT);
            uint64_t length = sleep_between(&b, 400 * MS, 450 * SEC);
            longest = KG_MAX(longest, length);
        }
        assert_in_range(longest, 151 * SEC, 450 * SEC);
        assert_int_equal(reflector_failures(b.r), 12);
        begin(&b, code == 403 ? REFLECTOR_LIST_STREAM : REFLECTOR_LIST_PAGE);
        status(&b, code, "Forbidden");
        reflector_hurry(b.r); /* other credentials */
        begin(&b, code == 403 ? REFLECTOR_LIST_STREAM : REFLECTOR_LIST_PAGE);
        status(&b, code, "Forbidden");
        sleep_between(&b, 400 * MS, 1200 * MS);
        reflector_free(b.r);
    }
}

static void test_retry_after_is_heeded_and_capped(void **state)
{
    (void)state;
    struct bench b = watching();
    reflector_status(b.r, 429, STR("TooManyRequests"), 7000, b.now);
    sleep_between(&b, 7 * SEC, 7800 * MS);
    begin(&b, REFLECTOR_WATCH);
    reflector_status(b.r, 503, STR(""), INT64_MAX, b.now);
    sleep_between(&b, 120 * SEC, 121 * SEC);
    begin(&b, REFLECTOR_WATCH);
    reflector_status(b.r, 500, STR(""), 0, b.now);
    sleep_between(&b, 1600 * MS, 4800 * MS);
    assert_version(begin(&b, REFLECTOR_WATCH), "100");
    reflector_free(b.r);
}

static void test_back_off_grows_is_capped_and_starts_anew(void **state)
{
    (void)state;
    struct bench b = watching();
    uint64_t expected = 800 * MS;
    for (int time = 0; time < 40; time++) {
        status(&b, 503, "");
        sleep_between(&b, expected / 2, expected + expected / 2);
        expected = KG_MIN(expected * 2, 30 * SEC);
        assert_version(begin(&b, REFLECTOR_WATCH), "100");
    }
    /* well for a moment is not enough */
    reflector_heard(b.r, b.now);
    b.now += 9 * SEC;
    broken(&b, REFLECTOR_GARBLED);
    sleep_between(&b, 15 * SEC, 45 * SEC);
    begin(&b, REFLECTOR_WATCH);
    reflector_heard(b.r, b.now);
    assert_int_equal(reflector_failures(b.r), 0);
    b.now += 10 * SEC;
    status(&b, 503, "");
    sleep_between(&b, 400 * MS, 1200 * MS);
    reflector_free(b.r);
}

/* A minute without a server, then one that is not ready: current again within seconds. */
static void test_server_restart(void **state)
{
    (void)state;
    struct bench b = watching();
    b.now += 60 * SEC;
    broken(&b, REFLECTOR_BROKEN);
    uint64_t down = b.now;
    while (b.now < down + 60 * SEC) {
        sleep_between(&b, 400 * MS, 7500 * MS);
        begin(&b, REFLECTOR_WATCH);
        broken(&b, REFLECTOR_UNREACHABLE);
    }
    uint64_t up = b.now;
    sleep_between(&b, 400 * MS, 7500 * MS);
    begin(&b, REFLECTOR_WATCH);
    status(&b, 503, "");
    sleep_between(&b, 400 * MS, 1200 * MS);
    begin(&b, REFLECTOR_WATCH);
    status(&b, 403, "Forbidden"); /* its roles are not read yet */
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_version(begin(&b, REFLECTOR_WATCH), "100");
    reflector_heard(b.r, b.now);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_SYNCED);
    assert_in_range(b.now - up, 0, 10 * SEC);
    reflector_free(b.r);
}

static void test_silent_watch_is_renewed(void **state)
{
    (void)state;
    struct bench b = watching();
    bookmark(&b, "150");
    assert_in_range(reflector_idle_ns(b.r), 90 * SEC, 99 * SEC);
    b.now += reflector_idle_ns(b.r);
    assert_int_equal(broken(&b, REFLECTOR_TIMED_OUT), REFLECTOR_NOTHING);
    /* no failure: nothing may have changed; the answer to the next request tells */
    assert_int_equal(reflector_failures(b.r), 0);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_SYNCED);
    assert_int_equal(reflector_idle_ns(b.r), 0);
    assert_version(begin(&b, REFLECTOR_WATCH), "150");
    assert_int_equal(reflector_idle_ns(b.r), 20 * SEC);
    reflector_heard(b.r, b.now);
    assert_in_range(reflector_idle_ns(b.r), 90 * SEC, 99 * SEC);
    reflector_free(b.r);
}

/* As if its etcd were put back to an earlier state: it says nothing to a version of the future. */
static void test_silence_after_an_outage_relists(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct bench b = watching();
        how == 0 ? broken(&b, REFLECTOR_UNREACHABLE) : status(&b, 503, "");
        sleep_between(&b, 400 * MS, 1200 * MS);
        assert_version(begin(&b, REFLECTOR_WATCH), "100");
        reflector_heard(b.r, b.now);
        b.now += reflector_idle_ns(b.r);
        assert_int_equal(how == 1 ? reflector_stream_end(b.r, b.now)
                                  : broken(&b, REFLECTOR_TIMED_OUT),
                         REFLECTOR_NOTHING);
        struct reflector_step step = begin(&b, REFLECTOR_LIST_PAGE);
        assert_true(step.relist_begins);
        assert_int_equal(step.resource_version.n, 0);
        assert_int_equal(page(&b, "7", ""), REFLECTOR_COMMIT);
        assert_version(begin(&b, REFLECTOR_WATCH), "7");
        reflector_heard(b.r, b.now);
        b.now += reflector_idle_ns(b.r);
        broken(&b, REFLECTOR_TIMED_OUT);
        assert_version(begin(&b, REFLECTOR_WATCH), "7");
        reflector_free(b.r);
    }
}

/* One that goes on from the version knows it. */
static void test_outage_that_loses_nothing(void **state)
{
    (void)state;
    struct bench b = watching();
    broken(&b, REFLECTOR_BROKEN);
    sleep_between(&b, 400 * MS, 1200 * MS);
    begin(&b, REFLECTOR_WATCH);
    bookmark(&b, "101");
    broken(&b, REFLECTOR_TIMED_OUT);
    assert_version(begin(&b, REFLECTOR_WATCH), "101");
    reflector_free(b.r);
}

static void test_half_open_watch(void **state)
{
    (void)state;
    struct bench b = watching();
    b.now += reflector_idle_ns(b.r);
    broken(&b, REFLECTOR_TIMED_OUT);
    begin(&b, REFLECTOR_WATCH);
    b.now += reflector_idle_ns(b.r);
    broken(&b, REFLECTOR_TIMED_OUT);
    assert_int_equal(reflector_failures(b.r), 1);
    assert_int_equal(reflector_sync(b.r), REFLECTOR_BEHIND);
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_version(begin(&b, REFLECTOR_WATCH), "100");
    reflector_free(b.r);
}

static void test_watch_that_ends_at_once(void **state)
{
    (void)state;
    struct bench b = watching();
    reflector_stream_end(b.r, b.now + 10 * MS);
    sleep_between(&b, 400 * MS, 1300 * MS);
    begin(&b, REFLECTOR_WATCH);
    reflector_heard(b.r, b.now);
    object(&b, "101");
    reflector_stream_end(b.r, b.now + 10 * MS); /* it brought something: at once */
    assert_version(begin(&b, REFLECTOR_WATCH), "101");
    reflector_free(b.r);
}

static void test_watch_that_fails_inside_relists(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct bench b = watching();
        for (int time = 0; time < 5; time++) {
            reflector_heard(b.r, b.now);
            if (time == 1) {
                object(&b, "105"); /* counts anew from here */
            }
            int effect = how == 0   ? broken(&b, REFLECTOR_GARBLED)
                         : how == 1 ? status(&b, 500, "InternalError")
                                    : status(&b, 504, "ResourceVersionTooLarge");
            assert_int_equal(effect, REFLECTOR_NOTHING);
            sleep_between(&b, 400 * MS, 45 * SEC);
            if (time < 3) {
                assert_version(begin(&b, REFLECTOR_WATCH), time ? "105" : "100");
            } else {
                break;
            }
        }
        assert_true(begin(&b, REFLECTOR_LIST_PAGE).relist_begins);
        reflector_free(b.r);
    }
}

static void test_http_errors_alone_never_relist(void **state)
{
    (void)state;
    struct bench b = watching();
    for (int time = 0; time < 20; time++) {
        static const int codes[] = { 500, 503, 429, 401, 403 };
        status(&b, codes[time % 5], "");
        b.now += 300 * SEC;
        assert_version(begin(&b, REFLECTOR_WATCH), "100");
    }
    reflector_free(b.r);
}

static void test_lost_change_relists(void **state)
{
    (void)state;
    struct bench b = watching();
    assert_int_equal(broken(&b, REFLECTOR_LOST), REFLECTOR_NOTHING);
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_true(begin(&b, REFLECTOR_LIST_PAGE).relist_begins);
    reflector_free(b.r);
}

static void test_relist_on_demand(void **state)
{
    (void)state;
    struct bench b = watching();
    assert_int_equal(reflector_relist(b.r), REFLECTOR_NOTHING);
    assert_int_equal(reflector_failures(b.r), 0);
    assert_true(begin(&b, REFLECTOR_LIST_PAGE).relist_begins);
    assert_int_equal(reflector_relist(b.r), REFLECTOR_NOTHING); /* it is listing already */
    assert_int_equal(page(&b, "9", ""), REFLECTOR_COMMIT);
    begin(&b, REFLECTOR_WATCH);
    reflector_free(b.r);
}

static void test_refused_version_relists(void **state)
{
    (void)state;
    struct bench b = watching();
    status(&b, 400, "BadRequest");
    sleep_between(&b, 400 * MS, 1200 * MS);
    assert_true(begin(&b, REFLECTOR_LIST_PAGE).relist_begins);
    reflector_free(b.r);
}

static void test_what_cannot_happen_changes_nothing(void **state)
{
    (void)state;
    struct bench b = setup(false);
    assert_int_equal(page(&b, "1", ""), -EINVAL);
    assert_int_equal(status(&b, 500, ""), -EINVAL);
    assert_int_equal(broken(&b, REFLECTOR_BROKEN), -EINVAL);
    assert_int_equal(reflector_stream_end(b.r, b.now), -EINVAL);
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(reflector_object(b.r, STR("1"), b.now), -EINVAL);
    assert_int_equal(reflector_bookmark(b.r, STR("1"), true, b.now), -EINVAL);
    assert_int_equal(reflector_stream_end(b.r, b.now), -EINVAL);
    assert_int_equal(page(&b, "1", ""), REFLECTOR_COMMIT);
    begin(&b, REFLECTOR_WATCH);
    assert_int_equal(page(&b, "1", ""), -EINVAL);
    reflector_free(b.r);
}

/* Whatever happens, in any order: a commit only with an open generation, one begun per commit or
 * abort, and always a next step. */
static void test_random_orders_keep_the_generation_in_order(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int round = 0; round < 300; round++) {
        struct reflector_config config = { .seed = (uint64_t)round, .streaming = round % 2 };
        struct bench b = { reflector_new(&config), SEC };
        bool open = false, ever = false;
        for (int event = 0; event < 200; event++) {
            struct reflector_step step = reflector_next(b.r, b.now);
            if (step.action == REFLECTOR_SLEEP) {
                assert_true(step.until_ns > b.now && step.until_ns < b.now + 460 * SEC);
                b.now = step.until_ns;
                step = reflector_next(b.r, b.now);
            }
            assert_int_not_equal(step.action, REFLECTOR_SLEEP);
            assert_int_equal(step.relist_begins, step.action != REFLECTOR_WATCH && !open);
            assert_true(ever || step.action != REFLECTOR_WATCH);
            open = open || step.relist_begins;
            reflector_begun(b.r, b.now);
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            unsigned pick = (unsigned)(random >> 40);
            b.now += pick % 7 * SEC;
            if (pick / 8 % 2) {
                reflector_heard(b.r, b.now);
                reflector_object(b.r, STR("7"), b.now);
            }
            static const int codes[] = { 401, 403, 410, 422, 429, 500 };
            int effect = -EINVAL;
            switch (pick / 16 % 6) {
            case 0:
                effect = page(&b, "9", pick / 128 % 2 ? "more" : "");
                break;
            case 1:
                effect = reflector_bookmark(b.r, STR("8"), true, b.now);
                break;
            case 2:
                effect = reflector_stream_end(b.r, b.now);
                break;
            case 3:
                effect = status(&b, codes[pick / 128 % 6], "");
                break;
            default:
                effect = broken(&b, (enum reflector_break)(pick / 128 % 5));
                break;
            }
            assert_true(effect != REFLECTOR_COMMIT || open);
            assert_true(effect != REFLECTOR_ABORT || open);
            ever = ever || effect == REFLECTOR_COMMIT;
            open = open && effect <= REFLECTOR_NOTHING;
            if (reflector_idle_ns(b.r) > 0) { /* still under way: end it somehow */
                effect = broken(&b, REFLECTOR_BROKEN);
                assert_true(effect != REFLECTOR_ABORT || open);
                open = open && effect == REFLECTOR_NOTHING;
            }
        }
        reflector_free(b.r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watch_resumes_from_the_last_version),
        cmocka_unit_test(test_gone_relists),
        cmocka_unit_test(test_unauthorized_refreshes_once_then_backs_off),
        cmocka_unit_test(test_denied_is_tried_ever_more_rarely),
        cmocka_unit_test(test_retry_after_is_heeded_and_capped),
        cmocka_unit_test(test_back_off_grows_is_capped_and_starts_anew),
        cmocka_unit_test(test_server_restart),
        cmocka_unit_test(test_silent_watch_is_renewed),
        cmocka_unit_test(test_silence_after_an_outage_relists),
        cmocka_unit_test(test_outage_that_loses_nothing),
        cmocka_unit_test(test_half_open_watch),
        cmocka_unit_test(test_watch_that_ends_at_once),
        cmocka_unit_test(test_watch_that_fails_inside_relists),
        cmocka_unit_test(test_http_errors_alone_never_relist),
        cmocka_unit_test(test_lost_change_relists),
        cmocka_unit_test(test_relist_on_demand),
        cmocka_unit_test(test_refused_version_relists),
        cmocka_unit_test(test_what_cannot_happen_changes_nothing),
        cmocka_unit_test(test_random_orders_keep_the_generation_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
