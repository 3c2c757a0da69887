/* The container collector whole: machines of every shape in a temporary place, their exposition
 * compared with golden files (KG_UPDATE=1 writes them); what comes and goes between readings; and
 * the machine that the test runs on. */
#include "base/clock.h"
#include "base/limits.h"
#include "collectors/collector.h"
#include "collectors/container_stats.h"
#include "metrics/scrape.h"
#include "tests/support/file_write.h"
#include "tests/unit/collectors/fake_pods.h"
#include "tests/unit/collectors/fixture.h"

#include <poll.h>

#define SANDBOX "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define APP "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define NODE "9d824fa1ae7b2b5b7f5206d2a4f84d376532c3b8ba7d7d6211f74453c0ece82d"
#define U "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define U_ "7c499e03_b0d5_449b_b80b_05fb6c741d16"
#define HASH "a64ba5e8144e5edbe7c03b4ce63573dc"

extern const struct collector collector_container;

struct machine {
    struct fixture f;
    struct fake_pods pods;
    struct pod_lookup lookup;
    struct collector_env env;
    void *state;
    struct metric_sink *sink;
    char procfs[256], sysfs[256], rootfs[256], cgroupfs[256], kmsg[256];
};

static void start(struct machine *m)
{
    struct err err = { 0 };
    int r = collector_container.start(&m->env, &m->state, &err);
    if (r < 0) {
        fail_msg("start: %s", err_text(&err));
    }
    m->sink = metric_sink_new(NULL, &err);
    assert_non_null(m->sink);
}

