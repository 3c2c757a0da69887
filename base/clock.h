/* clock.h — what time it is, and times as text.
 * Uses: str, num.  Threads: any.  Owner: none. */
#ifndef KG_BASE_CLOCK_H
#define KG_BASE_CLOCK_H

#include "base/str.h"

#define CLOCK_NS_PER_SEC UINT64_C(1000000000)
#define CLOCK_NS_PER_MS UINT64_C(1000000)

/* Nanoseconds of CLOCK_MONOTONIC: for intervals. */
uint64_t clock_mono_ns(void);

/* Seconds since 1970 of CLOCK_REALTIME. */
double clock_unix_sec(void);

/* CPU time of this process in nanoseconds. */
uint64_t clock_cpu_ns(void);

/* The same of the calling thread. */
uint64_t clock_thread_cpu_ns(void);

/* Reads an RFC 3339 time, "2026-11-21T01:02:03[.fraction](Z|+hh:mm)", as Kubernetes writes them.
 * Sets *ret_sec to whole Unix seconds (the fraction is cut off, downwards); years 0000 to 9999, so
 * that Go's zero time "0001-01-01T00:00:00Z" is -62135596800. Errors: -EINVAL. */
int clock_parse_rfc3339(struct str s, int64_t *ret_sec) KG_MUST_CHECK;

/* Days from 1970-01-01 to that day of the Gregorian calendar; month 1 to 12, any day number (0 is
 * the last of the month before). */
int64_t clock_days_from_civil(int64_t year, unsigned month, unsigned day);

/* Writes unix_ns as "2026-11-21T01:02:03.004Z" into out (at least 32 bytes). */
void clock_format_rfc3339(char *out, uint64_t unix_ns);

#endif
