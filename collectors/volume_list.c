#include "collectors/volume_list.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/map.h"
#include "collectors/runtime_record.h"

#include <unistd.h>

/* Two names of Kubernetes. */
#define KEY_BYTES ((size_t)1024)

struct entry {
    char *key;  /* "<namespace>/<claim>" */
    char *path; /* NULL: not known */
    char *uid;  /* of the pod by which it is known */
    bool is_mount;
};

struct volume_list {
    const struct collector_env *env;
    int rootfs_fd;
    size_t record_place;  /* where the last runtime's record was found */
    uint64_t generation;  /* of the pods in the list */
    bool listed, unknown; /* was any table seen; is a folder not known */
    struct map entries;   /* of the table's claims, by key, in their order */
    struct volume *rows;
};

static void entry_free(void *entry)
{
    struct entry *e = entry;
    if (e) {
        free(e->key);
        free(e->uid);
        free(e->path);
        free(e);
    }
}

struct volume_list *volume_list_new(const struct collector_env *env)
{
    struct volume_list *l = calloc(1, sizeof(*l));
    if (l) {
        l->env = env;
        l->rootfs_fd = file_open_dir_at(AT_FDCWD, env->rootfs);
    }
    return l;
}

void volume_list_free(struct volume_list *l)
{
    if (l) {
        if (l->rootfs_fd >= 0) {
            close(l->rootfs_fd);
        }
        map_done(&l->entries, entry_free);
        free(l->rows);
        free(l);
    }
}

/* The next name of a path, "" at the end: "/a//./b/" is a, b. */
static struct str next_name(struct str *path)
{
    struct str name = { 0 };
    while (path->n && (str_empty(name) || str_eq(name, STR(".")))) {
        name = str_cut(path, '/');
    }
    return str_eq(name, STR(".")) ? STR("") : name;
}

static bool same_path(struct str a, struct str b)
{
    struct str x, y;
    do {
        x = next_name(&a);
        y = next_name(&b);
    } while (x.n && str_eq(x, y));
    return !x.n && !y.n;
}

struct search {
    struct str destination;
    char *source;
    bool failed;
};

/* What is mounted last at a place is what is seen there. */
static void take_source(void *arg, const struct runtime_mount *mount)
{
    struct search *s = arg;
    if (mount->source.p[0] == '/' && same_path(mount->destination, s->destination)) {
        free(s->source);
        s->source = str_dup(mount->source);
        s->failed |= !s->source;
    }
}

/* Whether the path is one of the kubelet's for this pod's volumes, on each of which it mounts
 * something: "…/pods/<uid>/volumes/…" or "…/pods/<uid>/volume-subpaths/…". */
static bool is_kubelets(struct str path, struct str uid)
{
    ssize_t at = str_search(path, uid);
    struct str before = str_head(path, at < 0 ? 0 : (size_t)at);
    struct str after = str_from(path, at < 0 ? path.n : (size_t)at + uid.n);
    return uid.n && str_ends(before, STR("/pods/")) && str_starts(after, STR("/volume"));
}

/* Looks for the folder behind the claim. Errors: -ENOMEM; none when it is not found. */
static int find_path(struct volume_list *l, const struct pod_claim *claim, struct entry *e)
{
    struct search s = { .destination = claim->path };
    if (e->path || !claim->container_id.n || l->rootfs_fd < 0) {
        return 0;
    }
    int r =
        runtime_mounts_read(l->rootfs_fd, claim->container_id, &l->record_place, take_source, &s);
    char *uid = r == 0 && s.source ? str_dup(claim->pod_uid) : NULL;
    if (!uid) {
        bool failed = s.failed || (r == 0 && s.source);
        free(s.source);
        return failed ? -ENOMEM : 0;
    }
    e->path = s.source;
    e->uid = uid;
    e->is_mount = is_kubelets(str_of(e->path), claim->pod_uid);
    return 0;
}

