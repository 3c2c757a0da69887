/* node_network_*: what /sys/class/net says of each interface. speed and duplex ask the driver,
 * under a lock that another may hold for long. */
#include "base/num.h"
#include "collectors/node/node_kept.h"
#include "collectors/node/node_rows.h"

#include <errno.h>
#include <unistd.h>

#define IGNORED "collector.netclass.ignored-devices"
#define IGNORE_SPEED "collector.netclass.ignore-invalid-speed"
#define NUMBERS 17
#define FLAGS 7
#define SPEED 15
#define FLAG_UP 1

struct netclass_sample {
    uint64_t present;
    struct str device;
    int64_t v[NUMBERS];
    struct str address, broadcast, duplex, ifalias, operstate;
};

/* Numbers in the order of v, then texts. */
enum { ADDRESS = NUMBERS, BROADCAST, DUPLEX, OPERSTATE, IFALIAS, FILES };
static const char *const files[FILES] = {
    "addr_assign_type",
    "carrier",
    "carrier_changes",
    "carrier_down_count",
    "carrier_up_count",
    "dev_id",
    "dormant",
    "flags",
    "ifindex",
    "iflink",
    "link_mode",
    "mtu",
    "name_assign_type",
    "netdev_group",
    "type",
    "speed",
    "tx_queue_len",
    [ADDRESS] = "address",
    [BROADCAST] = "broadcast",
    [DUPLEX] = "duplex",
    [OPERSTATE] = "operstate",
    [IFALIAS] = "ifalias",
};

static void netclass_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct netclass_sample *)sample)->device);
}

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct netclass_sample *s = sample;
    bool known = s->present & BIT(FLAGS);
    struct str admin = !known ? STR("unknown") : s->v[FLAGS] & FLAG_UP ? STR("up") : STR("down");
    metric_put(out, 1, s->address, admin, s->broadcast, s->duplex, s->ifalias, s->operstate);
}

static void put_up(const void *sample, struct metric_writer *out)
{
    const struct netclass_sample *s = sample;
    metric_put(out, str_eq(s->operstate, STR("up")));
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct netclass_sample, "node_network_address_assign_type", GAUGE, BIT(0), v[0], 1,
               "/sys/class/net/*/addr_assign_type",
               "How the address was chosen, as the kernel numbers it."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier", GAUGE, BIT(1), v[1], 1,
               "/sys/class/net/*/carrier", "Whether there is a carrier."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier_changes_total", COUNTER, BIT(2), v[2],
               1, "/sys/class/net/*/carrier_changes", "Times that the carrier came or went."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier_down_changes_total", COUNTER, BIT(3),
               v[3], 1, "/sys/class/net/*/carrier_down_count", "Times that the carrier went."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier_up_changes_total", COUNTER, BIT(4),
               v[4], 1, "/sys/class/net/*/carrier_up_count", "Times that the carrier came."),
    NODE_VALUE(struct netclass_sample, "node_network_device_id", GAUGE, BIT(5), v[5], 1,
               "/sys/class/net/*/dev_id", "Number of the port of a shared device."),
    NODE_VALUE(struct netclass_sample, "node_network_dormant", GAUGE, BIT(6), v[6], 1,
               "/sys/class/net/*/dormant", "Whether the interface is dormant."),
    NODE_VALUE(struct netclass_sample, "node_network_flags", GAUGE, BIT(7), v[7], 1,
               "/sys/class/net/*/flags", "Flags of the interface."),
    NODE_VALUE(struct netclass_sample, "node_network_iface_id", GAUGE, BIT(8), v[8], 1,
               "/sys/class/net/*/ifindex", "Index of the interface."),
    NODE_VALUE(struct netclass_sample, "node_network_iface_link", GAUGE, BIT(9), v[9], 1,
               "/sys/class/net/*/iflink", "Index of the interface that this one stands on."),
    NODE_VALUE(struct netclass_sample, "node_network_iface_link_mode", GAUGE, BIT(10), v[10], 1,
               "/sys/class/net/*/link_mode", "Mode of the link."),
    NODE_SERIES(
        "node_network_info", GAUGE, 0, put_info,
        METRIC_LABELS("address", "adminstate", "broadcast", "duplex", "ifalias", "operstate"),
        "/sys/class/net/*", "What the interface is."),
    NODE_VALUE(struct netclass_sample, "node_network_mtu_bytes", GAUGE, BIT(11), v[11], 1,
               "/sys/class/net/*/mtu", "Largest packet."),
    NODE_VALUE(struct netclass_sample, "node_network_name_assign_type", GAUGE, BIT(12), v[12], 1,
               "/sys/class/net/*/name_assign_type",
               "How the name was chosen, as the kernel numbers it."),
    NODE_VALUE(struct netclass_sample, "node_network_net_dev_group", GAUGE, BIT(13), v[13], 1,
               "/sys/class/net/*/netdev_group", "Group of the interface."),
    NODE_VALUE(struct netclass_sample, "node_network_protocol_type", GAUGE, BIT(14), v[14], 1,
               "/sys/class/net/*/type", "Protocol of the interface, as the kernel numbers it."),
    NODE_VALUE(struct netclass_sample, "node_network_speed_bytes", GAUGE, BIT(15), v[15], 125000,
               "/sys/class/net/*/speed", "Speed in bytes a second, below 0 where it is not known."),
    NODE_VALUE(struct netclass_sample, "node_network_transmit_queue_length", GAUGE, BIT(16), v[16],
               1, "/sys/class/net/*/tx_queue_len", "Packets that the send queue takes."),
    NODE_SERIES("node_network_up", GAUGE, 0, put_up, NULL, "/sys/class/net/*/operstate",
                "Whether the interface is up; 0 also where the driver does not tell."),
};

