#include "base/limits.h"
#include "metrics/sink_internal.h"

/* Readings kept for the next: one being read, one or two being served. */
#define POOL_READINGS 3

/* Memory that a kept reading may hold; a node with more than that allocates the rest anew. */
#define POOL_READING_BYTES (8 * MIB)
#define POOL_SCRATCH_BYTES (64 * KIB)

struct reading_pool {
    atomic_uint refs; /* the sink and every reading that is held */
    pthread_mutex_t lock;
    struct reading *idle; /* under lock */
    size_t n_idle;        /* under lock */
    bool closed;          /* under lock */
};

struct reading_pool *reading_pool_new(void)
{
    struct reading_pool *pool = calloc(1, sizeof(*pool));
    if (!pool || pthread_mutex_init(&pool->lock, NULL) != 0) {
        free(pool);
        return NULL;
    }
    atomic_init(&pool->refs, 1);
    return pool;
}

static void reading_free(struct reading *reading)
{
    arena_done(&reading->mem);
    buf_done(&reading->values);
    buf_done(&reading->text);
    free(reading);
}

static void pool_unref(struct reading_pool *pool)
{
    if (atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) == 1) {
        pthread_mutex_destroy(&pool->lock);
        free(pool);
    }
}

void reading_pool_close(struct reading_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct reading *idle = pool->idle;
    pool->idle = NULL;
    pool->n_idle = 0;
    pool->closed = true;
    pthread_mutex_unlock(&pool->lock);
    while (idle) {
        struct reading *next = idle->next;
        reading_free(idle);
        idle = next;
    }
    pool_unref(pool);
}

struct reading *reading_pool_get(struct reading_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct reading *reading = pool->idle;
    if (reading) {
        pool->idle = reading->next;
        pool->n_idle--;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!reading) {
        reading = calloc(1, sizeof(*reading));
        if (!reading) {
            return NULL;
        }
        arena_init(&reading->mem, LIMIT_NODE_ARENA_BYTES);
        buf_init(&reading->values, LIMIT_NODE_ARENA_BYTES);
        buf_init(&reading->text, LIMIT_NODE_ARENA_BYTES);
    }
    atomic_init(&reading->refs, 1);
    atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
    reading->pool = pool;
    reading->next = NULL;
    reading->groups = NULL;
    reading->loose = NULL;
    reading->last_loose = &reading->loose;
    return reading;
}

struct reading *reading_ref(struct reading *reading)
{
    atomic_fetch_add_explicit(&reading->refs, 1, memory_order_relaxed);
    return reading;
}

static void trim(struct buf *scratch)
{
    if (scratch->cap > POOL_SCRATCH_BYTES) {
        buf_done(scratch);
    }
    buf_clear(scratch);
}

void reading_unref(struct reading *reading)
{
    if (!reading || atomic_fetch_sub_explicit(&reading->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (struct sink_group *group = reading->groups; group; group = group->next) {
        metric_plan_unref(group->plan);
    }
    struct reading_pool *pool = reading->pool;
    arena_reset(&reading->mem, POOL_READING_BYTES);
    trim(&reading->values);
    trim(&reading->text);
    pthread_mutex_lock(&pool->lock);
    bool keep = !pool->closed && pool->n_idle < POOL_READINGS;
    if (keep) {
        reading->next = pool->idle;
        pool->idle = reading;
        pool->n_idle++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep) {
        reading_free(reading);
    }
    pool_unref(pool);
}
