#include "agent/options/options_private.h"

#include "agent/options/duration.h"
#include "base/limits.h"
#include "base/num.h"
#include "collectors/collector.h"
#include "metrics/pattern.h"

#include <assert.h>
#include <stdio.h>

static const struct option_row fixed_rows[] = {
#define OPTION(id, ...) { __VA_ARGS__ },
#include "agent/options/options.def"
#undef OPTION
};

static const char *const role_names[] = {
    [ROLE_NODE] = "node",
    [ROLE_CLUSTER] = "cluster",
    [ROLE_LOCAL] = "local",
    [ROLE_RENDER] = "render",
};

#define COLLECTOR_PREFIX "collector."
#define OPTION_NAME_MAX 64

const char *role_name(enum role role)
{
    return role_names[role];
}

int role_parse(struct str word, enum role *ret, struct err *err)
{
    if (str_eq(word, STR("all"))) {
        return err_set(err, ENOTSUP,
                       "role " STR_FMT
                       " is not part of this version; roles are node, cluster, local, render",
                       STR_ARG(word));
    }
    for (size_t i = 0; i < ROLES; i++) {
        if (str_eq_c(word, role_names[i])) {
            *ret = (enum role)i;
            return 0;
        }
    }
    return err_set(err, EINVAL,
                   "unknown role \"" STR_FMT "\"; roles are node, cluster, local, render",
                   STR_ARG(word));
}

void options_variable(const char *name, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "KUBEGAUGE_%s", name);
    for (size_t i = 0; i < KG_MIN(n, size - 1); i++) {
        char c = out[i];
        if (c >= 'a' && c <= 'z') {
            out[i] = (char)(c - 'a' + 'A');
        } else if (c == '.' || c == '-') {
            out[i] = '_';
        }
    }
}

static size_t n_collectors(void)
{
    size_t n = 0;
    while (collectors[n]) {
        n++;
    }
    return n;
}

static void collector_row(struct option_row *row, const char *name, bool on)
{
    *row = (struct option_row){
        .name = name,
        .type = OPTION_BOOL,
        .preset = on ? "true" : "false",
        .roles = ROLES_READING,
        .group = "Collectors",
        .help = "Read this source.",
    };
}

/* Gives each collector's own options a row, after all switches; rows NULL only counts them. */
static size_t collector_option_rows(struct option_row *rows)
{
    static const enum option_type types[] = {
        [COLLECTOR_TEXT] = OPTION_STRING, [COLLECTOR_PATTERN] = OPTION_STRING,
        [COLLECTOR_SWITCH] = OPTION_BOOL, [COLLECTOR_TIME] = OPTION_DURATION,
        [COLLECTOR_COUNT] = OPTION_INT,   [COLLECTOR_LIST] = OPTION_LIST,
    };
    static const char *const arguments[] = {
        [COLLECTOR_TEXT] = "TEXT",     [COLLECTOR_LIST] = "TEXT,...", [COLLECTOR_PATTERN] = "REGEX",
        [COLLECTOR_TIME] = "DURATION", [COLLECTOR_COUNT] = "N",
    };
    size_t n = 0;
    for (size_t i = 0; collectors[i]; i++) {
        const struct collector_option *own = collectors[i]->options;
        for (; own && own->name; own++, n++) {
            if (rows) {
                rows[n] = (struct option_row){
                    .name = own->name,
                    .type = types[own->type],
                    .argument = own->type == COLLECTOR_SWITCH ? NULL : arguments[own->type],
                    .preset = own->preset,
                    .roles = ROLES_READING,
                    .group = "Collector options",
                    .help = own->help,
                    .least = 1,
                    .most = LIMIT_COLLECTOR_COUNT,
                };
            }
        }
    }
    return n;
}

int options_init(struct options *o, struct err *err)
{
    size_t n_own = n_collectors();
    *o = (struct options){
        .role = ROLE_LOCAL,
        .n = OPTIONS_FIXED + n_own + collector_option_rows(NULL),
    };
    o->rows = calloc(o->n, sizeof(*o->rows));
    o->values = calloc(o->n, sizeof(*o->values));
    o->names = calloc(n_own + 1, OPTION_NAME_MAX);
    if (!o->rows || !o->values || !o->names) {
        return err_set(err, ENOMEM, "options: out of memory");
    }
    memcpy(o->rows, fixed_rows, sizeof(fixed_rows));
    for (size_t i = 0; i < n_own; i++) {
        char *name = o->names + i * OPTION_NAME_MAX;
        snprintf(name, OPTION_NAME_MAX, COLLECTOR_PREFIX "%s", collectors[i]->name);
        collector_row(&o->rows[OPTIONS_FIXED + i], name, collectors[i]->on_by_default);
    }
    collector_option_rows(o->rows + OPTIONS_FIXED + n_own);
    for (size_t i = 0; i < o->n; i++) {
        int r =
            options_set(o, i, str_of(o->rows[i].preset), OPTION_PRESET, 0, o->rows[i].name, err);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static void value_done(struct option_value *v)
{
    free(v->text);
    free(v->items);
    free(v->text_items);
    *v = (struct option_value){ 0 };
}

void options_done(struct options *o)
{
    for (size_t i = 0; o->values && i < o->n; i++) {
        value_done(&o->values[i]);
    }
    free(o->values);
    free(o->rows);
    free(o->names);
    free(o->in_use_file);
    *o = (struct options){ 0 };
}

ssize_t options_find(const struct options *o, struct str name)
{
    for (size_t i = 0; i < o->n; i++) {
        if (str_eq_c(name, o->rows[i].name)) {
            return (ssize_t)i;
        }
    }
    return -1;
}

ssize_t options_find_short(const struct options *o, char c)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->rows[i].short_name && o->rows[i].short_name == c) {
            return (ssize_t)i;
        }
    }
    return -1;
}

