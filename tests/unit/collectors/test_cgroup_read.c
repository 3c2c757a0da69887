/* Readings of whole trees: cgroup v1 and v2 complete, with controllers missing, of an old kernel,
 * spoilt, gone. */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_read.h"
#include "tests/unit/collectors/fixture.h"

#define A "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define B "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define UID "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define POD "kubepods/burstable/pod" UID

struct world {
    struct fixture f;
    char paths[5][4096];
    struct collector_env env;
    struct cgroup_tree *tree;
    struct cgroup_reader *reader;
    struct arena mem;
};

static const char heading[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "
    "drop fifo colls carrier compressed\n";

static void file(struct world *w, const char *path, const char *text)
{
    fixture_file(&w->f, path, text);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    fixture_open(&w->f);
    static const char *const folders[] = { "proc", "sys", "cgroup", "root", "kubelet" };
    for (size_t i = 0; i < KG_ARRAY_LEN(folders); i++) {
        snprintf(w->paths[i], sizeof(w->paths[i]), "%s", fixture_path(&w->f, folders[i]));
        fixture_folder(&w->f, folders[i]);
    }
    w->env = (struct collector_env){
        .procfs = w->paths[0],
        .sysfs = w->paths[1],
        .cgroupfs = w->paths[2],
        .rootfs = w->paths[3],
        .kubelet = w->paths[4],
        .cgroup_root = "",
        .kmsg = "",
        .sandbox_image = "",
    };
    file(w, "proc/meminfo", "MemTotal: 1000 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\n");
    file(w, "proc/stat", "cpu 1\nbtime 1700000059\n");
    file(w, "proc/diskstats",
         " 254 0 vda 1 2 3 4000 5 6 7 8000 9 10000 11000\n"
         " 7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n");
    file(w, "sys/block/vda/dev", "254:0\n");
    file(w, "sys/block/vda/hidden", "0\n");
    file(w, "sys/block/loop0/dev", "7:0\n");
    file(w, "sys/block/nvme0c0n1/dev", "259:3\n");
    file(w, "sys/block/nvme0c0n1/hidden", "1\n");
    file(w, "sys/block/cciss!c0d0/dev", "104:0\n");
    arena_init(&w->mem, LIMIT_NODE_ARENA_BYTES);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    arena_done(&w->mem);
    cgroup_reader_free(w->reader);
    cgroup_tree_free(w->tree);
    fixture_close(&w->f);
    free(w);
    return 0;
}

static void begin(struct world *w)
{
    struct err err = { 0 };
    if (!w->tree) {
        struct cgroup_tree_config config = { w->env.cgroupfs, "", true };
        w->tree = cgroup_tree_new(&config, &err);
        assert_non_null(w->tree);
        w->reader = cgroup_reader_new(&w->env, cgroup_tree_version(w->tree), &err);
        assert_non_null(w->reader);
    }
    assert_int_equal(cgroup_reader_begin(w->reader, &w->mem), 0);
}

static struct cgroup_entry *entry_of(struct world *w, const char *path)
{
    struct cgroup_entry *e = cgroup_tree_find(w->tree, str_of(path));
    assert_non_null(e);
    return e;
}

static struct cgroup_sample sample_of(struct world *w, const char *path)
{
    struct cgroup_sample s = { 0 };
    struct err err = { 0 };
    assert_int_equal(cgroup_read(w->reader, entry_of(w, path), &w->mem, &s, &err), 0);
    return s;
}

/* The same where a file cannot be understood: that is told, and the rest is there. */
static struct cgroup_sample spoilt_sample_of(struct world *w, const char *path)
{
    struct cgroup_sample s = { 0 };
    struct err err = { 0 };
    assert_int_equal(cgroup_read(w->reader, entry_of(w, path), &w->mem, &s, &err), -EBADMSG);
    assert_non_null(strstr(err_text(&err), path));
    return s;
}

static void assert_present(const struct cgroup_sample *s, uint64_t bits)
{
    if (s->present != bits) {
        print_error("present %#lx, expected %#lx\n", (unsigned long)s->present,
                    (unsigned long)bits);
    }
    assert_int_equal(s->present, bits);
}

/* A v1 cgroup with all that a kernel of today shows. */
static void v1_cgroup(struct world *w, const char *path)
{
    static const char *const files[][2] = {
        { "cgroup/cpu/%s/cpu.shares", "102\n" },
        { "cgroup/cpu/%s/cpu.cfs_period_us", "100000\n" },
        { "cgroup/cpu/%s/cpu.cfs_quota_us", "10000\n" },
        { "cgroup/cpu/%s/cpu.stat", "nr_periods 461\nnr_throttled 460\nthrottled_time 41284137341\n"
                                    "nr_bursts 3\nburst_time 4\n" },
        { "cgroup/cpu/%s/cgroup.procs", "11\n12\n" },
        { "cgroup/cpuacct/%s/cpuacct.usage", "4611686018\n" },
        { "cgroup/cpuacct/%s/cpuacct.stat", "user 400\nsystem 61\n" },
        { "cgroup/memory/%s/memory.usage_in_bytes", "8228864\n" },
        { "cgroup/memory/%s/memory.max_usage_in_bytes", "9000000\n" },
        { "cgroup/memory/%s/memory.failcnt", "7\n" },
        { "cgroup/memory/%s/memory.kmem.usage_in_bytes", "4096\n" },
        { "cgroup/memory/%s/memory.limit_in_bytes", "16777216\n" },
        { "cgroup/memory/%s/memory.soft_limit_in_bytes", "9223372036854771712\n" },
        { "cgroup/memory/%s/memory.memsw.limit_in_bytes", "33554432\n" },
        { "cgroup/memory/%s/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n" },
        { "cgroup/memory/%s/memory.stat",
          "cache 1\nrss 2\nmapped_file 3\nswap 4\npgfault 5\npgmajfault 6\ninactive_file 7\n"
          "active_file 8\ntotal_cache 11\ntotal_rss 12\ntotal_mapped_file 13\ntotal_swap 14\n"
          "total_inactive_file 28864\ntotal_active_file 18\n" },
        { "cgroup/pids/%s/pids.current", "23\n" },
        { "cgroup/pids/%s/pids.max", "32768\n" },
        { "cgroup/blkio/%s/blkio.bfq.io_service_bytes_recursive", "Total 0\n" },
        { "cgroup/blkio/%s/blkio.bfq.io_serviced_recursive", "Total 0\n" },
        { "cgroup/blkio/%s/blkio.throttle.io_service_bytes_recursive",
          "254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 1\n254:0 Async 2\n254:0 Discard 3\n"
          "254:0 Total 12288\n7:0 Read 1\n259:3 Read 2\nTotal 12288\n" },
        { "cgroup/blkio/%s/blkio.throttle.io_serviced_recursive",
          "254:0 Read 1\n254:0 Write 2\n254:0 Total 3\nTotal 3\n" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        char at[512];
        const char *mark = strstr(files[i][0], "%s");
        snprintf(at, sizeof(at), "%.*s%s%s", (int)(mark - files[i][0]), files[i][0], path,
                 mark + 2);
        file(w, at, files[i][1]);
    }
}

static void v1_root(struct world *w)
{
    file(w, "cgroup/blkio/blkio.bfq.io_service_bytes_recursive", "Total 0\n");
    file(w, "cgroup/blkio/blkio.throttle.io_service_bytes_recursive", "Total 0\n");
    file(w, "cgroup/blkio/blkio.throttle.io_serviced_recursive", "Total 0\n");
}

static void v1_tree(struct world *w)
{
    v1_root(w);
    v1_cgroup(w, POD "/" A);
}

static void process(struct world *w, const char *pid, const char *start)
{
    char at[256], target[256], stat[512];
    snprintf(at, sizeof(at), "proc/%s/fd", pid);
    fixture_folder(&w->f, at);
    for (int i = 0; i < 5; i++) {
        snprintf(at, sizeof(at), "proc/%s/fd/%d", pid, i);
        snprintf(target, sizeof(target), i < 2 ? "socket:[%d]" : "/dev/null%d", i);
        assert_int_equal(symlink(target, fixture_path(&w->f, at)), 0);
    }
    snprintf(at, sizeof(at), "proc/%s/stat", pid);
    snprintf(stat, sizeof(stat), "%s (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 %s 0\n", pid,
             start);
    file(w, at, stat);
    snprintf(at, sizeof(at), "proc/%s/limits", pid);
    snprintf(stat, sizeof(stat), "Max open files            20%s             20000   files\n", pid);
    file(w, at, stat);
    snprintf(at, sizeof(at), "proc/%s/net/dev", pid);
    snprintf(stat, sizeof(stat), "%s  eth0: %s 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", heading,
             pid);
    file(w, at, stat);
}

static void v1_complete(void **state)
{
    struct world *w = *state;
    v1_tree(w);
    process(w, "11", "900");
    process(w, "12", "800"); /* ids have wrapped: this one is older */
    begin(w);
    struct cgroup_sample s = sample_of(w, "/" POD "/" A);
    assert_present(&s, CG_STATS | CG_CPU_USAGE | CG_CPU_SPLIT | CG_CFS | CG_CPU_SPEC |
                           CG_CPU_QUOTA | CG_MEMORY | CG_MEMORY_SPEC | CG_PIDS | CG_PROCESSES |
                           CG_ULIMIT | CG_OOM | CG_START_TIME | CG_KUBELET);
    assert_true(s.cpu_usage_ns == UINT64_C(4611686018));
    assert_true(s.cpu_user_ns == UINT64_C(4000000000));
    assert_int_equal(s.cpu_system_ns, 610000000);
    assert_int_equal(s.cpu_shares, 102);
    assert_int_equal(s.cpu_period_usec, 100000);
    assert_int_equal(s.cpu_quota_usec, 10000);
    assert_int_equal(s.cfs_periods, 461);
    assert_int_equal(s.cfs_throttled_periods, 460);
    assert_true(s.cfs_throttled_ns == UINT64_C(41284137341));
    assert_int_equal(s.cfs_bursts, 3);
    assert_int_equal(s.cfs_burst_ns, 4);
    assert_int_equal(s.memory_usage, 8228864);
    assert_int_equal(s.memory_working_set, 8200000);
    assert_int_equal(s.memory_rss, 12);
    assert_int_equal(s.memory_cache, 11);
    assert_int_equal(s.memory_mapped_file, 13);
    assert_int_equal(s.memory_swap, 14);
    assert_int_equal(s.memory_kernel, 4096);
    assert_int_equal(s.memory_failcnt, 7);
    assert_int_equal(s.memory_max_usage, 9000000);
    assert_int_equal(s.memory_active_file, 18);
    assert_int_equal(s.memory_inactive_file, 28864);
    assert_int_equal(s.pgfault, 5);
    assert_int_equal(s.pgmajfault, 6);
    assert_int_equal(s.memory_limit, 16777216);
    assert_int_equal(s.memory_reservation, 0);
    assert_int_equal(s.memory_swap_limit, 33554432);
    assert_int_equal(s.oom_events, 2);
    assert_int_equal(s.threads, 23);
    assert_int_equal(s.threads_max, 32768);
    assert_int_equal(s.processes, 2);
    assert_int_equal(s.file_descriptors, 10);
    assert_int_equal(s.sockets, 4);
    assert_int_equal(s.ulimit_nofile_soft, 2012);
    assert_int_equal(s.n_net, 0); /* no sandbox */
    assert_int_equal(s.n_fs, 0);
    assert_int_equal(s.n_io, 3);
    assert_true(str_eq(s.io[0].device, STR("/dev/vda")));
    assert_int_equal(s.io[0].bytes[CG_IO_DISCARD], 3);
    assert_int_equal(s.io[0].bytes[CG_IO_TOTAL], 12288);
    assert_int_equal(s.io[0].ios[CG_IO_WRITE], 2);
    assert_true(str_empty(s.io[1].device) && str_empty(s.io[2].device)); /* loop, hidden */
    assert_true(s.start_time_sec > 1700000040 && s.start_time_sec <= (uint64_t)clock_unix_sec());
    assert_int_equal(cgroup_reader_stats(w->reader).malformed, 0);
}

/* A sandbox has its pod's network; when its process dies another of the cgroup is followed. */
static void v1_sandbox(void **state)
{
    struct world *w = *state;
    v1_tree(w);
    process(w, "11", "700");
    process(w, "12", "800");
    begin(w);
    struct cgroup_entry *e = entry_of(w, "/" POD "/" A);
    e->sandbox = true;
    struct cgroup_sample s = sample_of(w, "/" POD "/" A);
    assert_int_equal(e->init_pid, 11);
    assert_int_equal(s.n_net, 1);
    assert_true(str_eq(s.net[0].interface, STR("eth0")));
    assert_int_equal(s.net[0].rx_bytes, 11);
    assert_int_equal(s.net[0].tx_dropped, 12);
    assert_int_equal(s.ulimit_nofile_soft, 2011);
}

/* CRI-O's folder of a sandbox that has no process: the network is that of the pod's container. */
static void v1_empty_sandbox(void **state)
{
    struct world *w = *state;
    v1_tree(w);
    process(w, "11", "700");
    process(w, "12", "800");
    fixture_folder(&w->f, "cgroup/cpu/" POD "/crio-" B);
    fixture_folder(&w->f, "cgroup/memory/" POD "/crio-" B);
    file(w, "cgroup/cpu/" POD "/crio-" B "/cgroup.procs", "");
    begin(w);
    entry_of(w, "/" POD "/crio-" B)->sandbox = true;
    struct cgroup_sample s = sample_of(w, "/" POD "/crio-" B);
    assert_int_equal(s.n_net, 1);
    assert_int_equal(s.processes, 0);
    assert_false(s.present & CG_ULIMIT);
}

/* Only some controllers, no limits, files that are missing: what is not there is not said. */
static void v1_partial(void **state)
{
    struct world *w = *state;
    v1_root(w);
    file(w, "cgroup/memory/service/memory.usage_in_bytes", "5000\n");
    file(w, "cgroup/memory/service/memory.stat", "cache 1\nrss 2\ninactive_file 9000\n");
    file(w, "cgroup/memory/service/memory.limit_in_bytes", "9223372036854771712\n");
    file(w, "cgroup/cpu/quotaless/cpu.shares", "1024\n");
    file(w, "cgroup/cpu/quotaless/cpu.cfs_period_us", "100000\n");
    file(w, "cgroup/cpu/quotaless/cpu.cfs_quota_us", "-1\n");
    file(w, "cgroup/cpuacct/quotaless/cpuacct.usage", "0\n");
    file(w, "cgroup/memory/quotaless/x", "");
    begin(w);
    struct cgroup_sample s = sample_of(w, "/service");
    assert_present(&s, CG_STATS | CG_MEMORY | CG_MEMORY_SPEC | CG_OOM | CG_KUBELET | CG_START_TIME);
    assert_int_equal(s.memory_working_set, 0); /* more inactive than used */
    assert_int_equal(s.memory_rss, 2);
    assert_int_equal(s.memory_limit, 0);
    s = sample_of(w, "/quotaless");
    assert_present(&s, CG_STATS | CG_CPU_SPEC | CG_OOM | CG_KUBELET | CG_START_TIME);
    assert_int_equal(s.cpu_shares, 1024);
}

static void v1_machine(void **state)
{
    struct world *w = *state;
    v1_root(w);
    static const char *const files[][2] = {
        { "cgroup/cpu/cpu.shares", "1024\n" },
        { "cgroup/cpu/cpu.cfs_period_us", "100000\n" },
        { "cgroup/cpu/cpu.cfs_quota_us", "-1\n" },
        { "cgroup/cpu/cgroup.procs", "1\n77\n" },
        { "cgroup/cpuacct/cpuacct.usage", "1\n" },
        { "cgroup/cpuacct/cpuacct.stat", "user 1\nsystem 0\n" },
        { "cgroup/memory/memory.usage_in_bytes", "9\n" },
        { "cgroup/memory/memory.stat", "total_cache 1\n" },
        { "cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n" },
        { "cgroup/pids/cgroup.procs", "1\n" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        file(w, files[i][0], files[i][1]);
    }
    process(w, "1", "1");
    begin(w);
    struct cgroup_sample s = sample_of(w, "/");
    assert_present(&s, CG_STATS | CG_CPU_USAGE | CG_CPU_SPLIT | CG_CPU_SPEC | CG_MEMORY |
                           CG_MEMORY_SPEC | CG_PIDS | CG_PROCESSES | CG_ULIMIT | CG_OOM |
                           CG_START_TIME | CG_KUBELET);
    assert_int_equal(s.memory_limit, 1024000);
    assert_int_equal(s.memory_swap_limit, 204800);
    assert_int_equal(s.threads, 0);
    assert_int_equal(s.processes, 2);
    assert_int_equal(s.file_descriptors, 5); /* 77 cannot be looked into */
    assert_int_equal(s.n_net, 1);
    assert_true(s.start_time_sec >= 1700000040);
}

/* Each spoilt file costs its own values and nothing else. */
static void v1_garbage(void **state)
{
    struct world *w = *state;
    v1_tree(w);
    static const char *const files[] = {
        "cpu/%s/cpu.stat",       "cpuacct/%s/cpuacct.stat",
        "memory/%s/memory.stat", "pids/%s/pids.current",
        "cpu/%s/cgroup.procs",   "blkio/%s/blkio.throttle.io_service_bytes_recursive"
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        char at[512];
        const char *mark = strstr(files[i], "%s");
        snprintf(at, sizeof(at), "cgroup/%.*s%s%s", (int)(mark - files[i]), files[i], POD "/" A,
                 mark + 2);
        file(w, at, "user x\nnr_periods x\nrss x\n\x01\xff garbage");
    }
    begin(w);
    struct cgroup_sample s = spoilt_sample_of(w, "/" POD "/" A);
    assert_present(&s, CG_STATS | CG_CPU_USAGE | CG_CPU_SPEC | CG_CPU_QUOTA | CG_MEMORY_SPEC |
                           CG_OOM | CG_START_TIME | CG_KUBELET);
    assert_int_equal(s.n_io, 0);
    assert_true(s.cpu_usage_ns > 0);
    assert_int_equal(cgroup_reader_stats(w->reader).malformed, 6);
}

static void v2_cgroup(struct world *w)
{
    static const char *const files[][2] = {
        { "cpu.stat", "usage_usec 2500001\nuser_usec 2000000\nsystem_usec 500001\nnr_periods 10\n"
                      "nr_throttled 3\nthrottled_usec 12\nnr_bursts 1\nburst_usec 5\n" },
        { "cpu.max", "20000 100000\n" },
        { "cpu.weight", "39\n" },
        { "memory.current", "1000000\n" },
        { "memory.peak", "2000000\n" },
        { "memory.stat", "anon 1\nfile 2\nkernel 3\nfile_mapped 5\ninactive_file 400000\n"
                         "active_file 9\npgfault 14\npgmajfault 15\npgscan 16\n" },
        { "memory.max", "16777216\n" },
        { "memory.min", "0\n" },
        { "memory.swap.max", "max\n" },
        { "memory.swap.current", "4096\n" },
        { "memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 0\n" },
        { "pids.current", "5\n" },
        { "pids.max", "max\n" },
        { "io.stat", "254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n" },
        { "cgroup.procs", "11\n" },
        { "cgroup.events", "populated 1\n" },
        { "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=6\n"
                          "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n" },
        { "memory.pressure", "some total=8\nfull total=9\n" },
        { "io.pressure", "some total=10\nfull total=11\n" },
    };
    file(w, "cgroup/cgroup.controllers", "cpu io memory pids\n");
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        char at[512];
        snprintf(at, sizeof(at), "cgroup/" POD "/" A "/%s", files[i][0]);
        file(w, at, files[i][1]);
    }
}

#define V2_ALWAYS                                                                                  \
    (CG_STATS | CG_CPU_SPLIT | CG_CPU_SPEC | CG_MEMORY | CG_PIDS | CG_OOM | CG_START_TIME |        \
     CG_KUBELET)

static void v2_complete(void **state)
{
    struct world *w = *state;
    v2_cgroup(w);
    file(w, "cgroup/cpu.pressure", "some total=1\nfull total=0\n");
    process(w, "11", "900");
    begin(w);
    struct cgroup_sample s = sample_of(w, "/" POD "/" A);
    assert_present(&s, V2_ALWAYS | CG_CPU_USAGE | CG_CFS | CG_CPU_QUOTA | CG_MEMORY_SPEC |
                           CG_MEMORY_EVENTS | CG_MEMORY_RECLAIM | CG_PROCESSES | CG_ULIMIT |
                           CG_PSI);
    assert_true(s.cpu_usage_ns == UINT64_C(2500001000));
    assert_int_equal(s.cpu_quota_usec, 20000);
    assert_int_equal(s.cpu_shares, 998);
    assert_int_equal(s.cfs_burst_ns, 5000);
    assert_int_equal(s.memory_usage, 1000000);
    assert_int_equal(s.memory_working_set, 600000);
    assert_int_equal(s.memory_max_usage, 2000000);
    assert_int_equal(s.memory_rss, 1);
    assert_int_equal(s.memory_cache, 2);
    assert_int_equal(s.memory_kernel, 3);
    assert_int_equal(s.memory_swap, 4096);
    assert_int_equal(s.memory_failcnt, 2);
    assert_int_equal(s.memory_events_high, 1);
    assert_int_equal(s.memory_limit, 16777216);
    assert_int_equal(s.memory_swap_limit, 0);
    assert_int_equal(s.oom_events, 4);
    assert_int_equal(s.threads, 5);
    assert_int_equal(s.threads_max, 0);
    assert_int_equal(s.pgscan, 16);
    assert_int_equal(s.psi_cpu.some_usec, 6);
    assert_int_equal(s.psi_cpu.full_usec, 7);
    assert_int_equal(s.psi_memory.some_usec, 8);
    assert_int_equal(s.psi_io.full_usec, 11);
    assert_int_equal(s.n_io, 1);
    assert_true(str_eq(s.io[0].device, STR("/dev/vda")));
    assert_int_equal(s.sockets, 2);
}

static void v2_garbage(void **state)
{
    struct world *w = *state;
    v2_cgroup(w);
    file(w, "cgroup/cpu.pressure", "some total=1\nfull total=0\n");
    static const char *const files[] = { "cpu.stat", "memory.stat", "io.stat", "cpu.pressure" };
    for (size_t i = 0; i < KG_ARRAY_LEN(files); i++) {
        char at[512];
        snprintf(at, sizeof(at), "cgroup/" POD "/" A "/%s", files[i]);
        file(w, at, "usage_usec x\nanon x\n\x01\xff garbage");
    }
    begin(w);
    struct cgroup_sample s = spoilt_sample_of(w, "/" POD "/" A);
    assert_present(&s, CG_CPU_SPEC | CG_CPU_QUOTA | CG_MEMORY_SPEC | CG_MEMORY_EVENTS | CG_PIDS |
                           CG_PROCESSES | CG_START_TIME);
    assert_int_equal(s.n_io, 0);
    assert_int_equal(cgroup_reader_stats(w->reader).malformed, 4);
}

/* Controllers off, an old kernel without memory.peak, no pressure files on the machine: the peer
 * serves 0, and no PSI families at all. */
static void v2_partial(void **state)
{
    struct world *w = *state;
    file(w, "cgroup/cgroup.controllers", "\n");
    file(w, "cgroup/plain/cpu.stat", "usage_usec 0\nuser_usec 0\nsystem_usec 0\n");
    file(w, "cgroup/plain/cpu.pressure", "some total=5\n");
    file(w, "cgroup/quotaless/cpu.stat", "usage_usec 5\nuser_usec 5\nsystem_usec 0\n");
    file(w, "cgroup/quotaless/cpu.max", "max 100000\n");
    file(w, "cgroup/quotaless/memory.max", "max\n");
    begin(w);
    struct cgroup_sample s = sample_of(w, "/plain");
    assert_present(&s, V2_ALWAYS);
    assert_int_equal(s.memory_usage, 0);
    s = sample_of(w, "/quotaless");
    assert_present(&s, V2_ALWAYS | CG_CPU_USAGE | CG_MEMORY_SPEC);
    assert_int_equal(s.cpu_period_usec, 100000);
    assert_int_equal(s.memory_limit, 0);
}

static void v2_machine(void **state)
{
    struct world *w = *state;
    file(w, "cgroup/cgroup.controllers", "\n");
    file(w, "cgroup/cgroup.procs", "1\n2\n3\n");
    file(w, "cgroup/memory.stat", "anon 100\nfile 200\ninactive_file 50\n");
    begin(w);
    struct cgroup_sample s = sample_of(w, "/");
    /* no cpu.stat in the root before Linux 5.8 */
    assert_present(&s, V2_ALWAYS | CG_MEMORY_SPEC | CG_MEMORY_RECLAIM | CG_PROCESSES);
    assert_int_equal(s.memory_usage, 300);
    assert_int_equal(s.memory_working_set, 250);
    assert_int_equal(s.memory_swap, 51200);
    assert_int_equal(s.memory_limit, 1024000);
    assert_int_equal(s.memory_swap_limit, 204800);
    assert_int_equal(s.threads, 3);
    assert_int_equal(s.processes, 3);
}

static void gone(void **state)
{
    struct world *w = *state;
    v2_cgroup(w);
    begin(w);
    struct cgroup_entry *e = entry_of(w, "/" POD "/" A);
    fixture_remove(&w->f, "cgroup/" POD "/" A);
    struct cgroup_sample s = { 0 };
    struct err err = { 0 };
    int r = cgroup_read(w->reader, e, &w->mem, &s, &err);
    assert_true(r == -ENODEV || r == -ENOENT);
    assert_non_null(strstr(err_text(&err), A));
}

/* More processes than fit into a file of the usual size. */
static void many_processes(void **state)
{
    struct world *w = *state;
    v2_cgroup(w);
    size_t size = 20000 * 8, n = 0;
    char *text = malloc(size);
    for (int pid = 1000000; pid < 1015000; pid++) {
        n += (size_t)snprintf(text + n, size - n, "%d\n", pid);
    }
    file(w, "cgroup/" POD "/" A "/cgroup.procs", text);
    free(text);
    begin(w);
    struct cgroup_sample s = sample_of(w, "/" POD "/" A);
    assert_int_equal(s.processes, 15000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(v1_complete), T(v1_sandbox),     T(v1_empty_sandbox), T(v1_partial), T(v1_machine),
        T(v1_garbage),  T(v2_complete),    T(v2_garbage),       T(v2_partial), T(v2_machine),
        T(gone),        T(many_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
