/* watched.h — one watch of one resource, and the store that it fills.
 * Uses: kube, metrics/store, agent/service.  Threads: init and done where the loop may be changed
 * (kube/client/loop.h); part and report from any.  Owner: what watches: agent/node/node_pods,
 * agent/cluster. */
#ifndef KG_AGENT_WATCHED_H
#define KG_AGENT_WATCHED_H

#include "agent/service.h"
#include "kube/client/loop.h"
#include "kube/object/allowlist.h"
#include "kube/resource_store.h"
#include "metrics/selection.h"

struct watched_config {
    const struct kube_resource *resource;
    bool stored; /* keep the state of the objects; else they go to `also` alone */
    const struct metric_selection *selection;
    const struct key_allowlists *labels, *annotations; /* of all resources, or NULL */
    bool ksm_quirks;                                   /* as in struct kube_decode */
    struct metric_store_limits limits;
    const struct kube_consumer *also; /* gets every call, too; or NULL */
    void *also_arg;
    const char *namespace;      /* NULL: all */
    const char *field_selector; /* or NULL */
    struct kube_shard shard;    /* zeroed: every object */
    bool shard_at_server;
};

struct watched {
    const struct kube_resource *resource;
    struct kube_loop *loop;
    struct metric_store *store; /* NULL: not kept */
    struct resource_store *consumer;
    struct json_wanted *wanted;
    struct kube_watch *watch;
    const struct kube_consumer *also;
    void *also_arg;
    _Atomic uint64_t dropped; /* by the store; told to other threads when changes settle */
};

/* Adds a watch to the loop; all that config points to is borrowed until done. After an error w is
 * to be given to watched_done all the same. Errors: -ENOMEM · -EBUSY · -EIO. */
int watched_init(struct watched *w, struct kube_loop *loop, const struct watched_config *config,
                 struct err *err);
/* Removes the watch from its loop and frees. A zeroed one is allowed. */
void watched_done(struct watched *w);

/* What it holds, one reference for the caller; NULL when nothing is kept. */
struct metric_part *watched_part(const struct watched *w);

/* Adds the figures of w to those in ret; `synced` and `connected` stay only if they hold for w,
 * too, ages are the worst ones. Begin with RESOURCE_REPORT_NONE. */
void watched_report(const struct watched *w, struct resource_report *ret);

#define RESOURCE_REPORT_NONE ((struct resource_report){ .synced = true, .connected = true })

#endif
