#include "agent/cluster/cluster_agent.h"

#include "agent/cluster/cluster_role.h"
#include "agent/cluster/handover.h"
#include "agent/cluster/reload.h"
#include "agent/cluster/shards.h"

#include <assert.h>

static_assert(CLUSTER_LOOK_MS <= RELOAD_LOOK_MS, "files are looked at often enough");

struct cluster_agent {
    const struct options *options;
    struct cluster_role *role;
    struct scrape_clock *clock;
    struct reload *reload;     /* NULL: there is no file to follow */
    struct object_gate *gate;  /* with handover, else NULL */
    struct handover *handover; /* with --leader-elect, else NULL */
    struct shards *shards;     /* with --pod, else NULL */
};

struct cluster_agent *cluster_agent_new(const struct options *o, struct health *health,
                                        struct err *err)
{
    struct cluster_agent *c = calloc(1, sizeof(*c));
    if (!c) {
        err_set(err, ENOMEM, "out of memory");
        return NULL;
    }
    c->options = o;
    c->role = cluster_role_new(o, health, err);
    c->clock = c->role ? scrape_clock_new() : NULL;
    if (c->role && !c->clock) {
        err_set(err, ENOMEM, "out of memory");
    }
    if (!c->clock) {
        cluster_agent_free(c);
        return NULL;
    }
    return c;
}

void cluster_agent_free(struct cluster_agent *c)
{
    if (!c) {
        return;
    }
    cluster_agent_stop(c);
    reload_free(c->reload);
    shards_free(c->shards);
    handover_free(c->handover);
    cluster_role_free(c->role);
    object_gate_free(c->gate);
    scrape_clock_free(c->clock);
    free(c);
}

static void beat(void *arg)
{
    cluster_role_beat(arg);
}

/* Several replicas: who serves objects is settled by a lease. */
static int join_replicas(struct cluster_agent *c, const char *address, struct service *service,
                         struct err *err)
{
    c->gate = object_gate_new();
    if (!c->gate) {
        return err_set_errno(err, ENOMEM, "lease");
    }
    c->handover = handover_new(c->options, c->role, c->clock, c->gate, address, err);
    if (!c->handover) {
        return -EINVAL;
    }
    service->gate = c->gate;
    service->lease = handover_report;
    service->overtaken = handover_overtaken;
    service->lease_arg = c->handover;
    return 0;
}

/* --shard and --total-shards. */
static void report_fixed_shard(void *arg, struct service_shard *ret)
{
    const struct options *o = arg;
    *ret = (struct service_shard){
        .is_known = true,
        .index = (unsigned)options_int(o, OPT_SHARD),
        .total = (unsigned)options_int(o, OPT_TOTAL_SHARDS),
    };
}

static int join_shards(struct cluster_agent *c, struct service *service, struct err *err)
{
    c->shards = shards_new(c->options, c->role, c->clock, err);
    if (!c->shards) {
        return -ENOMEM;
    }
    service->shard = shards_report;
    service->shard_arg = c->shards;
    return 0;
}

int cluster_agent_join(struct cluster_agent *c, const struct options_command *command,
                       const char *address, struct service *service, struct err *err)
{
    const struct options *o = c->options;
    int r = reload_new(o, command, c->role, &c->reload, err);
    if (r < 0) {
        return r;
    }
    service->is_cluster = true;
    service->beat = beat;
    service->beat_arg = c->role;
    service->state = cluster_role_cell(c->role);
    service->cache = cluster_role_cache(c->role);
    service->clock = c->clock;
    service->files = c->reload ? reload_report : NULL;
    service->files_arg = c->reload;
    service->shard = report_fixed_shard;
    service->shard_arg = (void *)o;
    r = options_bool(o, OPT_LEADER_ELECT) ? join_replicas(c, address, service, err) : 0;
    return r == 0 && *options_text(o, OPT_POD) ? join_shards(c, service, err) : r;
}

int cluster_agent_start(struct cluster_agent *c, struct err *err)
{
    return cluster_role_start(c->role, err);
}

void cluster_agent_stop(struct cluster_agent *c)
{
    if (c->role) {
        cluster_role_stop(c->role);
    }
}

int cluster_agent_fd(const struct cluster_agent *c)
{
    return c->reload ? reload_fd(c->reload) : -1;
}

void cluster_agent_look(struct cluster_agent *c)
{
    if (c->reload) {
        reload_look(c->reload);
    }
}

void cluster_agent_leave(struct cluster_agent *c)
{
    if (c->handover) {
        handover_leave(c->handover);
    }
    if (c->shards) {
        shards_leave(c->shards);
    }
}

bool cluster_agent_has_left(const struct cluster_agent *c)
{
    return (!c->handover || handover_has_left(c->handover)) &&
           (!c->shards || shards_have_left(c->shards));
}

uint64_t cluster_agent_leave_ns(const struct cluster_agent *c)
{
    return options_ns(c->options, c->shards ? OPT_SHARD_HANDOVER_TIMEOUT : OPT_HANDOVER_TIMEOUT);
}

bool cluster_agent_failed(const struct cluster_agent *c)
{
    return shards_failed(c->shards);
}
