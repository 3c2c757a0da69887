/* tzfile.h — time zones: how far local time is from UTC, from the files of the zone database.
 * Uses: base.  Threads: any (a zone is immutable once read).  Owner: the arena it was read into.
 *
 * libc's tzset serves one zone for the whole process and is not thread-safe; CronJobs have one
 * each. Source: RFC 8536 (TZif), POSIX TZ for the rule at the end of a file. */
#ifndef KG_KUBE_TZFILE_H
#define KG_KUBE_TZFILE_H

#include "base/arena.h"
#include "base/str.h"

struct tz_change {
    int64_t at; /* Unix seconds from which the offset holds */
    int32_t offset_sec;
};

/* When summer time begins or ends: "M3.2.0/2", "J60", "59". */
struct tz_when {
    char kind; /* 'M', 'J' (1 to 365, no 29 February) or '0' (0 to 365) */
    int month, week, day;
    int32_t at_sec; /* of the local day */
};

struct tz_rule {
    bool is, has_summer;
    int32_t offset_sec, summer_offset_sec;
    struct tz_when begin, end;
};

struct tz_zone {
    const struct tz_change *changes; /* in order of time */
    size_t n;
    int32_t first_offset_sec; /* before the first change */
    struct tz_rule rule;      /* after the last */
};

/* UTC. */
extern const struct tz_zone tz_utc;

/* Reads the bytes of a TZif file. Sets *ret, in mem. Errors: -EBADMSG not such a file · -ENOMEM. */
int tz_parse(struct str bytes, struct arena *mem, struct tz_zone *ret) KG_MUST_CHECK;

/* Reads a zone by name ("Europe/Berlin") from $TZDIR, else from where systems keep the database.
 * "" and "UTC" are UTC, "Local" is this process's zone ($TZ, else /etc/localtime, else UTC).
 * Sets *ret, in mem. Errors: -EINVAL no such zone · -ENODATA there is no database · -ENOMEM. */
int tz_load(struct str name, struct arena *mem, struct tz_zone *ret) KG_MUST_CHECK;

/* Seconds that local time is ahead of UTC at that time. */
int32_t tz_offset(const struct tz_zone *zone, int64_t unix_sec);

#endif
