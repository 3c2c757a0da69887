/* The text format: what is read of it, and that everything else is refused with its line. */
#include "base/limits.h"
#include "metrics/scrape.h"
#include "metrics/sink.h"
#include "metrics/text_parse.h"

#include "tests/support/test.h"

#define SERIES_MAX 1000

/* Serves the families as the sink does. */
static void serve(struct metric_sink *sink, const struct text_families *families,
                  enum metric_format format, struct buf *out)
{
    struct loose_family *next;
    struct err err = { 0 };
    for (struct loose_family *f = families->first; f; f = next) {
        size_t dropped;
        next = f->next;
        assert_int_equal(loose_finish(f, metric_sink_arena(sink), &dropped), 0);
        metric_sink_add_loose(sink, f);
    }
    struct metric_part *part = metric_sink_take(sink, "node", 1, &err);
    assert_non_null(part);
    struct scrape *scrape = scrape_new(&part, 1, format);
    assert_non_null(scrape);
    int r = 1;
    for (int i = 0; r == 1 && i < 10000; i++) {
        r = scrape_next(scrape, out, 1); /* a piece a series */
    }
    assert_int_equal(r, 0);
    scrape_free(scrape);
}

static void check_format(const char *text, enum metric_format format, const char *want)
{
    struct err err = { 0 };
    struct metric_sink *sink = metric_sink_new(NULL, &err);
    struct text_families families = { 0 };
    auto_buf struct buf out = BUF_INIT(MIB);
    assert_non_null(sink);
    assert_int_equal(metric_sink_begin(sink, &err), 0);
    int r = text_parse(str_of(text), SERIES_MAX, metric_sink_arena(sink), &families, &err);
    if (r < 0) {
        fail_msg("%s: %s", text, err.text);
    }
    serve(sink, &families, format, &out);
    assert_string_equal(buf_c(&out) ? buf_c(&out) : "", want);
    metric_sink_free(sink);
}

static void check(const char *text, const char *want)
{
    check_format(text, METRIC_FORMAT_TEXT, want);
}

static void fails(const char *text, int code, const char *want)
{
    struct arena mem;
    struct err err = { 0 };
    struct text_families families = { 0 };
    arena_init(&mem, MIB);
    int r = text_parse(str_of(text), SERIES_MAX, &mem, &families, &err);
    assert_int_equal(r, -code);
    if (!strstr(err.text, want)) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, want);
    }
    assert_null(families.first);
    arena_done(&mem);
}

static void families_come_out_as_they_went_in(void **state)
{
    (void)state;
    check("", "");
    check("\n \t\n# a comment\n#\n# HELP\n# HELP a\n# TYPE a\n", "");
    check("# HELP a A \\\\ help\\nof \"two\" lines.\n# TYPE a gauge\na 1\n",
          "# HELP a A \\\\ help\\nof \"two\" lines.\n# TYPE a gauge\na 1\n");
    check("a 1\n", "# HELP a \n# TYPE a untyped\na 1\n");
    check("  a{z=\"1\", b = \"\\\\ \\\" \\n\" ,} \t+Inf\n# TYPE c COUNTER\nc{} 1e3\n",
          "# HELP a \n# TYPE a untyped\na{b=\"\\\\ \\\" \\n\",z=\"1\"} +Inf\n"
          "# HELP c \n# TYPE c counter\nc 1000\n");
    /* A label without a value is none. A family without a sample is none. */
    check("# TYPE a gauge\na{x=\"\"} NaN\n# TYPE b gauge\n", "# HELP a \n# TYPE a gauge\na NaN\n");
    /* Samples of a family need not stand together. */
    check("a 1\nb 2\na{c=\"d\"} 3\n",
          "# HELP a \n# TYPE a untyped\na 1\na{c=\"d\"} 3\n# HELP b \n# TYPE b untyped\nb 2\n");
    /* The first of two is kept. */
    check("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\na 3\na{x=\"\"} 4\n",
          "# HELP a \n# TYPE a untyped\na{x=\"1\",y=\"2\"} 1\na 3\n");
}

static void histograms_and_summaries(void **state)
{
    (void)state;
    static const char text[] = "# HELP h H.\n# TYPE h histogram\n"
                               "h_bucket{le=\"1.0\",a=\"b\"} 1\nh_bucket{a=\"b\",le=\"+Inf\"} 2\n"
                               "h_sum{a=\"b\"} 0.5\nh_count{a=\"b\"} 2\n"
                               "# HELP s S.\n# TYPE s summary\n"
                               "s{quantile=\"0.5\"} 3\ns_sum 4\ns_count 5\n";
    check(text, "# HELP h H.\n# TYPE h histogram\n"
                "h_bucket{a=\"b\",le=\"1\"} 1\nh_bucket{a=\"b\",le=\"+Inf\"} 2\n"
                "h_sum{a=\"b\"} 0.5\nh_count{a=\"b\"} 2\n"
                "# HELP s S.\n# TYPE s summary\n"
                "s{quantile=\"0.5\"} 3\ns_sum 4\ns_count 5\n");
    check_format(text, METRIC_FORMAT_OPENMETRICS,
                 "# HELP h H.\n# TYPE h histogram\n"
                 "h_bucket{a=\"b\",le=\"1.0\"} 1\nh_bucket{a=\"b\",le=\"+Inf\"} 2\n"
                 "h_sum{a=\"b\"} 0.5\nh_count{a=\"b\"} 2\n"
                 "# HELP s S.\n# TYPE s summary\n"
                 "s{quantile=\"0.5\"} 3\ns_sum 4\ns_count 5\n# EOF\n");
    /* Without a TYPE the suffix means nothing. */
    check("h_count 1\n", "# HELP h_count \n# TYPE h_count untyped\nh_count 1\n");
}

