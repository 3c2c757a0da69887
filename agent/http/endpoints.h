/* endpoints.h — the paths that are served, as a table, and what each holds.
 * Uses: agent/node_loop (part names).  Threads: any (constant).  Owner: none. */
#ifndef KG_AGENT_ENDPOINTS_H
#define KG_AGENT_ENDPOINTS_H

#include "agent/node/node_loop.h"
#include "base/buf.h"

enum endpoint_kind {
    ENDPOINT_METRICS,
    ENDPOINT_HEALTHZ,
    ENDPOINT_LIVEZ,
    ENDPOINT_READYZ,
    ENDPOINT_SCRAPES,
    ENDPOINT_PAGE
};

/* Bit of the rendered state of Kubernetes objects, beside 1 << enum node_part, and of the agent's
 * own metrics (NODE_PART_SELF with what the collectors add to them). */
#define ENDPOINT_STATE (1u << NODE_PARTS)
#define ENDPOINT_PART(part) (1u << (part))

struct endpoint {
    const char *path, *help;
    enum endpoint_kind kind;
    unsigned parts;        /* ENDPOINT_METRICS: what it serves */
    const char *telemetry; /* its path at the telemetry port; NULL: it is not there */
};

#define ENDPOINTS_MAX 16

extern const struct endpoint endpoints[];
extern const size_t n_endpoints;

/* By path, exactly, of the main or the telemetry port; NULL when there is none. */
const struct endpoint *endpoint_find(struct str path, bool telemetry);

/* Appends "PATH  HELP" lines. */
void endpoints_list(bool telemetry, struct buf *out);

#endif
