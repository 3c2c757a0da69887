/* store_bench.c — what the store costs: memory per object, time to assemble and to compress.
 * Usage: store_bench [PODS]. The rows are those of the real pod table; the pods are made up: two
 * containers each, 100 nodes, names as long as real ones. Times are CPU time of the process. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/num.h"
#include "kube/resources/resource.h"
#include "metrics/pack.h"
#include "metrics/scrape.h"
#include "metrics/store.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>

#define PIECE LIMIT_SCRAPE_PIECE_BYTES
#define ROUNDS 5

static double cpu_sec(void)
{
    return (double)clock_cpu_ns() / 1e9;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Ids as real ones: they do not compress. */
static uint32_t mixed(uint32_t i, uint32_t salt)
{
    uint32_t x = i * 2654435761U + salt * 40503U;
    x = (x ^ x >> 15) * 2246822519U;
    return x ^ x >> 13;
}

static void pod_uid(unsigned i, char ret[40])
{
    snprintf(ret, 40, "%08x-%04x-4%03x-9%03x-%08x%04x", i * 2654435761U, mixed(i, 1) & 0xFFFF,
             mixed(i, 2) & 0xFFF, mixed(i, 3) & 0xFFF, mixed(i, 4), mixed(i, 5) & 0xFFFF);
}

/* A pod as the API server gives it, without what no table reads. Each restart leaves it not ready,
 * the next one ready again. */
static void pod_json(struct buf *out, unsigned i, unsigned restarts)
{
    unsigned node = i % 100;
    char uid[40];
    pod_uid(i, uid);
    buf_clear(out);
    buf_addf(out,
             "{\"metadata\":{\"name\":\"web-frontend-%u-7d4b9c6f5d-%05x\",\"namespace\":"
             "\"team-%u\",\"uid\":\"%s\","
             "\"creationTimestamp\":\"2026-03-0%uT10:%02u:17Z\",\"labels\":{\"app\":\"web\"},"
             "\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"web-frontend-%u-7d4b9c6f5d\""
             ",\"controller\":true}]},",
             i / 10, i * 2654435761U >> 12, i % 40, uid, i % 9 + 1, i % 60, i / 10);
    buf_addf(out,
             "\"spec\":{\"nodeName\":\"node-%03u.eu-west-1.compute.internal\","
             "\"restartPolicy\":\"Always\",\"serviceAccountName\":\"default\","
             "\"schedulerName\":\"default-scheduler\",\"priorityClassName\":\"\","
             "\"tolerations\":[{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":"
             "\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300}],\"containers\":[",
             node);
    static const char *const names[] = { "app", "sidecar" };
    for (unsigned c = 0; c < 2; c++) {
        buf_addf(out,
                 "%s{\"name\":\"%s\",\"image\":\"registry.example.com/team/%s:v1.%u.0\","
                 "\"resources\":{\"requests\":{\"cpu\":\"%um\",\"memory\":\"128Mi\"},\"limits\":"
                 "{\"cpu\":\"1\",\"memory\":\"512Mi\"}}}",
                 c ? "," : "", names[c], names[c], i % 7, 100 + i % 5 * 50);
    }
    buf_addf(out,
             "]},\"status\":{\"phase\":\"Running\",\"qosClass\":\"Burstable\",\"hostIP\":"
             "\"10.0.0.%u\",\"podIP\":\"10.%u.%u.%u\",\"podIPs\":[{\"ip\":\"10.%u.%u.%u\"}],"
             "\"startTime\":\"2026-03-0%uT10:%02u:18Z\",\"conditions\":[",
             node, i >> 16 & 255, i >> 8 & 255, i & 255, i >> 16 & 255, i >> 8 & 255, i & 255,
             i % 9 + 1, i % 60);
    static const char *const conditions[] = { "Initialized", "Ready", "ContainersReady",
                                              "PodScheduled" };
    for (unsigned c = 0; c < KG_ARRAY_LEN(conditions); c++) {
        buf_addf(out,
                 "%s{\"type\":\"%s\",\"status\":\"%s\",\"lastTransitionTime\":"
                 "\"2026-03-0%uT10:%02u:2%uZ\"}",
                 c ? "," : "", conditions[c], (c == 1 || c == 2) && restarts % 2 ? "False" : "True",
                 i % 9 + 1, c == 1 || c == 2 ? (i + restarts) % 60 : i % 60, c);
    }
    buf_add(out, STR("],\"containerStatuses\":["));
    for (unsigned c = 0; c < 2; c++) {
        unsigned ended = c ? 0 : restarts;
        buf_addf(out,
                 "%s{\"name\":\"%s\",\"ready\":%s,\"started\":true,\"restartCount\":%u,\"image\":"
                 "\"registry.example.com/team/%s:v1.%u.0\",\"imageID\":\"registry.example.com/team/"
                 "%s@sha256:%064x\",\"containerID\":\"containerd://",
                 c ? "," : "", names[c], ended % 2 ? "false" : "true", ended, names[c], i % 7,
                 names[c], i % 7 + c);
        for (unsigned k = 0; k < 8; k++) {
            buf_addf(out, "%08x", mixed(i, 10 + k + 10 * c + 100 * ended));
        }
        buf_addf(out, "\",\"state\":{\"running\":{\"startedAt\":\"2026-03-0%uT10:%02u:25Z\"}}",
                 i % 9 + 1, (i + ended) % 60);
        if (ended) {
            buf_addf(out,
                     ",\"lastState\":{\"terminated\":{\"exitCode\":%u,\"reason\":\"Error\","
                     "\"finishedAt\":\"2026-03-09T10:%02u:24Z\"}}",
                     ended % 3 + 1, (i + ended) % 60);
        }
        buf_add(out, STR("}"));
    }
    buf_add(out, STR("]}}"));
}

