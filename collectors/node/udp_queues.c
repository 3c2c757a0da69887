/* node_udp_queues: /proc/net/udp and udp6. "  0: 0100007F:0035 00000000:0000 07 00000000:00000000
 * …": the fifth word is what waits to be sent and to be read, in hexadecimal bytes. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct queues_sample {
    uint64_t present; /* bit i: ip[i] */
    struct {
        uint64_t tx, rx;
    } ip[2];
};

static void put_queues(const void *sample, struct metric_writer *out)
{
    static const struct str names[] = { STR_INIT("v4"), STR_INIT("v6") };
    const struct queues_sample *s = sample;
    for (size_t i = 0; i < KG_ARRAY_LEN(names); i++) {
        if (s->present & BIT(i)) {
            metric_put(out, (double)s->ip[i].tx, names[i], STR("tx"));
            metric_put(out, (double)s->ip[i].rx, names[i], STR("rx"));
        }
    }
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_udp_queues", GAUGE, 0, put_queues, METRIC_LABELS("ip", "queue"),
                "/proc/net/udp, udp6 tx_queue:rx_queue",
                "Bytes that wait in all UDP sockets to be sent (tx) and to be read (rx)."),
};

NODE_SUBJECT(queues_subject, "node_udp_queues", struct queues_sample, rows);

struct queues {
    struct node_file files[2];
};

static void queues_stop(void *state)
{
    struct queues *q = state;
    node_file_close(&q->files[0]);
    node_file_close(&q->files[1]);
    free(q);
}

static int queues_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct queues *q = calloc(1, sizeof(*q));
    if (!q) {
        return node_no_memory(err, "udp_queues");
    }
    int v4 = node_file_open_net(&q->files[0], env->procfs, "udp", err);
    int v6 = node_file_open_net(&q->files[1], env->procfs, "udp6", err);
    if (v4 < 0 && v6 < 0) {
        queues_stop(q);
        return v4;
    }
    *ret_state = q;
    return 0;
}

static int parse(struct str text, uint64_t *ret_tx, uint64_t *ret_rx)
{
    uint64_t tx, rx, sum_tx = 0, sum_rx = 0;
    str_line(&text); /* the heading */
    while (text.n) {
        struct str line = str_line(&text);
        for (int i = 0; i < 4; i++) {
            str_word(&line);
        }
        struct str receive = str_word(&line), send = str_cut(&receive, ':');
        if (num_scan_hex(send, &tx) < 0 || num_scan_hex(receive, &rx) < 0) {
            return -EBADMSG;
        }
        sum_tx += tx;
        sum_rx += rx;
    }
    *ret_tx = sum_tx;
    *ret_rx = sum_rx;
    return 0;
}

static int queues_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct queues *q = state;
    struct queues_sample values = { 0 };
    for (size_t i = 0; i < KG_ARRAY_LEN(q->files); i++) {
        struct str text = { 0 };
        if (q->files[i].fd < 0) {
            continue;
        }
        int r = node_file_read(&q->files[i], &text, err);
        if (r < 0) {
            return r;
        }
        if (parse(text, &values.ip[i].tx, &values.ip[i].rx) < 0) {
            return err_set(err, EBADMSG, "%s: malformed", q->files[i].path);
        }
        values.present |= BIT(i);
    }
    struct queues_sample *s = metric_sink_add(sink, &queues_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static const struct metric_subject *const subjects[] = { &queues_subject, NULL };

const struct collector collector_udp_queues = {
    .name = "udp_queues",
    .on_by_default = true,
    .subjects = subjects,
    .start = queues_start,
    .read = queues_read,
    .stop = queues_stop,
};
