#include "agent/http/object_gate.h"

#include <pthread.h>

struct object_gate {
    pthread_mutex_t lock;
    bool open;
    uint64_t from_ns, until_ns;
    struct object_gate_opening named[LIMIT_SCRAPERS];
    size_t n;
};

struct object_gate *object_gate_new(void)
{
    struct object_gate *g = calloc(1, sizeof(*g));
    if (g) {
        pthread_mutex_init(&g->lock, NULL);
    }
    return g;
}

void object_gate_free(struct object_gate *g)
{
    if (g) {
        pthread_mutex_destroy(&g->lock);
        free(g);
    }
}

void object_gate_shut(struct object_gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->open = false;
    g->n = 0;
    pthread_mutex_unlock(&g->lock);
}

void object_gate_open(struct object_gate *g, uint64_t from_ns,
                      const struct object_gate_opening *named, size_t n)
{
    pthread_mutex_lock(&g->lock);
    g->open = true;
    g->until_ns = UINT64_MAX;
    g->from_ns = from_ns;
    g->n = KG_MIN(n, (size_t)LIMIT_SCRAPERS);
    for (size_t i = 0; i < g->n; i++) {
        g->named[i] = named[i];
        g->from_ns = KG_MAX(g->from_ns, named[i].from_ns);
    }
    pthread_mutex_unlock(&g->lock);
}

void object_gate_keep(struct object_gate *g, uint64_t until_ns)
{
    pthread_mutex_lock(&g->lock);
    g->until_ns = until_ns;
    pthread_mutex_unlock(&g->lock);
}

static uint64_t from_for(const struct object_gate *g, uint64_t id)
{
    for (size_t i = 0; i < g->n; i++) {
        if (g->named[i].id == id) {
            return g->named[i].from_ns;
        }
    }
    return g->from_ns;
}

bool object_gate_is_open(struct object_gate *g, uint64_t id, uint64_t began_ns, uint64_t now_ns)
{
    pthread_mutex_lock(&g->lock);
    bool is_open = g->open && now_ns < g->until_ns && began_ns >= from_for(g, id);
    pthread_mutex_unlock(&g->lock);
    return is_open;
}
