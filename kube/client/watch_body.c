#include "kube/client/json_arena.h"
#include "kube/client/json_read.h"
#include "kube/client/watch_event.h"
#include "kube/client/watch_impl.h"

static void count_decode_error(struct kube_watch *w, const struct err *err)
{
    w->state.decode_errors++;
    memcpy(w->state.last_decode_error, err->text, sizeof(err->text));
}

static int refuse(struct kube_watch *w, enum watch_stop why)
{
    w->stop = why;
    return -ECANCELED;
}

static void put(struct kube_watch *w, const json_t *object)
{
    struct err err = { 0 };
    if (w->consumer->put(w->arg, object, &err) < 0) {
        count_decode_error(w, &err);
    }
}

/* What is wanted of a text, by read; all of it where that cannot tell, or read is NULL. Freed by
 * json_arena_end(). */
static json_t *parse(struct kube_watch *w, struct str text,
                     json_t *(*read)(const struct json_wanted *, struct str), struct err *err)
{
    json_arena_begin();
    json_t *parsed = read && w->spec.wanted ? read(w->spec.wanted, text) : NULL;
    if (!parsed) {
        parsed = watch_parse(text, err);
    }
    if (!parsed) {
        json_arena_end(NULL);
    }
    return parsed;
}

/* Events that carry an object, as API servers begin them. Others are small and parsed whole: a
 * bookmark's annotations say where a streaming list ends. */
static bool is_about_object(struct str text)
{
    return str_starts(text, STR("{\"type\":\"ADDED\"")) ||
           str_starts(text, STR("{\"type\":\"MODIFIED\"")) ||
           str_starts(text, STR("{\"type\":\"DELETED\""));
}

static void on_bookmark(struct kube_watch *w, const struct watch_event *event)
{
    bool was_list = watch_is_list(w);
    int effect =
        reflector_bookmark(w->reflector, event->version, event->initial_events_end, w->now_ns);
    if (was_list && effect == REFLECTOR_COMMIT) {
        w->action = REFLECTOR_WATCH;
        kube_http_set_idle(w->transfer, watch_idle_ms(w));
        w->state.watch_success++;
    }
    watch_apply(w, effect);
}

static int on_event(struct kube_watch *w, const struct watch_event *event)
{
    switch (event->type) {
    case WATCH_EVENT_PUT:
        put(w, event->object);
        break;
    case WATCH_EVENT_REMOVE:
        w->consumer->remove(w->arg, event->object);
        break;
    case WATCH_EVENT_BOOKMARK:
        on_bookmark(w, event);
        return w->stop == WATCH_STOP_NONE ? 0 : -ECANCELED;
    case WATCH_EVENT_ERROR: {
        struct watch_status status = watch_status_read(event->object);
        w->status_code = status.code;
        w->status_retry_after_ms = status.retry_after_ms;
        if (str_copy(w->status_reason, sizeof(w->status_reason), status.reason) < 0) {
            w->status_reason[0] = '\0';
        }
        err_set(&w->stop_err, EREMOTEIO, "%d " STR_FMT ": " STR_FMT, status.code,
                STR_ARG(status.reason), STR_ARG(str_head(status.message, 150)));
        return refuse(w, WATCH_STOP_STATUS);
    }
    }
    if (!w->generation_open) {
        w->state.events++;
        w->is_dirty = true;
    }
    reflector_object(w->reflector, event->version, w->now_ns);
    return 0;
}

/* Another shard's event; its version is where a watch that breaks resumes all the same. */
static int pass_over(struct kube_watch *w, struct str version)
{
    reflector_object(w->reflector, version, w->now_ns);
    return 0;
}

static bool is_of_object(const struct watch_event *event)
{
    return event->type == WATCH_EVENT_PUT || event->type == WATCH_EVENT_REMOVE;
}

static int on_document(void *arg, struct str text)
{
    struct kube_watch *w = arg;
    struct str version = { 0 };
    bool is_known;
    if (watch_share_drops_event(w, text, &version, &is_known)) {
        return pass_over(w, version);
    }
    json_t *document = parse(w, text, is_about_object(text) ? json_read_event : NULL, &w->stop_err);
    if (!document) {
        return refuse(w, WATCH_STOP_GARBLED);
    }
    struct watch_event event;
    int r = watch_event_read(document, &event, &w->stop_err);
    if (r < 0) {
        r = refuse(w, WATCH_STOP_GARBLED);
    } else if (!is_known && is_of_object(&event) && watch_share_drops_object(w, event.object)) {
        r = pass_over(w, event.version);
    } else {
        r = on_event(w, &event);
    }
    json_arena_end(document);
    return r;
}

static int on_item(void *arg, struct str text)
{
    struct kube_watch *w = arg;
    struct err err = { 0 };
    bool is_known;
    if (watch_share_drops_item(w, text, &is_known)) {
        return 0;
    }
    json_t *object = parse(w, text, json_read_object, &err);
    if (!object) {
        count_decode_error(w,
                           &err); /* one object's loss; a list that is cut short shows otherwise */
        return 0;
    }
    if (is_known || !watch_share_drops_object(w, object)) {
        put(w, object);
    }
    json_arena_end(object);
    return 0;
}

static int on_list_metadata(void *arg, struct str text)
{
    struct kube_watch *w = arg;
    json_t *metadata = parse(w, text, NULL, &w->stop_err);
    if (!metadata) {
        return refuse(w, WATCH_STOP_GARBLED);
    }
    struct watch_list_metadata list = watch_list_metadata_read(metadata);
    buf_clear(&w->list_version);
    buf_add(&w->list_version, list.version);
    buf_clear(&w->list_continue);
    buf_add(&w->list_continue, list.continue_token);
    int r = watch_share_list_says(w, list.shard_selector) < 0 ? refuse(w, WATCH_STOP_GARBLED) : 0;
    json_arena_end(metadata);
    return r;
}

/* In a list the object is absent then. In a watch an older state of it may still be held, which
 * only a list takes away. */
static int on_oversize(void *arg, size_t bytes)
{
    struct kube_watch *w = arg;
    w->state.oversize_objects++;
    if (watch_is_list(w)) {
        return 0;
    }
    err_set(&w->stop_err, EMSGSIZE, "an object of %zu bytes", bytes);
    return refuse(w, WATCH_STOP_LOST);
}

const struct json_stream_events watch_events_of_page = {
    .on_object = on_item,
    .on_list_metadata = on_list_metadata,
    .on_oversize = on_oversize,
};

const struct json_stream_events watch_events_of_stream = {
    .on_object = on_document,
    .on_oversize = on_oversize,
};
