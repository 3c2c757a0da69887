#include "collectors/ephemeral/folders.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"

#include <limits.h>

#define KEY_BYTES (2 * (size_t)PATH_MAX)

struct merge {
    struct ephemeral_folders *f;
    size_t dropped;
    int error;
};

static struct str text_copy(char **at, struct str s)
{
    struct str copy = { *at, s.n };
    if (s.n) {
        memcpy(*at, s.p, s.n);
    }
    *at += s.n;
    return copy;
}

static struct ephemeral_folder *folder_new(const struct ephemeral_target *t)
{
    size_t text = t->pod_uid.n + t->name.n + t->type.n + t->path.n;
    struct ephemeral_folder *folder = calloc(1, sizeof(*folder) + text);
    if (folder) {
        char *at = folder->text;
        folder->item.kind = t->kind;
        folder->item.pod_uid = text_copy(&at, t->pod_uid);
        folder->item.name = text_copy(&at, t->name);
        folder->item.type = text_copy(&at, t->type);
        folder->path = text_copy(&at, t->path);
        folder->item.state = str_empty(t->path) ? EPHEMERAL_FAILED : EPHEMERAL_WAITING;
    }
    return folder;
}

/* Names of files have no '/'. A container whose layer is told with another path has begun anew. */
static int add(struct ephemeral_folders *f, const struct ephemeral_target *t, struct buf *key)
{
    buf_addf(key, "%d/" STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT, (int)t->kind,
             STR_ARG(t->pod_uid), STR_ARG(t->type), STR_ARG(t->name), STR_ARG(t->path));
    if (buf_failed(key)) {
        return -ENOMEM;
    }
    struct ephemeral_folder *folder = map_get(&f->by_key, buf_str(key));
    if (!folder) {
        if (map_count(&f->by_key) >= LIMIT_EPHEMERAL_FOLDERS) {
            return -ENOSPC;
        }
        folder = folder_new(t);
        if (!folder || map_put(&f->by_key, buf_str(key), folder, NULL) < 0) {
            free(folder);
            return -ENOMEM;
        }
        folder->item.found_ns = f->search_ns;
    }
    folder->search = f->search;
    return 0;
}

static bool found(void *arg, const struct ephemeral_target *target)
{
    struct merge *m = arg;
    auto_buf struct buf key = BUF_INIT(KEY_BYTES);
    int r = add(m->f, target, &key);
    m->dropped += r == -ENOSPC;
    m->error = r == -ENOMEM ? r : m->error;
    return m->error == 0;
}

static void forget(struct ephemeral_folders *f)
{
    void *at = NULL, *value;
    struct str key;
    while (map_next(&f->by_key, &at, &key, &value)) {
        struct ephemeral_folder *folder = value;
        if (folder->search != f->search && (f->kinds >> folder->item.kind & 1)) {
            free(map_remove(&f->by_key, key));
        }
    }
}

static int by_age(const void *a, const void *b)
{
    const struct ephemeral_folder *x = *(struct ephemeral_folder *const *)a;
    const struct ephemeral_folder *y = *(struct ephemeral_folder *const *)b;
    return x->tried_ns < y->tried_ns ? -1 : x->tried_ns > y->tried_ns;
}

static int make_queue(struct ephemeral_folders *f)
{
    size_t n = map_count(&f->by_key);
    struct ephemeral_folder **queue =
        reallocarray((void *)f->queue, n ? n : 1, sizeof(*queue)); /* NOLINT(bugprone-sizeof-*) */
    if (!queue) {
        return -ENOMEM;
    }
    f->queue = queue;
    void *at = NULL, *value;
    struct str key;
    while (map_next(&f->by_key, &at, &key, &value)) {
        struct ephemeral_folder *folder = value;
        if (!str_empty(folder->path)) {
            queue[f->n_queue++] = folder;
        }
    }
    qsort((void *)queue, f->n_queue, sizeof(struct ephemeral_folder *), by_age);
    return 0;
}

int ephemeral_folders_search(struct ephemeral_folders *f, const struct ephemeral_places *places,
                             int root_fd)
{
    struct merge m = { .f = f };
    f->search++;
    f->search_ns = clock_mono_ns();
    f->n_queue = 0;
    f->fault = (struct err){ 0 };
    int r = ephemeral_find(places, root_fd, found, &m, &f->kinds, &f->fault);
    if (m.error < 0 || r == -ENOMEM) {
        f->kinds = 0;
        return -ENOMEM;
    }
    f->dropped = m.dropped;
    forget(f);
    return make_queue(f);
}

void ephemeral_folders_done(struct ephemeral_folders *f)
{
    map_done(&f->by_key, free);
    free((void *)f->queue);
}

static int by_pod(const void *a, const void *b)
{
    const struct ephemeral_item *x = a, *y = b;
    int r = str_cmp(x->pod_uid, y->pod_uid);
    r = r ? r : (int)x->kind - (int)y->kind;
    r = r ? r : str_cmp(x->name, y->name);
    return r ? r : str_cmp(x->type, y->type);
}

static void known_free(struct snapshot *s)
{
    free(KG_CONTAINER_OF(s, struct ephemeral_known, snapshot));
}

struct ephemeral_known *ephemeral_folders_known(const struct ephemeral_folders *f)
{
    size_t n = map_count(&f->by_key), text = 0;
    void *at = NULL, *value;
    struct str key;
    while (map_next(&f->by_key, &at, &key, &value)) {
        const struct ephemeral_item *item = &((struct ephemeral_folder *)value)->item;
        text += item->pod_uid.n + item->name.n + item->type.n;
    }
    struct ephemeral_known *known = malloc(sizeof(*known) + n * sizeof(known->items[0]) + text);
    if (!known) {
        return NULL;
    }
    snapshot_init(&known->snapshot, known_free);
    known->kinds = f->kinds;
    known->fault = f->fault;
    known->dropped = f->dropped;
    known->n = 0;
    char *to = (char *)&known->items[n];
    at = NULL;
    while (map_next(&f->by_key, &at, &key, &value)) {
        struct ephemeral_item *item = &known->items[known->n++];
        *item = ((struct ephemeral_folder *)value)->item;
        item->pod_uid = text_copy(&to, item->pod_uid);
        item->name = text_copy(&to, item->name);
        item->type = text_copy(&to, item->type);
    }
    qsort(known->items, n, sizeof(known->items[0]), by_pod);
    return known;
}
