/* names.h — legal metric and label names.
 * Uses: base.  Threads: any.  Owner: none. */
#ifndef KG_METRICS_NAMES_H
#define KG_METRICS_NAMES_H

#include "base/arena.h"
#include "metrics/writer.h"

/* Whether s matches [a-zA-Z_:][a-zA-Z0-9_:]* (metric) or [a-zA-Z_][a-zA-Z0-9_]* (label). */
bool metric_name_legal(struct str s);
bool label_name_legal(struct str s);

/* Appends KSM's label name of a Kubernetes key: each character outside [A-Za-z0-9_] (UTF-8; a byte
 * that is none counts for itself) becomes '_', '_' goes between [a-z0-9] and [A-Z], then lower
 * case. "fooBar/x" -> "foo_bar_x". */
void label_name_from_key(struct str key, struct buf *out);

/* Labels prefix + name for the n pairs, sorted by key; names that collide get _conflict1, 2 … as
 * KSM gives them. Sets *ret to n labels in the arena. Errors: -ENOMEM. Source: reference
 * ksm/features.md "Conflicts", vectors of kind labelnames. */
int label_names_from_pairs(const struct metric_label *pairs, size_t n, struct str prefix,
                           struct arena *mem, struct metric_label **ret);

#endif
