#include "agent/node/node_read.h"

#include "agent/node/node_aside.h"
#include "base/clock.h"
#include "base/log.h"

#include <poll.h>

struct slot {
    const struct collector *collector;
    void *state;
    struct aside_job *aside; /* it may block: start, read and stop are left to the job */
    bool enabled, running;
    bool submitted; /* in the reading under way */
    struct collector_report report;
    struct complaint complaint;
    struct complaint remark; /* the collector was read, but for something */
};

struct node_reader {
    const struct node_loop_config *config;
    struct metric_sink *sink;
    struct aside *aside;
    struct complaint complaint;
    size_t n;
    struct slot slots[NODE_COLLECTORS_MAX];
    uint64_t readings;                   /* so far */
    size_t watched[NODE_COLLECTORS_MAX]; /* slot of each descriptor handed out */
};

struct node_reader *node_reader_new(const struct node_loop_config *config, struct err *err)
{
    struct node_reader *r = calloc(1, sizeof(*r));
    if (!r) {
        err_set(err, ENOMEM, "node loop: out of memory");
        return NULL;
    }
    r->config = config;
    r->complaint.what = "reading the node failed";
    r->sink = metric_sink_new(config->selection, err);
    r->aside = aside_new();
    if (!r->sink || !r->aside) {
        node_reader_free(r);
        return NULL;
    }
    for (; config->collectors[r->n] && r->n < NODE_COLLECTORS_MAX; r->n++) {
        struct slot *slot = &r->slots[r->n];
        slot->collector = config->collectors[r->n];
        slot->enabled = (config->enabled >> r->n) & 1;
        slot->report.name = slot->collector->name;
        slot->complaint.what = "collector failed";
        slot->remark.what = "collector left something out";
    }
    return r;
}

void node_reader_free(struct node_reader *r)
{
    if (r) {
        metric_sink_free(r->sink);
        aside_free(r->aside);
        free(r);
    }
}

/* Sets state and reason, and logs what changed: an absent source once, a fault as a complaint. */
static void slot_result(struct slot *slot, int result, const struct err *err, uint64_t now_ns)
{
    struct collector_report *report = &slot->report;
    const char *name = slot->collector->name;
    if (result >= 0) {
        complaint_over(&slot->complaint, now_ns, name);
        if (result > 0) {
            complain(&slot->remark, now_ns, name, err);
        } else {
            complaint_over(&slot->remark, now_ns, name);
        }
        report->state = COLLECTOR_OK;
        report->why[0] = 0;
        return;
    }
    if (result == -ENODATA) {
        complaint_over(&slot->complaint, now_ns, name);
        if (report->state != COLLECTOR_ABSENT) {
            LOG_INFO("collector has no source here", "collector", name, "reason", err_text(err));
        }
        report->state = COLLECTOR_ABSENT;
    } else {
        complain(&slot->complaint, now_ns, name, err);
        report->state = COLLECTOR_FAILED;
    }
    if (str_copy(report->why, sizeof(report->why), str_of(err_text(err))) < 0) {
        report->why[0] = 0;
    }
}

static void slot_start(struct node_reader *r, struct slot *slot, uint64_t now_ns)
{
    struct err err = { 0 };
    int result = 0;
    if (slot->collector->may_block) {
        slot->aside =
            aside_job_new(r->aside, slot->collector, &r->config->env, r->config->selection, &err);
        result = slot->aside ? 0 : -ENOMEM;
    } else {
        result = slot->collector->start(&r->config->env, &slot->state, &err);
    }
    if (result < 0) {
        slot_result(slot, result, &err, now_ns);
        return;
    }
    slot->running = true;
    slot->report.state = COLLECTOR_STARTED;
    slot->report.why[0] = 0;
    LOG_DEBUG("collector started", "collector", slot->collector->name);
}

void node_reader_start(struct node_reader *r, uint64_t now_ns)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->slots[i].enabled) {
            slot_start(r, &r->slots[i], now_ns);
        }
    }
}

