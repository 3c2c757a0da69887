#include "kube/yaml/yaml_scalar.h"

#include "base/base64.h"
#include "base/limits.h"
#include "base/num.h"

#include <math.h>

enum kind { KIND_TEXT, KIND_NULL, KIND_BOOL, KIND_INT, KIND_UINT, KIND_REAL };

struct resolved {
    enum kind kind;
    bool truth;
    int64_t integer;
    uint64_t beyond; /* KIND_UINT: above INT64_MAX */
    double real;
};

static bool is_one_of(struct str s, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq_c(s, names[i])) {
            return true;
        }
    }
    return false;
}

#define IS_ONE_OF(s, ...)                                                                          \
    is_one_of((s), (const char *const[]){ __VA_ARGS__ },                                           \
              KG_ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

bool yaml_scalar_bool(struct str text, bool *ret)
{
    if (IS_ONE_OF(text, "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y")) {
        *ret = true;
        return true;
    }
    if (IS_ONE_OF(text, "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n",
                  "N")) {
        *ret = false;
        return true;
    }
    return false;
}

bool yaml_scalar_is_null(struct str text)
{
    return IS_ONE_OF(text, "", "~", "null", "Null", "NULL");
}

static bool as_special_real(struct str s, struct resolved *ret)
{
    if (IS_ONE_OF(s, ".nan", ".NaN", ".NAN")) {
        *ret = (struct resolved){ .kind = KIND_REAL, .real = (double)NAN };
        return true;
    }
    bool negative = str_eat(&s, STR("-"));
    if (!negative) {
        str_eat(&s, STR("+"));
    }
    if (!IS_ONE_OF(s, ".inf", ".Inf", ".INF")) {
        return false;
    }
    double inf = (double)INFINITY;
    *ret = (struct resolved){ .kind = KIND_REAL, .real = negative ? -inf : inf };
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static bool scan_base(struct str s, unsigned base, uint64_t *ret)
{
    uint64_t v = 0;
    if (str_empty(s)) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)digit_value(s.p[i]);
        if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
            __builtin_add_overflow(v, digit, &v)) {
            return false;
        }
    }
    *ret = v;
    return true;
}

/* "12", "-0x1F", "+0b11", "0o17", "017": s without '_'. */
static bool as_integer(struct str s, struct resolved *ret)
{
    bool negative = str_eat(&s, STR("-"));
    bool sign = negative || str_eat(&s, STR("+"));
    unsigned base = 10;
    if (str_eat(&s, STR("0x")) || str_eat(&s, STR("0X"))) {
        base = 16;
    } else if (str_eat(&s, STR("0b")) || str_eat(&s, STR("0B"))) {
        base = 2;
    } else if (str_eat(&s, STR("0o")) || str_eat(&s, STR("0O")) || (s.n > 1 && s.p[0] == '0')) {
        base = 8; /* "08" is no octal number: the caller goes on and finds the decimal 8 */
    }
    uint64_t v;
    if (!scan_base(s, base, &v)) {
        return false;
    }
    if (v <= (uint64_t)INT64_MAX) {
        *ret =
            (struct resolved){ .kind = KIND_INT, .integer = negative ? -(int64_t)v : (int64_t)v };
        return true;
    }
    if (negative && v == (uint64_t)INT64_MAX + 1) {
        *ret = (struct resolved){ .kind = KIND_INT, .integer = INT64_MIN };
        return true;
    }
    if (sign) {
        return false; /* Go's unsigned numbers take no sign, not even '+' */
    }
    *ret = (struct resolved){ .kind = KIND_UINT, .beyond = v };
    return true;
}

static size_t skip_digits(struct str s, size_t at)
{
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') {
        at++;
    }
    return at;
}

/* Decimals only: [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?  Neither hexadecimal nor
 * "inf" nor "nan", which num_scan_double would also take. */
static bool has_decimal_shape(struct str s)
{
    size_t at = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    size_t whole = skip_digits(s, at);
    size_t digits = whole - at;
    at = whole;
    if (at < s.n && s.p[at] == '.') {
        size_t end = skip_digits(s, at + 1);
        digits += end - at - 1;
        at = end;
    }
    if (digits == 0) {
        return false;
    }
    if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
        at++;
        at += at < s.n && (s.p[at] == '-' || s.p[at] == '+') ? 1 : 0;
        size_t end = skip_digits(s, at);
        if (end == at) {
            return false;
        }
        at = end;
    }
    return at == s.n;
}

static bool is_digit(struct str s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

/* Copies s without its '_' into out. Go's scanners differ: behind a digit or a sign '_' may stand
 * anywhere ("1__2_" is 12), behind a '.' only between digits (".5_0"). */
static bool drop_underscores(struct str s, char *out, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '_') {
            out[n++] = s.p[i];
        } else if (s.p[0] == '.' && !(is_digit(s, i - 1) && is_digit(s, i + 1))) {
            return false;
        }
    }
    *ret_n = n;
    return true;
}

/* s begins with a digit, a sign or a '.'. */
static bool as_number(struct str s, struct resolved *ret)
{
    /* A number that could hold a value has less; what is longer is text. */
    char plain[512];
    size_t n;
    if (s.n > sizeof(plain) || !drop_underscores(s, plain, &n)) {
        return false;
    }
    struct str digits = { plain, n };
    if (s.p[0] != '.' && as_integer(digits, ret)) {
        return true;
    }
    double v;
    if (!has_decimal_shape(digits) || num_scan_double(digits, &v) < 0) {
        return false;
    }
    *ret = (struct resolved){ .kind = KIND_REAL, .real = v };
    return true;
}

