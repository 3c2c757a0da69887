/* str, buf, arena, map and err: the small types that everything else stands on. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

#include "tests/support/test.h"

static void cuts_text(void **state)
{
    (void)state;
    struct str s = STR("a,b,,c");
    assert_str_equal(str_cut(&s, ','), "a");
    assert_str_equal(str_cut(&s, ','), "b");
    assert_str_equal(str_cut(&s, ','), "");
    assert_non_null(s.p);
    assert_str_equal(str_cut(&s, ','), "c");
    assert_null(s.p);

    s = STR("  one\ttwo  ");
    assert_str_equal(str_word(&s), "one");
    assert_str_equal(str_word(&s), "two");
    assert_str_equal(str_word(&s), "");
    assert_str_equal(str_trim(STR(" \r\n x y\t\n")), "x y");
    assert_str_equal(str_trim(STR(" \t")), "");

    s = STR("crio-abc.scope");
    assert_true(str_eat(&s, STR("crio-")));
    assert_false(str_eat(&s, STR("crio-")));
    assert_true(str_eat_end(&s, STR(".scope")));
    assert_str_equal(s, "abc");
    assert_int_equal(str_search(STR("aXbXc"), STR("Xc")), 3);
    assert_int_equal(str_search(STR("abc"), STR("d")), -1);
    assert_int_equal(str_rfind(STR("a/b/c"), '/'), 3);
}

static void compares_in_byte_order(void **state)
{
    (void)state;
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR(""), STR("")), 0);
    assert_true(str_eq((struct str){ NULL, 0 }, STR("")));
}

static void copies_only_what_fits(void **state)
{
    (void)state;
    char out[4];
    assert_int_equal(str_copy(out, sizeof(out), STR("abc")), 0);
    assert_string_equal(out, "abc");
    assert_int_equal(str_copy(out, sizeof(out), STR("abcd")), -ENAMETOOLONG);
    assert_string_equal(out, "");
}

static void buffer_stops_at_its_maximum(void **state)
{
    (void)state;
    auto_buf struct buf b = BUF_INIT(10);
    buf_add(&b, STR("12345"));
    buf_addf(&b, "%d", 67890);
    assert_int_equal(buf_failed(&b), 0);
    assert_str_equal(buf_str(&b), "1234567890");
    assert_string_equal(buf_c(&b), "1234567890");
    buf_add_char(&b, 'x');
    assert_int_equal(buf_failed(&b), -ENOBUFS);
    buf_add(&b, STR(""));
    assert_str_equal(buf_str(&b), "1234567890");
    buf_clear(&b);
    buf_addf(&b, "%s", "longer than ten bytes");
    assert_int_equal(buf_failed(&b), -ENOBUFS);
    assert_int_equal(b.n, 0);
    assert_null(buf_c(&b));
    assert_null(buf_take(&b));
}

static void buffer_grows_and_is_taken(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(1 << 20);
    for (int i = 0; i < 10000; i++) {
        buf_add_u64(&b, (uint64_t)i);
        buf_add_char(&b, '\n');
    }
    size_t n = b.n;
    char *taken = buf_take(&b);
    assert_non_null(taken);
    assert_int_equal(strlen(taken), n);
    assert_null(b.p);
    free(taken);
}

static void arena_reuses_its_chunks(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            unsigned char *p = arena_alloc(&a, 1000);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            for (int j = 0; j < 1000; j++) {
                assert_int_equal(p[j], 0);
            }
            memset(p, 0xAA, 1000);
        }
        unsigned char *large = arena_alloc(&a, 100000);
        assert_non_null(large);
        assert_int_equal(large[99999], 0);
        memset(large, 0xAA, 100000);
        arena_reset(&a, round == 1 ? 50000 : SIZE_MAX);
    }
    assert_null(arena_alloc(&a, (1 << 20) + 1));
    assert_null(arena_array(&a, SIZE_MAX, 2));
    assert_non_null(arena_alloc(&a, 0));
    struct str copy;
    assert_int_equal(arena_str(&a, STR("text"), &copy), 0);
    assert_string_equal(copy.p, "text");
    arena_done(&a);
}

static void map_holds_and_forgets(void **state)
{
    (void)state;
    struct map m = { 0 };
    int values[100];
    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        void *old = &m;
        assert_int_equal(map_put(&m, str_of(key), &values[i], &old), 0);
        assert_null(old);
    }
    void *old;
    assert_int_equal(map_put(&m, STR("key5"), &values[6], &old), 0);
    assert_ptr_equal(old, &values[5]);
    assert_ptr_equal(map_get(&m, STR("key5")), &values[6]);
    assert_null(map_get(&m, STR("none")));
    assert_null(map_get(&m, STR("")));
    assert_int_equal(map_count(&m), 100);

    void *at = NULL, *value;
    struct str name;
    int seen = 0;
    while (map_next(&m, &at, &name, &value)) {
        seen++;
        if (seen % 2) {
            assert_ptr_equal(map_remove(&m, name), value);
        }
    }
    assert_int_equal(seen, 100);
    assert_int_equal(map_count(&m), 50);
    assert_null(map_remove(&m, STR("key0")));
    map_done(&m, NULL);
    assert_int_equal(map_count(&m), 0);
    at = NULL;
    assert_false(map_next(&m, &at, &name, &value));
}

static void errors_keep_their_context(void **state)
{
    (void)state;
    struct err err = { 0 };
    assert_int_equal(err_set_errno(&err, ENOENT, "open %s", "/x"), -ENOENT);
    assert_string_equal(err_text(&err), "open /x: ENOENT");
    assert_int_equal(err_wrap(&err, "pods"), -ENOENT);
    assert_string_equal(err_text(&err), "pods: open /x: ENOENT");
    assert_int_equal(err_set(NULL, EINVAL, "nobody listens"), -EINVAL);

    char longest[ERR_MAX * 2];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    err_set(&err, EINVAL, "%s", longest);
    assert_int_equal(strlen(err.text), ERR_MAX - 1);
    assert_true(str_ends(str_of(err.text), STR("…")));
    for (int i = 0; i < 10; i++) {
        err_wrap(&err, "again");
    }
    assert_true(str_starts(str_of(err.text), STR("again: again: ")));
    assert_true(strlen(err.text) < ERR_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_text),
        cmocka_unit_test(compares_in_byte_order),
        cmocka_unit_test(copies_only_what_fits),
        cmocka_unit_test(buffer_stops_at_its_maximum),
        cmocka_unit_test(buffer_grows_and_is_taken),
        cmocka_unit_test(arena_reuses_its_chunks),
        cmocka_unit_test(map_holds_and_forgets),
        cmocka_unit_test(errors_keep_their_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
