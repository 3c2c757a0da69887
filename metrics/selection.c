#include "metrics/selection.h"

#include "base/limits.h"
#include "metrics/pattern.h"

/* KSM's allowlist and denylist are written in ECMAScript's syntax, its opt-in list in RE2's. */
#define LISTED PATTERN_FAMILY_ECMASCRIPT
#define OPTED_IN PATTERN_FAMILY

struct patterns {
    struct pattern **list;
    size_t n;
};

struct metric_selection {
    struct patterns allow, deny, opt_in;
};

static int compile_all(struct patterns *p, const char *list, enum pattern_kind kind,
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
        p->list[p->n] = pattern_new(list, kind, expressions[p->n], err);
        if (!p->list[p->n]) {
            return -EINVAL;
        }
    }
    return 0;
}

static void patterns_done(struct patterns *p)
{
    for (size_t i = 0; i < p->n; i++) {
        pattern_free(p->list[i]);
    }
    free(p->list);
}

/* One that ends without a verdict does not keep the others from matching. */
static enum pattern_verdict match(const struct patterns *p, const char *name)
{
    enum pattern_verdict verdict = PATTERN_NO_MATCH;
    for (size_t i = 0; i < p->n && verdict != PATTERN_MATCH; i++) {
        enum pattern_verdict one = pattern_match(p->list[i], str_of(name));
        verdict = one == PATTERN_NO_MATCH ? verdict : one;
    }
    return verdict;
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
    if (compile_all(&s->allow, "metric allowlist", LISTED, allow, n_allow, err) < 0 ||
        compile_all(&s->deny, "metric denylist", LISTED, deny, n_deny, err) < 0 ||
        compile_all(&s->opt_in, "metric opt-in list", OPTED_IN, opt_in, n_opt_in, err) < 0) {
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
    free(s);
}

bool metric_selected(const struct metric_selection *s, const struct metric_family *row)
{
    if (!s) {
        return !row->opt_in;
    }
    return (s->allow.n == 0 || match(&s->allow, row->name) == PATTERN_MATCH) &&
           match(&s->deny, row->name) == PATTERN_NO_MATCH &&
           (!row->opt_in || match(&s->opt_in, row->name) == PATTERN_MATCH);
}
