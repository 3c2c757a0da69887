#include "collectors/oom.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/map.h"
#include "collectors/cgroup/cgroup_id.h"

#include <unistd.h>

/* Instances of a container that may still hear of more kills. Older ones are only remembered by
 * their sum: the API speaks of the last two, the kernel log of what has just happened. */
#define OOM_INSTANCES 8
/* One record of /dev/kmsg; longer ones are cut by the kernel. */
#define KMSG_RECORD_BYTES ((size_t)8192)
/* Records taken at one call: a log that is written faster than it is read holds up nobody. */
#define KMSG_RECORDS_AT_ONCE 20000
#define API_KILLS_OF_POD 64

struct oom_instance {
    char id[CGROUP_CONTAINER_ID_LEN + 1]; /* "" for the pod's own cgroup */
    uint64_t own, kmsg;
    bool api;
};

struct oom_container {
    struct oom_container *next;
    char *name; /* "" for instances whose container is not known yet */
    uint64_t past;
    struct oom_instance instances[OOM_INSTANCES];
    size_t n;
};

struct oom_pod {
    char *uid;
    uint64_t touched; /* when something was added, in calls */
    struct oom_container *containers;
    size_t n_containers;
};

struct oom {
    int fd;
    uint64_t calls;
    struct map pods;     /* uid -> struct oom_pod */
    struct map others;   /* container id, or path of a cgroup -> uint64_t * */
    size_t n_containers; /* of all pods */
    char record[KMSG_RECORD_BYTES];
};

static void pod_free(void *value)
{
    struct oom_pod *p = value;
    while (p->containers) {
        struct oom_container *c = p->containers;
        p->containers = c->next;
        free(c->name);
        free(c);
    }
    free(p->uid);
    free(p);
}

