#include "kube/yaml/yaml.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tests/support/test.h"

/* All documents of text as compact JSON with sorted keys, joined with ' '; "ERR message" at the
 * end when one fails. */
static char *as_json(struct str text)
{
    struct buf out = BUF_INIT(64 * MIB);
    struct yaml_documents *d = yaml_documents_new(text);
    assert_non_null(d);
    struct err err = { 0 };
    json_t *value = NULL;
    int r;
    while ((r = yaml_documents_next(d, &value, &err)) == 1) {
        char *json = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        assert_non_null(json);
        buf_add_c(&out, out.n ? " " : "");
        buf_add_c(&out, json);
        free(json);
        json_decref(value);
    }
    if (r < 0) {
        buf_addf(&out, "%sERR %s", out.n ? " " : "", err.text);
        assert_int_equal(err.code, -r);
        /* An error stays. */
        struct err again = { 0 };
        assert_int_equal(yaml_documents_next(d, &value, &again), r);
        assert_string_equal(again.text, err.text);
    }
    yaml_documents_free(d);
    buf_add_c(&out, "");
    return buf_take(&out);
}

struct json_case {
    const char *yaml, *json;
};

static void check(const struct json_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *got = as_json(str_of(cases[i].yaml));
        if (strcmp(got, cases[i].json) != 0) {
            fail_msg("\"%s\" gives\n  %s\nwant\n  %s", cases[i].yaml, got, cases[i].json);
        }
        free(got);
    }
}

#define CHECK(cases) check(cases, KG_ARRAY_LEN(cases))

/* The expectations of this and the next tests are what kubectl 1.36 makes of the same text. */
static void types_plain_scalars_as_kubectl_does(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        { "[yes, on, y, True, TRUE, Y, No, off, N, false]",
          "[true,true,true,true,true,true,false,false,false,false]" },
        { "[tRue, yES, oN, nULL]", "[\"tRue\",\"yES\",\"oN\",\"nULL\"]" },
        { "a: ~\nb: null\nc: Null\nd:\ne: ''",
          "{\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":\"\"}" },
        { "[0, -0, +12, 1_000, 12_, 1__2]", "[0,0,12,1000,12,12]" },
        { "[_12, 1:20, 1.2.3, 1e5.5, '12']", "[\"_12\",\"1:20\",\"1.2.3\",\"1e5.5\",\"12\"]" },
        { "[0o17, 017, 08, 00, -017, 0_7, 010.5]", "[15,15,8,0,-15,7,10.5]" },
        { "[0x1F, 0X1f, -0x10, +0x1F, 0x_1, 0b11, -0b11, 0B1]", "[31,31,-16,31,1,3,-3,1]" },
        { "[0x, 0b, 0o, 0o8, 0b12, 0x1.8p3, 0x1p4, '+', ., 1e, 0o-7]",
          "[\"0x\",\"0b\",\"0o\",\"0o8\",\"0b12\",\"0x1.8p3\",\"0x1p4\",\"+\",\".\",\"1e\",\"0o-"
          "7\"]" },
        { "[1e3, 1.0, 1., .5, +.5, .5_0, .5__0, 1_0.5, 1E-2]",
          "[1000,1,1,0.5,0.5,0.5,\".5__0\",10.5,0.01]" },
        { "[1e400, .5e999, 1e-400]", "[\"1e400\",\".5e999\",0]" },
        { "[9223372036854775807, -9223372036854775808]",
          "[9223372036854775807,-9223372036854775808]" },
        { "[9223372036854775808, -9223372036854775809, 99999999999999999999]",
          "[9.2233720368547758e18,-9.2233720368547758e18,1e20]" },
        { "[inf, nan, NaN, .Infinity, +nan]", "[\"inf\",\"nan\",\"NaN\",\".Infinity\",\"+nan\"]" },
        { "a: 2001-01-01\nb: 2001-01-01T00:00:00Z",
          "{\"a\":\"2001-01-01\",\"b\":\"2001-01-01T00:00:00Z\"}" },
        { "[.inf]", "ERR line 1, column 2: .inf has no form in JSON" },
        { "[-.INF]", "ERR line 1, column 2: -.INF has no form in JSON" },
        { "[.nan]", "ERR line 1, column 2: .nan has no form in JSON" },
    };
    CHECK(cases);
}

