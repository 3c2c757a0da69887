#include "metrics/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Names are short: what needs more steps than this backtracks without end. */
#define MATCH_STEPS 100000
#define MATCH_HEAP_KIB 256

struct pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
};

struct pattern *pattern_new(const char *what, struct str expression, struct err *err)
{
    int fault = 0;
    size_t at = 0;
    struct pattern *p = calloc(1, sizeof(*p));
    if (!p) {
        err_set(err, ENOMEM, "%s: out of memory", what);
        return NULL;
    }
    p->limits = pcre2_match_context_create(NULL);
    p->code = pcre2_compile((PCRE2_SPTR)(expression.n ? expression.p : ""), expression.n,
                            PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &fault, &at, NULL);
    if (!p->code) {
        char why[128] = "";
        pcre2_get_error_message(fault, (PCRE2_UCHAR *)why, sizeof(why));
        err_set(err, fault == PCRE2_ERROR_HEAP_FAILED ? ENOMEM : EINVAL,
                "%s: \"" STR_FMT "\" is not a regular expression: %s, at offset %zu", what,
                STR_ARG(str_head(expression, 80)), why, at);
    } else if (!p->limits) {
        err_set(err, ENOMEM, "%s: out of memory", what);
    } else {
        pcre2_set_match_limit(p->limits, MATCH_STEPS);
        pcre2_set_heap_limit(p->limits, MATCH_HEAP_KIB);
        return p;
    }
    pattern_free(p);
    return NULL;
}

void pattern_free(struct pattern *p)
{
    if (p) {
        pcre2_code_free(p->code);
        pcre2_match_context_free(p->limits);
        free(p);
    }
}

bool pattern_matches(const struct pattern *p, struct str text)
{
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    if (!match) {
        return false;
    }
    const char *bytes = text.n ? text.p : "";
    int r = pcre2_match(p->code, (PCRE2_SPTR)bytes, text.n, 0, 0, match, p->limits);
    pcre2_match_data_free(match);
    return r >= 0;
}
