#include "kube/object/quantity.h"

#include "base/limits.h"
#include "base/num.h"

#include <float.h>
#include <math.h>

/* Go keeps small quantities as an int64 and a power of ten, and all others as a big decimal that is
 * rounded to 1e-9. The two overflow differently, so both are kept apart here as well. */
#define NANO_SCALE 9
#define INT64_DIGITS 18 /* decimal digits that always fit into int64 */

/* An exponent above this makes a big decimal infinite as a double and 0 modulo 2^64; more zeros
 * would change nothing, so they are not written. */
#define SHIFT_MAX 400
#define DIGITS_MAX (LIMIT_QUANTITY_BYTES + SHIFT_MAX + 32)

struct decimal {
    uint8_t digits[DIGITS_MAX]; /* most significant first, without leading zeros; none is 0 */
    size_t n;
    int scale; /* the value is digits * 10^-scale; 9, or 0 when capped */
};

struct quantity {
    bool negative;
    bool big;
    int64_t value, exponent; /* value * 10^exponent, unless big */
    struct decimal dec;
};

struct suffix {
    struct str text;
    int base, exponent;
};

struct pieces {
    struct str whole, fraction, suffix;
    bool negative;
    bool has_digit; /* "+" and "." are 0 to the small form and an error to the big one */
};

static const struct suffix *suffix_find(struct str text)
{
    static const struct suffix suffixes[] = {
        { STR_INIT(""), 10, 0 },   { STR_INIT("m"), 10, -3 }, { STR_INIT("Mi"), 2, 20 },
        { STR_INIT("Gi"), 2, 30 }, { STR_INIT("Ki"), 2, 10 }, { STR_INIT("Ti"), 2, 40 },
        { STR_INIT("Pi"), 2, 50 }, { STR_INIT("Ei"), 2, 60 }, { STR_INIT("k"), 10, 3 },
        { STR_INIT("M"), 10, 6 },  { STR_INIT("G"), 10, 9 },  { STR_INIT("T"), 10, 12 },
        { STR_INIT("P"), 10, 15 }, { STR_INIT("E"), 10, 18 }, { STR_INIT("u"), 10, -6 },
        { STR_INIT("n"), 10, -9 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(suffixes); i++) {
        if (str_eq(text, suffixes[i].text)) {
            return &suffixes[i];
        }
    }
    return NULL;
}

/* "e3", "E-3", "e+3": Go reads 64 bits and then keeps 32 of them. */
static int exponent_scan(struct str text, int *ret)
{
    if (text.n < 2 || (text.p[0] != 'e' && text.p[0] != 'E')) {
        return -EINVAL;
    }
    struct str digits = str_from(text, 1);
    if (digits.p[0] == '+') {
        digits = str_from(digits, 1);
        if (str_starts(digits, STR("-"))) {
            return -EINVAL;
        }
    }
    int64_t exponent = 0;
    int r = num_scan_i64(digits, &exponent);
    if (r < 0) {
        return -EINVAL;
    }
    *ret = (int32_t)(uint32_t)(uint64_t)exponent;
    return 0;
}

static int suffix_scan(struct str text, int *ret_base, int *ret_exponent)
{
    const struct suffix *found = suffix_find(text);
    if (found) {
        *ret_base = found->base;
        *ret_exponent = found->exponent;
        return 0;
    }
    *ret_base = 10;
    return exponent_scan(text, ret_exponent);
}

static struct str digits_cut(struct str *text)
{
    size_t n = 0;
    while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9') {
        n++;
    }
    struct str digits = str_head(*text, n);
    *text = str_from(*text, n);
    return digits;
}

static void pieces_cut(struct str text, struct pieces *ret)
{
    *ret = (struct pieces){ .negative = str_starts(text, STR("-")) };
    if (ret->negative || str_starts(text, STR("+"))) {
        text = str_from(text, 1);
    }
    ret->whole = digits_cut(&text);
    if (str_eat(&text, STR("."))) {
        ret->fraction = digits_cut(&text);
    }
    ret->has_digit = ret->whole.n + ret->fraction.n > 0;
    while (str_eat(&ret->whole, STR("0"))) {
    }
    ret->suffix = text;
}

