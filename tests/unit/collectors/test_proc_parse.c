/* The texts of /proc files, as kernels write them and spoilt. */
#include "collectors/proc/proc_parse.h"
#include "tests/unit/collectors/fixture.h"

#define HEADING                                                                                    \
    "Inter-|   Receive                                                |  Transmit\n"               \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "     \
    "drop fifo colls carrier compressed\n"

static void net_dev(void **state)
{
    (void)state;
    struct net_dev net[4];
    size_t n;
    static const char text[] =
        HEADING "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                "  eth0: 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116\n"
                "vethab12:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                "ens5:18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    assert_int_equal(proc_parse_net_dev(str_of(text), proc_skip_interface, net, 4, &n), 0);
    assert_int_equal(n, 2);
    assert_true(str_eq(net[0].name, STR("eth0")));
    assert_int_equal(net[0].rx_bytes, 101);
    assert_int_equal(net[0].rx_packets, 102);
    assert_int_equal(net[0].rx_errors, 103);
    assert_int_equal(net[0].rx_dropped, 104);
    assert_int_equal(net[0].tx_bytes, 109);
    assert_int_equal(net[0].tx_packets, 110);
    assert_int_equal(net[0].tx_errors, 111);
    assert_int_equal(net[0].tx_dropped, 112);
    assert_true(str_eq(net[1].name, STR("ens5")));
    assert_true(net[1].rx_bytes == UINT64_MAX);
    assert_int_equal(proc_parse_net_dev(str_of(text), NULL, net, 4, &n), 0);
    assert_int_equal(n, 4);
    assert_int_equal(proc_parse_net_dev(str_of(text), NULL, net, 3, &n), -E2BIG);
    assert_int_equal(n, 3);
    n = 9;
    const char *const wrong[] = {
        "",
        "Inter-|\n",
        HEADING "eth0: 1 2 3\n",
        HEADING "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
        HEADING "eth0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
        HEADING "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 x\n",
        HEADING ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        assert_int_equal(proc_parse_net_dev(str_of(wrong[i]), NULL, net, 4, &n), -EBADMSG);
        assert_int_equal(n, 9);
    }
    assert_int_equal(proc_parse_net_dev(STR(HEADING), NULL, net, 4, &n), 0);
    assert_int_equal(n, 0);

    static const char *const skipped[] = { "lo",       "lo0",     "LOop",
                                           "veth1234", "docker0", "Docker_gwbridge",
                                           "nerdctl0" };
    static const char *const kept[] = { "eth0", "l", "wlan0", "cali123", "ens3", "br-docker", "" };
    for (size_t i = 0; i < KG_ARRAY_LEN(skipped); i++) {
        assert_true(proc_skip_interface(str_of(skipped[i])));
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(kept); i++) {
        assert_false(proc_skip_interface(str_of(kept[i])));
    }
}

static void limits(void **state)
{
    (void)state;
    int64_t soft = 7;
    assert_int_equal(
        proc_parse_open_files_limit(
            STR("Limit                     Soft Limit           Hard Limit           Units     \n"
                "Max core file size        0                    unlimited            bytes     \n"
                "Max open files            1024                 524288               files     \n"),
            &soft),
        0);
    assert_int_equal(soft, 1024);
    assert_int_equal(
        proc_parse_open_files_limit(
            STR("Max open files            unlimited            unlimited   files\n"), &soft),
        0);
    assert_int_equal(soft, -1);
    assert_int_equal(proc_parse_open_files_limit(STR("Max open files x\n"), &soft), -EBADMSG);
    assert_int_equal(proc_parse_open_files_limit(STR("Max open files 12"), &soft), -EBADMSG);
    assert_int_equal(proc_parse_open_files_limit(STR("Max core file size 0\n"), &soft), -EBADMSG);
    assert_int_equal(proc_parse_open_files_limit(STR(""), &soft), -EBADMSG);
    assert_int_equal(soft, -1);
}

static void diskstats(void **state)
{
    (void)state;
    struct diskstat disks[2];
    size_t n;
    assert_int_equal(
        proc_parse_diskstats(STR("   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0\n"
                                 " 254       0 vda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"),
                             disks, 2, &n),
        0);
    assert_int_equal(n, 2);
    assert_int_equal(disks[1].major, 254);
    assert_true(str_eq(disks[1].name, STR("vda")));
    assert_int_equal(disks[1].reads, 1);
    assert_int_equal(disks[1].reads_merged, 2);
    assert_int_equal(disks[1].sectors_read, 3);
    assert_int_equal(disks[1].read_ms, 4);
    assert_int_equal(disks[1].writes, 5);
    assert_int_equal(disks[1].writes_merged, 6);
    assert_int_equal(disks[1].sectors_written, 7);
    assert_int_equal(disks[1].write_ms, 8);
    assert_int_equal(disks[1].in_flight, 9);
    assert_int_equal(disks[1].io_ms, 10);
    assert_int_equal(disks[1].weighted_ms, 11);
    assert_int_equal(proc_parse_diskstats(STR("1 0 a 0 0 0 0 0 0 0 0 0 0 0\n"
                                              "1 1 b 0 0 0 0 0 0 0 0 0 0 0\n"
                                              "1 2 c 0 0 0 0 0 0 0 0 0 0 0\n"),
                                          disks, 2, &n),
                     -E2BIG);
    assert_int_equal(n, 2);
    assert_int_equal(proc_parse_diskstats(STR("254 0 vda 1 2 3\n"), disks, 2, &n), -EBADMSG);
    assert_int_equal(proc_parse_diskstats(STR("x\n"), disks, 2, &n), -EBADMSG);
}

