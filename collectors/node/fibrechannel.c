/* node_fibrechannel_*: host bus adapters, /sys/class/fc_host/host0/ and its folder statistics,
 * whose numbers are hexadecimal ("0x1a"); all ones stands for what the adapter does not count. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define COUNTERS 14
#define TEXTS 10

struct fibrechannel_sample {
    uint64_t present; /* bit i: v[i] */
    struct str host;
    uint64_t v[COUNTERS];
    struct str texts[TEXTS];
};

/* In the order of v. */
static const char *const counters[COUNTERS] = {
    "dumped_frames",
    "error_frames",
    "fcp_packet_aborts",
    "invalid_crc_count",
    "invalid_tx_word_count",
    "link_failure_count",
    "loss_of_signal_count",
    "loss_of_sync_count",
    "nos_count",
    "rx_frames",
    "rx_words",
    "seconds_since_last_reset",
    "tx_frames",
    "tx_words",
};

/* In the order of the labels of node_fibrechannel_info. Names and ids are shown without their 0x.
 */
static const struct {
    const char *file;
    bool id;
} texts[TEXTS] = {
    { "dev_loss_tmo", false },  { "fabric_name", true },        { "port_id", true },
    { "port_name", true },      { "port_state", false },        { "port_type", false },
    { "speed", false },         { "supported_classes", false }, { "supported_speeds", false },
    { "symbolic_name", false },
};

static void fibrechannel_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct fibrechannel_sample *)sample)->host);
}

static void put_info(const void *sample, struct metric_writer *out)
{
    metric_put_values(out, 1, ((const struct fibrechannel_sample *)sample)->texts, TEXTS);
}

#define COUNTER(family, at, file, text)                                                            \
    NODE_VALUE(struct fibrechannel_sample, family, COUNTER, BIT(at), v[at], 1,                     \
               "/sys/class/fc_host/*/statistics/" file, text)

static const struct metric_family rows[] = {
    COUNTER("node_fibrechannel_dumped_frames_total", 0, "dumped_frames",
            "Frames that were dropped for want of resources."),
    COUNTER("node_fibrechannel_error_frames_total", 1, "error_frames", "Frames with a fault."),
    COUNTER("node_fibrechannel_fcp_packet_aborts_total", 2, "fcp_packet_aborts",
            "Packets that were given up."),
    NODE_SERIES("node_fibrechannel_info", GAUGE, 0, put_info,
                METRIC_LABELS("dev_loss_tmo", "fabric_name", "port_id", "port_name", "port_state",
                              "port_type", "speed", "supported_classes", "supported_speeds",
                              "symbolic_name"),
                "/sys/class/fc_host/*", "What the adapter is."),
    COUNTER("node_fibrechannel_invalid_crc_total", 3, "invalid_crc_count",
            "Frames with a wrong checksum."),
    COUNTER("node_fibrechannel_invalid_tx_words_total", 4, "invalid_tx_word_count",
            "Words that are none of the code."),
    COUNTER("node_fibrechannel_link_failure_total", 5, "link_failure_count",
            "Times that the link failed."),
    COUNTER("node_fibrechannel_loss_of_signal_total", 6, "loss_of_signal_count",
            "Times that the signal was lost."),
    COUNTER("node_fibrechannel_loss_of_sync_total", 7, "loss_of_sync_count",
            "Times that synchronization was lost."),
    COUNTER("node_fibrechannel_nos_total", 8, "nos_count",
            "Sequences received that say that the link is not operational."),
    COUNTER("node_fibrechannel_rx_frames_total", 9, "rx_frames", "Frames received."),
    COUNTER("node_fibrechannel_rx_words_total", 10, "rx_words", "Words received."),
    COUNTER("node_fibrechannel_seconds_since_last_reset_total", 11, "seconds_since_last_reset",
            "Seconds since the counters were set to 0."),
    COUNTER("node_fibrechannel_tx_frames_total", 12, "tx_frames", "Frames sent."),
    COUNTER("node_fibrechannel_tx_words_total", 13, "tx_words", "Words sent."),
};

NODE_SUBJECT_OF(fibrechannel_subject, "node_fibrechannel", struct fibrechannel_sample, rows,
                fibrechannel_common, METRIC_LABELS("fc_host"));

static int fibrechannel_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "class/fc_host", ret_state, err);
}

static bool read_counter(int fd, const char *file, uint64_t *ret)
{
    char path[64], text[64];
    struct str value = { 0 };
    snprintf(path, sizeof(path), "statistics/%s", file);
    if (node_line_at(fd, path, text, sizeof(text), &value) < 0) {
        return false; /* a driver has not all, and some can only be written */
    }
    int r = str_eat(&value, STR("0x")) ? num_scan_hex(value, ret) : num_scan_u64(value, ret);
    return r >= 0 && *ret != UINT64_MAX;
}

static int add_host(int dirfd, struct str name, struct metric_sink *sink, struct err *err)
{
    auto_close int fd = file_open_dir_at(dirfd, name.p);
    if (fd < 0) {
        return 0; /* gone */
    }
    struct fibrechannel_sample *s = metric_sink_add(sink, &fibrechannel_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->host = name;
    for (size_t i = 0; i < COUNTERS; i++) {
        s->present |= read_counter(fd, counters[i], &s->v[i]) ? BIT(i) : 0;
    }
    for (size_t i = 0; i < TEXTS; i++) {
        if (node_text_at(fd, texts[i].file, metric_sink_arena(sink), &s->texts[i]) == -ENOMEM) {
            return node_no_memory(err, "fibrechannel");
        }
        if (texts[i].id) {
            str_eat(&s->texts[i], STR("0x"));
        }
    }
    return 0;
}

static int fibrechannel_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(node_dir_fd(state), metric_sink_arena(sink), &names, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "class/fc_host");
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = add_host(node_dir_fd(state), names[i], sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &fibrechannel_subject, NULL };

const struct collector collector_fibrechannel = {
    .name = "fibrechannel",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = fibrechannel_start,
    .read = fibrechannel_read,
    .stop = node_dir_stop,
};
