/* node_nfs_*: /proc/net/rpc/nfs, what the NFS clients of the kernel have asked:
 *   net 70 70 69 45          packets, by UDP, by TCP, connections
 *   rpc 1218785755 374636 …  calls, retransmissions, authentication refreshes
 *   proc3 22 0 1061909262 …  how many numbers follow, and calls by procedure */
#include "collectors/node/nfs_procs.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define HAS_NET BIT(0)
#define HAS_RPC BIT(1)
#define HAS_PROCS BIT(2)

#define NET_NUMBERS 4
#define RPC_NUMBERS 3

/* Operations of the client in the order of the kernel's table (NFSPROC4_CLNT_*). */
static const struct str v4_procs[] = {
    STR_INIT("Null"),
    STR_INIT("Read"),
    STR_INIT("Write"),
    STR_INIT("Commit"),
    STR_INIT("Open"),
    STR_INIT("OpenConfirm"),
    STR_INIT("OpenNoattr"),
    STR_INIT("OpenDowngrade"),
    STR_INIT("Close"),
    STR_INIT("Setattr"),
    STR_INIT("FsInfo"),
    STR_INIT("Renew"),
    STR_INIT("SetClientID"),
    STR_INIT("SetClientIDConfirm"),
    STR_INIT("Lock"),
    STR_INIT("Lockt"),
    STR_INIT("Locku"),
    STR_INIT("Access"),
    STR_INIT("Getattr"),
    STR_INIT("Lookup"),
    STR_INIT("LookupRoot"),
    STR_INIT("Remove"),
    STR_INIT("Rename"),
    STR_INIT("Link"),
    STR_INIT("Symlink"),
    STR_INIT("Create"),
    STR_INIT("Pathconf"),
    STR_INIT("StatFs"),
    STR_INIT("ReadLink"),
    STR_INIT("ReadDir"),
    STR_INIT("ServerCaps"),
    STR_INIT("DelegReturn"),
    STR_INIT("GetACL"),
    STR_INIT("SetACL"),
    STR_INIT("FsLocations"),
    STR_INIT("ReleaseLockowner"),
    STR_INIT("Secinfo"),
    STR_INIT("FsidPresent"),
    STR_INIT("ExchangeID"),
    STR_INIT("CreateSession"),
    STR_INIT("DestroySession"),
    STR_INIT("Sequence"),
    STR_INIT("GetLeaseTime"),
    STR_INIT("ReclaimComplete"),
    STR_INIT("GetDeviceInfo"),
    STR_INIT("LayoutGet"),
    STR_INIT("LayoutCommit"),
    STR_INIT("LayoutReturn"),
    STR_INIT("SecinfoNoName"),
    STR_INIT("TestStateID"),
    STR_INIT("FreeStateID"),
    STR_INIT("GetDeviceList"),
    STR_INIT("BindConnToSession"),
    STR_INIT("DestroyClientID"),
    STR_INIT("Seek"),
    STR_INIT("Allocate"),
    STR_INIT("DeAllocate"),
    STR_INIT("LayoutStats"),
    STR_INIT("Clone"),
};

struct nfs_sample {
    uint64_t present;
    uint64_t net[NET_NUMBERS], rpc[RPC_NUMBERS];
    struct nfs_numbers v2, v3, v4;
};

static void put_packets(const void *sample, struct metric_writer *out)
{
    const struct nfs_sample *s = sample;
    metric_put(out, (double)s->net[1], STR("udp"));
    metric_put(out, (double)s->net[2], STR("tcp"));
}

static void put_requests(const void *sample, struct metric_writer *out)
{
    const struct nfs_sample *s = sample;
    nfs_procs_put(&s->v2, nfs_v2_procs, NFS_V2_PROCS, STR("2"), out);
    nfs_procs_put(&s->v3, nfs_v3_procs, NFS_V3_PROCS, STR("3"), out);
    nfs_procs_put(&s->v4, v4_procs, KG_ARRAY_LEN(v4_procs), STR("4"), out);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct nfs_sample, "node_nfs_connections_total", COUNTER, HAS_NET, net[3], 1,
               "/proc/net/rpc/nfs net", "TCP connections of NFS clients."),
    NODE_SERIES("node_nfs_packets_total", COUNTER, HAS_NET, put_packets, METRIC_LABELS("protocol"),
                "/proc/net/rpc/nfs net", "Packets of NFS clients, sent and received."),
    NODE_SERIES("node_nfs_requests_total", COUNTER, HAS_PROCS, put_requests,
                METRIC_LABELS("method", "proto"), "/proc/net/rpc/nfs proc2, proc3, proc4",
                "Calls of NFS clients by procedure."),
    NODE_VALUE(struct nfs_sample, "node_nfs_rpc_authentication_refreshes_total", COUNTER, HAS_RPC,
               rpc[2], 1, "/proc/net/rpc/nfs rpc", "Times credentials were refreshed."),
    NODE_VALUE(struct nfs_sample, "node_nfs_rpc_retransmissions_total", COUNTER, HAS_RPC, rpc[1], 1,
               "/proc/net/rpc/nfs rpc", "Calls that were sent again."),
    NODE_VALUE(struct nfs_sample, "node_nfs_rpcs_total", COUNTER, HAS_RPC, rpc[0], 1,
               "/proc/net/rpc/nfs rpc", "Calls of NFS clients."),
};

NODE_SUBJECT(nfs_subject, "node_nfs", struct nfs_sample, rows);

static int nfs_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_net_file_start(env->procfs, "rpc/nfs", ret_state, err);
}

/* The first n numbers of a line that has as many at least. */
static int parse_first(struct str line, uint64_t *ret, size_t n)
{
    struct nfs_numbers numbers;
    if (nfs_numbers_parse(line, &numbers) < 0 || numbers.n < n) {
        return -EBADMSG;
    }
    memcpy(ret, numbers.v, n * sizeof(*ret));
    return 0;
}

static int parse_line(struct str line, struct nfs_sample *s)
{
    struct str key = str_word(&line);
    if (str_eq(key, STR("net"))) {
        s->present |= HAS_NET;
        return parse_first(line, s->net, NET_NUMBERS);
    }
    if (str_eq(key, STR("rpc"))) {
        s->present |= HAS_RPC;
        return parse_first(line, s->rpc, RPC_NUMBERS);
    }
    struct nfs_numbers *procs = str_eq(key, STR("proc2"))   ? &s->v2
                                : str_eq(key, STR("proc3")) ? &s->v3
                                : str_eq(key, STR("proc4")) ? &s->v4
                                                            : NULL;
    s->present |= procs ? HAS_PROCS : 0;
    return procs ? nfs_procs_parse(line, procs) : 0;
}

static int nfs_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(state, &text, err);
    struct nfs_sample *s = r < 0 ? NULL : metric_sink_add(sink, &nfs_subject, NULL, 0, err);
    if (!s) {
        return r < 0 ? r : -ENOMEM;
    }
    while (text.n) {
        if (parse_line(str_line(&text), s) < 0) {
            s->present = 0;
            return err_set(err, EBADMSG, "net/rpc/nfs: malformed");
        }
    }
    return 0;
}

static const struct metric_subject *const subjects[] = { &nfs_subject, NULL };

const struct collector collector_nfs = {
    .name = "nfs",
    .on_by_default = true,
    .subjects = subjects,
    .start = nfs_start,
    .read = nfs_read,
    .stop = node_one_file_stop,
};
