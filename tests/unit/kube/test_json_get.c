#include "kube/object/json_get.h"

#include "kube/object/quantity.h"
#include "tests/support/cmocka.h"

static json_t *object(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

static void members_of_their_type(void **state)
{
    (void)state;
    json_t *o = object("{\"s\":\"text\",\"e\":\"\",\"t\":true,\"f\":false,\"i\":-7,"
                       "\"time\":\"2026-01-02T03:04:05Z\",\"o\":{\"x\":1},\"a\":[1]}");
    assert_true(str_eq_c(json_get_str(o, "s"), "text"));
    assert_true(json_get_str(o, "e").p != NULL && json_get_str(o, "e").n == 0);
    assert_true(json_get_true(o, "t"));
    assert_false(json_get_true(o, "f"));
    assert_int_equal(json_get_i64(o, "i"), -7);
    assert_true(str_eq_c(json_get_bool_text(o, "t"), "true"));
    assert_true(str_eq_c(json_get_bool_text(o, "f"), "false"));
    assert_int_equal(json_get_time(o, "time"), 1767323045);
    assert_int_equal(json_object_size(json_get_object(o, "o")), 1);
    assert_int_equal(json_array_size(json_get_array(o, "a")), 1);
    json_decref(o);
}

static void digits_of_integers(void **state)
{
    (void)state;
    json_t *o = object("{\"i\":-7,\"s\":\"7\",\"r\":7.5}");
    struct arena mem;
    struct str text;
    arena_init(&mem, 4096);
    assert_int_equal(json_get_i64_text(o, "i", &mem, &text), 0);
    assert_true(str_eq_c(text, "-7"));
    static const char *const others[] = { "s", "r", "absent" };
    for (size_t i = 0; i < KG_ARRAY_LEN(others); i++) {
        text = STR("before");
        assert_int_equal(json_get_i64_text(o, others[i], &mem, &text), 0);
        assert_true(str_empty(text));
        assert_true(str_empty(json_get_bool_text(o, others[i])));
    }
    arena_done(&mem);
    arena_init(&mem, 0);
    assert_int_equal(json_get_i64_text(o, "i", &mem, &text), -ENOMEM);
    arena_done(&mem);
    json_decref(o);
}

static void absent_null_and_wrong_types_are_absent(void **state)
{
    (void)state;
    json_t *o = object("{\"n\":null,\"s\":\"text\",\"t\":true,\"i\":5,\"r\":1.5,\"o\":{},\"a\":[],"
                       "\"day\":\"2026-01-02\"}");
    static const char *const keys[] = { "absent", "n", "s", "t", "i", "r", "o", "a", "day" };
    const json_t *const no_objects[] = { NULL, json_object_get(o, "a"), json_object_get(o, "s") };
    for (size_t k = 0; k < KG_ARRAY_LEN(keys); k++) {
        const char *key = keys[k];
        bool is_text = str_eq_c(str_of(key), "s") || str_eq_c(str_of(key), "day");
        int64_t kept = 42;
        assert_int_equal(json_get_str(o, key).p != NULL, is_text);
        assert_int_equal(json_get_true(o, key), key[0] == 't');
        assert_int_equal(json_get_i64(o, key), key[0] == 'i' ? 5 : 0);
        assert_int_equal(json_get_i64_if(o, key, &kept), key[0] == 'i');
        assert_int_equal(kept, key[0] == 'i' ? 5 : 42);
        kept = 42;
        assert_false(json_get_time_if(o, key, &kept));
        assert_int_equal(kept, 42);
        assert_int_equal(json_get_time(o, key), -62135596800);
        assert_int_equal(json_get_object(o, key) != NULL, key[0] == 'o');
        assert_int_equal(json_get_array(o, key) != NULL, str_eq_c(str_of(key), "a"));
        for (size_t i = 0; i < KG_ARRAY_LEN(no_objects); i++) {
            assert_null(json_get_str(no_objects[i], key).p);
            assert_null(json_get_object(no_objects[i], key));
        }
    }
    json_decref(o);
}

static void quantities_are_text_or_numbers(void **state)
{
    (void)state;
    json_t *a = object("[\"250m\",2,0.5,1e30,\"\",\"x\",true,null,{}]");
    static const double want[] = { 0.25, 2, 0.5 };
    double v;
    for (size_t i = 0; i < KG_ARRAY_LEN(want); i++) {
        v = -1;
        assert_true(json_quantity(json_array_get(a, i), quantity_milli, &v));
        assert_true(v == want[i]);
    }
    assert_true(json_quantity(json_array_get(a, 3), quantity_approx, &v));
    assert_true(v == 1e30);
    for (size_t i = 4; i < json_array_size(a); i++) {
        v = -1;
        assert_false(json_quantity(json_array_get(a, i), quantity_whole, &v));
        assert_true(v == -1);
    }
    assert_false(json_quantity(NULL, quantity_whole, &v));
    json_decref(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_their_type),
        cmocka_unit_test(digits_of_integers),
        cmocka_unit_test(absent_null_and_wrong_types_are_absent),
        cmocka_unit_test(quantities_are_text_or_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