static void mounts(void **state)
{
    (void)state;
    struct str text = STR("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
                          "garbage\n"
                          "30 25 0:27 / /mnt/a\\040b rw shared:7 master:1 - tmpfs tmp\\134fs rw\n"
                          "31 27 0:28 / /nothing rw\n"
                          "32 27 x:28 / /y rw - tmpfs tmpfs rw\n");
    struct mount_line line;
    assert_int_equal(proc_parse_mount_line(&text, &line), 1);
    assert_int_equal(line.major, 254);
    assert_int_equal(line.minor, 0);
    assert_true(str_eq(line.mountpoint, STR("/")));
    assert_true(str_eq(line.type, STR("ext4")));
    assert_true(str_eq(line.source, STR("/dev/vda")));
    assert_int_equal(proc_parse_mount_line(&text, &line), -EBADMSG);
    assert_int_equal(proc_parse_mount_line(&text, &line), 1);
    assert_int_equal(line.minor, 27);
    char out[16];
    struct str s;
    assert_int_equal(proc_unescape(line.mountpoint, out, sizeof(out), &s), 0);
    assert_string_equal(out, "/mnt/a b");
    assert_int_equal(s.n, 8);
    assert_int_equal(proc_unescape(line.source, out, sizeof(out), &s), 0);
    assert_string_equal(out, "tmp\\fs");
    assert_int_equal(proc_parse_mount_line(&text, &line), -EBADMSG);
    assert_int_equal(proc_parse_mount_line(&text, &line), -EBADMSG);
    assert_int_equal(proc_parse_mount_line(&text, &line), 0);

    assert_int_equal(proc_unescape(STR("a\\04"), out, sizeof(out), &s), 0);
    assert_string_equal(out, "a\\04");
    assert_int_equal(proc_unescape(STR("\\777"), out, sizeof(out), &s), 0);
    assert_string_equal(out, "\\777");
    assert_int_equal(proc_unescape(STR("abcd"), out, 4, &s), -ENAMETOOLONG);
    assert_int_equal(proc_unescape(STR("abc"), out, 4, &s), 0);
    assert_int_equal(proc_unescape(STR(""), out, 0, &s), -ENAMETOOLONG);
}

static void meminfo(void **state)
{
    (void)state;
    struct meminfo m;
    assert_int_equal(proc_parse_meminfo(STR("MemTotal:       24684096 kB\nMemFree:  1 kB\n"
                                            "SwapTotal:      1024 kB\nSwapFree:  1000 kB\n"),
                                        &m),
                     0);
    assert_true(m.total_bytes == UINT64_C(25276514304));
    assert_int_equal(m.swap_total_bytes, 1048576);
    assert_int_equal(m.swap_free_bytes, 1024000);
    assert_int_equal(proc_parse_meminfo(STR("MemTotal:       5 kB\n"), &m), 0);
    assert_int_equal(m.swap_total_bytes, 0);
    assert_int_equal(proc_parse_meminfo(STR("SwapTotal:      5 kB\n"), &m), -EBADMSG);
    assert_int_equal(proc_parse_meminfo(STR("MemTotal: x kB\n"), &m), -EBADMSG);
    assert_int_equal(proc_parse_meminfo(STR(""), &m), -EBADMSG);
    assert_int_equal(m.total_bytes, 5120);
}

static void start_ticks(void **state)
{
    (void)state;
    uint64_t ticks;
    assert_int_equal(proc_parse_start_ticks(STR("12 (a) b) S 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 "
                                                "20 0 1 0 987654 0 0\n"),
                                            &ticks),
                     0);
    assert_int_equal(ticks, 987654);
    assert_int_equal(proc_parse_start_ticks(STR("12 (a) S 1 12 12\n"), &ticks), -EBADMSG);
    assert_int_equal(proc_parse_start_ticks(STR("12 a S\n"), &ticks), -EBADMSG);
    assert_int_equal(proc_parse_start_ticks(STR(""), &ticks), -EBADMSG);
    assert_int_equal(ticks, 987654);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_dev), cmocka_unit_test(limits),  cmocka_unit_test(diskstats),
        cmocka_unit_test(mounts),  cmocka_unit_test(meminfo), cmocka_unit_test(start_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
