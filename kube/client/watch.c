#include "base/clock.h"
#include "base/limits.h"
#include "kube/client/watch_impl.h"
#include "kube/client/watch_path.h"

#include <sys/random.h>

#define SETTLE_NS (50 * CLOCK_NS_PER_MS)
#define PATH_MAX_BYTES (64 * KIB)
#define TEXTS_MAX_BYTES (64 * KIB) /* the texts of a spec */

void watch_show_state(struct kube_watch *w)
{
    struct kube_watch_state *s = &w->state;
    s->sync = reflector_sync(w->reflector);
    s->last_contact_ns = reflector_last_contact_ns(w->reflector);
    s->failures = reflector_failures(w->reflector);
    s->connected = w->transfer && w->is_answered;
    if (s->sync == REFLECTOR_SYNCED) {
        s->behind_since_ns = 0;
    } else if (s->behind_since_ns == 0) {
        /* What the server said last was true then. */
        s->behind_since_ns = s->last_contact_ns ? s->last_contact_ns : w->now_ns;
    }
    pthread_mutex_lock(&w->lock);
    w->shown = *s;
    pthread_mutex_unlock(&w->lock);
}

void watch_set_error(struct kube_watch *w, const char *what, const char *text)
{
    struct err err = { 0 };
    bool has_text = text && text[0];
    err_set(&err, EIO, "%s %s: %s%s%s", watch_is_list(w) ? "list" : "watch", w->spec.plural, what,
            has_text ? ": " : "", has_text ? text : "");
    memcpy(w->state.last_error, err.text, sizeof(err.text));
}

void watch_count_failure(struct kube_watch *w)
{
    if (watch_is_list(w)) {
        w->state.list_error++;
    } else {
        w->state.watch_error++;
    }
}

void watch_settle(struct kube_watch *w)
{
    w->is_dirty = false;
    w->settled_ns = w->now_ns;
    if (w->consumer->settle) {
        w->consumer->settle(w->arg);
    }
}

void watch_abort_generation(struct kube_watch *w)
{
    if (w->generation_open) {
        w->generation_open = false;
        w->consumer->relist_abort(w->arg);
    }
}

/* Does what an event of the reflector asks for. */
void watch_apply(struct kube_watch *w, int effect)
{
    if (effect == REFLECTOR_ABORT) {
        watch_abort_generation(w);
    } else if (effect == REFLECTOR_COMMIT && w->generation_open) {
        struct err err = { 0 };
        w->generation_open = false;
        if (w->consumer->relist_commit(w->arg, &err) < 0) {
            w->stop_err = err;
            w->stop = WATCH_STOP_LOST;
            return;
        }
        w->state.list_success++;
        w->state.synced_once = true;
        w->state.refused = 0;
        watch_settle(w);
    }
}

/* The first sign that the server took the request. */
static void heard(struct kube_watch *w)
{
    reflector_heard(w->reflector, w->now_ns);
    if (!w->is_answered) {
        w->is_answered = true;
        kube_http_set_idle(w->transfer, watch_idle_ms(w));
        w->state.last_error[0] = '\0';
        w->state.watch_success += watch_is_list(w) ? 0 : 1;
    }
}

static void on_answer(void *arg)
{
    struct kube_watch *w = arg;
    w->now_ns = clock_mono_ns();
    heard(w);
    watch_show_state(w);
}

static int on_body(void *arg, struct str piece)
{
    struct kube_watch *w = arg;
    w->now_ns = clock_mono_ns();
    heard(w);
    struct err err = { 0 };
    int r = json_stream_feed(w->stream, piece, &err);
    if (r < 0 && w->stop == WATCH_STOP_NONE) {
        w->stop = WATCH_STOP_GARBLED;
        w->stop_err = err;
    }
    watch_show_state(w);
    return r;
}

long watch_idle_ms(const struct kube_watch *w)
{
    return (long)(reflector_idle_ns(w->reflector) / CLOCK_NS_PER_MS);
}

