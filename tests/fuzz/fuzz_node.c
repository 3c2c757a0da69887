/* fuzz_node.c — every node_* collector that reads one text, on any bytes; the first byte chooses
 * which. */
#include "collectors/collector.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where each of them reads, below the root of a made-up machine. */
static const struct {
    const char *collector, *path;
} sources[] = {
    { "loadavg", "loadavg" },
    { "meminfo", "meminfo" },
    { "vmstat", "vmstat" },
    { "stat", "stat" },
    { "cpu", "stat" },
    { "schedstat", "schedstat" },
    { "diskstats", "diskstats" },
    { "mdadm", "mdstat" },
    { "netdev", "net/dev" },
    { "arp", "net/arp" },
    { "softnet", "net/softnet_stat" },
    { "udp_queues", "net/udp" },
    { "sockstat", "net/sockstat" },
    { "os", "etc/os-release" },
    { "nfs", "net/rpc/nfs" },
    { "nfsd", "net/rpc/nfsd" },
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

static void remove_root(void)
{
    char path[128];
    for (size_t i = 0; i < KG_ARRAY_LEN(sources); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, sources[i].path);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/net/rpc", root);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/net", root);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/etc", root);
    rmdir(path);
    rmdir(root);
}

static void make_root(void)
{
    char path[128];
    snprintf(root, sizeof(root), "%s/kubegauge-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root)) {
        abort();
    }
    snprintf(path, sizeof(path), "%s/net", root);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/net/rpc", root);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/etc", root);
    mkdir(path, 0700);
    atexit(remove_root);
}

static void write_source(const char *name, const uint8_t *data, size_t size)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    close(fd);
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
    return 0;
}
