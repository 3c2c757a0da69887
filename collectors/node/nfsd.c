/* node_nfsd_*: /proc/net/rpc/nfsd, what the NFS server of the kernel has served; a line each, of
 * which a kernel may have fewer:
 *   rc 0 6 18622      reply cache: hits, misses, not cached
 *   fh 0 0 0 0 0      file handles: stale, and what is no longer counted
 *   io 157286400 0    bytes read and written
 *   th 8 0 0.000 …    threads, times all were busy
 *   ra 32 0 … 0       read ahead cache: size, ten columns of depths, not found
 *   net 972 55 917 1  packets, by UDP, by TCP, connections
 *   rpc 18628 3 1 2 0 calls, bad ones, of these by format, by authentication, by client
 *   proc3 22 2 112 …, proc4ops 72 0 0 …  how many numbers follow, and calls by procedure
 *   wdeleg_getattr 15 */
#include "base/num.h"
#include "collectors/node/nfs_procs.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

/* Operations of RFC 7530 by their number; those without a name are not told of, as there. */
static const struct str v4_ops[] = {
    STR_INIT(""),
    STR_INIT(""),
    STR_INIT(""),
    STR_INIT("Access"),
    STR_INIT("Close"),
    STR_INIT("Commit"),
    STR_INIT("Create"),
    STR_INIT("DelegPurge"),
    STR_INIT("DelegReturn"),
    STR_INIT("GetAttr"),
    STR_INIT("GetFH"),
    STR_INIT("Link"),
    STR_INIT("Lock"),
    STR_INIT("Lockt"),
    STR_INIT("Locku"),
    STR_INIT("Lookup"),
    STR_INIT("LookupRoot"),
    STR_INIT("Nverify"),
    STR_INIT("Open"),
    STR_INIT("OpenAttr"),
    STR_INIT("OpenConfirm"),
    STR_INIT("OpenDgrd"),
    STR_INIT("PutFH"),
    STR_INIT(""),
    STR_INIT(""),
    STR_INIT("Read"),
    STR_INIT("ReadDir"),
    STR_INIT("ReadLink"),
    STR_INIT("Remove"),
    STR_INIT("Rename"),
    STR_INIT("Renew"),
    STR_INIT("RestoreFH"),
    STR_INIT("SaveFH"),
    STR_INIT("SecInfo"),
    STR_INIT("SetAttr"),
    STR_INIT("SetClientID"),
    STR_INIT("SetClientIDConfirm"),
    STR_INIT("Verify"),
    STR_INIT("Write"),
    STR_INIT("RelLockOwner"),
};

/* Lines of plain numbers; also bits of presence. */
enum { RC, FH, IO, TH, RA, NET, RPC, WDELEG, LINES, PROCS };

#define LINE_NUMBERS 12
#define RA_NOT_FOUND 11

static const struct {
    struct str name;
    size_t n; /* numbers that are needed */
} lines[LINES] = {
    [RC] = { STR_INIT("rc"), 3 },   [FH] = { STR_INIT("fh"), 1 },
    [IO] = { STR_INIT("io"), 2 },   [TH] = { STR_INIT("th"), 1 },
    [RA] = { STR_INIT("ra"), 12 },  [NET] = { STR_INIT("net"), 4 },
    [RPC] = { STR_INIT("rpc"), 5 }, [WDELEG] = { STR_INIT("wdeleg_getattr"), 1 },
};

struct nfsd_sample {
    uint64_t present;
    uint64_t v[LINES][LINE_NUMBERS];
    struct nfs_numbers v2, v3, v4;
};

static void put_packets(const void *sample, struct metric_writer *out)
{
    const struct nfsd_sample *s = sample;
    metric_put(out, (double)s->v[NET][1], STR("udp"));
    metric_put(out, (double)s->v[NET][2], STR("tcp"));
}

static void put_errors(const void *sample, struct metric_writer *out)
{
    const struct nfsd_sample *s = sample;
    metric_put(out, (double)s->v[RPC][2], STR("fmt"));
    metric_put(out, (double)s->v[RPC][3], STR("auth"));
    metric_put(out, (double)s->v[RPC][4], STR("cInt"));
}

