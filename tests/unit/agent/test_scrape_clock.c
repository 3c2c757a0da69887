/* test_scrape_clock.c — who scrapes, how often, and when again. */
#include "agent/http/scrape_clock.h"

#include "base/clock.h"
#include "tests/support/test.h"

#define SEC CLOCK_NS_PER_SEC
#define MS CLOCK_NS_PER_MS
#define T0 (1000 * SEC)

static struct scrape_snapshot shown;

static const struct scraper *find(struct scrape_clock *c, uint64_t id, uint64_t now_ns)
{
    scrape_clock_snapshot(c, now_ns, &shown);
    for (size_t i = 0; i < shown.n; i++) {
        if (shown.scrapers[i].id == id) {
            return &shown.scrapers[i];
        }
    }
    return NULL;
}

static void note(struct scrape_clock *c, uint64_t id, uint64_t at_ns, bool with)
{
    scrape_clock_note(c, id, STR("10.0.0.1"), at_ns, with);
}

static void ids_tell_scrapers_apart(void **state)
{
    (void)state;
    struct str a = STR("10.0.0.1"), p = STR("Prometheus/3"), m = STR("/metrics"), q = STR("");
    uint64_t id = scraper_id(a, p, m, q);
    /* It stands in the lease, where another version reads it. */
    assert_int_equal(id, UINT64_C(0x1e8855cb5e300b25));
    assert_true(id != scraper_id(STR("10.0.0.2"), p, m, q));
    assert_true(id != scraper_id(a, STR("curl"), m, q));
    assert_true(id != scraper_id(a, p, STR("/metrics/state"), q));
    assert_true(id != scraper_id(a, p, m, STR("resources=pods&")));
    /* No text runs over into the next. */
    assert_true(scraper_id(STR("a"), STR("b"), m, q) != scraper_id(STR("ab"), q, m, q));
}

static void learns_the_interval_and_the_phase(void **state)
{
    (void)state;
    struct scrape_clock *c = scrape_clock_new();
    assert_null(find(c, 7, T0));
    note(c, 7, T0, true);
    assert_int_equal(find(c, 7, T0)->interval_ns, 0);
    assert_int_equal(scraper_next_ns(find(c, 7, T0), T0), 0);
    /* 5 s with jitter; the second is 30 ms late, the last one 20 ms. */
    static const uint64_t late_ms[] = { 30, 0, 8, 20 };
    for (size_t i = 0; i < KG_ARRAY_LEN(late_ms); i++) {
        note(c, 7, T0 + (i + 1) * 5 * SEC + late_ms[i] * MS, true);
    }
    uint64_t last = T0 + 20 * SEC + 20 * MS;
    const struct scraper *s = find(c, 7, last);
    assert_string_equal(s->address, "10.0.0.1");
    assert_int_equal(s->n, 5);
    assert_int_equal(s->last_ns, last);
    assert_int_equal(s->with_ns, last);
    assert_int_equal(s->without_ns, 0);
    assert_int_equal(s->interval_ns, 5 * SEC);
    assert_int_equal(s->expected_ns, T0 + 20 * SEC);
    assert_int_equal(scraper_next_ns(s, last), T0 + 25 * SEC);
    assert_int_equal(scraper_next_ns(s, T0 + 25 * SEC - 1), T0 + 25 * SEC);
    assert_int_equal(scraper_next_ns(s, T0 + 25 * SEC), T0 + 30 * SEC);
    assert_int_equal(scraper_next_ns(s, T0 + 44 * SEC), T0 + 45 * SEC);
    assert_int_equal(scraper_next_ns(s, T0), T0 + 20 * SEC);
    scrape_clock_free(c);
}

