/* watch_impl.h — struct kube_watch, shared by watch.c (its life and its turns), watch_body.c (what
 * comes) and watch_end.c (how requests end). Nobody else includes it.
 * Uses: as kube/client/watch.h.  Threads: the kube loop.  Owner: watch.c. */
#ifndef KG_KUBE_WATCH_IMPL_H
#define KG_KUBE_WATCH_IMPL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "kube/client/json_stream.h"
#include "kube/client/watch.h"

#include <pthread.h>

/* Text of a shard selector: some 75 bytes for each of up to 64 ranges and a few more. */
#define WATCH_SELECTOR_MAX_BYTES (16 * KIB)

/* Why the body of a request was refused; the end of the request then tells the reflector. */
enum watch_stop { WATCH_STOP_NONE, WATCH_STOP_GARBLED, WATCH_STOP_STATUS, WATCH_STOP_LOST };

struct kube_watch {
    struct kube_http *http;
    struct kube_config *config;
    struct kube_watch_spec spec; /* its texts stand in `texts` */
    struct arena texts;
    const struct kube_consumer *consumer;
    void *arg;
    struct reflector *reflector;

    /* The request that is under way. */
    struct kube_transfer *transfer;
    struct json_stream *stream;
    enum reflector_action action; /* LIST_STREAM becomes WATCH at its end bookmark */
    bool is_answered;
    enum watch_stop stop;
    struct err stop_err;
    int status_code; /* of an ERROR event */
    int64_t status_retry_after_ms;
    char status_reason[64];
    struct buf list_version, list_continue;

    bool generation_open;
    bool is_dirty; /* changes that no settle showed yet */
    uint64_t settled_ns;
    uint64_t now_ns;       /* of the turn or piece that is being worked on */
    unsigned own_in_a_row; /* objects that came since one of another shard; asked at the server */

    uint64_t refused_generation; /* of the credentials that were refused last */
    struct kube_watch_state state;

    pthread_mutex_t lock; /* over `shown` only */
    struct kube_watch_state shown;
};

static inline bool watch_is_list(const struct kube_watch *w)
{
    return w->action != REFLECTOR_WATCH;
}

/* Makes the state visible to other threads. */
void watch_show_state(struct kube_watch *w);

/* Sets last_error to "list pods: what: text" (text may be NULL or empty). */
void watch_set_error(struct kube_watch *w, const char *what, const char *text);

/* Counts a failed request by what it was. */
void watch_count_failure(struct kube_watch *w);

/* Does what an event of the reflector asks for. A commit that fails sets w->stop. */
void watch_apply(struct kube_watch *w, int effect);

/* Lets the consumer show its changes, now. */
void watch_settle(struct kube_watch *w);

/* Drops the open generation if there is one. */
void watch_abort_generation(struct kube_watch *w);

/* The reflector's idle limit of the request that is under way. */
long watch_idle_ms(const struct kube_watch *w);

/* Forgets the request that is under way, or that ended. */
void watch_close_request(struct kube_watch *w);

/* The splitter's events, with the watch as arg: of a page, and of a streaming list or a watch. */
extern const struct json_stream_events watch_events_of_page;
extern const struct json_stream_events watch_events_of_stream;

/* Whether an element of a list (an event) is another shard's, by its text; counted then. Sets
 * *ret_is_known when that is certain, else the parsed object is to be asked about. Sets
 * *ret_version, when it says true, to the object's resourceVersion. */
bool watch_share_drops_item(struct kube_watch *w, struct str text, bool *ret_is_known);
bool watch_share_drops_event(struct kube_watch *w, struct str text, struct str *ret_version,
                             bool *ret_is_known);
bool watch_share_drops_object(struct kube_watch *w, const json_t *object);

/* A list came with that shardInfo.selector (p NULL: none). Errors: -EPROTO it is another than was
 * asked for (w->stop_err); it is not asked for again. */
int watch_share_list_says(struct kube_watch *w, struct str selector);

/* The server refused the selector: not asked again, which is no change of what is held. */
void watch_share_refused(struct kube_watch *w);

/* kube_http_events.on_end, with the watch as arg. */
void watch_on_end(void *arg, const struct kube_http_end *end);

#endif
