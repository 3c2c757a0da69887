/* watch_server.h — the functions of kube/client/http.h that a watch calls, and the server behind
 * them. Uses: kube/client/watch, cmocka.  Threads: none.  Owner: the test, one C file. */
#ifndef KG_TESTS_WATCH_SERVER_H
#define KG_TESTS_WATCH_SERVER_H

#include "kube/client/watch.h"
#include "tests/support/cmocka.h"

#include <stdio.h>

/* The client: one request at a time, as the watch promises. */
static struct {
    const struct kube_http_events *events;
    void *arg;
    char path[1024];
    const char *accept;
    int requests, cancels, refreshes;
    long idle_ms;
    bool refuse; /* the next kube_http_send */
} http;

struct kube_transfer {
    int unused;
};
static struct kube_transfer the_transfer;

struct kube_transfer *kube_http_send(struct kube_http *h, const struct kube_http_request *request,
                                     const struct kube_http_events *events, void *arg,
                                     struct err *err)
{
    (void)h;
    assert_null(http.events);
    assert_string_equal(request->method, "GET");
    if (http.refuse) {
        err_set(err, ENOMEM, "refused for the test");
        return NULL;
    }
    http.events = events;
    http.arg = arg;
    http.requests++;
    http.idle_ms = request->timeouts.idle_ms;
    http.accept = request->accept;
    snprintf(http.path, sizeof(http.path), "%s", request->path);
    return &the_transfer;
}

void kube_http_cancel(struct kube_transfer *t)
{
    assert_ptr_equal(t, &the_transfer);
    http.cancels++;
    http.events = NULL;
}

void kube_http_set_idle(struct kube_transfer *t, long idle_ms)
{
    assert_ptr_equal(t, &the_transfer);
    http.idle_ms = idle_ms;
}

int kube_config_refresh(struct kube_config *c, struct err *err)
{
    (void)c;
    (void)err;
    http.refreshes++;
    return 0;
}

static inline void end(enum kube_http_result result, long status, const char *body)
{
    const struct kube_http_events *events = http.events;
    assert_non_null(events);
    http.events = NULL;
    struct kube_http_end how = { result, status, -1, str_of(body), "broken for the test" };
    events->on_end(http.arg, &how);
}

/* Sends body in pieces of n bytes; ends the request when it is refused. Says whether it was. */
static inline bool send_pieces(const char *body, size_t n)
{
    struct str rest = str_of(body);
    while (rest.n) {
        struct str piece = str_head(rest, n);
        char *copy = malloc(piece.n);
        memcpy(copy, piece.p, piece.n);
        int r = http.events->on_body(http.arg, (struct str){ copy, piece.n });
        free(copy);
        if (r < 0) {
            end(KUBE_HTTP_CONSUMER, 200, "");
            return true;
        }
        rest = str_from(rest, n);
    }
    return false;
}

static inline bool send(const char *body)
{
    return send_pieces(body, SIZE_MAX / 2);
}

#endif
