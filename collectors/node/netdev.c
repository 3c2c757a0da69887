/* node_network_*_total: /proc/net/dev of the machine's network namespace, "  eth0: 1 2 …" with 16
 * counters; the one that is not there is in sysfs. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define EXCLUDE "collector.netdev.device-exclude"
#define INCLUDE "collector.netdev.device-include"
#define COUNTERS 16
#define NOHANDLER COUNTERS
#define HEADING_LINES 2

struct netdev_sample {
    uint64_t present;
    struct str device;
    uint64_t v[COUNTERS + 1];
};

static void netdev_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct netdev_sample *)sample)->device);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct netdev_sample, "node_network_receive_bytes_total", COUNTER, 0, v[0], 1,
               "/proc/net/dev column 1", "Bytes received."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_compressed_total", COUNTER, 0, v[6], 1,
               "/proc/net/dev column 7", "Compressed packets received."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_drop_total", COUNTER, 0, v[3], 1,
               "/proc/net/dev column 4", "Received packets that were dropped."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_errs_total", COUNTER, 0, v[2], 1,
               "/proc/net/dev column 3", "Packets received with a fault."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_fifo_total", COUNTER, 0, v[4], 1,
               "/proc/net/dev column 5", "Overruns of the receive buffer."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_frame_total", COUNTER, 0, v[5], 1,
               "/proc/net/dev column 6",
               "Frames received with a wrong length, alignment or checksum."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_multicast_total", COUNTER, 0, v[7], 1,
               "/proc/net/dev column 8", "Multicast packets received."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_nohandler_total", COUNTER, BIT(0),
               v[NOHANDLER], 1, "/sys/class/net/*/statistics/rx_nohandler",
               "Packets that came to an interface that is not to receive."),
    NODE_VALUE(struct netdev_sample, "node_network_receive_packets_total", COUNTER, 0, v[1], 1,
               "/proc/net/dev column 2", "Packets received."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_bytes_total", COUNTER, 0, v[8], 1,
               "/proc/net/dev column 9", "Bytes sent."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_carrier_total", COUNTER, 0, v[14], 1,
               "/proc/net/dev column 15", "Losses of the carrier and the like when sending."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_colls_total", COUNTER, 0, v[13], 1,
               "/proc/net/dev column 14", "Collisions."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_compressed_total", COUNTER, 0, v[15], 1,
               "/proc/net/dev column 16", "Compressed packets sent."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_drop_total", COUNTER, 0, v[11], 1,
               "/proc/net/dev column 12", "Packets dropped before they were sent."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_errs_total", COUNTER, 0, v[10], 1,
               "/proc/net/dev column 11", "Packets that could not be sent."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_fifo_total", COUNTER, 0, v[12], 1,
               "/proc/net/dev column 13", "Underruns of the send buffer."),
    NODE_VALUE(struct netdev_sample, "node_network_transmit_packets_total", COUNTER, 0, v[9], 1,
               "/proc/net/dev column 10", "Packets sent."),
};

NODE_SUBJECT_OF(netdev_subject, "node_netdev", struct netdev_sample, rows, netdev_common,
                METRIC_LABELS("device"));

extern const struct collector collector_netdev;

static const struct collector_option options[] = {
    { EXCLUDE, COLLECTOR_PATTERN, "", "Interfaces that are left out." },
    { INCLUDE, COLLECTOR_PATTERN, "", "The only interfaces that are taken." },
    { 0 },
};

struct netdev {
    struct node_file file;
    struct node_filter filter;
    int class_net; /* -1: none */
};

static void netdev_stop(void *state)
{
    struct netdev *n = state;
    node_file_close(&n->file);
    node_filter_done(&n->filter);
    kg_close_cleanup(&n->class_net);
    free(n);
}

static int netdev_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct netdev *n = calloc(1, sizeof(*n));
    if (!n) {
        return node_no_memory(err, "netdev");
    }
    n->class_net = node_dir_open(env->sysfs, "class/net", NULL);
    int r = node_file_open_net(&n->file, env->procfs, "dev", err);
    if (r >= 0) {
        r = node_filter_init(&n->filter, env, &collector_netdev, EXCLUDE, INCLUDE, err);
    }
    if (r < 0) {
        netdev_stop(n);
        return r;
    }
    *ret_state = n;
    return 0;
}

static int add_interface(const struct netdev *n, struct str device, struct str line,
                         struct metric_sink *sink, struct err *err)
{
    char path[128];
    struct netdev_sample values = { 0 };
    for (size_t i = 0; i < COUNTERS; i++) {
        if (num_scan_u64(str_word(&line), &values.v[i]) < 0) {
            return err_set(err, EBADMSG, "net/dev: " STR_FMT ": column %zu is no number",
                           STR_ARG(str_head(device, 40)), i + 1);
        }
    }
    int length = snprintf(path, sizeof(path), STR_FMT "/statistics/rx_nohandler", STR_ARG(device));
    if (n->class_net >= 0 && length > 0 && (size_t)length < sizeof(path) &&
        node_u64_at(n->class_net, path, &values.v[NOHANDLER]) >= 0) {
        values.present |= BIT(0);
    }
    struct netdev_sample *s = metric_sink_add(sink, &netdev_subject, NULL, 0, err);
    if (!s || arena_str(metric_sink_arena(sink), device, &values.device) < 0) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int netdev_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct netdev *n = state;
    struct str text = { 0 };
    int r = node_file_read(&n->file, &text, err);
    if (r < 0) {
        return r;
    }
    for (int i = 0; i < HEADING_LINES; i++) {
        str_line(&text);
    }
    for (size_t lines = 0; r >= 0 && text.n && lines < LIMIT_NET_INTERFACES; lines++) {
        struct str line = str_line(&text);
        ssize_t colon = str_rfind(line, ':'); /* an alias has one in its name */
        struct str device = str_trim(str_head(line, colon < 0 ? 0 : (size_t)colon));
        if (str_empty(device)) {
            r = err_set(err, EBADMSG, "net/dev: a line without an interface");
        } else if (node_filter_takes(&n->filter, device)) {
            r = add_interface(n, device, str_from(line, (size_t)colon + 1), sink, err);
        }
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &netdev_subject, NULL };

const struct collector collector_netdev = {
    .name = "netdev",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = netdev_start,
    .read = netdev_read,
    .stop = netdev_stop,
};
