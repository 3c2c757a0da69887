#include "agent/node/pod_join.h"

#include "tests/support/test.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void put(struct pod_index *index, const char *json)
{
    struct err err = { 0 };
    json_t *object = json_loads(json, 0, NULL);
    assert_non_null(object);
    assert_int_equal(pod_index_consumer.put(index, object, &err), 0);
    json_decref(object);
}

static struct pod_index *two_pods(void)
{
    struct err err = { 0 };
    const struct str columns[] = { STR_INIT("node") };
    struct pod_index *index = pod_index_new(columns, 1, &err);
    assert_non_null(index);
    assert_int_equal(pod_index_consumer.relist_begin(index, &err), 0);
    put(index, "{\"metadata\":{\"uid\":\"u-2\",\"name\":\"two\",\"namespace\":\"ns\"},"
               "\"spec\":{\"nodeName\":\"n9\",\"containers\":[{\"name\":\"app\",\"resources\":"
               "{\"limits\":{\"ephemeral-storage\":\"2Ki\"}}}]},\"status\":{\"containerStatuses\":["
               "{\"name\":\"app\",\"image\":\"i:1\",\"containerID\":\"containerd://" ID_A "\","
               "\"lastState\":{\"terminated\":{\"reason\":\"OOMKilled\",\"containerID\":"
               "\"containerd://" ID_B "\"}}}]}}");
    put(index, "{\"metadata\":{\"uid\":\"u-1\",\"name\":\"one\",\"namespace\":\"ns\"}}");
    assert_int_equal(pod_index_consumer.relist_commit(index, &err), 0);
    pod_index_consumer.settle(index);
    return index;
}

static void finds_pods_and_containers(void **state)
{
    struct pod_lookup lookup;
    struct pod_info pod;
    struct str name, image;
    struct pod_oom_kill kills[4];
    uint64_t generation = 0;
    const struct str names[] = { STR_INIT("node") };
    struct pod_index *index = two_pods();
    (void)state;
    pod_join_init(&lookup, index, names, 1);
    const void *table = lookup.acquire(lookup.arg, &generation);
    assert_non_null(table);
    assert_true(generation > 0);
    assert_true(lookup.pod(table, STR("u-2"), &pod));
    assert_str_equal(pod.name, "two");
    assert_str_equal(pod.columns[0], "n9");
    assert_int_equal(pod.ephemeral_limit_bytes, 2048);
    assert_true(lookup.pod(table, STR("u-1"), &pod));
    assert_int_equal(pod.ephemeral_limit_bytes, 0);
    assert_false(lookup.pod(table, STR("u-3"), &pod));
    assert_false(lookup.pod(table, STR(""), &pod));
    assert_true(lookup.container(table, STR("u-2"), STR(ID_A), &name, &image));
    assert_str_equal(name, "app");
    assert_str_equal(image, "i:1");
    assert_false(lookup.container(table, STR("u-1"), STR(ID_A), &name, &image));
    assert_int_equal(lookup.oom_kills(table, STR("u-2"), kills, 4), 1);
    assert_str_equal(kills[0].container_id, ID_B);
    assert_str_equal(kills[0].container_name, "app");
    assert_int_equal(lookup.oom_kills(table, STR("u-2"), kills, 0), 0);
    assert_int_equal(lookup.oom_kills(table, STR("u-1"), kills, 4), 0);
    lookup.release(table);
    pod_index_free(index);
}

static void knows_nothing_before_the_first_list(void **state)
{
    struct pod_lookup lookup;
    struct err err = { 0 };
    uint64_t generation = 7;
    struct pod_index *index = pod_index_new(NULL, 0, &err);
    (void)state;
    assert_non_null(index);
    pod_join_init(&lookup, index, NULL, 0);
    assert_null(lookup.acquire(lookup.arg, &generation));
    lookup.release(NULL);
    pod_index_free(index);
}

#define CLAIMS_SPEC                                                                                \
    "\"spec\":{\"volumes\":[{\"name\":\"config\",\"configMap\":{}},"                               \
    "{\"name\":\"d\",\"persistentVolumeClaim\":{\"claimName\":\"data\"}},"                         \
    "{\"name\":\"s\",\"ephemeral\":{}},"                                                           \
    "{\"name\":\"u\",\"persistentVolumeClaim\":{\"claimName\":\"unused\"}}],"                      \
    "\"containers\":[{\"name\":\"part\",\"volumeMounts\":[{\"name\":\"d\",\"mountPath\":\"/p\","   \
    "\"subPath\":\"x\"}]},{\"name\":\"app\",\"volumeMounts\":[{\"name\":\"config\","               \
    "\"mountPath\":\"/c\"},{\"name\":\"d\",\"mountPath\":\"/d\"}]}],"                              \
    "\"initContainers\":[{\"name\":\"first\",\"volumeMounts\":[{\"name\":\"s\",\"mountPath\":"     \
    "\"/s\"}]}]}"

/* Mounts of the whole volume come before those of a part; where none runs, the claim is known all
 * the same. A pod without a running container has none. */
static void walks_the_claims(void **state)
{
    static const char *const want[][3] = {
        { "data", ID_B, "/d" }, { "data", ID_A, "/p" }, { "web-s", "", "" }, { "unused", "", "" }
    };
    struct pod_lookup lookup;
    struct err err = { 0 };
    uint64_t generation = 0;
    struct pod_claim_cursor at = { 0, 0 };
    struct pod_claim claim;
    struct pod_index *index = pod_index_new(NULL, 0, &err);
    (void)state;
    assert_non_null(index);
    pod_join_init(&lookup, index, NULL, 0);
    assert_int_equal(pod_index_consumer.relist_begin(index, &err), 0);
    put(index,
        "{\"metadata\":{\"uid\":\"u-0\",\"name\":\"waits\",\"namespace\":\"ns\"}," CLAIMS_SPEC
        ",\"status\":{\"containerStatuses\":[{\"name\":\"app\",\"containerID\":\"x://" ID_A
        "\",\"state\":{\"terminated\":{}}}]}}");
    put(index, "{\"metadata\":{\"uid\":\"u-1\",\"name\":\"web\",\"namespace\":\"ns\"}," CLAIMS_SPEC
               ",\"status\":{\"containerStatuses\":["
               "{\"name\":\"part\",\"containerID\":\"x://" ID_A "\",\"state\":{\"running\":{}}},"
               "{\"name\":\"app\",\"containerID\":\"x://" ID_B "\",\"state\":{\"running\":{}}}],"
               "\"initContainerStatuses\":[{\"name\":\"first\",\"containerID\":\"x://0\","
               "\"state\":{\"terminated\":{}}}]}}");
    assert_int_equal(pod_index_consumer.relist_commit(index, &err), 0);
    const void *table = lookup.acquire(lookup.arg, &generation);
    assert_non_null(table);
    for (size_t i = 0; i < KG_ARRAY_LEN(want); i++) {
        assert_true(lookup.next_claim(table, &at, &claim));
        assert_str_equal(claim.pod_uid, "u-1");
        assert_str_equal(claim.namespace, "ns");
        assert_str_equal(claim.name, want[i][0]);
        assert_str_equal(claim.container_id, want[i][1]);
        assert_str_equal(claim.path, want[i][2]);
    }
    assert_false(lookup.next_claim(table, &at, &claim));
    lookup.release(table);
    pod_index_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_pods_and_containers),
        cmocka_unit_test(knows_nothing_before_the_first_list),
        cmocka_unit_test(walks_the_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