struct oom *oom_new(const char *kmsg, struct err *err)
{
    struct oom *o = calloc(1, sizeof(*o));
    if (!o) {
        err_set(err, ENOMEM, "oom: out of memory");
        return NULL;
    }
    o->fd = kmsg && kmsg[0] ? open(kmsg, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    return o;
}

void oom_free(struct oom *o)
{
    if (!o) {
        return;
    }
    map_done(&o->pods, pod_free);
    map_done(&o->others, free);
    if (o->fd >= 0) {
        close(o->fd);
    }
    free(o);
}

int oom_fd(const struct oom *o)
{
    return o->fd;
}

bool oom_has_kmsg(const struct oom *o)
{
    return o->fd >= 0;
}

static uint64_t kills_of_instance(const struct oom_instance *i)
{
    return KG_MAX(KG_MAX(i->own, i->kmsg), (uint64_t)i->api);
}

static uint64_t kills_of_container(const struct oom_container *c)
{
    uint64_t sum = c->past;
    for (size_t i = 0; i < c->n; i++) {
        sum += kills_of_instance(&c->instances[i]);
    }
    return sum;
}

static struct oom_pod *find_pod(const struct oom *o, struct str uid)
{
    return map_get(&o->pods, uid);
}

static struct oom_container *find_container(const struct oom_pod *p, struct str name)
{
    struct oom_container *c = p ? p->containers : NULL;
    while (c && !str_eq(str_of(c->name), name)) {
        c = c->next;
    }
    return c;
}

static struct oom_instance *find_instance(struct oom_container *c, struct str id)
{
    for (size_t i = 0; c && i < c->n; i++) {
        if (str_eq(str_of(c->instances[i].id), id)) {
            return &c->instances[i];
        }
    }
    return NULL;
}

static struct oom_container *find_container_of(const struct oom_pod *p, struct str id)
{
    struct oom_container *c = p ? p->containers : NULL;
    while (c && !find_instance(c, id)) {
        c = c->next;
    }
    return c;
}

/* Frees the pod that nothing was added to for the longest time. */
static void drop_oldest_pod(struct oom *o)
{
    struct oom_pod *oldest = NULL;
    void *at = NULL, *value;
    struct str key;
    while (map_next(&o->pods, &at, &key, &value)) {
        struct oom_pod *p = value;
        if (!oldest || p->touched < oldest->touched) {
            oldest = p;
        }
    }
    if (oldest) {
        map_remove(&o->pods, str_of(oldest->uid));
        o->n_containers -= oldest->n_containers;
        pod_free(oldest);
    }
}

static struct oom_pod *add_pod(struct oom *o, struct str uid)
{
    struct oom_pod *p = find_pod(o, uid);
    if (!p) {
        p = calloc(1, sizeof(*p));
        if (!p || !(p->uid = str_dup(uid)) || map_put(&o->pods, uid, p, NULL) < 0) {
            if (p) {
                pod_free(p);
            }
            return NULL;
        }
    }
    p->touched = ++o->calls;
    return p;
}

static struct oom_container *add_container(struct oom *o, struct oom_pod *p, struct str name)
{
    struct oom_container *c = find_container(p, name);
    if (c) {
        return c;
    }
    /* The pod itself was touched last and is never the one that goes, unless it is alone. */
    while (o->n_containers >= LIMIT_OOM_CONTAINERS && map_count(&o->pods) > 1) {
        drop_oldest_pod(o);
    }
    c = o->n_containers < LIMIT_OOM_CONTAINERS ? calloc(1, sizeof(*c)) : NULL;
    if (!c || !(c->name = str_dup(name))) {
        free(c);
        return NULL;
    }
    c->next = p->containers;
    p->containers = c;
    p->n_containers++;
    o->n_containers++;
    return c;
}

static void remove_instance(struct oom_container *c, const struct oom_instance *i)
{
    size_t at = (size_t)(i - c->instances);
    c->n--;
    memmove(&c->instances[at], &c->instances[at + 1], (c->n - at) * sizeof(*i));
}

static struct oom_instance *add_instance(struct oom_container *c, struct str id)
{
    struct oom_instance *i = find_instance(c, id);
    if (i || id.n > CGROUP_CONTAINER_ID_LEN) {
        return i;
    }
    if (c->n == OOM_INSTANCES) {
        c->past += kills_of_instance(&c->instances[0]);
        remove_instance(c, &c->instances[0]);
    }
    i = &c->instances[c->n++];
    *i = (struct oom_instance){ 0 };
    memcpy(i->id, id.p ? id.p : "", id.n);
    return i;
}

/* The instance under its container's name; one that was noted without a name moves there. */
static struct oom_instance *note(struct oom *o, struct str uid, struct str name, struct str id)
{
    struct oom_pod *p = add_pod(o, uid);
    struct oom_container *c = p ? add_container(o, p, name) : NULL;
    if (!c) {
        return NULL;
    }
    struct oom_instance *i = add_instance(c, id);
    struct oom_container *unnamed = str_empty(name) ? NULL : find_container(p, STR(""));
    struct oom_instance *before = find_instance(unnamed, id);
    if (i && unnamed && before) {
        i->own = KG_MAX(i->own, before->own);
        i->kmsg = KG_MAX(i->kmsg, before->kmsg);
        i->api = i->api || before->api;
        remove_instance(unnamed, before);
    }
    return i;
}

static void note_kmsg(struct oom *o, struct str uid, struct str id)
{
    struct oom_container *known = find_container_of(find_pod(o, uid), id);
    struct oom_instance *i = note(o, uid, known ? str_of(known->name) : STR(""), id);
    if (i) {
        i->kmsg++;
    }
}

/* A cgroup outside of pods goes by its container id where it has one: the kernel tells the path
 * from the machine's root, which of a nested node is longer than ours. */
static struct str key_of_path(struct str path, const struct cgroup_id *id)
{
    return str_empty(id->container_id) ? path : id->container_id;
}

static void note_path(struct oom *o, struct str key)
{
    uint64_t *count = map_get(&o->others, key);
    if (!count && map_count(&o->others) < LIMIT_OOM_CONTAINERS) {
        count = calloc(1, sizeof(*count));
        if (count && map_put(&o->others, key, count, NULL) < 0) {
            free(count);
            count = NULL;
        }
    }
    if (count) {
        *count += 1;
    }
}

static void note_cgroup(struct oom *o, struct str path)
{
    struct cgroup_id id;
    struct str at = path;
    cgroup_identify(at, &id);
    if (id.pod_uid[0] == '\0') {
        note_path(o, key_of_path(path, &id));
        return;
    }
    /* A cgroup that the container made for itself: the container is further up. */
    while (id.kind != CGROUP_CONTAINER && id.kind != CGROUP_POD) {
        ssize_t slash = str_rfind(at, '/');
        if (slash <= 0) {
            return;
        }
        at = str_head(at, (size_t)slash);
        cgroup_identify(at, &id);
    }
    note_kmsg(o, str_of(id.pod_uid), id.container_id);
}

/* "oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/a,task_memcg=/a/b,task=stress,pid=1,uid=0",
 * before Linux 5.0 "Task in /a/b killed as a result of limit of /a". A cgroup's name may hold a
 * comma, so the end is where the next field begins. */
void oom_kmsg_line(struct oom *o, struct str line)
{
    struct str path;
    ssize_t end;
    if (str_eat(&line, STR("oom-kill:"))) {
        ssize_t at = str_search(line, STR(",task_memcg="));
        if (at < 0) {
            return;
        }
        path = str_from(line, (size_t)at + STR(",task_memcg=").n);
        end = str_search(path, STR(",task="));
    } else if (str_eat(&line, STR("Task in "))) {
        path = line;
        end = str_search(path, STR(" killed as a result of limit of "));
    } else {
        return;
    }
    if (end > 0 && path.p[0] == '/') {
        note_cgroup(o, str_head(path, (size_t)end));
    }
}

/* "4,1234,567890,-;text\n KEY=value\n": the text ends at the first newline. */
static void take_record(struct oom *o, struct str record)
{
    ssize_t text = str_find(record, ';');
    if (text >= 0) {
        record = str_from(record, (size_t)text + 1);
        oom_kmsg_line(o, str_line(&record));
    }
}

void oom_events(struct oom *o)
{
    for (int i = 0; o->fd >= 0 && i < KMSG_RECORDS_AT_ONCE; i++) {
        ssize_t n = read(o->fd, o->record, sizeof(o->record));
        if (n > 0) {
            take_record(o, (struct str){ o->record, (size_t)n });
        } else if (n == 0 || (errno != EPIPE && errno != EINTR)) {
            return; /* EPIPE: records were overwritten, the next ones are there */
        }
    }
}

static void name_instances(struct oom *o, const struct pod_lookup *pods, const void *table,
                           struct str uid)
{
    struct oom_container *unnamed = find_container(find_pod(o, uid), STR(""));
    for (size_t i = 0; unnamed && i < unnamed->n;) {
        char id[sizeof(unnamed->instances[i].id)];
        struct str name, image;
        memcpy(id, unnamed->instances[i].id, sizeof(id));
        size_t before = unnamed->n;
        if (id[0] && pods->container(table, uid, str_of(id), &name, &image)) {
            (void)note(o, uid, name, str_of(id));
        }
        i += unnamed->n == before; /* else it has moved, and the next one stands here */
    }
}

void oom_pod_status(struct oom *o, const struct pod_lookup *pods, const void *table,
                    struct str pod_uid)
{
    struct pod_oom_kill kills[API_KILLS_OF_POD];
    name_instances(o, pods, table, pod_uid);
    size_t n = pods->oom_kills ? pods->oom_kills(table, pod_uid, kills, KG_ARRAY_LEN(kills)) : 0;
    for (size_t k = 0; k < n; k++) {
        struct oom_instance *i = note(o, pod_uid, kills[k].container_name, kills[k].container_id);
        if (i) {
            i->api = true;
        }
    }
}

uint64_t oom_count(struct oom *o, struct str pod_uid, struct str name, struct str container_id,
                   uint64_t own)
{
    struct oom_pod *p = find_pod(o, pod_uid);
    struct oom_container *unnamed = find_container(p, STR(""));
    /* Nothing is kept of what was never killed. */
    if (own || (unnamed && find_instance(unnamed, container_id))) {
        struct oom_instance *i = note(o, pod_uid, name, container_id);
        if (!i) {
            return own;
        }
        i->own = KG_MAX(i->own, own);
        p = find_pod(o, pod_uid);
    }
    const struct oom_container *c = find_container(p, name);
    if (!c) {
        return 0;
    }
    /* Without a name the others of that list are other containers. */
    struct oom_instance *i = find_instance(find_container(p, name), container_id);
    return str_empty(name) ? (i ? kills_of_instance(i) : 0) : kills_of_container(c);
}

uint64_t oom_pod_count(struct oom *o, struct str pod_uid, uint64_t own)
{
    const struct oom_pod *p = find_pod(o, pod_uid);
    uint64_t sum = 0;
    for (const struct oom_container *c = p ? p->containers : NULL; c; c = c->next) {
        sum += kills_of_container(c);
    }
    return KG_MAX(sum, own);
}

uint64_t oom_path_count(struct oom *o, struct str path, uint64_t own)
{
    if (map_count(&o->others) == 0) {
        return own;
    }
    struct cgroup_id id;
    cgroup_identify(path, &id);
    const uint64_t *count = map_get(&o->others, key_of_path(path, &id));
    return count ? KG_MAX(*count, own) : own;
}
