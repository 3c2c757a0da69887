#include "base/clock.h"

#include "base/num.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * CLOCK_NS_PER_SEC + (uint64_t)t.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

double clock_unix_sec(void)
{
    return (double)read_ns(CLOCK_REALTIME) / 1e9;
}

uint64_t clock_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_thread_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years are counted from
 * March, so that the leap day is the last of a year. */
int64_t clock_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t months_since_march = (month + 9) % 12;
    int64_t day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Takes exactly n digits from the front of s, then the text `after`. */
static bool take_number(struct str *s, size_t n, struct str after, unsigned *ret)
{
    uint64_t v;
    if (s->n < n || num_scan_u64(str_head(*s, n), &v) < 0) {
        return false;
    }
    *s = str_from(*s, n);
    *ret = (unsigned)v;
    return str_eat(s, after);
}

/* "Z", "+02:00" or "-07:30" up to the end of s, as seconds east of UTC. */
static bool take_offset(struct str s, int64_t *ret)
{
    if (str_eq(s, STR("Z")) || str_eq(s, STR("z"))) {
        *ret = 0;
        return true;
    }
    bool west = str_starts(s, STR("-"));
    if (!west && !str_starts(s, STR("+"))) {
        return false;
    }
    s = str_from(s, 1);
    unsigned hours, minutes;
    if (!take_number(&s, 2, STR(":"), &hours) || !take_number(&s, 2, STR(""), &minutes) || s.n ||
        hours > 23 || minutes > 59) {
        return false;
    }
    *ret = ((int64_t)hours * 3600 + (int64_t)minutes * 60) * (west ? -1 : 1);
    return true;
}

int clock_parse_rfc3339(struct str s, int64_t *ret_sec)
{
    unsigned year, month, day, hour, minute, second;
    if (!take_number(&s, 4, STR("-"), &year) || !take_number(&s, 2, STR("-"), &month) ||
        !take_number(&s, 2, STR(""), &day) || (!str_eat(&s, STR("T")) && !str_eat(&s, STR("t"))) ||
        !take_number(&s, 2, STR(":"), &hour) || !take_number(&s, 2, STR(":"), &minute) ||
        !take_number(&s, 2, STR(""), &second)) {
        return -EINVAL;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59) {
        return -EINVAL;
    }
    if (str_eat(&s, STR("."))) {
        size_t digits = 0;
        while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9') {
            digits++;
        }
        if (digits == 0) {
            return -EINVAL;
        }
        s = str_from(s, digits);
    }
    int64_t offset;
    if (!take_offset(s, &offset)) {
        return -EINVAL;
    }
    *ret_sec = clock_days_from_civil(year, month, day) * 86400 + (int64_t)hour * 3600 +
               (int64_t)minute * 60 + second - offset;
    return 0;
}

void clock_format_rfc3339(char *out, uint64_t unix_ns)
{
    time_t sec = (time_t)(unix_ns / CLOCK_NS_PER_SEC);
    struct tm tm;
    gmtime_r(&sec, &tm);
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 32 - n, ".%03uZ", (unsigned)(unix_ns / CLOCK_NS_PER_MS % 1000));
}
