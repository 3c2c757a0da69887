#include "metrics/text_parse.h"

#include "base/limits.h"
#include "base/num.h"
#include "metrics/names.h"
#include "metrics/utf8.h"

#include <math.h>
#include <strings.h>

#define LABELS_MAX 128 /* of one series */

struct parser {
    struct arena *mem;
    struct err *err;
    size_t line, n_series, max_series;
    struct loose_set families;
    struct buf scratch; /* a label's value or a help, without escapes; then labels as text */
    struct metric_label labels[LABELS_MAX];
    size_t n_labels;
};

static int bad(const struct parser *p, const char *what, struct str text)
{
    struct str shown = str_head(text, 60);
    return err_set(p->err, EBADMSG, "line %zu: %s%s" STR_FMT, p->line, what, text.n ? " " : "",
                   STR_ARG(shown));
}

static int no_memory(const struct parser *p)
{
    return err_set(p->err, ENOMEM, "line %zu: out of memory", p->line);
}

static void skip_blanks(struct str *s)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t')) {
        *s = str_from(*s, 1);
    }
}

/* The bytes up to one of those in ends, or to the end of the line. */
static struct str take_until(struct str *s, const char *ends)
{
    size_t n = 0;
    while (n < s->n && !(s->p[n] && strchr(ends, s->p[n]))) {
        n++;
    }
    struct str word = str_head(*s, n);
    *s = str_from(*s, n);
    return word;
}

/* Text with \\, \n and \" undone, into scratch. */
static int unescape(struct parser *p, struct str text)
{
    buf_clear(&p->scratch);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\\') {
            c = ++i < text.n ? text.p[i] : ' ';
            if (c != '\\' && c != '"' && c != 'n') {
                return bad(p, "unknown escape in", text);
            }
            c = c == 'n' ? '\n' : c;
        }
        buf_add_char(&p->scratch, c);
    }
    if (buf_failed(&p->scratch)) {
        return no_memory(p);
    }
    return utf8_valid(buf_str(&p->scratch)) ? 0 : bad(p, "no UTF-8", (struct str){ 0 });
}

static int parse_help(struct parser *p, struct loose_family *f, struct str text)
{
    if (f->has_help) {
        return bad(p, "second HELP of", str_of(f->row.name));
    }
    int r = unescape(p, text);
    struct str help;
    if (r == 0 && memchr(p->scratch.p ? p->scratch.p : "", '\0', p->scratch.n)) {
        r = bad(p, "NUL in HELP of", str_of(f->row.name));
    }
    if (r == 0 && arena_str(p->mem, buf_str(&p->scratch), &help) < 0) {
        r = no_memory(p);
    }
    if (r == 0) {
        f->has_help = true;
        f->row.help = help.p;
    }
    return r;
}

static int parse_type(struct parser *p, struct loose_family *f, struct str text)
{
    static const struct {
        struct str name;
        enum metric_type type;
    } types[] = {
        { STR_INIT("counter"), METRIC_COUNTER },     { STR_INIT("gauge"), METRIC_GAUGE },
        { STR_INIT("histogram"), METRIC_HISTOGRAM }, { STR_INIT("summary"), METRIC_SUMMARY },
        { STR_INIT("untyped"), METRIC_UNTYPED },
    };
    if (f->has_type) {
        return bad(p, "TYPE after a sample, or a second one, of", str_of(f->row.name));
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(types); i++) {
        if (text.n == types[i].name.n && strncasecmp(text.p, types[i].name.p, text.n) == 0) {
            f->row.type = types[i].type;
            f->has_type = true;
            return 0;
        }
    }
    return bad(p, "unknown type", text);
}

