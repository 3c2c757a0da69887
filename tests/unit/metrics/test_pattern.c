#include "metrics/pattern.h"

#include "tests/support/test.h"

static void matches_anywhere_unless_anchored(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct pattern *p = pattern_new(
        "--x", PATTERN_NAME, STR("^(z?ram|loop|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$"), &err);
    assert_non_null(p);
    assert_int_equal(pattern_match(p, STR("sda1")), PATTERN_MATCH);
    assert_int_equal(pattern_match(p, STR("nvme0n1p2")), PATTERN_MATCH);
    assert_int_equal(pattern_match(p, STR("sda")), PATTERN_NO_MATCH);
    assert_int_equal(pattern_match(p, STR("sda1\n")), PATTERN_NO_MATCH);
    assert_int_equal(pattern_match(p, STR("")), PATTERN_NO_MATCH);
    pattern_free(p);
    p = pattern_new("--x", PATTERN_NAME, STR("eth"), &err);
    assert_int_equal(pattern_match(p, STR("veth0")), PATTERN_MATCH);
    pattern_free(p);
    pattern_free(NULL);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct err err = { 0 };
    assert_null(pattern_new("--collector.x", PATTERN_NAME, STR("a(b"), &err));
    assert_int_equal(err.code, EINVAL);
    assert_true(str_starts(str_of(err.text), STR("--collector.x: \"a(b\"")));
}

static enum pattern_verdict verdict(enum pattern_kind kind, const char *expression, struct str text)
{
    struct pattern *p = pattern_new("--x", kind, str_of(expression), NULL);
    assert_non_null(p);
    enum pattern_verdict found = pattern_match(p, text);
    pattern_free(p);
    return found;
}

static void each_kind_has_its_syntax(void **state)
{
    (void)state;
    assert_int_equal(verdict(PATTERN_FAMILY_ECMASCRIPT, "\\u0061[^]", STR("ab")), PATTERN_MATCH);
    assert_int_equal(verdict(PATTERN_FAMILY_ECMASCRIPT, "a[]", STR("ab")), PATTERN_NO_MATCH);
    assert_int_equal(verdict(PATTERN_FAMILY, "[]a]b", STR("]b")), PATTERN_MATCH);
    assert_int_equal(verdict(PATTERN_NAME, "[]a]b", STR("]b")), PATTERN_MATCH);
    assert_null(pattern_new("--x", PATTERN_NAME, STR("a[^]"), NULL));
}

/* (a+)+b over a row of a's: every split of them is tried, twice as many for one more. */
static void does_not_backtrack_without_end(void **state)
{
    (void)state;
    char text[64];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = 'b';
    struct str whole = { text, sizeof(text) };
    for (enum pattern_kind kind = PATTERN_NAME; kind <= PATTERN_FAMILY_ECMASCRIPT; kind++) {
        assert_int_equal(verdict(kind, "^(a+)+$", whole), PATTERN_NO_VERDICT);
        assert_int_equal(verdict(kind, "^(a+)+$", str_from(whole, 55)), PATTERN_NO_MATCH);
    }
    /* What is asked once may take longer than what is asked at every reading. */
    assert_int_equal(verdict(PATTERN_NAME, "^(a+)+$", str_from(whole, 47)), PATTERN_NO_VERDICT);
    assert_int_equal(verdict(PATTERN_FAMILY, "^(a+)+$", str_from(whole, 47)), PATTERN_NO_MATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_anywhere_unless_anchored),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(each_kind_has_its_syntax),
        cmocka_unit_test(does_not_backtrack_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
