#include "tests/support/render.h"

static void rendered(const char *text, const struct kube_render_options *options,
                     const char *want_names, size_t want_unknown)
{
    auto_buf struct buf out = BUF_INIT(1 * MIB), names = BUF_INIT(4096);
    struct err err = { 0 };
    size_t unknown = 4711;
    if (kube_render(str_of(text), options, &out, &unknown, &err) < 0) {
        fail_msg("%s: %s", text, err_text(&err));
    }
    struct str rest = buf_str(&out);
    while (rest.n) {
        struct str line = str_line(&rest);
        ssize_t at = str_search(line, STR("pod=\""));
        if (str_starts(line, STR("kube_pod_service_account{")) && at >= 0) {
            line = str_from(line, (size_t)at + 5);
            struct str name = str_cut(&line, '"');
            buf_addf(&names, STR_FMT " ", STR_ARG(name));
        }
    }
    assert_string_equal(buf_c(&names), want_names);
    assert_int_equal(unknown, want_unknown);
}

#define POD(name) "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name "\"}}"
#define BARE(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define CRONTAB "{\"apiVersion\":\"example.com/v1\",\"kind\":\"CronTab\",\"metadata\":{}}"

static void shapes_of_input(void **state)
{
    (void)state;
    static const struct {
        const char *text, *names;
        size_t unknown;
    } table[] = {
        { "", "", 0 },
        { " \n\t", "", 0 },
        { POD("a"), "a ", 0 },
        { "\n  " POD("a") " \n", "a ", 0 },
        { POD("a") POD("b") "\n" POD("c"), "a b c ", 0 },
        { "[" POD("a") "," POD("b") "]", "a b ", 0 },
        { "[]", "", 0 },
        { "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" POD("a") "," POD("b") "]}", "a b ",
          0 },
        { "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[" BARE("a") "," BARE("b") "]}",
          "a b ", 0 },
        { "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" POD(
              "a") ",{\"kind\":\"List\",\"items\":[" POD("b") ",[" POD("c") "]]}," POD("d") "]}",
          "a b c d ", 0 },
        { "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}", "", 0 },
        { "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" CRONTAB "," POD("a") "," CRONTAB
                                                                                      "]}",
          "a ", 2 },
        { "{\"apiVersion\":\"apps/v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"}}", "", 1 },
        { "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "a ", 0 },
        { "---\n# nothing\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\n---\n"
          "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n"
          "    name: \"b\"\n...\n",
          "a b ", 0 },
        { "---\n" POD("a") "\n---\n" POD("b"), "a b ", 0 },
        { POD("a") "\n---\n" POD("b"), "a b ", 0 },
        { POD("a") POD("a"), "a ", 0 }, /* one object, twice: the later one */
    };
    const struct kube_render_options options = { .format = METRIC_FORMAT_TEXT };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        rendered(table[i].text, &options, table[i].names, table[i].unknown);
    }
}

static void errors_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } table[] = {
        { "{", "document 1, line 1" },
        { "[1,\n2,,]", "document 1, line 2" },
        { POD("a") "\n\n{\"kind\": Pod}", "document 2, line 3" },
        { "5", "document 1: not a Kubernetes object" },
        { "[5]", "document 1: not a Kubernetes object" },
        { "text", "document 1: not a Kubernetes object" },
        { "{}", "document 1: an object without kind" },
        { POD("a") "{\"metadata\":{}}", "document 2: an object without kind" },
        { "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", "document 1: object without metadata.name" },
        { "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nkind: [}\n", "line 5" },
    };
    const struct kube_render_options options = { .format = METRIC_FORMAT_TEXT };
    for (size_t i = 0; i < KG_ARRAY_LEN(table); i++) {
        auto_buf struct buf out = BUF_INIT(1 * MIB);
        struct err err = { 0 };
        size_t unknown = 4711;
        assert_int_equal(kube_render(str_of(table[i].text), &options, &out, &unknown, &err),
                         -EBADMSG);
        if (!strstr(err.text, table[i].part)) {
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", table[i].text, err.text, table[i].part);
        }
        assert_int_equal(out.n, 0);
        assert_int_equal(unknown, 4711);
    }
}

static void lists_may_not_nest_for_ever(void **state)
{
    (void)state;
    const struct kube_render_options options = { .format = METRIC_FORMAT_TEXT };
    auto_buf struct buf text = BUF_INIT(1 * MIB), out = BUF_INIT(1 * MIB);
    struct err err = { 0 };
    for (int i = 0; i < LIMIT_JSON_DEPTH + 1; i++) {
        buf_add_char(&text, '[');
    }
    for (int i = 0; i < LIMIT_JSON_DEPTH + 1; i++) {
        buf_add_char(&text, ']');
    }
    assert_int_equal(kube_render(buf_str(&text), &options, &out, NULL, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "nested"));
}

static void only_the_resources_asked_for(void **state)
{
    (void)state;
    const struct str pods[] = { STR("pods") }, others[] = { STR("nodes") };
    struct kube_render_options options = { .format = METRIC_FORMAT_TEXT, .resources = pods };
    rendered(POD("a"), &options, "", 0); /* n_resources 0: none at all */
    options.n_resources = 1;
    rendered(POD("a"), &options, "a ", 0);
    options.resources = others;
    rendered(POD("a") CRONTAB, &options, "", 1);
}

static void output_that_does_not_fit(void **state)
{
    (void)state;
    const struct kube_render_options options = { .format = METRIC_FORMAT_TEXT };
    auto_buf struct buf out = BUF_INIT(100);
    struct err err = { 0 };
    assert_int_equal(kube_render(STR(POD("a")), &options, &out, NULL, &err), -ENOBUFS);
    assert_int_equal(err.code, ENOBUFS);
}

static void openmetrics_ends_with_eof(void **state)
{
    (void)state;
    const struct kube_render_options options = { .format = METRIC_FORMAT_OPENMETRICS };
    auto_buf struct buf out = BUF_INIT(1 * MIB);
    assert_int_equal(kube_render(STR(POD("a")), &options, &out, NULL, NULL), 0);
    assert_true(str_ends(buf_str(&out), STR("\n# EOF\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_of_input),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(lists_may_not_nest_for_ever),
        cmocka_unit_test(only_the_resources_asked_for),
        cmocka_unit_test(output_that_does_not_fit),
        cmocka_unit_test(openmetrics_ends_with_eof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
