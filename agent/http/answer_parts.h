/* answer_parts.h — which parts a scrape of an endpoint with a query consists of.
 * Uses: service, query.  Threads: the HTTP loop.  Owner: answer.c. */
#ifndef KG_AGENT_ANSWER_PARTS_H
#define KG_AGENT_ANSWER_PARTS_H

#include "agent/http/query.h"
#include "agent/service.h"
#include "metrics/scrape.h"

/* Whether collect[] and exclude[] name collectors that are there and on. Errors: -ENOENT (err:
 * which one). Unknown resources are no error, as in kube-state-metrics. */
int answer_check_query(const struct service *s, const struct query *q, struct err *err);

/* The collectors that must be read for it; 0: none. */
uint64_t answer_collectors(const struct service *s, const struct endpoint *endpoint,
                           const struct query *q);

/* The scrape. reading is borrowed; NULL when answer_collectors was 0. *objects
 * says whether the state of objects may be in it, and then whether some is. NULL when out of
 * memory. */
struct scrape *answer_scrape(struct service *s, const struct endpoint *endpoint,
                             const struct query *q, enum metric_format format,
                             struct node_reading *reading, bool *objects);

#endif
