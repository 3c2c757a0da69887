/* part_join.h — several parts of the same rows as one: a resource's stores of several namespaces.
 * Uses: part.  Threads: any (immutable).  Owner: its references. */
#ifndef KG_METRICS_PART_JOIN_H
#define KG_METRICS_PART_JOIN_H

#include "metrics/part.h"

/* A part whose every family has the series of all given parts, under one header. All must have the
 * same families in the same order (stores of one subject and selection). Takes over the references
 * (also on failure). n is 1 at least; with 1 the part itself is returned. NULL when out of memory.
 */
struct metric_part *metric_part_join(struct metric_part *const *parts, size_t n);

#endif
