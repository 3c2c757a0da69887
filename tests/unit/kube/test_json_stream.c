/* test_json_stream.c — the splitter, cut at every byte offset, against jansson on the whole text.
 */
#include "base/limits.h"
#include "kube/client/json_stream.h"

#include <jansson.h>

#include "tests/support/cmocka.h"

/* Everything an event said, one line each, so that two runs are compared as text. */
struct record {
    struct buf log;
    size_t objects, oversize, metadata;
    int answer; /* what events return */
};

static int on_object(void *arg, struct str text)
{
    struct record *r = arg;
    r->objects++;
    buf_addf(&r->log, "object " STR_FMT "\n", STR_ARG(text));
    return r->answer;
}

static int on_metadata(void *arg, struct str text)
{
    struct record *r = arg;
    r->metadata++;
    buf_addf(&r->log, "metadata " STR_FMT "\n", STR_ARG(text));
    return r->answer;
}

static int on_oversize(void *arg, size_t bytes)
{
    struct record *r = arg;
    r->oversize++;
    buf_addf(&r->log, "oversize %zu\n", bytes);
    return r->answer;
}

static const struct json_stream_events events = { on_object, on_metadata, on_oversize };

struct run {
    enum json_stream_mode mode;
    size_t max_object;
    size_t first, piece; /* size of the first piece, and of the others */
    int answer;
};

/* Feeds text as the run says. Sets *ret (log to be freed); returns the error of feed or end. Each
 * piece is a copy of its own size, so that ASan sees a read beyond it. */
static int run_stream(const struct run *run, struct str text, struct record *ret, struct err *err)
{
    *ret = (struct record){ .log = BUF_INIT(64 * MIB), .answer = run->answer };
    struct json_stream *s = json_stream_new(run->mode, run->max_object, &events, ret);
    assert_non_null(s);
    int r = 0;
    for (size_t at = 0; at < text.n && r == 0;) {
        struct str piece =
            str_head(str_from(text, at), at == 0 && run->first ? run->first : run->piece);
        char *copy = malloc(piece.n);
        memcpy(copy, piece.p, piece.n);
        r = json_stream_feed(s, (struct str){ copy, piece.n }, err);
        free(copy);
        at += piece.n;
    }
    if (r == 0) {
        r = json_stream_end(s, err);
    }
    json_stream_free(s);
    assert_int_equal(buf_failed(&ret->log), 0);
    return r;
}

static const char *const lists[] = {
    "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"12\"},"
    "\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"}}]}",
    /* metadata last, blanks everywhere, nested items and metadata keys */
    " {\n\t\"items\" : [ { \"items\" : [ { \"metadata\" : 1 } ] , \"x\" : \"}]\\\"{\" } ,\r\n {} ] "
    ", "
    "\"metadata\" : { \"continue\" : \"abc\" , \"items\" : [ ] } , \"n\" : -1.5e3 }\n ",
    /* escapes in keys */
    "{\"i\\u0074ems\":[{\"a\":1}],\"\\u006d\\u0065\\u0074\\u0061\\u0064\\u0061\\u0074\\u0061\":{"
    "\"r\":2}}",
    "{\"it\\\\ems\":[1,2],\"it\\u0100ms\":[3],\"items\\\"\":4,\"items\":[{}]}",
    "{\"items\":null,\"metadata\":{}}",
    "{\"items\":null}",
    "{\"items\":[],\"a\":true,\"b\":false,\"c\":null,\"d\":\"items\",\"e\":[{\"items\":[]}]}",
    "{\"metadata\":null,\"items\":[{\"s\":\"\\\\\"},{\"s\":\"\\\\\\\"}\"},{\"deep\":[[[[[[{}]]]]]]}"
    "]}",
    "{\"metadata\":[1],\"items\":[{\"u\":\"\xc3\xa9\xf0\x9f\x98\x80\",\"long\":"
    "\"0123456789012345678901234567890123456789012345678901234567890123456789{{{{\"}]}",
    "{\"averyveryveryveryveryveryveryveryveryveryverylongkeyindeed\":{\"items\":[{}]},\"items\":[{}"
    "]}",
};

/* What jansson sees in the whole text, in the words of the record; both forms of one object are
 * compared as values by check_against_jansson. */
static void check_against_jansson(struct str text, const struct record *r)
{
    json_error_t why;
    json_t *whole = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    assert_non_null(whole);
    json_t *items = json_object_get(whole, "items");
    assert_int_equal(json_array_size(items), r->objects);
    size_t object = 0, metadata = 0;
    struct str log = buf_str(&r->log);
    /* An object's text may have newlines: entries are told apart by their first word. */
    while (log.n) {
        bool is_object = str_eat(&log, STR("object "));
        if (!is_object) {
            assert_true(str_eat(&log, STR("metadata ")));
        }
        json_t *one = json_loadb(log.p, log.n, JSON_DISABLE_EOF_CHECK, &why);
        assert_non_null(one);
        json_t *want =
            is_object ? json_array_get(items, object++) : json_object_get(whole, "metadata");
        assert_true(json_equal(one, want));
        metadata += is_object ? 0 : 1;
        log = str_from(log, (size_t)why.position);
        assert_true(str_eat(&log, STR("\n")));
        json_decref(one);
    }
    assert_int_equal(object, json_array_size(items));
    assert_int_equal(metadata, json_is_object(json_object_get(whole, "metadata")));
    json_decref(whole);
}