/* "# HELP name text", "# TYPE name gauge"; anything else is a comment. */
static int parse_comment(struct parser *p, struct str line)
{
    skip_blanks(&line);
    struct str word = take_until(&line, " \t");
    bool help = str_eq(word, STR("HELP"));
    if (!help && !str_eq(word, STR("TYPE"))) {
        return 0;
    }
    skip_blanks(&line);
    struct str name = take_until(&line, " \t");
    skip_blanks(&line);
    if (!line.n) {
        return 0; /* nothing is said of it */
    }
    if (!metric_name_legal(name)) {
        return bad(p, "no metric name:", name);
    }
    struct loose_family *f = loose_set_family(&p->families, name, METRIC_UNTYPED);
    if (!f) {
        return no_memory(p);
    }
    return help ? parse_help(p, f, line) : parse_type(p, f, line);
}

/* The end of a quoted text that s begins with, after its opening quote. -1: there is none. */
static ssize_t quoted_end(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\') {
            i++;
        } else if (s.p[i] == '"') {
            return (ssize_t)i;
        }
    }
    return -1;
}

static int add_label(struct parser *p, struct str name, struct str text)
{
    if (!label_name_legal(name) || str_eq(name, STR("__name__"))) {
        return bad(p, "no label name:", name);
    }
    for (size_t i = 0; i < p->n_labels; i++) {
        if (str_eq(p->labels[i].name, name)) {
            return bad(p, "label twice:", name);
        }
    }
    if (p->n_labels == LABELS_MAX) {
        return bad(p, "too many labels: no room for", name);
    }
    int r = unescape(p, text);
    if (r < 0) {
        return r;
    }
    if (p->scratch.n > LIMIT_LABEL_VALUE_BYTES) {
        return bad(p, "value too long of label", name);
    }
    struct metric_label *label = &p->labels[p->n_labels++];
    label->name = name;
    return arena_str(p->mem, buf_str(&p->scratch), &label->value) < 0 ? no_memory(p) : 0;
}

/* `a="x", b="y",}`, after the opening brace. */
static int parse_labels(struct parser *p, struct str *line)
{
    for (;;) {
        skip_blanks(line);
        if (str_eat(line, STR("}"))) {
            return 0;
        }
        struct str name = take_until(line, " \t=\"{},");
        skip_blanks(line);
        if (!str_eat(line, STR("="))) {
            return bad(p, "expected '=' after label", name);
        }
        skip_blanks(line);
        ssize_t end = str_eat(line, STR("\"")) ? quoted_end(*line) : -1;
        if (end < 0) {
            return bad(p, "no quoted value of label", name);
        }
        int r = add_label(p, name, str_head(*line, (size_t)end));
        if (r < 0) {
            return r;
        }
        *line = str_from(*line, (size_t)end + 1);
        skip_blanks(line);
        if (!str_eat(line, STR(",")) && !str_starts(*line, STR("}"))) {
            return bad(p, "expected ',' or '}' after label", name);
        }
    }
}

/* Which family, and which of its samples, a name means: foo_count is foo's if foo is a histogram or
 * a summary and there is no family foo_count. */
static struct loose_family *find_family(struct parser *p, struct str name, enum loose_kind *ret)
{
    static const enum loose_kind kinds[] = { LOOSE_COUNT, LOOSE_SUM, LOOSE_BUCKET };
    *ret = LOOSE_VALUE;
    for (size_t i = 0; i < KG_ARRAY_LEN(kinds) && !map_get(&p->families.by_name, name); i++) {
        struct str base = name;
        struct loose_family *f =
            str_eat_end(&base, loose_suffix(kinds[i])) ? map_get(&p->families.by_name, base) : NULL;
        if (f && (f->row.type == METRIC_HISTOGRAM ||
                  (f->row.type == METRIC_SUMMARY && kinds[i] != LOOSE_BUCKET))) {
            *ret = kinds[i];
            return f;
        }
    }
    return loose_set_family(&p->families, name, METRIC_UNTYPED);
}

