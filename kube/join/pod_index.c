#include "kube/join/pod_index.h"

#include "base/limits.h"
#include "base/map.h"
#include "kube/join/pod_record.h"
#include "kube/object/json_get.h"

struct pod_index {
    struct pod_columns *columns;
    struct arena scratch;
    struct map pods;   /* uid -> struct pod_record, one reference each */
    struct map relist; /* the generation that is being listed */
    bool relisting;
    bool synced;  /* a list was complete; before that nothing is published */
    bool changed; /* since the last table */
    uint64_t generation;
    struct snapshot_cell table;
};

/* A table with what it holds references to. */
struct table {
    struct pod_index_table public; /* first */
    struct pod_columns *columns;
    struct pod_record **records; /* n_records, at the end of the allocation */
    size_t n_records;
};

static void record_unref(void *record)
{
    snapshot_unref(&((struct pod_record *)record)->snapshot);
}

static void map_drop(struct map *m)
{
    map_done(m, record_unref);
    *m = (struct map){ 0 };
}

struct pod_index *pod_index_new(const struct str *columns, size_t n_columns, struct err *err)
{
    struct pod_index *index = calloc(1, sizeof(*index));
    if (!index) {
        err_set(err, ENOMEM, "no memory for the pod index");
        return NULL;
    }
    arena_init(&index->scratch, LIMIT_DECODE_ARENA_BYTES);
    index->columns = pod_columns_new(columns, n_columns, err);
    if (!index->columns) {
        free(index);
        return NULL;
    }
    int r = snapshot_cell_init(&index->table);
    if (r < 0) {
        err_set_errno(err, -r, "pod index");
        snapshot_unref(&index->columns->snapshot);
        free(index);
        return NULL;
    }
    return index;
}

void pod_index_free(struct pod_index *index)
{
    if (!index) {
        return;
    }
    map_drop(&index->pods);
    map_drop(&index->relist);
    snapshot_cell_done(&index->table);
    snapshot_unref(&index->columns->snapshot);
    arena_done(&index->scratch);
    free(index);
}

static void table_free(struct snapshot *s)
{
    struct table *table = KG_CONTAINER_OF(s, struct table, public.snapshot);
    for (size_t i = 0; i < table->n_records; i++) {
        snapshot_unref(&table->records[i]->snapshot);
    }
    snapshot_unref(&table->columns->snapshot);
    free(table);
}

/* By cgroup uid. Where two pods claim one, the pod whose own uid it is comes first. */
static int by_cgroup_uid(const void *a, const void *b)
{
    const struct pod_index_pod *x = a, *y = b;
    int order = str_cmp(x->cgroup_uid, y->cgroup_uid);
    if (order == 0) {
        order = (int)str_eq(y->uid, y->cgroup_uid) - (int)str_eq(x->uid, x->cgroup_uid);
    }
    return order ? order : str_cmp(x->uid, y->uid);
}

static struct table *table_new(const struct pod_index *index)
{
    size_t n = map_count(&index->pods);
    struct table *table = calloc(
        1, sizeof(*table) + n * (sizeof(struct pod_index_pod) + sizeof(struct pod_record *)));
    if (!table) {
        return NULL;
    }
    struct pod_index_pod *pods = (void *)(table + 1);
    table->records = (void *)(pods + n);
    snapshot_init(&table->public.snapshot, table_free);
    snapshot_ref(&index->columns->snapshot);
    table->columns = index->columns;

    void *at = NULL, *value;
    struct str uid;
    while (map_next(&index->pods, &at, &uid, &value)) {
        struct pod_record *record = value;
        snapshot_ref(&record->snapshot);
        pods[table->n_records] = record->pod;
        table->records[table->n_records++] = record;
    }
    if (n > 1) {
        qsort(pods, n, sizeof(*pods), by_cgroup_uid);
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !str_eq(pods[kept - 1].cgroup_uid, pods[i].cgroup_uid)) {
            pods[kept++] = pods[i];
        }
    }
    table->public.pods = pods;
    table->public.n_pods = kept;
    table->public.column_names = index->columns->names;
    table->public.n_columns = index->columns->n;
    return table;
}

/* Without memory the old table stays and the next settle tries again. */
static void publish(struct pod_index *index)
{
    if (!index->synced || !index->changed) {
        return;
    }
    struct table *table = table_new(index);
    if (!table) {
        return;
    }
    table->public.generation = ++index->generation;
    snapshot_cell_publish(&index->table, &table->public.snapshot);
    index->changed = false;
}

static int index_relist_begin(void *arg, struct err *err)
{
    (void)err;
    struct pod_index *index = arg;
    map_drop(&index->relist);
    index->relisting = true;
    return 0;
}

