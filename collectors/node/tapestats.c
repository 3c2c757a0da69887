/* node_tape_*: tape drives, /sys/class/scsi_tape/st0/stats; st0a, nst0 … are the same drive. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define IGNORED "collector.tapestats.ignored-devices"
#define COUNTERS 10

struct tape_sample {
    uint64_t present; /* bit i: v[i] */
    struct str device;
    uint64_t v[COUNTERS];
};

/* In the order of v. */
static const char *const files[COUNTERS] = {
    "in_flight", "other_cnt", "io_ns",    "read_byte_cnt", "read_ns",
    "read_cnt",  "resid_cnt", "write_ns", "write_cnt",     "write_byte_cnt",
};

static void tape_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct tape_sample *)sample)->device);
}

#define TAPE(family, kind, at, scale, file, text)                                                  \
    NODE_VALUE(struct tape_sample, family, kind, BIT(at), v[at], scale,                            \
               "/sys/class/scsi_tape/*/stats/" file, text)

static const struct metric_family rows[] = {
    TAPE("node_tape_io_now", GAUGE, 0, 1, "in_flight", "Requests under way."),
    TAPE("node_tape_io_others_total", COUNTER, 1, 1, "other_cnt",
         "Requests that neither read nor write."),
    TAPE("node_tape_io_time_seconds_total", COUNTER, 2, 1e-9, "io_ns",
         "Time that was waited for requests of all kinds."),
    TAPE("node_tape_read_bytes_total", COUNTER, 3, 1, "read_byte_cnt", "Bytes read."),
    TAPE("node_tape_read_time_seconds_total", COUNTER, 4, 1e-9, "read_ns",
         "Time that was waited for reads."),
    TAPE("node_tape_reads_completed_total", COUNTER, 5, 1, "read_cnt", "Reads."),
    TAPE("node_tape_residual_total", COUNTER, 6, 1, "resid_cnt",
         "Requests that moved fewer bytes than they were to."),
    TAPE("node_tape_write_time_seconds_total", COUNTER, 7, 1e-9, "write_ns",
         "Time that was waited for writes."),
    TAPE("node_tape_writes_completed_total", COUNTER, 8, 1, "write_cnt", "Writes."),
    TAPE("node_tape_written_bytes_total", COUNTER, 9, 1, "write_byte_cnt", "Bytes written."),
};

NODE_SUBJECT_OF(tape_subject, "node_tape", struct tape_sample, rows, tape_common,
                METRIC_LABELS("device"));

extern const struct collector collector_tapestats;

static const struct collector_option options[] = {
    { IGNORED, COLLECTOR_PATTERN, "^$", "Tape drives that are left out." },
    { 0 },
};

struct tapestats {
    int dirfd;
    struct node_filter filter;
};

static void tapestats_stop(void *state)
{
    struct tapestats *t = state;
    kg_close_cleanup(&t->dirfd);
    node_filter_done(&t->filter);
    free(t);
}

static int tapestats_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct tapestats *t = calloc(1, sizeof(*t));
    if (!t) {
        return node_no_memory(err, "tapestats");
    }
    t->dirfd = node_dir_open(env->sysfs, "class/scsi_tape", err);
    int r = t->dirfd;
    if (r >= 0) {
        r = node_filter_init(&t->filter, env, &collector_tapestats, IGNORED, NULL, err);
    }
    if (r < 0) {
        tapestats_stop(t);
        return r;
    }
    *ret_state = t;
    return 0;
}

static bool is_drive(struct str name)
{
    uint64_t number;
    return str_eat(&name, STR("st")) && num_scan_u64(name, &number) == 0;
}

static int add_drive(int dirfd, struct str name, struct metric_sink *sink, struct err *err)
{
    struct tape_sample *s = metric_sink_add(sink, &tape_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->device = name;
    for (size_t i = 0; i < COUNTERS; i++) {
        char path[320];
        snprintf(path, sizeof(path), "%s/stats/%s", name.p, files[i]);
        s->present |= node_u64_at(dirfd, path, &s->v[i]) >= 0 ? BIT(i) : 0;
    }
    return 0;
}

static int tapestats_read(void *state, struct metric_sink *sink, struct err *err)
{
    const struct tapestats *t = state;
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(t->dirfd, metric_sink_arena(sink), &names, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "class/scsi_tape");
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        if (is_drive(names[i]) && node_filter_takes(&t->filter, names[i])) {
            r = add_drive(t->dirfd, names[i], sink, err);
        }
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &tape_subject, NULL };

const struct collector collector_tapestats = {
    .name = "tapestats",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = tapestats_start,
    .read = tapestats_read,
    .stop = tapestats_stop,
};