void watch_close_request(struct kube_watch *w)
{
    w->transfer = NULL;
    w->is_answered = false;
    json_stream_free(w->stream);
    w->stream = NULL;
}

static int open_generation(struct kube_watch *w, struct err *err)
{
    watch_abort_generation(w);
    int r = w->consumer->relist_begin(w->arg, err);
    if (r == 0) {
        w->generation_open = true;
        w->state.relists += w->state.synced_once ? 1 : 0;
    }
    return r;
}

/* What a request may be answered with. The server takes the first that it knows, so that one which
 * does not cut objects down (an aggregated API of another make) answers with whole ones, not 406.
 * Source: Kubernetes API concepts, "Metadata-only fetches"; since 1.15 for lists and watches. */
#define CUT_DOWN_TO(kind) "application/json;as=" kind ";g=meta.k8s.io;v=v1,application/json"

static const char *accepted(const struct kube_watch *w, bool is_page)
{
    if (!w->spec.metadata_only) {
        return NULL;
    }
    return is_page ? CUT_DOWN_TO("PartialObjectMetadataList")
                   : CUT_DOWN_TO("PartialObjectMetadata");
}

static int send_request(struct kube_watch *w, const struct reflector_step *step, struct err *err)
{
    static const struct kube_http_events of_http = {
        .on_body = on_body,
        .on_end = watch_on_end,
        .on_answer = on_answer,
    };
    bool is_page = step->action == REFLECTOR_LIST_PAGE;
    auto_buf struct buf path = BUF_INIT(PATH_MAX_BYTES);
    watch_path(&path, &w->spec, step);
    buf_clear(&w->list_version);
    buf_clear(&w->list_continue);
    w->stream = json_stream_new(is_page ? JSON_STREAM_LIST : JSON_STREAM_WATCH, 0,
                                is_page ? &watch_events_of_page : &watch_events_of_stream, w);
    if (!w->stream || !buf_c(&path)) {
        return err_set_errno(err, path.failed ? -path.failed : ENOMEM, "request");
    }
    struct kube_http_request request = {
        .method = "GET",
        .path = buf_c(&path),
        .accept = accepted(w, is_page),
        .timeouts = { .idle_ms = watch_idle_ms(w) },
    };
    w->transfer = kube_http_send(w->http, &request, &of_http, w, err);
    return w->transfer ? 0 : -EIO;
}

static void start(struct kube_watch *w, const struct reflector_step *step)
{
    struct err err = { 0 };
    int r = 0;
    w->action = step->action;
    w->stop = WATCH_STOP_NONE;
    if (step->refresh_credentials && kube_config_refresh(w->config, &err) < 0) {
        watch_set_error(w, "credentials", err_text(&err)); /* the old ones may do yet */
    }
    reflector_begun(w->reflector, w->now_ns);
    if (step->relist_begins) {
        r = open_generation(w, &err);
    }
    if (r == 0) {
        r = send_request(w, step, &err);
    }
    if (r < 0) {
        watch_set_error(w, "request", err_text(&err));
        watch_count_failure(w);
        watch_close_request(w);
        watch_apply(w, reflector_broken(w->reflector, REFLECTOR_BROKEN, w->now_ns));
    }
}

/* Ends the watch, if one is under way, for a list in its place. */
static void give_up_watch(struct kube_watch *w)
{
    if (w->transfer) {
        kube_http_cancel(w->transfer);
    }
    watch_close_request(w);
    watch_apply(w, reflector_relist(w->reflector));
}

