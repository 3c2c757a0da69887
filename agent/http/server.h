/* server.h — HTTP: one thread that runs libwebsockets and answers from a service.
 * Uses: agent/service, libwebsockets (server*.c only).  Threads: see each function.
 * Owner: the agent. */
#ifndef KG_AGENT_SERVER_H
#define KG_AGENT_SERVER_H

#include "agent/service.h"
#include "base/err.h"

struct server_config {
    const char *listen_address;
    const char *telemetry_address; /* where the self metrics are served alone; "": nowhere */
    uint64_t write_timeout_ns;     /* for one piece; five times as long for a whole answer */
    uint64_t idle_timeout_ns;      /* a connection without a request */
    struct service *service;       /* borrowed; the HTTP thread's while it runs */
};

struct server;

/* Binds the addresses, and logs them as "listening" and "listening for telemetry". NULL on error.
 * Errors: those of listen_open · -ENOMEM. */
struct server *server_new(const struct server_config *config, struct err *err);
int server_start(struct server *s, struct err *err);

/* The address that it listens on, with the port it was given: "[::]:9095". */
const char *server_address(const struct server *s);

/* Looks at waiting scrapes again: a reading was published. Any thread. */
void server_wake(struct server *s);

/* Whether the thread ended by itself: the library gave up. The process was then sent SIGTERM. */
bool server_failed(const struct server *s);

/* Stops accepting, gives running scrapes grace_ns to end, ends the thread. NULL is allowed. */
void server_stop(struct server *s, uint64_t grace_ns);
void server_free(struct server *s);

#endif
