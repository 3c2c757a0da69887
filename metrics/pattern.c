#include "metrics/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Names are short and expressions are written by hand: what needs more steps, or more memory, is an
 * expression that backtracks without end. Without JIT, so that no memory is ever executable. */
static const struct {
    uint32_t syntax, steps, heap_kib;
} kinds[] = {
    [PATTERN_NAME] = { PCRE2_DOLLAR_ENDONLY, 100000, 256 },
    [PATTERN_FAMILY] = { PCRE2_DOLLAR_ENDONLY, 1000000, 1024 },
    /* `[]` is empty, `[^]` is everything, `$` is the very end, \x41 and \u0041 are characters. */
    [PATTERN_FAMILY_ECMASCRIPT] = { PCRE2_ALLOW_EMPTY_CLASS | PCRE2_ALT_BSUX |
                                        PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY,
                                    1000000, 1024 },
};

struct pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
};

struct pattern *pattern_new(const char *what, enum pattern_kind kind, struct str expression,
                            struct err *err)
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
                            kinds[kind].syntax | PCRE2_NEVER_BACKSLASH_C, &fault, &at, NULL);
    if (!p->code) {
        char why[128] = "";
        pcre2_get_error_message(fault, (PCRE2_UCHAR *)why, sizeof(why));
        err_set(err, fault == PCRE2_ERROR_HEAP_FAILED ? ENOMEM : EINVAL,
                "%s: \"" STR_FMT "\" is not a regular expression: %s, at offset %zu", what,
                STR_ARG(str_head(expression, 80)), why, at);
    } else if (!p->limits) {
        err_set(err, ENOMEM, "%s: out of memory", what);
    } else {
        pcre2_set_match_limit(p->limits, kinds[kind].steps);
        pcre2_set_heap_limit(p->limits, kinds[kind].heap_kib);
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

enum pattern_verdict pattern_match(const struct pattern *p, struct str text)
{
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    if (!match) {
        return PATTERN_NO_VERDICT;
    }
    const char *bytes = text.n ? text.p : "";
    int r = pcre2_match(p->code, (PCRE2_SPTR)bytes, text.n, 0, 0, match, p->limits);
    pcre2_match_data_free(match);
    if (r >= 0) {
        return PATTERN_MATCH;
    }
    return r == PCRE2_ERROR_NOMATCH ? PATTERN_NO_MATCH : PATTERN_NO_VERDICT;
}
