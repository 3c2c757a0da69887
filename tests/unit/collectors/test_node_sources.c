/* test_node_sources.c — sources of the node_* collectors that change while they are read, and large
 * ones; the golden files have the rest. */
#include "base/limits.h"
#include "collectors/collector.h"
#include "metrics/scrape.h"
#include "tests/support/test.h"
#include "tests/unit/collectors/fixture.h"

extern const struct collector collector_arp, collector_os;

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upgrade_is_seen),
        cmocka_unit_test(every_interface_has_its_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