struct bench {
    const struct kube_resource *pods;
    struct metric_store *store;
    struct arena mem;
    struct buf json, text, out;
    struct segment_cache *cache;
    struct packer *packers[PACK_N_CODINGS];
    unsigned restarts; /* of the pods that were changed last */
    double encode_sec; /* in metric_store_put alone */
};

static int put_pod(struct bench *b, unsigned i, unsigned restarts)
{
    struct err err = { 0 };
    char uid[40];
    pod_json(&b->json, i, restarts);
    json_t *object = json_loadb(b->json.p, b->json.n, 0, NULL);
    arena_reset(&b->mem, MIB);
    void *sample = arena_alloc(&b->mem, b->pods->subject->sample_size);
    struct kube_decode how = { .mem = &b->mem };
    int r = object && sample ? b->pods->decode(object, &how, sample, &err) : -EINVAL;
    pod_uid(i, uid);
    double before = cpu_sec();
    if (r >= 0) {
        r = metric_store_put(b->store, str_of(uid), sample, &err);
    }
    b->encode_sec += cpu_sec() - before;
    json_decref(object);
    if (r < 0) {
        fprintf(stderr, "store_bench: pod %u: %s\n", i, err_text(&err));
    }
    return r;
}

/* Runs a scrape to its end, by the packer or plain (NULL). Returns the bytes put out, 0 on
 * failure. */
static size_t scrape_all(struct metric_store *store, struct packer *p, struct buf *text,
                         struct buf *out)
{
    struct metric_part *part = metric_store_part(store);
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    size_t total = 0;
    int r = s ? 1 : -ENOMEM;
    while (r == 1) {
        buf_clear(out);
        r = p ? scrape_next_packed(s, p, text, out, PIECE) : scrape_next(s, out, PIECE);
        total += out->n;
    }
    scrape_free(s);
    return r < 0 ? 0 : total;
}

static double once(struct bench *b, struct packer *p, size_t *ret_bytes)
{
    double before = cpu_sec();
    *ret_bytes = scrape_all(b->store, p, &b->text, &b->out);
    return cpu_sec() - before;
}

static double best_of(struct bench *b, struct packer *p, size_t *ret_bytes)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double took = once(b, p, ret_bytes);
        best = KG_MIN(best, took);
    }
    return best;
}

/* The floor: the same bytes copied in pieces from memory to one buffer. */
static double copy_floor(size_t bytes)
{
    char *from = malloc(bytes), *to = malloc(PIECE);
    double best = 1e9;
    if (from && to) {
        memset(from, 'x', bytes);
        for (int i = 0; i < ROUNDS; i++) {
            double before = cpu_sec();
            for (size_t at = 0; at + PIECE <= bytes; at += PIECE) {
                memcpy(to, from + at, PIECE);
                __asm__ volatile("" : : "r"(to) : "memory");
            }
            best = KG_MIN(best, cpu_sec() - before);
        }
    }
    free(from);
    free(to);
    return best;
}

static int fill(struct bench *b, unsigned n)
{
    int r = 0;
    for (unsigned i = 0; i < n && r >= 0; i++) {
        r = put_pod(b, i, 0);
    }
    return r;
}

/* Changes the status of one pod in every `each`, in no order. */
static int change(struct bench *b, unsigned n, unsigned each)
{
    b->restarts++;
    for (unsigned k = 0; k < n / each; k++) {
        unsigned i = (unsigned)((uint64_t)mixed(k + 1000003U * b->restarts, 99) * n >> 32);
        if (put_pod(b, i, b->restarts) < 0) {
            return -1;
        }
    }
    return metric_store_publish(b->store, NULL);
}

/* What scrapes in one coding cost and put out, and the segments they made. */
struct cost {
    double least;
    size_t bytes;
    uint64_t made;
};

static void take(struct bench *b, struct packer *p, struct cost *ret)
{
    uint64_t made = segment_cache_stats(b->cache).made;
    double took = once(b, p, &ret->bytes);
    ret->least = ret->least > 0 ? KG_MIN(ret->least, took) : took;
    ret->made += segment_cache_stats(b->cache).made - made;
}

static uint64_t n_segments; /* of all pods in one coding */

