/* test_json_read.c — what is read of an object's text, held against what jansson makes of it. */
#include "base/buf.h"
#include "base/limits.h"
#include "kube/client/json_arena.h"
#include "kube/client/json_read.h"

#include "tests/support/cmocka.h"
#include "tests/support/json_wanted_of.h"

static const char *const list[] = {
    "m.name", "m.labels", "s.c.name", "s.c.n", "s.there.", "s.when.at", "i", "o.object", NULL,
};

static struct json_wanted *wanted;

static int make_wanted(void **state)
{
    (void)state;
    wanted = json_wanted_new();
    return wanted && json_wanted_add_list(wanted, list) == 0 ? 0 : -1;
}

static int free_wanted(void **state)
{
    (void)state;
    json_wanted_free(wanted);
    return 0;
}

static const struct {
    const char *text, *read; /* read NULL: left to jansson */
} cases[] = {
    { "{}", "{}" },
    { " {\t\"x\" :\r\n1 } \n", "{}" },
    { "{\"m\":{\"name\":\"a\",\"uid\":\"b\"},\"s\":{\"x\":[{\"name\":\"}]\"}]}}",
      "{\"m\":{\"name\":\"a\"},\"s\":{}}" },
    { "{\"m\":{\"labels\":{\"a\":\"b\",\"c\":[1,[2,{\"d\":{}}],true,false,null]}}}",
      "{\"m\":{\"labels\":{\"a\":\"b\",\"c\":[1,[2,{\"d\":{}}],true,false,null]}}}" },
    /* of the levels of arrays only the objects count */
    { "{\"s\":{\"c\":[{\"name\":\"a\",\"e\":[1]},{\"e\":{}},[{\"e\":1,\"n\":2}],3,\"four\"]}}",
      "{\"s\":{\"c\":[{\"name\":\"a\"},{},[{\"n\":2}],3,\"four\"]}}" },
    { "{\"s\":{\"there\":{\"a\":1},\"when\":{\"b\":2}}}", "{\"s\":{\"there\":{},\"when\":{}}}" },
    { "{\"s\":{\"there\":[{\"a\":1},{},2],\"when\":\"never\"}}",
      "{\"s\":{\"there\":[{},{},2],\"when\":\"never\"}}" },
    { "{\"s\":7,\"m\":[],\"x\":{\"m\":{\"name\":1}}}", "{\"s\":7,\"m\":[]}" },
    /* the last of equal keys */
    { "{\"m\":{\"name\":\"a\"},\"i\":1,\"m\":{\"name\":\"b\"},\"i\":2}",
      "{\"m\":{\"name\":\"b\"},\"i\":2}" },
    { "{\"m\":{\"name\":{\"a\":1},\"name\":\"b\"}}", "{\"m\":{\"name\":\"b\"}}" },
    /* strings that jansson is asked for */
    { "{\"i\":\"a\\n\\u00e9\\ud83d\\ude00\\\"\"}", "{\"i\":\"a\\n\\u00e9\\ud83d\\ude00\\\"\"}" },
    { "{\"i\":\"\xc3\xa9\",\"m\":{\"name\":\"a\\\\\"}}",
      "{\"i\":\"\xc3\xa9\",\"m\":{\"name\":\"a\\\\\"}}" },
    { "{\"i\":\"a\\u0000b\"}", "{\"i\":\"a\\u0000b\"}" },
    { "{\"i\":\"\"}", "{\"i\":\"\"}" },
    { "{\"i\":\"\x7f 0123456789abcdef0123456789abcdef \"}",
      "{\"i\":\"\x7f 0123456789abcdef0123456789abcdef \"}" },
    /* numbers: those of up to 18 digits are read here */
    { "{\"i\":[0,-0,1,-1,999999999999999999,-999999999999999999]}",
      "{\"i\":[0,0,1,-1,999999999999999999,-999999999999999999]}" },
    { "{\"i\":[9223372036854775807,-9223372036854775808,1.5,1e3,-0.0,1E-2]}",
      "{\"i\":[9223372036854775807,-9223372036854775808,1.5,1e3,-0.0,1E-2]}" },
    { "{\"i\":12 }", "{\"i\":12}" },
    /* whatever is wrong where nobody looks */
    { "{\"x\":[\"\xff\",1,,2],\"y\":nothing,\"i\":1}", "{\"i\":1}" },
    { "{\"x\":\"\\q\",\"y\":[{\"i\":{]}],\"i\":1}", "{\"i\":1}" },
    /* a key that may stand for another text, and text beyond ASCII in one */
    { "{\"m\":{\"\\u006eame\":1}}", NULL },
    { "{\"m\":{\"n\xc3\xa4me\":1}}", NULL },
    { "{\"m\":{\"labels\":{\"a\\\"b\":\"c\"}}}", NULL },
    /* wrong where somebody looks */
    { "{\"i\":\"\xff\"}", NULL },
    { "{\"i\":\"a\nb\"}", NULL },
    { "{\"i\":\"\\ud800\"}", NULL },
    { "{\"i\":\"\\q\"}", NULL },
    { "{\"i\":01}", NULL },
    { "{\"i\":-}", NULL },
    { "{\"i\":1.}", NULL },
    { "{\"i\":+1}", NULL },
    { "{\"i\":1a}", NULL },
    { "{\"i\":1\"a\":2}", NULL },
    { "{\"i\":92233720368547758070}", NULL },
    { "{\"i\":1e999}", NULL },
    { "{\"i\":True}", NULL },
    { "{\"i\":truefalse}", NULL },
    { "{\"i\":nul}", NULL },
    { "{\"i\":}", NULL },
    { "{\"i\":1,}", NULL },
    { "{\"i\":1,,\"x\":2}", NULL },
    { "{,\"i\":1}", NULL },
    { "{\"i\":1 \"x\":2}", NULL },
    { "{\"i\" 1}", NULL },
    { "{\"i\":[1,]}", NULL },
    { "{\"i\":[,1]}", NULL },
    { "{\"i\":[1 2]}", NULL },
    { "{\"i\":[1}}", NULL },
    { "{\"m\":{\"labels\":{]}}", NULL },
    { "{i:1}", NULL },
    { "{\"i\":1}}", NULL },
    { "{\"i\":1} {}", NULL },
    { "{\"x\":}", NULL },
    { "{\"x\":[{]", NULL },
    { "[{\"i\":1}]", NULL },
    { "\"i\"", NULL },
    { " ", NULL },
    { "", NULL },
};

