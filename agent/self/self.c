#include "agent/self/self.h"

#include "agent/self/self_families.h"
#include "base/clock.h"
#include "base/limits.h"
#include "kube/resources/resource.h"
#include "metrics/sink.h"

#include <stdio.h>

#define SECONDS(ns) ((double)(ns) / (double)CLOCK_NS_PER_SEC)

const struct metric_subject *const self_subjects[] = {
    &self_agent_subject,     &self_endpoint_subject,
    &self_group_subject,     &self_resource_subject,
    &self_collector_subject, &self_lease_subject,
    &self_shard_subject,     &self_engine_subject,
    &self_process_subject,   NULL,
};

static void *add(struct service *s, const struct metric_subject *subject)
{
    return metric_sink_add(s->self_sink, subject, NULL, 0, NULL);
}

static int add_agent(struct service *s, const struct node_reading *reading, uint64_t now_ns)
{
    auto_buf struct buf reasons = BUF_INIT(64 * KIB);
    struct agent_sample *a = add(s, &self_agent_subject);
    if (!a) {
        return -ENOMEM;
    }
    a->scrapes_now = s->scrapes_now;
    a->scrapes_rejected = s->scrapes_rejected;
    a->scrapes_cut = s->scrapes_cut;
    a->codings = s->codings;
    a->connections_now = s->connections_now;
    a->connections_refused = s->connections_refused;
    a->ready = service_ready(s, now_ns, &reasons);
    if (s->cache) {
        a->present |= AGENT_CACHE;
        a->cache = segment_cache_stats(s->cache);
    }
    if (reading) {
        a->present |= AGENT_READING;
        a->readings = reading->number;
        a->reading_seconds = SECONDS(reading->duration_ns);
        a->reading_age_seconds = SECONDS(now_ns - reading->began_ns);
    }
    return 0;
}

static int add_endpoints(struct service *s)
{
    for (size_t i = 0; i < n_endpoints; i++) {
        struct endpoint_sample *e;
        if (endpoints[i].kind != ENDPOINT_METRICS) {
            continue;
        }
        e = add(s, &self_endpoint_subject);
        if (!e) {
            return -ENOMEM;
        }
        e->path = str_of(endpoints[i].path);
        e->counts = s->counts[i];
        e->present = e->counts.scrapes ? ENDPOINT_SCRAPED : 0;
    }
    return 0;
}

static int add_resources(struct service *s, const struct service_state *state, uint64_t now_ns)
{
    for (size_t i = 0; i < state->n; i++) {
        struct resource_sample *r = add(s, &self_resource_subject);
        if (!r) {
            return -ENOMEM;
        }
        state->resources[i].report(state->resources[i].arg, &r->report);
        r->name = str_of(state->resources[i].name);
        r->available = !r->report.refused;
        if (r->report.last_contact_ns) {
            uint64_t heard = r->report.last_contact_ns;
            r->present |= RESOURCE_HEARD;
            r->contact_seconds = now_ns > heard ? SECONDS(now_ns - heard) : 0;
        }
        if (r->report.synced) {
            r->present |= RESOURCE_SYNCED;
            r->age_seconds = SECONDS(resource_behind_ns(&r->report, now_ns));
        }
        r->present |= r->report.stored ? RESOURCE_STORED : 0;
        if (r->report.asked_server) {
            r->present |= RESOURCE_SHARDED_AT_SERVER;
            r->divided_by_server = r->report.server_divides == r->report.asked_server;
        }
        r->present |= r->report.budgeted ? RESOURCE_BUDGETED : 0;
    }
    return 0;
}

static int add_group(struct service *s, const char *name, uint64_t series, uint64_t objects,
                     uint64_t bytes)
{
    struct group_sample *g = add(s, &self_group_subject);
    if (!g) {
        return -ENOMEM;
    }
    *g = (struct group_sample){ str_of(name), series, objects, bytes };
    return 0;
}

/* A reading of some collectors only says nothing of the others' groups. */
static int add_node_groups(struct service *s, const struct node_reading *reading)
{
    int r = 0;
    for (size_t i = 0; i < NODE_PARTS && reading && r == 0; i++) {
        const struct metric_part *part = reading->parts[i];
        uint64_t needed = node_loop_mask_of_parts(s->node, 1u << i);
        if (part && needed && (needed & ~reading->mask) == 0) {
            struct metric_part sum = *part;
            for (size_t k = 0; k < reading->n_aside; k++) {
                if (!str_eq_c(str_of(reading->aside[k]->endpoint), part->endpoint)) {
                    continue;
                }
                sum.n_series += reading->aside[k]->n_series;
                sum.n_objects += reading->aside[k]->n_objects;
                sum.n_bytes += reading->aside[k]->n_bytes;
            }
            r = add_group(s, node_part_name((enum node_part)i), sum.n_series, sum.n_objects,
                          sum.n_bytes);
        }
    }
    return r;
}

static int add_groups(struct service *s, const struct service_state *state,
                      const struct node_reading *reading)
{
    struct resource_report sum = { 0 }, one;
    int r = add_node_groups(s, reading);
    for (size_t i = 0; i < state->n; i++) {
        state->resources[i].report(state->resources[i].arg, &one);
        sum.stored |= one.stored;
        sum.n_series += one.n_series;
        sum.n_objects += one.n_objects;
        sum.n_bytes += one.n_bytes;
    }
    if (r == 0 && sum.stored) {
        r = add_group(s, "state", sum.n_series, sum.n_objects, sum.n_bytes);
    }
    return r;
}

