#include "kube/object/text_rows.h"

#include "base/limits.h"
#include "tests/support/cmocka.h"

static void texts_of_an_array(void **state)
{
    (void)state;
    struct arena mem;
    struct text_rows rows;
    arena_init(&mem, 1 * MIB);
    const struct kube_decode how = { .mem = &mem };
    json_t *array = json_pack("[s,s,i,n,s,{ss},{s:i},{ss},{ss}]", "b", "", 5, "b", "name", "x",
                              "name", 1, "name", "y", "name", "x");
    assert_non_null(array);
    assert_int_equal(text_rows_of_array(array, NULL, &how, &rows, NULL), 0);
    assert_int_equal(rows.n, 2);
    assert_true(str_eq_c(text_row(&rows, 0)[0], "b"));
    assert_true(str_eq_c(text_row(&rows, 1)[0], ""));
    assert_int_equal(text_rows_of_array(array, "name", &how, &rows, NULL), 0);
    assert_int_equal(rows.n, 3);
    assert_true(str_eq_c(text_row(&rows, 0)[0], "x"));
    assert_true(str_eq_c(text_row(&rows, 1)[0], ""));
    assert_true(str_eq_c(text_row(&rows, 2)[0], "y"));
    assert_int_equal(text_rows_of_array(NULL, NULL, &how, &rows, NULL), 0);
    assert_int_equal(rows.n, 0);
    json_decref(array);
    arena_done(&mem);
}

/* Repeated rows go, whichever column tells others apart; the rest stays in order. */
static void unique(void **state)
{
    (void)state;
    struct arena mem;
    struct text_rows rows;
    arena_init(&mem, 1 * MIB);
    const struct kube_decode how = { .mem = &mem };
    assert_int_equal(text_rows_init(&rows, 7, 2, &how, NULL), 0);
    text_rows_add(&rows, STR("b"), STR("1"));
    text_rows_add(&rows, STR("a"), STR("1"));
    text_rows_add(&rows, STR("b"), STR("2"));
    text_rows_add(&rows, STR("b"), STR("1"));
    text_rows_add(&rows, STR(""), STR("b1"));
    text_rows_add(&rows, STR("b1"), STR(""));
    text_rows_add(&rows, STR("a"), STR("1"));
    assert_int_equal(text_rows_unique(&rows, &how, NULL), 0);
    static const char *const want[][2] = {
        { "b", "1" }, { "a", "1" }, { "b", "2" }, { "", "b1" }, { "b1", "" },
    };
    assert_int_equal(rows.n, KG_ARRAY_LEN(want));
    for (size_t i = 0; i < rows.n; i++) {
        assert_true(str_eq_c(text_row(&rows, i)[0], want[i][0]));
        assert_true(str_eq_c(text_row(&rows, i)[1], want[i][1]));
    }
    assert_int_equal(text_rows_unique(&rows, &how, NULL), 0);
    assert_int_equal(rows.n, KG_ARRAY_LEN(want));
    arena_done(&mem);
}

/* A sort, not a comparison of each with each. */
static void many_rows(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct arena mem;
    struct text_rows rows;
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    const struct kube_decode how = { .mem = &mem };
    static char names[N][8];
    assert_int_equal(text_rows_init(&rows, N, 1, &how, NULL), 0);
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof(names[i]), "%d", i % (N / 2));
        text_rows_add(&rows, str_of(names[i]));
    }
    assert_int_equal(text_rows_unique(&rows, &how, NULL), 0);
    assert_int_equal(rows.n, N / 2);
    assert_true(str_eq_c(text_row(&rows, N / 2 - 1)[0], names[N / 2 - 1]));
    arena_done(&mem);
}

static void no_memory(void **state)
{
    (void)state;
    json_t *array = json_pack("[s,s]", "b", "b");
    int r = -ENOMEM, failures = 0;
    for (size_t max = 0; r < 0 && max < 4096; max += 16) {
        struct arena mem;
        struct text_rows rows = { .n = 42 };
        arena_init(&mem, max);
        const struct kube_decode how = { .mem = &mem };
        r = text_rows_of_array(array, NULL, &how, &rows, NULL);
        assert_true(r == 0 ? rows.n == 1 : r == -ENOMEM && rows.n == 42);
        failures += r < 0;
        arena_done(&mem);
    }
    assert_int_equal(r, 0);
    assert_true(failures > 0);
    json_decref(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_an_array),
        cmocka_unit_test(unique),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