static void quotes_blocks_and_tags_decide_over_the_text(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        { "['yes', \"12\", 'null', '']", "[\"yes\",\"12\",\"null\",\"\"]" },
        { "a: |\n  12\nb: >-\n  x\n  y\n\n  z\nc: |+\n  k\n\n",
          "{\"a\":\"12\\n\",\"b\":\"x y\\nz\",\"c\":\"k\\n\\n\"}" },
        { "[!!str 12, !!int '12', !!float 1.5, !!bool yes, !!null '', !foo 12]",
          "[\"12\",12,1.5,true,null,\"12\"]" },
        { "!<tag:yaml.org,2002:int> \"5\"", "5" },
        { "[! \"12\"]", "[\"12\"]" },
        { "a: !!binary aGVs\nb: !!binary |\n  aGVs\n  bG8=\n", "{\"a\":\"hel\",\"b\":\"hello\"}" },
        { "[!!int foo]", "ERR line 1, column 2: a scalar is not the !!int that it says" },
        { "[!!bool 1]", "ERR line 1, column 2: a scalar is not the !!bool that it says" },
        { "[!!null x]", "ERR line 1, column 2: a scalar is not the !!null that it says" },
        { "[!!binary '#']", "ERR line 1, column 2: !!binary is not base64" },
        { "\"a\\tb\\x41\\u00e9\\U0001F600\\/\"", "\"a\\tbAé😀/\"" },
        { "'it''s'", "\"it's\"" },
    };
    CHECK(cases);
}

static void keys_become_text_and_may_stand_once(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        { "1: a\n1.5: b\ny: c\nno: d\n0x10: e\n2001-01-01: f\n1e30: g",
          "{\"1\":\"a\",\"1.5\":\"b\",\"16\":\"e\",\"1e+30\":\"g\",\"2001-01-01\":\"f\",\"false\":"
          "\"d\","
          "\"true\":\"c\"}" },
        { "!!str 1: x", "{\"1\":\"x\"}" },
        { "a: 1\nb: 2\na: 3", "ERR line 3, column 1: the key \"a\" is there twice" },
        { "yes: 1\ntrue: 2", "ERR line 2, column 1: the key \"true\" is there twice" },
        { "~: 1", "ERR line 1, column 1: a key is null, a list or a map" },
        { "? [1]\n: 2", "ERR line 1, column 3: a key is a list or a map" },
        { "\"a\\0b\": 1", "ERR line 1, column 1: a key holds a NUL" },
    };
    CHECK(cases);
}

static void merges_and_aliases(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        { "a: &x [1, {b: 2}]\nc: *x\nd: [*x]",
          "{\"a\":[1,{\"b\":2}],\"c\":[1,{\"b\":2}],\"d\":[[1,{\"b\":2}]]}" },
        { "[&x 1, *x, &x 2, *x]", "[1,1,2,2]" },
        { "&k key: 1\nother: *k", "{\"key\":1,\"other\":\"key\"}" },
        { "[&k a, {*k : 1}]", "[\"a\",{\"a\":1}]" },
        { "{<<: {a: 1, b: 2}, b: 3}", "{\"a\":1,\"b\":3}" },
        { "{b: 3, <<: {a: 1, b: 2}}", "{\"a\":1,\"b\":2}" },
        { "{<<: [{a: 1}, {a: 2, b: 3}]}", "{\"a\":1,\"b\":3}" },
        { "[&x {c: 1}, {<<: *x, d: 2}, {<<: [*x, {c: 3, e: 4}]}]",
          "[{\"c\":1},{\"c\":1,\"d\":2},{\"c\":1,\"e\":4}]" },
        { "{\"<<\": {a: 1}}", "{\"<<\":{\"a\":1}}" },
        { "{<<: {a: 1}, a: 2, a: 3}", "ERR line 1, column 20: the key \"a\" is there twice" },
        { "{<<: 3}", "ERR line 1, column 6: \"<<\" wants a map or a list of maps" },
        { "[*x]", "ERR line 1, column 2: *x names nothing before it" },
        { "&x [*x]", "ERR line 1, column 5: *x stands within what it names" },
        { "--- &x 1\n--- *x", "1 ERR line 2, column 5: *x names nothing before it" },
    };
    CHECK(cases);
}

