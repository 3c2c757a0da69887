#include "kube/object/fields.h"
#include "kube/object/unique.h"

#include "base/limits.h"
#include "tests/support/cmocka.h"

struct gadget {
    struct kube_meta meta; /* first */
    int64_t size, since_unix_sec, n_parts;
    bool is_on;
    struct str colour;
};

enum { GADGET_SIZE = KUBE_PRESENT_OWN, GADGET_SINCE = KUBE_PRESENT_OWN << 1 };

static const struct kube_field gadget_fields[] = {
    KUBE_I64(struct gadget, size, "spec", "size", GADGET_SIZE),
    KUBE_TRUE(struct gadget, is_on, "spec", "on"),
    KUBE_TIME(struct gadget, since_unix_sec, "status", "since", GADGET_SINCE),
    KUBE_COUNT(struct gadget, n_parts, "status", "parts"),
    KUBE_TEXT(struct gadget, colour, NULL, "colour"),
};

static struct gadget read_gadget(const char *text)
{
    struct gadget gadget = { 0 };
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    kube_fields_decode(object, gadget_fields, KG_ARRAY_LEN(gadget_fields), &gadget);
    if (gadget.colour.n > 0) {
        assert_true(str_eq_c(gadget.colour, "red"));
    }
    json_decref(object);
    return gadget;
}

static void fields_by_their_table(void **state)
{
    (void)state;
    struct gadget g =
        read_gadget("{\"spec\":{\"size\":7,\"on\":true},\"colour\":\"red\",\"status\":"
                    "{\"since\":\"1970-01-01T00:00:09Z\",\"parts\":[1,2,3]}}");
    assert_int_equal(g.meta.present, GADGET_SIZE | GADGET_SINCE);
    assert_int_equal(g.size, 7);
    assert_true(g.is_on);
    assert_int_equal(g.since_unix_sec, 9);
    assert_int_equal(g.n_parts, 3);
    assert_int_equal(g.colour.n, 3);
}

static void fields_of_other_types_are_absent(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"spec\":5,\"status\":null,\"colour\":[]}",
        "{\"spec\":{\"size\":\"7\",\"on\":\"true\"},\"status\":{\"since\":9,\"parts\":{\"a\":1}}}",
        "{\"size\":7,\"on\":true,\"spec\":{\"colour\":\"red\"}}",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(texts); i++) {
        struct gadget g = read_gadget(texts[i]);
        assert_int_equal(g.meta.present, 0);
        assert_int_equal(g.size, 0);
        assert_false(g.is_on);
        assert_int_equal(g.since_unix_sec, 0);
        assert_int_equal(g.n_parts, 0);
        assert_null(g.colour.p);
    }
    struct gadget zero = read_gadget("{\"spec\":{\"size\":0}}");
    assert_int_equal(zero.meta.present, GADGET_SIZE);
}

struct pair {
    uint64_t before; /* texts and mark may stand anywhere */
    struct str a, b;
    bool repeated;
};

static void repeated_texts_are_marked(void **state)
{
    (void)state;
    struct arena mem;
    arena_init(&mem, 1 * MIB);
    const struct kube_decode how = { .mem = &mem };
    struct pair pairs[] = {
        { .a = STR_INIT("x"), .b = STR_INIT("y") }, { .a = STR_INIT("xy"), .b = STR_INIT("") },
        { .a = STR_INIT("x"), .b = STR_INIT("z") }, { .a = STR_INIT("x"), .b = STR_INIT("y") },
        { .a = STR_INIT(""), .b = STR_INIT("xy") }, { .a = STR_INIT("x"), .b = STR_INIT("y") },
        { .a = { NULL, 0 }, .b = STR_INIT("xy") },
    };
    static const bool want[] = { false, false, false, true, false, true, true };
    assert_int_equal(kube_unique_mark(pairs, KG_ARRAY_LEN(pairs),
                                      KUBE_UNIQUE(struct pair, a, 2, repeated), &how, NULL),
                     0);
    for (size_t i = 0; i < KG_ARRAY_LEN(pairs); i++) {
        assert_int_equal(pairs[i].repeated, want[i]);
    }
    assert_int_equal(
        kube_unique_mark(NULL, 0, KUBE_UNIQUE(struct pair, a, 2, repeated), &how, NULL), 0);
    arena_done(&mem);
    arena_init(&mem, 16);
    assert_int_equal(
        kube_unique_mark(pairs, 7, KUBE_UNIQUE(struct pair, a, 2, repeated), &how, NULL), -ENOMEM);
    arena_done(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_by_their_table),
        cmocka_unit_test(fields_of_other_types_are_absent),
        cmocka_unit_test(repeated_texts_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
