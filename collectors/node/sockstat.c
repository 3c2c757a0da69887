/* node_sockstat_*: /proc/net/sockstat and sockstat6, "TCP: inuse 4 orphan 0 tw 1 alloc 9 mem 2". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <unistd.h>

#define KEYS 20

struct sockstat_sample {
    uint64_t present;
    uint64_t v[KEYS];
};

/* In the order of the rows. */
static const struct str keys[KEYS] = {
    STR_INIT("FRAG6_inuse"),   STR_INIT("FRAG6_memory"),  STR_INIT("FRAG_inuse"),
    STR_INIT("FRAG_memory"),   STR_INIT("RAW6_inuse"),    STR_INIT("RAW_inuse"),
    STR_INIT("TCP6_inuse"),    STR_INIT("TCP_alloc"),     STR_INIT("TCP_inuse"),
    STR_INIT("TCP_mem"),       STR_INIT("TCP_mem_bytes"), STR_INIT("TCP_orphan"),
    STR_INIT("TCP_tw"),        STR_INIT("UDP6_inuse"),    STR_INIT("UDPLITE6_inuse"),
    STR_INIT("UDPLITE_inuse"), STR_INIT("UDP_inuse"),     STR_INIT("UDP_mem"),
    STR_INIT("UDP_mem_bytes"), STR_INIT("sockets_used"),
};

/* mem is in pages, mem_bytes follows from it. */
static const struct {
    size_t pages, bytes;
} memory[] = { { 9, 10 }, { 17, 18 } };

static const struct metric_family rows[KEYS] = {
    NODE_VALUE(struct sockstat_sample, "node_sockstat_FRAG6_inuse", GAUGE, BIT(0), v[0], 1,
               "/proc/net/sockstat6 FRAG6 inuse", "FRAG6 sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_FRAG6_memory", GAUGE, BIT(1), v[1], 1,
               "/proc/net/sockstat6 FRAG6 memory", "FRAG6 memory in use, in bytes."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_FRAG_inuse", GAUGE, BIT(2), v[2], 1,
               "/proc/net/sockstat FRAG inuse", "FRAG sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_FRAG_memory", GAUGE, BIT(3), v[3], 1,
               "/proc/net/sockstat FRAG memory", "FRAG memory in use, in bytes."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_RAW6_inuse", GAUGE, BIT(4), v[4], 1,
               "/proc/net/sockstat6 RAW6 inuse", "RAW6 sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_RAW_inuse", GAUGE, BIT(5), v[5], 1,
               "/proc/net/sockstat RAW inuse", "RAW sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_TCP6_inuse", GAUGE, BIT(6), v[6], 1,
               "/proc/net/sockstat6 TCP6 inuse", "TCP6 sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_TCP_alloc", GAUGE, BIT(7), v[7], 1,
               "/proc/net/sockstat TCP alloc", "TCP sockets allocated."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_TCP_inuse", GAUGE, BIT(8), v[8], 1,
               "/proc/net/sockstat TCP inuse", "TCP sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_TCP_mem", GAUGE, BIT(9), v[9], 1,
               "/proc/net/sockstat TCP mem", "TCP memory in use, in pages."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_TCP_mem_bytes", GAUGE, BIT(10), v[10], 1,
               "/proc/net/sockstat TCP mem bytes", "TCP memory in use, in bytes."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_TCP_orphan", GAUGE, BIT(11), v[11], 1,
               "/proc/net/sockstat TCP orphan", "TCP sockets of no process."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_TCP_tw", GAUGE, BIT(12), v[12], 1,
               "/proc/net/sockstat TCP tw", "TCP sockets in state TIME_WAIT."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_UDP6_inuse", GAUGE, BIT(13), v[13], 1,
               "/proc/net/sockstat6 UDP6 inuse", "UDP6 sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_UDPLITE6_inuse", GAUGE, BIT(14), v[14], 1,
               "/proc/net/sockstat6 UDPLITE6 inuse", "UDPLITE6 sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_UDPLITE_inuse", GAUGE, BIT(15), v[15], 1,
               "/proc/net/sockstat UDPLITE inuse", "UDPLITE sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_UDP_inuse", GAUGE, BIT(16), v[16], 1,
               "/proc/net/sockstat UDP inuse", "UDP sockets in use."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_UDP_mem", GAUGE, BIT(17), v[17], 1,
               "/proc/net/sockstat UDP mem", "UDP memory in use, in pages."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_UDP_mem_bytes", GAUGE, BIT(18), v[18], 1,
               "/proc/net/sockstat UDP mem bytes", "UDP memory in use, in bytes."),
    NODE_VALUE(struct sockstat_sample, "node_sockstat_sockets_used", GAUGE, BIT(19), v[19], 1,
               "/proc/net/sockstat sockets used", "Sockets in use."),
};