NODE_SUBJECT_OF(netclass_subject, "node_netclass", struct netclass_sample, rows, netclass_common,
                METRIC_LABELS("device"));

extern const struct collector collector_netclass;

static const struct collector_option options[] = {
    { IGNORED, COLLECTOR_PATTERN, "^$", "Interfaces that are left out." },
    { IGNORE_SPEED, COLLECTOR_SWITCH, "false",
      "Leave out node_network_speed_bytes where the speed is not known." },
    { 0 },
};

struct netclass {
    int dirfd;
    struct node_kept *kept;
    struct node_filter filter;
    bool ignore_speed;
};

static void netclass_stop(void *state)
{
    struct netclass *n = state;
    node_kept_free(n->kept);
    kg_close_cleanup(&n->dirfd);
    node_filter_done(&n->filter);
    free(n);
}

static int netclass_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct netclass *n = calloc(1, sizeof(*n));
    if (!n) {
        return node_no_memory(err, "netclass");
    }
    n->ignore_speed = collector_option_value(env, &collector_netclass, IGNORE_SPEED).on;
    n->kept = node_kept_new(files, FILES);
    n->dirfd = node_dir_open(env->sysfs, "class/net", err);
    int r = n->dirfd < 0 ? n->dirfd : n->kept ? 0 : node_no_memory(err, "netclass");
    if (r >= 0) {
        r = node_filter_init(&n->filter, env, &collector_netclass, IGNORED, NULL, err);
    }
    if (r < 0) {
        netclass_stop(n);
        return r;
    }
    *ret_state = n;
    return 0;
}

/* "1500", or "0x1003" (flags, dev_id). */
static int number(struct str text, int64_t *ret)
{
    uint64_t hex;
    if (str_eat(&text, STR("0x"))) {
        int r = num_scan_hex(text, &hex);
        *ret = (int64_t)hex;
        return r < 0 || hex > INT64_MAX ? -EBADMSG : 0;
    }
    return num_scan_i64(text, ret);
}

static int read_texts(const struct netclass *n, size_t i, struct arena *mem,
                      struct netclass_sample *s)
{
    const struct {
        size_t file;
        struct str *to;
    } texts[] = {
        { ADDRESS, &s->address },     { BROADCAST, &s->broadcast }, { DUPLEX, &s->duplex },
        { OPERSTATE, &s->operstate }, { IFALIAS, &s->ifalias },
    };
    for (size_t t = 0; t < KG_ARRAY_LEN(texts); t++) {
        char text[1024];
        struct str value = { 0 };
        if (node_kept_line(n->kept, i, texts[t].file, text, sizeof(text), &value) >= 0 &&
            arena_str(mem, value, texts[t].to) < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int read_numbers(const struct netclass *n, size_t i, struct netclass_sample *s)
{
    for (size_t v = 0; v < NUMBERS; v++) {
        char text[64];
        struct str value = { 0 };
        int r = node_kept_line(n->kept, i, v, text, sizeof(text), &value);
        if (r == -ENOTDIR) {
            return r;
        }
        if (r >= 0 && number(value, &s->v[v]) >= 0) {
            s->present |= BIT(v);
        }
    }
    if (n->ignore_speed && s->v[SPEED] < 0) {
        s->present &= ~BIT(SPEED);
    }
    return 0;
}

/* Interface number i. Some files cannot be read while it is down (EINVAL), and some kinds of
 * interface have fewer. */
static int add_interface(const struct netclass *n, size_t i, struct str device,
                         struct metric_sink *sink, struct err *err)
{
    struct netclass_sample values = { .device = device };
    if (read_numbers(n, i, &values) < 0) {
        return 0; /* the file bonding_masters */
    }
    if (read_texts(n, i, metric_sink_arena(sink), &values) < 0) {
        return -ENOMEM;
    }
    if (!values.present && faccessat(n->dirfd, device.p, F_OK, 0) < 0) {
        return 0; /* gone meanwhile */
    }
    struct netclass_sample *s = metric_sink_add(sink, &netclass_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int netclass_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct netclass *n = state;
    struct str *names = NULL;
    size_t count = 0;
    int r = node_kept_names(n->kept, n->dirfd, metric_sink_arena(sink), &names, &count);
    if (r < 0) {
        return err_set_errno(err, -r, "class/net");
    }
    for (size_t i = 0; i < count && r >= 0; i++) {
        if (node_filter_takes(&n->filter, names[i])) {
            r = add_interface(n, i, names[i], sink, err);
        }
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &netclass_subject, NULL };

const struct collector collector_netclass = {
    .name = "netclass",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = netclass_start,
    .read = netclass_read,
    .stop = netclass_stop,
};
