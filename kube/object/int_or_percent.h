/* int_or_percent.h — how many of a number of pods "25%" or 3 means.
 * Uses: base/num, jansson.  Threads: any.  Owner: none.
 *
 * Source: vectors of kind intorpercent; apimachinery util/intstr. */
#ifndef KG_KUBE_INT_OR_PERCENT_H
#define KG_KUBE_INT_OR_PERCENT_H

#include "base/defs.h"

#include <jansson.h>

/* Shape: an integer, taken as it is, or "[+-]digits%": that many hundredths of `of`, rounded down,
 * or up with round_up. Says false, and leaves *ret, when it is neither. */
bool int_or_percent(const json_t *value, int64_t of, bool round_up, int64_t *ret);

#endif