NODE_SUBJECT(sockstat_subject, "node_sockstat", struct sockstat_sample, rows);

struct sockstat {
    struct node_file files[2];
};

static void sockstat_stop(void *state)
{
    struct sockstat *k = state;
    node_file_close(&k->files[0]);
    node_file_close(&k->files[1]);
    free(k);
}

static int sockstat_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct sockstat *k = calloc(1, sizeof(*k));
    if (!k) {
        return node_no_memory(err, "sockstat");
    }
    k->files[1].fd = -1;
    int r = node_file_open_net(&k->files[0], env->procfs, "sockstat", err);
    if (r < 0) {
        sockstat_stop(k);
        return r;
    }
    /* A kernel without IPv6 has no other. */
    if (node_file_open_net(&k->files[1], env->procfs, "sockstat6", NULL) < 0) {
        k->files[1].fd = -1;
    }
    *ret_state = k;
    return 0;
}

static int set(struct sockstat_sample *s, struct str protocol, struct str name, struct str value)
{
    for (size_t i = 0; i < KEYS; i++) {
        struct str rest = keys[i];
        if (str_eat(&rest, protocol) && str_eat(&rest, STR("_")) && str_eq(rest, name)) {
            s->present |= BIT(i);
            return num_scan_u64(value, &s->v[i]);
        }
    }
    return 0;
}

static int parse(struct str text, struct sockstat_sample *s)
{
    while (text.n) {
        struct str line = str_line(&text), protocol = str_word(&line);
        if (!str_eat_end(&protocol, STR(":"))) {
            return -EBADMSG;
        }
        for (struct str name = str_word(&line); name.n; name = str_word(&line)) {
            if (set(s, protocol, name, str_word(&line)) < 0) {
                return -EBADMSG;
            }
        }
    }
    return 0;
}

static int sockstat_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct sockstat *k = state;
    struct sockstat_sample values = { 0 };
    for (size_t i = 0; i < KG_ARRAY_LEN(k->files); i++) {
        struct str text = { 0 };
        if (k->files[i].fd < 0) {
            continue;
        }
        int r = node_file_read(&k->files[i], &text, err);
        if (r < 0) {
            return r;
        }
        if (parse(text, &values) < 0) {
            return err_set(err, EBADMSG, "%s: malformed", k->files[i].path);
        }
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(memory); i++) {
        if (values.present & BIT(memory[i].pages)) {
            values.v[memory[i].bytes] = values.v[memory[i].pages] * (uint64_t)getpagesize();
            values.present |= BIT(memory[i].bytes);
        }
    }
    struct sockstat_sample *s = metric_sink_add(sink, &sockstat_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static const struct metric_subject *const subjects[] = { &sockstat_subject, NULL };

const struct collector collector_sockstat = {
    .name = "sockstat",
    .on_by_default = true,
    .subjects = subjects,
    .start = sockstat_start,
    .read = sockstat_read,
    .stop = sockstat_stop,
};
