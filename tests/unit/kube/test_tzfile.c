#include "kube/object/tzfile.h"
#include "kube/object/tzrule.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tests/support/cmocka.h"

/* A file of version 1: changes at 100 and 200 to two hours east and back to one. */
static const char version1[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\2\0\0\0\4"
                               "\0\0\0\144\0\0\0\310\1\0"
                               "\0\0\016\020\0\0\0\0\034\040\1\0ABC\0";

static void changes_of_a_file(void **state)
{
    (void)state;
    struct arena mem;
    struct tz_zone zone;
    arena_init(&mem, 4096);
    const struct str bytes = { version1, sizeof(version1) - 1 };
    assert_int_equal(tz_parse(bytes, &mem, &zone), 0);
    assert_int_equal(tz_offset(&zone, -5), 3600);
    assert_int_equal(tz_offset(&zone, 99), 3600);
    assert_int_equal(tz_offset(&zone, 100), 7200);
    assert_int_equal(tz_offset(&zone, 199), 7200);
    assert_int_equal(tz_offset(&zone, 200), 3600);
    assert_int_equal(tz_offset(&zone, INT64_C(4000000000)), 3600);
    for (size_t n = 0; n < bytes.n; n++) {
        assert_int_equal(tz_parse(str_head(bytes, n), &mem, &zone), -EBADMSG);
    }
    arena_done(&mem);
    arena_init(&mem, 8);
    assert_int_equal(tz_parse(bytes, &mem, &zone), -ENOMEM);
    arena_done(&mem);
}

static void check_offset(const char *text, const char *when, int64_t unix_sec, int32_t want)
{
    struct tz_rule rule;
    assert_int_equal(tz_rule_parse(str_of(text), &rule), 0);
    if (tz_rule_offset(&rule, unix_sec) != want) {
        fail_msg("%s, %s: %d, not %d", text, when, tz_rule_offset(&rule, unix_sec), want);
    }
}

static void rules(void **state)
{
    (void)state;
    const char *ny = "EST5EDT,M3.2.0,M11.1.0", *berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    const char *south = "AEST-10AEDT,M10.1.0,M4.1.0/3";
    check_offset("<+0530>-5:30", "ever", 0, 19800);
    check_offset("UTC0", "ever", 0, 0);
    check_offset(ny, "2040-03-11 before", 2215061999, -18000);
    check_offset(ny, "2040-03-11 after", 2215062000, -14400);
    check_offset(ny, "2040-11-04 before", 2235621599, -14400);
    check_offset(ny, "2040-11-04 after", 2235621600, -18000);
    check_offset(berlin, "2040-03-25 before", 2216249999, 3600);
    check_offset(berlin, "2040-03-25 after", 2216250000, 7200);
    check_offset(berlin, "2040-10-28 before", 2234998799, 7200);
    check_offset(berlin, "2040-10-28 after", 2234998800, 3600);
    check_offset(south, "2040-01-01", 2208988800, 39600);
    check_offset(south, "2040-07-01", 2224713600, 36000);
}

static void texts_that_are_no_rules(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "EST",
        "5",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.2.0,M1.1.0",
        "EST5EDT,M3.6.0,M1.1.0",
        "EST5EDT,M3.2.7,M1.1.0",
        "EST5EDT,M3.2.0,M11.1.0,",
        "EST5EDT,J0,J5",
        "EST168",
        "EST5:60",
        "<EST5",
        "<>5",
        "EST5EDT,M3.2.0/x,M11.1.0",
        "EST5EDT,366,5",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(texts); i++) {
        struct tz_rule rule;
        if (tz_rule_parse(str_of(texts[i]), &rule) != -EINVAL) {
            fail_msg("\"%s\" was taken for a rule", texts[i]);
        }
    }
    struct tz_rule rule;
    assert_int_equal(tz_rule_parse(STR("ABC0DEF,J60,300/0"), &rule), 0);
    /* 1 March and the 301st day, in a leap year and in another */
    assert_int_equal(tz_rule_offset(&rule, 1709258399), 0);
    assert_int_equal(tz_rule_offset(&rule, 1709258400), 3600);
    assert_int_equal(tz_rule_offset(&rule, 1677635999), 0);
    assert_int_equal(tz_rule_offset(&rule, 1677636000), 3600);
}

static void zones_by_name(void **state)
{
    (void)state;
    static const char *const unknown[] = { "Nope/Zone",      "utc",         "../zone1970.tab",
                                           "/etc/localtime", "America",     "Europe/Berlin ",
                                           "zone.tab",       "Europe//../x" };
    struct arena mem;
    struct tz_zone zone;
    arena_init(&mem, 1 * MIB);
    assert_int_equal(tz_load(STR(""), &mem, &zone), 0);
    assert_int_equal(tz_load(STR("UTC"), &mem, &zone), 0);
    assert_int_equal(tz_load(STR("Local"), &mem, &zone), 0);
    for (size_t i = 0; i < KG_ARRAY_LEN(unknown); i++) {
        assert_int_equal(tz_load(str_of(unknown[i]), &mem, &zone), -EINVAL);
    }
    assert_int_equal(tz_load(STR("America/New_York"), &mem, &zone), 0);
    assert_int_equal(tz_offset(&zone, 1710053999), -18000);
    assert_int_equal(tz_offset(&zone, 1710054000), -14400);
    assert_int_equal(tz_offset(&zone, 2215061999), -18000);
    assert_int_equal(tz_offset(&zone, 2215062000), -14400);
    assert_int_equal(tz_load(STR("Asia/Kolkata"), &mem, &zone), 0);
    assert_int_equal(tz_offset(&zone, 1710053999), 19800);
    setenv("TZDIR", "/nowhere", 1);
    int r = tz_load(STR("America/New_York"), &mem, &zone);
    unsetenv("TZDIR");
    assert_int_equal(r, -ENODATA);
    arena_done(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_of_a_file),
        cmocka_unit_test(rules),
        cmocka_unit_test(texts_that_are_no_rules),
        cmocka_unit_test(zones_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
