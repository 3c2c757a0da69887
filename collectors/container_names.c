#include "collectors/container_names.h"

#include "collectors/cgroup/cgroup_entry.h"

static void record_free(struct snapshot *s)
{
    free(KG_CONTAINER_OF(s, struct container_record, snapshot));
}

static size_t text_size(const struct container_record *r)
{
    size_t n = r->id.n + r->name.n + r->image.n;
    for (size_t i = 0; i < r->n_labels; i++) {
        n += r->labels[i].name.n + r->labels[i].value.n;
    }
    return n;
}

static struct str put(char **at, struct str text)
{
    struct str copy = { *at, text.n };
    if (text.n > 0) {
        memcpy(*at, text.p, text.n);
    }
    *at += text.n;
    return copy;
}

struct container_record *container_record_new(const struct container_record *from)
{
    struct metric_extra *labels;
    size_t labels_size = from->n_labels * sizeof(*labels);
    struct container_record *r = malloc(sizeof(*r) + labels_size + text_size(from));
    if (!r) {
        return NULL;
    }
    labels = (struct metric_extra *)(r + 1);
    char *text = (char *)(labels + from->n_labels);
    *r = *from;
    snapshot_init(&r->snapshot, record_free);
    r->id = put(&text, from->id);
    r->name = put(&text, from->name);
    r->image = put(&text, from->image);
    for (size_t i = 0; i < from->n_labels; i++) {
        labels[i].name = put(&text, from->labels[i].name);
        labels[i].value = put(&text, from->labels[i].value);
    }
    r->labels = labels;
    return r;
}

/* A container of an engine: not one within another, and none of a pod, whose names come from
 * Kubernetes. */
static bool is_engines(const struct cgroup_entry *e)
{
    return e->id.kind == CGROUP_CONTAINER && !e->id.nested && e->id.pod_uid[0] == '\0';
}

static void look_up(const struct container_names *names, const void *table, struct cgroup_entry *e)
{
    struct container_record *found = names->find(table, e->id.container_id);
    if (found && found != e->record) {
        snapshot_ref(&found->snapshot);
        if (e->record) {
            snapshot_unref(&e->record->snapshot);
        }
        e->record = found;
    }
}

void container_names_resolve(const struct container_names *names, struct cgroup_tree *tree,
                             uint64_t *generation)
{
    uint64_t now = *generation;
    size_t at = 0;
    struct cgroup_entry *e;
    if (!names) {
        return;
    }
    const void *table = names->acquire(names->arg, &now);
    while ((e = cgroup_tree_next(tree, &at))) {
        if (!is_engines(e)) {
            continue;
        }
        if (table && (now != *generation || !e->asked)) {
            look_up(names, table, e);
        }
        if (!e->asked) {
            names->ask(names->arg, e->id.container_id);
            e->asked = true;
        }
    }
    if (table) {
        names->release(table);
    }
    *generation = now;
}
