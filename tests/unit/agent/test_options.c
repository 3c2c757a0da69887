#include "agent/options/options.h"

#include "base/limits.h"
#include "collectors/collector.h"

#include "tests/support/file_write.h"
#include "tests/support/test.h"

static char *const no_variables[] = { NULL };

/* Loads a command line of up to four words. */
static int load(struct options *o, char *const *envp, struct err *err, const char *w0,
                const char *w1, const char *w2, const char *w3)
{
    char *argv[] = { (char *)(uintptr_t)w0, (char *)(uintptr_t)w1, (char *)(uintptr_t)w2,
                     (char *)(uintptr_t)w3 };
    int argc = 0;
    while (argc < 4 && argv[argc]) {
        argc++;
    }
    *err = (struct err){ 0 };
    int r = options_init(o, err);
    return r < 0 ? r : options_load(o, argc, argv, envp, err);
}

static void assert_refused(const char *w0, const char *w1, const char *w2, const char *text)
{
    struct options o;
    struct err err;
    int r = load(&o, no_variables, &err, w0, w1, w2, NULL);
    options_done(&o);
    assert_true(r < 0);
    if (str_search(str_of(err.text), str_of(text)) < 0) {
        fail_msg("\"%s\" is not in \"%s\"", text, err.text);
    }
}

/* A configuration file that is gone when the test has ended. */
static void write_config(char *path, const char *text)
{
    struct err err = { 0 };
    assert_int_equal(str_copy(path, 64, STR("/tmp/kg-options-XXXXXX")), 0);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(file_write_atomic(path, str_of(text), &err), 0);
}

static void has_rows_in_order(void **state)
{
    struct options o;
    struct err err;
    (void)state;
    assert_int_equal(options_init(&o, &err), 0);
    for (size_t i = 0; i < o.n; i++) {
        const struct option_row *row = &o.rows[i];
        assert_non_null(row->name);
        assert_non_null(row->preset);
        assert_non_null(row->group);
        assert_true(row->roles && row->help && *row->help);
        assert_true((row->help[strlen(row->help) - 1] == '.') == (row->ksm < KSM_NO_EFFECT));
        assert_true((row->type == OPTION_BOOL) == (row->argument == NULL));
        assert_true((row->type == OPTION_ENUM) == (row->choices != NULL));
        assert_true(row->type != OPTION_INT || row->least < row->most);
        assert_false(str_starts(str_of(row->name), STR("no-")));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(row->name, o.rows[k].name);
            assert_true(!row->short_name || row->short_name != o.rows[k].short_name);
        }
    }
    options_done(&o);
}

static void reads_flags(void **state)
{
    struct options o;
    struct err err;
    size_t n;
    (void)state;
    assert_int_equal(load(&o, no_variables, &err, "local", "--web.listen-address", "[::1]:0",
                          "--stale-after=90s"),
                     0);
    assert_int_equal(o.role, ROLE_LOCAL);
    assert_string_equal(options_text(&o, OPT_LISTEN_ADDRESS), "[::1]:0");
    assert_int_equal(options_ns(&o, OPT_STALE_AFTER), UINT64_C(90000000000));
    assert_string_equal(options_text(&o, OPT_PATH_PROCFS), "/proc");
    options_done(&o);

    assert_int_equal(load(&o, no_variables, &err, "--metric-allowlist=a, b,,c",
                          "--metric-allowlist=d", "--log.level=debug", NULL),
                     0);
    const struct str *items = options_list(&o, OPT_METRIC_ALLOWLIST, &n);
    assert_int_equal(n, 4);
    assert_str_equal(items[1], "b");
    assert_str_equal(items[3], "d");
    assert_int_equal(options_choice(&o, OPT_LOG_LEVEL), 0);
    options_done(&o);

    assert_int_equal(load(&o, no_variables, &err, "render", "-f", "-", "--format=openmetrics"), 0);
    assert_int_equal(o.role, ROLE_RENDER);
    assert_string_equal(options_text(&o, OPT_FILE), "-");
    options_done(&o);
    assert_int_equal(load(&o, no_variables, &err, "render", "-fx.yaml", NULL, NULL), 0);
    assert_string_equal(options_text(&o, OPT_FILE), "x.yaml");
    options_done(&o);
}

