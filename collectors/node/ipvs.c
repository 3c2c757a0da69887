/* node_ipvs_*: /proc/net/ip_vs_stats, numbers in hexadecimal on its third line, and ip_vs:
 *   TCP  C0A80016:0CEA wlc            a service, its address and port in hexadecimal
 *     -> C0A85216:0CEA Tunnel 100 248 2     a backend: weight, active, inactive connections
 *   TCP  [2620:0000:…:0002]:0050 sh   the same with an IPv6 address
 *   FWM  10001000 wlc                 a service by firewall mark
 * Backends of which the labels that are asked for are the same are summed. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <arpa/inet.h>

#define LABELS_OPTION "collector.ipvs.backend-labels"
#define ALL_LABELS "local_address,local_port,remote_address,remote_port,proto,local_mark"

enum { CONNECTIONS, PACKETS_IN, PACKETS_OUT, BYTES_IN, BYTES_OUT, TOTALS };

struct total_sample {
    uint64_t present;
    uint64_t v[TOTALS];
};

static const struct metric_family total_rows[] = {
    NODE_VALUE(struct total_sample, "node_ipvs_connections_total", COUNTER, 0, v[CONNECTIONS], 1,
               "/proc/net/ip_vs_stats", "Connections made."),
    NODE_VALUE(struct total_sample, "node_ipvs_incoming_bytes_total", COUNTER, 0, v[BYTES_IN], 1,
               "/proc/net/ip_vs_stats", "Bytes that came for services."),
    NODE_VALUE(struct total_sample, "node_ipvs_incoming_packets_total", COUNTER, 0, v[PACKETS_IN],
               1, "/proc/net/ip_vs_stats", "Packets that came for services."),
    NODE_VALUE(struct total_sample, "node_ipvs_outgoing_bytes_total", COUNTER, 0, v[BYTES_OUT], 1,
               "/proc/net/ip_vs_stats", "Bytes that services sent."),
    NODE_VALUE(struct total_sample, "node_ipvs_outgoing_packets_total", COUNTER, 0, v[PACKETS_OUT],
               1, "/proc/net/ip_vs_stats", "Packets that services sent."),
};

NODE_SUBJECT(total_subject, "node_ipvs", struct total_sample, total_rows);

/* In the order of the labels. */
enum { LOCAL_ADDRESS, LOCAL_MARK, LOCAL_PORT, PROTO, REMOTE_ADDRESS, REMOTE_PORT, LABELS };

static const struct str label_names[LABELS] = {
    STR_INIT("local_address"), STR_INIT("local_mark"),     STR_INIT("local_port"),
    STR_INIT("proto"),         STR_INIT("remote_address"), STR_INIT("remote_port"),
};

struct backend_sample {
    uint64_t present;
    struct str label[LABELS];
    uint64_t weight, active, inactive;
};

static void backend_common(const void *sample, struct metric_writer *out)
{
    for (size_t i = 0; i < LABELS; i++) {
        metric_common(out, ((const struct backend_sample *)sample)->label[i]);
    }
}

static const struct metric_family backend_rows[] = {
    NODE_VALUE(struct backend_sample, "node_ipvs_backend_connections_active", GAUGE, 0, active, 1,
               "/proc/net/ip_vs", "Active connections to the backend."),
    NODE_VALUE(struct backend_sample, "node_ipvs_backend_connections_inactive", GAUGE, 0, inactive,
               1, "/proc/net/ip_vs", "Inactive connections to the backend."),
    NODE_VALUE(struct backend_sample, "node_ipvs_backend_weight", GAUGE, 0, weight, 1,
               "/proc/net/ip_vs", "Weight of the backend."),
};

NODE_SUBJECT_OF(backend_subject, "node_ipvs_backend", struct backend_sample, backend_rows,
                backend_common,
                METRIC_LABELS("local_address", "local_mark", "local_port", "proto",
                              "remote_address", "remote_port"));

struct ipvs {
    struct node_file stats, services;
    bool takes[LABELS];
};

extern const struct collector collector_ipvs;

