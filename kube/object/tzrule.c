#include "kube/object/tzrule.h"

#include "base/clock.h"

#include <time.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number of up to `most`, cut off *text. */
static bool eat_number(struct str *text, int most, int *ret)
{
    int v = 0;
    size_t n = 0;
    while (n < text->n && n < 4 && is_digit(text->p[n])) {
        v = v * 10 + (text->p[n++] - '0');
    }
    *text = str_from(*text, n);
    *ret = v;
    return n > 0 && v <= most;
}

/* "EST", "<-03>": what a zone is called does not matter here. */
static bool eat_name(struct str *text)
{
    size_t n = 0;
    if (str_eat(text, STR("<"))) {
        ssize_t end = str_find(*text, '>');
        *text = str_from(*text, (size_t)KG_MAX(end, -1) + 1);
        return end > 0;
    }
    while (n < text->n && ((text->p[n] | 0x20) >= 'a' && (text->p[n] | 0x20) <= 'z')) {
        n++;
    }
    *text = str_from(*text, n);
    return n >= 3;
}

/* "[+-]hh[:mm[:ss]]", up to a week. */
static bool eat_time(struct str *text, int32_t *ret_sec)
{
    int hours, minutes = 0, seconds = 0;
    bool negative = str_eat(text, STR("-"));
    if (!negative) {
        str_eat(text, STR("+"));
    }
    if (!eat_number(text, 167, &hours) ||
        (str_eat(text, STR(":")) &&
         (!eat_number(text, 59, &minutes) ||
          (str_eat(text, STR(":")) && !eat_number(text, 59, &seconds))))) {
        return false;
    }
    int32_t sec = hours * 3600 + minutes * 60 + seconds;
    *ret_sec = negative ? -sec : sec;
    return true;
}

/* ",M3.2.0/2" */
static bool eat_when(struct str *text, struct tz_when *ret)
{
    bool ok = str_eat(text, STR(","));
    if (str_eat(text, STR("M"))) {
        ret->kind = 'M';
        ok = ok && eat_number(text, 12, &ret->month) && ret->month > 0 && str_eat(text, STR(".")) &&
             eat_number(text, 5, &ret->week) && ret->week > 0 && str_eat(text, STR(".")) &&
             eat_number(text, 6, &ret->day);
    } else {
        ret->kind = str_eat(text, STR("J")) ? 'J' : '0';
        ok = ok && eat_number(text, 365, &ret->day) && (ret->kind == '0' || ret->day > 0);
    }
    ret->at_sec = 2 * 3600;
    return ok && (!str_eat(text, STR("/")) || eat_time(text, &ret->at_sec));
}

int tz_rule_parse(struct str text, struct tz_rule *ret)
{
    struct tz_rule rule = { .is = true };
    int32_t west_sec;
    if (!eat_name(&text) || !eat_time(&text, &west_sec)) {
        return -EINVAL;
    }
    rule.offset_sec = -west_sec;
    if (text.n > 0) {
        rule.has_summer = true;
        rule.summer_offset_sec = rule.offset_sec + 3600;
        if (!eat_name(&text)) {
            return -EINVAL;
        }
        if (text.n > 0 && text.p[0] != ',') {
            if (!eat_time(&text, &west_sec)) {
                return -EINVAL;
            }
            rule.summer_offset_sec = -west_sec;
        }
        if (!eat_when(&text, &rule.begin) || !eat_when(&text, &rule.end) || text.n > 0) {
            return -EINVAL;
        }
    }
    *ret = rule;
    return 0;
}

/* The local second, counted like Unix time, at which it is that time in that year. */
static int64_t when_in(const struct tz_when *when, int64_t year)
{
    int64_t first = clock_days_from_civil(year, 1, 1), week = when->week, day;
    bool leap = clock_days_from_civil(year, 3, 1) - first == 60;
    if (when->kind == 'M') {
        int64_t month = clock_days_from_civil(year, (unsigned)when->month, 1);
        int64_t next = when->month == 12
                           ? clock_days_from_civil(year + 1, 1, 1)
                           : clock_days_from_civil(year, (unsigned)when->month + 1, 1);
        int64_t weekday = ((month + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        day = month + (when->day - weekday + 7) % 7 + 7 * (week - 1);
        while (day >= next) { /* week 5 is the last */
            day -= 7;
        }
    } else if (when->kind == 'J') {
        day = first + when->day - 1 + (leap && when->day >= 60);
    } else {
        day = first + when->day;
    }
    return day * 86400 + when->at_sec;
}

int32_t tz_rule_offset(const struct tz_rule *rule, int64_t unix_sec)
{
    time_t local = unix_sec + rule->offset_sec;
    struct tm tm;
    if (!rule->has_summer || !gmtime_r(&local, &tm)) {
        return rule->offset_sec;
    }
    int64_t begin = when_in(&rule->begin, tm.tm_year + 1900) - rule->offset_sec;
    int64_t end = when_in(&rule->end, tm.tm_year + 1900) - rule->summer_offset_sec;
    /* South of the equator summer time ends before it begins. */
    bool summer =
        begin < end ? unix_sec >= begin && unix_sec < end : unix_sec >= begin || unix_sec < end;
    return summer ? rule->summer_offset_sec : rule->offset_sec;
}
