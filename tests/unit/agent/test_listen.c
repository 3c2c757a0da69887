#include "agent/http/listen.h"

#include "base/file.h"

#include "tests/support/test.h"

static void reads_addresses(void **state)
{
    static const struct {
        const char *address, *host, *port;
    } cases[] = {
        { ":9095", "", "9095" },
        { "127.0.0.1:0", "127.0.0.1", "0" },
        { "[::1]:9095", "::1", "9095" },
        { "localhost:80", "localhost", "80" },
    };
    static const char *const bad[] = { "",       "9095",    "host",  "::1:9095", "[]:1",
                                       "[::1]",  "host:x",  "host:", ":65536",   "[::1:9095",
                                       "::1]:1", "host:-1", ":+1" };
    char host[64], port[8];
    struct err err = { 0 };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_int_equal(
            listen_parse(cases[i].address, host, sizeof(host), port, sizeof(port), &err), 0);
        assert_string_equal(host, cases[i].host);
        assert_string_equal(port, cases[i].port);
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        assert_int_equal(listen_parse(bad[i], host, sizeof(host), port, sizeof(port), &err),
                         -EINVAL);
        assert_true(strstr(err.text, "is not an address such as") != NULL);
    }
}

static void takes_a_port_once(void **state)
{
    char bound[64];
    struct err err = { 0 };
    (void)state;
    auto_close int fd = listen_open("127.0.0.1:0", &err);
    assert_true(fd >= 0);
    assert_int_equal(listen_bound(fd, bound, sizeof(bound)), 0);
    assert_true(str_starts(str_of(bound), STR("127.0.0.1:")));
    assert_int_equal(listen_open(bound, &err), -EADDRINUSE);
    assert_true(strstr(err.text, bound) && strstr(err.text, "EADDRINUSE"));
    assert_int_equal(listen_open("192.0.2.1:0", &err), -EADDRNOTAVAIL);
}

static void takes_all_addresses(void **state)
{
    char bound[64];
    struct err err = { 0 };
    (void)state;
    auto_close int fd = listen_open(":0", &err);
    assert_true(fd >= 0);
    assert_int_equal(listen_bound(fd, bound, sizeof(bound)), 0);
    assert_true(str_starts(str_of(bound), STR("[::]:")) ||
                str_starts(str_of(bound), STR("0.0.0.0:")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(takes_a_port_once),
        cmocka_unit_test(takes_all_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
