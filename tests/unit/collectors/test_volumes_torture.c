/* Each allocation of finding the folders behind claims fails once: it is told, or the folder is not
 * known until the next look; nothing leaks. */
#include "collectors/volume_list.h"

#include "tests/support/torture.h"
#include "tests/unit/collectors/fake_pods.h"
#include "tests/unit/collectors/fixture.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define RECORD "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json"

static struct fixture f;
static struct fake_pods pods;

static int look(void)
{
    struct pod_lookup lookup = fake_lookup(&pods);
    const struct collector_env env = { .rootfs = f.top, .pods = &lookup };
    const struct volume *rows = NULL;
    size_t n = 0;
    struct err err = { 0 };
    bool failed_before = false;
    struct volume_list *l = volume_list_new(&env);
    if (!l) {
        return -ENOMEM;
    }
    for (uint64_t i = 0; i < 3; i++) {
        pods.generation = 1 + i / 2;
        failed_before = torture.failed;
        if (volume_list_update(l, &rows, &n, &err) < 0) {
            assert_int_equal(err.code, ENOMEM);
            assert_int_equal(n, 0);
        }
        for (size_t k = 0; k < n; k++) {
            assert_str_equal(rows[k].namespace, "n");
            assert_true(!rows[k].path || *rows[k].path == '/');
        }
    }
    /* A failure is over by the next look. */
    bool complete = n == 2 && rows[0].path && !rows[1].path;
    assert_true(complete || torture.failed != failed_before);
    volume_list_free(l);
    assert_int_equal(pods.held, 0);
    return torture.failed ? -ENOMEM : 0;
}

static void finding_folders(void **state)
{
    (void)state;
    torture_run(look, 15);
}

static int setup(void **state)
{
    (void)state;
    fixture_open(&f);
    fixture_file(&f, RECORD, "{\"mounts\":[{\"destination\":\"/data\",\"source\":\"/mnt/disk\"}]}");
    pods = (struct fake_pods){ .listed = true };
    pods.pods[0] = (struct fake_pod){ .uid = "u",
                                      .namespace = "n",
                                      .name = "p",
                                      .claims = { { "data", ID, "/data" }, { "no", NULL, NULL } } };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(finding_folders) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
