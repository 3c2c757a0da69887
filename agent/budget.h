/* budget.h — the budget of a role's stores, from its options to the log.
 * Uses: metrics/budget, agent/options, agent/service.  Threads: each function says.  Owner: the
 * role. */
#ifndef KG_AGENT_BUDGET_H
#define KG_AGENT_BUDGET_H

#include "agent/options/options.h"
#include "agent/service.h"
#include "metrics/budget.h"
#include "metrics/segment_cache.h"

/* How often budget_review is to be called. */
#define BUDGET_REVIEW_NS UINT64_C(1000000000)

/* The limits of --max-objects, --max-series and --max-bytes; 0: none. */
struct metric_amount budget_limit(const struct options *o);

/* The cache of --web.gzip-cache. *ret is NULL when it is to be none. Errors: -ENOMEM. */
int budget_cache(const struct options *o, struct segment_cache **ret, struct err *err);

/* Looks for kinds that fit again, and logs which were left out or taken back. On the kube loop. */
void budget_review(struct metric_budget *b, uint64_t now_ns);

/* Adds what the budget did with the kind to its report. kind may be NULL. Any thread. */
void budget_report(const struct metric_budget_kind *kind, struct resource_report *ret);

#endif
