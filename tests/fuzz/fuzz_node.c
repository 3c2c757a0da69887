/* fuzz_node.c — every node_* collector that reads texts, on any bytes in one of them; the first
 * byte chooses which. */
#include "collectors/collector.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where each of them reads, below the root of a made-up machine. */
static const struct {
    const char *collector, *path;
    const char *usual; /* what stands there while another file of the collector is tried */
} sources[] = {
    { "loadavg", "loadavg", "" },
    { "meminfo", "meminfo", "" },
    { "vmstat", "vmstat", "" },
    { "stat", "stat", "" },
    { "cpu", "stat", "" },
    { "schedstat", "schedstat", "" },
    { "diskstats", "diskstats", "" },
    { "mdadm", "mdstat", "" },
    { "netdev", "net/dev", "" },
    { "arp", "net/arp", "" },
    { "softnet", "net/softnet_stat", "" },
    { "udp_queues", "net/udp", "" },
    { "sockstat", "net/sockstat", "" },
    { "os", "etc/os-release", "" },
    { "nfs", "net/rpc/nfs", "" },
    { "nfsd", "net/rpc/nfsd", "" },
    { "netstat", "net/snmp", "" },
    { "netstat", "net/netstat", "" },
    { "netstat", "net/snmp6", "" },
    { "conntrack", "net/stat/nf_conntrack", "" },
    { "conntrack", "sys/net/netfilter/nf_conntrack_count", "1\n" },
    { "conntrack", "sys/net/netfilter/nf_conntrack_max", "2\n" },
    { "pressure", "pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n" },
    { "pressure", "pressure/irq", "" },
    { "sockstat", "net/sockstat6", "" },
};

static char root[64];

static const struct collector *find(const char *name)
{
    for (size_t i = 0; collectors[i]; i++) {
        if (str_eq_c(str_of(name), collectors[i]->name)) {
            return collectors[i];
        }
    }
    abort();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_root(void)
{
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_source(const char *name, const void *data, size_t size)
{
    char path[160];
    int n = snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *slash = path + strlen(root) + 1; n > 0 && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    close(fd);
}

static void make_root(void)
{
    snprintf(root, sizeof(root), "%s/kubegauge-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root)) {
        abort();
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(sources); i++) {
        write_source(sources[i].path, sources[i].usual, strlen(sources[i].usual));
    }
    atexit(remove_root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    if (!root[0]) {
        make_root();
    }
    size_t which = data[0] % KG_ARRAY_LEN(sources);
    const struct collector *c = find(sources[which].collector);
    struct collector_env env = { .procfs = root, .sysfs = "/nonexistent", .rootfs = root };
    struct err err = { 0 };
    void *state = NULL;
    write_source(sources[which].path, data + 1, size - 1);
    struct metric_sink *sink = metric_sink_new(NULL, &err);
    if (!sink || c->start(&env, &state, &err) < 0) {
        abort();
    }
    if (metric_sink_begin(sink, &err) < 0) {
        abort();
    }
    int r = c->read(state, sink, &err);
    struct metric_part *part = metric_sink_take(sink, "node", 1, &err);
    if (!part || (r < 0 && err.code == 0)) {
        abort();
    }
    snapshot_unref(&part->snapshot);
    if (c->stop) {
        c->stop(state);
    }
    metric_sink_free(sink);
    write_source(sources[which].path, sources[which].usual, strlen(sources[which].usual));
    return 0;
}
