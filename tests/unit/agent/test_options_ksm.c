#include "agent/options/options.h"

#include "base/limits.h"

#include "tests/support/file_write.h"
#include "tests/support/test.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static char *const in_pod[] = { TEXT("KUBERNETES_SERVICE_HOST=10.0.0.1"),
                                TEXT("KUBERNETES_SERVICE_PORT=443"), NULL };

#define WORDS_MAX 64

/* A command line of role cluster, its words parted by blanks. */
static int load(struct options *o, const char *line, struct err *err)
{
    static char text[2048];
    char *argv[WORDS_MAX + 1] = { TEXT("cluster") };
    int argc = 1;
    *err = (struct err){ 0 };
    assert_int_equal(str_copy(text, sizeof(text), str_of(line)), 0);
    for (char *at = text, *word; (word = strsep(&at, " "));) {
        if (*word) {
            assert_true(argc <= WORDS_MAX);
            argv[argc++] = word;
        }
    }
    int r = options_init(o, err);
    return r < 0 ? r : options_load(o, argc, argv, in_pod, err);
}

static void assert_refused(const char *line, const char *said)
{
    struct options o;
    struct err err;
    int r = load(&o, line, &err);
    options_done(&o);
    if (r != -EINVAL || !strstr(err.text, said)) {
        fail_msg("%s: %d \"%s\", want \"%s\"", line, r, err.text, said);
    }
}

static void host_and_port_are_the_address(void **state)
{
    static const struct {
        const char *line, *address, *telemetry;
    } cases[] = {
        { "", ":9095", "" },
        { "--port=8080", ":8080", "" },
        { "--port 8080 --telemetry-port 8081", ":8080", ":8081" },
        { "--host=127.0.0.1 --port=8081 --telemetry-host=127.0.0.1 --telemetry-port=8082",
          "127.0.0.1:8081", "127.0.0.1:8082" },
        { "--host=::", ":8080", "" },
        { "--host=0.0.0.0 --telemetry-host=::1", "0.0.0.0:8080", "[::1]:8081" },
        { "--host=[fe80::1] --port=1", "[fe80::1]:1", "" },
        { "--web.telemetry-address=:1", ":9095", ":1" },
    };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct options o;
        struct err err;
        assert_int_equal(load(&o, cases[i].line, &err), 0);
        assert_string_equal(options_text(&o, OPT_LISTEN_ADDRESS), cases[i].address);
        assert_string_equal(options_text(&o, OPT_TELEMETRY_ADDRESS), cases[i].telemetry);
        options_done(&o);
    }
    assert_refused("--port=x", "--port: \"x\" is not a port number");
    assert_refused("--port=65536", "--port: \"65536\" is not a port number");
    assert_refused("--telemetry-port=-1", "--telemetry-port: \"-1\"");
    assert_refused("--port=1 --web.listen-address=:1",
                   "--web.listen-address and --host, --port exclude each other");
}

static void note(void *arg, const char *name, const char *why)
{
    buf_addf(arg, "%s%s;", name, *why ? "" : "?");
}

static void what_has_no_effect_is_taken_and_told(void **state)
{
    static const struct {
        const char *line, *told;
    } cases[] = {
        { "--enable-gzip-encoding --logtostderr=true --alsologtostderr=false", "" },
        { "--v=2", "v;" },
        { "-v=2 --skip_headers", "v;skip_headers;" },
        { "-v 4 --use-apiserver-cache=true", "use-apiserver-cache;v;" },
        { "-v4 --auto-gomemlimit=True", "auto-gomemlimit;v;" },
        { "--server-read-timeout=1m0s --log_file /x --vmodule a=1",
          "server-read-timeout;vmodule;log_file;" },
        { "--continue-without-custom-resource-state-config-file",
          "continue-without-custom-resource-state-config-file;" },
        { "--tls-config= --auth-filter=false --custom-resource-state-only=F", "" },
    };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct options o;
        struct err err;
        auto_buf struct buf told = BUF_INIT(KIB);
        assert_int_equal(load(&o, cases[i].line, &err), 0);
        options_without_effect(&o, note, &told);
        assert_string_equal(buf_c(&told), cases[i].told);
        options_done(&o);
    }
}