static struct entry *entry_new(struct str key, struct str uid, struct entry *old)
{
    struct entry *e = calloc(1, sizeof(*e));
    if (!e) {
        return NULL;
    }
    e->key = str_dup(key);
    if (!e->key) {
        free(e);
        return NULL;
    }
    if (old && old->path && str_eq_c(uid, old->uid)) {
        e->path = KG_TAKE(old->path);
        e->uid = KG_TAKE(old->uid);
        e->is_mount = old->is_mount;
    }
    return e;
}

/* Adds a claim, or another place where one that is there is mounted. */
static int add_claim(struct volume_list *l, const struct pod_claim *claim, struct map *to)
{
    auto_buf struct buf key = BUF_INIT(KEY_BYTES);
    buf_addf(&key, STR_FMT "/" STR_FMT, STR_ARG(claim->namespace), STR_ARG(claim->name));
    if (buf_failed(&key)) {
        return buf_failed(&key) == -ENOMEM ? -ENOMEM : 0; /* no name of Kubernetes is so long */
    }
    struct entry *e = map_get(to, buf_str(&key));
    if (!e) {
        if (map_count(to) == LIMIT_VOLUMES) {
            return -ENOSPC;
        }
        e = entry_new(buf_str(&key), claim->pod_uid, map_get(&l->entries, buf_str(&key)));
        if (!e || map_put(to, str_of(e->key), e, NULL) < 0) {
            entry_free(e);
            return -ENOMEM;
        }
    }
    return find_path(l, claim, e);
}

static int read_table(struct volume_list *l, const void *table, struct map *to)
{
    struct pod_claim_cursor at = { 0, 0 };
    struct pod_claim claim;
    int r = 0;
    while (r == 0 && l->env->pods->next_claim(table, &at, &claim)) {
        r = add_claim(l, &claim, to);
    }
    return r;
}

static int make_rows(struct volume_list *l)
{
    size_t n = map_count(&l->entries), i = 0;
    struct volume *rows = calloc(n ? n : 1, sizeof(*rows));
    if (!rows) {
        return -ENOMEM;
    }
    void *at = NULL, *value;
    struct str key;
    l->unknown = false;
    for (; map_next(&l->entries, &at, &key, &value); i++) {
        const struct entry *e = value;
        struct str claim = str_of(e->key);
        rows[i].namespace = str_cut(&claim, '/');
        rows[i].claim = claim;
        rows[i].path = e->path;
        rows[i].is_mount = e->is_mount;
        l->unknown |= !e->path;
    }
    free(l->rows);
    l->rows = rows;
    return 0;
}

/* Without memory nothing is kept: rows point into entries, and these have given to newer ones. */
static void forget(struct volume_list *l)
{
    map_done(&l->entries, entry_free);
    l->entries = (struct map){ 0 };
    free(KG_TAKE(l->rows));
    l->listed = false;
}

/* Reads the table when it is another, or when a folder may have become known. */
static int refresh(struct volume_list *l, const void *table, uint64_t generation)
{
    struct map now = { 0 };
    if (l->listed && generation == l->generation && !l->unknown) {
        return 0;
    }
    int r = read_table(l, table, &now);
    if (r < 0 && r != -ENOSPC) {
        map_done(&now, entry_free);
        forget(l);
        return r;
    }
    map_done(&l->entries, entry_free);
    l->entries = now;
    l->generation = generation;
    l->listed = r == 0;
    int made = make_rows(l);
    if (made < 0) {
        forget(l);
    }
    return made < 0 ? made : r;
}

int volume_list_update(struct volume_list *l, const struct volume **ret, size_t *ret_n,
                       struct err *err)
{
    const struct pod_lookup *pods = l->env->pods;
    uint64_t generation = 0;
    int r = 0;
    const void *table = pods->next_claim ? pods->acquire(pods->arg, &generation) : NULL;
    if (table) {
        r = refresh(l, table, generation);
        pods->release(table);
    }
    *ret = l->rows;
    *ret_n = l->rows ? map_count(&l->entries) : 0;
    if (r == -ENOSPC) {
        return err_set(err, ENOSPC, "more than %d claims", LIMIT_VOLUMES);
    }
    return r < 0 ? err_set(err, -r, "volumes: out of memory") : 0;
}
