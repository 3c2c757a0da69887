/* node_netstat_*: counters of the network protocols. /proc/net/snmp and netstat have pairs of
 * lines, "Tcp: ActiveOpens …" and "Tcp: 12 …"; snmp6 has one counter a line, "Ip6InOctets  12".
 *
 * There are ten times as many names as are served, and they are the same at each reading: which of
 * a line's columns are wanted is found out once, and holds while the line of names stays as it is.
 */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define KEYS 43
#define LENGTH_MAX 32
#define HEADINGS 24
#define NAMES_MAX (16 * KIB)
#define FIELDS "collector.netstat.fields"

struct netstat_sample {
    uint64_t present;
    double v[KEYS];
};

/* In the order of the rows. */
static const struct str keys[KEYS] = {
    STR_INIT("Icmp6_InErrors"),
    STR_INIT("Icmp6_InMsgs"),
    STR_INIT("Icmp6_OutMsgs"),
    STR_INIT("Icmp_InErrors"),
    STR_INIT("Icmp_InMsgs"),
    STR_INIT("Icmp_OutMsgs"),
    STR_INIT("Ip6_InOctets"),
    STR_INIT("Ip6_OutOctets"),
    STR_INIT("IpExt_InOctets"),
    STR_INIT("IpExt_OutOctets"),
    STR_INIT("Ip_Forwarding"),
    STR_INIT("TcpExt_ListenDrops"),
    STR_INIT("TcpExt_ListenOverflows"),
    STR_INIT("TcpExt_SyncookiesFailed"),
    STR_INIT("TcpExt_SyncookiesRecv"),
    STR_INIT("TcpExt_SyncookiesSent"),
    STR_INIT("TcpExt_TCPOFOQueue"),
    STR_INIT("TcpExt_TCPRcvQDrop"),
    STR_INIT("TcpExt_TCPSynRetrans"),
    STR_INIT("TcpExt_TCPTimeouts"),
    STR_INIT("Tcp_ActiveOpens"),
    STR_INIT("Tcp_CurrEstab"),
    STR_INIT("Tcp_InErrs"),
    STR_INIT("Tcp_InSegs"),
    STR_INIT("Tcp_MaxConn"),
    STR_INIT("Tcp_OutRsts"),
    STR_INIT("Tcp_OutSegs"),
    STR_INIT("Tcp_PassiveOpens"),
    STR_INIT("Tcp_RetransSegs"),
    STR_INIT("Udp6_InDatagrams"),
    STR_INIT("Udp6_InErrors"),
    STR_INIT("Udp6_NoPorts"),
    STR_INIT("Udp6_OutDatagrams"),
    STR_INIT("Udp6_RcvbufErrors"),
    STR_INIT("Udp6_SndbufErrors"),
    STR_INIT("UdpLite6_InErrors"),
    STR_INIT("UdpLite_InErrors"),
    STR_INIT("Udp_InDatagrams"),
    STR_INIT("Udp_InErrors"),
    STR_INIT("Udp_NoPorts"),
    STR_INIT("Udp_OutDatagrams"),
    STR_INIT("Udp_RcvbufErrors"),
    STR_INIT("Udp_SndbufErrors"),
};

#define NETSTAT(family, at, from)                                                                  \
    NODE_VALUE(struct netstat_sample, family, UNTYPED, BIT(at), v[at], 1, from,                    \
               "Counter of this name of the kernel's network protocols.")

