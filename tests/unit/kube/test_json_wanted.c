/* test_json_wanted.c — which members are wanted. */
#include "kube/client/json_wanted.h"

#include "tests/support/test.h"

static const char *const list[] = {
    "metadata.name", "spec.items.name", "spec.items", "spec.items.", "status.there.", "kind", NULL,
};

/* Whether the member at path is wanted: 0 no, 1 it, 2 with all below it. */
static int wanted_at(const struct json_wanted *w, uint32_t from, const char *path)
{
    struct str rest = str_of(path);
    uint32_t at = from;
    while (rest.n) {
        at = json_wanted_find(w, at, str_cut(&rest, '.'));
        if (!at) {
            return 0;
        }
    }
    return w->nodes[at].whole ? 2 : 1;
}

static void paths_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int want;
    } cases[] = {
        { "metadata", 1 },
        { "metadata.name", 2 },
        { "metadata.name.x", 2 },
        { "metadata.nam", 0 },
        { "metadata.nane", 0 },
        { "metadata.names", 0 },
        { "name", 0 },
        { "spec", 1 },
        { "spec.items", 2 },
        { "spec.items.x", 2 },
        { "spec.items.name", 2 },
        { "status", 1 },
        { "status.there", 1 },
        { "status.there.x", 0 },
        { "kind", 2 },
        { "kinds", 0 },
        { "spec.replicas", 2 },
        { "spec.count", 1 },
        { "spec.count.x", 0 },
        { "top", 2 },
        { "new.one", 2 },
    };
    struct json_wanted *w = json_wanted_new();
    assert_non_null(w);
    assert_int_equal(json_wanted_add_list(w, NULL), 0);
    assert_int_equal(json_wanted_add_list(w, list), 0);
    assert_int_equal(json_wanted_add(w, STR("spec"), STR("replicas"), true), 0);
    assert_int_equal(json_wanted_add(w, STR("spec"), STR("count"), false), 0);
    assert_int_equal(json_wanted_add(w, (struct str){ 0 }, STR("top"), true), 0);
    assert_int_equal(json_wanted_add(w, STR("new"), STR("one"), true), 0);
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        int got = wanted_at(w, JSON_WANTED_OBJECT, cases[i].path);
        if (got != cases[i].want) {
            fail_msg("%s: %d", cases[i].path, got);
        }
    }
    assert_int_equal(json_wanted_find(w, JSON_WANTED_EVENT, STR("object")), JSON_WANTED_OBJECT);
    assert_int_equal(wanted_at(w, JSON_WANTED_EVENT, "type"), 2);
    assert_int_equal(wanted_at(w, JSON_WANTED_EVENT, "kind"), 0);
    assert_int_equal(json_wanted_find(w, JSON_WANTED_OBJECT, STR("")), 0);
    json_wanted_free(w);
    json_wanted_free(NULL);
}

/* More than there is room for at first, and children whose hints are the same. */
static void many_are_found(void **state)
{
    (void)state;
    static char keys[1000][8];
    struct json_wanted *w = json_wanted_new();
    assert_non_null(w);
    for (size_t i = 0; i < KG_ARRAY_LEN(keys); i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        assert_int_equal(json_wanted_add(w, STR("spec"), str_of(keys[i]), true), 0);
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(keys); i++) {
        uint32_t spec = json_wanted_find(w, JSON_WANTED_OBJECT, STR("spec"));
        uint32_t at = json_wanted_find(w, spec, str_of(keys[i]));
        assert_true(at != 0 && str_eq_c(w->nodes[at].key, keys[i]));
    }
    json_wanted_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_found),
        cmocka_unit_test(many_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
