/* server_private.h — what the files of the server share.
 * Uses: server, answer, libwebsockets.  Threads: the HTTP thread's but where said.
 * Owner: server.c. */
#ifndef KG_AGENT_SERVER_PRIVATE_H
#define KG_AGENT_SERVER_PRIVATE_H

#include "agent/http/answer.h"
#include "agent/http/server.h"

#include <libwebsockets.h>

/* The state of one request; libwebsockets makes it, zeroed, for each. */
struct exchange {
    struct server *server; /* NULL until a request has begun */
    struct lws *wsi;
    struct exchange *next, *previous; /* among all that are under way */
    struct answer answer;
    bool waits;       /* for a reading of the node */
    bool deaf;        /* no more notices of what the client sends on */
    bool http_1_0;    /* no chunks: the end of the connection ends the body */
    bool headers_out; /* status and headers were written */
    bool last;        /* the connection is closed after it */
    bool cut;         /* too slow, and about to be closed */
    bool body_out;    /* everything was handed over; only the end is left */
};

/* What listens, in the order in which requests are most. */
enum server_port { SERVER_MAIN, SERVER_TELEMETRY, SERVER_PORTS };

struct server_listener {
    struct lws *wsi; /* NULL: not used */
    int fd;          /* until libwebsockets has taken it, else -1 */
    char bound[128]; /* what it is bound to */
};

struct server {
    struct server_config config;
    struct service *service;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct server_listener ports[SERVER_PORTS];
    lws_sorted_usec_list_t beat;
    pthread_t thread;
    bool running;
    atomic_bool failed;
    _Atomic uint64_t drain_until_ns; /* 0: not draining */
    struct exchange *exchanges;      /* those under way, the newest first */
    struct answer_scratch scratch; /* of whichever connection writes: a slow one holds none of it */
    struct buf out;                /* the same */
};

/* The protocols of the vhost: HTTP, and the listening socket. */
extern const struct lws_protocols server_protocols[];

/* server_accept.c: takes connections that are there; each keeps where it came to as its opaque user
 * data. */
void server_accept(struct server *s, struct server_listener *from);

/* Whether it is one of the listening sockets. */
bool server_is_listener(const struct server *s, const struct lws *wsi);

/* server_http.c */
int server_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t len);

/* Looks at all exchanges that wait for a reading. */
void server_poll_waiting(struct server *s);

/* server_rx.c: looks at what clients send while they are being answered, and cuts the oldest of
 * those that take long where they are too many; about once a second. */
void server_check_clients(struct server *s);

/* Undoes what the above did to the connection, so that its next request is heard. */
void server_hear_again(struct exchange *x);

/* server_write.c: the next piece of the body, the first one with status and headers before it: a
 * small answer is one write. Negative when the connection is to be closed. */
int server_write(struct exchange *x);

#endif
