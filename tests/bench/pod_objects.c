/* pod_objects.c — what one pod costs: reading, decoding and rendering, and its block in the store.
 *   pod_objects [--check] FILE [COUNT]
 * renders the pod in FILE (typical-pod.json, or one of crowd_api's, which has managedFields) COUNT
 * times, each with its own name and uid. Reading it is measured beside two ways of old: all of it
 * by jansson, and all but its managedFields, which was what the program did at first; both with
 * memory from malloc. --check fails unless it is read in a third of the time of the latter. Uses:
 * base, metrics, kube, jansson.  Threads: none.  Owner: tests/bench. */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/num.h"
#include "kube/client/json_arena.h"
#include "kube/client/json_read.h"
#include "kube/join/pod_index.h"
#include "kube/object/meta.h"
#include "kube/resources/resource.h"
#include "metrics/store.h"

#include <inttypes.h>
#include <stdio.h>

extern const struct kube_resource kube_pods;

/* So many objects are read in one way before the next: what malloc is left with by one of them is
 * not to be another's cost at each object. */
#define IN_TURN ((uint64_t)100)

struct costs {
    uint64_t whole_ns, former_ns, read_ns, decode_ns, put_ns, index_ns;
};

#define CHECK_RATIO 3

struct texts {
    struct str whole, former; /* former: without managedFields */
};

/* How the watch reads objects: kube/client/watch_body.c. */
static json_t *read_wanted(const struct json_wanted *wanted, struct str text)
{
    json_arena_begin();
    return json_read_object(wanted, text);
}

static uint64_t jansson_cost(struct str text, uint64_t times)
{
    uint64_t before = clock_cpu_ns();
    for (uint64_t i = 0; i < times; i++) {
        json_decref(json_loadb(text.p, text.n, 0, NULL));
    }
    return clock_cpu_ns() - before;
}

/* The text without managedFields, to be freed; NULL when it is no pod. */
static char *former_text(struct str text)
{
    json_t *object = json_loadb(text.p, text.n, 0, NULL);
    json_object_del(json_object_get(object, "metadata"), "managedFields");
    char *former = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return former;
}

static void set_text(json_t *object, const char *key, uint64_t n)
{
    char text[64];
    snprintf(text, sizeof(text), "%s-%08" PRIx64 "-0000-4000-8000-000000000000", key, n);
    json_object_set_new(object, key, json_string(text));
}

static int one(const struct json_wanted *wanted, struct str text, uint64_t n,
               struct metric_store *store, struct pod_index *index, struct arena *mem,
               struct costs *costs, struct err *err)
{
    const struct kube_decode how = { .mem = mem };
    uint64_t t0 = clock_cpu_ns();
    json_t *object = read_wanted(wanted, text);
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
    costs->read_ns += t1 - t0 + clock_cpu_ns() - t5;
    costs->decode_ns += t3 - t2;
    costs->put_ns += t4 - t3;
    costs->index_ns += t5 - t4;
    return r;
}

static double each_us(uint64_t ns, uint64_t count)
{
    return (double)ns / 1e3 / (double)count;
}

static void print(const struct costs *costs, struct texts texts, uint64_t count,
                  const struct metric_store *store)
{
    struct metric_store_stats stats = metric_store_stats(store);
    printf("object %zu bytes, %zu without managedFields; %" PRIu64 " objects, %.1f series each\n",
           texts.whole.n, texts.former.n, count, (double)stats.n_series / (double)count);
    printf("cpu per object: by jansson whole %.1f us, without managedFields %.1f us\n",
           each_us(costs->whole_ns, count), each_us(costs->former_ns, count));
    printf("cpu per object: what is wanted and free %.1f us, 1/%.1f of without managedFields\n",
           each_us(costs->read_ns, count), (double)costs->former_ns / (double)costs->read_ns);
    printf("cpu per object: decode %.1f us, render and store %.1f us, pod index %.1f us\n",
           each_us(costs->decode_ns, count), each_us(costs->put_ns, count),
           each_us(costs->index_ns, count));
    printf("store: %.0f bytes an object\n", (double)stats.n_bytes / (double)count);
}

static int run(struct texts texts, uint64_t count, bool check, struct err *err)
{
    struct metric_store *store = metric_store_new(kube_pods.subject, NULL, NULL, err);
    struct pod_index *index = pod_index_new(NULL, 0, err);
    /* As the watch has it when no allowlist wants labels or annotations. */
    struct json_wanted *wanted = kube_resource_wanted(&kube_pods, false, false, NULL);
    struct costs costs = { 0 };
    struct arena mem;
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    int r = store && index && wanted ? pod_index_consumer.relist_begin(index, err) : -ENOMEM;
    for (uint64_t i = 0; r >= 0 && i < count; i++) {
        if (i % IN_TURN == 0) {
            uint64_t times = KG_MIN(IN_TURN, count - i);
            costs.whole_ns += jansson_cost(texts.whole, times);
            costs.former_ns += jansson_cost(texts.former, times);
        }
        r = one(wanted, texts.whole, i, store, index, &mem, &costs, err);
    }
    r = r < 0 ? r : metric_store_publish(store, err);
    if (r >= 0) {
        print(&costs, texts, count, store);
    }
    if (r >= 0 && check && costs.former_ns < CHECK_RATIO * costs.read_ns) {
        r = err_set(err, ETIME, "not %d times as fast as without managedFields", CHECK_RATIO);
    }
    metric_store_free(store);
    pod_index_free(index);
    json_wanted_free(wanted);
    json_arena_done();
    arena_done(&mem);
    return r;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    auto_buf struct buf text = BUF_INIT(LIMIT_OBJECT_BYTES);
    uint64_t count = 10000;
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0;
    argc -= check;
    argv += check;
    bool legal = argc > 1 && argc < 4 && (argc < 3 || num_scan_u64(str_of(argv[2]), &count) == 0);
    if (!legal || count == 0 || file_read(AT_FDCWD, argv[1], &text, &err) < 0) {
        fprintf(stderr, "usage: pod_objects [--check] FILE [COUNT]\n");
        return 2;
    }
    char *former = former_text(buf_str(&text));
    int r = former ? run((struct texts){ buf_str(&text), str_of(former) }, count, check, &err)
                   : err_set(&err, EBADMSG, "%s: not JSON", argv[1]);
    free(former);
    if (r < 0) {
        fprintf(stderr, "pod_objects: %s\n", err_text(&err));
        return 1;
    }
    return 0;
}
