/* engine.h — one container engine behind its unix socket (Docker's API, which Podman has as well).
 * Uses: kube/client/call, agent/local/engine_parse.  Threads: all on the loop of its kube_http, but
 * for engine_report.  Owner: engines.c.
 *
 * It is asked for its running containers every so often, for one of them in detail when that is new
 * or its row of the list has changed, and for a container whose cgroup has just come to be. An
 * engine that does not answer leaves what was told before, and is tried again. */
#ifndef KG_AGENT_ENGINE_H
#define KG_AGENT_ENGINE_H

#include "agent/local/engine_parse.h"
#include "agent/service.h"
#include "kube/client/http.h"

struct engine;

struct engine_config {
    const char *name;   /* "docker" */
    const char *socket; /* "/var/run/docker.sock"; it may come and go */
    struct kube_http *http;
    const struct engine_policy *policy;
    uint64_t every_ns; /* between lists */
};

/* NULL on error; what config points to is borrowed. Errors: -ENOMEM. */
struct engine *engine_new(const struct engine_config *config, struct err *err);
void engine_free(struct engine *e); /* cancels what is under way; before its kube_http is freed */

/* Does what is due. Returns the clock_mono_ns at which it wants to be called again at the latest.
 */
uint64_t engine_turn(struct engine *e, uint64_t now_ns);

/* A container has come to be, maybe one of this engine's. */
void engine_ask(struct engine *e, struct str id, uint64_t now_ns);

/* Whether what it told is another than when this last said so. News are gathered for a moment. */
bool engine_take_changed(struct engine *e, uint64_t now_ns);

/* Walks the records, borrowed: start with *at NULL; NULL at the end. */
struct container_record *engine_next(const struct engine *e, void **at);

/* Containers known at most. */
size_t engine_count(const struct engine *e);

/* What is told of it. Any thread. */
void engine_report(const struct engine *e, struct service_engine *ret);

#endif
