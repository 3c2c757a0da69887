/* node_network_*: what /sys/class/net says of each interface; of our own network namespace
 * rtnetlink tells most of it in one answer. speed and duplex ask the driver, under a lock that
 * another may hold for long. */
#include "collectors/node/netclass.h"

#include "collectors/node/node_rows.h"

#define IGNORED "collector.netclass.ignored-devices"
#define IGNORE_SPEED "collector.netclass.ignore-invalid-speed"
#define FLAG_UP 1

static void netclass_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct netclass_sample *)sample)->device);
}

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct netclass_sample *s = sample;
    bool known = s->present & HAS(FLAGS);
    struct str admin = !known                           ? STR("unknown")
                       : s->v[NETCLASS_FLAGS] & FLAG_UP ? STR("up")
                                                        : STR("down");
    metric_put(out, 1, s->address, admin, s->broadcast, s->duplex, s->ifalias, s->operstate);
}

static void put_up(const void *sample, struct metric_writer *out)
{
    const struct netclass_sample *s = sample;
    metric_put(out, str_eq(s->operstate, STR("up")));
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct netclass_sample, "node_network_address_assign_type", GAUGE, HAS(ASSIGN),
               v[NETCLASS_ASSIGN], 1, "/sys/class/net/*/addr_assign_type",
               "How the address was chosen, as the kernel numbers it."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier", GAUGE, HAS(CARRIER),
               v[NETCLASS_CARRIER], 1, "/sys/class/net/*/carrier", "Whether there is a carrier."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier_changes_total", COUNTER, HAS(CHANGES),
               v[NETCLASS_CHANGES], 1, "/sys/class/net/*/carrier_changes",
               "Times that the carrier came or went."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier_down_changes_total", COUNTER,
               HAS(DOWN_COUNT), v[NETCLASS_DOWN_COUNT], 1, "/sys/class/net/*/carrier_down_count",
               "Times that the carrier went."),
    NODE_VALUE(struct netclass_sample, "node_network_carrier_up_changes_total", COUNTER,
               HAS(UP_COUNT), v[NETCLASS_UP_COUNT], 1, "/sys/class/net/*/carrier_up_count",
               "Times that the carrier came."),
    NODE_VALUE(struct netclass_sample, "node_network_device_id", GAUGE, HAS(DEV_ID),
               v[NETCLASS_DEV_ID], 1, "/sys/class/net/*/dev_id",
               "Number of the port of a shared device."),
    NODE_VALUE(struct netclass_sample, "node_network_dormant", GAUGE, HAS(DORMANT),
               v[NETCLASS_DORMANT], 1, "/sys/class/net/*/dormant",
               "Whether the interface is dormant."),
    NODE_VALUE(struct netclass_sample, "node_network_flags", GAUGE, HAS(FLAGS), v[NETCLASS_FLAGS],
               1, "/sys/class/net/*/flags", "Flags of the interface."),
    NODE_VALUE(struct netclass_sample, "node_network_iface_id", GAUGE, HAS(INDEX),
               v[NETCLASS_INDEX], 1, "/sys/class/net/*/ifindex", "Index of the interface."),
    NODE_VALUE(struct netclass_sample, "node_network_iface_link", GAUGE, HAS(BELOW),
               v[NETCLASS_BELOW], 1, "/sys/class/net/*/iflink",
               "Index of the interface that this one stands on."),
    NODE_VALUE(struct netclass_sample, "node_network_iface_link_mode", GAUGE, HAS(LINK_MODE),
               v[NETCLASS_LINK_MODE], 1, "/sys/class/net/*/link_mode", "Mode of the link."),
    NODE_SERIES(
        "node_network_info", GAUGE, 0, put_info,
        METRIC_LABELS("address", "adminstate", "broadcast", "duplex", "ifalias", "operstate"),
        "/sys/class/net/*", "What the interface is."),
    NODE_VALUE(struct netclass_sample, "node_network_mtu_bytes", GAUGE, HAS(MTU), v[NETCLASS_MTU],
               1, "/sys/class/net/*/mtu", "Largest packet."),
    NODE_VALUE(struct netclass_sample, "node_network_name_assign_type", GAUGE, HAS(NAME_ASSIGN),
               v[NETCLASS_NAME_ASSIGN], 1, "/sys/class/net/*/name_assign_type",
               "How the name was chosen, as the kernel numbers it."),
    NODE_VALUE(struct netclass_sample, "node_network_net_dev_group", GAUGE, HAS(GROUP),
               v[NETCLASS_GROUP], 1, "/sys/class/net/*/netdev_group", "Group of the interface."),
    NODE_VALUE(struct netclass_sample, "node_network_protocol_type", GAUGE, HAS(TYPE),
               v[NETCLASS_TYPE], 1, "/sys/class/net/*/type",
               "Protocol of the interface, as the kernel numbers it."),
    NODE_VALUE(struct netclass_sample, "node_network_speed_bytes", GAUGE, HAS(SPEED),
               v[NETCLASS_SPEED], 125000, "/sys/class/net/*/speed",
               "Speed in bytes a second, below 0 where it is not known."),
    NODE_VALUE(struct netclass_sample, "node_network_transmit_queue_length", GAUGE, HAS(QUEUE),
               v[NETCLASS_QUEUE], 1, "/sys/class/net/*/tx_queue_len",
               "Packets that the send queue takes."),
    NODE_SERIES("node_network_up", GAUGE, 0, put_up, NULL, "/sys/class/net/*/operstate",
                "Whether the interface is up; 0 also where the driver does not tell."),
};

NODE_SUBJECT_OF(netclass_subject, "node_netclass", struct netclass_sample, rows, netclass_common,
                METRIC_LABELS("device"));

static const struct collector_option options[] = {
    { IGNORED, COLLECTOR_PATTERN, "^$", "Interfaces that are left out." },
    { IGNORE_SPEED, COLLECTOR_SWITCH, "false",
      "Leave out node_network_speed_bytes where the speed is not known." },
    { 0 },
};

static void netclass_stop(void *state)
{
    struct netclass *n = state;
    node_kept_free(n->kept);
    kg_close_cleanup(&n->dirfd);
    node_filter_done(&n->filter);
    netclass_links_stop(n);
    free(n);
}

static int netclass_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct netclass *n = calloc(1, sizeof(*n));
    if (!n) {
        return node_no_memory(err, "netclass");
    }
    n->procfs = env->procfs;
    n->ignore_speed = collector_option_value(env, &collector_netclass, IGNORE_SPEED).on;
    n->kept = node_kept_new(netclass_files, NETCLASS_FILES);
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

int netclass_add(const struct netclass *n, const struct netclass_sample *values,
                 struct metric_sink *sink, struct err *err)
{
    struct netclass_sample *s = metric_sink_add(sink, &netclass_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = *values;
    if (n->ignore_speed && s->v[NETCLASS_SPEED] < 0) {
        s->present &= ~HAS(SPEED);
    }
    return 0;
}

static int netclass_read(void *state, struct metric_sink *sink, struct err *err)
{
    int r = netclass_read_links(state, sink, err);
    return r == -ENODATA ? netclass_read_files(state, sink, err) : r;
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
