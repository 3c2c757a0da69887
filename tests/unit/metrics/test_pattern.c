#include "metrics/pattern.h"

#include "tests/support/test.h"

static void matches_anywhere_unless_anchored(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct pattern *p =
        pattern_new("--x", STR("^(z?ram|loop|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$"), &err);
    assert_non_null(p);
    assert_true(pattern_matches(p, STR("sda1")));
    assert_true(pattern_matches(p, STR("nvme0n1p2")));
    assert_false(pattern_matches(p, STR("sda")));
    assert_false(pattern_matches(p, STR("sda1\n")));
    assert_false(pattern_matches(p, STR("")));
    pattern_free(p);
    p = pattern_new("--x", STR("eth"), &err);
    assert_true(pattern_matches(p, STR("veth0")));
    pattern_free(p);
    pattern_free(NULL);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct err err = { 0 };
    assert_null(pattern_new("--collector.x", STR("a(b"), &err));
    assert_int_equal(err.code, EINVAL);
    assert_true(str_starts(str_of(err.text), STR("--collector.x: \"a(b\"")));
}

static void does_not_backtrack_without_end(void **state)
{
    (void)state;
    struct err err = { 0 };
    char text[64];
    struct pattern *p = pattern_new("--x", STR("^(a+)+$"), &err);
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = 'b';
    assert_false(pattern_matches(p, (struct str){ text, sizeof(text) }));
    pattern_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_anywhere_unless_anchored),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(does_not_backtrack_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
