/* The interfaces as sysfs shows them, a file for each fact. */
#include "base/num.h"
#include "collectors/node/netclass.h"

#include <unistd.h>

const char *const netclass_files[NETCLASS_FILES] = {
    [NETCLASS_ASSIGN] = "addr_assign_type",
    [NETCLASS_CARRIER] = "carrier",
    [NETCLASS_CHANGES] = "carrier_changes",
    [NETCLASS_DOWN_COUNT] = "carrier_down_count",
    [NETCLASS_UP_COUNT] = "carrier_up_count",
    [NETCLASS_DEV_ID] = "dev_id",
    [NETCLASS_DORMANT] = "dormant",
    [NETCLASS_FLAGS] = "flags",
    [NETCLASS_INDEX] = "ifindex",
    [NETCLASS_BELOW] = "iflink",
    [NETCLASS_LINK_MODE] = "link_mode",
    [NETCLASS_MTU] = "mtu",
    [NETCLASS_NAME_ASSIGN] = "name_assign_type",
    [NETCLASS_GROUP] = "netdev_group",
    [NETCLASS_TYPE] = "type",
    [NETCLASS_SPEED] = "speed",
    [NETCLASS_QUEUE] = "tx_queue_len",
    [NETCLASS_ADDRESS] = "address",
    [NETCLASS_BROADCAST] = "broadcast",
    [NETCLASS_DUPLEX] = "duplex",
    [NETCLASS_OPERSTATE] = "operstate",
    [NETCLASS_IFALIAS] = "ifalias",
};

int netclass_number(const struct netclass *n, size_t entry, size_t file, int64_t *ret)
{
    char line[64];
    struct str text = { 0 };
    uint64_t hex;
    int r = node_kept_line(n->kept, entry, file, line, sizeof(line), &text);
    if (r < 0) {
        return r;
    }
    if (!str_eat(&text, STR("0x"))) {
        return num_scan_i64(text, ret) < 0 ? -EBADMSG : 0;
    }
    if (num_scan_hex(text, &hex) < 0 || hex > INT64_MAX) {
        return -EBADMSG;
    }
    *ret = (int64_t)hex;
    return 0;
}

int netclass_text(const struct netclass *n, size_t entry, size_t file, struct arena *mem,
                  struct str *ret)
{
    char line[1024];
    struct str text = { 0 };
    int r = node_kept_line(n->kept, entry, file, line, sizeof(line), &text);
    return r < 0 ? 0 : arena_str(mem, text, ret);
}

/* Interface number i. Some files cannot be read while it is down (EINVAL), and some kinds of
 * interface have fewer. */
static int add_interface(const struct netclass *n, size_t i, struct str device,
                         struct metric_sink *sink, struct err *err)
{
    struct netclass_sample s = { .device = device };
    for (size_t v = 0; v < NETCLASS_NUMBERS; v++) {
        int r = netclass_number(n, i, v, &s.v[v]);
        if (r == -ENOTDIR) {
            return 0; /* the file bonding_masters */
        }
        s.present |= r < 0 ? 0 : UINT64_C(1) << v;
    }
    struct arena *mem = metric_sink_arena(sink);
    if (netclass_text(n, i, NETCLASS_ADDRESS, mem, &s.address) < 0 ||
        netclass_text(n, i, NETCLASS_BROADCAST, mem, &s.broadcast) < 0 ||
        netclass_text(n, i, NETCLASS_DUPLEX, mem, &s.duplex) < 0 ||
        netclass_text(n, i, NETCLASS_OPERSTATE, mem, &s.operstate) < 0 ||
        netclass_text(n, i, NETCLASS_IFALIAS, mem, &s.ifalias) < 0) {
        return -ENOMEM;
    }
    if (!s.present && faccessat(n->dirfd, device.p, F_OK, 0) < 0) {
        return 0; /* gone meanwhile */
    }
    return netclass_add(n, &s, sink, err);
}

int netclass_read_files(struct netclass *n, struct metric_sink *sink, struct err *err)
{
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
