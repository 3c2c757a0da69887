#include "base/num.h"

#include "tests/support/test.h"

#include <math.h>

static void formats_doubles_as_go_does(void **state)
{
    (void)state;
    static const struct {
        double in;
        const char *out;
    } cases[] = {
        { 0, "0" },
        { -0.0, "-0" },
        { 1, "1" },
        { -1, "-1" },
        { 999999, "999999" },
        { 1000000, "1e+06" },
        { 1234567, "1.234567e+06" },
        { 21000000, "2.1e+07" },
        { 1501569018, "1.501569018e+09" },
        { -62135596800, "-6.21355968e+10" },
        { 0.0001, "0.0001" },
        { 0.00001, "1e-05" },
        { 0.00012345, "0.00012345" },
        { 0.1, "0.1" },
        { 0.3, "0.3" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 3.92, "3.92" },
        { 12.345678, "12.345678" },
        { 123456.789, "123456.789" },
        { 1234567.891, "1.234567891e+06" },
        { 100, "100" },
        { 1.5, "1.5" },
        { 1e21, "1e+21" },
        { 1e100, "1e+100" },
        { 5e-324, "5e-324" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 9007199254740992, "9.007199254740992e+15" },
        { 18446744073709551615.0, "1.8446744073709552e+19" },
        { 1.0 / 3.0, "0.3333333333333333" },
        { 2.0 / 3.0, "0.6666666666666666" },
        { 1e-9, "1e-09" },
        { 1.23e-9, "1.23e-09" },
    };
    char out[NUM_TEXT_MAX];
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        size_t n = num_format_double(out, cases[i].in);
        assert_str_equal(((struct str){ out, n }), cases[i].out);
    }
    assert_str_equal(((struct str){ out, num_format_double(out, (double)NAN) }), "NaN");
    assert_str_equal(((struct str){ out, num_format_double(out, (double)INFINITY) }), "+Inf");
    assert_str_equal(((struct str){ out, num_format_double(out, -(double)INFINITY) }), "-Inf");
}

/* Whatever the bits, the text must read back as the same number and fit its promise. */
static void doubles_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ULL;
    for (int i = 0; i < 200000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        double v;
        if (i % 3 == 0) {
            memcpy(&v, &seed, sizeof(v));
        } else {
            v = (double)(seed % 1000000000000ULL) / (i % 3 == 1 ? 1e6 : 1e9);
        }
        if (isnan(v) || isinf(v)) {
            continue;
        }
        char out[NUM_TEXT_MAX + 1];
        size_t n = num_format_double(out, v);
        assert_true(n < NUM_TEXT_MAX);
        out[n] = '\0';
        double back = strtod(out, NULL);
        assert_memory_equal(&back, &v, sizeof(v));
        double scanned;
        assert_int_equal(num_scan_double((struct str){ out, n }, &scanned), 0);
        assert_memory_equal(&scanned, &v, sizeof(v));
    }
}

static void scans_integers(void **state)
{
    (void)state;
    uint64_t u;
    int64_t i;
    assert_int_equal(num_scan_u64(STR("18446744073709551615"), &u), 0);
    assert_true(u == UINT64_MAX);
    assert_int_equal(num_scan_u64(STR("18446744073709551616"), &u), -ERANGE);
    assert_int_equal(num_scan_u64(STR(""), &u), -EINVAL);
    assert_int_equal(num_scan_u64(STR("-1"), &u), -EINVAL);
    assert_int_equal(num_scan_u64(STR("1 "), &u), -EINVAL);
    assert_int_equal(num_scan_u64(STR("99999999999999999999x"), &u), -EINVAL);
    assert_int_equal(num_scan_i64(STR("-9223372036854775808"), &i), 0);
    assert_true(i == INT64_MIN);
    assert_int_equal(num_scan_i64(STR("9223372036854775808"), &i), -ERANGE);
    assert_int_equal(num_scan_i64(STR("-"), &i), -EINVAL);
    assert_int_equal(num_scan_i64(STR("+5"), &i), -EINVAL);
    assert_int_equal(num_scan_signed(STR("+5"), &i), 0);
    assert_int_equal(i, 5);
    assert_int_equal(num_scan_signed(STR("-6"), &i), 0);
    assert_int_equal(i, -6);
    assert_int_equal(num_scan_signed(STR("+-6"), &i), -EINVAL);
    assert_int_equal(num_scan_signed(STR("++6"), &i), -EINVAL);
    assert_int_equal(num_scan_signed(STR("+"), &i), -EINVAL);
    assert_int_equal(num_scan_hex(STR("fFff"), &u), 0);
    assert_int_equal(u, 0xffff);
    assert_int_equal(num_scan_hex(STR("10000000000000000"), &u), -ERANGE);
    assert_int_equal(num_scan_hex(STR("0x1"), &u), -EINVAL);
}

static void scans_doubles_strictly(void **state)
{
    (void)state;
    double v;
    static const char *const bad[] = { "",   "-",  ".",     "1e", "1e+",  "0x10",
                                       " 1", "1 ", "1.2.3", "e5", "infin" };
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        assert_int_equal(num_scan_double(str_of(bad[i]), &v), -EINVAL);
    }
    assert_int_equal(num_scan_double(STR("1e999"), &v), -ERANGE);
    assert_int_equal(num_scan_double(STR("+Inf"), &v), 0);
    assert_true(isinf(v));
    assert_int_equal(num_scan_double(STR(".5"), &v), 0);
    assert_true(v == 0.5);
    assert_int_equal(num_scan_double(STR("-1.25e2"), &v), 0);
    assert_true(v == -125);
}

static void formats_integers(void **state)
{
    (void)state;
    char out[NUM_TEXT_MAX];
    assert_str_equal(((struct str){ out, num_format_u64(out, 0) }), "0");
    assert_str_equal(((struct str){ out, num_format_u64(out, UINT64_MAX) }),
                     "18446744073709551615");
    assert_str_equal(((struct str){ out, num_format_i64(out, INT64_MIN) }), "-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_doubles_as_go_does),
        cmocka_unit_test(doubles_round_trip),
        cmocka_unit_test(scans_integers),
        cmocka_unit_test(scans_doubles_strictly),
        cmocka_unit_test(formats_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