static void index_relist_abort(void *arg)
{
    struct pod_index *index = arg;
    map_drop(&index->relist);
    index->relisting = false;
}

/* Records of the new generation that say what the old ones said are the old ones. */
static bool relist_differs(const struct pod_index *index)
{
    void *at = NULL, *value;
    struct str uid;
    bool differs = map_count(&index->relist) != map_count(&index->pods);
    while (!differs && map_next(&index->relist, &at, &uid, &value)) {
        differs = map_get(&index->pods, uid) != value;
    }
    return differs;
}

static int index_relist_commit(void *arg, struct err *err)
{
    (void)err;
    struct pod_index *index = arg;
    if (!index->relisting) {
        return err_set(err, EINVAL, "pod index: no generation is open");
    }
    index->changed |= !index->synced || relist_differs(index);
    map_drop(&index->pods);
    index->pods = index->relist;
    index->relist = (struct map){ 0 };
    index->relisting = false;
    index->synced = true;
    publish(index);
    return 0;
}

static int index_put(void *arg, const json_t *object, struct err *err)
{
    struct pod_index *index = arg;
    struct map *map = index->relisting ? &index->relist : &index->pods;
    struct pod_record *record = pod_record_new(object, index->columns, &index->scratch, err);
    if (!record) {
        return err ? -err->code : -EBADMSG;
    }
    struct str uid = record->pod.uid;
    struct pod_record *known = map_get(&index->pods, uid);
    if (known && pod_record_equal(known, record, index->columns->n)) {
        snapshot_unref(&record->snapshot);
        if (!index->relisting) {
            return 0;
        }
        snapshot_ref(&known->snapshot);
        record = known;
        uid = record->pod.uid;
    }
    if (map_count(map) >= LIMIT_PODS_PER_NODE && !map_get(map, uid)) {
        snapshot_unref(&record->snapshot);
        return err_set(err, ENOSPC, "more than %d pods", LIMIT_PODS_PER_NODE);
    }
    void *old = NULL;
    if (map_put(map, uid, record, &old) < 0) {
        snapshot_unref(&record->snapshot);
        return err_set(err, ENOMEM, "no memory for a pod of the index");
    }
    if (old) {
        record_unref(old);
    }
    index->changed |= !index->relisting;
    return 0;
}

static void index_remove(void *arg, const json_t *object)
{
    struct pod_index *index = arg;
    struct str uid = json_get_str(json_get_object(object, "metadata"), "uid");
    void *record = map_remove(index->relisting ? &index->relist : &index->pods, uid);
    if (record) {
        record_unref(record);
        index->changed |= !index->relisting;
    }
}

static void index_settle(void *arg)
{
    publish(arg);
}

/* By pod_record_new, and the functions that it has read for it. */
#define CONTAINER_READS(list)                                                                      \
    list ".name", list ".resources.limits.ephemeral-storage", list ".volumeMounts.mountPath",      \
        list ".volumeMounts.name", list ".volumeMounts.subPath", list ".volumeMounts.subPathExpr"
#define STATUS_READS(list)                                                                         \
    list ".containerID", list ".image", list ".lastState.terminated.containerID",                  \
        list ".lastState.terminated.reason", list ".name", list ".state.running.",                 \
        list ".state.terminated.reason"
static const char *const index_reads[] = {
    "metadata.annotations",
    "metadata.creationTimestamp",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.ownerReferences.controller",
    "metadata.ownerReferences.kind",
    "metadata.ownerReferences.name",
    "metadata.uid",
    CONTAINER_READS("spec.containers"),
    CONTAINER_READS("spec.initContainers"),
    "spec.initContainers.restartPolicy",
    "spec.nodeName",
    "spec.overhead.ephemeral-storage",
    "spec.volumes.ephemeral.",
    "spec.volumes.name",
    "spec.volumes.persistentVolumeClaim.claimName",
    STATUS_READS("status.containerStatuses"),
    STATUS_READS("status.ephemeralContainerStatuses"),
    STATUS_READS("status.initContainerStatuses"),
    NULL,
};

const struct kube_consumer pod_index_consumer = {
    .reads = index_reads,
    .relist_begin = index_relist_begin,
    .relist_commit = index_relist_commit,
    .relist_abort = index_relist_abort,
    .put = index_put,
    .remove = index_remove,
    .settle = index_settle,
};

struct pod_index_table *pod_index_acquire(struct pod_index *index)
{
    struct snapshot *s = snapshot_cell_acquire(&index->table);
    return s ? KG_CONTAINER_OF(s, struct pod_index_table, snapshot) : NULL;
}