static void separates_documents_and_takes_json(void **state)
{
    (void)state;
    static const struct json_case cases[] = {
        { "", "" },
        { "\n# only a comment\n", "" },
        { "---\n---\nnull\n---\n~\n", "" },
        { "a: 1\n---\n# note\nb: 2\n--- # behind\nc: 3\n...\n---\nd: 4\n",
          "{\"a\":1} {\"b\":2} {\"c\":3} {\"d\":4}" },
        { "%YAML 1.1\n# x\n---\na: 1\n---\nb: 2", "{\"a\":1} {\"b\":2}" },
        { "a: |\n  ---\n  x\n---\nb: ---\n", "{\"a\":\"---\\nx\\n\"} {\"b\":\"---\"}" },
        { "a: 1\r\n---\r\nb: 2\r\n", "{\"a\":1} {\"b\":2}" },
        { "\xEF\xBB\xBF{\"a\": 1}", "{\"a\":1}" },
        { "{\"a\":1}\n{\"b\":2}{\"c\":3}", "{\"a\":1} {\"b\":2} {\"c\":3}" },
        { "---\n{\"a\":1}\n---\n[1]\n---\nb: 2", "{\"a\":1} [1] {\"b\":2}" },
        { "{\"a\": \"\\ud83d\\ude00 \\u00e9\\/\", \"b\": 1.50}", "{\"a\":\"😀 é/\",\"b\":1.5}" },
        { "{\n\t\"a\":\t[\n\t\t1\n\t]\n}", "{\"a\":[1]}" },
        { "{é: 1}", "{\"é\":1}" },
        { "{\"é\": 1}\n{\"b\": 2}", "{\"é\":1} {\"b\":2}" },
        { "{a: 1}", "{\"a\":1}" },
        { "{\"a\": 1}: x", "ERR line 1, column 1: a key is a list or a map" },
        { "{\"a\": 1}\n{\"b\" 2}", "{\"a\":1} ERR line 2: JSON: ':' expected near '2'" },
        { "{\"a\": 1}\n{\"b\": 2} {\"c\"\n:,}",
          "{\"a\":1} {\"b\":2} ERR line 3: JSON: unexpected token near ','" },
        { "{}\n{}\n{} x", "{} {} ERR line 3: JSON: text behind a value" },
        { "{\"a\": 1, \"a\": 2}", "ERR line 1, column 10: the key \"a\" is there twice" },
        { "a: [1,\nb", "ERR line 3, column 1: did not find expected ',' or ']'" },
        { "ok: 1\n---\nx\n---\na: b: c",
          "{\"ok\":1} \"x\" ERR line 5, column 5: mapping values are not allowed in this context" },
        { "a: \"\x01\"",
          "ERR offset 4 of the document at line 1: control characters are not allowed" },
        { "a: \"\xff\"", "ERR offset 4 of the document at line 1: invalid leading UTF-8 octet" },
    };
    CHECK(cases);
}

static void keeps_nul_in_text_and_takes_utf16(void **state)
{
    (void)state;
    struct yaml_documents *d = yaml_documents_new(STR("a: \"x\\0y\""));
    json_t *v = NULL;
    assert_int_equal(yaml_documents_next(d, &v, NULL), 1);
    assert_int_equal(json_string_length(json_object_get(v, "a")), 3);
    json_decref(v);
    yaml_documents_free(d);
    static const char utf16[] = "\xFF\xFE"
                                "a\0:\0 \0"
                                "1\0\n\0-\0-\0-";
    d = yaml_documents_new((struct str){ utf16, sizeof(utf16) });
    assert_int_equal(yaml_documents_next(d, &v, NULL), 1);
    assert_int_equal(json_integer_value(json_object_get(v, "a")), 1);
    json_decref(v);
    yaml_documents_free(d);
}

static int first(struct str text)
{
    struct yaml_documents *d = yaml_documents_new(text);
    json_t *v = NULL;
    int r = yaml_documents_next(d, &v, NULL);
    if (r == 1) {
        json_decref(v);
    }
    yaml_documents_free(d);
    return r;
}

static void bounds_depth_and_aliases(void **state)
{
    (void)state;
    char deep[2 * (LIMIT_YAML_DEPTH + 1)];
    memset(deep, '[', sizeof(deep) / 2);
    memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
    /* A key in front keeps the JSON parser, which follows deeper nesting, away from it. */
    auto_buf struct buf text = BUF_INIT(MIB);
    buf_add_c(&text, "a: ");
    buf_add(&text, (struct str){ deep + 2, sizeof(deep) - 4 });
    assert_int_equal(first(buf_str(&text)), 1);
    buf_truncate(&text, 3);
    buf_add(&text, (struct str){ deep, sizeof(deep) });
    assert_int_equal(first(buf_str(&text)), -E2BIG);

    /* Ten times ten times ten …: 10^9 leaves in ten short lines. */
    buf_clear(&text);
    buf_add_c(&text, "a0: &a0 x\n");
    for (int i = 1; i < 10; i++) {
        buf_addf(&text, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++) {
            buf_addf(&text, "%s*a%d", k ? ", " : "", i - 1);
        }
        buf_add_c(&text, "]\n");
    }
    assert_int_equal(first(buf_str(&text)), -E2BIG);

    /* Few bytes, but a level more with each line. */
    buf_clear(&text);
    buf_add_c(&text, "a0: &a0 x\n");
    for (int i = 1; i <= LIMIT_YAML_DEPTH; i++) {
        buf_addf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    }
    assert_int_equal(first(buf_str(&text)), -E2BIG);
}

struct seen {
    struct buf text;
    int refuse;
};

