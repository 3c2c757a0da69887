/* The next time of a schedule: field by field, from the month down, each is moved on until it
 * matches; when one passes its end, all are looked at again. Steps are those of the controller's
 * library, because what they do where summer time begins and ends is what counts. */
#include "kube/object/cron.h"

#include "base/clock.h"

#include <time.h>

#define YEARS 5

struct moment {
    const struct cron_schedule *schedule;
    int64_t unix_sec;
    struct tm local;
    bool moved; /* the smaller fields are at their beginning */
};

static void set_unix(struct moment *m, int64_t unix_sec)
{
    time_t local = unix_sec + tz_offset(&m->schedule->zone, unix_sec);
    m->unix_sec = unix_sec;
    gmtime_r(&local, &m->local);
}

/* To a local time that may not exist, or exist twice; day and month may be one beyond their end. */
static void set_local(struct moment *m, int month, int day, int hour, int minute, int second)
{
    const struct tz_zone *zone = &m->schedule->zone;
    int64_t year = m->local.tm_year + 1900 + month / 12;
    int64_t days = clock_days_from_civil(year, (unsigned)(month % 12) + 1, (unsigned)day);
    int64_t local = ((days * 24 + hour) * 60 + minute) * 60 + second;
    int64_t guess = local - tz_offset(zone, local);
    set_unix(m, local - tz_offset(zone, guess));
}

static void begin(struct moment *m, int day, int hour)
{
    if (!m->moved) {
        m->moved = true;
        set_local(m, m->local.tm_mon, day, hour, 0, 0);
    }
}

static bool has(uint64_t bits, int i)
{
    return bits >> i & 1;
}

static bool day_matches(const struct moment *m)
{
    const struct cron_schedule *s = m->schedule;
    bool day = has(s->days, m->local.tm_mday), weekday = has(s->weekdays, m->local.tm_wday);
    return s->quirks || s->any_day || s->any_weekday ? day && weekday : day || weekday;
}

/* All of these: false when the next larger field has moved on. */
static bool to_month(struct moment *m)
{
    while (!has(m->schedule->months, m->local.tm_mon + 1)) {
        begin(m, 1, 0);
        set_local(m, m->local.tm_mon + 1, m->local.tm_mday, m->local.tm_hour, m->local.tm_min,
                  m->local.tm_sec);
        if (m->local.tm_mon == 0) {
            return false;
        }
    }
    return true;
}

static bool to_day(struct moment *m)
{
    while (!day_matches(m)) {
        begin(m, m->local.tm_mday, 0);
        set_local(m, m->local.tm_mon, m->local.tm_mday + 1, m->local.tm_hour, m->local.tm_min,
                  m->local.tm_sec);
        /* There are days without a midnight. */
        int64_t hour = m->local.tm_hour;
        if (hour > 0) {
            set_unix(m, m->unix_sec + (hour > 12 ? 24 - hour : -hour) * 3600);
        }
        if (m->local.tm_mday == 1) {
            return false;
        }
    }
    return true;
}

static bool to_hour(struct moment *m)
{
    const struct cron_schedule *s = m->schedule;
    while (!has(s->hours, m->local.tm_hour)) {
        begin(m, m->local.tm_mday, m->local.tm_hour);
        int before = m->local.tm_hour;
        set_unix(m, m->unix_sec + 3600);
        if (s->quirks && m->local.tm_hour - before == 2 && has(s->hours, before + 1)) {
            return true;
        }
        if (m->local.tm_hour == 0) {
            return false;
        }
    }
    return true;
}

static bool to_minute(struct moment *m)
{
    while (!has(m->schedule->minutes, m->local.tm_min)) {
        int64_t past = m->moved ? 0 : ((m->unix_sec % 60) + 60) % 60;
        m->moved = true;
        set_unix(m, m->unix_sec - past + 60);
        if (m->local.tm_min == 0) {
            return false;
        }
    }
    return true;
}

static bool to_second(struct moment *m)
{
    if (m->local.tm_sec == 0) {
        return true;
    }
    m->moved = true;
    set_unix(m, m->unix_sec + 60 - m->local.tm_sec);
    return false;
}

bool cron_next(const struct cron_schedule *schedule, int64_t after, int64_t *ret)
{
    struct moment m = { .schedule = schedule };
    if (schedule->never) {
        return false;
    }
    if (schedule->every_sec > 0) {
        *ret = after + schedule->every_sec;
        return true;
    }
    set_unix(&m, after + 1);
    int last_year = m.local.tm_year + YEARS;
    while (m.local.tm_year <= last_year) {
        if (to_month(&m) && to_day(&m) && to_hour(&m) && to_minute(&m) && to_second(&m)) {
            *ret = m.unix_sec;
            return true;
        }
    }
    return false;
}
