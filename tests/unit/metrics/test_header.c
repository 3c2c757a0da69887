#include "metrics/header.h"

#include "tests/support/test.h"

static void assert_header(const struct metric_family *row, enum metric_format format,
                          const char *want)
{
    auto_buf struct buf out = BUF_INIT(1000);
    header_add(row, format, &out);
    assert_str_equal(buf_str(&out), want);
}

static void lines_are_as_the_format_has_them(void **state)
{
    (void)state;
    static const struct {
        struct metric_family row;
        const char *text, *open_metrics;
    } cases[] = {
        { { .name = "a", .help = "x", .type = METRIC_GAUGE },
          "# HELP a x\n# TYPE a gauge\n",
          "# HELP a x\n# TYPE a gauge\n" },
        { { .name = "a_total", .help = "x", .type = METRIC_COUNTER },
          "# HELP a_total x\n# TYPE a_total counter\n",
          "# HELP a x\n# TYPE a counter\n" },
        { { .name = "a_failcnt", .help = "x", .type = METRIC_COUNTER },
          "# HELP a_failcnt x\n# TYPE a_failcnt counter\n",
          "# HELP a_failcnt x\n# TYPE a_failcnt unknown\n" },
        { { .name = "a_total", .help = "x", .type = METRIC_GAUGE },
          "# HELP a_total x\n# TYPE a_total gauge\n",
          "# HELP a_total x\n# TYPE a_total gauge\n" },
        { { .name = "a_info", .help = "x", .type = METRIC_INFO },
          "# HELP a_info x\n# TYPE a_info gauge\n",
          "# HELP a x\n# TYPE a info\n" },
        { { .name = "a_about", .help = "x", .type = METRIC_INFO },
          "# HELP a_about x\n# TYPE a_about gauge\n",
          "# HELP a_about x\n# TYPE a_about gauge\n" },
        { { .name = "a", .help = "x", .type = METRIC_STATESET },
          "# HELP a x\n# TYPE a gauge\n",
          "# HELP a x\n# TYPE a stateset\n" },
        { { .name = "a", .help = "x", .type = METRIC_GAUGE, .stability = METRIC_STABLE },
          "# HELP a [STABLE] x\n# TYPE a gauge\n",
          "# HELP a [STABLE] x\n# TYPE a gauge\n" },
        { { .name = "a", .help = "q\"b\\s\nn", .type = METRIC_GAUGE },
          "# HELP a q\"b\\\\s\\nn\n# TYPE a gauge\n",
          "# HELP a q\\\"b\\\\s\\nn\n# TYPE a gauge\n" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_header(&cases[i].row, METRIC_FORMAT_TEXT, cases[i].text);
        assert_header(&cases[i].row, METRIC_FORMAT_OPENMETRICS, cases[i].open_metrics);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_as_the_format_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