static void switches_collectors(void **state)
{
    struct options o;
    struct err err;
    char off[80];
    (void)state;
    snprintf(off, sizeof(off), "--no-collector.%s", collectors[0]->name);
    assert_int_equal(load(&o, no_variables, &err, off, NULL, NULL, NULL), 0);
    assert_false(options_collector(&o, 0));
    assert_int_equal(options_collector(&o, 1), collectors[1]->on_by_default);
    options_done(&o);
    snprintf(off, sizeof(off), "--collector.%s", collectors[0]->name);
    assert_int_equal(load(&o, no_variables, &err, "--collector.disable-defaults", off, NULL, NULL),
                     0);
    assert_true(options_collector(&o, 0));
    assert_false(options_collector(&o, 1));
    options_done(&o);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("--log.levl=debug", NULL, NULL,
                   "--log.levl: unknown option; is --log.level meant?");
    assert_refused("--listen-address=:1", NULL, NULL, "is --web.listen-address meant?");
    assert_refused("--no-stale-after", NULL, NULL, "--stale-after meant?");
    assert_refused("--zzzzzzzz", NULL, NULL, "--zzzzzzzz: unknown option; --help lists them");
    assert_refused("-x", NULL, NULL, "-x: unknown option");
    assert_refused("--log.level=loud", NULL, NULL,
                   "--log.level: \"loud\" is not one of debug, info, warn or error");
    assert_refused("--stale-after=5", NULL, NULL,
                   "--stale-after: \"5\" is not a duration such as 300ms, 30s or 1h30m");
    assert_refused("--max-concurrent-scrapes=0", NULL, NULL,
                   "--max-concurrent-scrapes: \"0\" is not a whole number from 1 to 64");
    assert_refused("--stale-after", NULL, NULL, "--stale-after: needs a value, a duration");
    assert_refused("--log.format", NULL, NULL,
                   "--log.format: needs a value, one of logfmt or json");
    assert_refused("local", "node", NULL, "one word too many after role local");
    assert_refused("nodes", NULL, NULL,
                   "unknown role \"nodes\"; roles are node, cluster, local, render");
    assert_refused("cluster", NULL, NULL, "--kubeconfig: role cluster needs it");
    assert_refused("all", NULL, NULL, "role all is not part of this version");
    assert_refused("--path.procfs=/nonexistent/x", NULL, NULL,
                   "--path.procfs: cannot read the folder /nonexistent/x: ENOENT");
}

static void says_what_contradicts(void **state)
{
    (void)state;
    assert_refused("--metric-allowlist=a", "--metric-denylist=b", NULL,
                   "--metric-allowlist and --metric-denylist exclude each other");
    assert_refused("local", "--node=n1", NULL,
                   "--node is not an option of role local, but of node");
    assert_refused("--format=text", NULL, NULL,
                   "--format is not an option of role local (which is taken when none is given), "
                   "but of render");
    assert_refused("render", NULL, NULL, "-f: role render needs a file");
    assert_refused("node", "--kubeconfig=/x", NULL, "--node: role node needs the name of its node");
    assert_refused("node", "--node=n1", NULL, "--kubeconfig: role node needs it");
}

static void holds_the_sampling_to_sense(void **state)
{
    struct options o;
    struct err err;
    (void)state;
    assert_refused("local", "--sample-interval=50ms", NULL, "at least 100ms, or 0 for none");
    assert_refused("local", "--sample-interval=2s", "--peak-window=1s", "--peak-window: at least");
    assert_refused("cluster", "--sample-interval=2s", NULL, "not an option of role cluster");
    assert_int_equal(
        load(&o, no_variables, &err, "local", "--sample-interval=0", "--peak-window=0", NULL), 0);
    assert_int_equal(options_ns(&o, OPT_SAMPLE_INTERVAL), 0);
    options_done(&o);
    assert_int_equal(load(&o, no_variables, &err, "local", "--sample-interval=100ms",
                          "--peak-window=100ms", NULL),
                     0);
    options_done(&o);
    /* What is said of it in the configuration file of another role is not looked at. */
    char variable[] = "KUBEGAUGE_SAMPLE_INTERVAL=50ms";
    char *const variables[] = { variable, NULL };
    assert_int_equal(
        load(&o, variables, &err, "cluster", "--apiserver=http://127.0.0.1:1", NULL, NULL), 0);
    options_done(&o);
}

