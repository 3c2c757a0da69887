/* Every allocation of what is wanted of a kind fails once: it is whole, or there is none. */
#include "tests/support/torture.h"

#include "kube/client/json_wanted.h"
#include "kube/resources/resource.h"

static int wanted_scenario(void)
{
    struct json_wanted *wanted =
        kube_resource_wanted(kube_resource_by_plural(STR("pods")), true, true, NULL);
    if (!wanted) {
        return -ENOMEM;
    }
    uint32_t at = json_wanted_find(wanted, JSON_WANTED_OBJECT, STR("metadata"));
    assert_true(json_wanted_find(wanted, at, STR("annotations"))); /* of the last list */
    json_wanted_free(wanted);
    return torture.failed ? -ENOMEM : 0;
}

static void it_is_whole_or_none(void **state)
{
    (void)state;
    torture_run(wanted_scenario, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(it_is_whole_or_none) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