/* Each flag that `kube-state-metrics --help` of v2.20 lists, but those that are refused. */
static const char whole_line[] =
    "--add_dir_header --alsologtostderr --apiserver=http://127.0.0.1:1 --auth-filter=false "
    "--auto-gomemlimit --auto-gomemlimit-ratio=0.9 --continue-without-config "
    "--continue-without-custom-resource-state-config-file --custom-resource-state-config= "
    "--custom-resource-state-config-file= --custom-resource-state-only=false "
    "--enable-gzip-encoding --host=:: --kubeconfig=/x --log_backtrace_at=:0 --log_dir=/x "
    "--log_file=/x --log_file_max_size=1800 --logtostderr --metric-allowlist=kube_pod.* "
    "--metric-annotations-allowlist=pods=[a,b],nodes=[*] --metric-labels-allowlist=*=[*] "
    "--metric-opt-in-list=kube_pod_nodeselectors --namespaces=a,b --namespaces-denylist=c "
    "--node=n --object-limit=10 --one_output --pod=p --pod-namespace=n --port=8080 "
    "--resources=pods --server-idle-timeout=5m0s --server-read-header-timeout=5s "
    "--server-read-timeout=1m0s --server-write-timeout=1m0s --shard=0 --skip_headers "
    "--skip_log_headers --stderrthreshold=2 --telemetry-host=:: --telemetry-port=8081 "
    "--tls-config= --total-shards=1 --track-unscheduled-pods=false --use-apiserver-cache -v=2 "
    "--vmodule=a=1";

static void every_flag_is_taken(void **state)
{
    struct options o;
    struct err err;
    (void)state;
    if (load(&o, whole_line, &err) < 0) {
        fail_msg("%s", err.text);
    }
    options_done(&o);
}

static void what_is_not_here_is_refused(void **state)
{
    (void)state;
    assert_refused("--tls-config=/x", "--tls-config: serving over TLS is not part");
    assert_refused("--auth-filter", "--auth-filter: ");
    assert_refused("--custom-resource-state-only", "--custom-resource-state-only: metrics of");
    assert_refused("--custom-resource-state-config=x", "--custom-resource-state-config: metrics");
    assert_refused("--custom-resource-state-config-file /x", "not part of this version");
    assert_refused("--object-limit=-1", "--object-limit: \"-1\" is not a whole number from 0");
    assert_refused("--shard=2 --total-shards=2", "--shard");
    assert_refused("--metric-allowlist=a --metric-denylist=b", "exclude each other");
}

static void flags_are_of_role_cluster_alone(void **state)
{
    struct options o;
    struct err err = { 0 };
    char *local[] = { TEXT("local"), TEXT("--port=1") };
    static char *const variables[] = { TEXT("KUBEGAUGE_PORT=tcp://10.0.0.1:80"),
                                       TEXT("KUBEGAUGE_V=9"), NULL };
    (void)state;
    assert_int_equal(options_init(&o, &err), 0);
    assert_int_equal(options_load(&o, 2, local, in_pod, &err), -EINVAL);
    assert_string_equal(err.text, "--port is not an option of role local, but of cluster");
    options_done(&o);
    /* Kubernetes sets the first one for a service "kubegauge". */
    assert_int_equal(options_init(&o, &err), 0);
    assert_int_equal(options_load(&o, 1, local, variables, &err), 0);
    assert_string_equal(options_text(&o, OPT_LISTEN_ADDRESS), ":9095");
    options_done(&o);
}

static int load_file(struct options *o, const char *text, const char *flags, struct err *err)
{
    char path[64] = "/tmp/kg-ksm-XXXXXX", line[1024];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write_atomic(path, str_of(text), err), 0);
    snprintf(line, sizeof(line), "--config=%s %s", path, flags);
    int r = load(o, line, err);
    unlink(path);
    return r;
}

static const char whole_file[] = "resources:\n  pods: {}\n  nodes:\n"
                                 "metric_denylist:\n  'kube_.{1,3}_info': {}\n  ^x: {}\n"
                                 "metric_opt_in_list: {a: {}}\n"
                                 "labels_allow_list:\n  pods: [app, 'a/*']\n  nodes: ['*']\n"
                                 "annotations_allow_list: {pods: [b]}\n"
                                 "namespaces: [x, w]\nnamespaces_denylist: [z]\n"
                                 "host: 127.0.0.1\nport: 1\ntelemetry_port: 2\n"
                                 "shard: 1\ntotal_shards: 2\nobject_limit: 7\n"
                                 "namespace: mine\npod: me-0\n"
                                 "enable_gzip_encoding: true\nuse_api_server_cache: true\n"
                                 "server_idle_timeout: 5m\ncustom_resources_only: false\n";

