#include "agent/local/engines.h"

#include "agent/kube_options.h"
#include "agent/local/engine.h"
#include "base/clock.h"
#include "base/limits.h"
#include "kube/client/loop.h"

#include <stdlib.h>
#include <sys/un.h>

/* When memory was out, it is tried again after so long. */
#define AGAIN_NS CLOCK_NS_PER_SEC

/* All that collectors see: the records of all engines as of one moment. */
struct names_table {
    struct snapshot snapshot;
    uint64_t generation;
    size_t n;
    struct container_record *records[]; /* by id, each id once; references */
};

/* New containers, handed from the node loop to this one. */
struct asked {
    pthread_mutex_t lock;
    bool has_lock;
    size_t n; /* beyond LIMIT_ENGINE_ASKED the next list finds them */
    char ids[LIMIT_ENGINE_ASKED][CGROUP_CONTAINER_ID_LEN];
};

struct engines {
    struct health *health;
    struct kube_config config; /* names no server: each request has its socket */
    struct kube_loop *loop;
    struct engine_policy policy;
    struct engine *all[SERVICE_ENGINES_MAX];
    size_t n;
    struct container_names names;
    struct snapshot_cell table;
    bool has_table, is_named;
    bool is_stale; /* the table is not what the engines know */
    uint64_t generation;
    struct asked asked;
};

static void table_free(struct snapshot *s)
{
    struct names_table *t = KG_CONTAINER_OF(s, struct names_table, snapshot);
    for (size_t i = 0; i < t->n; i++) {
        snapshot_unref(&t->records[i]->snapshot);
    }
    free(t);
}

static int by_id(const void *a, const void *b)
{
    const struct container_record *const *one = a, *const *other = b;
    return str_cmp((*one)->id, (*other)->id);
}

/* Puts together what all engines know. Both sockets may be the same engine's. NULL when out of
 * memory. */
static struct names_table *make_table(struct engines *e)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < e->n; i++) {
        n += engine_count(e->all[i]);
    }
    struct names_table *t = calloc(1, sizeof(*t) + n * sizeof(t->records[0]));
    if (!t) {
        return NULL;
    }
    snapshot_init(&t->snapshot, table_free);
    for (size_t i = 0; i < e->n; i++) {
        void *at = NULL;
        struct container_record *record;
        while ((record = engine_next(e->all[i], &at))) {
            t->records[t->n++] = record;
        }
    }
    qsort(t->records, t->n, sizeof(struct container_record *), by_id);
    for (size_t i = 0; i < t->n; i++) {
        if (i == 0 || by_id(&t->records[i], &t->records[kept - 1]) != 0) {
            t->records[kept++] = t->records[i];
            snapshot_ref(&t->records[i]->snapshot);
        }
    }
    t->n = kept;
    t->generation = ++e->generation;
    return t;
}

static void take_asked(struct engines *e, uint64_t now_ns)
{
    char ids[LIMIT_ENGINE_ASKED][CGROUP_CONTAINER_ID_LEN];
    pthread_mutex_lock(&e->asked.lock);
    size_t n = e->asked.n;
    memcpy(ids, e->asked.ids, n * sizeof(ids[0]));
    e->asked.n = 0;
    pthread_mutex_unlock(&e->asked.lock);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < e->n; k++) {
            engine_ask(e->all[k], (struct str){ ids[i], sizeof(ids[i]) }, now_ns);
        }
    }
}

static uint64_t engines_hook(void *arg, uint64_t now_ns)
{
    struct engines *e = arg;
    uint64_t next_ns = UINT64_MAX;
    if (!e->is_named) {
        pthread_setname_np(pthread_self(), "engines");
        e->is_named = true;
    }
    take_asked(e, now_ns);
    for (size_t i = 0; i < e->n; i++) {
        uint64_t one_ns = engine_turn(e->all[i], now_ns);
        next_ns = KG_MIN(next_ns, one_ns);
        e->is_stale |= engine_take_changed(e->all[i], now_ns);
    }
    struct names_table *table = e->is_stale ? make_table(e) : NULL;
    if (table) {
        snapshot_cell_publish(&e->table, &table->snapshot);
        e->is_stale = false;
    }
    /* Out of memory: names stay as they are until it can be had. */
    return e->is_stale ? KG_MIN(next_ns, now_ns + AGAIN_NS) : next_ns;
}

static const void *names_acquire(void *arg, uint64_t *ret_generation)
{
    struct engines *e = arg;
    struct snapshot *s = snapshot_cell_acquire(&e->table);
    if (!s) {
        return NULL;
    }
    struct names_table *t = KG_CONTAINER_OF(s, struct names_table, snapshot);
    *ret_generation = t->generation;
    return t;
}

static void names_release(const void *table)
{
    /* The table is constant to its users, its reference count is not. */
    struct names_table *t = (struct names_table *)(uintptr_t)table;
    snapshot_unref(&t->snapshot);
}

static struct container_record *names_find(const void *table, struct str id)
{
    const struct names_table *t = table;
    const struct container_record key = { .id = id }, *wanted = &key;
    struct container_record *const *found =
        bsearch(&wanted, t->records, t->n, sizeof(struct container_record *), by_id);
    return found ? *found : NULL;
}