static void check_all_cuts(enum json_stream_mode mode, struct str text, const struct record *want,
                           int want_result, size_t max_object)
{
    for (size_t cut = 0; cut <= text.n; cut++) {
        struct run run = { mode, max_object, cut, text.n, 0 };
        if (cut == text.n) { /* every byte alone */
            run.first = run.piece = 1;
        }
        struct record r;
        assert_int_equal(run_stream(&run, text, &r, NULL), want_result);
        assert_int_equal(r.log.n, want->log.n);
        if (r.log.n) {
            assert_memory_equal(r.log.p, want->log.p, r.log.n);
        }
        buf_done(&r.log);
    }
}

static void test_lists_at_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(lists); i++) {
        struct str text = str_of(lists[i]);
        struct record whole;
        struct err err = { 0 };
        struct run run = { JSON_STREAM_LIST, 0, 0, text.n, 0 };
        assert_int_equal(run_stream(&run, text, &whole, &err), 0);
        check_against_jansson(text, &whole);
        check_all_cuts(JSON_STREAM_LIST, text, &whole, 0, 0);
        buf_done(&whole.log);
    }
}

static void test_watch_documents_at_every_cut(void **state)
{
    (void)state;
    /* nothing, blanks, newlines between; items and metadata mean nothing here */
    struct str text = STR("{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}{\"items\":[{}]}\n\n"
                          " {\"a\":\"}{\\\\\"}\r\n{}{\"type\":\"BOOKMARK\"}\n");
    struct record whole;
    struct run run = { JSON_STREAM_WATCH, 0, 0, text.n, 0 };
    assert_int_equal(run_stream(&run, text, &whole, NULL), 0);
    assert_string_equal(buf_c(&whole.log),
                        "object {\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}\n"
                        "object {\"items\":[{}]}\nobject {\"a\":\"}{\\\\\"}\nobject {}\n"
                        "object {\"type\":\"BOOKMARK\"}\n");
    check_all_cuts(JSON_STREAM_WATCH, text, &whole, 0, 0);
    buf_done(&whole.log);
}

static void test_every_prefix_is_unfinished(void **state)
{
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(lists); i++) {
        struct str text = str_trim(str_of(lists[i]));
        for (size_t n = 0; n < text.n; n++) {
            struct record r;
            struct err err = { 0 };
            struct run run = { JSON_STREAM_LIST, 0, 0, 7, 0 };
            assert_int_equal(run_stream(&run, str_head(text, n), &r, &err), -ENODATA);
            assert_int_equal(err.code, ENODATA);
            buf_done(&r.log);
        }
    }
}

static void test_oversize_is_passed_over(void **state)
{
    (void)state;
    struct str list = STR("{\"items\":[{\"a\":1},{\"b\":\"0123456789\"},{\"c\":3}]}");
    struct str want = STR("object {\"a\":1}\noversize 18\nobject {\"c\":3}\n");
    struct record whole;
    struct run run = { JSON_STREAM_LIST, 17, 0, list.n, 0 };
    assert_int_equal(run_stream(&run, list, &whole, NULL), 0);
    assert_true(str_eq(buf_str(&whole.log), want));
    check_all_cuts(JSON_STREAM_LIST, list, &whole, 0, 17);
    buf_done(&whole.log);

    /* exactly the maximum passes */
    run.max_object = 18;
    assert_int_equal(run_stream(&run, list, &whole, NULL), 0);
    assert_int_equal(whole.objects, 3);
    check_all_cuts(JSON_STREAM_LIST, list, &whole, 0, 18);
    buf_done(&whole.log);

    struct str watch = STR("{\"a\":1} {\"b\":\"0123456789\"} {\"c\":3}");
    run = (struct run){ JSON_STREAM_WATCH, 17, 0, 3, 0 };
    assert_int_equal(run_stream(&run, watch, &whole, NULL), 0);
    assert_true(str_eq(buf_str(&whole.log), want));
    buf_done(&whole.log);

    struct str metadata = STR("{\"metadata\":{\"continue\":\"0123456789\"},\"items\":[]}");
    run = (struct run){ JSON_STREAM_LIST, 17, 0, 3, 0 };
    assert_int_equal(run_stream(&run, metadata, &whole, NULL), -E2BIG);
    buf_done(&whole.log);
}

