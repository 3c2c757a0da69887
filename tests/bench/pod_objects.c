/* pod_objects.c — what one pod costs: parsing, decoding and rendering, and its block in the store.
 *   pod_objects FILE [COUNT]   renders the pod in FILE COUNT times, each with its own name and uid.
 * Uses: base, metrics, kube, jansson.  Threads: none.  Owner: tests/bench. */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/num.h"
#include "kube/client/json_arena.h"
#include "kube/client/json_cut.h"
#include "kube/join/pod_index.h"
#include "kube/object/meta.h"
#include "kube/resources/resource.h"
#include "metrics/store.h"

#include <inttypes.h>
#include <stdio.h>

extern const struct kube_resource kube_pods;

struct costs {
    uint64_t plain_ns, parse_ns, decode_ns, put_ns, index_ns;
};

/* How the watch reads objects: kube/client/watch_body.c. */
struct reader {
    struct json_cut *cut;
    struct buf scratch;
    size_t left; /* bytes of the object that are parsed */
};

static json_t *parse(struct reader *reader, struct str text)
{
    struct str left = json_cut_object(reader->cut, text, &reader->scratch);
    reader->left = left.n;
    json_arena_begin();
    return json_loadb(left.p, left.n, 0, NULL);
}

/* The same object read whole, member by member from malloc. */
static uint64_t plain_cost(struct str text)
{
    uint64_t before = clock_cpu_ns();
    json_decref(json_loadb(text.p, text.n, 0, NULL));
    return clock_cpu_ns() - before;
}

static void set_text(json_t *object, const char *key, uint64_t n)
{
    char text[64];
    snprintf(text, sizeof(text), "%s-%08" PRIx64 "-0000-4000-8000-000000000000", key, n);
    json_object_set_new(object, key, json_string(text));
}

static int one(struct reader *reader, struct str text, uint64_t n, struct metric_store *store,
               struct pod_index *index, struct arena *mem, struct costs *costs, struct err *err)
{
    const struct kube_decode how = { .mem = mem };
    costs->plain_ns += plain_cost(text);
    uint64_t t0 = clock_cpu_ns();
    json_t *object = parse(reader, text);
    uint64_t t1 = clock_cpu_ns();
    json_t *metadata = json_object_get(object, "metadata");
    set_text(metadata, "name", n);
    set_text(metadata, "uid", n);
    uint64_t t2 = clock_cpu_ns();
    arena_reset(mem, 1 * MIB);
    void *sample = arena_alloc(mem, kube_pods.subject->sample_size);
    int r = sample ? kube_pods.decode(object, &how, sample, err) : -ENOMEM;
    uint64_t t3 = clock_cpu_ns();
    struct str key = str_of(json_string_value(json_object_get(metadata, "uid")));
    r = r < 0 ? r : metric_store_put(store, key, sample, err);
    uint64_t t4 = clock_cpu_ns();
    if (r >= 0 && n < LIMIT_PODS_PER_NODE) {
        r = pod_index_consumer.put(index, object, err);
    }
    uint64_t t5 = clock_cpu_ns();
    json_arena_end(object);
    costs->parse_ns += t1 - t0 + clock_cpu_ns() - t5;
    costs->decode_ns += t3 - t2;
    costs->put_ns += t4 - t3;
    costs->index_ns += t5 - t4;
    return r;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    auto_buf struct buf text = BUF_INIT(LIMIT_OBJECT_BYTES);
    uint64_t count = 10000;
    bool legal = argc > 1 && argc < 4 && (argc < 3 || num_scan_u64(str_of(argv[2]), &count) == 0);
    if (!legal || count == 0 || file_read(AT_FDCWD, argv[1], &text, &err) < 0) {
        fprintf(stderr, "usage: pod_objects FILE [COUNT]\n");
        return 2;
    }
    struct metric_store *store = metric_store_new(kube_pods.subject, NULL, NULL, &err);
    struct pod_index *index = pod_index_new(NULL, 0, &err);
    struct arena mem;
    struct costs costs = { 0 };
    /* As the watch has it when no allowlist wants them. */
    static const char *const not_allowlisted[] = { "metadata.labels", "metadata.annotations",
                                                   NULL };
    const char *const *const unread[] = { kube_meta_unread, kube_pods.unread, not_allowlisted };
    struct reader reader = { json_cut_new(unread, KG_ARRAY_LEN(unread)), BUF_INIT(MIB), 0 };
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    int r = store && index && reader.cut ? pod_index_consumer.relist_begin(index, &err) : -ENOMEM;
    for (uint64_t i = 0; r >= 0 && i < count; i++) {
        r = one(&reader, buf_str(&text), i, store, index, &mem, &costs, &err);
    }
    r = r < 0 ? r : metric_store_publish(store, &err);
    if (r < 0) {
        fprintf(stderr, "pod_objects: %s\n", err_text(&err));
        return 1;
    }
    struct metric_store_stats stats = metric_store_stats(store);
    printf("object %zu bytes, %zu of them parsed, %" PRIu64 " objects, %.1f series each\n", text.n,
           reader.left, count, (double)stats.n_series / (double)count);
    printf("cpu per object: whole by jansson alone %.1f us\n",
           (double)costs.plain_ns / 1e3 / (double)count);
    printf(
        "cpu per object: cut, parse and free %.1f us, decode %.1f us, render and store %.1f us, "
        "pod index %.1f us\n",
        (double)costs.parse_ns / 1e3 / (double)count, (double)costs.decode_ns / 1e3 / (double)count,
        (double)costs.put_ns / 1e3 / (double)count, (double)costs.index_ns / 1e3 / (double)count);
    printf("store: %.0f bytes an object\n", (double)stats.n_bytes / (double)count);
    metric_store_free(store);
    pod_index_free(index);
    json_cut_free(reader.cut);
    buf_done(&reader.scratch);
    json_arena_done();
    arena_done(&mem);
    return 0;
}
