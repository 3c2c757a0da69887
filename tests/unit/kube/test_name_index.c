#include "kube/object/name_index.h"

#include "tests/support/cmocka.h"

struct element {
    int number;
    struct str name;
};

static void finds_the_first_of_equal_names(void **state)
{
    (void)state;
    struct element elements[] = {
        { 0, STR("b") },  { 1, STR("a") }, { 2, STR("") },  { 3, STR("a") },
        { 4, STR("aa") }, { 5, { 0 } },    { 6, STR("a") },
    };
    struct arena mem;
    struct name_index index;
    size_t n;
    arena_init(&mem, 1 << 20);
    assert_int_equal(name_index_init(&elements[0].name, KG_ARRAY_LEN(elements), sizeof(elements[0]),
                                     &mem, &index),
                     0);
    static const struct {
        const char *name;
        int first;
        size_t n;
    } want[] = { { "a", 1, 3 }, { "b", 0, 1 }, { "aa", 4, 1 }, { "", 2, 2 } };
    for (size_t i = 0; i < KG_ARRAY_LEN(want); i++) {
        const struct str *const *found = name_index_find(&index, str_of(want[i].name), &n);
        assert_non_null(found);
        assert_int_equal(KG_CONTAINER_OF(*found, struct element, name)->number, want[i].first);
        assert_int_equal(n, want[i].n);
    }
    assert_null(name_index_find(&index, STR("ab"), &n));
    assert_int_equal(n, 0);
    assert_null(name_index_find(&index, STR("c"), NULL));
    arena_done(&mem);
}

static void none_at_all(void **state)
{
    (void)state;
    struct arena mem;
    struct name_index index;
    arena_init(&mem, 1 << 20);
    assert_int_equal(name_index_init(NULL, 0, 16, &mem, &index), 0);
    assert_null(name_index_find(&index, STR("a"), NULL));
    arena_done(&mem);

    struct str name = STR("a");
    arena_init(&mem, 1);
    assert_int_equal(name_index_init(&name, 1, sizeof(name), &mem, &index), -ENOMEM);
    arena_done(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_first_of_equal_names),
        cmocka_unit_test(none_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