static void prefers_flag_then_variable_then_file(void **state)
{
    struct options o;
    struct err err;
    char path[64], config[80];
    (void)state;
    write_config(path, "log.level: warn\nlog.format: json\nstale-after: 1m\n"
                       "metric-denylist: [a, b]\nnode: of-another-role\n");
    snprintf(config, sizeof(config), "--config=%s", path);
    char *const variables[] = { (char[]){ "KUBEGAUGE_LOG_LEVEL=error" },
                                (char[]){ "KUBEGAUGE_LOG_FORMAT=logfmt" },
                                (char[]){ "KUBEGAUGE_NODEX=1" }, NULL };
    assert_int_equal(load(&o, variables, &err, config, "--log.level=debug", NULL, NULL), 0);
    unlink(path);
    assert_int_equal(options_choice(&o, OPT_LOG_LEVEL), 0);
    assert_int_equal(o.values[OPT_LOG_LEVEL].origin, OPTION_FLAG);
    assert_int_equal(options_choice(&o, OPT_LOG_FORMAT), 0);
    assert_int_equal(o.values[OPT_LOG_FORMAT].origin, OPTION_ENVIRONMENT);
    assert_int_equal(options_ns(&o, OPT_STALE_AFTER), UINT64_C(60000000000));
    assert_int_equal(o.values[OPT_STALE_AFTER].origin, OPTION_FILE);
    assert_int_equal(o.values[OPT_STALE_AFTER].line, 3);
    size_t n;
    options_list(&o, OPT_METRIC_DENYLIST, &n);
    assert_int_equal(n, 2);
    options_done(&o);
}

static void says_where_the_file_is_wrong(void **state)
{
    struct options o;
    struct err err;
    char path[64], config[80];
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "log.level: info\nlog.levle: x\n",
          "line 2: log.levle: unknown option; is log.level meant?" },
        { "stale-after: soon\n", "line 1: stale-after: \"soon\" is not a duration" },
        { "config: x\n", "can only be given on the command line" },
    };
    (void)state;
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        write_config(path, cases[i].text);
        snprintf(config, sizeof(config), "--config=%s", path);
        assert_int_equal(load(&o, no_variables, &err, config, NULL, NULL, NULL), -EINVAL);
        unlink(path);
        options_done(&o);
        if (str_search(str_of(err.text), str_of(cases[i].want)) < 0 ||
            str_search(str_of(err.text), str_of(path)) < 0) {
            fail_msg("\"%s\" is not in \"%s\"", cases[i].want, err.text);
        }
    }
    assert_refused("--config=/nonexistent.yaml", NULL, NULL, "ENOENT");
}

