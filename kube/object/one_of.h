/* one_of.h — the series of a value that is one of a few: 1 on the one that holds, 0 on the others.
 * Uses: metrics/writer.  Threads: any.  Owner: none. */
#ifndef KG_KUBE_ONE_OF_H
#define KG_KUBE_ONE_OF_H

#include "metrics/writer.h"

/* Puts one series for each of the n known values, with the value as its one own label. A value that
 * is none of them gives zeros only; whether an empty one gives series at all is the caller's. */
void kube_put_one_of(struct metric_writer *out, struct str value, const struct str *known,
                     size_t n);

#endif
