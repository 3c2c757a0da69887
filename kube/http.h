/* http.h — HTTP requests to one API server, many at a time on one thread (libcurl multi).
 * Uses: base, kube/config, curl (http.c only).  Threads: all calls from the kube loop, except
 * kube_http_wakeup.  Owner: the kube loop. */
#ifndef KG_KUBE_HTTP_H
#define KG_KUBE_HTTP_H

#include "base/err.h"
#include "base/str.h"
#include "kube/config.h"

struct kube_http;
struct kube_transfer;

struct kube_http_timeouts {
    long connect_ms; /* 0: 10 s */
    long idle_ms;    /* 0: no limit of its own; no byte for so long ends the transfer */
    long total_ms;   /* 0: no limit */
};

enum kube_http_result {
    KUBE_HTTP_DONE,     /* the whole answer was received; look at status */
    KUBE_HTTP_CONNECT,  /* refused, unreachable, no such host, connect time-out */
    KUBE_HTTP_TLS,      /* handshake or verification failed */
    KUBE_HTTP_IDLE,     /* idle or total time-out */
    KUBE_HTTP_BROKEN,   /* the connection or stream broke in the middle */
    KUBE_HTTP_CONSUMER, /* on_body refused the data */
    KUBE_HTTP_INTERNAL, /* out of memory or the like */
};

struct kube_http_end {
    enum kube_http_result result;
    long status;            /* HTTP status, 0 when none was received */
    int64_t retry_after_ms; /* from Retry-After (seconds or date); -1 when absent */
    struct str error_body;  /* of a status >= 400, at most LIMIT_ERROR_BODY_BYTES */
    const char *message;    /* curl's words, never NULL */
};

struct kube_http_events {
    /* Body bytes of a 2xx answer, in pieces of any size. Returns 0, or negative to end it. */
    int (*on_body)(void *arg, struct str piece);
    /* Exactly once, last; the transfer is gone when it returns. Not called after a cancel. A new
     * request may be started from here. */
    void (*on_end)(void *arg, const struct kube_http_end *end);
    /* A 2xx status with its headers came, before any body byte: a quiet watch stands. May be NULL.
     */
    void (*on_answer)(void *arg);
};

/* NULL on error. config is borrowed and its credentials are looked at on each request (token) or
 * when its generation changes (TLS; connections are then made anew). Errors: -ENOMEM, -EINVAL
 * (err). */
struct kube_http *kube_http_new(struct kube_config *config, const char *user_agent,
                                struct err *err);
void kube_http_free(struct kube_http *h); /* cancels what is under way */

/* GET server + path (path starts with '/', query included and already escaped), Accept JSON.
 * HTTP/2 over TLS where the server has it; connections are kept. NULL on error. */
struct kube_transfer *kube_http_get(struct kube_http *h, const char *path,
                                    const struct kube_http_timeouts *timeouts,
                                    const struct kube_http_events *events, void *arg,
                                    struct err *err);
void kube_http_cancel(struct kube_transfer *t);

/* One turn of the loop: waits up to timeout_ms for data or a wakeup, then runs callbacks. */
int kube_http_turn(struct kube_http *h, int timeout_ms, struct err *err);

/* Ends the wait of kube_http_turn. Any thread. */
void kube_http_wakeup(struct kube_http *h);

#endif
