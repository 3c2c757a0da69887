#include "kube/client/http_impl.h"

#include "tests/support/test.h"

#define NOW INT64_C(1795136523)

static void reads_retry_after_as_seconds_or_date(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t want;
    } cases[] = {
        { "0", 0 },
        { " 1 \r\n", 1000 },
        { "120", 120000 },
        { "86400", 86400000 },
        { "999999", 86400000 },
        { "99999999999999999999999", 86400000 },
        { "-1", -1 },
        { "", -1 },
        { "soon", -1 },
        { "1.5", -1 },
        { "Thu, 01 Jan 1970 00:00:10 GMT", 0 },
        { "Fri, 31 Dec 2100 23:59:59 GMT", 86400000 },
        { "a value much longer than any date that a server could mean by it, and then some", -1 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        int64_t got = http_retry_after_ms(str_of(cases[i].value), NOW);
        if (got != cases[i].want) {
            fail_msg("\"%s\": %lld", cases[i].value, (long long)got);
        }
    }
    /* 784111777 is the example of RFC 9110, section 5.6.7. */
    static const char *const same[] = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(same); i++) {
        assert_int_equal(http_retry_after_ms(str_of(same[i]), 784111777 - 90), 90000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_retry_after_as_seconds_or_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