static void open_metrics_keeps_suffixes_for_samples(void **state)
{
    (void)state;
    check_format("# TYPE a_total counter\na_total 1\n# TYPE b counter\nb 1\nc 1\n",
                 METRIC_FORMAT_OPENMETRICS,
                 "# HELP a \n# TYPE a counter\na_total 1\n# HELP b \n# TYPE b unknown\nb 1\n"
                 "# HELP c \n# TYPE c unknown\nc 1\n# EOF\n");
}

static void faults_say_their_line(void **state)
{
    (void)state;
    fails("a 1", EBADMSG, "line 1: the last line does not end");
    fails("\na 1\nb\n", EBADMSG, "line 3: expected a number");
    fails("a 1 1441205977284\n", EBADMSG, "line 1: timestamps");
    fails("a 1 \n", EBADMSG, "timestamps and text");
    fails("a x\n", EBADMSG, "expected a number, not x");
    fails("a 1\r\n", EBADMSG, "expected a number");
    fails("a 0x1p3\n", EBADMSG, "expected a number");
    fails("a 1_000\n", EBADMSG, "expected a number");
    fails("1a 1\n", EBADMSG, "no metric name: 1a");
    fails("a.b 1\n", EBADMSG, "no metric name");
    fails("{\"a.b\"} 1\n", EBADMSG, "no metric name");
    fails("a{b=\"c} 1\n", EBADMSG, "no quoted value of label b");
    fails("a{b=c} 1\n", EBADMSG, "no quoted value");
    fails("a{b} 1\n", EBADMSG, "expected '='");
    fails("a{b=\"c\" d=\"e\"} 1\n", EBADMSG, "expected ',' or '}'");
    fails("a{b=\"c\",b=\"d\"} 1\n", EBADMSG, "label twice: b");
    fails("a{__name__=\"c\"} 1\n", EBADMSG, "no label name");
    fails("a{b:c=\"c\"} 1\n", EBADMSG, "no label name");
    fails("a{b=\"\\x\"} 1\n", EBADMSG, "unknown escape");
    fails("a{b=\"\xff\"} 1\n", EBADMSG, "no UTF-8");
    fails("# HELP a \xff\n", EBADMSG, "no UTF-8");
    fails("# HELP a x\n# HELP a x\n", EBADMSG, "line 2: second HELP of a");
    fails("# TYPE a gauge\n# TYPE a gauge\n", EBADMSG, "line 2: TYPE after");
    fails("a 1\n# TYPE a gauge\n", EBADMSG, "line 2: TYPE after");
    fails("# TYPE a gaugehistogram\n", EBADMSG, "unknown type gaugehistogram");
    fails("# TYPE a gauge \n", EBADMSG, "unknown type");
    fails("# TYPE h histogram\nh 1\n", EBADMSG, "bare name");
    fails("# TYPE h histogram\nh_bucket 1\n", EBADMSG, "missing label le");
    fails("# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", EBADMSG, "no number: x");
    fails("# TYPE s summary\ns 1\n", EBADMSG, "missing label quantile");
}

static void limits_are_kept(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(4 * MIB);
    for (int i = 0; i <= SERIES_MAX; i++) {
        buf_addf(&text, "a{b=\"%d\"} 1\n", i);
    }
    fails(buf_c(&text), E2BIG, "line 1001: more than 1000 series");
    buf_clear(&text);
    buf_add_char(&text, 'a');
    for (int i = 0; i < 129; i++) {
        buf_addf(&text, "%sl%d=\"v\"", i ? "," : "{", i);
    }
    buf_add_c(&text, "} 1\n");
    fails(buf_c(&text), EBADMSG, "too many labels");
    buf_clear(&text);
    buf_add_c(&text, "a{b=\"");
    for (size_t i = 0; i <= LIMIT_LABEL_VALUE_BYTES; i++) {
        buf_add_char(&text, 'x');
    }
    buf_add_c(&text, "\"} 1\n");
    fails(buf_c(&text), EBADMSG, "value too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_come_out_as_they_went_in),
        cmocka_unit_test(histograms_and_summaries),
        cmocka_unit_test(open_metrics_keeps_suffixes_for_samples),
        cmocka_unit_test(faults_say_their_line),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