static void bench_packed(struct bench *b)
{
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        const char *name = pack_name((enum pack_coding)i);
        struct cost cold = { 0 };
        uint64_t before = segment_cache_stats(b->cache).bytes;
        take(b, b->packers[i], &cold);
        n_segments = KG_MAX(cold.made, UINT64_C(1));
        printf("%s, cold   %8.4f s CPU, %.2f MB; kept %.1f MB in %" PRIu64 " segments\n", name,
               cold.least, (double)cold.bytes / 1e6,
               (double)(segment_cache_stats(b->cache).bytes - before) / 1e6, cold.made);
        size_t bytes;
        double took = best_of(b, b->packers[i], &bytes);
        printf("%s, warm   %8.4f s CPU, %.2f MB\n", name, took, (double)bytes / 1e6);
    }
}

/* Scrapes the same changes in each coding; the best of all rounds. */
static int bench_churn(struct bench *b, unsigned n)
{
    static const unsigned each[] = { 1000, 100, 10 };
    for (size_t i = 0; i < KG_ARRAY_LEN(each); i++) {
        struct cost costs[PACK_N_CODINGS] = { 0 };
        for (int round = 0; round < ROUNDS; round++) {
            if (change(b, n, each[i]) < 0) {
                return -1;
            }
            for (int k = 0; k < PACK_N_CODINGS; k++) {
                take(b, b->packers[k], &costs[k]);
            }
        }
        for (int k = 0; k < PACK_N_CODINGS; k++) {
            printf("%s, %4.1f %% %8.4f s CPU, %.2f MB; %.0f %% of the segments made anew\n",
                   pack_name((enum pack_coding)k), 100.0 / each[i], costs[k].least,
                   (double)costs[k].bytes / 1e6,
                   100 * (double)costs[k].made / ROUNDS / (double)n_segments);
        }
    }
    return 0;
}

static int run(struct bench *b, unsigned n)
{
    size_t heap_before = heap_bytes();
    if (fill(b, n) < 0 || metric_store_publish(b->store, NULL) < 0) {
        return 1;
    }
    size_t heap = heap_bytes() - heap_before;
    struct metric_store_stats stats = metric_store_stats(b->store);
    printf("%u pods, %zu series\n", n, stats.n_series);
    printf("blocks       %8.1f bytes a pod\n", (double)stats.n_bytes / n);
    printf("heap in all  %8.1f bytes a pod\n", (double)heap / n);
    printf("put          %8.3f s CPU, %.2f us a pod\n", b->encode_sec, b->encode_sec / n * 1e6);

    double before = cpu_sec();
    for (unsigned i = 0; i < n; i += 100) {
        if (put_pod(b, i, 1) < 0 || metric_store_publish(b->store, NULL) < 0) {
            return 1;
        }
    }
    printf("change       %8.2f us CPU a pod, decoding and publishing included\n",
           (cpu_sec() - before) / ((n + 99) / 100) * 1e6);

    size_t relist_before = heap_bytes();
    before = cpu_sec();
    if (metric_store_relist_begin(b->store, NULL) < 0 || fill(b, n) < 0) {
        return 1;
    }
    size_t relist_peak = heap_bytes();
    if (metric_store_relist_commit(b->store, NULL) < 0) {
        return 1;
    }
    printf("relist       %8.2f x the heap at its peak\n",
           1 + (double)(relist_peak - relist_before) / (double)heap);

    size_t plain;
    double assembly = best_of(b, NULL, &plain);
    double floor = copy_floor(plain);
    printf("text         %8.1f MB\n", (double)plain / 1e6);
    printf("assembly     %8.4f s CPU, %.0f MB/s, %.1f ns a series\n", assembly,
           (double)plain / 1e6 / assembly, assembly / (double)stats.n_series * 1e9);
    printf("memcpy       %8.4f s CPU, assembly is %.1f x that\n", floor, assembly / floor);
    bench_packed(b);
    return plain && bench_churn(b, n) >= 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t n = 10000;
    if (argc > 2 || (argc == 2 && num_scan_u64(str_of(argv[1]), &n) < 0) || n == 0 ||
        n > LIMIT_STORE_OBJECTS) {
        fprintf(stderr, "usage: store_bench [PODS]\n");
        return 2;
    }
    struct bench b = {
        .json = BUF_INIT(MIB),
        .text = BUF_INIT(64 * MIB),
        .out = BUF_INIT(64 * MIB),
        .cache = segment_cache_new(SIZE_MAX / 2, UINT64_MAX),
        .packers = { packer_new(PACK_GZIP), packer_new(PACK_ZSTD) },
    };
    struct metric_store_limits limits = { .cache = b.cache };
    arena_init(&b.mem, LIMIT_DECODE_ARENA_BYTES);
    b.pods = kube_resource_by_plural(STR("pods"));
    b.store = b.pods && b.cache && b.packers[PACK_GZIP] && b.packers[PACK_ZSTD]
                  ? metric_store_new(b.pods->subject, NULL, &limits, NULL)
                  : NULL;
    int code = b.store ? run(&b, (unsigned)n) : 1;
    metric_store_free(b.store);
    arena_done(&b.mem);
    packer_free(b.packers[PACK_GZIP]);
    packer_free(b.packers[PACK_ZSTD]);
    segment_cache_unref(b.cache);
    buf_done(&b.json);
    buf_done(&b.text);
    buf_done(&b.out);
    return code;
}
