#include "kube/object/cron.h"
#include "kube/object/json_get.h"

#include "base/limits.h"
#include "tests/support/cmocka.h"
#include "tests/support/reference.h"

#define REFUSED INT64_C(-1)
#define NEVER JSON_TIME_ZERO

static int64_t next_of(struct str text, struct str zone, int64_t after, bool quirks)
{
    struct arena mem;
    struct cron_schedule schedule;
    int64_t next = NEVER;
    arena_init(&mem, 1 * MIB);
    int r = cron_parse(text, zone, quirks, &mem, &schedule);
    assert_true(r == 0 || r == -EINVAL);
    if (r < 0) {
        next = REFUSED;
    } else if (cron_next(&schedule, after, &next)) {
        assert_true(next > after);
    }
    arena_done(&mem);
    return next;
}

static void check_vector(const json_t *line, void *arg)
{
    (void)arg;
    const json_t *next = json_object_get(line, "next");
    struct str text = reference_str(line, "schedule"), zone = reference_str(line, "timeZone");
    bool local = str_eq_c(zone, "Local") || (!zone.p && str_find(text, 'T') < 0);
    int64_t want =
        json_is_true(json_object_get(line, "invalid")) ? REFUSED : json_integer_value(next);
    if (local) { /* the reference ran where local time is UTC */
        setenv("TZ", "UTC", 1);
    }
    int64_t have = next_of(text, zone, json_integer_value(json_object_get(line, "last")), true);
    if (local) {
        unsetenv("TZ");
    }
    if (have != want) {
        fail_msg("\"" STR_FMT "\" in \"" STR_FMT "\": %lld, not %lld", STR_ARG(text), STR_ARG(zone),
                 (long long)have, (long long)want);
    }
}

static void reference_vectors(void **state)
{
    (void)state;
    int n = reference_each("ksm/vectors.jsonl", "kind", "cron", check_vector, NULL);
    if (n != -1) {
        assert_in_range(n, 159, 100000);
    }
}

/* Mostly the time after 2026-03-04T05:06:07Z, a Wednesday. */
static void as_the_controller_and_as_ksm(void **state)
{
    (void)state;
    static const struct {
        const char *text, *zone;
        int64_t after, want, want_quirks;
    } table[] = {
        { "* * * * *", "UTC", 1772600767, 1772600820, 1772600820 },
        { "0 0 13 * 5", "UTC", 1772600767, 1772755200, 1773360000 },
        { "0 0 1,15 * mon", "UTC", 1772600767, 1773014400, 1780272000 },
        { "0 0 */10 * 5", "UTC", 1772600767, 1772755200, 1777593600 },
        { "0 0 * * 7", "UTC", 1772600767, REFUSED, 1772928000 },
        { "0 0 * * FRI-MON", "UTC", 1772600767, REFUSED, 1772755200 },
        { "0 22-2 * * *", "UTC", 1772600767, REFUSED, 1772661600 },
        { "*/120 4-22 * * *", "UTC", 1772600767, 1772604000, REFUSED },
        { "0 0 */31 * *", "UTC", 1772600767, 1775001600, REFUSED },
        { "@every 500ms", "UTC", 1772600767, 1772600768, REFUSED },
        { "@every -5m", "UTC", 1772600767, 1772600768, REFUSED },
        { "@every 1h1.5s", "UTC", 1772600767, 1772604368, 1772604368 },
        { "@every 1x", "UTC", 1772600767, REFUSED, REFUSED },
        { "@every", "UTC", 1772600767, REFUSED, REFUSED },
        { "@every 99999999999h", "UTC", 1772600767, REFUSED, REFUSED },
        { "@none", "UTC", 1772600767, REFUSED, NEVER },
        { "@reboot", "UTC", 1772600767, REFUSED, REFUSED },
        { "0 0 30 2 *", "UTC", 1772600767, NEVER, NEVER },
        { ", * * * *", "UTC", 1772600767, NEVER, NEVER },
        { "0 0 29 2 *", "UTC", 1772600767, 1835395200, 1835395200 },
        { "TZ=Asia/Tokyo 0 0 * * *", "America/New_York", 1772600767, 1772636400, REFUSED },
        { "0 0 * * *", "", 1772600767, 1772668800, REFUSED },
        { "TZ= 0 0 * * *", NULL, 1772600767, 1772668800, REFUSED },
        { "30 2 * * *", "America/New_York", 1772951400, 1773037800, 1772955000 },
        { "30 1 * * *", "America/New_York", 1793511000, 1793514600, 1793514600 },
        { "0 0 * * *", "America/Sao_Paulo", 1541246400, 1541383200, 1541383200 },
        { "0 12 4 11 *", "America/Sao_Paulo", 1541246400, 1541340000, 1541340000 },
        { "1-2-3 * * * *", "UTC", 1772600767, REFUSED, REFUSED },
        { "1/2/3 * * * *", "UTC", 1772600767, REFUSED, REFUSED },
        { "* * * *", "UTC", 1772600767, REFUSED, REFUSED },
        { "* * * * * *", "UTC", 1772600767, REFUSED, REFUSED },
        { "60 * * * *", "UTC", 1772600767, REFUSED, REFUSED },
        { "0 0 0 * *", "UTC", 1772600767, REFUSED, REFUSED },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        for (int quirks = 0; quirks < 2; quirks++) {
            int64_t want = quirks ? table[i].want_quirks : table[i].want;
            int64_t have =
                next_of(str_of(table[i].text), str_of(table[i].zone), table[i].after, quirks);
            if (have != want) {
                fail_msg("\"%s\"%s: %lld, not %lld", table[i].text, quirks ? " with quirks" : "",
                         (long long)have, (long long)want);
            }
        }
    }
}

static void long_texts_are_refused(void **state)
{
    (void)state;
    static char text[LIMIT_CRON_BYTES + 2];
    memset(text, ' ', sizeof(text) - 1);
    memcpy(text, "* * * * *", 9);
    assert_true(next_of((struct str){ text, LIMIT_CRON_BYTES }, STR("UTC"), 0, false) == 60);
    assert_true(next_of(str_of(text), STR("UTC"), 0, false) == REFUSED);
}

static void without_a_zone_database(void **state)
{
    (void)state;
    struct arena mem;
    struct cron_schedule schedule;
    arena_init(&mem, 4096);
    setenv("TZDIR", "/nowhere", 1);
    int named = cron_parse(STR("0 0 * * *"), STR("Europe/Berlin"), false, &mem, &schedule);
    int none = cron_parse(STR("0 0 * * *"), STR("UTC"), false, &mem, &schedule);
    unsetenv("TZDIR");
    assert_int_equal(named, -ENODATA);
    assert_int_equal(none, 0);
    arena_done(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_vectors),
        cmocka_unit_test(as_the_controller_and_as_ksm),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(without_a_zone_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