static int setup(void **state)
{
    struct machine *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    fixture_open(&m->f);
    fixture_folder(&m->f, "proc");
    fixture_folder(&m->f, "sys");
    fixture_folder(&m->f, "root");
    fixture_file(&m->f, "proc/meminfo", "MemTotal: 1000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    snprintf(m->procfs, sizeof(m->procfs), "%s/proc", m->f.top);
    snprintf(m->sysfs, sizeof(m->sysfs), "%s/sys", m->f.top);
    snprintf(m->rootfs, sizeof(m->rootfs), "%s/root", m->f.top);
    snprintf(m->cgroupfs, sizeof(m->cgroupfs), "%s/cgroup", m->f.top);
    m->lookup = fake_lookup(&m->pods);
    m->lookup.n_columns = 0;
    m->env = (struct collector_env){ .procfs = m->procfs,
                                     .sysfs = m->sysfs,
                                     .rootfs = m->rootfs,
                                     .cgroupfs = m->cgroupfs,
                                     .kubelet = "/var/lib/kubelet",
                                     .cgroup_root = "",
                                     .kmsg = "",
                                     .sandbox_image = "pause:test",
                                     .pods = &m->lookup };
    m->pods = (struct fake_pods){
        .listed = true,
        .generation = 1,
        .pods = { { .uid = U,
                    .namespace = "default",
                    .name = "web-0",
                    .columns = { STR("red"), STR("sts") },
                    .containers = { { APP, "app", "nginx:1" } } },
                  { .uid = HASH,
                    .namespace = "kube-system",
                    .name = "etcd-n",
                    .columns = { STR(""), STR("") },
                    .containers = { { NODE, "etcd", "etcd:3" } } } },
    };
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    struct machine *m = *state;
    collector_container.stop(m->state);
    metric_sink_free(m->sink);
    assert_int_equal(m->pods.held, 0);
    fixture_close(&m->f);
    free(m);
    return 0;
}

static void put(struct machine *m, const char *controller, const char *path, const char *file,
                const char *text)
{
    char at[2048];
    int n = snprintf(at, sizeof(at), "cgroup%s%s/%s", controller, path, file);
    assert_true(n > 0 && (size_t)n < sizeof(at));
    fixture_file(&m->f, at, text);
}

static void process(struct machine *m, unsigned pid, const char *comm)
{
    char at[256], text[512];
    snprintf(at, sizeof(at), "proc/%u/comm", pid);
    snprintf(text, sizeof(text), "%s\n", comm);
    fixture_file(&m->f, at, text);
    snprintf(at, sizeof(at), "proc/%u/stat", pid);
    snprintf(text, sizeof(text), "%u (%s) S 1 2 2 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 %u 1 2 3\n", pid,
             comm, pid * 10);
    fixture_file(&m->f, at, text);
    snprintf(at, sizeof(at), "proc/%u/limits", pid);
    fixture_file(
        &m->f, at,
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max open files            1024                 4096                 files     \n");
    snprintf(at, sizeof(at), "proc/%u/net/dev", pid);
    snprintf(
        text, sizeof(text),
        "Inter-|   Receive                            |  Transmit\n"
        " face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop "
        "fifo colls carrier compressed\n"
        "    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
        "  eth0: %u 20 3 4 0 0 0 0 50 60 7 8 0 0 0 0\n",
        pid);
    fixture_file(&m->f, at, text);
    snprintf(at, sizeof(at), "proc/%u/fd", pid);
    fixture_folder(&m->f, at);
}

/* One cgroup with the files that runc leaves behind; seed makes its values its own. */
static void v1(struct machine *m, const char *path, unsigned seed, unsigned pid)
{
    char number[32], procs[32] = "";
    if (pid) {
        snprintf(procs, sizeof(procs), "%u\n", pid);
    }
    static const char *const all[] = { "/cpu",   "/cpuacct", "/memory",  "/pids",
                                       "/blkio", "/cpuset",  "/devices", "/freezer" };
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        put(m, all[i], path, "cgroup.procs", procs);
    }
    snprintf(number, sizeof(number), "%u000000000\n", seed);
    put(m, "/cpuacct", path, "cpuacct.usage", number);
    put(m, "/cpuacct", path, "cpuacct.stat", "user 300\nsystem 200\n");
    put(m, "/cpu", path, "cpu.shares", "512\n");
    put(m, "/cpu", path, "cpu.cfs_period_us", "100000\n");
    put(m, "/cpu", path, "cpu.cfs_quota_us", seed % 2 ? "50000\n" : "-1\n");
    put(m, "/cpu", path, "cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 2500000000\n");
    snprintf(number, sizeof(number), "%u\n", seed * 4096);
    put(m, "/memory", path, "memory.usage_in_bytes", number);
    put(m, "/memory", path, "memory.max_usage_in_bytes", "999424\n");
    put(m, "/memory", path, "memory.failcnt", "1\n");
    put(m, "/memory", path, "memory.limit_in_bytes", "1048576\n");
    put(m, "/memory", path, "memory.soft_limit_in_bytes", "9223372036854771712\n");
    put(m, "/memory", path, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    put(m, "/memory", path, "memory.stat",
        "cache 8192\nrss 4096\nmapped_file 0\nswap 0\npgfault 7\npgmajfault 1\nhierarchical_memory_"
        "limit 1048576\ntotal_cache 8192\ntotal_rss 4096\ntotal_mapped_file 0\ntotal_swap 0\n"
        "total_pgfault 7\ntotal_pgmajfault 1\ntotal_inactive_file 4096\ntotal_active_file 0\n");
    put(m, "/pids", path, "pids.current", "3\n");
    put(m, "/pids", path, "pids.max", "max\n");
}

static void v2(struct machine *m, const char *path, unsigned seed, unsigned pid)
{
    char text[256], procs[32] = "";
    if (pid) {
        snprintf(procs, sizeof(procs), "%u\n", pid);
    }
    put(m, "", path, "cgroup.procs", procs);
    snprintf(text, sizeof(text),
             "usage_usec %u000000\nuser_usec 3000000\nsystem_usec 2000000\nnr_periods 10\n"
             "nr_throttled 4\nthrottled_usec 2500000\n",
             seed);
    put(m, "", path, "cpu.stat", text);
    put(m, "", path, "cpu.max", seed % 2 ? "50000 100000\n" : "max 100000\n");
    put(m, "", path, "cpu.weight", "20\n");
    snprintf(text, sizeof(text), "%u\n", seed * 4096);
    put(m, "", path, "memory.current", text);
    put(m, "", path, "memory.max", "1048576\n");
    put(m, "", path, "memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 2\n");
    put(m, "", path, "memory.stat",
        "anon 4096\nfile 8192\nkernel 1024\nfile_mapped 0\ninactive_file 4096\nactive_file 0\n"
        "pgfault 7\npgmajfault 1\n");
    put(m, "", path, "pids.current", "3\n");
    put(m, "", path, "pids.max", "max\n");
}

/* One reading as text. */
static void read_text(struct machine *m, struct buf *out)
{
    struct err err = { 0 };
    assert_int_equal(metric_sink_begin(m->sink, &err), 0);
    int r = collector_container.read(m->state, m->sink, &err);
    if (r < 0) {
        fail_msg("read: %s", err_text(&err));
    }
    struct metric_part *part = metric_sink_take(m->sink, "cadvisor", clock_mono_ns(), &err);
    assert_non_null(part);
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    assert_non_null(s);
    buf_clear(out);
    while (scrape_next(s, out, 4096) > 0) {
    }
    assert_int_equal(buf_failed(out), 0);
    scrape_free(s);
}

/* Whether a line has all of these parts. */
static bool has(struct str text, const char *const *parts)
{
    while (text.n > 0) {
        struct str line = str_line(&text);
        size_t i = 0;
        while (parts[i] && str_search(line, str_of(parts[i])) >= 0) {
            i++;
        }
        if (!parts[i]) {
            return true;
        }
    }
    return false;
}
#define HAS(text, ...) has(buf_str(&(text)), (const char *const[]){ __VA_ARGS__, NULL })

/* The samples, without what differs from run to run. */
static void samples_of(struct str text, struct buf *out)
{
    while (text.n > 0) {
        struct str line = str_line(&text);
        if (line.n > 0 && line.p[0] != '#' && !str_starts(line, STR("container_last_seen{")) &&
            !str_starts(line, STR("container_start_time_seconds{"))) {
            buf_add(out, line);
            buf_add_char(out, '\n');
        }
    }
}

static void assert_golden(struct machine *m, const char *shape)
{
    auto_buf struct buf text = BUF_INIT(16 * MIB), samples = BUF_INIT(16 * MIB);
    auto_buf struct buf golden = BUF_INIT(16 * MIB);
    char path[512];
    struct err err = { 0 };
    start(m);
    read_text(m, &text);
    samples_of(buf_str(&text), &samples);
    snprintf(path, sizeof(path), "%s/tests/golden/collectors/container-%s.txt", KG_SOURCE_DIR,
             shape);
    if (getenv("KG_UPDATE")) {
        assert_int_equal(file_write_atomic(path, buf_str(&samples), &err), 0);
    }
    if (file_read(AT_FDCWD, path, &golden, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
    struct str ours = buf_str(&samples), theirs = buf_str(&golden);
    for (size_t n = 1; ours.n > 0 || theirs.n > 0; n++) {
        struct str a = str_line(&ours), b = str_line(&theirs);
        if (!str_eq(a, b)) {
            fail_msg("%s:%zu:\n  read   " STR_FMT "\n  golden " STR_FMT, path, n, STR_ARG(a),
                     STR_ARG(b));
        }
    }
    struct container_stats stats;
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 0);
    assert_int_equal(stats.read_errors, 0);
}

static void two_processes(struct machine *m)
{
    process(m, 100, "pause");
    process(m, 200, "nginx");
}

static void test_v1_cgroupfs(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    v1(m, "", 900, 0);
    v1(m, "/kubepods", 800, 0);
    v1(m, "/kubepods/burstable", 700, 0);
    v1(m, "/kubepods/burstable/pod" U, 60, 0);
    v1(m, "/kubepods/burstable/pod" U "/" SANDBOX, 10, 100);
    v1(m, "/kubepods/burstable/pod" U "/" APP, 51, 200);
    v1(m, "/kubepods/pod" HASH, 30, 0);
    v1(m, "/kubepods/pod" HASH "/" NODE, 31, 0);
    v1(m, "/system.slice", 5, 0);
    assert_golden(m, "v1-cgroupfs");
}

static void test_v1_systemd(void **state)
{
    struct machine *m = *state;
    const char *qos = "/kubepods.slice/kubepods-burstable.slice";
    char path[512];
    two_processes(m);
    v1(m, "", 900, 0);
    v1(m, "/kubepods.slice", 800, 0);
    v1(m, qos, 700, 0);
    snprintf(path, sizeof(path), "%s/kubepods-burstable-pod" U_ ".slice", qos);
    v1(m, path, 60, 0);
    snprintf(path, sizeof(path),
             "%s/kubepods-burstable-pod" U_ ".slice/cri-containerd-" SANDBOX ".scope", qos);
    v1(m, path, 10, 100);
    snprintf(path, sizeof(path),
             "%s/kubepods-burstable-pod" U_ ".slice/cri-containerd-" APP ".scope", qos);
    v1(m, path, 51, 200);
    v1(m, "/system.slice/kubelet.service", 40, 0);
    v1(m, "/system.slice/var-lib.mount", 5, 0);
    assert_golden(m, "v1-systemd");
}

static void test_v2_cgroupfs(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/kubepods", 800, 0);
    v2(m, "/kubepods/burstable", 700, 0);
    v2(m, "/kubepods/burstable/pod" U, 60, 0);
    v2(m, "/kubepods/burstable/pod" U "/" SANDBOX, 10, 100);
    v2(m, "/kubepods/burstable/pod" U "/" APP, 51, 200);
    assert_golden(m, "v2-cgroupfs");
}

#define V2_POD "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice"

static void test_v2_systemd(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/kubepods.slice", 800, 0);
    v2(m, "/kubepods.slice/kubepods-burstable.slice", 700, 0);
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "/cri-containerd-" SANDBOX ".scope", 10, 100);
    v2(m, V2_POD "/cri-containerd-" APP ".scope", 51, 200);
    v2(m, V2_POD "/cri-containerd-" APP ".scope/init.scope", 50, 200);
    v2(m, "/system.slice/docker-" NODE ".scope", 20, 0);
    assert_golden(m, "v2-systemd");
}

/* CRI-O without a process for the sandbox: the stand-in is known by the runtime's record. */
static void test_crio(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "/crio-" SANDBOX, 0, 0);
    v2(m, V2_POD "/crio-" APP ".scope", 51, 200);
    v2(m, V2_POD "/crio-" APP ".scope/container", 51, 200);
    v2(m, V2_POD "/crio-conmon-" APP ".scope", 2, 0);
    fixture_file(&m->f,
                 "root/run/containers/storage/overlay-containers/" SANDBOX "/userdata/config.json",
                 "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
                 "\"io.kubernetes.container.name\":\"POD\","
                 "\"io.kubernetes.cri-o.ContainerName\":\"k8s_POD_web-0_default_" U "_2\"}}");
    assert_golden(m, "crio");
}

/* A kind node, read from its host: --cgroup-root=/kubelet in a container's cgroup. */
static void test_kind(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/docker/" NODE, 800, 0);
    v2(m, "/docker/" NODE "/kubelet", 790, 0);
    v2(m, "/docker/" NODE "/kubelet/kubepods", 780, 0);
    v2(m, "/docker/" NODE "/kubelet/kubepods/burstable/pod" U, 60, 0);
    v2(m, "/docker/" NODE "/kubelet/kubepods/burstable/pod" U "/" SANDBOX, 10, 100);
    v2(m, "/docker/" NODE "/kubelet/kubepods/burstable/pod" U "/" APP, 51, 200);
    assert_golden(m, "kind");
}

/* A machine without Kubernetes: everything, nothing labelled but the containers. */
static void test_local(void **state)
{
    struct machine *m = *state;
    m->env.pods = NULL;
    m->env.all_cgroups = true;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/system.slice", 300, 0);
    v2(m, "/system.slice/ssh.service", 20, 0);
    v2(m, "/system.slice/docker-" APP ".scope", 51, 0);
    v2(m, "/system.slice/var-lib.mount", 5, 0);
    assert_golden(m, "local");
}

#define V2_APP V2_POD "/cri-containerd-" APP ".scope"

static void wait_for_change(struct machine *m)
{
    struct pollfd p = { .fd = collector_container.watch_fd(m->state), .events = POLLIN };
    assert_int_equal(poll(&p, 1, 2000), 1);
    collector_container.changed(m->state, clock_mono_ns());
}

/* A container comes, is named, and goes: each is in the very next reading. */
static void test_life_of_a_container(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    struct container_stats stats;
    process(m, 200, "nginx");
    process(m, 100, "pause");
    m->pods.pods[0].containers[0].id = NULL;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "/cri-containerd-" SANDBOX ".scope", 10, 100);
    start(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_cpu_usage_seconds_total{", SANDBOX));
    assert_false(HAS(text, APP));

    v2(m, V2_APP, 51, 200);
    wait_for_change(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_memory_usage_bytes{container=\"\",id=\"" V2_APP
                          "\",image=\"\",name=\"" APP "\",namespace=\"default\",pod=\"web-0\"}"));
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 1);

    m->pods.pods[0].containers[0].id = APP;
    m->pods.generation++;
    read_text(m, &text);
    assert_true(HAS(text,
                    "container_memory_usage_bytes{container=\"app\",id=\"" V2_APP
                    "\",image=\"nginx:1\",name=\"" APP "\",namespace=\"default\",pod=\"web-0\"}"));
    assert_false(HAS(text, "container=\"\"", APP));
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 0);
    assert_int_equal(stats.rescans, 1);

    fixture_remove(&m->f, "cgroup" V2_APP);
    read_text(m, &text);
    assert_false(HAS(text, APP));
    assert_true(HAS(text, "container_scrape_error 0"));
}

