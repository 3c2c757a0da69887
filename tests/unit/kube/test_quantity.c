#include "base/limits.h"
#include "base/num.h"
#include "kube/object/quantity.h"
#include "tests/support/cmocka.h"
#include "tests/support/reference.h"

struct expected {
    const char *text;
    const char *milli, *whole, *approx; /* NULL: not a quantity */
};

static void check(struct str text, int (*read)(struct str, double *), const char *want,
                  const char *what)
{
    char have[NUM_TEXT_MAX + 1] = "refused";
    double v = -4711;
    int r = read(text, &v);
    if (r == 0) {
        have[num_format_double(have, v)] = 0;
    } else {
        assert_int_equal(r, -EINVAL);
        assert_true(v == -4711);
    }
    if (strcmp(have, want ? want : "refused") != 0) {
        fail_msg("%s of \"" STR_FMT "\": %s, not %s", what, STR_ARG(text), have,
                 want ? want : "refused");
    }
}

static void check_all(struct str text, const char *milli, const char *whole, const char *approx)
{
    check(text, quantity_milli, milli, "milli");
    check(text, quantity_whole, whole, "whole");
    check(text, quantity_approx, approx, "approx");
}

static void own_table(void **state)
{
    (void)state;
    static const struct expected table[] = {
        { "0", "0", "0", "0" },
        { "7", "7", "7", "7" },
        { "-3", "-3", "-3", "-3" },
        { "+3", "3", "3", "3" },
        { "0007", "7", "7", "7" },
        { "300m", "0.3", "1", "0.3" },
        { "2750m", "2.75", "3", "2.75" },
        { "-2750m", "-2.75", "-3", "-2.75" },
        { "0.25", "0.25", "1", "0.25" },
        { ".75", "0.75", "1", "0.75" },
        { "6.", "6", "6", "6" },
        { "12u", "0.001", "1", "1.2e-05" },
        { "3001u", "0.004", "1", "0.0030009999999999998" },
        { "5n", "0.001", "1", "5e-09" },
        { "2k", "2000", "2000", "2000" },
        { "3M", "3e+06", "3e+06", "3e+06" },
        { "4G", "4e+09", "4e+09", "4e+09" },
        { "5T", "5e+12", "5e+12", "5e+12" },
        { "6P", "6e+15", "6e+15", "6e+15" },
        { "2E", "2e+18", "2e+18", "2e+18" },
        { "3Ki", "3072", "3072", "3072" },
        { "64Mi", "6.7108864e+07", "6.7108864e+07", "6.7108864e+07" },
        { "512Gi", "5.49755813888e+11", "5.49755813888e+11", "5.49755813888e+11" },
        { "2Ti", "2.199023255552e+12", "2.199023255552e+12", "2.199023255552e+12" },
        { "2Pi", "2.251799813685248e+15", "2.251799813685248e+15", "2.251799813685248e+15" },
        { "0.5Mi", "524288", "524288", "524288" },
        { "1.2Ki", "1228.8", "1229", "1228.8000000000002" },
        { "2e3", "2000", "2000", "2000" },
        { "2E-2", "0.02", "1", "0.02" },
        { "2e+2", "200", "200", "200" },
        /* Beyond int64: a small number with a large exponent gives 0 … */
        { "20E", "0", "0", "2e+19" },
        { "1e400", "0", "0", "+Inf" },
        { "0e2000000000", "0", "0", "0" },
        /* … a long one wraps; a binary one is capped. */
        { "18446744073709551617", "1", "1", "1.8446744073709552e+19" },
        { "1000000000000000000000000000000e2000000000", "0", "0", "+Inf" },
        { "100Ei", "9.223372036854776e+18", "9.223372036854776e+18", "9.223372036854776e+18" },
        /* Below 1e-9: away from zero, except that a negative one is rounded up once more. */
        { "0.0000000000001", "0.001", "1", "1e-09" },
        { "5e-2000000000", "0.001", "1", "1e-09" },
        { "-5e-12", "0.001", "1", "-1e-09" },
        { "\t 9Ki \n", "9216", "9216", "9216" },
        { "+", "0", "0", "0" },
        { "", NULL, NULL, NULL },
        { " ", NULL, NULL, NULL },
        { "Ki", "0", "0", "0" },
        { "m", "0", "0", "0" },
        { "e", NULL, NULL, NULL },
        { "3K", NULL, NULL, NULL },
        { "3kI", NULL, NULL, NULL },
        { "3Kib", NULL, NULL, NULL },
        { "3 Mi", NULL, NULL, NULL },
        { "3e", NULL, NULL, NULL },
        { "3e+-2", NULL, NULL, NULL },
        { "3e1.5", NULL, NULL, NULL },
        { "3e99999999999999999999", NULL, NULL, NULL },
        { "3Mi5", NULL, NULL, NULL },
        { "3-5", NULL, NULL, NULL },
        { "1.2.3", NULL, NULL, NULL },
        { "++1", NULL, NULL, NULL },
        { "NaN", NULL, NULL, NULL },
        { "Inf", NULL, NULL, NULL },
        { "-.e-20", NULL, NULL, NULL },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        check_all(str_of(table[i].text), table[i].milli, table[i].whole, table[i].approx);
    }
}

static void length_is_bounded(void **state)
{
    (void)state;
    char digits[LIMIT_QUANTITY_BYTES + 1];
    memset(digits, '0', sizeof(digits));
    digits[LIMIT_QUANTITY_BYTES - 1] = '8';
    check_all((struct str){ digits, LIMIT_QUANTITY_BYTES }, "8", "8", "8");
    check_all((struct str){ digits, sizeof(digits) }, NULL, NULL, NULL);
    memset(digits, '9', sizeof(digits));
    double v;
    assert_int_equal(quantity_approx((struct str){ digits, LIMIT_QUANTITY_BYTES }, &v), 0);
    assert_true(v > 9e255 && v < 2e256);
    memcpy(digits + sizeof(digits) - 3, "Ei", 2);
    check_all((struct str){ digits, LIMIT_QUANTITY_BYTES }, "9.223372036854776e+18",
              "9.223372036854776e+18", "9.223372036854776e+18");
}

static void check_vector(const json_t *vector, void *arg)
{
    (void)arg;
    if (json_is_true(json_object_get(vector, "error"))) {
        check_all(reference_str(vector, "in"), NULL, NULL, NULL);
        return;
    }
    check_all(reference_str(vector, "in"), reference_str(vector, "ksm_convert").p,
              reference_str(vector, "ksm_value").p, reference_str(vector, "approx").p);
}

static void reference_vectors(void **state)
{
    (void)state;
    int n = reference_each("ksm/vectors.jsonl", "kind", "quantity", check_vector, NULL);
    if (n != -1) {
        assert_in_range(n, 128, 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_table),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(reference_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
