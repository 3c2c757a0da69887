/* store.h — the rendered state of all objects of one resource kind, at what differs between them.
 * Uses: family, writer, part, base.  Threads: one writer (the kube loop); parts go to any thread.
 * Owner: the resource's watch.
 *
 * An object is rendered once, when it changes, into an immutable block: its common labels' text
 * once, then per family its own labels' values and value. Blocks stand in runs of a fixed number of
 * slots; publishing copies only the pointers of runs that did not change, so that a change costs a
 * run and not the store. A relist builds a new generation aside: blocks equal to the old ones are
 * shared, the swap is one publish, and a scrape sees the old or the new set whole. */
#ifndef KG_METRICS_STORE_H
#define KG_METRICS_STORE_H

#include "base/err.h"
#include "base/limits.h"
#include "metrics/budget.h"
#include "metrics/part.h"
#include "metrics/segment_cache.h"
#include "metrics/selection.h"

struct metric_store;

struct metric_store_limits {
    size_t max_objects, max_bytes;     /* 0: LIMIT_STORE_OBJECTS, no limit on bytes */
    struct metric_budget_kind *budget; /* what it shares with other stores; or NULL */
    struct segment_cache *cache;       /* for compressed segments of its text; or NULL */
};

struct metric_store_stats {
    size_t n_objects, n_series, n_bytes; /* n_bytes: blocks, of the published generation */
    uint64_t dropped_total;              /* objects refused because of a limit, or while left out */
    uint64_t cut_total;                  /* label values cut to LIMIT_LABEL_VALUE_BYTES */
};

/* A store for the subject's rows that the selection serves. NULL on error. Errors: -ENOMEM. */
struct metric_store *metric_store_new(const struct metric_subject *subject,
                                      const struct metric_selection *selection,
                                      const struct metric_store_limits *limits, struct err *err);
void metric_store_free(struct metric_store *store);

/* Renders sample and sets (or replaces) the object of this key (its metadata.uid), in the open
 * generation if there is one, else in the current. Visible from the next publish on. After an
 * error the object is absent, not as it was before. While the budget leaves the store's kind out it
 * is absent, too, but counted, and that is no error.
 * Errors: -ENOSPC a limit is reached (counted) · -ENOBUFS its block passes LIMIT_BLOCK_BYTES
 * (counted) · -EINVAL an emit function broke its row's promise (err names the family) · -ENOMEM. */
int metric_store_put(struct metric_store *store, struct str key, const void *sample,
                     struct err *err);

/* Removes an object. Returns 1 if it was there, else 0. */
int metric_store_remove(struct metric_store *store, struct str key);

/* Opens a new, empty generation (dropping one that is open); swaps it in and publishes it; drops
 * it. Until then puts and removes go to the open one, publishes to the current one. Errors: -ENOMEM
 * (of commit: the new generation is current, the old part stays until a publish succeeds) · -EINVAL
 * commit without a relist. */
int metric_store_relist_begin(struct metric_store *store, struct err *err);
int metric_store_relist_commit(struct metric_store *store, struct err *err);
void metric_store_relist_abort(struct metric_store *store);

/* Whether a relist is wanted from whoever feeds the store: the budget has taken its kind back, and
 * nothing is held until all of it can be shown at once. */
bool metric_store_wants_list(const struct metric_store *store);

/* Makes all changes visible to metric_store_part; cheap when nothing changed. Errors: -ENOMEM (the
 * old part stays, the next publish tries again). */
int metric_store_publish(struct metric_store *store, struct err *err);

/* The published part, one reference for the caller; never NULL. Any thread. */
struct metric_part *metric_store_part(struct metric_store *store);

struct metric_store_stats
metric_store_stats(const struct metric_store *store); /* writer's thread */

#endif