/* The collector's own families stand in the part "self" of any reading. */
static void test_self(void **state)
{
    struct machine *m = *state;
    struct err err = { 0 };
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_APP, 51, 0);
    m->pods.listed = false;
    start(m);
    collector_container.tick(m->state, clock_mono_ns());
    assert_int_equal(metric_sink_begin(m->sink, &err), 0);
    assert_int_equal(collector_container.self(m->state, m->sink, &err), 0);
    struct metric_part *part = metric_sink_take(m->sink, "self", clock_mono_ns(), &err);
    assert_non_null(part);
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    while (scrape_next(s, &text, 4096) > 0) {
    }
    scrape_free(s);
    assert_true(HAS(text, "kubegauge_cgroups 5"));
    assert_true(HAS(text, "kubegauge_containers_unresolved 1"));
    assert_true(HAS(text, "kubegauge_cgroup_rescans_total 1"));
}

/* The tick resolves and rescans without a reading. */
static void test_tick(void **state)
{
    struct machine *m = *state;
    struct container_stats stats;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_APP, 51, 0);
    m->pods.listed = false;
    start(m);
    collector_container.tick(m->state, clock_mono_ns());
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 1);
    assert_int_equal(stats.rescans, 1);
    m->pods.listed = true;
    collector_container.tick(m->state, clock_mono_ns() + 61 * CLOCK_NS_PER_SEC);
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 0);
    assert_int_equal(stats.rescans, 2);
    assert_int_equal(stats.cgroups, 5);
}

