#include "base/snapshot.h"

void snapshot_init(struct snapshot *s, void (*free_fn)(struct snapshot *))
{
    atomic_init(&s->refs, 1);
    s->free = free_fn;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    if (s) {
        atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    }
    return s;
}

struct snapshot *snapshot_unref(struct snapshot *s)
{
    /* acq_rel: what other threads did with it comes before the free. */
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        s->free(s);
    }
    return NULL;
}

int snapshot_cell_init(struct snapshot_cell *c)
{
    c->now = NULL;
    return -pthread_mutex_init(&c->lock, NULL);
}

void snapshot_cell_done(struct snapshot_cell *c)
{
    snapshot_unref(c->now);
    c->now = NULL;
    pthread_mutex_destroy(&c->lock);
}

void snapshot_cell_publish(struct snapshot_cell *c, struct snapshot *s)
{
    pthread_mutex_lock(&c->lock);
    struct snapshot *old = c->now;
    c->now = s;
    pthread_mutex_unlock(&c->lock);
    snapshot_unref(old); /* outside: a free may take long */
}

struct snapshot *snapshot_cell_acquire(struct snapshot_cell *c)
{
    pthread_mutex_lock(&c->lock);
    struct snapshot *s = snapshot_ref(c->now);
    pthread_mutex_unlock(&c->lock);
    return s;
}
