/* test_json_arena.c — trees in the arena are as good as others, however large and wherever freed.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "kube/client/json_arena.h"

#include "tests/support/cmocka.h"

#include <pthread.h>

static json_t *load(struct str text)
{
    return json_loadb(text.p, text.n, 0, NULL);
}

static void one_after_the_other(void **state)
{
    (void)state;
    json_t *before = load(STR("{\"stays\":[1,2,{\"a\":\"b\"}]}"));
    for (int i = 0; i < 1000; i++) {
        json_arena_begin();
        json_t *tree = load(STR("{\"a\":{\"b\":[true,\"text\",1.5]}}"));
        assert_string_equal(
            json_string_value(json_array_get(json_object_get(json_object_get(tree, "a"), "b"), 1)),
            "text");
        json_arena_end(tree);
    }
    /* Broken text frees what it began. */
    json_arena_begin();
    assert_null(load(STR("{\"a\":{\"b\":[true,\"te")));
    json_arena_end(NULL);
    char *text = json_dumps(before, JSON_COMPACT);
    assert_string_equal(text, "{\"stays\":[1,2,{\"a\":\"b\"}]}");
    free(text);
    json_decref(before);
}

/* One that does not fit goes on with malloc, and leaves nothing behind (the leak check sees). */
static void larger_than_the_arena(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(64 * MIB);
    buf_add_char(&text, '[');
    for (int i = 0; i < 300000; i++) {
        buf_addf(&text, "%s{\"n\":\"%d\"}", i ? "," : "", i);
    }
    buf_add_char(&text, ']');
    for (int round = 0; round < 2; round++) {
        json_arena_begin();
        json_t *tree = load(buf_str(&text));
        assert_int_equal(json_array_size(tree), 300000);
        assert_string_equal(json_string_value(json_object_get(json_array_get(tree, 299999), "n")),
                            "299999");
        json_arena_end(tree);
    }
}

static void *other_thread(void *arg)
{
    json_arena_begin();
    json_t *tree = load(STR("{\"b\":2}"));
    bool good = json_integer_value(json_object_get(tree, "b")) == 2;
    json_arena_end(tree);
    json_arena_done();
    return good ? arg : NULL;
}

static void threads_have_their_own(void **state)
{
    (void)state;
    pthread_t thread;
    char token;
    void *good = NULL;
    json_arena_begin();
    json_t *tree = load(STR("{\"a\":1}"));
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &token), 0);
    assert_int_equal(pthread_join(thread, &good), 0);
    assert_ptr_equal(good, &token);
    assert_int_equal(json_integer_value(json_object_get(tree, "a")), 1);
    json_arena_end(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(larger_than_the_arena),
        cmocka_unit_test(threads_have_their_own),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_arena_done();
    return failed;
}
