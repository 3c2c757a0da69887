#include "metrics/names.h"

#include "tests/support/test.h"

static void legal_names(void **state)
{
    (void)state;
    static const struct {
        struct str name;
        bool metric, label;
    } cases[] = {
        { STR_INIT(""), false, false },         { STR_INIT("a"), true, true },
        { STR_INIT("_"), true, true },          { STR_INIT("a9"), true, true },
        { STR_INIT("9a"), false, false },       { STR_INIT("a:b"), true, false },
        { STR_INIT(":a"), true, false },        { STR_INIT("a-b"), false, false },
        { STR_INIT("a\0b"), false, false },     { STR_INIT("Zz_09"), true, true },
        { STR_INIT("\xC3\xA9"), false, false },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_int_equal(metric_name_legal(cases[i].name), cases[i].metric);
        assert_int_equal(label_name_legal(cases[i].name), cases[i].label);
    }
}

static void names_from_keys(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "" },
        { "app", "app" },
        { "app.kubernetes.io/name", "app_kubernetes_io_name" },
        { "fooBar/x", "foo_bar_x" },
        { "HTTPServer", "httpserver" },
        { "ipV4Addr6Fam", "ip_v4_addr6_fam" },
        { "x-Y", "x_y" },
        { "a_B", "a_b" },
        { "\xC3\xA9t\xC3\xA9", "_t_" },             /* two bytes, one character */
        { "\xE4\xB8\x96\xF0\x9F\x98\x80.", "___" }, /* three and four bytes */
        { "\xFF\xFE", "__" },                       /* no characters at all */
        { "\xC3", "_" },                            /* one that is cut off */
        { "\xE4\xB8", "__" },
        { "\xED\xA0\x80", "___" }, /* a surrogate */
        { "\xC0\x80", "__" },      /* an overlong NUL */
        { "\xF4\x90\x80\x80", "____" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        auto_buf struct buf out = BUF_INIT(1000);
        label_name_from_key(str_of(cases[i][0]), &out);
        assert_str_equal(buf_str(&out), cases[i][1]);
    }
}

#define PAIRS_MAX 8

static void names_that_collide(void **state)
{
    (void)state;
    static const struct {
        const char *keys[PAIRS_MAX], *names[PAIRS_MAX];
    } cases[] = {
        { { "b", "a" }, { "label_a", "label_b" } },
        { { "foo-bar", "foo_bar" }, { "label_foo_bar_conflict1", "label_foo_bar_conflict2" } },
        { { "foo", "FOO" }, { "label_foo_conflict1", "label_foo_conflict2" } },
        { { "a-b", "a.b", "a_b" },
          { "label_a_b_conflict1", "label_a_b_conflict2", "label_a_b_conflict3" } },
        { { "a-b", "a_b", "a_b_conflict1" },
          { "label_a_b_conflict1_conflict1", "label_a_b_conflict2",
            "label_a_b_conflict1_conflict2" } },
        /* A name that stands already is passed over when suffixes are given. */
        { { "A_conflict1", "a", "a_" }, { "label_a_conflict1", "label_a", "label_a_" } },
        { { "FOO_conflict1", "Foo", "foo" },
          { "label_foo_conflict1", "label_foo_conflict2", "label_foo_conflict3" } },
    };
    struct arena mem;
    arena_init(&mem, 1 << 20);
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct metric_label pairs[PAIRS_MAX], *got;
        size_t n = 0;
        for (; cases[i].keys[n]; n++) {
            pairs[n].name = pairs[n].value = str_of(cases[i].keys[n]);
        }
        assert_int_equal(label_names_from_pairs(pairs, n, STR("label_"), &mem, &got), 0);
        for (size_t k = 0; k < n; k++) {
            assert_str_equal(got[k].name, cases[i].names[k]);
            assert_true(k == 0 || str_cmp(got[k - 1].value, got[k].value) < 0);
        }
    }
    arena_done(&mem);
}

static void no_pairs_and_no_memory(void **state)
{
    (void)state;
    struct arena mem;
    struct metric_label *got;
    arena_init(&mem, 1 << 20);
    assert_int_equal(label_names_from_pairs(NULL, 0, STR("label_"), &mem, &got), 0);
    arena_done(&mem);
    arena_init(&mem, 150);
    const struct metric_label pairs[] = { { STR_INIT("a"), STR_INIT("") },
                                          { STR_INIT("A"), STR_INIT("") } };
    assert_int_equal(label_names_from_pairs(pairs, 2, STR("label_"), &mem, &got), -ENOMEM);
    arena_done(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legal_names),
        cmocka_unit_test(names_from_keys),
        cmocka_unit_test(names_that_collide),
        cmocka_unit_test(no_pairs_and_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
