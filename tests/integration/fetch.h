/* fetch.h — one request at a time for the tests of kube/client/http, and what came of it.
 * Uses: base, kube/client/http.  Threads: one.  Owner: the test that calls.
 *
 * Functions fail the running cmocka test when something is not as it must be. */
#ifndef KG_TESTS_INTEGRATION_FETCH_H
#define KG_TESTS_INTEGRATION_FETCH_H

#include "base/buf.h"
#include "base/limits.h"
#include "kube/client/http.h"

struct fetch {
    struct kube_transfer *transfer;
    struct buf body, error_body;
    size_t n_pieces, n_bytes, n_answers;
    int ended;
    struct kube_http_end end;
    char message[256];
    size_t refuse_at;                /* on_body refuses after so many bytes; 0: never */
    void (*in_body)(struct fetch *); /* may cancel or start others */
    void (*in_end)(struct fetch *);
    void (*in_answer)(struct fetch *);
    struct kube_http *http;
    void *other;
};

#define FETCH_INIT                                                                                 \
    {                                                                                              \
        .body = BUF_INIT(MIB), .error_body = BUF_INIT(MIB)                                         \
    }

extern const struct kube_http_events fetch_events; /* their arg is a struct fetch */
extern const struct kube_http_timeouts no_timeouts;

/* Starts a request; f may have been used before. */
void fetch_begin(struct kube_http *h, struct fetch *f, const char *path,
                 struct kube_http_timeouts timeouts);

/* One turn of the loop. */
void fetch_turn(struct kube_http *h, int timeout_ms);

/* Turns until f has ended. */
void fetch_wait(struct kube_http *h, struct fetch *f);

/* Both, without time-outs. */
void fetch(struct kube_http *h, struct fetch *f, const char *path);

/* Checks result and status, and that on_end and on_answer were called as often as they must. */
void fetch_expect(const struct fetch *f, enum kube_http_result result, long status);

void fetch_done(struct fetch *f);

#endif
