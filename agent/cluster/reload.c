#include "agent/cluster/reload.h"

#include "agent/kube_options.h"
#include "base/clock.h"
#include "base/file_watch.h"
#include "base/log.h"

#include <assert.h>
#include <pthread.h>
#include <time.h>

/* The files, by their index in the watch. */
enum reload_file { RELOAD_CONFIG, RELOAD_KUBECONFIG, RELOAD_FILES };

struct reload {
    const struct options *started; /* with which the agent was started */
    struct options applied; /* those of the last plan; without rows: the first is in effect */
    const struct options_command *command;
    struct cluster_role *role;
    struct file_watch watch;
    int index[RELOAD_FILES]; /* in the watch; negative: not watched */
    pthread_mutex_t lock;    /* over `shown` */
    struct service_file shown[SERVICE_FILES_MAX];
    size_t n_shown;
};

static_assert((int)RELOAD_FILES <= SERVICE_FILES_MAX, "each file is told of");

static double unix_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / (double)CLOCK_NS_PER_SEC;
}

static void show(struct reload *r, enum reload_file file, bool good)
{
    if (r->index[file] < 0) {
        return;
    }
    size_t at = (size_t)r->index[file];
    pthread_mutex_lock(&r->lock);
    r->shown[at].good = good;
    r->shown[at].hash = file_watch_hash(&r->watch, at);
    r->shown[at].good_unix = good ? unix_now() : r->shown[at].good_unix;
    pthread_mutex_unlock(&r->lock);
}

static void add_file(struct reload *r, enum reload_file file, const char *type, const char *path)
{
    r->index[file] = -1;
    if (*path) {
        r->index[file] = file_watch_add(&r->watch, path);
        r->shown[r->n_shown++] = (struct service_file){ .type = type, .path = path };
        show(r, file, true);
    }
}

int reload_new(const struct options *o, const struct options_command *command,
               struct cluster_role *role, struct reload **ret, struct err *err)
{
    const char *config = options_text(o, OPT_CONFIG), *kubeconfig = options_text(o, OPT_KUBECONFIG);
    if (!*config && !*kubeconfig) {
        return 0;
    }
    struct reload *r = calloc(1, sizeof(*r));
    if (!r) {
        return err_set(err, ENOMEM, "out of memory");
    }
    r->started = o;
    r->command = command;
    r->role = role;
    pthread_mutex_init(&r->lock, NULL);
    file_watch_init(&r->watch);
    add_file(r, RELOAD_CONFIG, "config", config);
    add_file(r, RELOAD_KUBECONFIG, "kubeconfig", kubeconfig);
    *ret = r;
    return 0;
}

void reload_free(struct reload *r)
{
    if (r) {
        file_watch_done(&r->watch);
        options_done(&r->applied);
        pthread_mutex_destroy(&r->lock);
        free(r);
    }
}

int reload_fd(const struct reload *r)
{
    return r->watch.fd;
}

static bool differs(const struct options *a, const struct options *b, size_t id)
{
    return !str_eq_c(str_of(a->values[id].text), b->values[id].text);
}

/* Names what differs from the start and needs another one. */
static void warn_of_the_rest(const struct reload *r, const struct options *now)
{
    for (size_t i = 0; i < now->n; i++) {
        const struct option_row *row = &now->rows[i];
        if (!row->live && !row->ksm && (row->roles & ROLE_BIT(ROLE_CLUSTER)) &&
            differs(r->started, now, i)) {
            LOG_WARN("option has changed, and takes effect at the next start", "option", row->name);
        }
    }
}

/* Whether another plan comes of it: a comment that was changed is no reason to list everything. */
static bool is_another(const struct reload *r, const struct options *now)
{
    const struct options *before = r->applied.rows ? &r->applied : r->started;
    bool found = false;
    for (size_t i = 0; i < now->n; i++) {
        found |= now->rows[i].live && differs(before, now, i);
    }
    return found;
}

/* What is to be applied, whole or not at all. */
static int apply(struct reload *r, const struct options *o, bool other_server, struct err *err)
{
    struct kube_config config = { 0 };
    if (!other_server && !is_another(r, o)) {
        return 0;
    }
    if (*options_text(r->started, OPT_POD)) {
        LOG_WARN("the configuration has changed, and takes effect at the next start: with --pod a "
                 "restart hands the objects over");
        return 0;
    }
    struct cluster_plan *plan = cluster_plan_new(o, err);
    if (!plan) {
        return -EINVAL;
    }
    int e = other_server ? kube_options_config(o, &config, err) : 0;
    if (e < 0) {
        kube_config_done(&config);
        cluster_plan_free(plan);
        return e;
    }
    log_setup((enum log_level)options_choice(o, OPT_LOG_LEVEL),
              (enum log_format)options_choice(o, OPT_LOG_FORMAT));
    cluster_role_apply_to(r->role, plan, other_server ? &config : NULL);
    return 0;
}

static int load(struct reload *r, bool other_server, struct err *err)
{
    struct options o;
    const struct options_command *c = r->command;
    int e = options_init(&o, err);
    e = e < 0 ? e : options_load(&o, c->argc, c->argv, c->envp, err);
    e = e < 0 ? e : apply(r, &o, other_server, err);
    if (e < 0) {
        options_done(&o);
        return e;
    }
    warn_of_the_rest(r, &o);
    options_done(&r->applied);
    r->applied = o;
    return 0;
}

void reload_look(struct reload *r)
{
    unsigned changed = file_watch_look(&r->watch);
    for (size_t file = 0; file < RELOAD_FILES; file++) {
        bool is_changed = r->index[file] >= 0 && (changed >> r->index[file] & 1);
        struct err err = { 0 };
        if (!is_changed) {
            continue;
        }
        const char *path = r->watch.files[r->index[file]].path;
        int e = load(r, file == RELOAD_KUBECONFIG, &err);
        show(r, (enum reload_file)file, e >= 0);
        if (e < 0) {
            LOG_ERROR("a changed file is not taken, all stays as it was", "path", path, "error",
                      err_text(&err));
        } else {
            LOG_INFO("a changed file was read", "path", path);
        }
    }
}

size_t reload_report(void *arg, struct service_file ret[SERVICE_FILES_MAX])
{
    struct reload *r = arg;
    pthread_mutex_lock(&r->lock);
    memcpy(ret, r->shown, sizeof(r->shown));
    size_t n = r->n_shown;
    pthread_mutex_unlock(&r->lock);
    return n;
}
