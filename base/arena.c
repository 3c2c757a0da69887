#include "base/arena.h"

#include <stdalign.h>

#define ARENA_CHUNK ((size_t)16 * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){ .max = max };
}

void arena_done(struct arena *a)
{
    struct arena_chunk *chunk = a->first;
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    arena_init(a, a->max);
}

void arena_reset(struct arena *a, size_t keep)
{
    size_t kept = 0;
    struct arena_chunk **link = &a->first;
    while (*link) {
        struct arena_chunk *chunk = *link;
        if (kept + chunk->size <= keep) {
            kept += chunk->size;
            chunk->used = 0;
            link = &chunk->next;
        } else {
            *link = chunk->next;
            free(chunk);
        }
    }
    a->current = a->first;
    a->used = 0;
}

/* A chunk with room for n bytes after the current one: a kept one, or a new one. */
static struct arena_chunk *next_chunk(struct arena *a, size_t n)
{
    for (struct arena_chunk *chunk = a->current ? a->current->next : NULL; chunk;
         chunk = chunk->next) {
        if (chunk->size >= n) {
            return chunk;
        }
    }
    size_t size = KG_MAX(n, ARENA_CHUNK);
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);
    if (!chunk) {
        return NULL;
    }
    chunk->size = size;
    chunk->used = 0;
    if (a->current) {
        chunk->next = a->current->next;
        a->current->next = chunk;
    } else {
        chunk->next = a->first;
        a->first = chunk;
    }
    return chunk;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > a->max || a->used > a->max - n) {
        return NULL;
    }
    size_t rounded = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded == 0) {
        rounded = alignof(max_align_t);
    }
    if (!a->current || a->current->size - a->current->used < rounded) {
        struct arena_chunk *chunk = next_chunk(a, rounded);
        if (!chunk) {
            return NULL;
        }
        chunk->used = 0;
        a->current = chunk;
    }
    char *p = a->current->bytes + a->current->used;
    a->current->used += rounded;
    a->used += n;
    memset(p, 0, rounded);
    return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        return NULL;
    }
    return arena_alloc(a, bytes);
}

int arena_str(struct arena *a, struct str s, struct str *ret)
{
    char *copy = arena_alloc(a, s.n + 1);
    if (!copy) {
        return -ENOMEM;
    }
    if (s.n) {
        memcpy(copy, s.p, s.n);
    }
    *ret = (struct str){ copy, s.n };
    return 0;
}