static int add_collectors(struct service *s, const struct node_reading *reading)
{
    for (size_t i = 0; reading && i < reading->n_reports; i++) {
        const struct collector_report *report = &reading->reports[i];
        if (report->state == COLLECTOR_OFF) {
            continue;
        }
        struct collector_sample *c = add(s, &self_collector_subject);
        if (!c) {
            return -ENOMEM;
        }
        c->name = str_of(report->name);
        c->success = report->state == COLLECTOR_OK;
        if (report->read_once) {
            c->present |= COLLECTOR_READ;
            c->duration_seconds = SECONDS(report->duration_ns);
        }
    }
    return 0;
}

static int add_lease(struct service *s, uint64_t now_ns)
{
    if (!s->lease) {
        return 0;
    }
    struct lease_sample *l = add(s, &self_lease_subject);
    if (!l) {
        return -ENOMEM;
    }
    s->lease(s->lease_arg, &l->lease);
    if (l->lease.leads && l->lease.renewed_ns) {
        uint64_t renewed = l->lease.renewed_ns;
        l->present |= LEASE_RENEWED;
        l->renewed_seconds = now_ns > renewed ? SECONDS(now_ns - renewed) : 0;
    }
    return 0;
}

static int add_engines(struct service *s)
{
    struct service_engine engines[SERVICE_ENGINES_MAX];
    size_t n = s->engines ? s->engines(s->engines_arg, engines) : 0;
    for (size_t i = 0; i < n; i++) {
        struct engine_sample *e = add(s, &self_engine_subject);
        if (!e) {
            return -ENOMEM;
        }
        e->engine = engines[i];
    }
    return 0;
}

static int add_process(struct service *s)
{
    struct process_stats *p = add(s, &self_process_subject);
    if (!p) {
        return -ENOMEM;
    }
    process_stats_read(p);
    return 0;
}

static int add_ksm_resources(struct service *s, const struct service_state *state)
{
    for (size_t i = 0; i < state->n; i++) {
        const struct kube_resource *known =
            kube_resource_by_plural(str_of(state->resources[i].name));
        struct ksm_resource_sample *r = known ? add(s, &self_ksm_resource_subject) : NULL;
        if (!r) {
            return known ? -ENOMEM : 0;
        }
        snprintf(r->go_type, sizeof(r->go_type), "*%s.%s", known->version, known->kind);
        state->resources[i].report(state->resources[i].arg, &r->report);
        r->limit = state->object_limit;
        r->present = r->limit ? KSM_LIMITED : 0;
    }
    return 0;
}

static int add_files(struct service *s)
{
    struct service_file files[SERVICE_FILES_MAX];
    size_t n = s->files ? s->files(s->files_arg, files) : 0;
    for (size_t i = 0; i < n; i++) {
        struct file_sample *f = add(s, &self_file_subject);
        if (!f) {
            return -ENOMEM;
        }
        f->file = files[i];
    }
    return 0;
}

/* What role cluster alone tells. */
static int add_cluster(struct service *s, const struct service_state *state)
{
    if (!s->is_cluster) {
        return 0;
    }
    struct ksm_sample *k = add(s, &self_ksm_subject);
    if (!k) {
        return -ENOMEM;
    }
    k->shard = state->shard;
    k->total_shards = KG_MAX(state->total_shards, 1u);
    int r = add_ksm_resources(s, state);
    return r < 0 ? r : add_files(s);
}

static int add_shard(struct service *s)
{
    struct service_shard report = { 0 };
    if (s->shard) {
        s->shard(s->shard_arg, &report);
    }
    if (!report.is_known) {
        return 0;
    }
    struct shard_sample *sample = add(s, &self_shard_subject);
    if (!sample) {
        return -ENOMEM;
    }
    sample->report = report;
    sample->present = report.is_automatic ? SHARD_AUTOMATIC : 0;
    return 0;
}

static int add_all(struct service *s, const struct service_state *state,
                   const struct node_reading *reading, uint64_t now_ns)
{
    int r = add_agent(s, reading, now_ns);
    if (r == 0) {
        r = add_endpoints(s);
    }
    if (r == 0) {
        r = add_resources(s, state, now_ns);
    }
    if (r == 0) {
        r = add_shard(s);
    }
    if (r == 0) {
        r = add_collectors(s, reading);
    }
    if (r == 0) {
        r = add_groups(s, state, reading);
    }
    if (r == 0) {
        r = add_lease(s, now_ns);
    }
    if (r == 0) {
        r = add_engines(s);
    }
    if (r == 0) {
        r = add_cluster(s, state);
    }
    return r == 0 ? add_process(s) : r;
}

struct metric_part *self_part(struct service *s, uint64_t now_ns)
{
    struct metric_part *part = NULL;
    struct node_reading *reading = s->node ? node_loop_reading(s->node) : NULL;
    struct service_state *state = service_state(s);
    if (metric_sink_begin(s->self_sink, NULL) == 0 && add_all(s, state, reading, now_ns) == 0) {
        part = metric_sink_take(s->self_sink, "self", now_ns, NULL);
    }
    snapshot_unref(&state->snapshot);
    if (reading) {
        snapshot_unref(&reading->snapshot);
    }
    return part;
}
