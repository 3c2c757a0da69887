/* test_node_sources.c — sources of the node_* collectors that change while they are read, and large
 * ones; the golden files have the rest. */
#include "base/limits.h"
#include "collectors/collector.h"
#include "metrics/scrape.h"
#include "tests/support/test.h"
#include "tests/unit/collectors/fixture.h"

extern const struct collector collector_arp, collector_filesystem, collector_netstat, collector_os;

/* A collector that reads the fixture. */
struct reader {
    const struct collector *collector;
    struct collector_env env;
    char procfs[160];
    struct metric_sink *sink;
    void *state;
};

static void reader_open(struct reader *r, const struct collector *c, const struct fixture *f)
{
    *r = (struct reader){ .collector = c };
    snprintf(r->procfs, sizeof(r->procfs), "%s/proc", f->top);
    r->env = (struct collector_env){ .procfs = r->procfs, .sysfs = f->top, .rootfs = f->top };
    r->sink = metric_sink_new(NULL, NULL);
    assert_non_null(r->sink);
    assert_int_equal(c->start(&r->env, &r->state, NULL), 0);
}

static void reader_close(struct reader *r)
{
    if (r->collector->stop) {
        r->collector->stop(r->state);
    }
    metric_sink_free(r->sink);
}

/* What it serves. */
static void read_text(struct reader *r, struct buf *out)
{
    buf_clear(out);
    assert_int_equal(metric_sink_begin(r->sink, NULL), 0);
    assert_int_equal(r->collector->read(r->state, r->sink, NULL), 0);
    struct metric_part *part = metric_sink_take(r->sink, "node", 1, NULL);
    assert_non_null(part);
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    assert_non_null(scrape);
    assert_int_equal(scrape_next(scrape, out, SIZE_MAX), 0);
    scrape_free(scrape);
}

