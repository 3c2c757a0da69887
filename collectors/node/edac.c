/* node_edac_*: errors of memory, /sys/devices/system/edac/mc/mc0/{ce,ue}_count and csrow0/…,
 * csrow0/ch0_ce_count with its name in ch0_dimm_label. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

struct edac_sample {
    uint64_t present;
    struct str channel, controller, csrow, dimm;
    uint64_t corrected, uncorrected;
};

#define COMMON(level, ...)                                                                         \
    static void level##_common(const void *sample, struct metric_writer *out)                      \
    {                                                                                              \
        const struct edac_sample *s = sample;                                                      \
        const struct str values[] = { __VA_ARGS__ };                                               \
        for (size_t i = 0; i < KG_ARRAY_LEN(values); i++) {                                        \
            metric_common(out, values[i]);                                                         \
        }                                                                                          \
    }
COMMON(channel, s->channel, s->controller, s->csrow, s->dimm)
COMMON(controller, s->controller)
COMMON(csrow, s->controller, s->csrow)

#define CORRECTED BIT(0)
#define UNCORRECTED BIT(1)

static const struct metric_family channel_rows[] = {
    NODE_VALUE(struct edac_sample, "node_edac_channel_correctable_errors_total", COUNTER, CORRECTED,
               corrected, 1, "/sys/devices/system/edac/mc/mc*/csrow*/ch*_ce_count",
               "Memory errors of the channel that were corrected."),
    NODE_VALUE(struct edac_sample, "node_edac_channel_uncorrectable_errors_total", COUNTER,
               UNCORRECTED, uncorrected, 1, "/sys/devices/system/edac/mc/mc*/csrow*/ch*_ue_count",
               "Memory errors of the channel that could not be corrected."),
};
static const struct metric_family controller_rows[] = {
    NODE_VALUE(struct edac_sample, "node_edac_correctable_errors_total", COUNTER, CORRECTED,
               corrected, 1, "/sys/devices/system/edac/mc/mc*/ce_count",
               "Memory errors of the controller that were corrected."),
    NODE_VALUE(struct edac_sample, "node_edac_uncorrectable_errors_total", COUNTER, UNCORRECTED,
               uncorrected, 1, "/sys/devices/system/edac/mc/mc*/ue_count",
               "Memory errors of the controller that could not be corrected."),
};
static const struct metric_family csrow_rows[] = {
    NODE_VALUE(struct edac_sample, "node_edac_csrow_correctable_errors_total", COUNTER, CORRECTED,
               corrected, 1, "/sys/devices/system/edac/mc/mc*/ce_noinfo_count, csrow*/ce_count",
               "Memory errors of the chip-select row that were corrected."),
    NODE_VALUE(struct edac_sample, "node_edac_csrow_uncorrectable_errors_total", COUNTER,
               UNCORRECTED, uncorrected, 1,
               "/sys/devices/system/edac/mc/mc*/ue_noinfo_count, csrow*/ue_count",
               "Memory errors of the chip-select row that could not be corrected."),
};

NODE_SUBJECT_OF(channel_subject, "node_edac_channel", struct edac_sample, channel_rows,
                channel_common, METRIC_LABELS("channel", "controller", "csrow", "dimm_label"));
NODE_SUBJECT_OF(controller_subject, "node_edac", struct edac_sample, controller_rows,
                controller_common, METRIC_LABELS("controller"));
NODE_SUBJECT_OF(csrow_subject, "node_edac_csrow", struct edac_sample, csrow_rows, csrow_common,
                METRIC_LABELS("controller", "csrow"));

static int edac_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "devices/system/edac/mc", ret_state, err);
}

