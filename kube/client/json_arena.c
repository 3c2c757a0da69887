#include "kube/client/json_arena.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdalign.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

/* Address space of the region; memory only where it was used. A tree takes about five times its
 * text, which LIMIT_OBJECT_BYTES bounds; larger ones go on with malloc. */
#define REGION_BYTES (16 * MIB)

/* Memory that stays for the next tree; the rest of a large one is given back. */
#define KEEP_BYTES (256 * KIB)

static _Thread_local struct json_arena {
    char *region;
    size_t used;
    bool open;
    bool spilled; /* some of the tree came from malloc */
} arena;

static pthread_once_t installed = PTHREAD_ONCE_INIT;

static bool is_inside(const void *p)
{
    return arena.region && (const char *)p >= arena.region &&
           (const char *)p < arena.region + REGION_BYTES;
}

static void *take(size_t n)
{
    if (!arena.open) {
        return malloc(n);
    }
    size_t rounded = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded < n || rounded > REGION_BYTES - arena.used) {
        arena.spilled = true;
        return malloc(n);
    }
    void *p = arena.region + arena.used;
    arena.used += rounded;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    return p;
}

static void give(void *p)
{
    if (!is_inside(p)) {
        free(p);
    }
}

static void install(void)
{
    json_set_alloc_funcs(take, give);
}

void json_arena_begin(void)
{
    pthread_once(&installed, install);
    if (!arena.region) {
        void *region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        arena.region = region == MAP_FAILED ? NULL : region;
    }
    arena.open = arena.region != NULL;
}

void json_arena_end(json_t *tree)
{
    /* What came from malloc hangs somewhere in the tree. */
    if (!arena.open || arena.spilled) {
        json_decref(tree);
    }
    if (!arena.region) {
        return;
    }
    arena.open = arena.spilled = false;
    ASAN_POISON_MEMORY_REGION(arena.region, arena.used);
    if (arena.used > KEEP_BYTES) {
        (void)madvise(arena.region + KEEP_BYTES, arena.used - KEEP_BYTES, MADV_DONTNEED);
    }
    arena.used = 0;
}

void json_arena_done(void)
{
    if (arena.region) {
        ASAN_UNPOISON_MEMORY_REGION(arena.region, REGION_BYTES);
        munmap(arena.region, REGION_BYTES);
        arena = (struct json_arena){ 0 };
    }
}
