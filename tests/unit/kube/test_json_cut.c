/* test_json_cut.c — what is left of an object's text. */
#include "base/limits.h"
#include "kube/client/json_cut.h"

#include "tests/support/cmocka.h"

static const char *const first[] = { "metadata.managedFields", "spec.containers.env", NULL };
static const char *const second[] = { "data", "metadata.owners.uid", NULL };
static const char *const *const lists[] = { first, NULL, second };

static const struct {
    const char *text, *left;
} cases[] = {
    { "{\"metadata\":{\"a\":1,\"managedFields\":[{\"]\":\"}\"}],\"b\":2}}",
      "{\"metadata\":{\"a\":1,\"b\":2}}" },
    { "{\"metadata\":{\"managedFields\":[]}}", "{\"metadata\":{}}" },
    { "{\"metadata\":{\"managedFields\":1,\"b\":2}}", "{\"metadata\":{\"b\":2}}" },
    { "{\"metadata\":{\"b\":2 ,\n \"managedFields\" : \"x\\\"}\" }}", "{\"metadata\":{\"b\":2 }}" },
    /* of the levels of arrays only the objects count */
    { "{\"spec\":{\"containers\":[{\"name\":\"a\",\"env\":[1]},{\"env\":{}},[{\"env\":1}],2]}}",
      "{\"spec\":{\"containers\":[{\"name\":\"a\"},{},[{}],2]}}" },
    { "{\"metadata\":{\"owners\":[{\"uid\":\"x\",\"k\":\"y\"}]},\"data\":{\"a\":\"b\"}}",
      "{\"metadata\":{\"owners\":[{\"k\":\"y\"}]}}" },
    { "{\"data\":true,\"metadata\":{\"managedFields\":null,\"data\":3}}",
      "{\"metadata\":{\"data\":3}}" },
    { "{\"data\":\"\\\\\"}", "{}" },
    /* another path, a key inside a string, a key with escapes */
    { "{\"managedFields\":[1],\"spec\":{\"env\":2}}", NULL },
    { "{\"a\":\"\\\"data\\\":1\",\"b\":\"{\"}", NULL },
    { "{\"\\u0064ata\":1}", NULL },
    { "{\"spec\":7,\"metadata\":[]}", NULL },
    { "{}", NULL },
    /* no JSON: for the parser to see */
    { "", NULL },
    { "[{\"data\":1}]", NULL },
    { "{\"data\":1", NULL },
    { "{\"data\":1,}", NULL },
    { "{\"data\":1 \"b\":2}", NULL },
    { "{\"data\":}", NULL },
    { "{\"data\"", NULL },
    { "{\"data", NULL },
    { "{\"a\":1,,\"data\":2", NULL },
    { "{\"data\":[{]", NULL },
};

static void check(struct str got, const char *want)
{
    if (!str_eq_c(got, want)) {
        fail_msg("have " STR_FMT "\nwant %s", STR_ARG(got), want);
    }
}

static void test_objects(void **state)
{
    (void)state;
    auto_buf struct buf scratch = BUF_INIT(LIMIT_OBJECT_BYTES);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct str text = str_of(cases[i].text);
        struct str got = json_cut_object(cut, text, &scratch);
        check(got, cases[i].left ? cases[i].left : cases[i].text);
        if (!cases[i].left && got.p != text.p) {
            fail_msg("copied though nothing was cut: %s", cases[i].text);
        }
    }
    json_cut_free(cut);
}

static void test_events(void **state)
{
    (void)state;
    auto_buf struct buf scratch = BUF_INIT(LIMIT_OBJECT_BYTES);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    check(json_cut_event(cut,
                         STR("{\"type\":\"ADDED\",\"data\":1,\"object\":{\"data\":1,\"a\":2}}"),
                         &scratch),
          "{\"type\":\"ADDED\",\"data\":1,\"object\":{\"a\":2}}");
    json_cut_free(cut);
}

/* An object in which the text is cut anywhere is left to the parser. */
static void test_every_end(void **state)
{
    (void)state;
    auto_buf struct buf scratch = BUF_INIT(LIMIT_OBJECT_BYTES);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct str whole = str_of(cases[i].text);
        for (size_t n = 0; n + 1 < whole.n; n++) {
            /* on the heap, so that reading past the end is seen */
            char *text = str_dup(str_head(whole, n));
            assert_non_null(text);
            struct str got = json_cut_object(cut, (struct str){ text, n }, &scratch);
            if (got.p != text) {
                fail_msg("cut though it is not whole: %s", text);
            }
            free(text);
        }
    }
    json_cut_free(cut);
}

static void test_nothing_to_cut(void **state)
{
    (void)state;
    auto_buf struct buf scratch = BUF_INIT(LIMIT_OBJECT_BYTES);
    struct json_cut *cut = json_cut_new(NULL, 0);
    assert_non_null(cut);
    check(json_cut_object(cut, STR("{\"data\":1}"), &scratch), "{\"data\":1}");
    check(json_cut_object(NULL, STR("{\"data\":1}"), &scratch), "{\"data\":1}");
    json_cut_free(cut);
}

static void test_no_room(void **state)
{
    (void)state;
    auto_buf struct buf scratch = BUF_INIT(4);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    const char *text = "{\"metadata\":{\"a\":1,\"managedFields\":[],\"b\":2}}";
    check(json_cut_object(cut, str_of(text), &scratch), text);
    json_cut_free(cut);
}

static void test_what_is_kept(void **state)
{
    (void)state;
    static const char *const two[] = { "a.b", "a.c", NULL };
    static const char *const keep[] = { "a.c", "a.x.y", "z", NULL };
    const char *const *const cut_lists[] = { two };
    auto_buf struct buf scratch = BUF_INIT(LIMIT_OBJECT_BYTES);
    struct json_cut *cut = json_cut_new(cut_lists, 1);
    assert_non_null(cut);
    json_cut_keep(cut, NULL);
    json_cut_keep(cut, keep);
    check(json_cut_object(cut, STR("{\"a\":{\"b\":1,\"c\":[{\"d\":2}],\"x\":3}}"), &scratch),
          "{\"a\":{\"c\":[{\"d\":2}],\"x\":3}}");
    json_cut_free(cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects),   cmocka_unit_test(test_events),
        cmocka_unit_test(test_every_end), cmocka_unit_test(test_nothing_to_cut),
        cmocka_unit_test(test_no_room),   cmocka_unit_test(test_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
