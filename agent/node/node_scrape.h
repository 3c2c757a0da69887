/* node_scrape.h — what node_exporter says of its own scrape: each collector's time and success.
 * Uses: node_loop, metrics.  Threads: the HTTP loop.  Owner: the answer. */
#ifndef KG_AGENT_NODE_SCRAPE_H
#define KG_AGENT_NODE_SCRAPE_H

#include "agent/node/node_loop.h"

/* A part of those collectors in mask that serve the part "node", as of the reading (may be NULL:
 * then none), and of the program; one reference for the caller. sink is begun and taken anew. NULL
 * when out of memory. */
struct metric_part *node_scrape_part(struct metric_sink *sink, const struct node_loop *loop,
                                     const struct node_reading *reading, uint64_t mask);

/* The tables, for the docs; NULL-terminated. */
extern const struct metric_subject *const node_scrape_subjects[];

#endif
