/* What only pods have; what every kind has is in test_kinds.c. */
#include "kube/resources/pods.h"

#include "base/limits.h"
#include "tests/support/cmocka.h"

extern const struct kube_resource kube_pods;

static void many_containers_and_tolerations(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct arena mem;
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    json_t *containers = json_array(), *statuses = json_array(), *tolerations = json_array();
    for (int i = 0; i < N; i++) {
        char name[32];
        snprintf(name, sizeof(name), "c%d", i);
        json_array_append_new(containers, json_pack("{ss}", "name", name));
        json_array_insert_new(statuses, 0, json_pack("{ss}", "name", name));
        json_array_append_new(tolerations, json_pack("{ss}", "key", i % 2 ? name : "same"));
    }
    json_t *pod =
        json_pack("{s{ss},s{so,so},s{so}}", "metadata", "name", "big", "spec", "containers",
                  containers, "tolerations", tolerations, "status", "containerStatuses", statuses);
    assert_non_null(pod);
    struct pod_sample sample = { 0 };
    const struct kube_decode how = { .mem = &mem };
    assert_int_equal(kube_pods.decode(pod, &how, &sample, NULL), 0);
    assert_int_equal(sample.containers.n_pairs, N);
    size_t kept = 0;
    for (size_t i = 0; i < sample.n_tolerations; i++) {
        kept += !sample.tolerations[i].repeated;
    }
    assert_int_equal(kept, N / 2 + 1);
    assert_false(sample.tolerations[0].repeated);
    json_decref(pod);
    arena_done(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_containers_and_tolerations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