static void assert_list(const struct options *o, size_t id, const char *want)
{
    auto_buf struct buf text = BUF_INIT(KIB);
    size_t n;
    const struct str *items = options_list(o, id, &n);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&text, STR_FMT "|", STR_ARG(items[i]));
    }
    assert_string_equal(buf_c(&text), want);
}

static void its_file_is_read(void **state)
{
    struct options o;
    struct err err;
    (void)state;
    assert_int_equal(load_file(&o, whole_file, "", &err), 0);
    assert_list(&o, OPT_RESOURCES, "pods|nodes|");
    assert_list(&o, OPT_METRIC_DENYLIST, "kube_.{1,3}_info|^x|");
    assert_list(&o, OPT_METRIC_OPT_IN_LIST, "a|");
    assert_string_equal(options_text(&o, OPT_LABELS_ALLOWLIST), "pods=[app,a/*],nodes=[*]");
    assert_string_equal(options_text(&o, OPT_ANNOTATIONS_ALLOWLIST), "pods=[b]");
    assert_list(&o, OPT_NAMESPACES, "x|w|");
    assert_list(&o, OPT_NAMESPACES_DENYLIST, "z|");
    assert_string_equal(options_text(&o, OPT_LISTEN_ADDRESS), "127.0.0.1:1");
    assert_string_equal(options_text(&o, OPT_TELEMETRY_ADDRESS), ":2");
    assert_int_equal(options_int(&o, OPT_SHARD), 1);
    assert_int_equal(options_int(&o, OPT_TOTAL_SHARDS), 2);
    assert_int_equal(options_int(&o, OPT_OBJECT_LIMIT), 7);
    assert_string_equal(options_text(&o, OPT_POD_NAMESPACE), "mine");
    options_done(&o);
}

static void its_file_outranks_flags(void **state)
{
    struct options o;
    struct err err;
    (void)state;
    assert_int_equal(load_file(&o, "resources: {pods: {}}\nobject_limit: 1\n",
                               "--resources=nodes --object-limit=2 --port=3", &err),
                     0);
    assert_list(&o, OPT_RESOURCES, "pods|");
    assert_int_equal(options_int(&o, OPT_OBJECT_LIMIT), 1);
    assert_string_equal(options_text(&o, OPT_LISTEN_ADDRESS), ":3");
    options_done(&o);
    assert_int_equal(load_file(&o, "resources: [pods]\nobject-limit: 1\n",
                               "--resources=nodes --object-limit=2", &err),
                     0);
    assert_list(&o, OPT_RESOURCES, "nodes|");
    assert_int_equal(options_int(&o, OPT_OBJECT_LIMIT), 2);
    options_done(&o);
}

static void faults_in_its_file_are_named(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "shard: 0\nmetric_alowlist: {}\n", " line 2: metric_alowlist: unknown option" },
        { "custom_resource_config:\n  spec:\n    resources: [{a: 1}]\n",
          " line 1: custom_resource_config: metrics of custom resources are not part" },
        { "resources:\n  pods: {a: {b: c}}\n", " line 1: resources: the value is nested too deep" },
        { "tls_config: /x\n", "--tls-config: serving over TLS is not part of this version" },
        { "object_limit: -1\n", " line 1: object_limit: \"-1\" is not a whole number from 0" },
        { "print-config: true\n", " line 1: print-config: can only be given on the command line" },
    };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct options o;
        struct err err;
        assert_int_equal(load_file(&o, cases[i].text, "", &err), -EINVAL);
        options_done(&o);
        if (!strstr(err.text, cases[i].said)) {
            fail_msg("\"%s\" is not in \"%s\"", cases[i].said, err.text);
        }
    }
}

static void a_missing_file_may_be_done_without(void **state)
{
    struct options o;
    struct err err;
    (void)state;
    assert_int_equal(load(&o, "--config=/nonexistent/x", &err), -ENOENT);
    options_done(&o);
    assert_int_equal(load(&o, "--config=/nonexistent/x --continue-without-config", &err), 0);
    assert_true(o.file_missing);
    options_done(&o);
    assert_int_equal(load(&o, "--config=/ --continue-without-config", &err), -EISDIR);
    options_done(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_the_address),
        cmocka_unit_test(what_has_no_effect_is_taken_and_told),
        cmocka_unit_test(every_flag_is_taken),
        cmocka_unit_test(what_is_not_here_is_refused),
        cmocka_unit_test(flags_are_of_role_cluster_alone),
        cmocka_unit_test(its_file_is_read),
        cmocka_unit_test(its_file_outranks_flags),
        cmocka_unit_test(faults_in_its_file_are_named),
        cmocka_unit_test(a_missing_file_may_be_done_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