uint64_t kube_watch_turn(struct kube_watch *w, uint64_t now_ns)
{
    w->now_ns = now_ns;
    uint64_t again_ns = UINT64_MAX;
    if (w->state.refused && w->refused_generation != w->config->generation) {
        w->refused_generation = w->config->generation;
        reflector_hurry(w->reflector); /* the new credentials may be allowed more */
    }
    if (w->action == REFLECTOR_WATCH && w->consumer->wants_list &&
        w->consumer->wants_list(w->arg)) {
        give_up_watch(w);
    }
    if (!w->transfer) {
        struct reflector_step step = reflector_next(w->reflector, now_ns);
        if (step.action == REFLECTOR_SLEEP) {
            again_ns = step.until_ns;
        } else {
            start(w, &step);
            again_ns = w->transfer ? UINT64_MAX : now_ns;
        }
    }
    if (w->is_dirty) {
        if (now_ns >= w->settled_ns + SETTLE_NS) {
            watch_settle(w);
        } else {
            again_ns = KG_MIN(again_ns, w->settled_ns + SETTLE_NS);
        }
    }
    watch_show_state(w);
    return again_ns;
}

struct kube_watch_state kube_watch_state(struct kube_watch *w)
{
    pthread_mutex_lock(&w->lock);
    struct kube_watch_state copy = w->shown;
    pthread_mutex_unlock(&w->lock);
    return copy;
}

/* Replaces a text of the spec by a copy; NULL stays NULL. */
static int copy_text(struct kube_watch *w, const char **text)
{
    struct str copy = { 0 };
    if (!*text) {
        return 0;
    }
    int r = arena_str(&w->texts, str_of(*text), &copy);
    *text = copy.p;
    return r;
}

static int copy_spec(struct kube_watch *w, const struct kube_watch_spec *spec)
{
    w->spec = *spec;
    const char **texts[] = {
        &w->spec.group,     &w->spec.version,        &w->spec.plural,
        &w->spec.namespace, &w->spec.field_selector, &w->spec.label_selector,
    };
    int r = 0;
    for (size_t i = 0; i < KG_ARRAY_LEN(texts) && r == 0; i++) {
        r = copy_text(w, texts[i]);
    }
    return r;
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    return getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed) ? seed : clock_mono_ns();
}

struct kube_watch *kube_watch_new(struct kube_http *http, struct kube_config *config,
                                  const struct kube_watch_spec *spec,
                                  const struct kube_consumer *consumer, void *arg, struct err *err)
{
    struct kube_watch *w = calloc(1, sizeof(*w));
    if (!w) {
        err_set(err, ENOMEM, "watch %s: out of memory", spec->plural);
        return NULL;
    }
    pthread_mutex_init(&w->lock, NULL);
    w->http = http;
    w->config = config;
    w->consumer = consumer;
    w->arg = arg;
    arena_init(&w->texts, TEXTS_MAX_BYTES);
    buf_init(&w->list_version, LIMIT_OBJECT_BYTES);
    buf_init(&w->list_continue, LIMIT_OBJECT_BYTES);
    struct reflector_config of_reflector = {
        .seed = spec->seed ? spec->seed : random_seed(),
        .streaming = spec->streaming,
        .times = spec->times,
    };
    w->reflector = reflector_new(&of_reflector);
    if (copy_spec(w, spec) < 0 || !w->reflector) {
        err_set(err, ENOMEM, "watch %s: out of memory", spec->plural);
        kube_watch_free(w);
        return NULL;
    }
    w->now_ns = clock_mono_ns();
    w->spec.shard_at_server = spec->shard_at_server && spec->shard.by == KUBE_SHARD_RANGE &&
                              kube_shard_divides(&spec->shard) &&
                              spec->shard.total <= KUBE_SHARD_SELECTOR_TOTAL;
    w->state.sharding =
        w->spec.shard_at_server ? KUBE_WATCH_SHARDING_UNKNOWN : KUBE_WATCH_SHARDING_HERE;
    watch_show_state(w);
    return w;
}

void kube_watch_free(struct kube_watch *w)
{
    if (!w) {
        return;
    }
    if (w->transfer) {
        kube_http_cancel(w->transfer);
    }
    watch_close_request(w);
    watch_abort_generation(w);
    reflector_free(w->reflector);
    buf_done(&w->list_version);
    buf_done(&w->list_continue);
    arena_done(&w->texts);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