static struct resolved resolve(struct str s)
{
    struct resolved r = { .kind = KIND_TEXT };
    if (yaml_scalar_is_null(s)) {
        r.kind = KIND_NULL;
    } else if (yaml_scalar_bool(s, &r.truth)) {
        r.kind = KIND_BOOL;
    } else if (!as_special_real(s, &r)) {
        char c = s.p[0];
        if ((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+') {
            as_number(s, &r);
        }
    }
    return r;
}

static int text_value(struct str s, json_t **ret, struct err *err)
{
    json_t *v = json_stringn(s.p ? s.p : "", s.n);
    if (!v) {
        return err_set(err, EBADMSG, "text is not UTF-8, or memory is short");
    }
    *ret = v;
    return 0;
}

/* Within (-2^63, 2^63) an int64_t holds a whole number exactly. */
static bool fits_integer(double v)
{
    return fabs(v) < 0x1p63 && trunc(v) == v;
}

static json_t *real_value(double v)
{
    return fits_integer(v) ? json_integer((json_int_t)v) : json_real(v);
}

static json_t *typed_value(const struct resolved *r)
{
    switch (r->kind) {
    case KIND_NULL:
        return json_null();
    case KIND_BOOL:
        return json_boolean(r->truth);
    case KIND_INT:
        return json_integer(r->integer);
    case KIND_UINT:
        return json_real((double)r->beyond);
    case KIND_REAL:
        return real_value(r->real);
    case KIND_TEXT:
        break;
    }
    return NULL;
}

static bool tag_agrees(struct str tag, enum kind kind)
{
    if (str_eq(tag, STR("null"))) {
        return kind == KIND_NULL;
    }
    if (str_eq(tag, STR("bool"))) {
        return kind == KIND_BOOL;
    }
    if (str_eq(tag, STR("int"))) {
        return kind == KIND_INT || kind == KIND_UINT;
    }
    return kind == KIND_INT || kind == KIND_UINT || kind == KIND_REAL; /* float */
}

static int binary_value(struct str s, json_t **ret, struct err *err)
{
    auto_buf struct buf bytes = BUF_INIT(LIMIT_CONFIG_BYTES);
    int r = base64_decode(s, &bytes);
    if (r == -EINVAL) {
        return err_set(err, EBADMSG, "!!binary is not base64");
    }
    if (r < 0) {
        return err_set_errno(err, -r, "!!binary");
    }
    return text_value(buf_str(&bytes), ret, err);
}

/* Sets *ret_tag to the name after "!!" of the tags that say something about a scalar's type. */
static bool typing_tag(struct str tag, struct str *ret_tag)
{
    if (!str_eat(&tag, STR(YAML_TAG_PREFIX)) ||
        !IS_ONE_OF(tag, "null", "bool", "int", "float", "binary")) {
        return false;
    }
    *ret_tag = tag;
    return true;
}

int yaml_scalar_value(const struct yaml_scalar *s, json_t **ret, struct err *err)
{
    struct str tag = { 0 };
    if (str_empty(s->tag) ? !s->plain : !typing_tag(s->tag, &tag)) {
        return text_value(s->text, ret, err);
    }
    if (str_eq(tag, STR("binary"))) {
        return binary_value(s->text, ret, err);
    }
    struct resolved r = resolve(s->text);
    if (!str_empty(tag) && !tag_agrees(tag, r.kind)) {
        /* Without the text: it may be a password in a kubeconfig. */
        return err_set(err, EBADMSG, "a scalar is not the !!" STR_FMT " that it says",
                       STR_ARG(tag));
    }
    if (r.kind == KIND_TEXT) {
        return text_value(s->text, ret, err);
    }
    if (r.kind == KIND_REAL && !isfinite(r.real)) {
        return err_set(err, EBADMSG, STR_FMT " has no form in JSON", STR_ARG(s->text));
    }
    json_t *v = typed_value(&r);
    if (!v) {
        return err_set_errno(err, ENOMEM, "scalar");
    }
    *ret = v;
    return 0;
}

int yaml_scalar_key(const json_t *value, char **ret, struct err *err)
{
    char number[NUM_TEXT_MAX];
    struct str key;
    switch (json_typeof(value)) {
    case JSON_STRING:
        key = (struct str){ json_string_value(value), json_string_length(value) };
        if (str_find(key, '\0') >= 0) {
            return err_set(err, EBADMSG, "a key holds a NUL");
        }
        break;
    case JSON_INTEGER:
        key = (struct str){ number, num_format_i64(number, json_integer_value(value)) };
        break;
    case JSON_REAL:
        key = (struct str){ number, num_format_double(number, json_real_value(value)) };
        break;
    case JSON_TRUE:
        key = STR("true");
        break;
    case JSON_FALSE:
        key = STR("false");
        break;
    default:
        return err_set(err, EBADMSG, "a key is null, a list or a map");
    }
    char *copy = str_dup(key);
    if (!copy) {
        return err_set_errno(err, ENOMEM, "key");
    }
    *ret = copy;
    return 0;
}
