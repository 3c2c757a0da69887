/* test_object_scan.c — what is certain, what is left to the parser, and that both agree. */
#include "kube/client/object_scan.h"

#include "tests/support/cmocka.h"

#include <jansson.h>
#include <stdio.h>

static void assert_certain(const char *text, const char *uid, const char *version)
{
    struct object_id id;
    assert_true(object_scan(str_of(text), &id));
    assert_true(str_eq_c(id.uid, uid));
    assert_true(str_eq_c(id.version, version));
}

static void assert_uncertain(const char *text)
{
    struct object_id id;
    assert_false(object_scan(str_of(text), &id));
}

static void test_certain(void **state)
{
    (void)state;
    assert_certain("{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"7\"}}", "u", "7");
    assert_certain("{\"metadata\":{\"uid\":\"u\"}}", "u", "");
    assert_certain(" { \"kind\" : \"Pod\" ,\n\t\"metadata\" : { \"resourceVersion\" : \"7\" , "
                   "\"uid\" : \" u \" } } ",
                   " u ", "7");
    assert_certain("{\"a\":null,\"b\":-1.5e+3,\"c\":[{\"metadata\":{\"uid\":\"x\"}}],\"d\":{},"
                   "\"metadata\":{\"uid\":\"u\"}}",
                   "u", "");
    /* What stands deeper, or in a string, is not the object's. */
    assert_certain(
        "{\"spec\":{\"metadata\":{\"uid\":\"x\"}},\"metadata\":{\"ownerReferences\":[{"
        "\"uid\":\"x\"}],\"annotations\":{\"uid\":\"x\",\"a\":\"\\\"uid\\\":\\\"x\\\"\"},"
        "\"uid\":\"u\"}}",
        "u", "");
    assert_certain("{\"metadata\":{\"name\":\"}\\\\\",\"uid\":\"u\"}}", "u", "");
    assert_certain("{\"metadata\":{\"uid\":\"\"}}", "", "");
}

static void test_left_to_the_parser(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"metadata\":{}}",
        "{\"metadata\":null}",
        "{\"metadata\":7}",
        "{\"metadata\":[]}",
        "{\"metadata\":{\"uid\":7}}",
        "{\"metadata\":{\"uid\":null}}",
        "{\"metadata\":{\"uid\":\"\\u0061\"}}",
        "{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":7}}",
        "{\"metadata\":{\"\\u0075id\":\"u\",\"resourceVersion\":\"7\"}}",
        "{\"m\\u0065tadata\":{\"uid\":\"u\"}}",
        "{\"metadata\":{\"ownerReferences\":[{\"uid\":\"x\"}]}}",
        "{\"metadata\":{\"annotations\":{\"a\":\"\\\"uid\\\":\\\"x\\\"\"}}}",
        "{\"spec\":{\"uid\":\"x\"},\"uid\":\"y\"}",
        "{\"metadata\":{\"uid\":\"u",
        "{\"metadata\":{\"uid\"",
        "{\"metadata\":{\"name\":{\"uid\":\"u\"",
        "{\"metadata\" {\"uid\":\"u\"}}",
        "{\"a\":1 \"metadata\":{\"uid\":\"u\"}}",
        "{\"a\":,\"metadata\":{\"uid\":\"u\"}}",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(texts); i++) {
        assert_uncertain(texts[i]);
    }
    char deep[600] = "{\"metadata\":{\"a\":";
    memset(deep + strlen(deep), '[', 200);
    assert_uncertain(deep);
}

static void test_events(void **state)
{
    (void)state;
    struct str type;
    struct object_id id;
    assert_true(object_scan_event(STR("{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"uid\":"
                                      "\"u\",\"resourceVersion\":\"9\"}}}"),
                                  &type, &id));
    assert_true(str_eq_c(type, "DELETED"));
    assert_true(str_eq_c(id.uid, "u"));
    assert_true(str_eq_c(id.version, "9"));
    static const char *const texts[] = {
        "",
        "{\"object\":{\"metadata\":{\"uid\":\"u\"}},\"type\":\"ADDED\"}",
        "{\"type\":7,\"object\":{\"metadata\":{\"uid\":\"u\"}}}",
        "{\"type\":\"ADDED\",\"metadata\":{\"uid\":\"u\"}}",
        "{\"type\":\"ADDED\",\"object\":null}",
        "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(texts); i++) {
        assert_false(object_scan_event(str_of(texts[i]), &type, &id));
    }
}

/* Objects with every awkward thing around the uid, in every order of the members. */
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static json_t *awkward_value(uint32_t *seed)
{
    static const char *const texts[] = {
        "\"uid\":\"x\"", "}", "{\"metadata\":{\"uid\":\"x\"}}", "\\", "\\\"", "\xc3\xa9\x01", "]",
    };
    switch (next(seed) % 6) {
    case 0:
        return json_pack("[{s:s},{s:s}]", "uid", "x", "resourceVersion", "1");
    case 1:
        return json_pack("{s:{s:s},s:s}", "metadata", "uid", "x", "uid", "x");
    case 2:
        return json_real(-1.5e300);
    case 3:
        return json_null();
    default:
        return json_string(texts[next(seed) % KG_ARRAY_LEN(texts)]);
    }
}

static json_t *shuffled(json_t *members, uint32_t *seed)
{
    json_t *out = json_object();
    while (json_array_size(members) > 0) {
        size_t i = next(seed) % json_array_size(members);
        const json_t *pair = json_array_get(members, i);
        json_object_set(out, json_string_value(json_array_get(pair, 0)), json_array_get(pair, 1));
        json_array_remove(members, i);
    }
    json_decref(members);
    return out;
}

static void test_generated(void **state)
{
    (void)state;
    uint32_t seed = 4;
    for (int i = 0; i < 20000; i++) {
        char uid[40], version[40];
        snprintf(uid, sizeof(uid), "%08x-%04x", next(&seed), next(&seed));
        snprintf(version, sizeof(version), "%u", next(&seed));
        json_t *metadata =
            shuffled(json_pack("[[s,o],[s,o],[s,o],[s,s],[s,s]]", "labels", awkward_value(&seed),
                               "ownerReferences", awkward_value(&seed), "annotations",
                               awkward_value(&seed), "uid", uid, "resourceVersion", version),
                     &seed);
        json_t *object = shuffled(json_pack("[[s,o],[s,o],[s,o]]", "spec", awkward_value(&seed),
                                            "metadata", metadata, "uid", awkward_value(&seed)),
                                  &seed);
        size_t flags = next(&seed) % 3 == 0 ? JSON_INDENT(3) : JSON_COMPACT;
        char *text = json_dumps(object, flags | (next(&seed) % 2 ? JSON_ENSURE_ASCII : 0));
        assert_certain(text, uid, version);
        free(text);
        json_decref(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certain),
        cmocka_unit_test(test_left_to_the_parser),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_generated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
