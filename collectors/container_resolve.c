#include "collectors/container_resolve.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "collectors/cgroup/cgroup_entry.h"
#include "collectors/container_sandbox.h"
#include "collectors/runtime_record.h"

#include <unistd.h>

/* A runtime writes its record before it makes the cgroup, so that one look is enough where there is
 * one at all; the others are for a mount that comes late. */
#define RECORD_TRIES 3

/* Longest name of CRI-O's: four names of Kubernetes, a uid and a number. */
#define CRIO_NAME_BYTES ((size_t)2048)

/* Values of pods_generation: never resolved, without a table, and from there on of a table. */
#define GENERATION_NEVER 0
#define GENERATION_NO_TABLE 1
#define GENERATION_TABLE 2

struct container_resolver {
    const struct collector_env *env;
    int procfs_fd, rootfs_fd;
    size_t record_place; /* where the last runtime's record was found */
    uint64_t generation; /* of the last call */
    size_t unresolved;
    struct cgroup_entry **all; /* of the tree, in its order */
    size_t n, cap;
};

struct container_resolver *container_resolver_new(const struct collector_env *env, struct err *err)
{
    struct container_resolver *r = calloc(1, sizeof(*r));
    if (!r) {
        err_set(err, ENOMEM, "container labels: out of memory");
        return NULL;
    }
    r->env = env;
    r->procfs_fd = file_open_dir_at(AT_FDCWD, env->procfs);
    r->rootfs_fd = file_open_dir_at(AT_FDCWD, env->rootfs);
    return r;
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

void container_resolver_free(struct container_resolver *r)
{
    if (r) {
        close_if_open(r->procfs_fd);
        close_if_open(r->rootfs_fd);
        free(r->all);
        free(r);
    }
}

size_t container_resolver_unresolved(const struct container_resolver *r)
{
    return r->unresolved;
}

/* Sets a label, if it is another than before. */
static int set(char **label, struct str value)
{
    if (*label && str_eq_c(value, *label)) {
        return 0;
    }
    char *copy = str_dup(value);
    if (!copy) {
        return -ENOMEM;
    }
    free(*label);
    *label = copy;
    return 0;
}

/* A container that stands directly in a pod, or outside of any: not one that runs in a container.
 */
static bool is_top_container(const struct cgroup_entry *e)
{
    return e->id.kind == CGROUP_CONTAINER && !e->id.nested;
}

static bool in_pod(const struct cgroup_entry *e)
{
    return e->id.pod_uid[0] != '\0';
}

/* CRI-O, and dockershim before it, name a pod's containers and sandbox in their own way. */
static bool has_kubelet_name(const struct cgroup_entry *e)
{
    return in_pod(e) &&
           (e->id.runtime == CGROUP_RUNTIME_CRIO || e->id.runtime == CGROUP_RUNTIME_DOCKER);
}

/* The name of a container of which the runtime told none: the id; under CRI-O
 * k8s_<container>_<pod>_<namespace>_<uid>_<attempt>, once the pod is known. */
static int set_name(struct cgroup_entry *e)
{
    if (e->recorded && e->name) {
        return 0;
    }
    if (!has_kubelet_name(e) || !e->pod || !e->container || !e->container[0]) {
        return e->name ? 0 : set(&e->name, e->id.container_id);
    }
    auto_buf struct buf name = BUF_INIT(CRIO_NAME_BYTES);
    buf_addf(&name, "k8s_%s_%s_%s_%s_0", e->container, e->pod, e->namespace, e->id.pod_uid);
    return buf_failed(&name) ? buf_failed(&name) : set(&e->name, buf_str(&name));
}

static int set_columns(const struct container_resolver *r, struct cgroup_entry *e,
                       const struct str *columns)
{
    size_t n = columns ? r->env->pods->n_columns : 0;
    if (n > 0 && !e->columns) {
        e->columns = calloc(n, sizeof(*e->columns));
        if (!e->columns) {
            return -ENOMEM;
        }
        e->n_columns = n;
    }
    for (size_t i = 0; i < n; i++) {
        int error = set(&e->columns[i], columns[i]);
        if (error < 0) {
            return error;
        }
    }
    return 0;
}

static int set_pod(const struct container_resolver *r, struct cgroup_entry *e, const void *table)
{
    struct pod_info pod;
    if (!table || !r->env->pods->pod(table, str_of(e->id.pod_uid), &pod)) {
        return 0;
    }
    int error = set(&e->namespace, pod.namespace);
    error = error ? error : set(&e->pod, pod.name);
    return error ? error : set_columns(r, e, pod.columns);
}

static int set_sandbox(const struct container_resolver *r, struct cgroup_entry *e)
{
    int error = set(&e->container, has_kubelet_name(e) ? STR("POD") : STR(""));
    if (error == 0 && !e->image) {
        error = set(&e->image, str_of(r->env->sandbox_image));
    }
    e->sandbox = error == 0;
    return error;
}

/* Takes what the runtime itself wrote about the container. */
static int set_from_record(struct container_resolver *r, struct cgroup_entry *e)
{
    struct runtime_record record;
    if (e->recorded || e->record_tries >= RECORD_TRIES || r->rootfs_fd < 0) {
        return 0;
    }
    e->record_tries++;
    if (runtime_record_read(r->rootfs_fd, e->id.container_id, &r->record_place, &record) < 0) {
        return 0;
    }
    const struct {
        char **label;
        const char *value;
    } told[] = { { &e->container, record.container },
                 { &e->image, record.image },
                 { &e->name, record.name },
                 { &e->namespace, record.namespace },
                 { &e->pod, record.pod } };
    int error = 0;
    for (size_t i = 0; error == 0 && i < KG_ARRAY_LEN(told); i++) {
        error = told[i].value[0] ? set(told[i].label, str_of(told[i].value)) : 0;
    }
    if (error == 0 && record.is_sandbox) {
        error = set_sandbox(r, e);
    }
    e->resolved = e->recorded = error == 0;
    return error;
}

/* Takes what the pod's statuses say. A container that the runtime told about keeps that. */
static int set_from_status(const struct container_resolver *r, struct cgroup_entry *e,
                           const void *table)
{
    struct str name, image;
    if (!table || (e->recorded && (e->sandbox || (e->container && e->image))) ||
        !r->env->pods->container(table, str_of(e->id.pod_uid), e->id.container_id, &name, &image)) {
        return 0;
    }
    int error = e->recorded && e->container ? 0 : set(&e->container, name);
    if (error == 0 && !(e->recorded && e->image)) {
        error = set(&e->image, image);
    }
    e->resolved = error == 0;
    e->sandbox = false;
    return error;
}

/* Resolves what can be told of one cgroup without the others. */
static int resolve_one(struct container_resolver *r, struct cgroup_entry *e, const void *table)
{
    int error = 0;
    if (is_top_container(e)) {
        error = set_from_record(r, e);
    }
    if (error == 0 && in_pod(e) && (e->id.kind == CGROUP_POD || is_top_container(e))) {
        error = set_pod(r, e, table);
    }
    if (error == 0 && is_top_container(e)) {
        error = in_pod(e) ? set_from_status(r, e, table) : 0;
        error = error ? error : set_name(e);
    }
    return error;
}

static bool is_open_question(const struct cgroup_entry *e)
{
    return is_top_container(e) && in_pod(e) && !e->resolved && !e->sandbox;
}

static bool collect(struct container_resolver *r, struct cgroup_tree *tree)
{
    size_t at = 0;
    struct cgroup_entry *e;
    r->n = 0;
    while ((e = cgroup_tree_next(tree, &at))) {
        if (r->n == r->cap) {
            size_t cap = r->cap ? r->cap * 2 : 256;
            struct cgroup_entry **bigger =
                realloc(r->all, cap * sizeof(*bigger)); /* NOLINT(bugprone-sizeof-expression) */
            if (!bigger) {
                return false;
            }
            r->all = bigger;
            r->cap = cap;
        }
        r->all[r->n++] = e;
    }
    return true;
}

/* Takes up each entry on its own; leaves `undecided` on those to be looked at in their pod. */
static int resolve_each(struct container_resolver *r, const void *table, uint64_t now, bool again)
{
    uint64_t clock = clock_mono_ns();
    int error = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct cgroup_entry *e = r->all[i];
        bool retry = again || clock - e->seen_ns < CGROUP_YOUNG_NS;
        if (e->pods_generation == now && !(retry && is_open_question(e))) {
            continue;
        }
        int one = resolve_one(r, e, table);
        error = one < 0 ? one : error;
        e->pods_generation = one < 0 ? GENERATION_NEVER : now;
        e->undecided = true;
    }
    return error;
}

static int find_sandboxes(struct container_resolver *r)
{
    int error = 0;
    r->unresolved = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct cgroup_entry *e = r->all[i];
        if (e->undecided && is_open_question(e) &&
            container_is_sandbox(r->all, r->n, i, r->procfs_fd)) {
            int one = set_sandbox(r, e);
            one = one ? one : set_name(e);
            error = one < 0 ? one : error;
        }
        e->undecided = false;
        r->unresolved += is_open_question(e);
    }
    return error;
}

int container_resolve(struct container_resolver *r, struct cgroup_tree *tree, const void *table,
                      uint64_t generation, bool again)
{
    uint64_t now = table ? GENERATION_TABLE + generation : GENERATION_NO_TABLE;
    if (!collect(r, tree)) {
        return -ENOMEM;
    }
    int error = resolve_each(r, table, now, again);
    int error_after = find_sandboxes(r);
    bool changed = now != r->generation;
    r->generation = now;
    return error < 0 ? error : error_after < 0 ? error_after : changed;
}
