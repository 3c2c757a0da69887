#include "kube/client/config.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tests/support/file_write.h"
#include "tests/support/test.h"

#include <ftw.h>
#include <sys/stat.h>

#define CA_PEM "-----BEGIN CERTIFICATE-----\nCA\n-----END CERTIFICATE-----\n"
/* base64 of CA_PEM */
#define CA_DATA "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkNBCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"

static char dir[] = "/tmp/kubegauge-config-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    struct err err;
    if (file_write_atomic(path, str_of(text), &err) < 0) {
        fail_msg("%s", err.text);
    }
}

static const char *path_of(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % KG_ARRAY_LEN(paths)];
    snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
    return path;
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int remove_dir(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A kubeconfig with one context whose cluster and user hold these lines of flow YAML. */
static void put_config(const char *cluster, const char *user)
{
    auto_buf struct buf text = BUF_INIT(MIB);
    buf_addf(&text,
             "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
             "contexts:\n- name: here\n  context: {cluster: c, user: u, namespace: ns}\n"
             "clusters:\n- name: c\n  cluster: {%s}\n"
             "users:\n- name: u\n  user: {%s}\n",
             cluster, user);
    put("config", buf_c(&text));
}

static void reads_all_that_a_context_says(void **state)
{
    (void)state;
    put_config("server: 'https://10.0.0.1:6443/', certificate-authority-data: " CA_DATA
               ", tls-server-name: kubernetes, proxy-url: 'http://p:3128'",
               "token: ' abc.def ', client-certificate: crt.pem, client-key: sub/key.pem");
    put("crt.pem", "-----BEGIN CERTIFICATE-----\nC\n");
    assert_int_equal(mkdir(path_of("sub"), 0700), 0);
    put("sub/key.pem", "-----BEGIN PRIVATE KEY-----\nK\n");
    struct kube_config c = { 0 };
    struct err err = { 0 };
    if (kube_config_from_kubeconfig(path_of("config"), NULL, &c, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(c.server, "https://10.0.0.1:6443");
    assert_string_equal(c.context, "here");
    assert_string_equal(c.namespace, "ns");
    assert_string_equal(c.tls_server_name, "kubernetes");
    assert_string_equal(c.proxy_url, "http://p:3128");
    assert_string_equal(c.ca_pem, CA_PEM);
    assert_null(c.ca_file);
    assert_string_equal(c.cert_file, path_of("crt.pem"));
    assert_string_equal(c.cert_pem, "-----BEGIN CERTIFICATE-----\nC\n");
    assert_string_equal(c.key_pem, "-----BEGIN PRIVATE KEY-----\nK\n");
    assert_string_equal(c.token, "abc.def");
    assert_null(c.token_file);
    assert_false(c.insecure_skip_tls_verify);
    assert_int_equal(kube_config_refresh(&c, &err), 0);
    kube_config_done(&c);
}

static void data_wins_over_files_and_absolute_paths_stay(void **state)
{
    (void)state;
    put("tok", "from-file\n");
    auto_buf struct buf user = BUF_INIT(KIB);
    buf_addf(&user, "token: inline, tokenFile: '%s'", path_of("tok"));
    put_config(
        "server: https://h, certificate-authority: /nowhere, certificate-authority-data: " CA_DATA,
        buf_c(&user));
    struct kube_config c = { 0 };
    struct err err = { 0 };
    assert_int_equal(kube_config_from_kubeconfig(path_of("config"), "here", &c, &err), 0);
    assert_string_equal(c.ca_pem, CA_PEM);
    assert_null(c.ca_file);
    assert_string_equal(c.token, "from-file");
    kube_config_done(&c);
    /* The file comes later: until then the token beside it serves. */
    unlink(path_of("tok"));
    assert_int_equal(kube_config_from_kubeconfig(path_of("config"), NULL, &c, &err), 0);
    assert_string_equal(c.token, "inline");
    assert_true(kube_config_refresh(&c, &err) < 0);
    assert_string_equal(c.token, "inline");
    put("tok", "later");
    assert_int_equal(kube_config_refresh(&c, &err), 1);
    assert_string_equal(c.token, "later");
    kube_config_done(&c);
}

static void plain_http_gets_no_credentials(void **state)
{
    (void)state;
    static const struct {
        const char *server, *want;
    } cases[] = {
        { "http://localhost:8080/", "http://localhost:8080" },
        { "'localhost:8080'", "http://localhost:8080" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        auto_buf struct buf cluster = BUF_INIT(KIB);
        buf_addf(&cluster, "server: %s", cases[i].server);
        put_config(buf_c(&cluster), "token: secret, client-certificate: nowhere");
        struct kube_config c = { 0 };
        struct err err = { 0 };
        assert_int_equal(kube_config_from_kubeconfig(path_of("config"), NULL, &c, &err), 0);
        assert_string_equal(c.server, cases[i].want);
        assert_null(c.token);
        assert_null(c.cert_file);
        kube_config_done(&c);
    }
}

static void normalises_servers(void **state)
{
    (void)state;
    static const struct {
        const char *server, *want;
    } cases[] = {
        { "https://h", "https://h" },
        { "https://h:1///", "https://h:1" },
        { "https://h/k8s/clusters/c-1/", "https://h/k8s/clusters/c-1" },
        { "'https://h/p?x=1#y'", "https://h/p" },
        { "'https://[::1]:6443'", "https://[::1]:6443" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        auto_buf struct buf cluster = BUF_INIT(KIB);
        buf_addf(&cluster, "server: %s, insecure-skip-tls-verify: true", cases[i].server);
        put_config(buf_c(&cluster), "");
        struct kube_config c = { 0 };
        struct err err = { 0 };
        if (kube_config_from_kubeconfig(path_of("config"), NULL, &c, &err) < 0) {
            fail_msg("%s", err.text);
        }
        assert_string_equal(c.server, cases[i].want);
        assert_true(c.insecure_skip_tls_verify);
        kube_config_done(&c);
    }
}

static void refuses_with_a_reason(void **state)
{
    (void)state;
#define OK_CLUSTER "server: https://h"
    static const struct {
        const char *cluster, *user;
        int r;
        const char *says;
    } cases[] = {
        { OK_CLUSTER, "exec: {command: aws}", -ENOTSUP, "user \"u\": exec: credential plugins" },
        { OK_CLUSTER, "auth-provider: {name: gcp}", -ENOTSUP, "auth providers are not run" },
        { OK_CLUSTER, "username: hunter2, password: hunter2", -ENOTSUP, "takes no passwords" },
        { OK_CLUSTER, "password: hunter2", -ENOTSUP, "takes no passwords" },
        { OK_CLUSTER, "token: hunter2, as: admin", -ENOTSUP, "impersonation is not done" },
        { OK_CLUSTER, "token: 12345", -EBADMSG, "token is not text (quote it)" },
        { OK_CLUSTER, "token: \"hun\\nter2\"", -EBADMSG, "no header can carry" },
        { OK_CLUSTER, "token: !!int hunter2", -EBADMSG, "is not the !!int that it says" },
        { OK_CLUSTER, "token: ' '", -EBADMSG, "the token is empty" },
        { OK_CLUSTER, "tokenFile: nowhere", -ENOENT, "nowhere: ENOENT" },
        { OK_CLUSTER, "client-certificate-data: " CA_DATA, -EBADMSG,
          "client-certificate without client-key" },
        { OK_CLUSTER, "client-certificate-data: '*hunter2*', client-key: k", -EBADMSG,
          "user \"u\": client-certificate-data: not base64" },
        { OK_CLUSTER, "client-certificate-data: aHVudGVyMg==, client-key: k", -EBADMSG, "no PEM" },
        { OK_CLUSTER, "client-certificate: nowhere, client-key: k", -ENOENT, "nowhere: ENOENT" },
        { OK_CLUSTER,
          "client-certificate-data: " CA_DATA
          ", client-key-data: LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRVktLS0tLQo=",
          -ENOTSUP, "client-key-data: the key is encrypted" },
        { "server: ''", "", -EBADMSG, "server is missing" },
        { "certificate-authority: x", "", -EBADMSG, "server is missing" },
        { "server: 5", "", -EBADMSG, "server is not text" },
        { "server: https://", "", -EBADMSG, "not a https:// or http:// address" },
        { "server: ftp://h", "", -EBADMSG, "not a https:// or http:// address" },
        { "server: 'https://u:hunter2@h'", "", -EBADMSG, "holds a user name" },
        { "server: 'https://h/a b'", "", -EBADMSG, "holds a blank" },
        { OK_CLUSTER ", insecure-skip-tls-verify: true, certificate-authority: x", "", -EBADMSG,
          "contradict each other" },
        { OK_CLUSTER ", insecure-skip-tls-verify: true, certificate-authority-data: " CA_DATA, "",
          -EBADMSG, "contradict each other" },
        { OK_CLUSTER ", insecure-skip-tls-verify: 'true'", "", -EBADMSG, "neither true nor false" },
        { OK_CLUSTER ", proxy-url: 'ftp://hunter2@p'", "", -EBADMSG, "proxy-url is not http" },
        { OK_CLUSTER ", certificate-authority: nowhere", "", -ENOENT, "nowhere: ENOENT" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        put_config(cases[i].cluster, cases[i].user);
        struct kube_config c = { 0 };
        struct err err = { 0 };
        int r = kube_config_from_kubeconfig(path_of("config"), NULL, &c, &err);
        if (r != cases[i].r || (r < 0 && !strstr(err.text, cases[i].says))) {
            fail_msg("{%s} {%s}: %d %s", cases[i].cluster, cases[i].user, r, err_text(&err));
        }
        if (strstr(err.text, "hunter2")) {
            fail_msg("a secret is told: %s", err.text);
        }
        if (r < 0) {
            assert_null(c.server);
        }
        kube_config_done(&c);
    }
}

static void says_which_names_exist(void **state)
{
    (void)state;
    static const struct {
        const char *text, *context;
        int r;
        const char *says;
    } cases[] = {
        { "", NULL, -ENOENT, "no current-context is set; choose one of: none" },
        { "contexts: [{name: a}, {name: b}]", NULL, -ENOENT, "choose one of: a, b" },
        { "contexts: [{name: a}, {name: b}]", "z", -ENOENT, "no context \"z\" (there is: a, b)" },
        { "contexts: [{name: a}]", "a", -EBADMSG, "context \"a\" names no cluster" },
        { "contexts: [{name: a, context: {cluster: k}}]", "a", -ENOENT,
          "no cluster \"k\" (there is: none)" },
        { "contexts: [{name: a, context: {cluster: k}}]\nclusters: [{name: k}]", "a", -EBADMSG,
          "context \"a\" names no user" },
        { "contexts: [{name: a, context: [1]}]", "a", -EBADMSG, "context \"a\" is not a map" },
        { "contexts: [{name: a}, {name: a}]", "a", -EBADMSG, "is there 2 times" },
        { "contexts: {a: b}", "a", -ENOENT, "no context \"a\" (there is: none)" },
        { "kind: Pod", NULL, -EBADMSG, "not a kubeconfig" },
        { "[1]", NULL, -EBADMSG, "not a kubeconfig" },
        { "a: [", NULL, -EBADMSG, "line 2, column 1" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        put("config", cases[i].text);
        struct kube_config c = { 0 };
        struct err err = { 0 };
        int r = kube_config_from_kubeconfig(path_of("config"), cases[i].context, &c, &err);
        if (r != cases[i].r || !strstr(err.text, cases[i].says)) {
            fail_msg("%s: %d %s", cases[i].text, r, err_text(&err));
        }
    }
}

static void the_first_file_of_a_list_wins(void **state)
{
    (void)state;
    put("a", "contexts: [{name: x, context: {cluster: k, user: u}}]\n"
             "users: [{name: u, user: {token: from-a}}]\n");
    put("b", "current-context: x\n"
             "contexts: [{name: x, context: {cluster: z, user: z}}]\n"
             "clusters: [{name: k, cluster: {server: 'https://b', certificate-authority: ca}}]\n"
             "users: [{name: u, user: {token: from-b, client-key: k}}]\n");
    put("ca", CA_PEM);
    auto_buf struct buf list = BUF_INIT(4 * KIB);
    buf_addf(&list, "%s::%s:%s", path_of("nowhere"), path_of("a"), path_of("b"));
    struct kube_config c = { 0 };
    struct err err = { 0 };
    assert_int_equal(setenv("KUBECONFIG", buf_c(&list), 1), 0);
    if (kube_config_load(NULL, NULL, &c, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(c.server, "https://b");
    assert_string_equal(c.token, "from-a");
    assert_string_equal(c.ca_file, path_of("ca"));
    kube_config_done(&c);

    /* What is asked for comes before the environment, and then it has to be there. */
    assert_int_equal(kube_config_load(path_of("nowhere"), NULL, &c, &err), -ENOENT);
    assert_non_null(strstr(err.text, "nowhere"));
    assert_int_equal(kube_config_load("/nowhere/1:/nowhere/2", NULL, &c, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/1"));
    assert_int_equal(kube_config_load("::", NULL, &c, &err), -ENOENT);

    /* Without either it is the file in the home directory. */
    assert_int_equal(unsetenv("KUBECONFIG"), 0);
    assert_int_equal(setenv("HOME", dir, 1), 0);
    assert_int_equal(kube_config_load(NULL, NULL, &c, &err), -ENOENT);
    assert_int_equal(mkdir(path_of(".kube"), 0700), 0);
    put(".kube/config", "current-context: h\n"
                        "contexts: [{name: h, context: {cluster: k, user: u}}]\n"
                        "clusters: [{name: k, cluster: {server: 'http://home'}}]\n"
                        "users: [{name: u}]\n");
    assert_int_equal(kube_config_load(NULL, NULL, &c, &err), 0);
    assert_string_equal(c.server, "http://home");
    kube_config_done(&c);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(kube_config_load(NULL, NULL, &c, &err), -ENOENT);
}

/* Puts token and CA into a new folder and turns the link to it, as the kubelet does. */
static void project(const char *version, const char *token, const char *ca)
{
    char name[64];
    assert_int_equal(mkdir(path_of(version), 0700), 0);
    snprintf(name, sizeof(name), "%s/token", version);
    put(name, token);
    snprintf(name, sizeof(name), "%s/ca.crt", version);
    put(name, ca);
    snprintf(name, sizeof(name), "%s/namespace", version);
    put(name, "monitoring");
    assert_int_equal(symlink(version, path_of("..new")), 0);
    assert_int_equal(rename(path_of("..new"), path_of("..data")), 0);
}

static void follows_a_projected_service_account(void **state)
{
    (void)state;
    assert_int_equal(setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1), 0);
    assert_int_equal(setenv("KUBERNETES_SERVICE_PORT", "443", 1), 0);
    project("v1", "one\n", CA_PEM);
    struct kube_config c = { 0 };
    struct err err = { 0 };
    if (kube_config_in_cluster(path_of("..data"), &c, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(c.server, "https://10.96.0.1:443");
    assert_string_equal(c.context, "in-cluster");
    assert_string_equal(c.namespace, "monitoring");
    assert_string_equal(c.token, "one");
    assert_string_equal(c.ca_pem, CA_PEM);
    uint64_t generation = c.generation, tls = c.tls_generation;

    assert_int_equal(kube_config_refresh(&c, &err), 0);
    assert_int_equal(c.generation, generation);

    project("v2", "two", CA_PEM);
    assert_int_equal(kube_config_refresh(&c, &err), 1);
    assert_string_equal(c.token, "two");
    assert_true(c.generation > generation);
    assert_int_equal(c.tls_generation, tls);

    project("v3", "two", CA_PEM CA_PEM);
    assert_int_equal(kube_config_refresh(&c, &err), 1);
    assert_string_equal(c.ca_pem, CA_PEM CA_PEM);
    assert_true(c.tls_generation > tls);
    generation = c.generation;

    /* Half of an exchange changes nothing. */
    project("v4", "", CA_PEM);
    assert_int_equal(kube_config_refresh(&c, &err), -EBADMSG);
    assert_string_equal(c.token, "two");
    assert_string_equal(c.ca_pem, CA_PEM CA_PEM);
    assert_int_equal(c.generation, generation);
    unlink(path_of("..data"));
    assert_int_equal(kube_config_refresh(&c, &err), -ENOENT);
    assert_string_equal(c.token, "two");
    kube_config_done(&c);
}

static void in_cluster_says_what_is_missing(void **state)
{
    (void)state;
    struct kube_config c = { 0 };
    struct err err = { 0 };
    assert_int_equal(unsetenv("KUBERNETES_SERVICE_HOST"), 0);
    assert_int_equal(kube_config_in_cluster(NULL, &c, &err), -ENOENT);
    assert_string_equal(err.text, "not in a cluster: KUBERNETES_SERVICE_HOST is not set");
    assert_int_equal(setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1), 0);
    assert_int_equal(setenv("KUBERNETES_SERVICE_PORT", "", 1), 0);
    assert_int_equal(kube_config_in_cluster(NULL, &c, &err), -ENOENT);
    assert_string_equal(err.text, "not in a cluster: KUBERNETES_SERVICE_PORT is not set");
    assert_int_equal(setenv("KUBERNETES_SERVICE_PORT", "6443", 1), 0);
    assert_int_equal(kube_config_in_cluster("/nowhere", &c, &err), -ENOENT);
    assert_non_null(strstr(err.text, "service account: open /nowhere/ca.crt"));
    project("v6", "six", CA_PEM);
    assert_int_equal(unlink(path_of("v6/namespace")), 0);
    assert_int_equal(kube_config_in_cluster(path_of("..data"), &c, &err), 0);
    assert_string_equal(c.server, "https://[fd00::1]:6443");
    assert_null(c.namespace);
    kube_config_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_that_a_context_says),
        cmocka_unit_test(data_wins_over_files_and_absolute_paths_stay),
        cmocka_unit_test(plain_http_gets_no_credentials),
        cmocka_unit_test(normalises_servers),
        cmocka_unit_test(refuses_with_a_reason),
        cmocka_unit_test(says_which_names_exist),
        cmocka_unit_test(the_first_file_of_a_list_wins),
        cmocka_unit_test(follows_a_projected_service_account),
        cmocka_unit_test(in_cluster_says_what_is_missing),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