/* Null, the first of each version, is not told of. */
static void put_requests(const void *sample, struct metric_writer *out)
{
    const struct nfsd_sample *s = sample;
    struct nfs_numbers v2 = s->v2, v3 = s->v3;
    if (v2.n) {
        memmove(v2.v, v2.v + 1, --v2.n * sizeof(v2.v[0]));
    }
    if (v3.n) {
        memmove(v3.v, v3.v + 1, --v3.n * sizeof(v3.v[0]));
    }
    nfs_procs_put(&v2, nfs_v2_procs + 1, NFS_V2_PROCS - 1, STR("2"), out);
    nfs_procs_put(&v3, nfs_v3_procs + 1, NFS_V3_PROCS - 1, STR("3"), out);
    nfs_procs_put(&s->v4, v4_ops, KG_ARRAY_LEN(v4_ops), STR("4"), out);
    if (s->present & BIT(WDELEG)) {
        metric_put(out, (double)s->v[WDELEG][0], STR("WdelegGetattr"), STR("4"));
    }
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct nfsd_sample, "node_nfsd_connections_total", COUNTER, BIT(NET), v[NET][3], 1,
               "/proc/net/rpc/nfsd net", "TCP connections to the NFS server."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_disk_bytes_read_total", COUNTER, BIT(IO), v[IO][0], 1,
               "/proc/net/rpc/nfsd io", "Bytes that the NFS server has read."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_disk_bytes_written_total", COUNTER, BIT(IO), v[IO][1],
               1, "/proc/net/rpc/nfsd io", "Bytes that the NFS server has written."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_file_handles_stale_total", COUNTER, BIT(FH), v[FH][0],
               1, "/proc/net/rpc/nfsd fh", "File handles that clients used and that were stale."),
    NODE_SERIES("node_nfsd_packets_total", COUNTER, BIT(NET), put_packets, METRIC_LABELS("proto"),
                "/proc/net/rpc/nfsd net", "Packets of the NFS server, sent and received."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_read_ahead_cache_not_found_total", COUNTER, BIT(RA),
               v[RA][RA_NOT_FOUND], 1, "/proc/net/rpc/nfsd ra",
               "Files not found in the read ahead cache."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_read_ahead_cache_size_blocks", GAUGE, BIT(RA),
               v[RA][0], 1, "/proc/net/rpc/nfsd ra", "Size of the read ahead cache."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_reply_cache_hits_total", COUNTER, BIT(RC), v[RC][0],
               1, "/proc/net/rpc/nfsd rc", "Calls answered from the reply cache."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_reply_cache_misses_total", COUNTER, BIT(RC), v[RC][1],
               1, "/proc/net/rpc/nfsd rc", "Calls that were put into the reply cache."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_reply_cache_nocache_total", COUNTER, BIT(RC),
               v[RC][2], 1, "/proc/net/rpc/nfsd rc", "Calls that need no reply cache."),
    NODE_SERIES("node_nfsd_requests_total", COUNTER, BIT(PROCS), put_requests,
                METRIC_LABELS("method", "proto"),
                "/proc/net/rpc/nfsd proc2, proc3, proc4ops, wdeleg_getattr",
                "Calls served by procedure."),
    NODE_SERIES("node_nfsd_rpc_errors_total", COUNTER, BIT(RPC), put_errors, METRIC_LABELS("error"),
                "/proc/net/rpc/nfsd rpc", "Calls that were refused, by reason."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_server_rpcs_total", COUNTER, BIT(RPC), v[RPC][0], 1,
               "/proc/net/rpc/nfsd rpc", "Calls to the NFS server."),
    NODE_VALUE(struct nfsd_sample, "node_nfsd_server_threads", GAUGE, BIT(TH), v[TH][0], 1,
               "/proc/net/rpc/nfsd th", "Threads of the NFS server."),
};

NODE_SUBJECT(nfsd_subject, "node_nfsd", struct nfsd_sample, rows);

static int nfsd_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_net_file_start(env->procfs, "rpc/nfsd", ret_state, err);
}

static int parse_numbers(struct str line, size_t which, struct nfsd_sample *s)
{
    for (size_t i = 0; i < lines[which].n; i++) {
        if (num_scan_u64(str_word(&line), &s->v[which][i]) < 0) {
            return -EBADMSG;
        }
    }
    s->present |= BIT(which) | (which == WDELEG ? BIT(PROCS) : 0);
    return 0;
}

static int parse_line(struct str line, struct nfsd_sample *s)
{
    struct str key = str_word(&line);
    for (size_t i = 0; i < LINES; i++) {
        if (str_eq(key, lines[i].name)) {
            return parse_numbers(line, i, s);
        }
    }
    struct nfs_numbers *procs = str_eq(key, STR("proc2"))      ? &s->v2
                                : str_eq(key, STR("proc3"))    ? &s->v3
                                : str_eq(key, STR("proc4ops")) ? &s->v4
                                                               : NULL;
    s->present |= procs ? BIT(PROCS) : 0;
    return procs ? nfs_procs_parse(line, procs) : 0;
}

static int nfsd_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(state, &text, err);
    struct nfsd_sample *s = r < 0 ? NULL : metric_sink_add(sink, &nfsd_subject, NULL, 0, err);
    if (!s) {
        return r < 0 ? r : -ENOMEM;
    }
    while (text.n) {
        if (parse_line(str_line(&text), s) < 0) {
            s->present = 0;
            return err_set(err, EBADMSG, "net/rpc/nfsd: malformed");
        }
    }
    return 0;
}

static const struct metric_subject *const subjects[] = { &nfsd_subject, NULL };

const struct collector collector_nfsd = {
    .name = "nfsd",
    .on_by_default = true,
    .subjects = subjects,
    .start = nfsd_start,
    .read = nfsd_read,
    .stop = node_one_file_stop,
};
