#include "base/map.h"

/* Out of memory in uthash then sets a flag instead of calling exit(). */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->lost = true)
/* The default hash trips -Wimplicit-fallthrough. */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

struct map_entry {
    UT_hash_handle hh;
    void *value;
    bool lost; /* uthash could not link it */
    size_t key_len;
    char key[];
};

void map_done(struct map *m, void (*free_value)(void *))
{
    struct map_entry *entry = m->head, *next;
    HASH_CLEAR(hh, m->head); /* frees the table alone; the entries stay linked */
    for (; entry; entry = next) {
        next = entry->hh.next;
        if (free_value) {
            free_value(entry->value);
        }
        free(entry);
    }
}

static struct map_entry *find(const struct map *m, struct str key)
{
    struct map_entry *entry = NULL;
    HASH_FIND(hh, m->head, key.n ? key.p : "", key.n, entry);
    return entry;
}

void *map_get(const struct map *m, struct str key)
{
    const struct map_entry *entry = find(m, key);
    return entry ? entry->value : NULL;
}

int map_put(struct map *m, struct str key, void *value, void **ret_old)
{
    struct map_entry *entry = find(m, key);
    if (entry) {
        if (ret_old) {
            *ret_old = entry->value;
        }
        entry->value = value;
        return 0;
    }
    entry = calloc(1, sizeof(*entry) + key.n + 1);
    if (!entry) {
        return -ENOMEM;
    }
    entry->value = value;
    entry->key_len = key.n;
    if (key.n) {
        memcpy(entry->key, key.p, key.n);
    }
    HASH_ADD_KEYPTR(hh, m->head, entry->key, entry->key_len, entry);
    if (entry->lost) {
        free(entry);
        return -ENOMEM;
    }
    if (ret_old) {
        *ret_old = NULL;
    }
    return 0;
}

void *map_remove(struct map *m, struct str key)
{
    struct map_entry *entry = find(m, key);
    if (!entry) {
        return NULL;
    }
    void *value = entry->value;
    HASH_DEL(m->head, entry);
    free(entry);
    return value;
}

size_t map_count(const struct map *m)
{
    return HASH_COUNT(m->head);
}

bool map_next(const struct map *m, void **at, struct str *ret_key, void **ret_value)
{
    /* *at is the entry that comes next, so that the current one may be removed; the map's own
     * address stands for the end. */
    struct map_entry *entry = *at == NULL ? m->head : *at;
    if (!entry || *at == (void *)m) {
        return false;
    }
    *ret_key = (struct str){ entry->key, entry->key_len };
    *ret_value = entry->value;
    *at = entry->hh.next ? entry->hh.next : (void *)(uintptr_t)m;
    return true;
}
