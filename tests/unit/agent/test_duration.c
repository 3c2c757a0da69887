#include "agent/options/duration.h"

#include "tests/support/test.h"

struct good {
    const char *text;
    uint64_t ns;
};

static void reads_what_go_reads(void **state)
{
    static const struct good cases[] = {
        { "0", 0 },
        { "30s", UINT64_C(30000000000) },
        { "1h30m", UINT64_C(5400000000000) },
        { "1.5s", UINT64_C(1500000000) },
        { ".5m", UINT64_C(30000000000) },
        { "5.m", UINT64_C(300000000000) },
        { "300ms", 300000000 },
        { "1us", 1000 },
        { "2\xc2\xb5s", 2000 },
        { "7ns", 7 },
        { "0.1234567891s", 123456789 },
        { "1h1m1.001s", UINT64_C(3661001000000) },
        { "2562047h47m16.854775807s", INT64_MAX },
    };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        uint64_t ns = 1;
        assert_int_equal(duration_parse(str_of(cases[i].text), &ns), 0);
        assert_int_equal(ns, cases[i].ns);
    }
}

static void refuses_the_rest(void **state)
{
    static const char *const cases[] = { "",    "5",    "s",   "-5s", "+5s",
                                         "1 s", "5sm",  "1h2", ".s",  "1.2.3s",
                                         "5d",  "1e3s", "∞",   "5S",  "2562048h" };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        uint64_t ns = 77;
        assert_true(duration_parse(str_of(cases[i]), &ns) < 0);
        assert_int_equal(ns, 77);
    }
}

static void reads_sizes(void **state)
{
    uint64_t bytes;
    (void)state;
    assert_int_equal(size_parse(STR("0"), &bytes), 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(size_parse(STR("64Mi"), &bytes), 0);
    assert_int_equal(bytes, 64 << 20);
    assert_int_equal(size_parse(STR("64MiB"), &bytes), 0);
    assert_int_equal(bytes, 64 << 20);
    assert_int_equal(size_parse(STR("3k"), &bytes), 0);
    assert_int_equal(bytes, 3000);
    assert_int_equal(size_parse(STR("16777216Ti"), &bytes), -ERANGE);
    assert_int_equal(size_parse(STR("Mi"), &bytes), -EINVAL);
    assert_int_equal(size_parse(STR("-1"), &bytes), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_go_reads),
        cmocka_unit_test(refuses_the_rest),
        cmocka_unit_test(reads_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
