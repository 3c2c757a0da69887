#include "agent/node/pod_join.h"

static const void *join_acquire(void *arg, uint64_t *ret_generation)
{
    struct pod_index_table *table = pod_index_acquire(arg);
    if (table) {
        *ret_generation = table->generation;
    }
    return table;
}

static void join_release(const void *table)
{
    /* The table is constant to its users, its reference count is not. */
    struct pod_index_table *t = (struct pod_index_table *)(uintptr_t)table;
    if (t) {
        snapshot_unref(&t->snapshot);
    }
}

static const struct pod_index_pod *find(const struct pod_index_table *table, struct str uid)
{
    size_t low = 0, high = table->n_pods;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(table->pods[middle].cgroup_uid, uid);
        if (order == 0) {
            return &table->pods[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool join_pod(const void *table, struct str cgroup_uid, struct pod_info *ret)
{
    const struct pod_index_pod *pod = find(table, cgroup_uid);
    if (!pod) {
        return false;
    }
    *ret = (struct pod_info){
        .namespace = pod->namespace,
        .name = pod->name,
        .columns = pod->columns,
        .ephemeral_limit_bytes = pod->ephemeral_limit_bytes,
    };
    return true;
}

static bool join_container(const void *table, struct str cgroup_uid, struct str container_id,
                           struct str *ret_name, struct str *ret_image)
{
    const struct pod_index_pod *pod = find(table, cgroup_uid);
    for (size_t i = 0; pod && i < pod->n_containers; i++) {
        if (str_eq(pod->containers[i].id, container_id)) {
            *ret_name = pod->containers[i].name;
            *ret_image = pod->containers[i].image;
            return true;
        }
    }
    return false;
}

static size_t join_oom_kills(const void *table, struct str cgroup_uid, struct pod_oom_kill *ret,
                             size_t max)
{
    const struct pod_index_pod *pod = find(table, cgroup_uid);
    size_t n = 0;
    for (size_t i = 0; pod && i < pod->n_containers && n < max; i++) {
        if (pod->containers[i].oom_killed) {
            ret[n++] = (struct pod_oom_kill){ pod->containers[i].id, pod->containers[i].name };
        }
    }
    return n;
}

static const struct pod_index_container *running(const struct pod_index_pod *pod, struct str name)
{
    for (size_t i = 0; i < pod->n_containers; i++) {
        const struct pod_index_container *c = &pod->containers[i];
        if (c->running && (!name.p || str_eq(c->name, name))) {
            return c;
        }
    }
    return NULL;
}

static bool join_next_claim(const void *table, struct pod_claim_cursor *at, struct pod_claim *ret)
{
    const struct pod_index_table *t = table;
    for (; at->pod < t->n_pods; at->pod++, at->row = 0) {
        const struct pod_index_pod *pod = &t->pods[at->pod];
        if (at->row < pod->n_claims && running(pod, (struct str){ 0 })) {
            const struct pod_index_claim *claim = &pod->claims[at->row++];
            const struct pod_index_container *c = running(pod, claim->container);
            *ret = (struct pod_claim){
                .pod_uid = pod->cgroup_uid,
                .namespace = pod->namespace,
                .name = claim->name,
                .container_id = c ? c->id : STR(""),
                .path = c ? claim->path : STR(""),
            };
            return true;
        }
    }
    return false;
}

void pod_join_init(struct pod_lookup *ret, struct pod_index *index, const struct str *columns,
                   size_t n_columns)
{
    *ret = (struct pod_lookup){
        .arg = index,
        .column_names = columns,
        .n_columns = n_columns,
        .acquire = join_acquire,
        .release = join_release,
        .pod = join_pod,
        .container = join_container,
        .oom_kills = join_oom_kills,
        .next_claim = join_next_claim,
    };
}
