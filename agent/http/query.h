/* query.h — the query parameters of the metrics endpoints, as kube-state-metrics and node_exporter
 * have them.
 * Uses: base.  Threads: any.  Owner: the request, by query_done. */
#ifndef KG_AGENT_QUERY_H
#define KG_AGENT_QUERY_H

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

enum query_list {
    QUERY_RESOURCES,         /* resources=pods,nodes: only these */
    QUERY_EXCLUDE_RESOURCES, /* exclude_resources=: all but these */
    QUERY_COLLECT,           /* collect[]=cpu: only these collectors */
    QUERY_EXCLUDE,           /* exclude[]=cpu */
    QUERY_NAME,              /* name[]=container_last_seen: only these families */
    QUERY_LISTS,
};

struct query {
    bool given[QUERY_LISTS]; /* resources= without a value is given and selects nothing */
    struct str *items;       /* of all lists, in order as they came; point into text */
    unsigned char *list_of;  /* enum query_list of each item */
    size_t n_items;
    char *text;
};

/* Reads parameters "key=value", already decoded, one a str. Parameters that are not known are
 * ignored. *ret is valid, and to be given to query_done, in any case.
 * Errors: -E2BIG more than LIMIT_QUERY_ITEMS names · -EINVAL collect[] and exclude[] together, as
 * node_exporter has it · -ENOMEM. */
int query_parse(const struct str *args, size_t n_args, struct query *ret, struct err *err);
void query_done(struct query *q);

/* Whether the list names this. */
bool query_has(const struct query *q, enum query_list list, struct str name);

#endif
