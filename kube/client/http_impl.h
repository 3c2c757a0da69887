/* http_impl.h — what the files of kube/client/http share.
 * Uses: base, kube/client/http, curl.  Threads: the kube loop.  Owner: http.c. */
#ifndef KG_KUBE_HTTP_IMPL_H
#define KG_KUBE_HTTP_IMPL_H

#include "base/buf.h"
#include "base/limits.h"
#include "kube/client/http.h"

#include <curl/curl.h>

/* Where requests go: with a tls_server_name the URL holds that name, because curl takes the name to
 * verify from there, and connect_to and the Host header hold the real one. */
struct http_target {
    char *base;       /* "https://host:port/prefix" */
    char *connect_to; /* "name:port:host:port", or NULL */
    char *host;       /* "Host: host:port", or NULL */
};

/* The connections that are open, because curl does not tell the socket of a transfer that runs. */
struct http_socket {
    int fd;
    long port;         /* local; 0 until it was asked for */
    uint64_t heard_ns; /* last byte of a transfer that has ended */
};

struct http_sockets {
    struct http_socket all[2 * LIMIT_TRANSFERS]; /* more are not followed, and live to their end */
    size_t n;
};

struct kube_http {
    struct kube_config *config;
    CURLM *multi;
    char *user_agent;
    struct http_target target;
    struct kube_transfer *transfers[LIMIT_TRANSFERS]; /* n of them, in no order */
    size_t n;
    struct http_sockets sockets;
    struct curl_waitfd also; /* a descriptor that ends the wait, too; fd -1: none */
    bool performing;         /* within curl_multi_perform: handles must stay */
    uint64_t n_callbacks;    /* ever run */
};

enum transfer_state {
    TRANSFER_NEW,       /* not yet given to the multi handle */
    TRANSFER_RUNNING,   /* the multi handle has it */
    TRANSFER_ENDING,    /* its on_end runs */
    TRANSFER_CANCELLED, /* to be freed as soon as that is safe */
};

struct kube_transfer {
    struct kube_http *http;
    enum transfer_state state;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    const struct kube_http_events *events;
    void *arg;
    long idle_ms;
    uint64_t last_byte_ns;
    bool answered; /* on_answer was called */
    size_t header_bytes;
    int64_t retry_after_ms;
    struct buf error_body;
    bool refused, header_overflow, body_cut; /* why a callback ended it */
    char message[CURL_ERROR_SIZE];
};

/* Takes t out of everything and frees it. Not within curl_multi_perform. */
void http_transfer_free(struct kube_transfer *t);

/* curl_global_init, once; and SIGPIPE. 0 or -ENOMEM. */
int http_global_init(void);

/* Works out where requests to config's server go. Errors: -EINVAL · -ENOMEM. */
int http_target_init(struct http_target *t, const struct kube_config *config, struct err *err);
void http_target_done(struct http_target *t);

/* Sets all options of t->easy but the callbacks. Errors: -EINVAL · -ENOMEM. */
int http_setup(struct kube_transfer *t, const struct kube_http_request *request, struct err *err);

/* Sets the callbacks of t->easy, which count, keep and hand on what arrives. */
int http_receive(struct kube_transfer *t, struct err *err);

/* Has the sockets of easy's connections followed, and kept alive by the kernel. */
CURLcode http_sockets_setup(struct http_sockets *s, CURL *easy);

/* Notes that the connection with this local port gave a byte at at_ns. */
void http_sockets_heard(struct http_sockets *s, long local_port, uint64_t at_ns);

/* Shuts that connection down, whoever uses it finds it broken; unless it was heard after since_ns.
 */
void http_sockets_shut(struct http_sockets *s, long local_port, uint64_t since_ns);

/* What a finished t comes to. */
struct kube_http_end http_end_of(struct kube_transfer *t, CURLcode code);

/* Says whether t has connected: before that the connect time-out holds, not the idle one. */
bool http_is_connected(struct kube_transfer *t);

/* "120", or a date of RFC 9110, as milliseconds from now_sec (Unix time); -1 when it is neither.
 * Dates gone by give 0, far ones a day. */
int64_t http_retry_after_ms(struct str value, int64_t now_sec);

#endif
