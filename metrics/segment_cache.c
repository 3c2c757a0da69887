#include "metrics/segment_cache.h"

struct segment_cache {
    struct snapshot snapshot;
    size_t max_bytes;
    uint64_t idle_ns;
    _Atomic uint64_t asked_ns[PACK_N_CODINGS]; /* when last; 0: never */
    atomic_size_t bytes;
    _Atomic uint64_t hits, made, refused;
};

static void cache_free(struct snapshot *s)
{
    free(KG_CONTAINER_OF(s, struct segment_cache, snapshot));
}

struct segment_cache *segment_cache_new(size_t max_bytes, uint64_t idle_ns)
{
    struct segment_cache *c = calloc(1, sizeof(*c));
    if (c) {
        snapshot_init(&c->snapshot, cache_free);
        c->max_bytes = max_bytes;
        c->idle_ns = idle_ns;
    }
    return c;
}

struct segment_cache *segment_cache_ref(struct segment_cache *c)
{
    snapshot_ref(&c->snapshot);
    return c;
}

void segment_cache_unref(struct segment_cache *c)
{
    if (c) {
        snapshot_unref(&c->snapshot);
    }
}

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

struct pack_segment *segment_cache_make(struct segment_cache *c, struct packer *p, struct str text)
{
    /* Held for the worst while it is made: the maximum is never passed, and nothing is compressed
     * only to be thrown away. */
    size_t most = pack_segment_most(p, text.n);
    if (atomic_fetch_add(&c->bytes, most) + most > c->max_bytes) {
        atomic_fetch_sub(&c->bytes, most);
        count(&c->refused);
        return NULL;
    }
    struct pack_segment *s = pack_segment_new(p, text, &c->bytes);
    atomic_fetch_sub(&c->bytes, most);
    count(s ? &c->made : &c->refused);
    return s;
}

void segment_cache_hit(struct segment_cache *c)
{
    count(&c->hits);
}

void segment_cache_ask(struct segment_cache *c, enum pack_coding coding, uint64_t now_ns)
{
    atomic_store_explicit(&c->asked_ns[coding], now_ns, memory_order_relaxed);
}

unsigned segment_cache_wanted(const struct segment_cache *c, uint64_t now_ns)
{
    unsigned wanted = 0;
    for (unsigned i = 0; i < PACK_N_CODINGS; i++) {
        uint64_t asked_ns = atomic_load_explicit(&c->asked_ns[i], memory_order_relaxed);
        /* Another thread may have asked since `now`. */
        if (asked_ns && (now_ns <= asked_ns || now_ns - asked_ns < c->idle_ns)) {
            wanted |= 1U << i;
        }
    }
    return wanted;
}

struct segment_cache_stats segment_cache_stats(const struct segment_cache *c)
{
    return (struct segment_cache_stats){
        .bytes = atomic_load(&c->bytes),
        .max_bytes = c->max_bytes,
        .hits = atomic_load(&c->hits),
        .made = atomic_load(&c->made),
        .refused = atomic_load(&c->refused),
    };
}
