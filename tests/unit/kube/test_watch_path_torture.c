/* Every allocation of a request's path fails once: it is whole, or there is none. */
#include "tests/support/torture.h"

#include "kube/client/watch_path.h"

static char whole[16384];

static int path_scenario(void)
{
    const struct kube_watch_spec spec = {
        .group = "",
        .version = "v1",
        .plural = "pods",
        .shard = { .index = 3, .total = 5, .by = KUBE_SHARD_RANGE },
        .shard_at_server = true,
    };
    const struct reflector_step step = { .action = REFLECTOR_LIST_PAGE, .limit = 500 };
    auto_buf struct buf path = BUF_INIT(sizeof(whole) - 1);
    watch_path(&path, &spec, &step);
    const char *text = buf_c(&path);
    if (!text) {
        return -ENOMEM;
    }
    if (!whole[0]) { /* the first that came to an end; all others are as long */
        memcpy(whole, text, path.n + 1);
    }
    assert_string_equal(text, whole);
    return torture.failed ? -ENOMEM : 0;
}

static void a_path_is_whole_or_none(void **state)
{
    (void)state;
    assert_int_equal(path_scenario(), 0);
    assert_non_null(strstr(whole, "%20%7C%7C%20shardRange")); /* of several ranges */
    torture_run(path_scenario, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_path_is_whole_or_none) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
