/* text_parse.h — reads the Prometheus text format 0.0.4 into families.
 * Uses: loose, names, base.  Threads: any.  Owner: the caller's arena. */
#ifndef KG_METRICS_TEXT_PARSE_H
#define KG_METRICS_TEXT_PARSE_H

#include "base/err.h"
#include "metrics/loose.h"

struct text_families {
    struct loose_family *first; /* in the order in which they begin; those without series are not */
    size_t n_series;
};

/* Reads all of text; what it gives is copied into mem.
 * Shape:  lines "# HELP name text", "# TYPE name type", other comments, and
 *         `name{label="value",…} number`; each ends in a newline, the last one too. Of a histogram
 *         are NAME_bucket with le, NAME_sum and NAME_count, of a summary NAME with quantile, both
 *         sums. A sample without TYPE is untyped.
 * Errors: -EBADMSG malformed, with "line N: what" (also what the format has and an exposition of
 *         this program must not: timestamps, names beyond [a-zA-Z_:][a-zA-Z0-9_:]*, text that is no
 *         UTF-8) · -E2BIG more than max_series · -ENOMEM.
 * Source: prometheus.io/docs/instrumenting/exposition_formats; strictness as in client libraries.
 */
int text_parse(struct str text, size_t max_series, struct arena *mem, struct text_families *ret,
               struct err *err) KG_MUST_CHECK;

#endif
