/* test_object_gate.c — for whom objects are served, and from when on. */
#include "agent/http/object_gate.h"

#include "tests/support/test.h"

static void opens_for_each_at_its_time(void **state)
{
    (void)state;
    struct object_gate *g = object_gate_new();
    const struct object_gate_opening named[] = { { 1, 150 }, { 2, 120 } };
    assert_false(object_gate_is_open(g, 1, 1000, 1000));
    object_gate_open(g, 100, named, 2);
    assert_false(object_gate_is_open(g, 1, 149, 149));
    assert_true(object_gate_is_open(g, 1, 150, 150));
    assert_false(object_gate_is_open(g, 2, 119, 119));
    assert_true(object_gate_is_open(g, 2, 120, 120));
    /* Who is not named waits for the last of those. */
    assert_false(object_gate_is_open(g, 3, 149, 149));
    assert_true(object_gate_is_open(g, 3, 150, 150));
    /* When the request was read is what counts, not when it is answered. */
    assert_false(object_gate_is_open(g, 1, 149, 151));
    object_gate_open(g, 200, named, 2);
    assert_true(object_gate_is_open(g, 1, 160, 160));
    assert_false(object_gate_is_open(g, 3, 199, 199));
    assert_true(object_gate_is_open(g, 3, 200, 200));
    object_gate_shut(g);
    assert_false(object_gate_is_open(g, 1, 1000, 1000));
    object_gate_open(g, 0, NULL, 0);
    assert_true(object_gate_is_open(g, 1, 0, 1000));
    object_gate_free(g);
    object_gate_free(NULL);
}

static void shuts_by_itself(void **state)
{
    (void)state;
    struct object_gate *g = object_gate_new();
    object_gate_open(g, 100, NULL, 0);
    assert_true(object_gate_is_open(g, 1, 1000, 1000));
    object_gate_keep(g, 2000);
    assert_true(object_gate_is_open(g, 1, 1999, 1999));
    assert_false(object_gate_is_open(g, 1, 1999, 2000));
    object_gate_keep(g, 3000);
    assert_true(object_gate_is_open(g, 1, 2000, 2000));
    object_gate_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_for_each_at_its_time),
        cmocka_unit_test(shuts_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