static void a_missed_scrape_or_a_new_phase_misleads_for_one_round_only(void **state)
{
    (void)state;
    struct scrape_clock *c = scrape_clock_new();
    for (uint64_t i = 0; i < 4; i++) {
        note(c, 7, T0 + i * 10 * SEC, true);
    }
    note(c, 7, T0 + 50 * SEC, true); /* that of 40 was missed */
    assert_int_equal(find(c, 7, T0 + 50 * SEC)->interval_ns, 10 * SEC);
    assert_int_equal(scraper_next_ns(find(c, 7, T0 + 50 * SEC), T0 + 50 * SEC), T0 + 60 * SEC);
    note(c, 7, T0 + 64 * SEC, true); /* from now on at …4 */
    const struct scraper *s = find(c, 7, T0 + 64 * SEC);
    assert_int_equal(scraper_next_ns(s, T0 + 64 * SEC), T0 + 74 * SEC);
    /* An interval that is no whole number of seconds stays as it is. */
    for (uint64_t i = 0; i < 8; i++) {
        note(c, 8, T0 + i * 300 * MS, true);
    }
    assert_int_equal(find(c, 8, T0 + 3 * SEC)->interval_ns, 300 * MS);
    /* Answers that end in another order than they began. */
    note(c, 8, T0 + 2000 * MS, false);
    s = find(c, 8, T0 + 3 * SEC);
    assert_int_equal(s->last_ns, T0 + 2100 * MS);
    assert_int_equal(s->without_ns, T0 + 2000 * MS);
    scrape_clock_free(c);
}

static void forgets_who_is_gone(void **state)
{
    (void)state;
    struct scrape_clock *c = scrape_clock_new();
    note(c, 1, T0, true);
    for (uint64_t i = 0; i < 3; i++) {
        note(c, 2, T0 + i * 5 * SEC, true);
        note(c, 3, T0 + i * 400 * SEC, true);
    }
    note(c, 1, T0, true);
    assert_int_equal(find(c, 3, T0 + 800 * SEC)->interval_ns, 0); /* too seldom */
    scrape_clock_free(c);

    c = scrape_clock_new();
    note(c, 1, T0, true);
    note(c, 2, T0, true);
    note(c, 2, T0 + 5 * SEC, true);
    assert_non_null(find(c, 2, T0 + 30 * SEC));
    assert_null(find(c, 2, T0 + 30 * SEC + 1));
    assert_non_null(find(c, 1, T0 + SCRAPER_ONCE_NS));
    assert_null(find(c, 1, T0 + SCRAPER_ONCE_NS + 1));
    /* One more than there is room for: the one that was away longest goes. */
    for (uint64_t i = 0; i <= LIMIT_SCRAPERS; i++) {
        note(c, 100 + i, T0 + 100 * SEC + i, true);
    }
    assert_null(find(c, 100, T0 + 101 * SEC));
    assert_non_null(find(c, 101, T0 + 101 * SEC));
    assert_int_equal(shown.n, LIMIT_SCRAPERS);
    scrape_clock_free(c);
}

static void says_what_everybody_has_seen(void **state)
{
    (void)state;
    struct scrape_clock *c = scrape_clock_new();
    scrape_clock_snapshot(c, T0, &shown);
    assert_true(scrape_all_without_since(&shown, T0));
    for (uint64_t i = 0; i < 3; i++) {
        note(c, 1, T0 + i * 5 * SEC, true);
        note(c, 2, T0 + i * 10 * SEC + SEC, true);
    }
    note(c, 3, T0, true);        /* looked once: nobody waits for it */
    uint64_t at = T0 + 21 * SEC; /* nobody comes without objects until now */
    note(c, 1, T0 + 20 * SEC, true);
    scrape_clock_snapshot(c, at, &shown);
    assert_false(scrape_all_without_since(&shown, T0));
    note(c, 1, T0 + 25 * SEC, false);
    scrape_clock_snapshot(c, T0 + 26 * SEC, &shown);
    assert_false(scrape_all_without_since(&shown, at));
    note(c, 2, T0 + 31 * SEC, false);
    scrape_clock_snapshot(c, T0 + 31 * SEC, &shown);
    assert_true(scrape_all_without_since(&shown, at));
    note(c, 1, T0 + 30 * SEC, true); /* and again with */
    scrape_clock_snapshot(c, T0 + 31 * SEC, &shown);
    assert_false(scrape_all_without_since(&shown, at));
    scrape_clock_free(c);
    scrape_clock_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_tell_scrapers_apart),
        cmocka_unit_test(learns_the_interval_and_the_phase),
        cmocka_unit_test(a_missed_scrape_or_a_new_phase_misleads_for_one_round_only),
        cmocka_unit_test(forgets_who_is_gone),
        cmocka_unit_test(says_what_everybody_has_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