void node_reader_stop(struct node_reader *r)
{
    for (size_t i = 0; i < r->n; i++) {
        struct slot *slot = &r->slots[i];
        if (slot->aside) {
            aside_job_free(KG_TAKE(slot->aside));
        } else if (slot->running && slot->collector->stop) {
            slot->collector->stop(slot->state);
        }
        slot->running = false;
    }
}

void node_reader_tick(struct node_reader *r, uint64_t now_ns)
{
    for (size_t i = 0; i < r->n; i++) {
        struct slot *slot = &r->slots[i];
        if (slot->enabled && !slot->running) {
            slot_start(r, slot, now_ns);
        } else if (slot->running && slot->collector->tick) {
            slot->collector->tick(slot->state, now_ns);
        }
    }
}

void node_reader_sample(struct node_reader *r, uint64_t missed)
{
    for (size_t i = 0; i < r->n; i++) {
        struct slot *slot = &r->slots[i];
        if (slot->running && slot->collector->sample) {
            slot->collector->sample(slot->state, missed);
        }
    }
}

size_t node_reader_watch(struct node_reader *r, struct pollfd *fds, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n && n < max; i++) {
        struct slot *slot = &r->slots[i];
        int fd = slot->running && slot->collector->watch_fd ? slot->collector->watch_fd(slot->state)
                                                            : -1;
        if (fd >= 0) {
            r->watched[n] = i;
            fds[n++] = (struct pollfd){ fd, POLLIN, 0 };
        }
    }
    return n;
}

void node_reader_changed(struct node_reader *r, const struct pollfd *fds, size_t n, uint64_t now_ns)
{
    for (size_t i = 0; i < n; i++) {
        struct slot *slot = &r->slots[r->watched[i]];
        if (fds[i].revents && slot->running && slot->collector->changed) {
            slot->collector->changed(slot->state, now_ns);
        }
    }
}

static void reading_free(struct snapshot *s)
{
    struct node_reading *reading = KG_CONTAINER_OF(s, struct node_reading, snapshot);
    for (size_t i = 0; i < NODE_PARTS; i++) {
        if (reading->parts[i]) {
            snapshot_unref(&reading->parts[i]->snapshot);
        }
    }
    for (size_t i = 0; i < reading->n_aside; i++) {
        snapshot_unref(&reading->aside[i]->snapshot);
    }
    free(reading);
}

static struct node_reading *reading_new(size_t n_reports)
{
    size_t reports = n_reports * sizeof(struct collector_report);
    struct node_reading *reading = calloc(1, sizeof(*reading) + reports);
    if (reading) {
        snapshot_init(&reading->snapshot, reading_free);
        reading->n_reports = n_reports;
    }
    return reading;
}

static void read_slot(struct node_reader *r, struct slot *slot)
{
    struct err err = { 0 };
    uint64_t began = clock_mono_ns();
    int result = slot->collector->read(slot->state, r->sink, &err);
    slot->report.read_ns = clock_mono_ns();
    slot->report.duration_ns = slot->report.read_ns - began;
    slot->report.read_once = true;
    slot_result(slot, result, &err, slot->report.read_ns);
}

/* Those that may block begin first, and run while the others are read here. */
static void submit_aside(struct node_reader *r, uint64_t mask)
{
    bool any = false;
    for (size_t i = 0; i < r->n; i++) {
        struct slot *slot = &r->slots[i];
        slot->submitted = false;
        if (!(mask >> i & 1) || !slot->aside) {
            continue;
        }
        slot->submitted = aside_submit(slot->aside) == 0;
        if (!slot->submitted) {
            struct err err = { 0 };
            int result = err_set(&err, EBUSY, "%s: still waiting for an earlier reading",
                                 slot->collector->name);
            slot->report.duration_ns = 0;
            slot_result(slot, result, &err, clock_mono_ns());
        }
        any |= slot->submitted;
    }
    if (any) {
        aside_go(r->aside);
    }
}