static const struct metric_family rows[KEYS] = {
    NETSTAT("node_netstat_Icmp6_InErrors", 0, "/proc/net/snmp6 Icmp6 InErrors"),
    NETSTAT("node_netstat_Icmp6_InMsgs", 1, "/proc/net/snmp6 Icmp6 InMsgs"),
    NETSTAT("node_netstat_Icmp6_OutMsgs", 2, "/proc/net/snmp6 Icmp6 OutMsgs"),
    NETSTAT("node_netstat_Icmp_InErrors", 3, "/proc/net/snmp Icmp InErrors"),
    NETSTAT("node_netstat_Icmp_InMsgs", 4, "/proc/net/snmp Icmp InMsgs"),
    NETSTAT("node_netstat_Icmp_OutMsgs", 5, "/proc/net/snmp Icmp OutMsgs"),
    NETSTAT("node_netstat_Ip6_InOctets", 6, "/proc/net/snmp6 Ip6 InOctets"),
    NETSTAT("node_netstat_Ip6_OutOctets", 7, "/proc/net/snmp6 Ip6 OutOctets"),
    NETSTAT("node_netstat_IpExt_InOctets", 8, "/proc/net/netstat IpExt InOctets"),
    NETSTAT("node_netstat_IpExt_OutOctets", 9, "/proc/net/netstat IpExt OutOctets"),
    NETSTAT("node_netstat_Ip_Forwarding", 10, "/proc/net/snmp Ip Forwarding"),
    NETSTAT("node_netstat_TcpExt_ListenDrops", 11, "/proc/net/netstat TcpExt ListenDrops"),
    NETSTAT("node_netstat_TcpExt_ListenOverflows", 12, "/proc/net/netstat TcpExt ListenOverflows"),
    NETSTAT("node_netstat_TcpExt_SyncookiesFailed", 13,
            "/proc/net/netstat TcpExt SyncookiesFailed"),
    NETSTAT("node_netstat_TcpExt_SyncookiesRecv", 14, "/proc/net/netstat TcpExt SyncookiesRecv"),
    NETSTAT("node_netstat_TcpExt_SyncookiesSent", 15, "/proc/net/netstat TcpExt SyncookiesSent"),
    NETSTAT("node_netstat_TcpExt_TCPOFOQueue", 16, "/proc/net/netstat TcpExt TCPOFOQueue"),
    NETSTAT("node_netstat_TcpExt_TCPRcvQDrop", 17, "/proc/net/netstat TcpExt TCPRcvQDrop"),
    NETSTAT("node_netstat_TcpExt_TCPSynRetrans", 18, "/proc/net/netstat TcpExt TCPSynRetrans"),
    NETSTAT("node_netstat_TcpExt_TCPTimeouts", 19, "/proc/net/netstat TcpExt TCPTimeouts"),
    NETSTAT("node_netstat_Tcp_ActiveOpens", 20, "/proc/net/snmp Tcp ActiveOpens"),
    NETSTAT("node_netstat_Tcp_CurrEstab", 21, "/proc/net/snmp Tcp CurrEstab"),
    NETSTAT("node_netstat_Tcp_InErrs", 22, "/proc/net/snmp Tcp InErrs"),
    NETSTAT("node_netstat_Tcp_InSegs", 23, "/proc/net/snmp Tcp InSegs"),
    NETSTAT("node_netstat_Tcp_MaxConn", 24, "/proc/net/snmp Tcp MaxConn"),
    NETSTAT("node_netstat_Tcp_OutRsts", 25, "/proc/net/snmp Tcp OutRsts"),
    NETSTAT("node_netstat_Tcp_OutSegs", 26, "/proc/net/snmp Tcp OutSegs"),
    NETSTAT("node_netstat_Tcp_PassiveOpens", 27, "/proc/net/snmp Tcp PassiveOpens"),
    NETSTAT("node_netstat_Tcp_RetransSegs", 28, "/proc/net/snmp Tcp RetransSegs"),
    NETSTAT("node_netstat_Udp6_InDatagrams", 29, "/proc/net/snmp6 Udp6 InDatagrams"),
    NETSTAT("node_netstat_Udp6_InErrors", 30, "/proc/net/snmp6 Udp6 InErrors"),
    NETSTAT("node_netstat_Udp6_NoPorts", 31, "/proc/net/snmp6 Udp6 NoPorts"),
    NETSTAT("node_netstat_Udp6_OutDatagrams", 32, "/proc/net/snmp6 Udp6 OutDatagrams"),
    NETSTAT("node_netstat_Udp6_RcvbufErrors", 33, "/proc/net/snmp6 Udp6 RcvbufErrors"),
    NETSTAT("node_netstat_Udp6_SndbufErrors", 34, "/proc/net/snmp6 Udp6 SndbufErrors"),
    NETSTAT("node_netstat_UdpLite6_InErrors", 35, "/proc/net/snmp6 UdpLite6 InErrors"),
    NETSTAT("node_netstat_UdpLite_InErrors", 36, "/proc/net/snmp UdpLite InErrors"),
    NETSTAT("node_netstat_Udp_InDatagrams", 37, "/proc/net/snmp Udp InDatagrams"),
    NETSTAT("node_netstat_Udp_InErrors", 38, "/proc/net/snmp Udp InErrors"),
    NETSTAT("node_netstat_Udp_NoPorts", 39, "/proc/net/snmp Udp NoPorts"),
    NETSTAT("node_netstat_Udp_OutDatagrams", 40, "/proc/net/snmp Udp OutDatagrams"),
    NETSTAT("node_netstat_Udp_RcvbufErrors", 41, "/proc/net/snmp Udp RcvbufErrors"),
    NETSTAT("node_netstat_Udp_SndbufErrors", 42, "/proc/net/snmp Udp SndbufErrors"),
};

