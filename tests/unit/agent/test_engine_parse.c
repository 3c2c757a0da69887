/* What Docker and Podman answer, as records; the texts are cut down from theirs. */
#include "agent/local/engine_parse.h"

#include "base/limits.h"
#include "tests/support/test.h"

#define ID "5d56eb055d5bc90954457da73be6c8a6dfd36308404582e2e75d51144aaf4b85"

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static struct container_record *record_of(const char *text, const struct engine_policy *policy)
{
    struct container_record *record = NULL;
    struct err err = { 0 };
    json_t *json = parse(text);
    if (engine_parse_container(json, policy, &record, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
    json_decref(json); /* the record stands on its own */
    return record;
}

static const struct engine_policy everything = { .store_labels = true };

static const char *const docker =
    "{\"Id\":\"" ID "\",\"Created\":\"2026-11-21T08:42:10.456948383Z\",\"Name\":\"/shop-web-1\","
    "\"RestartCount\":3,\"State\":{\"Pid\":18807,\"StartedAt\":\"2026-11-21T08:42:11.7Z\","
    "\"Health\":{\"Status\":\"starting\"}},\"HostConfig\":{\"NetworkMode\":\"shop_default\"},"
    "\"Config\":{\"Image\":\"nginx:1.27\",\"Env\":[\"TIER=gold\",\"TIER_MAX=\",\"PATH=/"
    "bin\",\"no\"],"
    "\"Labels\":{\"com.docker.compose.service\":\"web\",\"com.docker.compose.project\":\"shop\","
    "\"a-b\":\"second\",\"a.b\":\"third\",\"\\u00e4\":\"umlaut\",\"number\":7}}}";

static void docker_container_becomes_a_record(void **state)
{
    (void)state;
    struct container_record *r = record_of(docker, &everything);
    assert_str_equal(r->id, ID);
    assert_str_equal(r->name, "shop-web-1");
    assert_str_equal(r->image, "nginx:1.27");
    assert_int_equal(r->pid, 18807);
    assert_int_equal(r->created_sec, 1795250530);
    assert_int_equal(r->started_sec, 1795250531);
    assert_int_equal(r->health, CONTAINER_NOT_HEALTHY);
    assert_false(r->shares_network);
    static const char *const expected[][2] = {
        { "container_label_a_b", "second" }, /* of a-b and a.b the first */
        { "container_label_com_docker_compose_project", "shop" },
        { "container_label_com_docker_compose_service", "web" },
        { "container_label_restartcount", "3" },
        { "container_label__", "umlaut" }, /* one '_' for two bytes */
    };
    assert_int_equal(r->n_labels, KG_ARRAY_LEN(expected));
    for (size_t i = 0; i < r->n_labels; i++) {
        assert_str_equal(r->labels[i].name, expected[i][0]);
        assert_str_equal(r->labels[i].value, expected[i][1]);
    }
    snapshot_unref(&r->snapshot);
}

static void only_chosen_labels_and_variables(void **state)
{
    (void)state;
    const struct str keys[] = { STR_INIT("com.docker.compose.project") };
    const struct str prefixes[] = { STR_INIT("TIER"), STR_INIT("") };
    const struct engine_policy policy = {
        .labels = keys, .n_labels = 1, .env = prefixes, .n_env = 2
    };
    struct container_record *r = record_of(docker, &policy);
    static const char *const expected[][2] = {
        { "container_env_tier", "gold" },
        { "container_env_tier_max", "" },
        { "container_label_com_docker_compose_project", "shop" },
    };
    assert_int_equal(r->n_labels, KG_ARRAY_LEN(expected));
    for (size_t i = 0; i < r->n_labels; i++) {
        assert_str_equal(r->labels[i].name, expected[i][0]);
        assert_str_equal(r->labels[i].value, expected[i][1]);
    }
    snapshot_unref(&r->snapshot);
}

static void podman_container_becomes_a_record(void **state)
{
    (void)state;
    struct container_record *r = record_of(
        "{\"Id\":\"" ID "\",\"Name\":\"db\",\"State\":{\"Pid\":0,\"StartedAt\":"
        "\"0001-01-01T00:00:00Z\",\"Health\":{\"Status\":\"\"}},\"HostConfig\":{\"NetworkMode\":"
        "\"container:0123\"},\"Config\":{\"Image\":\"localhost/db:1\",\"Labels\":null}}",
        &everything);
    assert_str_equal(r->name, "db");
    assert_int_equal(r->pid, 0);
    assert_int_equal(r->started_sec, 0); /* not the year 1 */
    assert_int_equal(r->health, CONTAINER_UNCHECKED);
    assert_true(r->shares_network);
    assert_int_equal(r->n_labels, 0);
    snapshot_unref(&r->snapshot);
}

/* As long as an id. */
#define PATH_AS_ID "../../../secrets/json?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void what_is_no_container_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"Id\":7,\"Name\":\"x\"}",
        "{\"Id\":\"" ID "\"}",
        "{\"Id\":\"" ID "\",\"Name\":\"/\"}",
        "{\"Id\":\"" ID "0\",\"Name\":\"/x\"}",
        "{\"Id\":\"" PATH_AS_ID "\",\"Name\":\"/x\"}",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        struct container_record *record = NULL;
        struct err err = { 0 };
        json_t *json = parse(bad[i]);
        assert_int_equal(engine_parse_container(json, &everything, &record, &err), -EBADMSG);
        assert_null(record);
        json_decref(json);
    }
}

