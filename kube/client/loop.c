#include "kube/client/loop.h"

#include "base/clock.h"
#include "base/log.h"
#include "kube/client/json_arena.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#define REFRESH_NS (60 * CLOCK_NS_PER_SEC)

/* Longest wait in one turn: a safety net only, whatever is due is waited for exactly. */
#define TURN_MS_MAX 1000

struct loop_watch {
    struct kube_watch *watch;
    char name[96]; /* "pods" or "deployments.apps": the subject of its log lines */
    struct complaint failing, undecodable;
    uint64_t seen_failures, seen_decode_errors, seen_oversize;
    bool was_synced, was_refused;
    struct loop_watch *next;
};

struct loop_hook {
    kube_loop_hook call;
    void *arg;
};

struct kube_loop {
    struct kube_config *config;
    struct kube_http *http;
    struct loop_watch *watches;
    pthread_t thread;
    atomic_bool is_running;
    atomic_bool is_stopping;
    _Atomic uint64_t turned_ns;
    uint64_t refresh_ns; /* when credentials are read again */
    struct complaint refresh_fails, turn_fails;
    struct loop_hook hooks[KUBE_LOOP_HOOKS_MAX];
    size_t n_hooks;
};

struct kube_loop *kube_loop_new(struct kube_config *config, const char *user_agent, struct err *err)
{
    struct kube_loop *loop = calloc(1, sizeof(*loop));
    if (!loop) {
        err_set(err, ENOMEM, "kube loop: out of memory");
        return NULL;
    }
    loop->config = config;
    loop->refresh_fails.what = "credentials cannot be read again, the old ones stay";
    loop->turn_fails.what = "waiting for the API server's answers fails";
    loop->http = kube_http_new(config, user_agent, err);
    if (!loop->http) {
        free(loop);
        return NULL;
    }
    return loop;
}

/* The loop whose thread this is. */
static _Thread_local const struct kube_loop *this_thread;

/* Whether the caller may change what the loop holds. */
static bool is_ours(const struct kube_loop *loop)
{
    return this_thread == loop || !atomic_load(&loop->is_running);
}

int kube_loop_add_hook(struct kube_loop *loop, kube_loop_hook hook, void *arg, struct err *err)
{
    if (!is_ours(loop)) {
        return err_set(err, EBUSY, "kube loop: a hook cannot be added from another thread");
    }
    if (loop->n_hooks == KUBE_LOOP_HOOKS_MAX) {
        return err_set(err, ENOSPC, "kube loop: it has %d hooks already", KUBE_LOOP_HOOKS_MAX);
    }
    loop->hooks[loop->n_hooks++] = (struct loop_hook){ hook, arg };
    return 0;
}

int kube_loop_configure(struct kube_loop *loop, struct kube_config *config, struct err *err)
{
    if (!is_ours(loop)) {
        return err_set(err, EBUSY, "kube loop: another thread may not configure it");
    }
    struct kube_config before = *loop->config;
    config->generation = before.generation + 1;
    config->tls_generation = before.tls_generation + 1;
    *loop->config = *config;
    int r = kube_http_retarget(loop->http, err);
    if (r < 0) {
        *loop->config = before;
        return r;
    }
    kube_config_done(&before);
    *config = (struct kube_config){ 0 };
    return 0;
}

void kube_loop_wakeup(struct kube_loop *loop)
{
    kube_http_wakeup(loop->http);
}

struct kube_http *kube_loop_http(struct kube_loop *loop)
{
    return loop->http;
}

struct kube_watch *kube_loop_add(struct kube_loop *loop, const struct kube_watch_spec *spec,
                                 const struct kube_consumer *consumer, void *arg, struct err *err)
{
    if (!is_ours(loop)) {
        err_set(err, EBUSY, "kube loop: a watch cannot be added from another thread");
        return NULL;
    }
    struct loop_watch *w = calloc(1, sizeof(*w));
    if (!w) {
        err_set(err, ENOMEM, "kube loop: out of memory");
        return NULL;
    }
    w->watch = kube_watch_new(loop->http, loop->config, spec, consumer, arg, err);
    if (!w->watch) {
        free(w);
        return NULL;
    }
    snprintf(w->name, sizeof(w->name), "%s%s%s", spec->plural, spec->group[0] ? "." : "",
             spec->group);
    w->failing.what = "API server cannot be followed, trying again";
    w->undecodable.what = "objects are left out";
    w->next = loop->watches;
    loop->watches = w;
    return w->watch;
}

void kube_loop_remove(struct kube_loop *loop, struct kube_watch *watch)
{
    for (struct loop_watch **at = &loop->watches; watch && *at; at = &(*at)->next) {
        struct loop_watch *w = *at;
        if (w->watch == watch) {
            *at = w->next;
            kube_watch_free(w->watch);
            free(w);
            return;
        }
    }
}

/* A resource that the server does not have, or does not let us see, is told of once. */
static void report_refusal(struct loop_watch *w, const struct kube_watch_state *s)
{
    if (s->refused && !w->was_refused) {
        w->was_refused = true;
        LOG_WARN("resource is refused; it is left out, and asked for every few minutes", "resource",
                 w->name, "error", s->last_error);
    } else if (!s->refused && w->was_refused && s->sync == REFLECTOR_SYNCED) {
        w->was_refused = false;
        LOG_INFO("resource is no longer refused", "resource", w->name);
    }
}

