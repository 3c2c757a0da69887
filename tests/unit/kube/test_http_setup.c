#include "kube/client/http_impl.h"

#include "tests/support/test.h"

static void a_server_name_goes_into_the_url(void **state)
{
    (void)state;
    static const struct {
        const char *server, *name, *base, *connect_to, *host;
    } cases[] = {
        { "https://10.0.0.1:6443", NULL, "https://10.0.0.1:6443", NULL, NULL },
        { "https://h/k8s/c-1", NULL, "https://h/k8s/c-1", NULL, NULL },
        { "https://10.0.0.1:6443", "kubernetes", "https://kubernetes:6443",
          "kubernetes:6443:10.0.0.1:6443", "Host: 10.0.0.1:6443" },
        { "https://h", "kubernetes", "https://kubernetes", "kubernetes:443:h:443", "Host: h" },
        { "https://h/k8s/c-1", "k", "https://k/k8s/c-1", "k:443:h:443", "Host: h" },
        { "https://[fd00::1]:6443", "k", "https://k:6443", "k:6443:[fd00::1]:6443",
          "Host: [fd00::1]:6443" },
        { "https://h:1", "10.0.0.2", "https://10.0.0.2:1", "10.0.0.2:1:h:1", "Host: h:1" },
        { "https://h:1", "fd00::2", "https://[fd00::2]:1", "[fd00::2]:1:h:1", "Host: h:1" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct kube_config config = {
            .server = (char *)cases[i].server,
            .tls_server_name = (char *)cases[i].name,
        };
        struct http_target t;
        struct err err = { 0 };
        if (http_target_init(&t, &config, &err) < 0) {
            fail_msg("%s", err.text);
        }
        assert_string_equal(t.base, cases[i].base);
        assert_int_equal(!t.connect_to, !cases[i].connect_to);
        if (cases[i].connect_to) {
            assert_string_equal(t.connect_to, cases[i].connect_to);
            assert_string_equal(t.host, cases[i].host);
        }
        http_target_done(&t);
    }
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const struct {
        const char *server, *name;
    } cases[] = {
        { "https://", NULL },   { "https://h:99999", NULL }, { "https://h", "a b" },
        { "https://h", "a/b" }, { "https://h", "" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct kube_config config = {
            .server = (char *)cases[i].server,
            .tls_server_name = (char *)cases[i].name,
        };
        struct http_target t;
        struct err err = { 0 };
        if (http_target_init(&t, &config, &err) != -EINVAL) {
            fail_msg("%s with %s was taken", cases[i].server, cases[i].name);
        }
        assert_int_equal(err.code, EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_name_goes_into_the_url),
        cmocka_unit_test(refuses_what_is_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