static void labels_have_a_maximum(void **state)
{
    (void)state;
    struct container_record *record = NULL;
    json_t *labels = json_object();
    for (size_t i = 0; i < LIMIT_ENGINE_LABELS + 50; i++) {
        char key[32];
        snprintf(key, sizeof(key), "key%zu", i);
        json_object_set_new(labels, key, json_string("v"));
    }
    json_t *json =
        json_pack("{s:s, s:s, s:{s:o}}", "Id", ID, "Name", "/x", "Config", "Labels", labels);
    assert_non_null(json);
    assert_int_equal(engine_parse_container(json, &everything, &record, NULL), 0);
    assert_int_equal(record->n_labels, LIMIT_ENGINE_LABELS);
    snapshot_unref(&record->snapshot);
    json_decref(json);
}

static uint64_t digest_of(const char *row)
{
    struct engine_row r;
    json_t *list = json_array();
    json_array_append_new(list, parse(row));
    assert_true(engine_parse_row(list, 0, &r));
    assert_str_equal(r.id, ID);
    json_decref(list);
    return r.digest;
}

static void rows_tell_of_changes(void **state)
{
    (void)state;
#define ROW(name, status) "{\"Id\":\"" ID "\",\"Names\":[\"/" name "\"],\"Status\":\"" status "\"}"
    uint64_t plain = digest_of(ROW("web", "Up 3 seconds"));
    assert_true(plain == digest_of(ROW("web", "Up 2 minutes")));
    assert_true(plain != digest_of(ROW("shop", "Up 3 seconds")));
    assert_true(plain != digest_of(ROW("web", "Up 3 seconds (healthy)")));
    assert_true(digest_of(ROW("web", "Up 3 seconds (healthy)")) !=
                digest_of(ROW("web", "Up 3 seconds (unhealthy)")));

    struct engine_row r;
    json_t *list = parse("[7, {\"Id\":\"abc\"}, {}]");
    for (size_t i = 0; i < 4; i++) {
        assert_false(engine_parse_row(list, i, &r));
    }
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(docker_container_becomes_a_record),
        cmocka_unit_test(only_chosen_labels_and_variables),
        cmocka_unit_test(podman_container_becomes_a_record),
        cmocka_unit_test(what_is_no_container_is_refused),
        cmocka_unit_test(labels_have_a_maximum),
        cmocka_unit_test(rows_tell_of_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