static void test_what_is_not_a_list(void **state)
{
    (void)state;
    static const struct {
        enum json_stream_mode mode;
        const char *text, *says;
    } cases[] = {
        { JSON_STREAM_LIST, "[]", "byte 0: expected an object, got 0x5b" },
        { JSON_STREAM_LIST, "<html>", "byte 0: expected an object, got 0x3c" },
        { JSON_STREAM_LIST, "{1:2}", "byte 1: expected a key, got 0x31" },
        { JSON_STREAM_LIST, "{\"a\" 1}", "byte 5: expected ':', got 0x31" },
        { JSON_STREAM_LIST, "{\"a\":}", "byte 5: expected a value, got 0x7d" },
        { JSON_STREAM_LIST, "{\"a\":1,}", "byte 7: expected a key, got 0x7d" },
        { JSON_STREAM_LIST, "{\"a\":1 2}", "byte 7: expected ',' or '}', got 0x32" },
        { JSON_STREAM_LIST, "{\"items\":{}}", "byte 9: expected '[' or null as items, got 0x7b" },
        { JSON_STREAM_LIST, "{\"items\":[1]}", "byte 10: expected an object in items, got 0x31" },
        { JSON_STREAM_LIST, "{\"items\":[{},]}", "byte 13: expected an object in items, got 0x5d" },
        { JSON_STREAM_LIST, "{\"items\":[{}{}]}", "byte 12: expected ',' or ']', got 0x7b" },
        { JSON_STREAM_LIST, "{\"items\":[],\"items\":[]}", "byte 20: a second \"items\"" },
        { JSON_STREAM_LIST, "{\"items\":[]}{}", "byte 12: expected the end, got 0x7b" },
        { JSON_STREAM_LIST, "{\"kind\":\"Status\",\"code\":410}", "a list without items" },
        { JSON_STREAM_WATCH, "{}garbage", "byte 2: expected an object, got 0x67" },
        { JSON_STREAM_WATCH, "{},{}", "byte 2: expected an object, got 0x2c" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        for (size_t piece = 1; piece <= 30; piece += 29) {
            struct record r;
            struct err err = { 0 };
            struct run run = { cases[i].mode, 0, 0, piece, 0 };
            assert_int_equal(run_stream(&run, str_of(cases[i].text), &r, &err), -EBADMSG);
            assert_string_equal(err.text, cases[i].says);
            buf_done(&r.log);
        }
    }
}

static void test_limits(void **state)
{
    (void)state;
    /* as deep as allowed, and one deeper */
    for (int extra = 0; extra <= 1; extra++) {
        struct buf text = BUF_INIT(4096);
        for (int i = 0; i < LIMIT_JSON_DEPTH + extra; i++) {
            buf_add_c(&text, "{\"a\":");
        }
        buf_add_char(&text, '1');
        for (int i = 0; i < LIMIT_JSON_DEPTH + extra; i++) {
            buf_add_char(&text, '}');
        }
        struct record r;
        struct run run = { JSON_STREAM_WATCH, 0, 0, 10, 0 };
        assert_int_equal(run_stream(&run, buf_str(&text), &r, NULL), extra ? -ELOOP : 0);
        assert_int_equal(r.objects, 1 - extra);
        buf_done(&r.log);
        buf_done(&text);
    }
}

static void test_page_limit(void **state)
{
    (void)state;
    struct record r = { .log = BUF_INIT(4096) };
    struct json_stream *s = json_stream_new(JSON_STREAM_LIST, 0, &events, &r);
    char *blanks = malloc(16 * MIB);
    memset(blanks, ' ', 16 * MIB);
    struct err err = { 0 };
    struct str begin = STR("{\"a\":[");
    assert_int_equal(json_stream_feed(s, begin, &err), 0);
    for (size_t left = LIMIT_PAGE_BYTES - begin.n; left > 0;) {
        struct str piece = str_head((struct str){ blanks, 16 * MIB }, left);
        assert_int_equal(json_stream_feed(s, piece, &err), 0);
        left -= piece.n;
    }
    assert_int_equal(json_stream_feed(s, STR(" "), &err), -E2BIG);
    assert_int_equal(json_stream_feed(s, STR(" "), &err), -E2BIG);
    assert_int_equal(json_stream_end(s, &err), -E2BIG);
    free(blanks);
    json_stream_free(s);
    buf_done(&r.log);
}

static void test_an_event_can_stop_it(void **state)
{
    (void)state;
    struct record r;
    struct err err = { 0 };
    struct run run = { JSON_STREAM_LIST, 0, 0, 1, -ECANCELED };
    assert_int_equal(run_stream(&run, str_of(lists[0]), &r, &err), -ECANCELED);
    assert_string_equal(buf_c(&r.log), "metadata {\"resourceVersion\":\"12\"}\n");
    assert_string_equal(err.text, "stopped by the consumer");
    buf_done(&r.log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_at_every_cut),
        cmocka_unit_test(test_watch_documents_at_every_cut),
        cmocka_unit_test(test_every_prefix_is_unfinished),
        cmocka_unit_test(test_oversize_is_passed_over),
        cmocka_unit_test(test_what_is_not_a_list),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_page_limit),
        cmocka_unit_test(test_an_event_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
