#include "metrics/selection.h"

#include "base/limits.h"

#include <regex.h>

struct patterns {
    regex_t *list;
    size_t n;
};

struct metric_selection {
    struct patterns allow, deny, opt_in;
};

/* Writes the expression as POSIX has it: people bring what KSM's syntax takes, of which `(?:` and
 * `\d` occur and have plain equivalents. NULL when out of memory. */
static char *to_posix(struct str expression)
{
    /* `\d` grows to five bytes. */
    char *text = calloc(expression.n + 1, 3), *o = text;
    if (!text) {
        return NULL;
    }
    for (size_t i = 0; i < expression.n; i++) {
        struct str rest = str_from(expression, i);
        if (str_starts(rest, STR("(?:"))) {
            *o++ = '(';
            i += 2;
        } else if (str_starts(rest, STR("\\d"))) {
            memcpy(o, "[0-9]", 5);
            o += 5;
            i += 1;
        } else if (rest.p[0] == '\\' && rest.n > 1) {
            *o++ = '\\';
            *o++ = rest.p[1];
            i += 1;
        } else {
            *o++ = rest.p[0];
        }
    }
    return text;
}

static int compile(regex_t *regex, const char *list, struct str expression, struct err *err)
{
    if (expression.n > 0 && memchr(expression.p, '\0', expression.n)) {
        return err_set(err, EINVAL, "%s: an expression holds a NUL byte", list);
    }
    char *text = to_posix(expression);
    int fault = text ? regcomp(regex, text, REG_EXTENDED | REG_NOSUB) : REG_ESPACE;
    free(text);
    if (fault) {
        char why[128];
        regerror(fault, NULL, why, sizeof(why));
        return err_set(err, fault == REG_ESPACE ? ENOMEM : EINVAL,
                       "%s: \"" STR_FMT "\" is not a POSIX extended regular expression: %s", list,
                       STR_ARG(expression), why);
    }
    return 0;
}

static int compile_all(struct patterns *p, const char *list, const struct str *expressions,
                       size_t n, struct err *err)
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
        int r = compile(&p->list[p->n], list, expressions[p->n], err);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static void patterns_done(struct patterns *p)
{
    for (size_t i = 0; i < p->n; i++) {
        regfree(&p->list[i]);
    }
    free(p->list);
}

static bool matches(const struct patterns *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++) {
        if (regexec(&p->list[i], name, 0, NULL, 0) == 0) {
            return true;
        }
    }
    return false;
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
    if (compile_all(&s->allow, "metric allowlist", allow, n_allow, err) < 0 ||
        compile_all(&s->deny, "metric denylist", deny, n_deny, err) < 0 ||
        compile_all(&s->opt_in, "metric opt-in list", opt_in, n_opt_in, err) < 0) {
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
    return (s->allow.n == 0 || matches(&s->allow, row->name)) && !matches(&s->deny, row->name) &&
           (!row->opt_in || matches(&s->opt_in, row->name));
}
