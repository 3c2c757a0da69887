/* part_filter.h — some families of a part, as a part.
 * Uses: metrics/part.  Threads: any (immutable).  Owner: its references. */
#ifndef KG_AGENT_PART_FILTER_H
#define KG_AGENT_PART_FILTER_H

#include "base/err.h"
#include "metrics/part.h"

/* A part with those families of inner that keep() wants. Takes over the reference to inner, also on
 * failure. NULL when out of memory. */
struct metric_part *part_filter_new(struct metric_part *inner,
                                    bool (*keep)(void *arg, const struct metric_family *family),
                                    void *arg);

#endif
