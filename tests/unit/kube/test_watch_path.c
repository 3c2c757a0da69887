/* test_watch_path.c — each kind of request, as the API server wants it written. */
#include "kube/client/watch_path.h"

#include "tests/support/cmocka.h"

static void check(const struct kube_watch_spec *spec, const struct reflector_step *step,
                  const char *want)
{
    auto_buf struct buf path = BUF_INIT(4096);
    watch_path(&path, spec, step);
    assert_string_equal(buf_c(&path), want);
}

static const struct kube_watch_spec pods = { .group = "", .version = "v1", .plural = "pods" };

static void test_pages(void **state)
{
    (void)state;
    struct reflector_step step = { .action = REFLECTOR_LIST_PAGE,
                                   .limit = 500,
                                   .resource_version = STR("0"),
                                   .timeout_sec = 300 };
    check(&pods, &step, "/api/v1/pods?limit=500&resourceVersion=0");
    step.resource_version = (struct str){ 0 };
    step.continue_token = STR("eyJ2IjoibWV0YSJ9+/==");
    check(&pods, &step, "/api/v1/pods?limit=500&continue=eyJ2IjoibWV0YSJ9%2B%2F%3D%3D");
    step = (struct reflector_step){ .action = REFLECTOR_LIST_PAGE };
    check(&pods, &step, "/api/v1/pods");
}

static void test_watch(void **state)
{
    (void)state;
    struct reflector_step step = { .action = REFLECTOR_WATCH,
                                   .resource_version = STR("123"),
                                   .timeout_sec = 345 };
    struct kube_watch_spec spec = { .group = "apps",
                                    .version = "v1",
                                    .plural = "deployments",
                                    .namespace = "finance",
                                    .label_selector = "a in (b, c),d!=e",
                                    .field_selector =
                                        "metadata.namespace!=x,spec.nodeName=n\xc3\xa9" };
    check(&spec, &step,
          "/apis/apps/v1/namespaces/finance/deployments?fieldSelector=metadata.namespace%21%3Dx%2C"
          "spec.nodeName%3Dn%C3%A9&labelSelector=a%20in%20%28b%2C%20c%29%2Cd%21%3De&watch=true"
          "&allowWatchBookmarks=true&timeoutSeconds=345&resourceVersion=123");
}

static void test_streaming_list(void **state)
{
    (void)state;
    struct reflector_step step = { .action = REFLECTOR_LIST_STREAM, .timeout_sec = 600 };
    check(&pods, &step,
          "/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=600"
          "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
}

static void test_shard_selector(void **state)
{
    (void)state;
    struct reflector_step step = { .action = REFLECTOR_LIST_PAGE };
    struct kube_watch_spec spec = pods;
    spec.shard = (struct kube_shard){ 1, 2, KUBE_SHARD_RANGE, 0 };
    check(&spec, &step, "/api/v1/pods");
    spec.shard_at_server = true;
    check(&spec, &step,
          "/api/v1/pods?shardSelector=shardRange%28object.metadata.uid%2C%20%270x8000000000000000"
          "%27%2C%20%270x10000000000000000%27%29");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_streaming_list),
        cmocka_unit_test(test_shard_selector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
