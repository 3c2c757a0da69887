#include "agent/http/negotiate.h"

#include <limits.h>
#include <stdio.h>
#include <strings.h>

#define Q_MAX 1000

static bool eq_nocase(struct str a, const char *b)
{
    return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

/* A weight in thousandths: "0", "0.5", "1.000". What is not one is 0: it cannot be honoured. */
static unsigned parse_q(struct str s)
{
    if (str_empty(s) || (s.p[0] != '0' && s.p[0] != '1')) {
        return 0;
    }
    unsigned q = s.p[0] == '1' ? Q_MAX : 0, digit = 100;
    if (s.n == 1) {
        return q;
    }
    if (s.p[1] != '.' || s.n > 5) {
        return 0;
    }
    for (size_t i = 2; i < s.n; i++, digit /= 10) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return 0;
        }
        q += (unsigned)(s.p[i] - '0') * digit;
    }
    return KG_MIN(q, (unsigned)Q_MAX);
}

/* One element of an Accept list: "type/sub;version=1.0.0;escaping=x;q=0.5". */
struct range {
    struct str name, version, escaping;
    unsigned q;
};

static struct str unquote(struct str s)
{
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') {
        return (struct str){ s.p + 1, s.n - 2 };
    }
    return s;
}

/* Takes the next element off the list; false at its end. */
static bool next_range(struct str *list, struct range *ret)
{
    while (list->p) {
        struct str element = str_trim(str_cut(list, ','));
        if (str_empty(element)) {
            continue;
        }
        *ret = (struct range){ .name = str_trim(str_cut(&element, ';')), .q = Q_MAX };
        while (element.p) {
            struct str value = str_trim(str_cut(&element, ';'));
            struct str key = str_trim(str_cut(&value, '='));
            value = unquote(str_trim(value));
            if (eq_nocase(key, "q")) {
                ret->q = parse_q(value);
            } else if (eq_nocase(key, "version")) {
                ret->version = value;
            } else if (eq_nocase(key, "escaping")) {
                ret->escaping = value;
            }
        }
        return true;
    }
    return false;
}

static const char *escaping_of(struct str asked)
{
    static const char *const schemes[] = { "allow-utf-8", "underscores", "dots", "values" };
    for (size_t i = 0; i < KG_ARRAY_LEN(schemes); i++) {
        if (str_eq_c(asked, schemes[i])) {
            return schemes[i];
        }
    }
    return "underscores";
}

static bool is_text(const struct range *r)
{
    if (eq_nocase(r->name, "*/*") || eq_nocase(r->name, "text/*")) {
        return true;
    }
    /* Version 1.0.0 of the text format differs only for names that are not legal in 0.0.4; there
     * are none here. */
    return eq_nocase(r->name, "text/plain") &&
           (str_empty(r->version) || str_eq(r->version, STR("0.0.4")) ||
            str_eq(r->version, STR("1.0.0")));
}

static bool is_openmetrics(const struct range *r)
{
    return eq_nocase(r->name, "application/openmetrics-text") &&
           (str_empty(r->version) || str_eq(r->version, STR("1.0.0")) ||
            str_eq(r->version, STR("0.0.1")));
}

void negotiate_format(struct str accept, struct negotiated *ret)
{
    struct range range, best = { 0 };
    while (next_range(&accept, &range)) {
        if (range.q > best.q && (is_text(&range) || is_openmetrics(&range))) {
            best = range;
        }
    }
    if (best.q > 0 && is_openmetrics(&best)) {
        ret->format = METRIC_FORMAT_OPENMETRICS;
        snprintf(ret->content_type, sizeof(ret->content_type),
                 "application/openmetrics-text; version=%s; charset=utf-8; escaping=%s",
                 str_eq(best.version, STR("1.0.0")) ? "1.0.0" : "0.0.1",
                 escaping_of(best.escaping));
        return;
    }
    ret->format = METRIC_FORMAT_TEXT;
    snprintf(ret->content_type, sizeof(ret->content_type), "%s", CONTENT_TYPE_TEXT);
}

static enum pack_coding coding_of(struct str name)
{
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        if (eq_nocase(name, pack_name((enum pack_coding)i))) {
            return (enum pack_coding)i;
        }
    }
    return eq_nocase(name, "x-gzip") ? PACK_GZIP : PACK_NONE;
}

/* What an Accept-Encoding says of a coding. */
struct wish {
    bool named;
    unsigned q, place; /* place: in the list */
};

enum pack_coding negotiate_coding(struct str accept_encoding)
{
    struct range range;
    struct wish wishes[PACK_N_CODINGS] = { 0 }, identity = { 0 };
    unsigned any = 0;
    for (unsigned place = 0; next_range(&accept_encoding, &range); place++) {
        enum pack_coding coding = coding_of(range.name);
        struct wish wish = { true, range.q, place };
        if (coding != PACK_NONE) {
            wishes[coding] = wish;
        } else if (eq_nocase(range.name, "identity")) {
            identity = wish;
        } else if (str_eq(range.name, STR("*"))) {
            any = range.q;
        }
    }
    if (!wishes[PACK_GZIP].named) {
        wishes[PACK_GZIP] = (struct wish){ .q = any, .place = UINT_MAX };
    }
    enum pack_coding best = PACK_GZIP;
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        if (wishes[i].q > wishes[best].q ||
            (wishes[i].q == wishes[best].q && wishes[i].place < wishes[best].place)) {
            best = (enum pack_coding)i;
        }
    }
    return wishes[best].q > 0 && (!identity.named || wishes[best].q >= identity.q) ? best
                                                                                   : PACK_NONE;
}
