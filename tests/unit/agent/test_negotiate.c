#include "agent/http/negotiate.h"

#include "tests/support/test.h"

static void assert_format(const char *accept, const char *content_type)
{
    struct negotiated n;
    negotiate_format(str_of(accept), &n);
    if (strcmp(n.content_type, content_type) != 0) {
        fail_msg("%s: got %s, want %s", accept, n.content_type, content_type);
    }
    assert_int_equal(n.format, strstr(content_type, "openmetrics") ? METRIC_FORMAT_OPENMETRICS
                                                                   : METRIC_FORMAT_TEXT);
}

#define TEXT "text/plain; version=0.0.4; charset=utf-8"
#define OPEN(version, escaping)                                                                    \
    "application/openmetrics-text; version=" version "; charset=utf-8; escaping=" escaping

static void chooses_a_format(void **state)
{
    (void)state;
    assert_format("", TEXT);
    assert_format("*/*", TEXT);
    assert_format("text/html,application/xhtml+xml,*/*;q=0.8", TEXT);
    assert_format("text/plain;version=0.0.4", TEXT);
    assert_format("application/openmetrics-text; version=1.0.0", OPEN("1.0.0", "underscores"));
    assert_format("application/openmetrics-text;version=0.0.1", OPEN("0.0.1", "underscores"));
    assert_format("application/openmetrics-text", OPEN("0.0.1", "underscores"));
    assert_format("application/openmetrics-text;version=2.0.0", TEXT);
    assert_format("APPLICATION/OpenMetrics-Text;Version=\"1.0.0\"", OPEN("1.0.0", "underscores"));
    /* As Prometheus 2 and 3 ask. */
    assert_format("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                  "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                  OPEN("1.0.0", "underscores"));
    assert_format("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                  "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
                  "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                  OPEN("1.0.0", "allow-utf-8"));
}

static void honours_weights(void **state)
{
    (void)state;
    assert_format("application/openmetrics-text;version=1.0.0;q=0.3,text/plain;q=0.4", TEXT);
    assert_format("text/plain;q=0.299,application/openmetrics-text;version=1.0.0;q=0.3",
                  OPEN("1.0.0", "underscores"));
    assert_format("application/openmetrics-text;version=1.0.0;q=0", TEXT);
    assert_format("application/openmetrics-text;version=1.0.0;q=nonsense", TEXT);
    assert_format("text/plain,application/openmetrics-text;version=1.0.0", TEXT);
    assert_format("application/openmetrics-text;version=1.0.0;escaping=odd\r\nx,",
                  OPEN("1.0.0", "underscores"));
}

static void chooses_a_coding(void **state)
{
    static const struct {
        const char *accept;
        enum pack_coding coding;
    } cases[] = {
        { "", PACK_NONE },
        { "gzip", PACK_GZIP },
        { "GZIP", PACK_GZIP },
        { "x-gzip", PACK_GZIP },
        { "deflate, gzip;q=0.5", PACK_GZIP },
        { "gzip;q=0", PACK_NONE },
        { "gzip;q=0.000", PACK_NONE },
        { "gzip;q=0.001", PACK_GZIP },
        { "gzip; q=1.0, identity; q=0.5", PACK_GZIP },
        { "gzip;q=0.2, identity;q=0.9", PACK_NONE },
        { "identity;q=0, gzip;q=0.1", PACK_GZIP },
        { "identity;q=0", PACK_NONE },
        { "gzip;q=2", PACK_NONE },
        { "gzip;q=1.5", PACK_GZIP },
        { ", ,gzip", PACK_GZIP },
        /* Prometheus with and without its flag; browsers; curl. */
        { "zstd,gzip", PACK_ZSTD },
        { "gzip", PACK_GZIP },
        { "gzip, deflate, br, zstd", PACK_GZIP },
        { "deflate, gzip, br, zstd", PACK_GZIP },
        { "zstd", PACK_ZSTD },
        { "ZStd", PACK_ZSTD },
        { "br, zstd", PACK_ZSTD },
        { "zstd;q=0", PACK_NONE },
        { "zstd;q=0, gzip", PACK_GZIP },
        { "zstd,gzip;q=0", PACK_ZSTD },
        { "zstd;q=0, gzip;q=0", PACK_NONE },
        { "zstd;q=0.5, gzip;q=0.8", PACK_GZIP },
        { "gzip;q=0.5, zstd;q=0.8", PACK_ZSTD },
        { "gzip;q=0.7, zstd;q=0.7", PACK_GZIP },
        { "x-gzip, zstd", PACK_GZIP },
        { "zstd, x-gzip", PACK_ZSTD },
        { "identity, zstd;q=0.9", PACK_NONE },
        { "identity;q=0.5, zstd;q=0.5", PACK_ZSTD },
        { "identity;q=0.5, zstd;q=0.4, gzip;q=0.6", PACK_GZIP },
        { "identity;q=0, zstd;q=0.1", PACK_ZSTD },
        /* '*' stands for gzip. */
        { "*", PACK_GZIP },
        { "*;q=0", PACK_NONE },
        { "*;q=0, gzip;q=1", PACK_GZIP },
        { "*;q=0, zstd", PACK_ZSTD },
        { "gzip;q=0, *;q=1", PACK_NONE },
        { "zstd;q=0, *", PACK_GZIP },
        { "*, zstd", PACK_ZSTD },
        { "zstd, *", PACK_ZSTD },
        { "*, zstd;q=0.9", PACK_GZIP },
        { "*;q=0.5, zstd;q=0.4, identity;q=0.6", PACK_NONE },
    };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        if (negotiate_coding(str_of(cases[i].accept)) != cases[i].coding) {
            fail_msg("Accept-Encoding: %s", cases[i].accept);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_a_format),
        cmocka_unit_test(honours_weights),
        cmocka_unit_test(chooses_a_coding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
