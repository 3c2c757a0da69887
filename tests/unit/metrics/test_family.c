#include "metrics/family.h"

#include "tests/support/test.h"

struct all_kinds {
    uint64_t present, u64;
    int64_t i64;
    uint32_t u32;
    int32_t i32;
    double f64;
    bool yes;
};

static double value_of(struct metric_field field)
{
    static const struct all_kinds sample = {
        .present = 5, .u64 = 42, .i64 = -7, .u32 = 4000000000, .i32 = -3, .f64 = 0.25, .yes = true
    };
    struct metric_family row = { .field = field };
    return metric_field_value(&row, &sample);
}

#define VALUE_OF(member, factor)                                                                   \
    value_of((struct metric_field)METRIC_FIELD(struct all_kinds, member, factor))

static void fields_of_every_kind(void **state)
{
    (void)state;
    assert_true(VALUE_OF(u64, 1) == 42);
    assert_true(VALUE_OF(u64, 0) == 42);
    assert_true(VALUE_OF(i64, 1) == -7);
    assert_true(VALUE_OF(u32, 1) == 4e9);
    assert_true(VALUE_OF(i32, 2) == -6);
    assert_true(VALUE_OF(f64, 1024) == 256);
    assert_true(VALUE_OF(yes, 1) == 1);
    assert_true(value_of((struct metric_field){ 0 }) == 0);
}

/* The peers divide; a product would show its rounding ("4.2000000000000004e-05"). */
static void fractions_divide(void **state)
{
    (void)state;
    static const double ten[] = { 1e-3, 1e-6, 1e-9 }, divisor[] = { 1e3, 1e6, 1e9 };
    for (size_t i = 0; i < KG_ARRAY_LEN(ten); i++) {
        for (uint64_t v = 1; v < 3000; v += 7) {
            struct metric_family row = { .field = { .kind = METRIC_FIELD_U64, .factor = ten[i] } };
            assert_true(metric_field_value(&row, &v) == (double)v / divisor[i]);
        }
    }
    assert_true(VALUE_OF(u64, 0.3) == 42 * 0.3); /* one over nothing whole */
}

static void presence(void **state)
{
    (void)state;
    struct all_kinds sample = { .present = 5 };
    struct metric_subject subject = { .present_at = offsetof(struct all_kinds, present) };
    assert_int_equal(metric_present(&subject, &sample), 5);
    subject.present_at = METRIC_NO_PRESENCE;
    assert_true(metric_present(&subject, &sample) == UINT64_MAX);
}

static const struct metric_family rows[] = { { .labels = METRIC_LABELS("a", "b") }, { 0 } };
static const struct metric_subject subject = { .labels = METRIC_LABELS("c"),
                                               .rows = rows,
                                               .n_rows = KG_ARRAY_LEN(rows) };
static const struct metric_subject bare = { .n_rows = 0 };

static void label_lists(void **state)
{
    (void)state;
    assert_int_equal(metric_label_count(rows[0].labels), 2);
    assert_int_equal(metric_label_count(rows[1].labels), 0);
    assert_true(metric_subject_has_label(&subject, STR("b")));
    assert_true(metric_subject_has_label(&subject, STR("c")));
    assert_false(metric_subject_has_label(&subject, STR("d")));
    assert_false(metric_subject_has_label(&bare, STR("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_every_kind),
        cmocka_unit_test(fractions_divide),
        cmocka_unit_test(presence),
        cmocka_unit_test(label_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
