#include "base/clock.h"
#include "kube/client/watch_event.h"
#include "kube/client/watch_impl.h"

#include <stdio.h>

/* A status of 300 and more. What a proxy in between answers is no JSON. */
static int end_by_status(struct kube_watch *w, const struct kube_http_end *end)
{
    json_t *body = json_loadb(end->error_body.p ? end->error_body.p : "", end->error_body.n,
                              JSON_ALLOW_NUL, NULL);
    struct watch_status status = watch_status_read(body);
    char what[32];
    snprintf(what, sizeof(what), "HTTP status %ld", end->status);
    struct err words = { 0 };
    struct str text =
        body ? status.message : str_line(&(struct str){ end->error_body.p, end->error_body.n });
    err_set(&words, EREMOTEIO, STR_FMT, STR_ARG(str_head(text, 150)));
    watch_set_error(w, what, words.text);
    if (w->spec.shard_at_server && str_search(text, STR("shard")) >= 0) {
        watch_share_refused(w);
    }
    if (watch_is_list(w)) {
        bool refused = end->status == 403 || end->status == 404 || end->status == 405;
        w->state.refused = refused ? (int)end->status : 0;
        w->refused_generation = w->config->generation;
    }
    int64_t retry_after_ms = KG_MAX(end->retry_after_ms, status.retry_after_ms);
    int effect =
        reflector_status(w->reflector, (int)end->status, status.reason, retry_after_ms, w->now_ns);
    json_decref(body);
    return effect;
}

/* Tells the reflector of a body that was refused here. */
static int end_by_stop(struct kube_watch *w)
{
    watch_set_error(w, "stopped", err_text(&w->stop_err));
    switch (w->stop) {
    case WATCH_STOP_STATUS:
        return reflector_status(w->reflector, w->status_code, str_of(w->status_reason),
                                w->status_retry_after_ms, w->now_ns);
    case WATCH_STOP_LOST:
        return reflector_broken(w->reflector, REFLECTOR_LOST, w->now_ns);
    case WATCH_STOP_NONE:
    case WATCH_STOP_GARBLED:
        break;
    }
    return reflector_broken(w->reflector, REFLECTOR_GARBLED, w->now_ns);
}

/* The whole of a 2xx answer came. */
static int end_whole(struct kube_watch *w)
{
    struct err err = { 0 };
    int r = json_stream_end(w->stream, &err);
    if (r < 0) {
        watch_set_error(w, "answer", err.text);
        return reflector_broken(w->reflector, r == -ENODATA ? REFLECTOR_BROKEN : REFLECTOR_GARBLED,
                                w->now_ns);
    }
    if (w->action != REFLECTOR_LIST_PAGE) {
        watch_set_error(w, "answer", "ended too soon"); /* counts only if the reflector thinks so */
        return reflector_stream_end(w->reflector, w->now_ns);
    }
    r = reflector_page_done(w->reflector, buf_str(&w->list_version), buf_str(&w->list_continue),
                            w->now_ns);
    if (r < 0) {
        watch_set_error(w, "answer", "its resourceVersion or continue is missing or too long");
        return reflector_broken(w->reflector, REFLECTOR_GARBLED, w->now_ns);
    }
    return r;
}

static enum reflector_break break_of(enum kube_http_result result)
{
    switch (result) {
    case KUBE_HTTP_CONNECT:
    case KUBE_HTTP_TLS:
        return REFLECTOR_UNREACHABLE;
    case KUBE_HTTP_IDLE:
        return REFLECTOR_TIMED_OUT;
    case KUBE_HTTP_DONE:
    case KUBE_HTTP_BROKEN:
    case KUBE_HTTP_CONSUMER:
    case KUBE_HTTP_INTERNAL:
        break;
    }
    return REFLECTOR_BROKEN;
}

/* Tells the reflector how the request ended. Returns its effect. */
static int tell_end(struct kube_watch *w, const struct kube_http_end *end)
{
    if (w->stop != WATCH_STOP_NONE) {
        return end_by_stop(w);
    }
    if (end->status >= 300) {
        return end_by_status(w, end);
    }
    if (end->result == KUBE_HTTP_DONE) {
        return end_whole(w);
    }
    watch_set_error(w, "connection", end->message);
    return reflector_broken(w->reflector, break_of(end->result), w->now_ns);
}

void watch_on_end(void *arg, const struct kube_http_end *end)
{
    struct kube_watch *w = arg;
    w->now_ns = clock_mono_ns();
    w->transfer = NULL;
    uint64_t failures = reflector_failures(w->reflector);
    int effect = tell_end(w, end);
    watch_close_request(w);
    w->stop = WATCH_STOP_NONE;
    watch_apply(w, effect);
    if (w->stop != WATCH_STOP_NONE) { /* the commit of a paged list failed */
        failures = 0;
        watch_apply(w, end_by_stop(w));
        w->stop = WATCH_STOP_NONE;
    }
    /* What is a failure, the reflector says: a watch that ends, or is silent for long, is none. */
    if (reflector_failures(w->reflector) > failures) {
        watch_count_failure(w);
    } else {
        w->state.last_error[0] = '\0';
    }
    watch_show_state(w);
}
