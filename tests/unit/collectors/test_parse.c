/* The texts of cgroup files as kernels of all ages write them, cut short, spoilt and huge. */
#include "base/limits.h"
#include "collectors/cgroup/parse.h"
#include "tests/unit/collectors/fixture.h"

static struct str text_of(const char *c)
{
    return str_of(c);
}

static void numbers(void **state)
{
    (void)state;
    uint64_t v = 7;
    assert_int_equal(cg_parse_value(STR("42\n"), &v), 0);
    assert_int_equal(v, 42);
    assert_int_equal(cg_parse_value(STR("0"), &v), 0);
    assert_int_equal(v, 0);
    assert_int_equal(cg_parse_value(STR("max\n"), &v), 0);
    assert_true(v == UINT64_MAX);
    assert_int_equal(cg_parse_value(STR("-1\n"), &v), 0);
    assert_int_equal(v, 0);
    assert_int_equal(cg_parse_value(STR("18446744073709551615\n"), &v), 0);
    assert_true(v == UINT64_MAX);
    v = 7;
    const char *const wrong[] = { "",       "\n",        "-",      "1 2\n",
                                  "1\n2\n", "maximum\n", "0x10\n", "18446744073709551616\n",
                                  " 1\n",   "1.5\n" };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        assert_int_equal(cg_parse_value(text_of(wrong[i]), &v), -EBADMSG);
        assert_int_equal(v, 7);
    }
}

static void cpu_v1(void **state)
{
    (void)state;
    struct cg_cpu_stat stat;
    assert_int_equal(cg_parse_cpu_stat_v1(STR("nr_periods 8\nnr_throttled 2\n"
                                              "throttled_time 151318685\nnr_bursts 1\n"
                                              "burst_time 9\nnr_something 5\n"),
                                          &stat),
                     0);
    assert_int_equal(stat.seen, CG_SEEN_CFS_PERIODS);
    assert_int_equal(stat.periods, 8);
    assert_int_equal(stat.throttled_periods, 2);
    assert_int_equal(stat.throttled_ns, 151318685);
    assert_int_equal(stat.bursts, 1);
    assert_int_equal(stat.burst_ns, 9);
    /* before Linux 5.14 */
    assert_int_equal(
        cg_parse_cpu_stat_v1(STR("nr_periods 8\nnr_throttled 2\nthrottled_time 1\n"), &stat), 0);
    assert_int_equal(stat.bursts, 0);
    assert_int_equal(cg_parse_cpu_stat_v1(STR(""), &stat), 0);
    assert_int_equal(stat.seen, 0);
    stat.periods = 77;
    assert_int_equal(cg_parse_cpu_stat_v1(STR("nr_periods eight\n"), &stat), -EBADMSG);
    assert_int_equal(cg_parse_cpu_stat_v1(STR("nr_periods\n"), &stat), -EBADMSG);
    assert_int_equal(cg_parse_cpu_stat_v1(STR("nr_periods 1 2\n"), &stat), -EBADMSG);
    assert_int_equal(stat.periods, 77);

    uint64_t user = 1, system = 1;
    assert_int_equal(cg_parse_cpuacct_stat(STR("user 123\nsystem 45\n"), 100, &user, &system), 0);
    assert_int_equal(user, 1230000000);
    assert_int_equal(system, 450000000);
    assert_int_equal(cg_parse_cpuacct_stat(STR("user 1000\nsystem -3\n"), 1024, &user, &system), 0);
    assert_int_equal(user, 976562500);
    assert_int_equal(system, 0);
    assert_int_equal(cg_parse_cpuacct_stat(STR("user 123\n"), 100, &user, &system), -EBADMSG);
    assert_int_equal(user, 976562500);
}