/* Adds a sample with the two counts, named PREFIXce_count and PREFIXue_count. */
static int add_counts(int fd, const char *prefix, const struct edac_sample *from,
                      const struct metric_subject *subject, struct metric_sink *sink,
                      struct err *err)
{
    char ce[64], ue[64];
    struct edac_sample values = *from;
    snprintf(ce, sizeof(ce), "%sce_count", prefix);
    snprintf(ue, sizeof(ue), "%sue_count", prefix);
    values.present = (node_u64_at(fd, ce, &values.corrected) >= 0 ? CORRECTED : 0) |
                     (node_u64_at(fd, ue, &values.uncorrected) >= 0 ? UNCORRECTED : 0);
    struct edac_sample *s = values.present ? metric_sink_add(sink, subject, NULL, 0, err) : NULL;
    if (s) {
        *s = values;
    }
    return s || !values.present ? 0 : -ENOMEM;
}

/* The peer's way to write a module's label: "mc#0csrow#0channel#0" -> "mc0_csrow0_channel0". */
static int read_label(int fd, const char *file, struct arena *mem, struct str *ret)
{
    auto_buf struct buf out = BUF_INIT(LIMIT_NODE_FILE_BYTES);
    struct str text = { 0 };
    int r = node_text_at(fd, file, mem, &text);
    if (r < 0) {
        *ret = STR("unknown");
        return r == -ENOMEM ? r : 0;
    }
    for (; text.n; text = str_from(text, 1)) {
        if (str_starts(text, STR("csrow")) || str_starts(text, STR("channel"))) {
            buf_add_char(&out, '_');
        }
        if (text.p[0] != '#') {
            buf_add_char(&out, text.p[0]);
        }
    }
    return buf_failed(&out) ? buf_failed(&out) : arena_str(mem, buf_str(&out), ret);
}

/* "ch0_ce_count" is a channel's file; its number is between. */
static int add_channels(int fd, struct edac_sample *row, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(fd, mem, &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        struct str channel = names[i];
        uint64_t number;
        if (!str_eat(&channel, STR("ch")) || !str_eat_end(&channel, STR("_ce_count")) ||
            num_scan_u64(channel, &number) < 0) {
            continue;
        }
        char prefix[48], label[64];
        snprintf(prefix, sizeof(prefix), "ch" STR_FMT "_", STR_ARG(str_head(channel, 20)));
        snprintf(label, sizeof(label), "%sdimm_label", prefix);
        struct edac_sample values = *row;
        values.channel = channel;
        r = read_label(fd, label, mem, &values.dimm);
        r = r < 0 ? r : add_counts(fd, prefix, &values, &channel_subject, sink, err);
    }
    return r;
}

static int add_controller(int fd, struct str number, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    struct edac_sample values = { .controller = number, .csrow = STR("unknown") };
    int r = add_counts(fd, "", &values, &controller_subject, sink, err);
    /* What the controller could not tell the row of. */
    uint64_t unused;
    if (r >= 0 && node_u64_at(fd, "ce_noinfo_count", &unused) >= 0) {
        struct edac_sample *s = metric_sink_add(sink, &csrow_subject, NULL, 0, err);
        if (!s) {
            return -ENOMEM;
        }
        *s = values;
        s->corrected = unused;
        s->present = CORRECTED |
                     (node_u64_at(fd, "ue_noinfo_count", &s->uncorrected) >= 0 ? UNCORRECTED : 0);
    }
    r = r < 0 ? r : node_dir_names(fd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        values.csrow = names[i];
        if (!str_eat(&values.csrow, STR("csrow"))) {
            continue;
        }
        auto_close int row = file_open_dir_at(fd, names[i].p);
        if (row >= 0) {
            r = add_counts(row, "", &values, &csrow_subject, sink, err);
            r = r < 0 ? r : add_channels(row, &values, sink, err);
        }
    }
    return r;
}

static int edac_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(dirfd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        struct str number = names[i];
        uint64_t v;
        auto_close int fd = file_open_dir_at(dirfd, names[i].p);
        if (fd >= 0 && str_eat(&number, STR("mc")) && num_scan_u64(number, &v) >= 0) {
            r = add_controller(fd, number, sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "edac") : 0;
}

static const struct metric_subject *const subjects[] = { &channel_subject, &controller_subject,
                                                         &csrow_subject, NULL };

const struct collector collector_edac = {
    .name = "edac",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = edac_start,
    .read = edac_read,
    .stop = node_dir_stop,
};
