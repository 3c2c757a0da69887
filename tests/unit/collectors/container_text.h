/* container_text.h — what the container collector tells of a machine, and questions to it.
 * Uses: container_machine, metrics/scrape, cmocka.  Threads: none.  Owner: each test. */
#ifndef KG_TESTS_CONTAINER_TEXT_H
#define KG_TESTS_CONTAINER_TEXT_H

#include "base/num.h"
#include "metrics/scrape.h"
#include "tests/unit/collectors/container_machine.h"

#include <poll.h>

/* One reading as text. */
static inline void read_text(struct machine *m, struct buf *out)
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
static inline bool has(struct str text, const char *const *parts)
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

/* The number at the end of the line that has all of these parts; -1 without one. */
static inline double value_of(struct str text, const char *const *parts)
{
    while (text.n > 0) {
        struct str line = str_line(&text);
        if (line.n > 0 && line.p[0] != '#' && has(line, parts)) {
            double ret = -1;
            ssize_t at = str_rfind(line, ' ');
            assert_true(at > 0);
            assert_int_equal(num_scan_double(str_from(line, (size_t)at + 1), &ret), 0);
            return ret;
        }
    }
    return -1;
}
#define VALUE(text, ...) value_of(buf_str(&(text)), (const char *const[]){ __VA_ARGS__, NULL })

static inline void two_processes(struct machine *m)
{
    process(m, 100, "pause");
    process(m, 200, "nginx");
}

#define V2_POD "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice"

#define V2_APP V2_POD "/cri-containerd-" APP ".scope"

static inline void wait_for_change(struct machine *m)
{
    struct pollfd p = { .fd = collector_container.watch_fd(m->state), .events = POLLIN };
    assert_int_equal(poll(&p, 1, 2000), 1);
    collector_container.changed(m->state, clock_mono_ns());
}

static inline void self_text(struct machine *m, struct buf *text)
{
    struct err err = { 0 };
    assert_int_equal(metric_sink_begin(m->sink, &err), 0);
    assert_int_equal(collector_container.self(m->state, m->sink, &err), 0);
    struct metric_part *part = metric_sink_take(m->sink, "self", clock_mono_ns(), &err);
    assert_non_null(part);
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    buf_clear(text);
    while (scrape_next(s, text, 4096) > 0) {
    }
    scrape_free(s);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