/* Logs what changed since the last turn. */
static void report(struct loop_watch *w, uint64_t now_ns)
{
    struct kube_watch_state s = kube_watch_state(w->watch);
    /* One failure is a server's restart, an expired version, a lost connection: it passes. */
    if (s.failures > w->seen_failures && s.failures > 1 && s.last_error[0] && !s.refused) {
        struct err why = { 0 };
        err_set(&why, EIO, "%s", s.last_error);
        complain(&w->failing, now_ns, w->name, &why);
    }
    w->seen_failures = s.failures;
    report_refusal(w, &s);
    if (s.decode_errors + s.oversize_objects > w->seen_decode_errors + w->seen_oversize) {
        struct err why = { 0 };
        if (s.oversize_objects > w->seen_oversize) {
            err_set(&why, EMSGSIZE, "larger than the maximum");
        } else {
            err_set(&why, EBADMSG, "%s", s.last_decode_error);
        }
        complain(&w->undecodable, now_ns, w->name, &why);
        w->seen_decode_errors = s.decode_errors;
        w->seen_oversize = s.oversize_objects;
    }
    bool is_synced = s.sync == REFLECTOR_SYNCED && s.failures == 0;
    if (is_synced) {
        complaint_over(&w->failing, now_ns, w->name);
    }
    if (is_synced && !w->was_synced) {
        LOG_INFO("list complete", "resource", w->name);
    }
    w->was_synced = w->was_synced || is_synced;
}

static void refresh(struct kube_loop *loop, uint64_t now_ns)
{
    struct err err = { 0 };
    int r = kube_config_refresh(loop->config, &err);
    if (r < 0) {
        complain(&loop->refresh_fails, now_ns, NULL, &err);
    } else {
        complaint_over(&loop->refresh_fails, now_ns, NULL);
        if (r > 0) {
            LOG_INFO("credentials changed");
        }
    }
    loop->refresh_ns = now_ns + REFRESH_NS;
}

/* What is due, then a wait for data, a wakeup, or what is due next. */
static void turn(struct kube_loop *loop)
{
    uint64_t now_ns = clock_mono_ns();
    atomic_store_explicit(&loop->turned_ns, now_ns, memory_order_relaxed);
    if (now_ns >= loop->refresh_ns) {
        refresh(loop, now_ns);
    }
    uint64_t again_ns = now_ns + TURN_MS_MAX * CLOCK_NS_PER_MS;
    for (size_t i = 0; i < loop->n_hooks; i++) {
        uint64_t wanted_ns = loop->hooks[i].call(loop->hooks[i].arg, now_ns);
        again_ns = KG_MIN(again_ns, wanted_ns);
    }
    for (struct loop_watch *w = loop->watches; w; w = w->next) {
        uint64_t wanted_ns = kube_watch_turn(w->watch, now_ns);
        again_ns = KG_MIN(again_ns, wanted_ns);
        report(w, now_ns);
    }
    uint64_t wait_ns = again_ns > now_ns ? again_ns - now_ns : 0;
    struct err err = { 0 };
    /* Rounded up, or the last millisecond would be spent in empty turns. */
    int wait_ms = (int)((wait_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS);
    if (kube_http_turn(loop->http, wait_ms, &err) < 0) {
        complain(&loop->turn_fails, now_ns, NULL, &err);
        /* Whatever it is, it must not become a busy loop. */
        nanosleep(&(struct timespec){ .tv_nsec = 100 * (long)CLOCK_NS_PER_MS }, NULL);
    } else {
        complaint_over(&loop->turn_fails, now_ns, NULL);
    }
}

static void *run(void *arg)
{
    struct kube_loop *loop = arg;
    this_thread = loop;
    loop->refresh_ns = clock_mono_ns() + REFRESH_NS;
    while (!atomic_load(&loop->is_stopping)) {
        turn(loop);
    }
    json_arena_done();
    return NULL;
}

int kube_loop_start(struct kube_loop *loop, struct err *err)
{
    if (atomic_exchange(&loop->is_running, true)) {
        return err_set(err, EBUSY, "kube loop: it runs already");
    }
    atomic_store(&loop->is_stopping, false);
    /* A new thread inherits the mask: signals are for the main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&loop->thread, NULL, run, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        atomic_store(&loop->is_running, false);
        return err_set_errno(err, r, "kube loop: thread");
    }
    pthread_setname_np(loop->thread, "kube");
    return 0;
}

void kube_loop_stop(struct kube_loop *loop)
{
    if (atomic_load(&loop->is_running)) {
        atomic_store(&loop->is_stopping, true);
        kube_http_wakeup(loop->http);
        pthread_join(loop->thread, NULL);
        atomic_store(&loop->is_running, false);
        atomic_store(&loop->turned_ns, 0);
    }
}

uint64_t kube_loop_turned_ns(const struct kube_loop *loop)
{
    return atomic_load_explicit(&loop->turned_ns, memory_order_relaxed);
}

void kube_loop_free(struct kube_loop *loop)
{
    if (!loop) {
        return;
    }
    kube_loop_stop(loop);
    while (loop->watches) {
        struct loop_watch *w = loop->watches;
        loop->watches = w->next;
        kube_watch_free(w->watch);
        free(w);
    }
    kube_http_free(loop->http);
    free(loop);
}
