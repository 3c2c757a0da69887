/* cron.h — schedules of CronJobs and when they fire next.
 * Uses: base, kube/object/tzfile.  Threads: any.  Owner: the arena the zone was read into.
 *
 * Reads what Kubernetes' CronJob controller reads (robfig/cron, ParseStandard), so that the next
 * time is the one at which it acts. With quirks, what KSM's library reads (netresearch/go-cron),
 * which differs: day of month AND day of week must match, ranges may wrap, 7 is Sunday, a step must
 * be smaller than its range, what falls into the hour that summer time skips fires after it, and
 * "@triggered", "@manual" and "@none" never fire. Source: vectors of kind cron. */
#ifndef KG_KUBE_CRON_H
#define KG_KUBE_CRON_H

#include "kube/object/tzfile.h"

struct cron_schedule {
    uint64_t minutes, hours, days, months, weekdays; /* a bit for each that matches */
    bool any_day, any_weekday;                       /* says '*' */
    bool quirks, never;
    int64_t every_sec; /* "@every": nothing else counts; else 0 */
    struct tz_zone zone;
};

/* Shape: "0 22 * * 1-5", "@daily", "@every 1h30m", "TZ=Europe/Berlin 0 3 * * *". time_zone: the
 * CronJob's own (p NULL: it has none; then that of the text, else this process's).
 * Sets *ret, in mem. Errors: -EINVAL not a schedule, or no such zone · -ENODATA there is no zone
 * database on this machine · -ENOMEM. */
int cron_parse(struct str text, struct str time_zone, bool quirks, struct arena *mem,
               struct cron_schedule *ret) KG_MUST_CHECK;

/* The first time after `after` at which it fires. Says false, and leaves *ret, when there is none
 * within five years. */
bool cron_next(const struct cron_schedule *schedule, int64_t after, int64_t *ret);

#endif
