/* quantity.h — Kubernetes quantities ("100m", "1.5Gi", "1e3") as numbers.
 * Uses: base.  Threads: any.  Owner: none. */
#ifndef KG_KUBE_QUANTITY_H
#define KG_KUBE_QUANTITY_H

#include "base/str.h"

/* As KSM turns one into a sample: cores for cpu with milli precision, rounded up (away from zero)
 * to the next milli; whole units for everything else, rounded up. Set *ret.
 * Errors: -EINVAL not a quantity (what Kubernetes' parser refuses).
 * Source: vectors of kind quantity; apimachinery api/resource (suffixes, 1e-9 precision, caps). */
int quantity_milli(struct str text,
                   double *ret) KG_MUST_CHECK; /* value of the milli integer / 1000 */
int quantity_whole(struct str text, double *ret) KG_MUST_CHECK;  /* the rounded-up integer */
int quantity_approx(struct str text, double *ret) KG_MUST_CHECK; /* AsApproximateFloat64 */

#endif