static void collect_aside(struct node_reader *r, struct node_reading *reading)
{
    uint64_t deadline = r->config->deadline_ns ? r->config->deadline_ns : NODE_DEADLINE_NS;
    aside_wait(r->aside, reading->began_ns + deadline);
    for (size_t i = 0; i < r->n; i++) {
        struct slot *slot = &r->slots[i];
        if (!slot->submitted) {
            continue;
        }
        struct aside_result result;
        aside_take(slot->aside, reading->began_ns, &result);
        slot->report.read_ns = clock_mono_ns();
        slot->report.duration_ns = result.r == -ETIMEDOUT && !result.duration_ns
                                       ? slot->report.read_ns - reading->began_ns
                                       : result.duration_ns;
        slot->report.read_once = true;
        slot_result(slot, result.r, &result.err, slot->report.read_ns);
        if (result.part) {
            reading->aside_of[reading->n_aside] = i;
            reading->aside[reading->n_aside++] = result.part;
        }
    }
}

static int take_parts(struct node_reader *r, struct node_reading *reading, struct err *err)
{
    for (size_t i = 0; i < NODE_PARTS; i++) {
        const char *name = node_part_name((enum node_part)i);
        reading->parts[i] = metric_sink_take(r->sink, name, reading->began_ns, err);
        if (!reading->parts[i]) {
            return err->code ? -err->code : -ENOMEM;
        }
    }
    return 0;
}

static int add_self(struct node_reader *r, struct err *err)
{
    int result = 0;
    for (size_t i = 0; i < r->n && result == 0; i++) {
        const struct slot *slot = &r->slots[i];
        if (slot->running && slot->collector->self) {
            result = slot->collector->self(slot->state, r->sink, err);
        }
    }
    return result;
}

struct node_reading *node_reader_read(struct node_reader *r, uint64_t mask, uint64_t ticket)
{
    struct err err = { 0 };
    struct node_reading *reading = reading_new(r->n);
    if (!reading) {
        return NULL;
    }
    reading->ticket = ticket;
    reading->mask = mask;
    reading->number = ++r->readings;
    reading->began_ns = clock_mono_ns();
    reading->failed = metric_sink_begin(r->sink, &err);
    submit_aside(r, mask);
    for (size_t i = 0; i < r->n && reading->failed == 0; i++) {
        if ((mask >> i & 1) && r->slots[i].running && !r->slots[i].aside) {
            read_slot(r, &r->slots[i]);
        }
    }
    reading->failed = reading->failed ? reading->failed : add_self(r, &err);
    collect_aside(r, reading);
    if (reading->failed == 0) {
        reading->failed = take_parts(r, reading, &err);
    }
    if (reading->failed < 0) {
        complain(&r->complaint, clock_mono_ns(), NULL, &err);
    } else {
        complaint_over(&r->complaint, clock_mono_ns(), NULL);
    }
    reading->duration_ns = clock_mono_ns() - reading->began_ns;
    for (size_t i = 0; i < r->n; i++) {
        reading->reports[i] = r->slots[i].report;
    }
    return reading;
}

struct node_reading *node_reading_again(const struct node_reading *last, uint64_t ticket)
{
    struct node_reading *reading = reading_new(last->n_reports);
    if (!reading) {
        return NULL;
    }
    reading->ticket = ticket;
    reading->mask = last->mask;
    reading->number = last->number;
    reading->began_ns = last->began_ns;
    reading->duration_ns = last->duration_ns;
    memcpy(reading->reports, last->reports, last->n_reports * sizeof(last->reports[0]));
    for (size_t i = 0; i < NODE_PARTS; i++) {
        reading->parts[i] = last->parts[i];
        if (last->parts[i]) {
            snapshot_ref(&last->parts[i]->snapshot);
        }
    }
    for (size_t i = 0; i < last->n_aside; i++) {
        snapshot_ref(&last->aside[i]->snapshot);
        reading->aside_of[reading->n_aside] = last->aside_of[i];
        reading->aside[reading->n_aside++] = last->aside[i];
    }
    return reading;
}