static void test_label_columns(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    m->lookup.n_columns = 2;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, V2_APP, 51, 0);
    start(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_memory_usage_bytes{", "container=\"app\"", "team=\"red\"",
                    "owner=\"sts\""));
    assert_true(HAS(text, "container_memory_rss{", "id=\"/\"", "team=\"\"", "owner=\"\""));
}

/* A container that was killed is another cgroup afterwards, whose own counter starts anew. */
static void test_oom_over_restarts(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_POD, 60, 0);
    v2(m, V2_APP, 51, 0);
    start(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_oom_events_total{", "container=\"app\"", APP, "} 2"));

    fixture_remove(&m->f, "cgroup" V2_APP);
    v2(m, V2_POD "/cri-containerd-" NODE ".scope", 51, 0);
    put(m, "", V2_POD "/cri-containerd-" NODE ".scope", "memory.events", "oom_kill 0\n");
    m->pods.pods[0].containers[0].id = NODE;
    m->pods.generation++;
    read_text(m, &text);
    assert_true(HAS(text, "container_oom_events_total{", "container=\"app\"", NODE, "} 2"));
    assert_false(HAS(text, APP));
}

static void test_no_cgroups(void **state)
{
    struct machine *m = *state;
    struct err err = { 0 };
    fixture_folder(&m->f, "cgroup");
    assert_int_equal(collector_container.start(&m->env, &m->state, &err), -ENODATA);
    assert_non_null(strstr(err.text, m->cgroupfs));
    assert_null(m->state);
}