static void cpu_v2(void **state)
{
    (void)state;
    struct cg_cpu_stat stat;
    assert_int_equal(
        cg_parse_cpu_stat_v2(STR("usage_usec 2500001\nuser_usec 2000000\nsystem_usec 500001\n"
                                 "core_sched.force_idle_usec 0\nnr_periods 10\nnr_throttled 3\n"
                                 "throttled_usec 12\nnr_bursts 1\nburst_usec 5\n"),
                             &stat),
        0);
    assert_int_equal(stat.seen, CG_SEEN_CPU_USAGE | CG_SEEN_CPU_USER | CG_SEEN_CPU_SYSTEM |
                                    CG_SEEN_CFS_PERIODS);
    assert_int_equal(stat.usage_ns, 2500001000);
    assert_int_equal(stat.user_ns, 2000000000);
    assert_int_equal(stat.system_ns, 500001000);
    assert_int_equal(stat.periods, 10);
    assert_int_equal(stat.throttled_periods, 3);
    assert_int_equal(stat.throttled_ns, 12000);
    assert_int_equal(stat.bursts, 1);
    assert_int_equal(stat.burst_ns, 5000);
    /* without the cpu controller */
    assert_int_equal(cg_parse_cpu_stat_v2(STR("usage_usec 1\nuser_usec 1\nsystem_usec 0\n"), &stat),
                     0);
    assert_int_equal(stat.seen, CG_SEEN_CPU_USAGE | CG_SEEN_CPU_USER | CG_SEEN_CPU_SYSTEM);

    uint64_t quota = 1, period = 1;
    assert_int_equal(cg_parse_cpu_max(STR("max 100000\n"), &quota, &period), 0);
    assert_int_equal(quota, 0);
    assert_int_equal(period, 100000);
    assert_int_equal(cg_parse_cpu_max(STR("20000 50000\n"), &quota, &period), 0);
    assert_int_equal(quota, 20000);
    assert_int_equal(period, 50000);
    assert_int_equal(cg_parse_cpu_max(STR("max\n"), &quota, &period), -EBADMSG);
    assert_int_equal(cg_parse_cpu_max(STR(""), &quota, &period), -EBADMSG);
    assert_int_equal(quota, 20000);

    static const uint64_t shares[][2] = { { 1, 2 },          { 39, 998 }, { 100, 2597 },
                                          { 10000, 262144 }, { 0, 0 },    { 10001, 0 },
                                          { UINT64_MAX, 0 } };
    for (size_t i = 0; i < KG_ARRAY_LEN(shares); i++) {
        assert_int_equal(cg_shares_of_weight(shares[i][0]), shares[i][1]);
    }
}

static void memory_stat(void **state)
{
    (void)state;
    struct cg_memory_stat m;
    assert_int_equal(cg_parse_memory_stat_v1(
                         STR("cache 1\nrss 2\nrss_huge 0\nshmem 0\nmapped_file 3\nswap 4\n"
                             "pgfault 5\npgmajfault 6\ninactive_anon 0\ninactive_file 7\n"
                             "active_file 8\nhierarchical_memory_limit 9223372036854771712\n"
                             "total_cache 11\ntotal_rss 12\ntotal_mapped_file 13\ntotal_swap 14\n"
                             "total_pgfault 15\ntotal_inactive_file 17\ntotal_active_file 18\n"),
                         &m),
                     0);
    assert_int_equal(m.cache, 11);
    assert_int_equal(m.rss, 12);
    assert_int_equal(m.mapped_file, 13);
    assert_int_equal(m.swap, 14);
    assert_int_equal(m.pgfault, 5);
    assert_int_equal(m.pgmajfault, 6);
    assert_int_equal(m.inactive_file, 17);
    assert_int_equal(m.active_file, 18);
    /* in another order, and with a key twice: the last counts */
    assert_int_equal(
        cg_parse_memory_stat_v1(STR("active_file 1\npgfault 2\ncache 3\nrss 4\ncache 5\n"
                                    "\npgfault_like 6\nssr 7\nswap 8\n"),
                                &m),
        0);
    assert_int_equal(m.active_file, 1);
    assert_int_equal(m.pgfault, 2);
    assert_int_equal(m.cache, 5);
    assert_int_equal(m.rss, 4);
    assert_int_equal(m.swap, 8);
    /* a file without totals, and a counter that was below 0 while it was summed up */
    assert_int_equal(cg_parse_memory_stat_v1(STR("cache 1\nrss 2\nmapped_file -3\n"), &m), 0);
    assert_int_equal(m.cache, 1);
    assert_int_equal(m.rss, 2);
    assert_int_equal(m.mapped_file, 0);
    assert_int_equal(m.swap, 0);

    assert_int_equal(
        cg_parse_memory_stat_v2(
            STR("anon 1\nfile 2\nkernel 3\nkernel_stack 4\nfile_mapped 5\nfile_dirty 6\n"
                "file_writeback 7\ninactive_anon 0\nactive_anon 0\ninactive_file 8\n"
                "active_file 9\nworkingset_refault_anon 10\nworkingset_refault_file 11\n"
                "pgscan 12\npgsteal 13\npgscan_kswapd 99\npgfault 14\npgmajfault 15\n"),
            &m),
        0);
    assert_int_equal(m.seen, CG_SEEN_MEMORY_KERNEL);
    assert_int_equal(m.rss, 1);
    assert_int_equal(m.cache, 2);
    assert_int_equal(m.kernel, 3);
    assert_int_equal(m.mapped_file, 5);
    assert_int_equal(m.file_dirty, 6);
    assert_int_equal(m.file_writeback, 7);
    assert_int_equal(m.inactive_file, 8);
    assert_int_equal(m.active_file, 9);
    assert_int_equal(m.refault_anon, 10);
    assert_int_equal(m.refault_file, 11);
    assert_int_equal(m.pgscan, 12);
    assert_int_equal(m.pgsteal, 13);
    assert_int_equal(m.pgfault, 14);
    assert_int_equal(m.pgmajfault, 15);
    assert_int_equal(cg_parse_memory_stat_v2(STR("anon 1\nfile \n"), &m), -EBADMSG);
    assert_int_equal(m.rss, 1);
}

