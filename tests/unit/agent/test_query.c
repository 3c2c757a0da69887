#include "agent/http/query.h"

#include "tests/support/test.h"

static void reads_lists(void **state)
{
    struct query q;
    struct err err = { 0 };
    const struct str args[] = { STR_INIT("resources=pods, nodes"),
                                STR_INIT("resources=secrets"),
                                STR_INIT("collect[]=cpu,x"),
                                STR_INIT("other=1"),
                                STR_INIT(""),
                                STR_INIT("exclude_resources") };
    (void)state;
    assert_int_equal(query_parse(args, KG_ARRAY_LEN(args), &q, &err), 0);
    assert_true(query_has(&q, QUERY_RESOURCES, STR("pods")));
    assert_true(query_has(&q, QUERY_RESOURCES, STR("nodes")));
    assert_true(query_has(&q, QUERY_RESOURCES, STR("secrets")));
    assert_false(query_has(&q, QUERY_RESOURCES, STR("cpu,x")));
    assert_true(query_has(&q, QUERY_COLLECT, STR("cpu,x")));
    assert_true(q.given[QUERY_EXCLUDE_RESOURCES]);
    assert_false(q.given[QUERY_NAME]);
    query_done(&q);
}

static void an_empty_value_is_given(void **state)
{
    struct query q;
    struct err err = { 0 };
    const struct str args[] = { STR_INIT("resources=") };
    (void)state;
    assert_int_equal(query_parse(args, 1, &q, &err), 0);
    assert_true(q.given[QUERY_RESOURCES]);
    assert_int_equal(q.n_items, 0);
    query_done(&q);
    assert_int_equal(query_parse(NULL, 0, &q, &err), 0);
    assert_false(q.given[QUERY_RESOURCES]);
    query_done(&q);
}

static void refuses(void **state)
{
    struct query q;
    struct err err = { 0 };
    struct str many[LIMIT_QUERY_ITEMS + 1];
    const struct str both[] = { STR_INIT("collect[]=a"), STR_INIT("exclude[]=b") };
    (void)state;
    assert_int_equal(query_parse(both, 2, &q, &err), -EINVAL);
    query_done(&q);
    for (size_t i = 0; i < KG_ARRAY_LEN(many); i++) {
        many[i] = STR("name[]=x");
    }
    assert_int_equal(query_parse(many, LIMIT_QUERY_ITEMS, &q, &err), 0);
    query_done(&q);
    assert_int_equal(query_parse(many, LIMIT_QUERY_ITEMS + 1, &q, &err), -E2BIG);
    query_done(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(an_empty_value_is_given),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
