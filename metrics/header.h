/* header.h — the HELP and TYPE lines of a family.
 * Uses: family, base.  Threads: any.  Owner: none.
 *
 * In OpenMetrics a counter's family name loses _total, and a counter without _total is of type
 * unknown, because the format forbids it otherwise; the same holds for _info. */
#ifndef KG_METRICS_HEADER_H
#define KG_METRICS_HEADER_H

#include "base/buf.h"
#include "metrics/family.h"

/* The family's name as those lines have it; borrowed from the row. */
struct str header_name(const struct metric_family *row, enum metric_format format);

/* Appends both lines. */
void header_add(const struct metric_family *row, enum metric_format format, struct buf *out);

#endif