static void ipvs_stop(void *state)
{
    struct ipvs *v = state;
    node_file_close(&v->stats);
    node_file_close(&v->services);
    free(v);
}

static int take_labels(struct ipvs *v, struct str names, struct err *err)
{
    while (names.p) {
        struct str name = str_cut(&names, ',');
        size_t i = 0;
        while (i < LABELS && !str_eq(name, label_names[i])) {
            i++;
        }
        if (i < LABELS) {
            v->takes[i] = true;
        } else if (name.n) {
            return err_set(err, EINVAL, "--" LABELS_OPTION ": there is no label \"" STR_FMT "\"",
                           STR_ARG(str_head(name, 80)));
        }
    }
    return 0;
}

static int ipvs_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct ipvs *v = calloc(1, sizeof(*v));
    if (!v) {
        return node_no_memory(err, "ipvs");
    }
    v->stats.fd = v->services.fd = -1;
    struct collector_value labels = collector_option_value(env, &collector_ipvs, LABELS_OPTION);
    int r = take_labels(v, str_of(labels.text), err);
    if (r >= 0) {
        r = node_file_open_net(&v->stats, env->procfs, "ip_vs_stats", err);
    }
    if (r >= 0) {
        r = node_file_open_net(&v->services, env->procfs, "ip_vs", err);
    }
    if (r < 0) {
        ipvs_stop(v);
        return r;
    }
    *ret_state = v;
    return 0;
}

