/* self.h — the agent's own metrics: kubegauge_* and process_*.
 * Uses: agent/service, agent/process_stats, metrics.  Threads: the HTTP loop.  Owner: the agent. */
#ifndef KG_AGENT_SELF_H
#define KG_AGENT_SELF_H

#include "agent/service.h"

/* A part with everything the agent tells about itself as of now, one reference for the caller.
 * NULL when out of memory. s->self_sink must be there. */
struct metric_part *self_part(struct service *s, uint64_t now_ns);

/* The tables, for the docs; NULL-terminated. */
extern const struct metric_subject *const self_subjects[];

#endif
