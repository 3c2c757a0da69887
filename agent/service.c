#include "agent/service.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

static enum source_state collector_source(enum collector_state state)
{
    switch (state) {
    case COLLECTOR_OK:
        return SOURCE_READY;
    case COLLECTOR_ABSENT:
        return SOURCE_ABSENT;
    case COLLECTOR_FAILED:
        return SOURCE_FAILED;
    case COLLECTOR_STARTED:
    case COLLECTOR_OFF:
        break;
    }
    return SOURCE_WAITING;
}

static bool collectors_ready(const struct service *s, struct buf *out)
{
    bool ready = true;
    struct node_reading *reading = s->node ? node_loop_reading(s->node) : NULL;
    if (s->node && !reading) {
        buf_add_c(out, "collectors: no reading yet\n");
        return false;
    }
    uint64_t vital = s->node ? node_loop_mask_of_parts(s->node, 1u << NODE_PART_CADVISOR) : 0;
    for (size_t i = 0; reading && i < reading->n_reports; i++) {
        const struct collector_report *c = &reading->reports[i];
        if (c->state == COLLECTOR_OFF) {
            continue;
        }
        struct source_report report = {
            .kind = "collector",
            .name = c->name,
            .state = collector_source(c->state),
            .why = c->why,
            /* One of many sources of node_*, or the volumes: a flag in the exposition says that it
             * fails, and a restart or less traffic would not help. */
            .optional = !(vital >> i & 1),
        };
        ready &= source_report_line(&report, out);
    }
    if (reading) {
        snapshot_unref(&reading->snapshot);
    }
    return ready;
}

static void state_free(struct snapshot *s)
{
    free(s);
}

void service_state_init(struct service_state *state, const struct service_resource *resources,
                        size_t n)
{
    snapshot_init(&state->snapshot, state_free);
    state->resources = resources;
    state->n = KG_MIN(n, (size_t)SERVICE_RESOURCES_MAX);
}

struct service_state *service_state(const struct service *s)
{
    static struct service_state none = { .snapshot = { .refs = 1 } };
    struct snapshot *now = s->state ? snapshot_cell_acquire(s->state) : NULL;
    return (struct service_state *)(now ? now : snapshot_ref(&none.snapshot));
}

uint64_t resource_behind_ns(const struct resource_report *r, uint64_t now_ns)
{
    bool behind = r->behind_since_ns != 0 && now_ns > r->behind_since_ns;
    return behind ? now_ns - r->behind_since_ns : 0;
}

static bool resource_ready(const struct service_resource *resource, uint64_t now_ns,
                           struct buf *out)
{
    struct resource_report r = { 0 };
    resource->report(resource->arg, &r);
    struct source_report report = {
        .kind = "resource",
        .name = resource->name,
        .state = SOURCE_READY,
        .age_ns = resource_behind_ns(&r, now_ns),
        .why = r.last_error,
    };
    char words[128];
    if (r.left_out) {
        snprintf(words, sizeof(words),
                 "left out, the budget has no room for its %" PRIu64 " objects",
                 r.left_out_objects);
        report.why = words;
    }
    if (resource->optional && r.refused && !r.waiting) {
        report.state = SOURCE_REFUSED;
    } else if (!r.synced) {
        report.state = SOURCE_WAITING;
    } else if (report.age_ns > SERVICE_BEHIND_NS) {
        report.state = SOURCE_STALE;
        report.has_age = true;
    }
    return source_report_line(&report, out);
}

/* A watch on which nothing happens hears of the server about once a minute; twice that without a
 * word, and the connection is one in name only. */
static bool resource_live(const struct service_resource *resource, uint64_t now_ns)
{
    struct resource_report r = { 0 };
    resource->report(resource->arg, &r);
    uint64_t silent_ns = now_ns > r.last_contact_ns ? now_ns - r.last_contact_ns : 0;
    return r.last_contact_ns && silent_ns < (r.connected ? SERVICE_SILENT_NS : SERVICE_BEHIND_NS);
}

bool service_live(const struct service *s, uint64_t now_ns, struct buf *out)
{
    struct service_state *state = service_state(s);
    bool live = state->n == 0;
    for (size_t i = 0; i < state->n && !live; i++) {
        live = resource_live(&state->resources[i], now_ns);
    }
    snapshot_unref(&state->snapshot);
    buf_add_c(out, live ? "OK" : "Service Unavailable");
    return live;
}

/* A standby is as ready as the one that leads: it could take over now. Where nobody leads nothing
 * is served: the lease cannot be read or written. */
static bool tell_lease(const struct service *s, struct buf *out)
{
    struct service_lease l;
    if (!s->lease) {
        return true;
    }
    s->lease(s->lease_arg, &l);
    if (l.is_leaving) {
        buf_addf(out, "lease %s: leaving\n", l.name);
    } else if (l.leads) {
        buf_addf(out, "lease %s: leading\n", l.name);
    } else if (l.holder[0]) {
        buf_addf(out, "lease %s: standby, %s leads\n", l.name, l.holder);
    } else {
        buf_addf(out, "lease %s: standby, nobody leads\n", l.name);
        return false;
    }
    return true;
}

bool service_ready(const struct service *s, uint64_t now_ns, struct buf *out)
{
    bool ready = collectors_ready(s, out);
    struct service_state *state = service_state(s);
    for (size_t i = 0; i < state->n; i++) {
        ready &= resource_ready(&state->resources[i], now_ns, out);
    }
    if (s->state && state->n == 0) {
        buf_add_c(out, "shard: what to watch is not known yet\n");
        ready = false;
    }
    snapshot_unref(&state->snapshot);
    ready &= tell_lease(s, out);
    struct service_shard shard = { 0 };
    if (s->shard) {
        s->shard(s->shard_arg, &shard);
    }
    if (shard.returns) {
        buf_add_c(out, "shard: another still has its share\n");
        ready = false;
    }
    if (s->draining) {
        buf_add_c(out, "agent: shutting down\n");
        ready = false;
    }
    buf_add_c(out, ready ? "ready\n" : "not ready\n");
    return ready;
}