static void takes_role_from_surroundings(void **state)
{
    struct options o;
    struct err err;
    char *const pod[] = { (char[]){ "KUBERNETES_SERVICE_HOST=10.96.0.1" },
                          (char[]){ "KUBERNETES_SERVICE_PORT=443" },
                          (char[]){ "KUBEGAUGE_NODE=n1" }, NULL };
    (void)state;
    assert_int_equal(load(&o, no_variables, &err, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(o.role, ROLE_LOCAL);
    options_done(&o);
    assert_int_equal(load(&o, pod, &err, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(o.role, ROLE_NODE);
    assert_string_equal(options_text(&o, OPT_NODE), "n1");
    options_done(&o);
    assert_int_equal(load(&o, pod + 2, &err, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(o.role, ROLE_LOCAL);
    options_done(&o);
    assert_int_equal(load(&o, pod, &err, "local", NULL, NULL, NULL), 0);
    assert_int_equal(o.role, ROLE_LOCAL);
    options_done(&o);
}

static void note(void *arg, const char *name)
{
    struct buf *out = arg;
    buf_addf(out, "%s ", name);
}

static void tells_stray_variables(void **state)
{
    struct options o;
    struct err err;
    auto_buf struct buf out = BUF_INIT(1024);
    char *const variables[] = { (char[]){ "KUBEGAUGE_PORT=tcp://10.0.0.1:9095" },
                                (char[]){ "KUBEGAUGE_PORT_9095_TCP_ADDR=10.0.0.1" },
                                (char[]){ "KUBEGAUGE_SERVICE_HOST=10.0.0.1" },
                                (char[]){ "KUBEGAUGE_SERVICE_PORT_HTTP=9095" },
                                (char[]){ "KUBEGAUGE_CONFIG=" },
                                (char[]){ "KUBEGAUGE_LOG_LEVEL=info" },
                                (char[]){ "KUBEGAUGE_LOGLEVEL=info" },
                                (char[]){ "OTHER=1" },
                                NULL };
    (void)state;
    assert_int_equal(load(&o, variables, &err, NULL, NULL, NULL, NULL), 0);
    options_stray_variables(&o, variables, note, &out);
    assert_str_equal(buf_str(&out), "KUBEGAUGE_LOGLEVEL ");
    options_done(&o);
}

/* What --print-config prints is a file that gives the same values. */
static void prints_what_it_reads(void **state)
{
    struct options o, again;
    struct err err;
    char path[64], config[80];
    (void)state;
    assert_int_equal(load(&o, no_variables, &err, "local", "--metric-denylist=a\"\\b,c\td",
                          "--web.write-timeout=1.5s", "--collector.disable-defaults"),
                     0);
    auto_buf struct buf first = BUF_INIT(MIB), second = BUF_INIT(MIB);
    options_print_config(&o, &first);
    write_config(path, buf_c(&first));
    snprintf(config, sizeof(config), "--config=%s", path);
    assert_int_equal(load(&again, no_variables, &err, "local", config, NULL, NULL), 0);
    unlink(path);
    assert_int_equal(options_ns(&again, OPT_WRITE_TIMEOUT), UINT64_C(1500000000));
    for (size_t i = 0; i < o.n; i++) {
        if (!o.rows[i].flag_only && (o.rows[i].roles & ROLE_BIT(ROLE_LOCAL)) && i < OPTIONS_FIXED) {
            assert_string_equal(o.values[i].text, again.values[i].text);
        }
    }
    assert_false(options_collector(&again, 0));
    assert_true(str_search(buf_str(&first), STR("# flag\n")) > 0);
    assert_true(str_search(buf_str(&first), STR("# default\n")) > 0);
    options_print_config(&again, &second);
    assert_true(str_search(buf_str(&second), str_of(path)) > 0);
    options_done(&o);
    options_done(&again);
}

static void helps_by_role(void **state)
{
    struct options o;
    struct err err;
    auto_buf struct buf all = BUF_INIT(MIB), render = BUF_INIT(MIB);
    (void)state;
    assert_int_equal(load(&o, no_variables, &err, "--help", NULL, NULL, NULL), 0);
    options_help(&o, &all);
    options_done(&o);
    assert_true(str_search(buf_str(&all), STR("--web.listen-address=HOST:PORT")) > 0);
    assert_true(str_search(buf_str(&all), STR("KUBEGAUGE_WEB_LISTEN_ADDRESS")) > 0);
    assert_int_equal(str_search(buf_str(&all), STR("print-docs")), -1);
    assert_int_equal(load(&o, no_variables, &err, "render", "-h", NULL, NULL), 0);
    options_help(&o, &render);
    options_done(&o);
    assert_true(str_search(buf_str(&render), STR("-f, --file=FILE")) > 0);
    assert_int_equal(str_search(buf_str(&render), STR("listen-address")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_rows_in_order),
        cmocka_unit_test(reads_flags),
        cmocka_unit_test(switches_collectors),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(says_what_contradicts),
        cmocka_unit_test(holds_the_sampling_to_sense),
        cmocka_unit_test(prefers_flag_then_variable_then_file),
        cmocka_unit_test(says_where_the_file_is_wrong),
        cmocka_unit_test(takes_role_from_surroundings),
        cmocka_unit_test(tells_stray_variables),
        cmocka_unit_test(prints_what_it_reads),
        cmocka_unit_test(helps_by_role),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
