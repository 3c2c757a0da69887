/* quantity.h — Kubernetes quantities ("100m", "1.5Gi", "1e3") as numbers.
 * Uses: base.  Threads: any.  Owner: none.
 *
 * Follows the arithmetic of Kubernetes' own parser and of KSM, its overflows included, because
 * dashboards compare these numbers with those of other programs: an amount beyond int64 gives what
 * they print, not what it means. Blanks at both ends are allowed, as in the JSON of an object. */
#ifndef KG_KUBE_QUANTITY_H
#define KG_KUBE_QUANTITY_H

#include "base/str.h"

/* All of them: Shape: [+-]digits[.digits] then a suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or
 * e|E and a signed exponent. Set *ret, nothing on failure.
 * Errors: -EINVAL not a quantity, or longer than LIMIT_QUANTITY_BYTES.
 * Source: vectors of kind quantity; apimachinery api/resource (suffixes, 1e-9 precision, cap). */

/* Cores of a cpu quantity, and every amount that KSM shows with a fraction: thousandths, rounded
 * away from zero, over 1000; whole units once they pass what thousandths can hold. */
int quantity_milli(struct str text, double *ret) KG_MUST_CHECK;

/* Whole units (bytes, devices), rounded away from zero. */
int quantity_whole(struct str text, double *ret) KG_MUST_CHECK;

/* Mantissa times power of ten, not rounded to any unit (HPA tolerances). */
int quantity_approx(struct str text, double *ret) KG_MUST_CHECK;

#endif