/* Takes the label that a bucket or a quantile is told by out of the others. */
static int take_bound(struct parser *p, struct str name, double *ret)
{
    for (size_t i = 0; i < p->n_labels; i++) {
        if (str_eq(p->labels[i].name, name)) {
            int r = num_scan_double(p->labels[i].value, ret);
            if (r < 0 || isnan(*ret)) {
                return bad(p, "no number:", p->labels[i].value);
            }
            p->labels[i] = p->labels[--p->n_labels];
            return 0;
        }
    }
    return bad(p, "missing label", name);
}

static int check_kind(struct parser *p, const struct loose_family *f, struct loose_series *s)
{
    if (f->row.type == METRIC_SUMMARY && s->kind == LOOSE_VALUE) {
        s->kind = LOOSE_QUANTILE;
        return take_bound(p, STR("quantile"), &s->bound);
    }
    if (f->row.type == METRIC_HISTOGRAM && s->kind == LOOSE_VALUE) {
        return bad(p, "a histogram has no sample of its bare name:", str_of(f->row.name));
    }
    if (s->kind == LOOSE_BUCKET) {
        return take_bound(p, STR("le"), &s->bound);
    }
    return 0;
}

static int parse_value(struct parser *p, struct str line, double *ret)
{
    struct str number = take_until(&line, " \t");
    int r = num_scan_double(number, ret);
    if (r < 0) {
        return r == -ENOMEM ? no_memory(p) : bad(p, "expected a number, not", number);
    }
    return line.n ? bad(p, "timestamps and text after the value are refused:", line) : 0;
}

/* `name{labels} value` or `name value`. */
static int parse_sample(struct parser *p, struct str line)
{
    struct loose_series values = { 0 };
    struct str name = take_until(&line, " \t{");
    if (!metric_name_legal(name)) {
        return bad(p, "no metric name:", name);
    }
    struct loose_family *f = find_family(p, name, &values.kind);
    if (!f) {
        return no_memory(p);
    }
    f->has_type = true;
    p->n_labels = 0;
    skip_blanks(&line);
    int r = str_eat(&line, STR("{")) ? parse_labels(p, &line) : 0;
    skip_blanks(&line);
    if (r == 0) {
        r = check_kind(p, f, &values);
    }
    if (r == 0) {
        r = parse_value(p, line, &values.value);
    }
    if (r < 0) {
        return r;
    }
    if (p->n_series == p->max_series) {
        return err_set(p->err, E2BIG, "line %zu: more than %zu series", p->line, p->max_series);
    }
    if (loose_labels(p->labels, p->n_labels, &p->scratch, p->mem, &values.labels) < 0 ||
        loose_add(f, p->mem, &values) < 0) {
        return no_memory(p);
    }
    p->n_series++;
    return 0;
}

static int parse_line(struct parser *p, struct str line)
{
    skip_blanks(&line);
    if (!line.n) {
        return 0;
    }
    return str_eat(&line, STR("#")) ? parse_comment(p, line) : parse_sample(p, line);
}

/* Leaves out families of which there was only a HELP or a TYPE. */
static struct loose_family *with_series(struct loose_family *f)
{
    struct loose_family *first = NULL, **link = &first;
    for (; f; f = f->next) {
        if (f->n_series) {
            *link = f;
            link = &f->next;
        }
    }
    *link = NULL;
    return first;
}

int text_parse(struct str text, size_t max_series, struct arena *mem, struct text_families *ret,
               struct err *err)
{
    struct parser p = { .mem = mem, .err = err, .max_series = max_series };
    int r = 0;
    buf_init(&p.scratch, LIMIT_NODE_ARENA_BYTES);
    loose_set_init(&p.families, mem);
    while (r == 0 && text.n) {
        p.line++;
        bool whole = str_find(text, '\n') >= 0;
        struct str line = str_line(&text);
        r = parse_line(&p, line);
        if (r == 0 && !whole && line.n) {
            r = bad(&p, "the last line does not end", (struct str){ 0 });
        }
    }
    if (r == 0) {
        *ret = (struct text_families){ with_series(p.families.first), p.n_series };
    }
    loose_set_done(&p.families);
    buf_done(&p.scratch);
    return r;
}
