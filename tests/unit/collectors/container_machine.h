/* container_machine.h — a machine in a temporary place, and the container collector that reads it.
 * Uses: collectors, metrics/scrape, fixture, fake_pods, cmocka.  Threads: none.  Owner: each test.
 */
#ifndef KG_TESTS_CONTAINER_MACHINE_H
#define KG_TESTS_CONTAINER_MACHINE_H

#include "base/clock.h"
#include "base/limits.h"
#include "collectors/collector.h"
#include "tests/unit/collectors/fake_pods.h"
#include "tests/unit/collectors/fixture.h"

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

static inline void start(struct machine *m)
{
    struct err err = { 0 };
    int r = collector_container.start(&m->env, &m->state, &err);
    if (r < 0) {
        fail_msg("start: %s", err_text(&err));
    }
    m->sink = metric_sink_new(NULL, &err);
    assert_non_null(m->sink);
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    struct machine *m = *state;
    collector_container.stop(m->state);
    metric_sink_free(m->sink);
    assert_int_equal(m->pods.held, 0);
    fixture_close(&m->f);
    free(m);
    return 0;
}

static inline void put(struct machine *m, const char *controller, const char *path,
                       const char *file, const char *text)
{
    char at[2048];
    int n = snprintf(at, sizeof(at), "cgroup%s%s/%s", controller, path, file);
    assert_true(n > 0 && (size_t)n < sizeof(at));
    fixture_file(&m->f, at, text);
}

static inline void process(struct machine *m, unsigned pid, const char *comm)
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
static inline void v1(struct machine *m, const char *path, unsigned seed, unsigned pid)
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

static inline void v2(struct machine *m, const char *path, unsigned seed, unsigned pid)
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

#endif
