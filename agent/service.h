/* service.h — what there is to serve, seen from the HTTP loop.
 * Uses: agent/node_loop, agent/health, agent/self.  Threads: the HTTP loop, but for what the
 * members say of themselves.  Owner: the agent; a test can fill it with parts of its own. */
#ifndef KG_AGENT_SERVICE_H
#define KG_AGENT_SERVICE_H

#include "agent/health.h"
#include "agent/http/endpoints.h"
#include "agent/http/object_gate.h"
#include "agent/http/scrape_clock.h"
#include "agent/node/node_loop.h"
#include "metrics/segment_cache.h"

/* What a watched resource tells; all of it as of one moment. */
struct resource_report {
    bool synced, connected;   /* a list was completed; a watch stands */
    bool waiting;             /* a list is still to come, of something that is not refused */
    int refused;              /* HTTP status with which it is refused; 0: it is not */
    uint64_t behind_since_ns; /* clock_mono_ns since when it may be out of date; 0: it is not */
    uint64_t last_contact_ns; /* clock_mono_ns; 0: never */
    uint64_t list_success, list_error, watch_success, watch_error;
    uint64_t decode_errors, oversize_objects, events, relists;
    uint64_t foreign_objects;              /* of other shards, that came and were dropped */
    unsigned asked_server, server_divides; /* watches that ask the server for the share only; that
                                              are known to get no more */
    uint64_t dropped_objects;
    bool budgeted; /* the three below are known */
    bool left_out; /* for the budget: none of its objects is served */
    uint64_t left_out_total, left_out_objects;
    bool stored; /* the three below are known */
    uint64_t n_objects, n_series, n_bytes;
    char last_error[ERR_MAX];
};

/* One watched resource. Both functions may be called from any thread. */
struct service_resource {
    const char *name; /* plural: "pods" */
    void *arg;
    struct metric_part *(*part)(void *arg); /* a reference, or NULL: watched, but not served */
    void (*report)(void *arg, struct resource_report *ret);
    bool optional; /* ready, too, while the server refuses it: one of many */
};

#define SERVICE_RESOURCES_MAX 64

/* What is told of the lease by which replicas agree on who serves. */
struct service_lease {
    char name[256], holder[256]; /* holder "": nobody */
    bool leads, is_leaving;
    uint64_t taken, failures; /* how often this process took it; requests that failed */
    uint64_t renewed_ns;      /* clock_mono_ns of its last write of it; 0: never */
};

/* What is told of a container engine. */
struct service_engine {
    const char *name; /* "docker", "podman" */
    bool up;          /* its last answer was good */
    uint64_t containers, failures;
    uint64_t dropped; /* containers beyond LIMIT_ENGINE_CONTAINERS, by its last list */
};
#define SERVICE_ENGINES_MAX 2

/* What is told of a file that is read again when it changes. */
struct service_file {
    const char *type; /* "config", "kubeconfig" */
    const char *path;
    bool good;        /* its present content is in effect */
    double good_unix; /* seconds since 1970 when that was last so */
    uint64_t hash;    /* of the content, 48 bits; 0: there is none */
};
#define SERVICE_FILES_MAX 2

/* What is told of the share that is served. */
struct service_shard {
    bool is_known;     /* the rest is; always without is_automatic */
    bool is_automatic; /* it follows a StatefulSet; without that only index and total are set */
    bool is_agreed, serves;
    bool returns;    /* to a share that another still has */
    unsigned shares; /* that are served: 2 while a neighbour's pod is replaced */
    unsigned index, total, wanted;
    uint64_t epoch;
    const char *phase; /* a literal */
};

/* All that is watched, as of one moment; immutable. Published in a cell, so that what is watched
 * can be exchanged while it is served: a scrape sees the old or the new state whole. */
struct service_state {
    struct snapshot snapshot;
    size_t n; /* at most SERVICE_RESOURCES_MAX */
    const struct service_resource *resources;
    unsigned shard, total_shards; /* the share that is watched; of 0: all */
    uint64_t object_limit;        /* of each resource; 0: none */
};

/* Makes one that is freed by the last reference; the resources are borrowed until then. */
void service_state_init(struct service_state *state, const struct service_resource *resources,
                        size_t n);

/* The query of /readyz by which a new holder tells the one before, which may not know. */
#define SERVICE_OVERTAKEN "overtaken"

/* Counted by endpoint, on the HTTP loop. */
struct scrape_counts {
    uint64_t scrapes, failed, duration_ns, series, bytes, sent_bytes;
    uint64_t last_duration_ns, last_series, last_bytes;
};

/* Full scrapes by how they were sent. */
struct scrape_codings {
    uint64_t plain, packed[PACK_N_CODINGS];
};

struct service {
    struct node_loop *node; /* NULL: nothing is read */
    struct health *health;
    struct scrape_clock *clock;    /* is told of answers that may hold objects; NULL: nobody is */
    struct metric_sink *self_sink; /* for the agent's own metrics; NULL: none */
    struct snapshot_cell *state;   /* of struct service_state; NULL: nothing is watched */
    const struct segment_cache *cache; /* of compressed pieces of what is watched; or NULL */
    uint64_t stale_after_ns;           /* state older than this is not served */
    struct object_gate *gate;          /* whom objects are served to; NULL: everybody */
    void (*lease)(void *arg, struct service_lease *ret); /* any thread; NULL: there is none */
    /* Somebody says, by a request for /readyz?overtaken, that it holds the lease now. */
    void (*overtaken)(void *arg);
    void *lease_arg;
    size_t (*files)(void *arg,
                    struct service_file ret[SERVICE_FILES_MAX]); /* any thread; or NULL */
    void *files_arg;
    size_t (*engines)(void *arg,
                      struct service_engine ret[SERVICE_ENGINES_MAX]); /* any thread; or NULL */
    void *engines_arg;
    bool is_cluster; /* tells what kube-state-metrics tells of itself, too */
    void (*shard)(void *arg, struct service_shard *ret); /* any thread; NULL: there are no shards */
    void *shard_arg;
    unsigned max_scrapes;
    bool self_elsewhere; /* /metrics leaves the self metrics to the telemetry port */
    bool draining;

    /* Called about once a second on the HTTP loop, to pass on the beat of a loop that has no hand
     * in health of its own; may be NULL. */
    void (*beat)(void *arg);
    void *beat_arg;

    unsigned scrapes_now, connections_now;
    uint64_t scrapes_rejected, scrapes_cut, connections_refused;
    struct scrape_codings codings;
    struct scrape_counts counts[ENDPOINTS_MAX]; /* by index in endpoints[] */
};

/* A resource that is behind for so long is called stale by /readyz: a watch that is renewed, or an
 * API server that restarts quickly, passes unnoticed. */
#define SERVICE_BEHIND_NS (10 * UINT64_C(1000000000))

/* A watch that stands and is silent for so long is no proof of a server any more. */
#define SERVICE_SILENT_NS (150 * UINT64_C(1000000000))

/* What is watched now, one reference for the caller: snapshot_unref(&state->snapshot). Never NULL.
 */
struct service_state *service_state(const struct service *s);

/* How long the resource may have been out of date; 0 while it is not. */
uint64_t resource_behind_ns(const struct resource_report *r, uint64_t now_ns);

/* Whether the API server was heard of in the last seconds: "OK" or "Service Unavailable". Without a
 * watched resource it says that the agent lives. */
bool service_live(const struct service *s, uint64_t now_ns, struct buf *out);

/* Whether everything is complete and fresh, with a line for each source. */
bool service_ready(const struct service *s, uint64_t now_ns, struct buf *out);

#endif