static json_t *tree_of(const char *text)
{
    json_t *tree = json_loads(text, JSON_ALLOW_NUL, NULL);
    if (!tree) {
        fail_msg("a case that is no JSON: %s", text);
    }
    return tree;
}

static void check(const char *text, const char *want)
{
    json_t *got = json_read_object(wanted, str_of(text));
    if (!want) {
        if (got) {
            fail_msg("read though it is uncertain: %s", text);
        }
        return;
    }
    json_t *tree = tree_of(want);
    if (!got || !json_equal(got, tree)) {
        char *have = json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY);
        fail_msg("of %s\nhave %s\nwant %s", text, have, want);
    }
    json_decref(tree);
    json_decref(got);
}

static void objects_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        check(cases[i].text, cases[i].read);
    }
}

/* Where jansson takes the whole text it says the same. */
static void jansson_says_the_same(void **state)
{
    (void)state;
    size_t n = 0;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        json_t *whole = json_loads(cases[i].text, JSON_ALLOW_NUL, NULL);
        json_t *got = json_read_object(wanted, str_of(cases[i].text));
        if (whole && got) {
            json_t *want = json_wanted_of(whole, wanted, JSON_WANTED_OBJECT);
            assert_true(json_equal(got, want));
            json_decref(want);
            n++;
        }
        json_decref(got);
        json_decref(whole);
    }
    assert_true(n > 10);
}

static void events_are_read(void **state)
{
    (void)state;
    json_t *got = json_read_event(
        wanted, STR("{\"type\":\"ADDED\",\"i\":1,\"object\":{\"i\":2,\"x\":3,\"type\":4}}\n"));
    json_t *want = tree_of("{\"type\":\"ADDED\",\"object\":{\"i\":2}}");
    assert_non_null(got);
    assert_true(json_equal(got, want));
    json_decref(got);
    json_decref(want);
    assert_null(json_read_event(wanted, STR("{\"type\":\"ADDED\",\"object\":{\"i\":02}}")));
}

/* An object of which the end is missing is left to jansson. */
static void no_part_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct str whole = str_of(cases[i].text);
        while (whole.n && (whole.p[whole.n - 1] == ' ' || whole.p[whole.n - 1] == '\n')) {
            whole.n--;
        }
        for (size_t n = 0; cases[i].read && n < whole.n; n++) {
            /* on the heap, so that reading past the end is seen */
            char *text = malloc(n ? n : 1);
            assert_non_null(text);
            memcpy(text, whole.p, n);
            if (json_read_object(wanted, (struct str){ text, n })) {
                fail_msg("read without its end: %.*s", (int)n, text);
            }
            free(text);
        }
    }
}

