/* test_scrape_note.c — what a holder leaves for its successor about who scrapes it. */
#include "agent/http/scrape_note.h"

#include "base/clock.h"
#include "tests/support/test.h"

#define SEC CLOCK_NS_PER_SEC
#define MS CLOCK_NS_PER_MS
#define T0 (1000 * SEC)

/* Two scrapers, and one that came once. */
static struct scrape_snapshot two(void)
{
    struct scrape_snapshot s = { .n = 3 };
    s.scrapers[0] =
        (struct scraper){ .id = 0x1a, .n = 9, .interval_ns = 5 * SEC, .expected_ns = T0 };
    s.scrapers[1] = (struct scraper){ .id = 2, .n = 1, .expected_ns = T0 };
    s.scrapers[2] = (struct scraper){ .id = UINT64_C(0xfedcba9876543210),
                                      .n = 3,
                                      .interval_ns = 30 * SEC,
                                      .expected_ns = T0 - 7 * SEC };
    return s;
}

static void goes_from_one_clock_to_another(void **state)
{
    (void)state;
    struct scrape_snapshot s = two();
    struct object_gate_opening got[4];
    char note[256];
    scrape_note_write(&s, T0 + 1250 * MS, note, sizeof(note));
    assert_string_equal(note, "000000000000001a:1250:5000 fedcba9876543210:8250:30000");
    /* The successor's clock says something else entirely. */
    uint64_t seen = 70 * SEC;
    assert_int_equal(scrape_note_read(str_of(note), seen, seen + 2 * SEC, got, 4), 2);
    assert_true(got[0].id == 0x1a && got[1].id == UINT64_C(0xfedcba9876543210));
    assert_int_equal(got[0].from_ns, seen - 1250 * MS + 5 * SEC);
    assert_int_equal(got[1].from_ns, seen - 8250 * MS + 30 * SEC);
    /* Gone after the next two scrapes. */
    assert_int_equal(scrape_note_read(str_of(note), seen, seen + 9 * SEC, got, 4), 2);
    assert_int_equal(got[0].from_ns, seen - 1250 * MS + 15 * SEC);
    assert_int_equal(scrape_note_read(str_of(note), seen, seen, got, 1), 1);
}

static void what_is_not_told_of_has_failed(void **state)
{
    (void)state;
    struct object_gate_opening got[1];
    /* The last one that ended well was due at T0, and another one each 5 s. */
    static const struct {
        uint64_t gone_ms, from_ms;
    } cases[] = {
        { 10, 5000 }, /* just after it: the next one fails */
        { 4999, 5000 },   { 5000, 5000 },
        { 5010, 5000 }, /* it was due, and did not end: it has failed already */
        { 7000, 5000 },   { 9999, 5000 },
        { 10001, 10000 }, /* nobody came meanwhile: the scraper had missed one */
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_int_equal(scrape_note_read_exact(STR("1a:100:5000"), T0 + 100 * MS,
                                                T0 + cases[i].gone_ms * MS, got, 1),
                         1);
        assert_int_equal(got[0].from_ns, T0 + cases[i].from_ms * MS);
    }
}

static void a_scrape_without_objects_is_not_told_of(void **state)
{
    (void)state;
    struct scrape_snapshot s = two();
    char note[256];
    s.n = 1;
    s.scrapers[0].with_ns = T0 - 5 * SEC;
    s.scrapers[0].without_ns = T0;
    scrape_note_write(&s, T0, note, sizeof(note));
    assert_string_equal(note, "000000000000001a:5000:5000");
}

static void passes_over_what_it_cannot_read(void **state)
{
    (void)state;
    struct object_gate_opening got[4];
    static const char *const bad[] = {
        "",
        "x",
        "1a:1",
        "1a:1:0",
        "1a:1:5000:9",
        "1a:-1:5000",
        "1a:1:300001",
        "1a:99999999999999999:5000",
        "1a:18446744073709551615:18446744073709551615",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        if (scrape_note_read(str_of(bad[i]), T0, T0, got, 4) != 0) {
            fail_msg("%s was read", bad[i]);
        }
    }
    assert_int_equal(scrape_note_read(STR("x 1a:1:5000 y:1:1"), T0, T0, got, 4), 1);
    /* What happened before the machine was started. */
    assert_int_equal(scrape_note_read(STR("1a:60000:5000"), SEC, 2 * SEC, got, 4), 1);
}

static void cuts_between_scrapers_only(void **state)
{
    (void)state;
    struct scrape_snapshot s = two();
    char note[40];
    scrape_note_write(&s, T0, note, sizeof(note));
    assert_string_equal(note, "000000000000001a:0:5000");
    scrape_note_write(&s, T0, note, 24);
    assert_string_equal(note, "000000000000001a:0:5000");
    scrape_note_write(&s, T0, note, 23);
    assert_string_equal(note, "");
}

static void says_when_it_misleads(void **state)
{
    (void)state;
    struct scrape_snapshot s = two();
    char note[256];
    uint64_t written = T0 + SEC;
    scrape_note_write(&s, written, note, sizeof(note));
    assert_false(scrape_note_is_outdated(str_of(note), written, &s, 50 * MS));
    /* Later scrapes in the same rhythm, with some jitter. */
    s.scrapers[0].expected_ns = T0 + 15 * SEC + 40 * MS;
    assert_false(scrape_note_is_outdated(str_of(note), written, &s, 50 * MS));
    s.scrapers[0].expected_ns = T0 + 15 * SEC - 40 * MS;
    assert_false(scrape_note_is_outdated(str_of(note), written, &s, 50 * MS));
    s.scrapers[0].expected_ns = T0 + 15 * SEC - 60 * MS;
    assert_true(scrape_note_is_outdated(str_of(note), written, &s, 50 * MS));
    s = two();
    s.scrapers[0].interval_ns = 10 * SEC;
    assert_true(scrape_note_is_outdated(str_of(note), written, &s, 50 * MS));
    s = two();
    s.scrapers[1].interval_ns = 5 * SEC; /* now it is known how often it comes */
    assert_true(scrape_note_is_outdated(str_of(note), written, &s, 50 * MS));
    s = two();
    s.n = 2; /* gone */
    assert_true(scrape_note_is_outdated(str_of(note), written, &s, 50 * MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_from_one_clock_to_another),
        cmocka_unit_test(what_is_not_told_of_has_failed),
        cmocka_unit_test(a_scrape_without_objects_is_not_told_of),
        cmocka_unit_test(passes_over_what_it_cannot_read),
        cmocka_unit_test(cuts_between_scrapers_only),
        cmocka_unit_test(says_when_it_misleads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