static void names_ask(void *arg, struct str id)
{
    struct engines *e = arg;
    pthread_mutex_lock(&e->asked.lock);
    if (e->asked.n < LIMIT_ENGINE_ASKED && id.n == CGROUP_CONTAINER_ID_LEN) {
        memcpy(e->asked.ids[e->asked.n++], id.p, id.n);
    }
    pthread_mutex_unlock(&e->asked.lock);
    kube_loop_wakeup(e->loop);
}

/* "unix:///run/x.sock" or "/run/x.sock". NULL when it is neither. */
static const char *socket_path(const char *text)
{
    struct str path = str_of(text);
    str_eat(&path, STR("unix://"));
    bool good = str_starts(path, STR("/")) && path.n < sizeof(((struct sockaddr_un *)0)->sun_path);
    return good ? path.p : NULL;
}

static int add_engine(struct engines *e, const struct options *o, size_t option, struct err *err)
{
    const char *text = options_text(o, option);
    if (!*text) {
        return 0;
    }
    struct engine_config config = {
        .name = o->rows[option].name,
        .socket = socket_path(text),
        .http = kube_loop_http(e->loop),
        .policy = &e->policy,
        .every_ns = options_ns(o, OPT_ENGINE_INTERVAL),
    };
    if (!config.socket) {
        return err_set(err, EINVAL,
                       "--%s: \"%.100s\" is no unix socket such as unix:///var/run/docker.sock",
                       config.name, text);
    }
    e->all[e->n] = engine_new(&config, err);
    if (!e->all[e->n]) {
        return -ENOMEM;
    }
    e->n++;
    return 0;
}

static int make_loop(struct engines *e, struct err *err)
{
    char agent[128];
    kube_options_user_agent(agent, sizeof(agent));
    e->config.server = str_dup(STR("http://localhost"));
    e->config.context = str_dup(STR("engines"));
    if (!e->config.server || !e->config.context) {
        return err_set_errno(err, ENOMEM, "container engines");
    }
    e->loop = kube_loop_new(&e->config, agent, err);
    return e->loop ? kube_loop_add_hook(e->loop, engines_hook, e, err) : -ENOMEM;
}

static int init(struct engines *e, const struct options *o, struct err *err)
{
    e->policy.store_labels = options_bool(o, OPT_STORE_CONTAINER_LABELS);
    e->policy.labels = options_list(o, OPT_WHITELISTED_CONTAINER_LABELS, &e->policy.n_labels);
    e->policy.env = options_list(o, OPT_ENV_METADATA_WHITELIST, &e->policy.n_env);
    e->names = (struct container_names){
        .arg = e,
        .acquire = names_acquire,
        .release = names_release,
        .find = names_find,
        .ask = names_ask,
    };
    e->asked.has_lock = pthread_mutex_init(&e->asked.lock, NULL) == 0;
    e->has_table = snapshot_cell_init(&e->table) == 0;
    if (!e->asked.has_lock || !e->has_table) {
        return err_set_errno(err, ENOMEM, "container engines");
    }
    int r = make_loop(e, err);
    r = r < 0 ? r : add_engine(e, o, OPT_DOCKER, err);
    return r < 0 ? r : add_engine(e, o, OPT_PODMAN, err);
}

int engines_new(const struct options *o, struct health *health, struct engines **ret,
                struct err *err)
{
    *ret = NULL;
    if (!*options_text(o, OPT_DOCKER) && !*options_text(o, OPT_PODMAN)) {
        return 0;
    }
    struct engines *e = calloc(1, sizeof(*e));
    if (!e) {
        return err_set_errno(err, ENOMEM, "container engines");
    }
    e->health = health;
    int r = init(e, o, err);
    if (r < 0) {
        engines_free(e);
        return r;
    }
    *ret = e;
    return 0;
}

int engines_start(struct engines *e, struct err *err)
{
    return kube_loop_start(e->loop, err);
}

void engines_stop(struct engines *e)
{
    kube_loop_stop(e->loop);
    health_gone(e->health, HEALTH_ENGINES);
}

void engines_free(struct engines *e)
{
    if (!e) {
        return;
    }
    if (e->loop) {
        kube_loop_stop(e->loop);
    }
    for (size_t i = 0; i < e->n; i++) {
        engine_free(e->all[i]);
    }
    kube_loop_free(e->loop);
    kube_config_done(&e->config);
    if (e->has_table) {
        snapshot_cell_done(&e->table);
    }
    if (e->asked.has_lock) {
        pthread_mutex_destroy(&e->asked.lock);
    }
    free(e);
}

const struct container_names *engines_names(const struct engines *e)
{
    return &e->names;
}

size_t engines_report(void *arg, struct service_engine ret[SERVICE_ENGINES_MAX])
{
    const struct engines *e = arg;
    for (size_t i = 0; i < e->n; i++) {
        engine_report(e->all[i], &ret[i]);
    }
    return e->n;
}

void engines_beat(const struct engines *e)
{
    health_beat(e->health, HEALTH_ENGINES, kube_loop_turned_ns(e->loop));
}
