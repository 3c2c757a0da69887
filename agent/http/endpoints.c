#include "agent/http/endpoints.h"

#include <assert.h>

#define PARTS_ALL                                                                                  \
    (ENDPOINT_PART(NODE_PART_CADVISOR) | ENDPOINT_PART(NODE_PART_VOLUMES) |                        \
     ENDPOINT_PART(NODE_PART_NODE) | ENDPOINT_PART(NODE_PART_SELF) | ENDPOINT_STATE)

const struct endpoint endpoints[] = {
    { "/metrics", "everything below", ENDPOINT_METRICS, PARTS_ALL },
    { "/metrics/cadvisor", "containers and the machine: container_*, machine_*", ENDPOINT_METRICS,
      ENDPOINT_PART(NODE_PART_CADVISOR) },
    { "/metrics/state", "state of Kubernetes objects: kube_*", ENDPOINT_METRICS, ENDPOINT_STATE },
    { "/metrics/node", "the machine: node_*", ENDPOINT_METRICS, ENDPOINT_PART(NODE_PART_NODE) },
    { "/metrics/volumes", "volumes: kubelet_volume_stats_*", ENDPOINT_METRICS,
      ENDPOINT_PART(NODE_PART_VOLUMES) },
    { "/metrics/self", "the agent itself: kubegauge_*, process_*", ENDPOINT_METRICS,
      ENDPOINT_PART(NODE_PART_SELF) },
    { "/healthz", "whether the agent lives", ENDPOINT_HEALTHZ, 0 },
    { "/readyz", "whether every source is complete and fresh", ENDPOINT_READYZ, 0 },
    { "/", "a page with these links", ENDPOINT_PAGE, 0 },
};

const size_t n_endpoints = KG_ARRAY_LEN(endpoints);

static_assert(KG_ARRAY_LEN(endpoints) <= ENDPOINTS_MAX, "counters are kept per endpoint");

const struct endpoint *endpoint_find(struct str path)
{
    for (size_t i = 0; i < n_endpoints; i++) {
        if (str_eq_c(path, endpoints[i].path)) {
            return &endpoints[i];
        }
    }
    return NULL;
}

void endpoints_list(struct buf *out)
{
    for (size_t i = 0; i < n_endpoints; i++) {
        buf_addf(out, "%-20s %s\n", endpoints[i].path, endpoints[i].help);
    }
}
