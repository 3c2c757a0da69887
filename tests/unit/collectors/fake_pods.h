/* fake_pods.h — a table of pods for tests of the join: what kube would know.
 * Uses: pod_lookup.  Threads: none.  Owner: each test. */
#ifndef KG_TESTS_COLLECTORS_FAKE_PODS_H
#define KG_TESTS_COLLECTORS_FAKE_PODS_H

#include "collectors/pod_lookup.h"

#define FAKE_PODS 64
#define FAKE_CONTAINERS 8

struct fake_container {
    const char *id, *name, *image;
};

struct fake_claim {
    const char *name, *container_id, *path; /* the last two NULL: nobody mounts it */
};

struct fake_pod {
    const char *uid, *namespace, *name;
    struct str columns[2];
    struct fake_container containers[FAKE_CONTAINERS];
    struct fake_claim claims[FAKE_CONTAINERS]; /* ends with one without a name */
};

struct fake_pods {
    bool listed; /* false: no list was seen yet */
    uint64_t generation;
    uint64_t ephemeral_limit_bytes;  /* of all of them */
    struct fake_pod pods[FAKE_PODS]; /* ends with one without a uid */
    int held;                        /* acquired and not released */
};

static const void *fake_acquire(void *arg, uint64_t *ret_generation)
{
    struct fake_pods *p = arg;
    if (!p->listed) {
        return NULL;
    }
    p->held++;
    *ret_generation = p->generation;
    return p;
}

static void fake_release(const void *table)
{
    ((struct fake_pods *)(uintptr_t)table)->held--;
}

static const struct fake_pod *fake_find(const void *table, struct str uid)
{
    const struct fake_pods *p = table;
    for (size_t i = 0; i < FAKE_PODS && p->pods[i].uid; i++) {
        if (str_eq_c(uid, p->pods[i].uid)) {
            return &p->pods[i];
        }
    }
    return NULL;
}

static bool fake_pod(const void *table, struct str uid, struct pod_info *ret)
{
    const struct fake_pod *pod = fake_find(table, uid);
    if (pod) {
        *ret = (struct pod_info){
            .namespace = str_of(pod->namespace),
            .name = str_of(pod->name),
            .columns = pod->columns,
            .ephemeral_limit_bytes = ((const struct fake_pods *)table)->ephemeral_limit_bytes,
        };
    }
    return pod;
}

static bool fake_container(const void *table, struct str uid, struct str id, struct str *ret_name,
                           struct str *ret_image)
{
    const struct fake_pod *pod = fake_find(table, uid);
    for (size_t i = 0; pod && i < FAKE_CONTAINERS && pod->containers[i].id; i++) {
        if (str_eq_c(id, pod->containers[i].id)) {
            *ret_name = str_of(pod->containers[i].name);
            *ret_image = str_of(pod->containers[i].image);
            return true;
        }
    }
    return false;
}

static bool fake_next_claim(const void *table, struct pod_claim_cursor *at, struct pod_claim *ret)
{
    const struct fake_pods *p = table;
    for (; at->pod < FAKE_PODS && p->pods[at->pod].uid; at->pod++, at->row = 0) {
        const struct fake_pod *pod = &p->pods[at->pod];
        if (at->row < FAKE_CONTAINERS && pod->claims[at->row].name) {
            const struct fake_claim *c = &pod->claims[at->row++];
            *ret = (struct pod_claim){
                .pod_uid = str_of(pod->uid),
                .namespace = str_of(pod->namespace),
                .name = str_of(c->name),
                .container_id = str_of(c->container_id),
                .path = str_of(c->path),
            };
            return true;
        }
    }
    return false;
}

static const struct str fake_column_names[] = { STR_INIT("team"), STR_INIT("owner") };

static inline struct pod_lookup fake_lookup(struct fake_pods *pods)
{
    return (struct pod_lookup){ .arg = pods,
                                .column_names = fake_column_names,
                                .n_columns = 2,
                                .acquire = fake_acquire,
                                .release = fake_release,
                                .pod = fake_pod,
                                .container = fake_container,
                                .next_claim = fake_next_claim };
}

#endif
