#include "kube/object/allowlist.h"

#include "base/limits.h"
#include "tests/support/cmocka.h"
#include "tests/support/reference.h"

/* "name=value " of each label. */
static void labels_text(const struct key_allowlist *list, const json_t *object, struct buf *ret)
{
    struct arena mem;
    struct metric_label *labels = NULL;
    size_t n = 0;
    arena_init(&mem, 1 << 20);
    assert_int_equal(key_allowlist_labels(list, object, STR("label_"), &mem, &labels, &n), 0);
    for (size_t i = 0; i < n; i++) {
        buf_addf(ret, STR_FMT "=" STR_FMT " ", STR_ARG(labels[i].name), STR_ARG(labels[i].value));
    }
    arena_done(&mem);
}

static void check_entries(const struct str *entries, size_t n, const json_t *object,
                          const char *want)
{
    auto_buf struct buf have = BUF_INIT(4096);
    struct err err = { 0 };
    struct key_allowlist *list = key_allowlist_new(entries, n, &err);
    if (!list) {
        assert_int_equal(err.code, EINVAL);
        assert_string_equal(want, "");
        return;
    }
    labels_text(list, object, &have);
    assert_string_equal(buf_c(&have), want);
    key_allowlist_free(list);
}

static void entries_choose_keys(void **state)
{
    (void)state;
    json_t *object = json_loads("{\"tier\":\"web\",\"example.com/team\":\"a\",\"n\":5,"
                                "\"example.com/cost\":\"b\",\"camelCase\":\"c\"}",
                                0, NULL);
    static const struct {
        const char *entries[3];
        const char *want;
    } table[] = {
        { { NULL }, "" },
        { { "tier" }, "label_tier=web " },
        { { "*" },
          "label_camel_case=c label_example_com_cost=b label_example_com_team=a label_tier=web " },
        { { "example.com/*" }, "label_example_com_cost=b label_example_com_team=a " },
        { { "*am", "ti*" }, "label_example_com_team=a label_tier=web " },
        { { "t*r" }, "label_tier=web " },
        { { "tier*tier" }, "" }, /* both ends have to fit side by side */
        { { "nothing", "*" }, "" },
        { { "TIER" }, "" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        struct str entries[3];
        size_t n = 0;
        for (; n < 3 && table[i].entries[n]; n++) {
            entries[n] = str_of(table[i].entries[n]);
        }
        check_entries(entries, n, object, table[i].want);
    }
    check_entries((const struct str[]){ STR("*") }, 1, NULL, "");
    check_entries((const struct str[]){ STR("a*b*") }, 1, object, "");
    json_decref(object);
}

static void flag_syntax(void **state)
{
    (void)state;
    static const char *const legal[] = {
        "",
        " ",
        "pods=[]",
        "pods=[a]",
        "pods=[a,b/*]",
        " pods=[ a , b/* ] ",
        "pods=[a],pods=[b]",
        "pods=[a], pods=[b]",
        "*=[*]",
        "pods=[a=b]",
    };
    static const char *const wrong[] = {
        "pods",       "pods=",     "pods=a",           "pods=[",         "pods=]",
        "pods=[a",    "=[a]",      "pods=[a,]",        "pods=[,a]",      "pods=[a,,b]",
        "pods=[a],",  ",pods=[a]", "pods=[a]pods=[b]", "pods=[a];x=[b]", "pods=[a**]",
        "pods=[*/*]", "poods=[a]", "pods = [a]",       "pods=[a]]",      "pods=[a],,pods=[b]",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(legal); i++) {
        struct err err = { 0 };
        struct key_allowlists *lists = key_allowlists_parse(str_of(legal[i]), &err);
        if (!lists) {
            fail_msg("\"%s\": %s", legal[i], err_text(&err));
        }
        key_allowlists_free(lists);
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        struct err err = { 0 };
        if (key_allowlists_parse(str_of(wrong[i]), &err)) {
            fail_msg("\"%s\" is accepted", wrong[i]);
        }
        assert_int_equal(err.code, EINVAL);
        assert_true(err.text[0] != 0);
    }
}

static void lists_of_resources(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *want; /* of {a: 1, b: 2}; NULL: no list */
    } table[] = {
        { "", NULL },
        { "pods=[]", NULL },
        { "pods=[a]", "label_a=1 " },
        { "pods=[a],pods=[b]", "label_b=2 " }, /* the later mention wins */
        { "pods=[a],pods=[]", NULL },
        { "pods=[a],*=[b]", "label_b=2 " },
        { "*=[b],pods=[a]", "label_b=2 " },
        { "*=[],pods=[a]", NULL },
    };
    json_t *object = json_loads("{\"a\":\"1\",\"b\":\"2\"}", 0, NULL);
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        struct key_allowlists *lists = key_allowlists_parse(str_of(table[i].flag), NULL);
        assert_non_null(lists);
        const struct key_allowlist *list = key_allowlist_of(lists, STR("pods"));
        auto_buf struct buf have = BUF_INIT(4096);
        assert_int_equal(list != NULL, table[i].want != NULL);
        if (list) {
            labels_text(list, object, &have);
            assert_string_equal(buf_c(&have), table[i].want);
        }
        key_allowlists_free(lists);
    }
    assert_null(key_allowlist_of(NULL, STR("pods")));
    json_decref(object);
}

static void check_vector(const json_t *vector, void *arg)
{
    (void)arg;
    const json_t *allow = json_object_get(vector, "allow");
    const json_t *keys = json_object_get(vector, "keys"),
                 *values = json_object_get(vector, "values");
    struct str entries[16];
    auto_buf struct buf want = BUF_INIT(4096);
    assert_in_range(json_array_size(allow), 0, KG_ARRAY_LEN(entries));
    for (size_t i = 0; i < json_array_size(allow); i++) {
        entries[i] = str_of(json_string_value(json_array_get(allow, i)));
    }
    for (size_t i = 0; i < json_array_size(keys); i++) {
        buf_addf(&want, "%s=%s ", json_string_value(json_array_get(keys, i)),
                 json_string_value(json_array_get(values, i)));
    }
    check_entries(entries, json_array_size(allow), json_object_get(vector, "labels"), buf_c(&want));
}

static void reference_vectors(void **state)
{
    (void)state;
    int n = reference_each("ksm/vectors.jsonl", "kind", "allowlist", check_vector, NULL);
    if (n != -1) {
        assert_in_range(n, 16, 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_choose_keys),
        cmocka_unit_test(flag_syntax),
        cmocka_unit_test(lists_of_resources),
        cmocka_unit_test(reference_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
