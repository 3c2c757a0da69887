#include "agent/http/endpoints.h"

#include <assert.h>

#define PARTS_ALL                                                                                  \
    (ENDPOINT_PART(NODE_PART_CADVISOR) | ENDPOINT_PART(NODE_PART_VOLUMES) |                        \
     ENDPOINT_PART(NODE_PART_NODE) | ENDPOINT_PART(NODE_PART_SELF) | ENDPOINT_STATE)

const struct endpoint endpoints[] = {
    { "/metrics", "everything below", ENDPOINT_METRICS, PARTS_ALL, NULL },
    { "/metrics/cadvisor", "containers and the machine: container_*, machine_*", ENDPOINT_METRICS,
      ENDPOINT_PART(NODE_PART_CADVISOR), NULL },
    { "/metrics/state", "state of Kubernetes objects: kube_*", ENDPOINT_METRICS, ENDPOINT_STATE,
      NULL },
    { "/metrics/node", "the machine: node_*", ENDPOINT_METRICS, ENDPOINT_PART(NODE_PART_NODE),
      NULL },
    { "/metrics/volumes", "volumes: kubelet_volume_stats_*", ENDPOINT_METRICS,
      ENDPOINT_PART(NODE_PART_VOLUMES), NULL },
    { "/metrics/self", "the agent itself: kubegauge_*, process_*", ENDPOINT_METRICS,
      ENDPOINT_PART(NODE_PART_SELF), "/metrics" },
    { "/healthz", "whether the agent lives", ENDPOINT_HEALTHZ, 0, "/healthz" },
    { "/livez", "whether the API server is heard of", ENDPOINT_LIVEZ, 0, NULL },
    { "/readyz", "whether every source is complete and fresh", ENDPOINT_READYZ, 0, "/readyz" },
    { "/scrapes", "who scrapes objects here, and when; waits for the next one", ENDPOINT_SCRAPES, 0,
      NULL },
    { "/", "a page with these links", ENDPOINT_PAGE, 0, NULL },
};

const size_t n_endpoints = KG_ARRAY_LEN(endpoints);

static_assert(KG_ARRAY_LEN(endpoints) <= ENDPOINTS_MAX, "counters are kept per endpoint");

static const char *path_of(const struct endpoint *e, bool telemetry)
{
    return telemetry ? e->telemetry : e->path;
}

const struct endpoint *endpoint_find(struct str path, bool telemetry)
{
    for (size_t i = 0; i < n_endpoints; i++) {
        const char *known = path_of(&endpoints[i], telemetry);
        if (known && str_eq_c(path, known)) {
            return &endpoints[i];
        }
    }
    return NULL;
}

void endpoints_list(bool telemetry, struct buf *out)
{
    for (size_t i = 0; i < n_endpoints; i++) {
        const char *path = path_of(&endpoints[i], telemetry);
        if (path) {
            buf_addf(out, "%-20s %s\n", path, endpoints[i].help);
        }
    }
}
