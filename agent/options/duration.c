#include "agent/options/duration.h"

#include "base/clock.h"
#include "base/num.h"

#include <stdio.h>

#define DURATION_MAX_NS ((uint64_t)INT64_MAX)

struct unit {
    struct str name;
    uint64_t factor;
};

/* A longer name stands before one that begins it, because the first match is taken. */
static const struct unit duration_units[] = {
    { STR_INIT("ns"), 1 },
    { STR_INIT("us"), 1000 },
    { STR_INIT("\xc2\xb5s"), 1000 }, /* U+00B5 micro sign */
    { STR_INIT("\xce\xbcs"), 1000 }, /* U+03BC Greek mu: Go takes both */
    { STR_INIT("ms"), CLOCK_NS_PER_MS },
    { STR_INIT("s"), CLOCK_NS_PER_SEC },
    { STR_INIT("m"), 60 * CLOCK_NS_PER_SEC },
    { STR_INIT("h"), 3600 * CLOCK_NS_PER_SEC },
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the digits at the start of s; the empty run is allowed and gives 0 in *ret. */
static int eat_digits(struct str *s, struct str *ret_digits, uint64_t *ret)
{
    size_t n = 0;
    while (n < s->n && is_digit(s->p[n])) {
        n++;
    }
    *ret_digits = str_head(*s, n);
    *s = str_from(*s, n);
    *ret = 0;
    return n == 0 ? 0 : num_scan_u64(*ret_digits, ret);
}

/* Nanoseconds of ".5" in units of factor: exact in integers, digits below 1 ns are cut off. */
static uint64_t fraction_of(struct str digits, uint64_t factor)
{
    uint64_t sum = 0, scale = factor;
    for (size_t i = 0; i < digits.n && scale >= 10; i++) {
        scale /= 10;
        sum += (uint64_t)(digits.p[i] - '0') * scale;
    }
    return sum;
}

static int eat_unit(struct str *s, uint64_t *ret_factor)
{
    for (size_t i = 0; i < KG_ARRAY_LEN(duration_units); i++) {
        if (str_eat(s, duration_units[i].name)) {
            *ret_factor = duration_units[i].factor;
            return 0;
        }
    }
    return -EINVAL;
}

static int eat_term(struct str *s, uint64_t *ret_ns)
{
    struct str whole_digits, fraction_digits = { 0 };
    uint64_t whole, ignored, factor;
    if (eat_digits(s, &whole_digits, &whole) < 0) {
        return -ERANGE;
    }
    if (str_eat(s, STR(".")) && eat_digits(s, &fraction_digits, &ignored) == -EINVAL) {
        return -EINVAL;
    }
    if (whole_digits.n + fraction_digits.n == 0 || eat_unit(s, &factor) < 0) {
        return -EINVAL;
    }
    uint64_t fraction = fraction_of(fraction_digits, factor);
    if (whole > DURATION_MAX_NS / factor || fraction > DURATION_MAX_NS - whole * factor) {
        return -ERANGE;
    }
    *ret_ns = whole * factor + fraction;
    return 0;
}

int duration_parse(struct str text, uint64_t *ret_ns)
{
    uint64_t sum = 0;
    if (str_eq(text, STR("0"))) {
        *ret_ns = 0;
        return 0;
    }
    if (str_empty(text)) {
        return -EINVAL;
    }
    while (!str_empty(text)) {
        uint64_t term;
        int r = eat_term(&text, &term);
        if (r < 0) {
            return r;
        }
        if (term > DURATION_MAX_NS - sum) {
            return -ERANGE;
        }
        sum += term;
    }
    *ret_ns = sum;
    return 0;
}

int size_parse(struct str text, uint64_t *ret_bytes)
{
    static const struct unit units[] = {
        { STR_INIT("Ki"), UINT64_C(1) << 10 },
        { STR_INIT("Mi"), UINT64_C(1) << 20 },
        { STR_INIT("Gi"), UINT64_C(1) << 30 },
        { STR_INIT("Ti"), UINT64_C(1) << 40 },
        { STR_INIT("k"), 1000 },
        { STR_INIT("M"), 1000000 },
        { STR_INIT("G"), 1000000000 },
        { STR_INIT("T"), 1000000000000 },
    };
    uint64_t number, factor = 1;
    str_eat_end(&text, STR("B"));
    for (size_t i = 0; i < KG_ARRAY_LEN(units); i++) {
        if (str_eat_end(&text, units[i].name)) {
            factor = units[i].factor;
            break;
        }
    }
    int r = num_scan_u64(text, &number);
    if (r < 0) {
        return r;
    }
    if (number > UINT64_MAX / factor) {
        return -ERANGE;
    }
    *ret_bytes = number * factor;
    return 0;
}
