#include "base/num.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

int num_scan_u64(struct str s, uint64_t *ret)
{
    if (s.n == 0) {
        return -EINVAL;
    }
    uint64_t v = 0;
    bool over = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (digit > 9) {
            return -EINVAL;
        }
        over |= __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v);
    }
    if (over) {
        return -ERANGE;
    }
    *ret = v;
    return 0;
}

int num_scan_i64(struct str s, int64_t *ret)
{
    bool negative = s.n && s.p[0] == '-';
    uint64_t v;
    int r = num_scan_u64(negative ? str_from(s, 1) : s, &v);
    if (r < 0) {
        return r;
    }
    if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return -ERANGE;
    }
    *ret = negative ? (int64_t)(0 - v) : (int64_t)v;
    return 0;
}

int num_scan_signed(struct str s, int64_t *ret)
{
    bool plus = str_eat(&s, STR("+"));
    return plus && str_starts(s, STR("-")) ? -EINVAL : num_scan_i64(s, ret);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int num_scan_hex(struct str s, uint64_t *ret)
{
    if (s.n == 0) {
        return -EINVAL;
    }
    uint64_t v = 0;
    bool over = false;
    for (size_t i = 0; i < s.n; i++) {
        int digit = hex_digit(s.p[i]);
        if (digit < 0) {
            return -EINVAL;
        }
        over |= v >> 60 != 0;
        v = v << 4 | (uint64_t)digit;
    }
    if (over) {
        return -ERANGE;
    }
    *ret = v;
    return 0;
}

static bool named_double(struct str s, double *ret)
{
    double sign = 1;
    if (str_eat(&s, STR("-"))) {
        sign = -1;
    } else {
        str_eat(&s, STR("+"));
    }
    bool is_inf = (s.n == 3 && strncasecmp(s.p, "inf", 3) == 0) ||
                  (s.n == 8 && strncasecmp(s.p, "infinity", 8) == 0);
    if (is_inf) {
        *ret = sign * (double)INFINITY;
    } else if (s.n == 3 && strncasecmp(s.p, "nan", 3) == 0) {
        *ret = (double)NAN;
    } else {
        return false;
    }
    return true;
}

/* Whether s is [+-]digits[.digits][e[+-]digits] with a digit before the exponent: strtod would also
 * take blanks, hex and partial text. */
static bool decimal_syntax(struct str s)
{
    size_t i = 0, digits = 0;
    i += s.n && (s.p[0] == '-' || s.p[0] == '+');
    for (bool point = false; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            digits++;
        } else if (s.p[i] == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (digits == 0) {
        return false;
    }
    if (i == s.n) {
        return true;
    }
    if (s.p[i] != 'e' && s.p[i] != 'E') {
        return false;
    }
    i++;
    i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
    if (i == s.n) {
        return false;
    }
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    return i == s.n;
}

int num_scan_double(struct str s, double *ret)
{
    if (named_double(s, ret)) {
        return 0;
    }
    if (!decimal_syntax(s)) {
        return -EINVAL;
    }
    char small[64];
    auto_free char *large = NULL;
    char *text = small;
    if (str_copy(small, sizeof(small), s) < 0) {
        text = large = str_dup(s);
        if (!large) {
            return -ENOMEM;
        }
    }
    double v = strtod(text, NULL);
    if (isinf(v)) {
        return -ERANGE;
    }
    *ret = v;
    return 0;
}

size_t num_format_u64(char *out, uint64_t v)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < n; i++) {
        out[i] = digits[n - 1 - i];
    }
    return n;
}

size_t num_format_i64(char *out, int64_t v)
{
    if (v >= 0) {
        return num_format_u64(out, (uint64_t)v);
    }
    out[0] = '-';
    return 1 + num_format_u64(out + 1, 0 - (uint64_t)v);
}

/* A decimal number 0.d1d2d3… × 10^point. */
struct decimal {
    char digits[20];
    int n, point;
};

