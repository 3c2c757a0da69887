/* node_tcp_connection_states: /proc/net/tcp and tcp6 of the machine's network namespace,
 *  "   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 …": local, remote, state, queues.
 *
 * Netlink's sock_diag tells the same but only of the namespace that the socket is made in, which
 * in a pod is the pod's own; entering another takes CAP_SYS_ADMIN. The files cost somewhat more, as
 * each line is made text and read again (of 16,000 connections 45 to 75 ms, netlink's 27 to 70), so
 * they are read in pieces, aside. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define STATES 12 /* 0: a number that is none of the names' */
#define LISTEN 10
#define PIECE_BYTES (32 * KIB)

struct tcpstat_sample {
    uint64_t present;
    uint64_t states[STATES];
    uint64_t received, unsent; /* bytes in queues of connections */
    uint64_t lines;
};

static void put_states(const void *sample, struct metric_writer *out)
{
    static const struct str names[STATES] = {
        STR_INIT("unknown"),   STR_INIT("established"), STR_INIT("syn_sent"),
        STR_INIT("syn_recv"),  STR_INIT("fin_wait1"),   STR_INIT("fin_wait2"),
        STR_INIT("time_wait"), STR_INIT("close"),       STR_INIT("close_wait"),
        STR_INIT("last_ack"),  STR_INIT("listen"),      STR_INIT("closing"),
    };
    const struct tcpstat_sample *s = sample;
    for (size_t i = 0; i < STATES; i++) {
        if (s->states[i]) {
            metric_put(out, (double)s->states[i], names[i]);
        }
    }
    if (s->lines) {
        metric_put(out, (double)s->received, STR("rx_queued_bytes"));
        metric_put(out, (double)s->unsent, STR("tx_queued_bytes"));
    }
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_tcp_connection_states", GAUGE, 0, put_states, METRIC_LABELS("state"),
                "/proc/net/tcp, /proc/net/tcp6",
                "TCP sockets in each state, without states that none is in; and the bytes in the "
                "queues of connections."),
};

NODE_SUBJECT(tcpstat_subject, "node_tcpstat", struct tcpstat_sample, rows);

struct tcpstat {
    struct node_file v4, v6;
};

static void tcpstat_stop(void *state)
{
    struct tcpstat *t = state;
    node_file_close(&t->v4);
    node_file_close(&t->v6);
    free(t);
}

static int tcpstat_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct tcpstat *t = calloc(1, sizeof(*t));
    if (!t) {
        return node_no_memory(err, "tcpstat");
    }
    t->v6.fd = -1;
    int r = node_file_open_net(&t->v4, env->procfs, "tcp", err);
    if (r < 0) {
        tcpstat_stop(t);
        return r;
    }
    if (node_file_open_net(&t->v6, env->procfs, "tcp6", NULL) < 0) {
        t->v6.fd = -1; /* a kernel without IPv6 */
    }
    *ret_state = t;
    return 0;
}

static int parse_line(struct str line, struct tcpstat_sample *s)
{
    uint64_t state, unsent, received;
    for (int i = 0; i < 3; i++) { /* number, local and remote address */
        str_word(&line);
    }
    struct str number = str_word(&line), queues = str_word(&line);
    if (num_scan_hex(number, &state) < 0 || num_scan_hex(str_cut(&queues, ':'), &unsent) < 0 ||
        num_scan_hex(queues, &received) < 0) {
        return -EBADMSG;
    }
    s->lines++;
    s->states[state < STATES ? state : 0]++;
    if (state != LISTEN) { /* whose queue is of connections */
        s->unsent += unsent;
        s->received += received;
    }
    return 0;
}

/* In pieces, as there may be a million connections. */
static int read_file(const struct node_file *f, struct tcpstat_sample *s, struct err *err)
{
    char piece[PIECE_BYTES];
    size_t kept = 0;
    bool heading = true;
    for (off_t at = 0;;) {
        ssize_t n = file_pread(f->fd, piece + kept, sizeof(piece) - kept, at);
        if (n < 0) {
            return err_set_errno(err, errno, "read %s", f->path);
        }
        at += n;
        struct str text = { piece, kept + (size_t)n };
        while (n ? str_find(text, '\n') >= 0 : text.n > 0) {
            struct str line = str_line(&text);
            if (!heading && parse_line(line, s) < 0) {
                return err_set(err, EBADMSG, "%s: malformed", f->path);
            }
            heading = false;
        }
        if (n == 0 || text.n == sizeof(piece)) {
            return n ? err_set(err, EBADMSG, "%s: a line is too long", f->path) : 0;
        }
        memmove(piece, text.p, text.n);
        kept = text.n;
    }
}

static int tcpstat_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct tcpstat *t = state;
    struct tcpstat_sample *s = metric_sink_add(sink, &tcpstat_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    int r = read_file(&t->v4, s, err);
    return r < 0 || t->v6.fd < 0 ? r : read_file(&t->v6, s, err);
}

static const struct metric_subject *const subjects[] = { &tcpstat_subject, NULL };

const struct collector collector_tcpstat = {
    .name = "tcpstat",
    .subjects = subjects,
    .may_block = true,
    .start = tcpstat_start,
    .read = tcpstat_read,
    .stop = tcpstat_stop,
};
