#include "metrics/selection.h"

#include "tests/support/test.h"

static const struct metric_family info = { .name = "kube_pod_info" };
static const struct metric_family created = { .name = "kube_pod_created" };
static const struct metric_family selectors = { .name = "kube_pod_nodeselectors", .opt_in = true };

static void without_a_selection_opt_in_rows_are_left_out(void **state)
{
    (void)state;
    assert_true(metric_selected(NULL, &info));
    assert_false(metric_selected(NULL, &selectors));
    struct metric_selection *s = metric_selection_new(NULL, 0, NULL, 0, NULL, 0, NULL);
    assert_true(metric_selected(s, &info));
    assert_false(metric_selected(s, &selectors));
    metric_selection_free(s);
    metric_selection_free(NULL);
}

static void expressions_are_unanchored(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        bool info, created;
    } cases[] = {
        { "pod_in", true, false },
        { "^kube_pod", true, true },
        { "^pod", false, false },
        { "_created$", false, true },
        { "kube_pod_(info|labels)", true, false },
        { "kube_pod_(?:info|created)$", true, true },
        { "kube_.*_c.eated", false, true },
        { "\\d", false, false },
        { "^kube_(?!pod_info$)", false, true },
        { "(?<!pod)_created", false, false },
        { "^kube_pod_(?=i)", true, false },
        { "(?<!x)_created", false, true },
        { "kube_pod_\\w+?nfo", true, false },
        { "(kube)_pod_created\\1", false, false },
        { "\\u006bube_\\x70od_info", true, false },
        { "(x)?kube_pod_info\\1", true, false },
        { "kube_pod_in[^]o", true, false },
        { "kube_pod_info[]", false, false },
        { "kube_pod_info\n?$", true, false },
        { "", true, true },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct str list[] = { STR_INIT("no such family"), str_of(cases[i].expression) };
        struct metric_selection *s = metric_selection_new(list, 2, NULL, 0, NULL, 0, NULL);
        assert_non_null(s);
        assert_int_equal(metric_selected(s, &info), cases[i].info);
        assert_int_equal(metric_selected(s, &created), cases[i].created);
        metric_selection_free(s);
        s = metric_selection_new(NULL, 0, list, 2, NULL, 0, NULL);
        assert_int_equal(metric_selected(s, &info), !cases[i].info);
        assert_int_equal(metric_selected(s, &created), !cases[i].created);
        metric_selection_free(s);
    }
}

static void digits_have_a_short_form(void **state)
{
    (void)state;
    static const struct metric_family load = { .name = "node_load15" };
    const struct str list[] = { STR_INIT("load\\d\\d$") };
    struct metric_selection *s = metric_selection_new(list, 1, NULL, 0, NULL, 0, NULL);
    assert_true(metric_selected(s, &load));
    assert_false(metric_selected(s, &info));
    metric_selection_free(s);
}

static void opt_in_rows_must_pass_both(void **state)
{
    (void)state;
    const struct str in[] = { STR_INIT("nodeselectors") }, deny[] = { STR_INIT("kube_pod_node") };
    struct metric_selection *s = metric_selection_new(NULL, 0, NULL, 0, in, 1, NULL);
    assert_true(metric_selected(s, &selectors));
    assert_true(metric_selected(s, &info));
    metric_selection_free(s);
    s = metric_selection_new(NULL, 0, deny, 1, in, 1, NULL);
    assert_false(metric_selected(s, &selectors));
    metric_selection_free(s);
    s = metric_selection_new(in, 1, NULL, 0, NULL, 0, NULL);
    assert_false(metric_selected(s, &selectors));
    metric_selection_free(s);
}

static void faults_are_named(void **state)
{
    (void)state;
    static const struct {
        struct str expression;
        const char *said;
    } cases[] = {
        { STR_INIT("kube_("),
          "\"kube_(\" is not a regular expression: missing closing parenthesis, "
          "at offset 6" },
        { STR_INIT("ab**+*"), "quantifier does not follow a repeatable item, at offset 3" },
        { STR_INIT("[a"), "missing terminating ] for character class, at offset 2" },
        { STR_INIT("a\\"), "\\ at end of pattern, at offset 2" },
        { STR_INIT("(?<=a+)b"), "lookbehind assertion is not fixed length, at offset 0" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct str list[] = { STR_INIT("fine"), cases[i].expression };
        struct err err = { 0 };
        assert_null(metric_selection_new(NULL, 0, list, 2, NULL, 0, &err));
        assert_int_equal(err.code, EINVAL);
        assert_non_null(strstr(err.text, "denylist"));
        assert_non_null(strstr(err.text, cases[i].said));
    }
    const struct str any[] = { STR_INIT("a") };
    struct err err = { 0 };
    assert_null(metric_selection_new(any, 1, any, 1, NULL, 0, &err));
    assert_int_equal(err.code, EINVAL);
    assert_non_null(strstr(err.text, "exclude"));
}

/* (a+)+b over a row of a's: every split of them is tried. */
static void an_expression_that_does_not_end_is_given_up(void **state)
{
    (void)state;
    static const struct metric_family row = {
        .name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"
    };
    const struct str endless[] = { STR_INIT("^(a+)+$") };
    const struct str two[] = { STR_INIT("^(a+)+$"), STR_INIT("c$") };
    struct metric_selection *s = metric_selection_new(endless, 1, NULL, 0, NULL, 0, NULL);
    assert_false(metric_selected(s, &row));
    assert_false(metric_selected(s, &info));
    metric_selection_free(s);
    s = metric_selection_new(NULL, 0, endless, 1, NULL, 0, NULL);
    assert_false(metric_selected(s, &row));
    assert_true(metric_selected(s, &info));
    metric_selection_free(s);
    s = metric_selection_new(two, 2, NULL, 0, NULL, 0, NULL);
    assert_true(metric_selected(s, &row));
    metric_selection_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_selection_opt_in_rows_are_left_out),
        cmocka_unit_test(expressions_are_unanchored),
        cmocka_unit_test(digits_have_a_short_form),
        cmocka_unit_test(opt_in_rows_must_pass_both),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(an_expression_that_does_not_end_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
