#include "kube/object/cron.h"

#include "base/limits.h"
#include "base/num.h"

struct bounds {
    int64_t min, max;
    const char *const *names; /* of min, min + 1 …; NULL-terminated; or NULL */
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str trim(struct str s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s = str_from(s, 1);
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

/* The next word of *text; empty at its end. */
static struct str cut_word(struct str *text)
{
    size_t n = 0;
    *text = trim(*text);
    while (n < text->n && !is_blank(text->p[n])) {
        n++;
    }
    struct str word = str_head(*text, n);
    *text = str_from(*text, n);
    return word;
}

static bool same_letters(struct str s, const char *lower)
{
    size_t n = strlen(lower), i = 0;
    while (s.n == n && i < n && (s.p[i] | 0x20) == lower[i]) {
        i++;
    }
    return s.n == n && i == n;
}

static bool number_or_name(struct str s, const struct bounds *of, int64_t *ret)
{
    for (size_t i = 0; of->names && of->names[i]; i++) {
        if (same_letters(s, of->names[i])) {
            *ret = of->min + (int64_t)i;
            return true;
        }
    }
    return num_scan_signed(s, ret) == 0 && *ret >= 0;
}

/* One range: start, end and step; end < start wraps around. */
struct range {
    int64_t start, end, step;
    bool any; /* '*' or '?' without a step */
};

/* "*", "5", "1-5", "MON-FRI"; with "/2" after it. What follows "*-" does not count. */
static bool range_scan(struct str text, const struct bounds *of, struct range *ret)
{
    bool has_step = str_find(text, '/') >= 0;
    struct str bounds = str_cut(&text, '/');
    bool single = str_find(bounds, '-') < 0;
    struct str low = str_cut(&bounds, '-');
    *ret = (struct range){ .step = 1 };
    if (str_eq_c(low, "*") || str_eq_c(low, "?")) {
        ret->start = of->min;
        ret->end = of->max;
        ret->any = true;
    } else {
        if (!number_or_name(low, of, &ret->start) ||
            (!single && !number_or_name(bounds, of, &ret->end))) {
            return false;
        }
        if (single) {
            ret->end = has_step ? of->max : ret->start;
        }
    }
    if (has_step) {
        if (num_scan_signed(text, &ret->step) < 0 || ret->step < 1) {
            return false;
        }
        ret->any &= ret->step == 1;
    }
    return ret->start >= of->min && ret->end <= of->max;
}

static bool range_bits(const struct range *range, const struct bounds *of, bool quirks,
                       uint64_t *ret)
{
    int64_t all = of->max - of->min + 1;
    int64_t n = range->end - range->start + 1;
    if (range->start > of->max || range->end < of->min || (n < 1 && !quirks)) {
        return false;
    }
    n += n < 1 ? all : 0;
    if (quirks && range->step > 1 && range->step >= n) {
        return false;
    }
    for (int64_t i = 0; i < n; i += KG_MIN(range->step, all)) {
        *ret |= UINT64_C(1) << (of->min + (range->start - of->min + i) % all);
    }
    return true;
}

/* A field: ranges between commas. *ret_any: whether one of them is '*'. */
static bool field_scan(struct str text, const struct bounds *of, bool quirks, uint64_t *ret,
                       bool *ret_any)
{
    *ret = 0;
    *ret_any = false;
    while (text.n > 0) {
        struct str item = str_cut(&text, ',');
        struct range range;
        if (item.n == 0) {
            continue;
        }
        if (!range_scan(item, of, &range) || !range_bits(&range, of, quirks, ret)) {
            return false;
        }
        *ret_any |= range.any;
    }
    return true;
}

static int fields_parse(struct str text, struct cron_schedule *ret)
{
    static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL };
    static const char *const weekdays[] = {
        "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL,
    };
    const struct bounds bounds[] = {
        { 0, 59, NULL },
        { 0, 23, NULL },
        { 1, 31, NULL },
        { 1, 12, months },
        { 0, ret->quirks ? 7 : 6, weekdays },
    };
    uint64_t bits[KG_ARRAY_LEN(bounds)];
    bool any[KG_ARRAY_LEN(bounds)];
    for (size_t i = 0; i < KG_ARRAY_LEN(bounds); i++) {
        struct str word = cut_word(&text);
        if (word.n == 0 || !field_scan(word, &bounds[i], ret->quirks, &bits[i], &any[i])) {
            return -EINVAL;
        }
    }
    ret->minutes = bits[0];
    ret->hours = bits[1];
    ret->days = bits[2];
    ret->months = bits[3];
    ret->weekdays = bits[4] | (bits[4] >> 7 & 1);
    ret->any_day = any[2];
    ret->any_weekday = any[4];
    return cut_word(&text).n == 0 ? 0 : -EINVAL;
}

/* A part of a duration, "1.5h", cut off *text; nanoseconds. */
static bool eat_duration(struct str *text, double *ret_ns)
{
    static const struct {
        struct str name;
        double ns;
    } units[] = {
        { STR_INIT("ns"), 1 },     { STR_INIT("us"), 1e3 }, { STR_INIT("\xc2\xb5s"), 1e3 },
        { STR_INIT("ms"), 1e6 },   { STR_INIT("s"), 1e9 },  { STR_INIT("m"), 60e9 },
        { STR_INIT("h"), 3600e9 },
    };
    size_t n = 0;
    double value;
    while (n < text->n && ((text->p[n] >= '0' && text->p[n] <= '9') || text->p[n] == '.')) {
        n++;
    }
    if (num_scan_double(str_head(*text, n), &value) < 0) {
        return false;
    }
    *text = str_from(*text, n);
    for (size_t i = 0; i < KG_ARRAY_LEN(units); i++) {
        if (str_eat(text, units[i].name)) {
            *ret_ns += value * units[i].ns;
            return true;
        }
    }
    return false;
}

/* "1h30m": whole seconds of it, one at least. */
static int every_parse(struct str text, struct cron_schedule *ret)
{
    double ns = 0;
    bool negative = str_eat(&text, STR("-"));
    if (!negative) {
        str_eat(&text, STR("+"));
    }
    if (text.n == 0) {
        return -EINVAL;
    }
    text = str_eq_c(text, "0") ? STR("") : text;
    while (text.n > 0) {
        if (!eat_duration(&text, &ns)) {
            return -EINVAL;
        }
    }
    ns = negative ? -ns : ns;
    if (ns > 9.2e18 || (ret->quirks && ns < 1e9)) {
        return -EINVAL;
    }
    ret->every_sec = ns < 1e9 ? 1 : (int64_t)(ns / 1e9);
    return 0;
}

static int descriptor_parse(struct str text, struct cron_schedule *ret)
{
    static const struct {
        const char *name, *fields;
    } all[] = {
        { "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
        { "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" },    { "@midnight", "0 0 * * *" },
        { "@hourly", "0 * * * *" },
    };
    if (str_eat(&text, STR("@every "))) {
        return every_parse(text, ret);
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        if (str_eq_c(text, all[i].name)) {
            return fields_parse(str_of(all[i].fields), ret);
        }
    }
    ret->never = ret->quirks && (str_eq_c(text, "@triggered") || str_eq_c(text, "@manual") ||
                                 str_eq_c(text, "@none"));
    return ret->never ? 0 : -EINVAL;
}

/* Takes "TZ=Zone " or "CRON_TZ=Zone " off *text and reads that zone. */
static int prefix_parse(struct str *text, struct arena *mem, struct cron_schedule *ret)
{
    struct str name = STR("Local");
    if (str_eat(text, STR("TZ=")) || str_eat(text, STR("CRON_TZ="))) {
        if (str_find(*text, ' ') < 0) {
            return -EINVAL;
        }
        name = str_cut(text, ' ');
        *text = trim(*text);
        if (ret->quirks && name.n == 0) {
            return -EINVAL;
        }
    }
    return tz_load(name, mem, &ret->zone);
}

int cron_parse(struct str text, struct str time_zone, bool quirks, struct arena *mem,
               struct cron_schedule *ret)
{
    struct cron_schedule schedule = { .quirks = quirks };
    int r = 0;
    if (text.n == 0 || text.n > LIMIT_CRON_BYTES || (quirks && time_zone.p && time_zone.n == 0)) {
        return -EINVAL;
    }
    if (time_zone.p) {
        r = tz_load(time_zone, mem, &schedule.zone);
    }
    /* The controller, too, lets a zone within the schedule win; KSM does not know it then. */
    if (r == 0 && (!time_zone.p || (!quirks && str_search(text, STR("TZ")) >= 0))) {
        r = prefix_parse(&text, mem, &schedule);
    } else {
        text = trim(text);
    }
    if (r == 0) {
        r = str_starts(text, STR("@")) ? descriptor_parse(text, &schedule)
                                       : fields_parse(text, &schedule);
    }
    if (r == 0) {
        *ret = schedule;
    }
    return r;
}
