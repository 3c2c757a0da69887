/* Values from text: one function a type, so that flags, files and variables read alike. */
#include "agent/options/duration.h"
#include "agent/options/options_private.h"
#include "base/limits.h"
#include "base/num.h"

#include <sys/stat.h>

void options_describe_type(const struct option_row *row, struct buf *out)
{
    switch (row->type) {
    case OPTION_STRING:
        buf_add_c(out, "text");
        break;
    case OPTION_BOOL:
        buf_add_c(out, "true or false");
        break;
    case OPTION_INT:
        buf_addf(out, "a whole number from %lld to %lld", (long long)row->least,
                 (long long)row->most);
        break;
    case OPTION_DURATION:
        buf_add_c(out, "a duration such as 300ms, 30s or 1h30m");
        break;
    case OPTION_SIZE:
        buf_add_c(out, "a size such as 1048576, 64Mi or 1G");
        break;
    case OPTION_ENUM:
        for (size_t i = 0; row->choices[i]; i++) {
            buf_addf(out, "%s%s", i ? (row->choices[i + 1] ? ", " : " or ") : "", row->choices[i]);
        }
        break;
    case OPTION_LIST:
        buf_add_c(out, "a comma-separated list");
        break;
    case OPTION_DIR:
        buf_add_c(out, "a folder");
        break;
    }
}

static int refuse(const struct option_row *row, struct str text, const char *where, struct err *err)
{
    auto_buf struct buf accepted = BUF_INIT(ERR_MAX);
    options_describe_type(row, &accepted);
    const char *c = buf_c(&accepted);
    return err_set(err, EINVAL, "%s: \"" STR_FMT "\" is not %s%s", where,
                   STR_ARG(str_head(text, 80)), row->type == OPTION_ENUM ? "one of " : "",
                   c ? c : "");
}

static bool is_one_of(struct str text, const char *const *words)
{
    while (*words && !str_eq_c(text, *words)) {
        words++;
    }
    return *words;
}

/* The words that Go's flags take, which scripts for the peers may hold. */
static int parse_bool(struct str text, bool *ret)
{
    if (is_one_of(text, (const char *const[]){ "true", "1", "t", "T", "TRUE", "True", NULL })) {
        *ret = true;
        return 0;
    }
    if (is_one_of(text, (const char *const[]){ "false", "0", "f", "F", "FALSE", "False", NULL })) {
        *ret = false;
        return 0;
    }
    return -EINVAL;
}

static int parse_choice(const struct option_row *row, struct str text, size_t *ret)
{
    for (size_t i = 0; row->choices[i]; i++) {
        if (str_eq_c(text, row->choices[i])) {
            *ret = i;
            return 0;
        }
    }
    return -EINVAL;
}

/* The next entry, in place; "\\," is a comma within one, which regular expressions may hold. */
static struct str next_item(struct str *rest)
{
    char *from = (char *)(uintptr_t)rest->p, *to = from;
    size_t i = 0;
    for (; i < rest->n && rest->p[i] != ','; i++) {
        i += str_starts(str_from(*rest, i), STR("\\,"));
        *to++ = rest->p[i];
    }
    *rest = i < rest->n ? str_from(*rest, i + 1) : (struct str){ 0 };
    return str_trim((struct str){ from, (size_t)(to - from) });
}

/* Cuts "a, b,,c" into its non-empty entries. */
static int parse_list(struct option_value *v)
{
    size_t n = 1;
    for (const char *c = v->text; *c; c++) {
        n += *c == ',';
    }
    if (n > LIMIT_OPTION_LIST) {
        return -E2BIG;
    }
    v->text_items = str_dup(str_of(v->text));
    v->items = calloc(n, sizeof(*v->items));
    if (!v->text_items || !v->items) {
        return -ENOMEM;
    }
    struct str rest = str_of(v->text_items);
    while (rest.p) {
        struct str item = next_item(&rest);
        if (!str_empty(item)) {
            v->items[v->n_items++] = item;
        }
    }
    return 0;
}

static int parse_value(const struct option_row *row, struct str text, struct option_value *v)
{
    switch (row->type) {
    case OPTION_BOOL:
        return parse_bool(text, &v->on);
    case OPTION_INT:
        if (num_scan_i64(text, &v->number) < 0 || v->number < row->least || v->number > row->most) {
            return -EINVAL;
        }
        return 0;
    case OPTION_DURATION:
        return duration_parse(text, &v->amount);
    case OPTION_SIZE:
        return size_parse(text, &v->amount);
    case OPTION_ENUM:
        return parse_choice(row, text, &v->choice);
    case OPTION_LIST:
        return parse_list(v);
    case OPTION_DIR:
        return str_empty(text) ? -EINVAL : 0;
    case OPTION_STRING:
        break;
    }
    return 0;
}

static void value_free(struct option_value *v)
{
    free(v->text);
    free(v->items);
    free(v->text_items);
}

int options_set(struct options *o, size_t id, struct str text, enum option_origin origin, int line,
                const char *where, struct err *err)
{
    const struct option_row *row = &o->rows[id];
    struct option_value *old = &o->values[id], v = { .origin = origin, .line = line };
    auto_buf struct buf joined = BUF_INIT(LIMIT_CONFIG_BYTES);
    if (old->text && old->origin > origin) {
        return 0;
    }
    /* A list that is given twice on the command line grows, as in the peers. */
    if (row->type == OPTION_LIST && old->origin == origin && origin == OPTION_FLAG) {
        buf_addf(&joined, "%s,", old->text);
    }
    buf_add(&joined, text);
    if (text.n && memchr(text.p, 0, text.n)) {
        return err_set(err, EINVAL, "%s: the value holds a NUL byte", where);
    }
    if (!buf_c(&joined)) {
        return err_set(err, EINVAL, "%s: the value is too long", where);
    }
    v.text = buf_take(&joined);
    if (!v.text) {
        return err_set(err, ENOMEM, "%s: out of memory", where);
    }
    int r = parse_value(row, str_of(v.text), &v);
    if (r < 0) {
        value_free(&v);
        if (r == -ENOMEM) {
            return err_set(err, ENOMEM, "%s: out of memory", where);
        }
        return r == -E2BIG
                   ? err_set(err, EINVAL, "%s: more than %d entries", where, LIMIT_OPTION_LIST)
                   : refuse(row, text, where, err);
    }
    value_free(old);
    *old = v;
    return 0;
}