static int read_totals(struct ipvs *v, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(&v->stats, &text, err);
    if (r < 0) {
        return r;
    }
    struct total_sample values = { 0 };
    str_line(&text);
    str_line(&text);
    struct str line = str_line(&text);
    for (size_t i = 0; i < TOTALS; i++) {
        if (num_scan_hex(str_word(&line), &values.v[i]) < 0) {
            return err_set(err, EBADMSG, "%s: malformed", v->stats.path);
        }
    }
    struct total_sample *s = metric_sink_add(sink, &total_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

/* "C0A80016:0CEA" and "[2620:0000:0000:0000:0000:0000:0000:0002]:0050" as address and port. */
static int parse_end(struct str text, struct arena *mem, struct str *ret_address,
                     struct str *ret_port)
{
    char shown[INET6_ADDRSTRLEN], number[NUM_TEXT_MAX], given[64];
    uint64_t port, v4;
    ssize_t colon = str_rfind(text, ':');
    struct str address = str_head(text, colon < 0 ? 0 : (size_t)colon);
    if (colon < 0 || num_scan_hex(str_from(text, (size_t)colon + 1), &port) < 0) {
        return -EBADMSG;
    }
    if (str_eat(&address, STR("[")) && str_eat_end(&address, STR("]"))) {
        struct in6_addr v6;
        if (str_copy(given, sizeof(given), address) < 0 || inet_pton(AF_INET6, given, &v6) != 1 ||
            !inet_ntop(AF_INET6, &v6, shown, sizeof(shown))) {
            return -EBADMSG;
        }
    } else {
        if (num_scan_hex(address, &v4) < 0 || v4 > UINT32_MAX ||
            !inet_ntop(AF_INET, &(struct in_addr){ htonl((uint32_t)v4) }, shown, sizeof(shown))) {
            return -EBADMSG;
        }
    }
    struct str digits = { number, num_format_u64(number, port) };
    int r = arena_str(mem, str_of(shown), ret_address);
    return r < 0 ? r : arena_str(mem, digits, ret_port);
}

struct backend {
    struct backend *next;
    struct backend_sample sample;
};

static int parse_service(struct str kind, struct str line, struct arena *mem,
                         struct backend_sample *service)
{
    *service = (struct backend_sample){ .label = { [PROTO] = kind } };
    if (str_eq(kind, STR("FWM"))) {
        service->label[LOCAL_PORT] = STR("0");
        service->label[LOCAL_MARK] = str_word(&line);
        return 0;
    }
    return parse_end(str_word(&line), mem, &service->label[LOCAL_ADDRESS],
                     &service->label[LOCAL_PORT]);
}

static int parse_backend(struct str line, struct arena *mem, struct backend_sample *s)
{
    int r = parse_end(str_word(&line), mem, &s->label[REMOTE_ADDRESS], &s->label[REMOTE_PORT]);
    str_word(&line); /* how packets are forwarded */
    if (r >= 0 && (num_scan_u64(str_word(&line), &s->weight) < 0 ||
                   num_scan_u64(str_word(&line), &s->active) < 0 ||
                   num_scan_u64(str_word(&line), &s->inactive) < 0)) {
        r = -EBADMSG;
    }
    return r;
}

/* Reads all backends into *ret, a list in mem. */
static int parse_services(const struct ipvs *v, struct str text, struct arena *mem,
                          struct backend **ret, size_t *ret_n)
{
    struct backend_sample service = { 0 };
    int r = 0;
    while (text.n && r >= 0) {
        struct str line = str_line(&text), kind = str_word(&line), rest = line;
        if (str_eq(kind, STR("TCP")) || str_eq(kind, STR("UDP")) || str_eq(kind, STR("FWM"))) {
            r = parse_service(kind, line, mem, &service);
        } else if (str_eq(kind, STR("->")) && !str_eq(str_word(&rest), STR("RemoteAddress:Port"))) {
            struct backend *b = ARENA_NEW(mem, struct backend);
            if (!b) {
                return -ENOMEM;
            }
            b->sample = service;
            r = parse_backend(line, mem, &b->sample);
            for (size_t i = 0; i < LABELS; i++) {
                b->sample.label[i] = v->takes[i] ? b->sample.label[i] : STR("");
            }
            b->next = *ret;
            *ret = b;
            (*ret_n)++;
        }
    }
    return r;
}

static int by_labels(const void *a, const void *b)
{
    const struct backend *const *x = a, *const *y = b;
    int r = 0;
    for (size_t i = 0; i < LABELS && r == 0; i++) {
        r = str_cmp((*x)->sample.label[i], (*y)->sample.label[i]);
    }
    return r;
}

/* One sample for each set of labels. */
static int add_backends(struct backend *list, size_t n, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    const struct backend **sorted = ARENA_ARRAY(mem, n, const struct backend *);
    struct backend_sample *s = NULL;
    if (!sorted) {
        return node_no_memory(err, "ipvs");
    }
    for (size_t i = 0; i < n; i++, list = list->next) {
        sorted[i] = list;
    }
    qsort(sorted, n, sizeof(const struct backend *), by_labels);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || by_labels(&sorted[i - 1], &sorted[i]) != 0) {
            s = metric_sink_add(sink, &backend_subject, NULL, 0, err);
            if (!s) {
                return -ENOMEM;
            }
            memcpy(s->label, sorted[i]->sample.label, sizeof(s->label));
        }
        s->weight += sorted[i]->sample.weight;
        s->active += sorted[i]->sample.active;
        s->inactive += sorted[i]->sample.inactive;
    }
    return 0;
}

static int ipvs_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct ipvs *v = state;
    struct str text = { 0 };
    struct backend *list = NULL;
    size_t n = 0;
    int r = read_totals(v, sink, err);
    if (r >= 0) {
        r = node_file_read(&v->services, &text, err);
    }
    if (r < 0) {
        return r;
    }
    struct arena *mem = metric_sink_arena(sink);
    /* Labels point into the text, and the file's own may be gone when they are served. */
    if (arena_str(mem, text, &text) < 0) {
        return node_no_memory(err, "ipvs");
    }
    r = parse_services(v, text, mem, &list, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "%s: malformed", v->services.path);
    }
    return n ? add_backends(list, n, sink, err) : 0;
}

static const struct collector_option options[] = {
    { LABELS_OPTION, COLLECTOR_TEXT, ALL_LABELS,
      "Labels of backends, separated by commas; backends that are the same by them are summed." },
    { 0 },
};

static const struct metric_subject *const subjects[] = { &total_subject, &backend_subject, NULL };

const struct collector collector_ipvs = {
    .name = "ipvs",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = ipvs_start,
    .read = ipvs_read,
    .stop = ipvs_stop,
};