/* The small form. Says false when the text does not fit into it. */
static bool small_scan(const struct pieces *p, int base, int exponent, struct quantity *ret)
{
    int whole_digits = p->whole.n ? (int)p->whole.n : 1; /* no digit counts as a "0" */
    int fraction_digits = (int)p->fraction.n;
    int64_t multiplier = 1, scale = 0;
    int room;
    if (base == 10) {
        room = INT64_DIGITS - whole_digits - fraction_digits;
        scale = (int64_t)exponent - fraction_digits;
    } else if (fraction_digits == 0) {
        /* Go's guess at the decimal digits of 2^exponent. */
        room = 15 - whole_digits - exponent * 3 / 10 - 1;
        multiplier = INT64_C(1) << exponent;
    } else {
        return false;
    }
    if (room < 0 || scale < -NANO_SCALE) {
        return false;
    }
    int64_t value = 0;
    const struct str runs[] = { p->whole, p->fraction };
    for (size_t r = 0; r < KG_ARRAY_LEN(runs); r++) {
        for (size_t i = 0; i < runs[r].n; i++) {
            value = value * 10 + (runs[r].p[i] - '0');
        }
    }
    if (__builtin_mul_overflow(value, multiplier, &value)) {
        return false;
    }
    ret->value = p->negative ? -value : value;
    ret->exponent = scale;
    return true;
}

static void decimal_double(struct decimal *d)
{
    unsigned carry = 0;
    for (size_t i = d->n; i-- > 0;) {
        unsigned v = d->digits[i] * 2U + carry;
        d->digits[i] = (uint8_t)(v % 10);
        carry = v / 10;
    }
    if (carry) {
        memmove(d->digits + 1, d->digits, d->n);
        d->digits[0] = (uint8_t)carry;
        d->n++;
    }
}

static void decimal_add_one(struct decimal *d)
{
    for (size_t i = d->n; i-- > 0;) {
        if (d->digits[i] < 9) {
            d->digits[i]++;
            return;
        }
        d->digits[i] = 0;
    }
    memmove(d->digits + 1, d->digits, d->n);
    d->digits[0] = 1;
    d->n++;
}

/* Drops the last n digits; says whether any of them was not 0. */
static bool decimal_cut(struct decimal *d, uint64_t n)
{
    size_t keep = n < d->n ? d->n - (size_t)n : 0;
    bool rest = false;
    for (size_t i = keep; i < d->n; i++) {
        rest |= d->digits[i] != 0;
    }
    d->n = keep;
    return rest;
}

/* Compares magnitudes with 9223372036854775807 * 10^zeros. */
static int decimal_compare_int64_max(const struct decimal *d, size_t zeros)
{
    static const char max[] = "9223372036854775807";
    size_t n = sizeof(max) - 1 + zeros;
    if (d->n != n) {
        return d->n < n ? -1 : 1;
    }
    for (size_t i = 0; i < n; i++) {
        int digit = i < sizeof(max) - 1 ? max[i] - '0' : 0;
        if (d->digits[i] != digit) {
            return d->digits[i] < digit ? -1 : 1;
        }
    }
    return 0;
}

static void decimal_from_digits(struct decimal *d, struct str digits)
{
    for (size_t i = 0; i < digits.n; i++) {
        if (d->n || digits.p[i] != '0') {
            d->digits[d->n++] = (uint8_t)(digits.p[i] - '0');
        }
    }
}

/* The big form: units of 1e-9, rounded away from zero, binary ones capped at the largest int64. */
static int big_scan(const struct pieces *p, int base, int exponent, struct quantity *ret)
{
    if (!p->has_digit) {
        return -EINVAL;
    }
    struct decimal *d = &ret->dec;
    ret->big = true;
    d->n = 0;
    d->scale = NANO_SCALE;
    decimal_from_digits(d, p->whole);
    decimal_from_digits(d, p->fraction);
    if (d->n == 0) {
        return 0;
    }
    for (int i = 0; base == 2 && i < exponent; i++) {
        decimal_double(d);
    }
    int64_t shift = NANO_SCALE - (int64_t)p->fraction.n + (base == 10 ? exponent : 0);
    if (shift < 0) {
        if (decimal_cut(d, (uint64_t)-shift)) {
            decimal_add_one(d);
        }
    } else {
        shift = KG_MIN(shift, SHIFT_MAX);
        memset(d->digits + d->n, 0, (size_t)shift);
        d->n += (size_t)shift;
    }
    if (base == 2 && decimal_compare_int64_max(d, NANO_SCALE) > 0) {
        d->n = 0;
        decimal_from_digits(d, STR("9223372036854775807"));
        d->scale = 0;
    }
    return 0;
}

static int quantity_scan(struct str text, struct quantity *ret)
{
    text = str_trim(text);
    if (str_empty(text) || text.n > LIMIT_QUANTITY_BYTES) {
        return -EINVAL;
    }
    struct pieces p;
    pieces_cut(text, &p);
    int base, exponent;
    int r = suffix_scan(p.suffix, &base, &exponent);
    if (r < 0) {
        return r;
    }
    ret->negative = p.negative;
    ret->big = false;
    if (small_scan(&p, base, exponent, ret)) {
        return 0;
    }
    return big_scan(&p, base, exponent, ret);
}

