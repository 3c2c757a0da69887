#include "metrics/selection.h"

#include "base/limits.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Family names are short and expressions are written by hand: what needs more steps than this is
 * an expression that backtracks without end. Without JIT, so that no memory is ever executable. */
#define MATCH_STEPS 1000000
#define MATCH_HEAP_KIB 1024

/* As ECMAScript has it, which KSM's allowlist and denylist are written in: `[]` is empty, `[^]` is
 * everything, `$` is the very end, \x41 and \u0041 are characters. The opt-in list is RE2 there,
 * of which PCRE2's own syntax holds all that is in use. */
#define ECMASCRIPT                                                                                 \
    (PCRE2_ALLOW_EMPTY_CLASS | PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY)
#define RE2 PCRE2_DOLLAR_ENDONLY

struct patterns {
    pcre2_code **list;
    size_t n;
};

struct metric_selection {
    struct patterns allow, deny, opt_in;
    pcre2_match_context *limits;
};

enum verdict { NO_MATCH, MATCH, NO_VERDICT };

static int compile(pcre2_code **ret, const char *list, uint32_t syntax, struct str expression,
                   struct err *err)
{
    int fault;
    size_t at;
    const char *text = expression.n ? expression.p : "";
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, expression.n,
                                     syntax | PCRE2_NEVER_BACKSLASH_C, &fault, &at, NULL);
    if (code) {
        *ret = code;
        return 0;
    }
    char why[128] = "";
    pcre2_get_error_message(fault, (PCRE2_UCHAR *)why, sizeof(why));
    return err_set(err, fault == PCRE2_ERROR_HEAP_FAILED ? ENOMEM : EINVAL,
                   "%s: \"" STR_FMT "\" is not a regular expression: %s, at offset %zu", list,
                   STR_ARG(str_head(expression, 80)), why, at);
}

static int compile_all(struct patterns *p, const char *list, uint32_t syntax,
                       const struct str *expressions, size_t n, struct err *err)
{
    if (n == 0) {
        return 0;
    }
    if (n > LIMIT_OPTION_LIST) {
        return err_set(err, EINVAL, "%s: more than %d entries", list, LIMIT_OPTION_LIST);
    }
    p->list = calloc(n, sizeof(*p->list));
    if (!p->list) {
        return err_set(err, ENOMEM, "%s", list);
    }
    for (; p->n < n; p->n++) {
        int r = compile(&p->list[p->n], list, syntax, expressions[p->n], err);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static void patterns_done(struct patterns *p)
{
    for (size_t i = 0; i < p->n; i++) {
        pcre2_code_free(p->list[i]);
    }
    free(p->list);
}

/* One that ends without a verdict does not keep the others from matching. */
static enum verdict matches(const struct metric_selection *s, const struct patterns *p,
                            const char *name)
{
    enum verdict verdict = NO_MATCH;
    for (size_t i = 0; i < p->n; i++) {
        pcre2_match_data *match = pcre2_match_data_create(1, NULL);
        int r =
            match ? pcre2_match(p->list[i], (PCRE2_SPTR)name, strlen(name), 0, 0, match, s->limits)
                  : PCRE2_ERROR_NOMEMORY;
        pcre2_match_data_free(match);
        if (r >= 0) {
            return MATCH;
        }
        verdict = r == PCRE2_ERROR_NOMATCH ? verdict : NO_VERDICT;
    }
    return verdict;
}

static int make_limits(struct metric_selection *s, struct err *err)
{
    s->limits = pcre2_match_context_create(NULL);
    if (!s->limits) {
        return err_set(err, ENOMEM, "metric selection");
    }
    pcre2_set_match_limit(s->limits, MATCH_STEPS);
    pcre2_set_heap_limit(s->limits, MATCH_HEAP_KIB);
    return 0;
}

struct metric_selection *metric_selection_new(const struct str *allow, size_t n_allow,
                                              const struct str *deny, size_t n_deny,
                                              const struct str *opt_in, size_t n_opt_in,
                                              struct err *err)
{
    if (n_allow > 0 && n_deny > 0) {
        err_set(err, EINVAL, "the metric allowlist and the metric denylist exclude each other");
        return NULL;
    }
    struct metric_selection *s = calloc(1, sizeof(*s));
    if (!s) {
        err_set(err, ENOMEM, "metric selection");
        return NULL;
    }
    if (make_limits(s, err) < 0 ||
        compile_all(&s->allow, "metric allowlist", ECMASCRIPT, allow, n_allow, err) < 0 ||
        compile_all(&s->deny, "metric denylist", ECMASCRIPT, deny, n_deny, err) < 0 ||
        compile_all(&s->opt_in, "metric opt-in list", RE2, opt_in, n_opt_in, err) < 0) {
        metric_selection_free(s);
        return NULL;
    }
    return s;
}

void metric_selection_free(struct metric_selection *s)
{
    if (!s) {
        return;
    }
    patterns_done(&s->allow);
    patterns_done(&s->deny);
    patterns_done(&s->opt_in);
    pcre2_match_context_free(s->limits);
    free(s);
}

bool metric_selected(const struct metric_selection *s, const struct metric_family *row)
{
    if (!s) {
        return !row->opt_in;
    }
    return (s->allow.n == 0 || matches(s, &s->allow, row->name) == MATCH) &&
           matches(s, &s->deny, row->name) == NO_MATCH &&
           (!row->opt_in || matches(s, &s->opt_in, row->name) == MATCH);
}