NODE_SUBJECT(netstat_subject, "node_netstat", struct netstat_sample, rows);

extern const struct collector collector_netstat;

static const struct collector_option options[] = {
    { FIELDS, COLLECTOR_PATTERN,
      "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
      "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
      "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
      "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
      "Which counters, of those in docs/metrics.md, are served." },
    { 0 },
};

enum { NETSTAT_SNMP, NETSTAT_EXT, NETSTAT_SNMP6, NETSTAT_FILES };

#define NO_KEY KEYS

/* A line of names as it was, and the key of each. */
struct heading {
    struct buf names;
    uint8_t *keys; /* NO_KEY: not wanted */
    size_t n;
};

struct netstat {
    struct node_file files[NETSTAT_FILES];
    uint64_t taken;                    /* bit i: keys[i] */
    uint64_t of_length[LENGTH_MAX];    /* bit i of [keys[i].n] */
    struct heading headings[HEADINGS]; /* of snmp, then of netstat, in the order of their lines */
};

static void netstat_stop(void *state)
{
    struct netstat *n = state;
    for (size_t i = 0; i < NETSTAT_FILES; i++) {
        node_file_close(&n->files[i]);
    }
    for (size_t i = 0; i < HEADINGS; i++) {
        buf_done(&n->headings[i].names);
        free(n->headings[i].keys);
    }
    free(n);
}

static int open_files(struct netstat *n, const struct collector_env *env, struct err *err)
{
    static const char *const names[] = { "snmp", "netstat", "snmp6" };
    for (size_t i = 0; i < NETSTAT_FILES; i++) {
        int r = node_file_open_net(&n->files[i], env->procfs, names[i], err);
        if (r < 0 && i != NETSTAT_SNMP6) { /* a kernel without IPv6 has none */
            return r;
        }
    }
    return 0;
}

static int netstat_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct node_filter filter;
    struct netstat *n = calloc(1, sizeof(*n));
    if (!n) {
        return node_no_memory(err, "netstat");
    }
    for (size_t i = 0; i < NETSTAT_FILES; i++) {
        n->files[i].fd = -1;
    }
    int r = open_files(n, env, err);
    if (r >= 0) {
        r = node_filter_init(&filter, env, &collector_netstat, NULL, FIELDS, err);
    }
    if (r < 0) {
        netstat_stop(n);
        return r;
    }
    for (size_t i = 0; i < KEYS; i++) {
        n->taken |= node_filter_takes(&filter, keys[i]) ? BIT(i) : 0;
        n->of_length[keys[i].n] |= BIT(i);
    }
    for (size_t i = 0; i < HEADINGS; i++) {
        buf_init(&n->headings[i].names, NAMES_MAX);
    }
    node_filter_done(&filter);
    *ret_state = n;
    return 0;
}

