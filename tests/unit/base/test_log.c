#include "base/log.h"

#include "base/clock.h"
#include "base/limits.h"
#include "tests/support/capture.h"

static void write_fields(void)
{
    LOG_INFO("hello world", "plain", "x", "quoted", "a \"b\"\n=\\", "none", NULL, "last", "é");
    LOG_DEBUG("not shown");
}

static void writes_logfmt(void **state)
{
    (void)state;
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    auto_buf struct buf out = BUF_INIT(8192);
    capture(write_fields, &out);
    struct str line = buf_str(&out);
    assert_true(str_eat(&line, STR("time=20")));
    ssize_t at = str_find(line, ' ');
    assert_str_equal(
        str_from(line, (size_t)at),
        " level=info msg=\"hello world\" plain=x quoted=\"a \\\"b\\\"\\n=\\\\\" none=\"\""
        " last=é\n");
}

static void writes_json(void **state)
{
    (void)state;
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    auto_buf struct buf out = BUF_INIT(8192);
    capture(write_fields, &out);
    assert_true(str_starts(buf_str(&out), STR("{\"time\":\"20")));
    assert_true(str_ends(
        buf_str(&out), STR("\"level\":\"info\",\"msg\":\"hello world\",\"plain\":\"x\","
                           "\"quoted\":\"a \\\"b\\\"\\n=\\\\\",\"none\":\"\",\"last\":\"é\"}\n")));
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
}

static void write_too_much(void)
{
    static char text[LIMIT_LOG_LINE_BYTES * 2];
    memset(text, 'x', sizeof(text) - 1);
    LOG_INFO("long", "long", text, "short", "y");
}

static void cuts_long_lines_between_fields(void **state)
{
    (void)state;
    auto_buf struct buf out = BUF_INIT(8192);
    capture(write_too_much, &out);
    assert_true(str_ends(buf_str(&out), STR(" msg=long short=y\n")));
}

static struct complaint fault = { .what = "watch failed" };
static int lines;

static void fail_for_three_hours(void)
{
    struct err err;
    err_set(&err, EIO, "no answer");
    for (uint64_t second = 0; second < 3 * 3600; second++) {
        lines += complain(&fault, (second + 1) * CLOCK_NS_PER_SEC, "pods", &err);
    }
    complaint_over(&fault, 3 * 3600 * CLOCK_NS_PER_SEC, "pods");
    complaint_over(&fault, 3 * 3600 * CLOCK_NS_PER_SEC, "pods");
}

static void complains_at_growing_intervals(void **state)
{
    (void)state;
    auto_buf struct buf out = BUF_INIT(8192);
    capture(fail_for_three_hours, &out);
    assert_in_range(lines, 6, 10);
    int recovered = 0;
    struct str text = buf_str(&out);
    while (text.p) {
        recovered += str_search(str_line(&text), STR("msg=recovered from=\"watch failed\"")) >= 0;
    }
    assert_int_equal(recovered, 1);
    assert_true(str_search(buf_str(&out), STR("subject=pods error=\"no answer\" times=1\n")) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_logfmt),
        cmocka_unit_test(writes_json),
        cmocka_unit_test(cuts_long_lines_between_fields),
        cmocka_unit_test(complains_at_growing_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