/* value * 10^exponent in units of 10^-scale, 0 when it does not fit. */
static int64_t small_scaled(int64_t value, int64_t exponent, int scale)
{
    int64_t shift = exponent + scale;
    if (value == 0) {
        return 0;
    }
    for (; shift > 0; shift--) {
        if (__builtin_mul_overflow(value, INT64_C(10), &value)) {
            return 0;
        }
    }
    int64_t divisor = 1;
    for (; shift < 0; shift++) {
        if (__builtin_mul_overflow(divisor, INT64_C(10), &divisor)) {
            return value > 0 ? 1 : -1;
        }
    }
    int64_t whole = value / divisor;
    if (value % divisor) {
        whole += value > 0 ? 1 : -1;
    }
    return whole;
}

/* The low 64 bits, as Go's big.Int.Int64 gives them. */
static uint64_t decimal_low64(const struct decimal *d)
{
    uint64_t low = 0;
    for (size_t i = 0; i < d->n; i++) {
        low = low * 10 + d->digits[i];
    }
    return low;
}

/* As Go's scaledValue: wraps beyond int64; a negative amount is rounded after it was cut to 64
 * bits, and upwards. */
static int64_t big_scaled(const struct quantity *q, int scale)
{
    struct decimal d = q->dec;
    int shift = d.scale - scale;
    if (shift <= 0) {
        uint64_t low = decimal_low64(&d);
        for (; shift < 0; shift++) {
            low *= 10;
        }
        return (int64_t)(q->negative ? 0 - low : low);
    }
    if (q->negative) {
        int64_t low = (int64_t)(0 - decimal_low64(&d)), divisor = 1;
        for (; shift > 0; shift--) {
            divisor *= 10;
        }
        return low / divisor + (low % divisor ? 1 : 0);
    }
    bool rest = decimal_cut(&d, (uint64_t)shift);
    return (int64_t)(decimal_low64(&d) + (rest ? 1 : 0));
}

static int64_t quantity_scaled(const struct quantity *q, int scale)
{
    return q->big ? big_scaled(q, scale) : small_scaled(q->value, q->exponent, scale);
}

int quantity_milli(struct str text, double *ret)
{
    struct quantity q;
    int r = quantity_scan(text, &q);
    if (r < 0) {
        return r;
    }
    int64_t whole = quantity_scaled(&q, 0);
    if (whole > INT64_MAX / 1000) {
        *ret = (double)whole;
    } else {
        *ret = (double)quantity_scaled(&q, 3) / 1000;
    }
    return 0;
}

int quantity_whole(struct str text, double *ret)
{
    struct quantity q;
    int r = quantity_scan(text, &q);
    if (r < 0) {
        return r;
    }
    *ret = (double)quantity_scaled(&q, 0);
    return 0;
}

static double power_literal(int64_t e)
{
    char text[NUM_TEXT_MAX + 2] = "1e";
    double power = 0;
    size_t n = num_format_i64(text + 2, e);
    return num_scan_double((struct str){ text, n + 2 }, &power) < 0 ? 0 : power;
}

/* 10^e for e >= -9, with the rounding of Go's math.Pow10: above 1e31 a product of two powers. */
static double power_of_ten(int64_t e)
{
    if (e > DBL_MAX_10_EXP) {
        return (double)INFINITY;
    }
    return e < 32 ? power_literal(e) : power_literal(e / 32 * 32) * power_literal(e % 32);
}

static double decimal_as_double(const struct decimal *d)
{
    char text[DIGITS_MAX];
    for (size_t i = 0; i < d->n; i++) {
        text[i] = (char)('0' + d->digits[i]);
    }
    double v = 0;
    int r = num_scan_double((struct str){ text, d->n }, &v);
    if (r == -ERANGE) {
        return (double)INFINITY;
    }
    return r < 0 ? 0 : v;
}

int quantity_approx(struct str text, double *ret)
{
    struct quantity q;
    int r = quantity_scan(text, &q);
    if (r < 0) {
        return r;
    }
    double mantissa;
    int64_t exponent;
    if (q.big) {
        mantissa = q.dec.n ? decimal_as_double(&q.dec) : 0;
        mantissa = q.negative ? -mantissa : mantissa;
        exponent = -q.dec.scale;
    } else {
        mantissa = (double)q.value;
        exponent = q.exponent;
    }
    *ret = exponent == 0 || mantissa == 0 ? mantissa : mantissa * power_of_ten(exponent);
    return 0;
}