static void test_this_machine(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(64 * MIB);
    if (geteuid() != 0) {
        print_message("SKIPPED: other users' processes cannot be looked into without root\n");
        skip();
    }
    m->env = (struct collector_env){ .procfs = "/proc",
                                     .sysfs = "/sys",
                                     .rootfs = "/",
                                     .cgroupfs = "/sys/fs/cgroup",
                                     .kubelet = "/var/lib/kubelet",
                                     .cgroup_root = "",
                                     .kmsg = "/dev/kmsg",
                                     .sandbox_image = "",
                                     .all_cgroups = true };
    start(m);
    for (int i = 0; i < 3; i++) {
        read_text(m, &text);
        assert_true(HAS(text, "container_memory_usage_bytes{", "id=\"/\""));
        assert_true(HAS(text, "container_cpu_usage_seconds_total{", "id=\"/\""));
        assert_true(HAS(text, "container_scrape_error 0"));
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_v1_cgroupfs),   TEST(test_v1_systemd),
        TEST(test_v2_cgroupfs),   TEST(test_v2_systemd),
        TEST(test_crio),          TEST(test_kind),
        TEST(test_local),         TEST(test_life_of_a_container),
        TEST(test_self),          TEST(test_tick),
        TEST(test_label_columns), TEST(test_oom_over_restarts),
        TEST(test_no_cgroups),    TEST(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
