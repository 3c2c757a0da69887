/* self_families.h — samples and tables of the agent's own metrics.
 * Uses: metrics, agent/service, process_stats.  Threads: any (constant).  Owner: self.c. */
#ifndef KG_AGENT_SELF_FAMILIES_H
#define KG_AGENT_SELF_FAMILIES_H

#include "agent/self/process_stats.h"
#include "agent/service.h"

/* The agent as a whole: one object. */
struct agent_sample {
    uint64_t present;
    uint64_t scrapes_now, scrapes_rejected, scrapes_cut, connections_now, connections_refused;
    uint64_t readings;
    double reading_seconds, reading_age_seconds;
    struct scrape_codings codings;
    struct segment_cache_stats cache;
    bool ready;
};
#define AGENT_READING UINT64_C(0x1)
#define AGENT_CACHE UINT64_C(0x2)

/* One of the paths that serve metrics. */
struct endpoint_sample {
    uint64_t present;
    struct str path;
    struct scrape_counts counts;
};
#define ENDPOINT_SCRAPED UINT64_C(0x1)

struct resource_sample {
    uint64_t present;
    struct str name;
    struct resource_report report;
    double age_seconds, contact_seconds;
    bool available;
    bool divided_by_server;
};
#define RESOURCE_HEARD UINT64_C(0x1)
#define RESOURCE_STORED UINT64_C(0x2)
#define RESOURCE_SYNCED UINT64_C(0x4)
#define RESOURCE_SHARDED_AT_SERVER UINT64_C(0x8)
#define RESOURCE_BUDGETED UINT64_C(0x10)

/* The share that is served, where there are shards. */
struct shard_sample {
    uint64_t present;
    struct service_shard report;
};
#define SHARD_AUTOMATIC UINT64_C(0x1)

struct collector_sample {
    uint64_t present;
    struct str name;
    bool success;
    double duration_seconds;
};
#define COLLECTOR_READ UINT64_C(0x1)

struct engine_sample {
    struct service_engine engine;
};

struct lease_sample {
    uint64_t present;
    struct service_lease lease;
    double renewed_seconds;
};
#define LEASE_RENEWED UINT64_C(0x1)

/* Role cluster, under the names of kube-state-metrics. */
struct ksm_sample {
    unsigned shard, total_shards;
};
struct ksm_resource_sample {
    uint64_t present;
    char go_type[96]; /* "*v1.Pod" */
    struct resource_report report;
    uint64_t limit;
};
#define KSM_LIMITED UINT64_C(0x1)

struct file_sample {
    struct service_file file;
};

/* A group of families: what one endpoint below /metrics serves. */
struct group_sample {
    struct str name;
    uint64_t series, objects, bytes;
};

extern const struct metric_subject self_engine_subject;
extern const struct metric_subject self_agent_subject, self_endpoint_subject, self_resource_subject,
    self_collector_subject, self_process_subject, self_group_subject, self_ksm_subject,
    self_ksm_resource_subject, self_file_subject, self_lease_subject, self_shard_subject;

#endif