/* prefix "Tcp", name "ActiveOpens": which key Tcp_ActiveOpens is. The length tells most apart. */
static uint8_t key_of(const struct netstat *n, struct str prefix, struct str name)
{
    size_t length = prefix.n + 1 + name.n;
    uint64_t left = length < LENGTH_MAX ? n->of_length[length] : 0;
    for (; left; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        struct str rest = keys[i];
        if (str_ends(rest, name) && str_eat(&rest, prefix) && rest.p[0] == '_') {
            return (uint8_t)i;
        }
    }
    return NO_KEY;
}

static int set(struct netstat_sample *s, uint8_t key, struct str value)
{
    if (key == NO_KEY) {
        return 0;
    }
    s->present |= BIT(key);
    return num_scan_double(value, &s->v[key]);
}

/* names: "Tcp: RtoAlgorithm RtoMin …". Errors: -EBADMSG · -ENOBUFS · -ENOMEM; nothing is known
 * then. */
static int learn(const struct netstat *n, struct heading *h, struct str names)
{
    size_t words = 0;
    buf_clear(&h->names);
    for (struct str rest = names; str_word(&rest).n;) {
        words++;
    }
    uint8_t *of = realloc(h->keys, words + 1);
    if (!of) {
        return -ENOMEM;
    }
    h->keys = of;
    h->n = 0;
    struct str rest = names, prefix = str_word(&rest);
    if (!str_eat_end(&prefix, STR(":"))) {
        return -EBADMSG;
    }
    for (struct str name = str_word(&rest); name.n; name = str_word(&rest)) {
        of[h->n++] = key_of(n, prefix, name);
    }
    buf_add(&h->names, names);
    return buf_failed(&h->names);
}

/* values: "Tcp: 1 200 …", as many as there are names; more count for nothing. */
static int take(const struct heading *h, struct str values, struct netstat_sample *s)
{
    struct str names = buf_str(&h->names);
    if (!str_eq(str_word(&values), str_word(&names))) {
        return -EBADMSG;
    }
    for (size_t i = 0; i < h->n; i++) {
        struct str value = str_word(&values);
        if (str_empty(value) || set(s, h->keys[i], value) < 0) {
            return -EBADMSG;
        }
    }
    return 0;
}

/* *at: the next heading. What there is no heading left for has no key (nor is there such a kernel).
 */
static int parse_pairs(struct netstat *n, struct str text, size_t *at, struct netstat_sample *s)
{
    while (text.n && *at < HEADINGS) {
        struct str names = str_line(&text), values = str_line(&text);
        struct heading *h = &n->headings[(*at)++];
        int r = str_eq(buf_str(&h->names), names) ? 0 : learn(n, h, names);
        r = r < 0 ? r : take(h, values, s);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* "Icmp6InErrors  2": the protocol ends with the first 6. */
static int parse_lines(const struct netstat *n, struct str text, struct netstat_sample *s)
{
    while (text.n) {
        struct str line = str_line(&text), name = str_word(&line), value = str_word(&line);
        ssize_t six = str_find(name, '6');
        uint8_t key =
            six < 0 ? NO_KEY
                    : key_of(n, str_head(name, (size_t)six + 1), str_from(name, (size_t)six + 1));
        if (set(s, key, value) < 0) {
            return -EBADMSG;
        }
    }
    return 0;
}

static int netstat_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct netstat *n = state;
    struct netstat_sample values = { 0 };
    size_t heading = 0;
    for (size_t i = 0; i < NETSTAT_FILES; i++) {
        struct str text = { 0 };
        if (n->files[i].fd < 0) {
            continue;
        }
        int r = node_file_read(&n->files[i], &text, err);
        if (r < 0) {
            return r;
        }
        r = i == NETSTAT_SNMP6 ? parse_lines(n, text, &values)
                               : parse_pairs(n, text, &heading, &values);
        if (r < 0) {
            return err_set(err, -r, "%s: %s", n->files[i].path,
                           r == -EBADMSG ? "malformed" : "its names cannot be kept");
        }
    }
    struct netstat_sample *s = metric_sink_add(sink, &netstat_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    s->present &= n->taken;
    return 0;
}

static const struct metric_subject *const subjects[] = { &netstat_subject, NULL };

const struct collector collector_netstat = {
    .name = "netstat",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = netstat_start,
    .read = netstat_read,
    .stop = netstat_stop,
};