/* Levenshtein's distance by one row of the matrix; names are short. */
static size_t distance(struct str a, struct str b)
{
    size_t row[OPTION_NAME_MAX + 1];
    for (size_t j = 0; j <= b.n; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t above = row[j], replace = diagonal + (a.p[i - 1] != b.p[j - 1]);
            row[j] = KG_MIN(KG_MIN(above, row[j - 1]) + 1, replace);
            diagonal = above;
        }
    }
    return row[b.n];
}

const char *options_nearest(const struct options *o, struct str name)
{
    const char *best = NULL;
    size_t best_distance = name.n / 3 + 2; /* further away it is no slip of the finger */
    if (name.n > OPTION_NAME_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < o->n; i++) {
        struct str known = str_of(o->rows[i].name);
        if (o->rows[i].hidden || known.n > OPTION_NAME_MAX) {
            continue;
        }
        /* "--listen-address" is meant to be --web.listen-address. */
        size_t d = str_ends(known, name) && name.n > 3 ? 1 : distance(name, known);
        if (d < best_distance) {
            best_distance = d;
            best = o->rows[i].name;
        }
    }
    return best;
}

bool options_bool(const struct options *o, size_t id)
{
    assert(o->rows[id].type == OPTION_BOOL);
    return o->values[id].on;
}

const char *options_text(const struct options *o, size_t id)
{
    return o->values[id].text;
}

int64_t options_int(const struct options *o, size_t id)
{
    assert(o->rows[id].type == OPTION_INT);
    return o->values[id].number;
}

uint64_t options_ns(const struct options *o, size_t id)
{
    assert(o->rows[id].type == OPTION_DURATION);
    return o->values[id].amount;
}

uint64_t options_bytes(const struct options *o, size_t id)
{
    assert(o->rows[id].type == OPTION_SIZE);
    return o->values[id].amount;
}

size_t options_choice(const struct options *o, size_t id)
{
    assert(o->rows[id].type == OPTION_ENUM);
    return o->values[id].choice;
}

const struct str *options_list(const struct options *o, size_t id, size_t *ret_n)
{
    assert(o->rows[id].type == OPTION_LIST);
    *ret_n = o->values[id].n_items;
    return o->values[id].items;
}

bool options_given(const struct options *o, size_t id)
{
    return o->values[id].origin != OPTION_PRESET;
}

bool options_is_collector(size_t id)
{
    return id >= OPTIONS_FIXED && id - OPTIONS_FIXED < n_collectors();
}

struct collector_value options_of_collector(const void *options, const char *name)
{
    const struct options *o = options;
    ssize_t id = options_find(o, str_of(name));
    assert(id >= 0);
    const struct option_value *v = &o->values[id];
    return (struct collector_value){
        .text = v->text ? v->text : "",
        .items = v->items,
        .n_items = v->n_items,
        .on = v->on,
        .ns = v->amount,
        .count = o->rows[id].type == OPTION_INT ? (uint64_t)v->number : 0,
    };
}

int options_check_patterns(const struct options *o, struct err *err)
{
    char what[OPTION_NAME_MAX + 3];
    for (size_t i = 0; collectors[i]; i++) {
        const struct collector_option *own = collectors[i]->options;
        for (; own && own->name; own++) {
            const char *text = options_of_collector(o, own->name).text;
            if (own->type != COLLECTOR_PATTERN || !*text) {
                continue;
            }
            snprintf(what, sizeof(what), "--%s", own->name);
            struct pattern *p = pattern_new(what, PATTERN_NAME, str_of(text), err);
            if (!p) {
                return -EINVAL;
            }
            pattern_free(p);
        }
    }
    return 0;
}

bool options_collector(const struct options *o, size_t collector)
{
    size_t id = OPTIONS_FIXED + collector;
    if (options_bool(o, OPT_COLLECTOR_DISABLE_DEFAULTS) && !options_given(o, id)) {
        return false;
    }
    return options_bool(o, id);
}

int options_load(struct options *o, int argc, char *const *argv, char *const *envp, struct err *err)
{
    int r = options_from_flags(o, argc, argv, err);
    if (r < 0) {
        return r;
    }
    for (size_t i = 0; envp[i] && !options_given(o, OPT_CONFIG); i++) {
        struct str value = str_of(envp[i]);
        if (str_eat(&value, STR("KUBEGAUGE_CONFIG="))) {
            r = options_set(o, OPT_CONFIG, value, OPTION_ENVIRONMENT, 0, "KUBEGAUGE_CONFIG", err);
        }
    }
    if (r >= 0 && *options_text(o, OPT_CONFIG)) {
        r = options_from_file(o, options_text(o, OPT_CONFIG), err);
    }
    if (r >= 0) {
        r = options_from_environment(o, envp, err);
    }
    return r < 0 ? r : options_check(o, envp, err);
}