static int note(void *arg, struct str name, struct str value, int line, struct err *err)
{
    struct seen *s = arg;
    if (!value.p) {
        buf_addf(&s->text, "%d " STR_FMT " too deep;", line, STR_ARG(name));
        return s->refuse ? err_set(err, s->refuse, "refused") : 0;
    }
    buf_addf(&s->text, "%d " STR_FMT "=" STR_FMT ";", line, STR_ARG(name), STR_ARG(value));
    return s->refuse ? err_set(err, s->refuse, "refused") : 5;
}

static void options_become_flag_text(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
        int r;
    } cases[] = {
        { "", "", 0 },
        { "# nothing\n", "", 0 },
        { "---\n", "", 0 },
        { "log-level: debug\n\nno-x: yes\ny: on\nz: 'on'\nport: 0x10\nempty:\nnull-too: ~\n",
          "1 log-level=debug;3 no-x=true;4 y=true;5 z=on;6 port=0x10;7 empty=;8 null-too=;", 0 },
        { "resources: [pods, \"nodes\", off]\nnone: []\n", "1 resources=pods,nodes,false;2 none=;",
          0 },
        { "labels:\n  pods: [a, b]\n  nodes: '*'\n", "1 labels=pods=[a,b],nodes=*;", 0 },
        { "a: |\n  two\n  lines\n", "1 a=two\nlines\n;", 0 },
        { "a: &x [1]\nb: *x\n", "1 a=1;2 b=1;", 0 },
        { "a: 1\nb: [[1]]\n", "1 a=1;2 b too deep;line 2: a value is nested too deep", -EBADMSG },
        { "set:\n  b: {}\n  a:\n  'c,d': {}\n", "1 set=b,a,c\\,d;", 0 },
        { "l: ['x{1,2}', w]\nm: {k: ['a,b']}\n", "1 l=x{1\\,2},w;2 m=k=[a\\,b];", 0 },
        { "a: {b: {c: 1}}\n", "1 a too deep;line 1: a value is nested too deep", -EBADMSG },
        { "a: {b: [[c]]}\n", "1 a too deep;line 1: a value is nested too deep", -EBADMSG },
        { "a: 1\nb: 2\na: 3\n", "1 a=1;2 b=2;line 3: a is there twice", -EBADMSG },
        { "- a\n", "line 1: the file is not a map of names to values", -EBADMSG },
        { "text", "line 1: the file is not a map of names to values", -EBADMSG },
        { "[a]: 1\n", "line 1: a name is a list or a map", -EBADMSG },
        { "a: 1\n---\nb: 2\n", "1 a=1;line 3: a second document begins", -EBADMSG },
        { "a: [1\nb: 2", "line 2: did not find expected ',' or ']'", -EBADMSG },
        { "a: &x [*x]\n", "1 a too deep;line 1: a value is nested too deep", -EBADMSG },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct seen s = { .text = BUF_INIT(MIB) };
        struct err err = { 0 };
        int r = yaml_options(str_of(cases[i].yaml), note, &s, &err);
        if (r < 0) {
            buf_add_c(&s.text, err.text);
        }
        if (r != cases[i].r || !str_eq_c(buf_str(&s.text), cases[i].want)) {
            fail_msg("\"%s\" gives %d \"" STR_FMT "\", want \"%s\"", cases[i].yaml, r,
                     STR_ARG(buf_str(&s.text)), cases[i].want);
        }
        buf_done(&s.text);
    }
}

static void the_callback_ends_the_walk(void **state)
{
    (void)state;
    struct seen s = { .text = BUF_INIT(MIB), .refuse = EINVAL };
    struct err err = { 0 };
    assert_int_equal(yaml_options(STR("a: 1\nb: 2\n"), note, &s, &err), -EINVAL);
    assert_string_equal(err.text, "refused");
    assert_str_equal(buf_str(&s.text), "1 a=1;");
    buf_clear(&s.text);
    assert_int_equal(yaml_options(STR("a: [[1]]\nb: 2\n"), note, &s, &err), -EINVAL);
    assert_string_equal(err.text, "refused");
    assert_str_equal(buf_str(&s.text), "1 a too deep;");
    buf_done(&s.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_plain_scalars_as_kubectl_does),
        cmocka_unit_test(quotes_blocks_and_tags_decide_over_the_text),
        cmocka_unit_test(keys_become_text_and_may_stand_once),
        cmocka_unit_test(merges_and_aliases),
        cmocka_unit_test(separates_documents_and_takes_json),
        cmocka_unit_test(keeps_nul_in_text_and_takes_utf16),
        cmocka_unit_test(bounds_depth_and_aliases),
        cmocka_unit_test(options_become_flag_text),
        cmocka_unit_test(the_callback_ends_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
