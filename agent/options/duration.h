/* duration.h — durations and sizes as people write them in options: "1h30m", "64MiB".
 * Uses: base.  Threads: any.  Owner: none. */
#ifndef KG_AGENT_DURATION_H
#define KG_AGENT_DURATION_H

#include "base/str.h"

/* Reads a duration as Go's time.ParseDuration does: one or more of NUMBER UNIT, the number with an
 * optional fraction, the unit one of ns, us, µs, ms, s, m, h ("5m", "1h30m", "1.5s", "300ms"); "0"
 * alone needs no unit. Negative durations are refused, since no option means one.
 * Units:  *ret_ns is in nanoseconds.
 * Errors: -EINVAL not a duration · -ERANGE beyond 292 years. */
int duration_parse(struct str text, uint64_t *ret_ns) KG_MUST_CHECK;

/* Reads a size in bytes: a number with an optional suffix k, M, G, T (1000), or Ki, Mi, Gi, Ti
 * (1024), with or without a B at the end. Errors: -EINVAL · -ERANGE. */
int size_parse(struct str text, uint64_t *ret_bytes) KG_MUST_CHECK;

#endif
