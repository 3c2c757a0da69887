/* http.h — HTTP requests to one API server, many at a time on one thread (libcurl multi).
 * Uses: base, kube/client/config, curl (http*.c only).  Threads: all calls from the kube loop,
 * except kube_http_wakeup.  Owner: the kube loop.
 *
 * What a request is like: HTTP/2 over TLS where the server has it, many on one connection, else
 * HTTP/1.1 with kept connections; TLS 1.2 at least; no redirects, no cookies, no compression (a
 * list is read from next door, and compressing it costs the API server more than sending it); the
 * bearer token in a header, to the API server alone, never to a proxy and never in a message. The
 * kernel's keep-alive finds a peer that is gone within a minute. */
#ifndef KG_KUBE_HTTP_H
#define KG_KUBE_HTTP_H

#include "base/err.h"
#include "base/str.h"
#include "kube/client/config.h"

struct kube_http;
struct kube_transfer;

struct kube_http_timeouts {
    long connect_ms; /* name, TCP, proxy and TLS together; 0: 10 s */
    long idle_ms;    /* 0: no limit of its own; no byte for so long ends the transfer */
    long total_ms;   /* 0: no limit */
};

enum kube_http_result {
    KUBE_HTTP_DONE,     /* the whole answer was received; look at status */
    KUBE_HTTP_CONNECT,  /* refused, unreachable, no such host, connect time-out, proxy */
    KUBE_HTTP_TLS,      /* handshake or verification failed, on either side */
    KUBE_HTTP_IDLE,     /* idle or total time-out */
    KUBE_HTTP_BROKEN,   /* the connection or stream broke in the middle, or was not HTTP */
    KUBE_HTTP_CONSUMER, /* on_body refused the data */
    KUBE_HTTP_INTERNAL, /* out of memory or the like; also a credential that OpenSSL refuses */
};

struct kube_http_end {
    enum kube_http_result result;
    long status;            /* HTTP status, 0 when none was received */
    int64_t retry_after_ms; /* from Retry-After (seconds or date), at least 0; -1 when absent */
    struct str error_body;  /* of a status >= 400, at most LIMIT_ERROR_BODY_BYTES */
    const char *message;    /* one line in curl's words, never NULL; "" when DONE */
};

struct kube_http_events {
    /* Body bytes of a 2xx answer, in pieces of any size. Returns 0, or negative to end it. */
    int (*on_body)(void *arg, struct str piece);
    /* Exactly once, last; the transfer is gone when it returns. Not called after a cancel. */
    void (*on_end)(void *arg, const struct kube_http_end *end);
    /* A 2xx status with its headers came, before any body byte: a quiet watch stands. May be NULL.
     */
    void (*on_answer)(void *arg);
};

/* NULL on error. config is borrowed; its token is looked at on each request, and so are its TLS
 * credentials: a request made after they changed does not use a connection made before. Without
 * proxy_url the environment's proxies count, as for kubectl. SIGPIPE becomes ignored in the
 * process, unless it has a handler: OpenSSL writes to sockets that may be closed.
 * Errors: -ENOMEM · -EINVAL the server is no address (err). */
struct kube_http *kube_http_new(struct kube_config *config, const char *user_agent,
                                struct err *err);

/* Takes the server's address anew from the config, which was changed: requests from now on go
 * there. Errors: -EINVAL it is no address · -ENOMEM; the old one stays. */
int kube_http_retarget(struct kube_http *h, struct err *err);

/* Cancels what is under way, without on_end. NULL is allowed. Not from within a callback. */
void kube_http_free(struct kube_http *h);

struct kube_http_request {
    const char *method;       /* "GET", "POST", "PUT", "PATCH", "DELETE" */
    const char *path;         /* starts with '/', query included and already escaped */
    struct str body;          /* copied; empty: none is sent */
    const char *content_type; /* of the body */
    const char *accept;       /* what the answer may be; NULL: application/json */
    struct kube_http_timeouts timeouts;
    const char *unix_socket; /* where to connect in place of the server's address; NULL: there */
    bool urgent; /* opens a connection of its own rather than wait for one that is being opened, */
                 /* which may take as long as that one's time-outs */
};

/* Sends a request to server + path. May be called from any callback; nothing happens
 * before the next turn. request is not kept; events is borrowed until the end. What was sent may
 * have been done though no answer came; on a kept connection that breaks before its answer begins
 * it is sent a second time. NULL on error: -EINVAL path · -EBUSY LIMIT_TRANSFERS are under way ·
 * -ENOMEM. */
struct kube_transfer *kube_http_send(struct kube_http *h, const struct kube_http_request *request,
                                     const struct kube_http_events *events, void *arg,
                                     struct err *err);

/* kube_http_send of a GET. */
struct kube_transfer *kube_http_get(struct kube_http *h, const char *path,
                                    const struct kube_http_timeouts *timeouts,
                                    const struct kube_http_events *events, void *arg,
                                    struct err *err);

/* Ends t without a further callback; t is gone. May be called from any callback, also from t's own
 * on_body (what that returns then has no meaning); within t's own on_end it has no effect. NULL is
 * allowed. */
void kube_http_cancel(struct kube_transfer *t);

/* Changes t's idle limit, counted from its last byte on. May be called from any callback of t but
 * on_end. */
void kube_http_set_idle(struct kube_transfer *t, long idle_ms);

/* One turn of the loop: waits up to timeout_ms (-1: a second) for data, a wakeup or a time-out that
 * is due, runs callbacks. Returns at once when callbacks already ran. 0, or an error of libcurl's
 * multi interface (-EIO, -ENOMEM), which is final. */
int kube_http_turn(struct kube_http *h, int timeout_ms, struct err *err);

/* Has the wait of kube_http_turn end also when fd can be read, or if so asked be written; -1: no
 * descriptor. One at a time; the owner takes it back before closing it. */
void kube_http_poll_fd(struct kube_http *h, int fd, bool for_writing);

/* Ends the wait of kube_http_turn, the present one or the next. Any thread. */
void kube_http_wakeup(struct kube_http *h);

/* Transfers under way. */
size_t kube_http_count(const struct kube_http *h);

#endif