static void memory_events(void **state)
{
    (void)state;
    struct cg_memory_events e;
    assert_int_equal(cg_parse_memory_events(
                         STR("low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 0\n"), &e),
                     0);
    assert_int_equal(e.seen, CG_SEEN_OOM_KILL | CG_SEEN_MEMORY_MAX);
    assert_int_equal(e.high, 1);
    assert_int_equal(e.max, 2);
    assert_int_equal(cg_oom_events(&e), 4);
    assert_int_equal(cg_parse_memory_events(STR("oom_kill 12\noom_group_kill 3\n"), &e), 0);
    assert_int_equal(cg_oom_events(&e), 3); /* twelve processes died in three events */
    assert_int_equal(
        cg_parse_memory_events(STR("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"), &e), 0);
    assert_int_equal(cg_oom_events(&e), 2);
    assert_int_equal(cg_parse_memory_events(STR("oom_kill_disable 0\nunder_oom 0\n"), &e), 0);
    assert_int_equal(e.seen, 0);
}

static void pressure(void **state)
{
    (void)state;
    struct cgroup_psi psi;
    assert_int_equal(
        cg_parse_pressure(STR("some avg10=0.38 avg60=1.18 avg300=12.81 total=317534733\n"
                              "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"),
                          &psi),
        0);
    assert_int_equal(psi.some_usec, 317534733);
    assert_int_equal(psi.full_usec, 5);
    assert_int_equal(
        cg_parse_pressure(STR("some avg10=0.38 avg60=1.18 avg300=12.81 total=1\n"), &psi), 0);
    assert_int_equal(psi.some_usec, 1);
    assert_int_equal(psi.full_usec, 0);
    const char *const wrong[] = { "",
                                  "some",
                                  "some \n",
                                  "some avg10=0.38\n",
                                  "full total=1\n",
                                  "some total=x\n",
                                  "some total=1\nfull avg10=0\n" };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        assert_int_equal(cg_parse_pressure(text_of(wrong[i]), &psi), -EBADMSG);
    }
    assert_int_equal(psi.some_usec, 1);
}