static void decimal_of_u64(struct decimal *d, uint64_t v, int fraction_digits)
{
    char text[NUM_TEXT_MAX];
    int n = (int)num_format_u64(text, v);
    d->point = n - fraction_digits;
    while (n > 1 && text[n - 1] == '0') {
        n--;
    }
    memcpy(d->digits, text, (size_t)n);
    d->n = n;
}

/* The exact way for what metrics mostly are: a value of at most 15 significant digits with at most
 * nine of them after the point. m / 10^k is correctly rounded when both are exact, so equality
 * means that the digits of m read back as v; 15 digits are never ambiguous, so they are the
 * shortest. */
static bool decimal_quick(struct decimal *d, double v)
{
    static const double power[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
    if (v < 1e15 && (double)(uint64_t)v == v) { /* what most are: without a call for rounding */
        decimal_of_u64(d, (uint64_t)v, 0);
        return true;
    }
    for (int k = 3; k < (int)KG_ARRAY_LEN(power); k += 3) {
        double m = nearbyint(v * power[k]);
        if (m >= 1e15) {
            return false;
        }
        if (m > 0 && m / power[k] == v) {
            decimal_of_u64(d, (uint64_t)m, k);
            return true;
        }
    }
    return false;
}

/* The general way: the fewest digits that read back, found by trying. */
static void decimal_search(struct decimal *d, double v)
{
    char text[40];
    /* Subnormal numbers have fewer significant digits the smaller they are. */
    for (int precision = v < DBL_MIN ? 0 : 14; precision <= 16; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, v);
        if (precision == 16 || strtod(text, NULL) == v) {
            break;
        }
    }
    /* "1.2345e-07" */
    const char *e = strchr(text, 'e');
    int64_t exponent = 0;
    struct str exponent_text = str_of(e + 1);
    str_eat(&exponent_text, STR("+"));
    (void)!num_scan_i64(exponent_text, &exponent);
    memset(d->digits, '0', sizeof(d->digits));
    d->n = 0;
    for (const char *c = text; c < e; c++) {
        if (*c >= '0' && *c <= '9') {
            d->digits[d->n++] = *c;
        }
    }
    while (d->n > 1 && d->digits[d->n - 1] == '0') {
        d->n--;
    }
    d->point = (int)exponent + 1;
}

static size_t put_exponent_form(char *out, const struct decimal *d)
{
    size_t n = 0;
    out[n++] = d->digits[0];
    if (d->n > 1) {
        out[n++] = '.';
        memcpy(out + n, d->digits + 1, (size_t)d->n - 1);
        n += (size_t)d->n - 1;
    }
    int exponent = d->point - 1;
    out[n++] = 'e';
    out[n++] = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size < 10) {
        out[n++] = '0';
    }
    return n + num_format_u64(out + n, size);
}

static size_t put_plain_form(char *out, const struct decimal *d)
{
    size_t n = 0;
    if (d->point <= 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = d->point; i < 0; i++) {
            out[n++] = '0';
        }
    }
    for (int i = 0; i < KG_MAX(d->n, d->point); i++) {
        if (i == d->point && i > 0) {
            out[n++] = '.';
        }
        out[n++] = i < d->n ? d->digits[i] : '0';
    }
    return n;
}

size_t num_format_double(char *out, double v)
{
    if (isnan(v)) {
        memcpy(out, "NaN", 3);
        return 3;
    }
    size_t n = 0;
    if (isinf(v)) {
        memcpy(out, v > 0 ? "+Inf" : "-Inf", 4);
        return 4;
    }
    if (signbit(v)) {
        out[n++] = '-';
        v = -v;
    }
    if (v == 0) {
        out[n++] = '0';
        return n;
    }
    struct decimal d;
    if (!decimal_quick(&d, v)) {
        decimal_search(&d, v);
    }
    int exponent = d.point - 1;
    return n + (exponent < -4 || exponent >= 6 ? put_exponent_form(out + n, &d)
                                               : put_plain_form(out + n, &d));
}