static void an_upgrade_is_seen(void **state)
{
    (void)state;
    struct fixture f;
    struct reader r;
    auto_buf struct buf out = BUF_INIT(1 * MIB);
    char former[256];
    fixture_open(&f);
    fixture_file(&f, "etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    reader_open(&r, &collector_os, &f);
    read_text(&r, &out);
    assert_true(str_search(buf_str(&out), STR("version_id=\"12\"")) >= 0);
    fixture_file(&f, "etc/os-release.new", "ID=debian\nVERSION_ID=\"13\"\n");
    snprintf(former, sizeof(former), "%s/etc/os-release.new", f.top);
    assert_int_equal(rename(former, fixture_path(&f, "etc/os-release")), 0);
    read_text(&r, &out);
    assert_true(str_search(buf_str(&out), STR("version_id=\"13\"")) >= 0);
    reader_close(&r);
    fixture_close(&f);
}

/* A node of many pods has an interface for each, and a neighbour on it. */
static void every_interface_has_its_neighbours(void **state)
{
    (void)state;
    enum { INTERFACES = 1000 };
    struct fixture f;
    struct reader r;
    auto_buf struct buf table = BUF_INIT(1 * MIB), out = BUF_INIT(1 * MIB);
    buf_add_c(&table, "IP address HW type Flags HW address Mask Device\n");
    for (int i = 0; i < 2 * INTERFACES; i++) {
        buf_addf(&table, "10.0.%d.%d 0x1 0x2 02:00:00:00:00:00 * cali%d\n", i / 250, i % 250,
                 i % INTERFACES);
    }
    fixture_open(&f);
    fixture_file(&f, "proc/net/arp", buf_c(&table));
    reader_open(&r, &collector_arp, &f);
    read_text(&r, &out);
    size_t found = 0;
    for (struct str text = buf_str(&out), line = str_line(&text); line.p; line = str_line(&text)) {
        bool is_series = str_starts(line, STR("node_arp_entries{device=\"cali"));
        assert_true(!is_series || str_eat_end(&line, STR("\"} 2")));
        found += is_series;
    }
    assert_int_equal(found, INTERFACES);
    reader_close(&r);
    fixture_close(&f);
}

static void shows(struct reader *r, const char *what)
{
    auto_buf struct buf out = BUF_INIT(1 * MIB);
    read_text(r, &out);
    if (str_search(buf_str(&out), str_of(what)) < 0) {
        fail_msg("without %s:\n%s", what, buf_c(&out));
    }
}

static void is_malformed(struct reader *r)
{
    struct err err = { 0 };
    assert_int_equal(metric_sink_begin(r->sink, NULL), 0);
    assert_int_equal(r->collector->read(r->state, r->sink, &err), -EBADMSG);
}

/* Which columns are wanted is kept from one reading to the next; other columns are learnt anew. */
static void columns_may_change(void **state)
{
    (void)state;
    struct fixture f;
    struct reader r;
    fixture_open(&f);
    fixture_file(&f, "proc/net/netstat", "TcpExt: SyncookiesSent TCPTimeouts\nTcpExt: 1 2\n");
    fixture_file(&f, "proc/net/snmp", "Tcp: InSegs OutSegs\nTcp: 10 11\n");
    reader_open(&r, &collector_netstat, &f);
    shows(&r, "node_netstat_TcpExt_TCPTimeouts 2\n");
    fixture_file(&f, "proc/net/snmp", "Tcp: InSegs OutSegs\nTcp: 20 21\n");
    shows(&r, "node_netstat_Tcp_OutSegs 21\n");
    fixture_file(&f, "proc/net/snmp", "Tcp: OutSegs NewOnes InSegs\nTcp: 31 0 30\n");
    shows(&r, "node_netstat_Tcp_OutSegs 31\n");
    shows(&r, "node_netstat_Tcp_InSegs 30\n");
    fixture_file(&f, "proc/net/snmp", "Udp: InErrors\nUdp: 7\nTcp: OutSegs\nTcp: 41\n");
    shows(&r, "node_netstat_Udp_InErrors 7\n");
    shows(&r, "node_netstat_Tcp_OutSegs 41\n");
    shows(&r, "node_netstat_TcpExt_SyncookiesSent 1\n");
    static const char *const wrong[] = {
        "Tcp: InSegs OutSegs\nTcp: 1\n",  "Tcp: InSegs OutSegs\nUdp: 1 2\n",
        "Tcp: InSegs OutSegs\n",          "Tcp: InSegs OutSegs\nTcp: 1 x\n",
        "Tcp InSegs OutSegs\nTcp: 1 2\n",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        fixture_file(&f, "proc/net/snmp", wrong[i]);
        is_malformed(&r);
        is_malformed(&r); /* nothing wrong was learnt */
    }
    fixture_file(&f, "proc/net/snmp", "Tcp: InSegs OutSegs\nTcp: 50 51\n");
    shows(&r, "node_netstat_Tcp_OutSegs 51\n");
    reader_close(&r);
    fixture_close(&f);
}

/* The list of mounts is kept while the table reads the same. */
static void mounts_may_change(void **state)
{
    (void)state;
    struct fixture f;
    struct reader r;
    const char *root = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
    fixture_open(&f);
    fixture_file(&f, "proc/1/mountinfo", root);
    fixture_folder(&f, "data");
    reader_open(&r, &collector_filesystem, &f);
    for (int i = 0; i < 3; i++) {
        shows(&r, "node_filesystem_readonly{device=\"/dev/sda1\",device_error=\"\","
                  "fstype=\"ext4\",mountpoint=\"/\"} 0\n");
    }
    fixture_file(&f, "proc/1/mountinfo", "21 1 8:1 / / rw - ext4 /dev/sda1 ro\n");
    shows(&r, "mountpoint=\"/\"} 1\n");
    fixture_file(&f, "proc/1/mountinfo",
                 "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n22 21 8:2 / /data rw - xfs /dev/sdb rw\n");
    shows(&r, "fstype=\"xfs\",mountpoint=\"/data\"} 0\n");
    fixture_file(&f, "proc/1/mountinfo", "21 1\n");
    is_malformed(&r);
    is_malformed(&r);
    fixture_file(&f, "proc/1/mountinfo", root);
    shows(&r, "node_filesystem_mount_info{device=\"/dev/sda1\"");
    reader_close(&r);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upgrade_is_seen),
        cmocka_unit_test(every_interface_has_its_neighbours),
        cmocka_unit_test(columns_may_change),
        cmocka_unit_test(mounts_may_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