static void io_stat(void **state)
{
    (void)state;
    struct cgroup_io io[4];
    size_t n;
    assert_int_equal(
        cg_parse_io_stat(STR("254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"
                             "7:0 7:1 8:16 rbytes=7 wbytes=8 rios=9 wios=10 dbytes=0 dios=0 "
                             "cost.vrate=100.00 cost.usage=11 cost.wait=12 cost.indebt=13 "
                             "cost.indelay=14 \n"
                             "7:2 \n"),
                         io, 4, &n),
        0);
    assert_int_equal(n, 2);
    assert_int_equal(io[0].major, 254);
    assert_int_equal(io[0].minor, 0);
    assert_int_equal(io[0].has_bytes, 1 << CG_IO_READ | 1 << CG_IO_WRITE);
    assert_int_equal(io[0].has_ios, 1 << CG_IO_READ | 1 << CG_IO_WRITE);
    assert_int_equal(io[0].bytes[CG_IO_READ], 1);
    assert_int_equal(io[0].bytes[CG_IO_WRITE], 2);
    assert_int_equal(io[0].ios[CG_IO_READ], 3);
    assert_int_equal(io[0].ios[CG_IO_WRITE], 4);
    assert_false(io[0].has_cost);
    assert_int_equal(io[1].major, 8);
    assert_int_equal(io[1].minor, 16);
    assert_int_equal(io[1].bytes[CG_IO_READ], 7);
    assert_true(io[1].has_cost);
    assert_int_equal(io[1].cost_usage_usec, 11);
    assert_int_equal(io[1].cost_wait_usec, 12);
    assert_int_equal(io[1].cost_indebt_usec, 13);
    assert_int_equal(io[1].cost_indelay_usec, 14);

    assert_int_equal(cg_parse_io_stat(STR(""), io, 4, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(cg_parse_io_stat(STR("1:0 rios=1\n1:1 rios=2\n1:2 rios=3\n"), io, 2, &n),
                     -E2BIG);
    assert_int_equal(n, 2);
    n = 9;
    const char *const wrong[] = { "garbage\n",
                                  "1 rbytes=1\n",
                                  "1:0 rbytes=\n",
                                  "1:0 rbytes=x\n",
                                  "1:0 rbytes=18446744073709551616\n",
                                  "99999999999:0 rios=1\n" };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        assert_int_equal(cg_parse_io_stat(text_of(wrong[i]), io, 4, &n), -EBADMSG);
        assert_int_equal(n, 9);
    }
}

static void blkio(void **state)
{
    (void)state;
    struct cgroup_io io[3];
    size_t n = 0;
    assert_int_equal(cg_parse_blkio(STR("8:0 Read 1\n8:0 Write 2\n8:0 Sync 3\n8:0 Async 4\n"
                                        "8:0 Discard 5\n8:0 Total 6\n8:16 Read 7\nTotal 13\n"),
                                    CG_BLKIO_BYTES, io, 3, &n),
                     0);
    assert_int_equal(n, 2);
    assert_int_equal(io[0].has_bytes, (1 << CG_IO_OPS) - 1);
    for (unsigned op = 0; op < CG_IO_OPS; op++) {
        assert_int_equal(io[0].bytes[op], op + 1);
    }
    assert_int_equal(io[1].minor, 16);
    assert_int_equal(io[1].has_bytes, 1 << CG_IO_READ);
    assert_int_equal(
        cg_parse_blkio(STR("8:0 Read 10\n8:0 Write 20\nTotal 30\n"), CG_BLKIO_IOS, io, 3, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(io[0].ios[CG_IO_WRITE], 20);
    assert_false(io[0].has_disk);
    assert_int_equal(cg_parse_blkio(STR("8:0 Read 1500000000\n8:0 Write 500000000\n"
                                        "8:0 Total 2000000000\nTotal 2000000000\n"),
                                    CG_BLKIO_TIME, io, 3, &n),
                     0);
    assert_true(io[0].has_disk);
    assert_true(io[0].read_seconds == 1.5 && io[0].write_seconds == 0.5 && io[0].io_seconds == 2);
    assert_int_equal(
        cg_parse_blkio(STR("8:0 Read 4\n8:0 Write 5\n8:0 Total 9\n"), CG_BLKIO_MERGED, io, 3, &n),
        0);
    assert_int_equal(io[0].reads_merged, 4);
    assert_int_equal(io[0].writes_merged, 5);
    assert_int_equal(cg_parse_blkio(STR("8:0 Total 6\n"), CG_BLKIO_QUEUED, io, 3, &n), 0);
    assert_int_equal(io[0].io_current, 6);

    n = 0; /* as this machine has it: nothing counted */
    assert_int_equal(cg_parse_blkio(STR("Total 0\n"), CG_BLKIO_BYTES, io, 3, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(cg_parse_blkio(STR("1:0 Read 1\n1:1 Read 1\n1:2 Read 1\n1:3 Read 1\n"),
                                    CG_BLKIO_BYTES, io, 3, &n),
                     -E2BIG);
    assert_int_equal(n, 3);
    const char *const wrong[] = { "8:0\n", "8:0 Read\n", "8 Read 1\n", "x\n", "8:0 Read 1 2\n" };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        assert_int_equal(cg_parse_blkio(text_of(wrong[i]), CG_BLKIO_BYTES, io, 3, &n), -EBADMSG);
    }
}

static void process_ids(void **state)
{
    (void)state;
    int32_t pids[2];
    size_t n;
    assert_int_equal(cg_parse_pids(STR("1\n22\n333\n"), pids, 2, &n), 3);
    assert_int_equal(n, 2);
    assert_int_equal(pids[1], 22);
    assert_int_equal(cg_parse_pids(STR("0\n0\n5\n"), pids, 2, &n), 3); /* other PID namespaces */
    assert_int_equal(n, 1);
    assert_int_equal(pids[0], 5);
    assert_int_equal(cg_parse_pids(STR(""), pids, 2, &n), 0);
    assert_int_equal(cg_parse_pids(STR("1\nx\n"), pids, 2, &n), -EBADMSG);
    assert_int_equal(cg_parse_pids(STR("99999999999\n"), pids, 2, &n), -EBADMSG);
}

/* Every prefix of a good text is read without looking beyond its end (ASan watches a copy of just
 * its size). */
static void cut_anywhere(void **state)
{
    (void)state;
    static const char text[] = "254:0 rbytes=1 wbytes=2 cost.usage=3\n8:0 Read 1\nsome avg10=0.38 "
                               "total=5\nfull total=1\nusage_usec 1\nnr_periods 10\nmax 100000\n";
    struct cgroup_io *io = calloc(8, sizeof(*io));
    for (size_t from = 0; from < sizeof(text) - 1; from++) {
        for (size_t end = from; end < sizeof(text); end++) {
            char *copy = malloc(end - from ? end - from : 1);
            memcpy(copy, text + from, end - from);
            struct str s = { copy, end - from };
            struct cg_cpu_stat cpu;
            struct cgroup_psi psi;
            uint64_t a, b;
            size_t n = 0;
            if (cg_parse_io_stat(s, io, 8, &n) == 0) {
                assert_true(n <= 8);
            }
            n = 0;
            if (cg_parse_blkio(s, CG_BLKIO_BYTES, io, 8, &n) == 0) {
                assert_true(n <= 8);
            }
            (void)!cg_parse_cpu_stat_v2(s, &cpu);
            (void)!cg_parse_pressure(s, &psi);
            (void)!cg_parse_cpu_max(s, &a, &b);
            free(copy);
        }
    }
    free(io);
}

static void huge(void **state)
{
    (void)state;
    size_t size = LIMIT_CGROUP_FILE_BYTES, n = 0;
    char *text = malloc(size);
    struct cgroup_io *io = calloc(LIMIT_CGROUP_DEVICES, sizeof(*io));
    while (n + 32 < size) {
        n += (size_t)snprintf(text + n, size - n, "%zu:0 rbytes=1\n", n);
    }
    size_t devices = 0;
    assert_int_equal(cg_parse_io_stat((struct str){ text, n }, io, LIMIT_CGROUP_DEVICES, &devices),
                     -E2BIG);
    assert_int_equal(devices, LIMIT_CGROUP_DEVICES);
    memset(text, 'a', size); /* one word without an end */
    struct cg_memory_stat m;
    assert_int_equal(cg_parse_memory_stat_v2((struct str){ text, size }, &m), 0);
    assert_int_equal(m.rss, 0);
    free(io);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),       cmocka_unit_test(cpu_v1),
        cmocka_unit_test(cpu_v2),        cmocka_unit_test(memory_stat),
        cmocka_unit_test(memory_events), cmocka_unit_test(pressure),
        cmocka_unit_test(io_stat),       cmocka_unit_test(blkio),
        cmocka_unit_test(process_ids),   cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