static struct str nested(struct buf *out, const char *key, unsigned depth, char open, char close)
{
    buf_addf(out, "{\"%s\":", key);
    for (unsigned i = 0; i < depth; i++) {
        buf_add(out, open == '{' ? STR("{\"a\":") : STR("["));
    }
    buf_add_c(out, "1");
    for (unsigned i = 0; i < depth; i++) {
        buf_add(out, (struct str){ &close, 1 });
    }
    buf_add_c(out, "}");
    return buf_str(out);
}

static void depth_has_an_end(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        unsigned depth;
        bool is_read;
    } depths[] = {
        { "i", 1, true },     { "i", 31, true },  { "i", 32, false },
        { "i", 5000, false }, { "x", 100, true }, { "x", LIMIT_JSON_DEPTH + 1, false },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(depths); i++) {
        for (int k = 0; k < 2; k++) {
            auto_buf struct buf text = BUF_INIT(1 * MIB);
            struct str all = nested(&text, depths[i].key, depths[i].depth, "{["[k], "}]"[k]);
            json_t *got = json_read_object(wanted, all);
            if (!got == depths[i].is_read) {
                fail_msg("%s, %u deep", depths[i].key, depths[i].depth);
            }
            json_decref(got);
        }
    }
}

/* Strings of all lengths, with something odd at all places: blocks of 16 bytes are looked at. */
static void odd_bytes_are_seen(void **state)
{
    (void)state;
    static const char *const odd[] = { "\\\"", "\xc3\xa9", "\\\\", "\x01", "\xff", "\\" };
    for (size_t n = 0; n < 40; n++) {
        for (size_t at = 0; at <= n; at++) {
            for (size_t i = 0; i < KG_ARRAY_LEN(odd); i++) {
                char text[128];
                snprintf(text, sizeof(text), "{\"i\":\"%.*s%s%.*s\"}", (int)at,
                         "0123456789012345678901234567890123456789", odd[i], (int)(n - at),
                         "abcdefghijabcdefghijabcdefghijabcdefghij");
                json_t *want = json_loads(text, JSON_ALLOW_NUL, NULL);
                json_t *got = json_read_object(wanted, str_of(text));
                if (want ? !got || !json_equal(want, got) : got != NULL) {
                    fail_msg("%s", text);
                }
                json_decref(want);
                json_decref(got);
            }
        }
    }
}

/* What was begun in the arena, and beyond it, is gone when nothing comes of it. */
static void a_large_one_may_end_badly(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(64 * MIB);
    buf_add_c(&text, "{\"i\":[1");
    for (int i = 0; i < 300000; i++) {
        buf_addf(&text, ",{\"n\":\"%d\"}", i);
    }
    buf_add_c(&text, "]}");
    for (int round = 0; round < 3; round++) {
        bool is_whole = round != 1;
        json_arena_begin();
        json_t *got = json_read_object(wanted, str_head(buf_str(&text), text.n - !is_whole));
        assert_true((got != NULL) == is_whole);
        assert_int_equal(json_array_size(json_object_get(got, "i")), is_whole ? 300001 : 0);
        json_arena_end(got);
    }
    json_arena_done();
}

static size_t allocations, fail_at;

static void *limited(size_t n)
{
    return ++allocations == fail_at ? NULL : malloc(n);
}

/* Without memory nothing is read, and nothing is left behind (ASan sees to that). */
static void memory_may_be_out(void **state)
{
    (void)state;
    const struct str text =
        STR("{\"m\":{\"name\":\"a\",\"labels\":{\"a\":[1,\"\\n\",[2,3,4,5,6,7,8,9]"
            ",{},{}]}},\"i\":123}");
    bool done = false;
    json_set_alloc_funcs(limited, free);
    for (fail_at = 1; !done; fail_at++) {
        allocations = 0;
        json_t *got = json_read_object(wanted, text);
        done = got != NULL;
        assert_true(done == (allocations < fail_at));
        json_decref(got);
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(fail_at > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_read),  cmocka_unit_test(jansson_says_the_same),
        cmocka_unit_test(events_are_read),   cmocka_unit_test(no_part_is_read),
        cmocka_unit_test(depth_has_an_end),  cmocka_unit_test(odd_bytes_are_seen),
        cmocka_unit_test(memory_may_be_out), cmocka_unit_test(a_large_one_may_end_badly),
    };
    return cmocka_run_group_tests(tests, make_wanted, free_wanted);
}
