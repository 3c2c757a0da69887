/* The three places that values come from: command line, configuration file, environment. */
#include "agent/options/options_private.h"
#include "base/file.h"
#include "base/limits.h"
#include "kube/yaml/yaml.h"

#include <stdio.h>

#define VARIABLE_PREFIX "KUBEGAUGE_"
#define WHERE_MAX 160

/* what: "--" on the command line, else where in the file it stands. */
static int unknown(const struct options *o, const char *what, struct str name, struct err *err)
{
    const char *near = options_nearest(o, name);
    struct str shown = str_head(name, 80);
    bool flag = str_starts(str_of(what), STR("--"));
    if (near) {
        return err_set(err, EINVAL, "%s" STR_FMT ": unknown option; is %s%s meant?", what,
                       STR_ARG(shown), flag ? "--" : "", near);
    }
    return err_set(err, EINVAL, "%s" STR_FMT ": unknown option; --help lists them", what,
                   STR_ARG(shown));
}

/* The command line as it is walked. */
struct words {
    int argc, at;
    char *const *argv;
};

/* The value of an option that needs one: what follows '=', else the next word. */
static int value_word(struct words *w, const struct option_row *row, struct str rest,
                      struct str *ret, const char *where, struct err *err)
{
    if (rest.p) {
        *ret = rest;
        return 0;
    }
    if (w->at >= w->argc) {
        auto_buf struct buf accepted = BUF_INIT(ERR_MAX);
        options_describe_type(row, &accepted);
        const char *c = buf_c(&accepted);
        return err_set(err, EINVAL, "%s: needs a value, %s%s", where,
                       row->type == OPTION_ENUM ? "one of " : "", c ? c : "");
    }
    *ret = str_of(w->argv[w->at++]);
    return 0;
}

/* "--name", "--name=value", "--name value", "--no-name". word is without the dashes. */
static int long_flag(struct options *o, struct words *w, struct str word, struct err *err)
{
    struct str rest = word, value = STR("true");
    struct str name = str_cut(&rest, '=');
    ssize_t id = options_find(o, name);
    bool negated = id < 0 && str_eat(&name, STR("no-"));
    if (negated) {
        id = options_find(o, name);
        if (id < 0 || o->rows[id].type != OPTION_BOOL || rest.p) {
            id = -1;
        }
        value = STR("false");
    }
    if (id < 0) {
        rest = word;
        return unknown(o, "--", str_cut(&rest, '='), err);
    }
    char where[WHERE_MAX];
    snprintf(where, sizeof(where), "--%s%s", negated ? "no-" : "", o->rows[id].name);
    if (o->rows[id].type == OPTION_BOOL) {
        value = rest.p ? rest : value;
    } else {
        int r = value_word(w, &o->rows[id], rest, &value, where, err);
        if (r < 0) {
            return r;
        }
    }
    return options_set(o, (size_t)id, value, OPTION_FLAG, 0, where, err);
}

/* "-f FILE", "-fFILE", "-h". word is without the dash and not empty. */
static int short_flag(struct options *o, struct words *w, struct str word, struct err *err)
{
    ssize_t id = options_find_short(o, word.p[0]);
    struct str rest = str_from(word, 1), value = STR("true");
    str_eat(&rest, STR("=")); /* -v=2, as Go's flags have it */
    if (id < 0 || (o->rows[id].type == OPTION_BOOL && !str_empty(rest))) {
        return err_set(err, EINVAL, "-" STR_FMT ": unknown option; --help lists them",
                       STR_ARG(str_head(word, 40)));
    }
    char where[WHERE_MAX];
    snprintf(where, sizeof(where), "-%c", word.p[0]);
    if (o->rows[id].type != OPTION_BOOL) {
        int r = value_word(w, &o->rows[id], str_empty(rest) ? (struct str){ 0 } : rest, &value,
                           where, err);
        if (r < 0) {
            return r;
        }
    }
    return options_set(o, (size_t)id, value, OPTION_FLAG, 0, where, err);
}

static int role_word(struct options *o, struct str word, struct err *err)
{
    if (o->role_given) {
        return err_set(err, EINVAL, "\"" STR_FMT "\" is one word too many after role %s",
                       STR_ARG(str_head(word, 80)), role_name(o->role));
    }
    int r = role_parse(word, &o->role, err);
    o->role_given = r >= 0;
    return r;
}

int options_from_flags(struct options *o, int argc, char *const *argv, struct err *err)
{
    struct words w = { argc, 0, argv };
    bool words_only = false;
    while (w.at < w.argc) {
        struct str word = str_of(w.argv[w.at++]);
        int r;
        if (!words_only && str_eq(word, STR("--"))) {
            words_only = true;
            continue;
        }
        if (!words_only && str_eat(&word, STR("--"))) {
            r = long_flag(o, &w, word, err);
        } else if (!words_only && word.n > 1 && word.p[0] == '-') {
            r = short_flag(o, &w, str_from(word, 1), err);
        } else {
            r = role_word(o, word, err);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

struct file_walk {
    struct options *o;
    const char *path;
    bool ksm; /* in kube-state-metrics' spelling */
};

/* One key that only kube-state-metrics has makes the file one of its own. */
static int look_for_ksm(void *arg, struct str name, struct str value, int line, struct err *err)
{
    struct file_walk *walk = arg;
    (void)value;
    (void)line;
    (void)err;
    walk->ksm |= walk->o->role_given && walk->o->role == ROLE_CLUSTER && options_ksm_spelling(name);
    return 0;
}

/* Why a value that is nested deeper than an option's can be is not taken. */
static int refuse_nested(const struct option_row *row, const char *where, struct err *err)
{
    return err_set(err, EINVAL, "%s: %s", where,
                   row->ksm == KSM_REFUSED ? row->help : "the value is nested too deep");
}

static int file_option(void *arg, struct str name, struct str value, int line, struct err *err)
{
    struct file_walk *walk = arg;
    char where[WHERE_MAX];
    const char *ksm = options_ksm_flag(name);
    ssize_t id = options_find(walk->o, ksm ? str_of(ksm) : name);
    if (id < 0) {
        snprintf(where, sizeof(where), "%.100s line %d: ", walk->path, line);
        return unknown(walk->o, where, name, err);
    }
    snprintf(where, sizeof(where), "%.80s line %d: " STR_FMT, walk->path, line,
             STR_ARG(str_head(name, 60)));
    if (!value.p) {
        return refuse_nested(&walk->o->rows[id], where, err);
    }
    if (ksm && id == OPT_CONTINUE_WITHOUT_CONFIG) {
        return 0; /* the file is there */
    }
    if (walk->o->rows[id].flag_only) {
        return err_set(err, EINVAL, "%s: can only be given on the command line", where);
    }
    return options_set(walk->o, (size_t)id, value, walk->ksm ? OPTION_KSM_FILE : OPTION_FILE, line,
                       where, err);
}

int options_from_file(struct options *o, const char *path, struct err *err)
{
    auto_buf struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    struct file_walk walk = { .o = o, .path = path };
    ssize_t n = file_read(AT_FDCWD, path, &text, err);
    if (n == -ENOENT && options_bool(o, OPT_CONTINUE_WITHOUT_CONFIG)) {
        o->file_missing = true;
        return 0;
    }
    if (n < 0) {
        err_wrap(err, "--config");
        return (int)n;
    }
    o->in_use_file = str_dup(str_of(path));
    if (!o->in_use_file) {
        return err_set(err, ENOMEM, "--config: out of memory");
    }
    (void)yaml_options(buf_str(&text), look_for_ksm, &walk, NULL);
    int r = yaml_options(buf_str(&text), file_option, &walk, err);
    if (r < 0 && err && !strstr(err->text, path)) {
        err_wrap(err, "--config: %.80s", path);
    }
    return r;
}

int options_from_environment(struct options *o, char *const *envp, struct err *err)
{
    for (size_t id = 0; id < o->n; id++) {
        char variable[WHERE_MAX];
        if (o->rows[id].flag_only || o->rows[id].ksm) {
            continue;
        }
        options_variable(o->rows[id].name, variable, sizeof(variable));
        for (size_t i = 0; envp[i]; i++) {
            struct str rest = str_of(envp[i]);
            if (!str_eq_c(str_cut(&rest, '='), variable) || !rest.p) {
                continue;
            }
            int r = options_set(o, id, rest, OPTION_ENVIRONMENT, 0, variable, err);
            if (r < 0) {
                return r;
            }
        }
    }
    return 0;
}

/* Names that Kubernetes sets for a service x: X_SERVICE_HOST, X_SERVICE_PORT[_NAME], X_PORT,
 * X_PORT_9095_TCP[_PROTO|_PORT|_ADDR]; with a service "kubegauge" X is KUBEGAUGE. */
static bool is_service_variable(struct str name)
{
    if (str_search(name, STR("_SERVICE_HOST")) >= 0 ||
        str_search(name, STR("_SERVICE_PORT")) >= 0 || str_ends(name, STR("_PORT"))) {
        return true;
    }
    return str_search(name, STR("_PORT_")) >= 0 &&
           (str_search(name, STR("_TCP")) >= 0 || str_search(name, STR("_UDP")) >= 0 ||
            str_search(name, STR("_SCTP")) >= 0);
}

static bool is_option_variable(const struct options *o, struct str name)
{
    char variable[WHERE_MAX];
    for (size_t id = 0; id < o->n; id++) {
        options_variable(o->rows[id].name, variable, sizeof(variable));
        if (str_eq_c(name, variable) &&
            ((!o->rows[id].flag_only && !o->rows[id].ksm) || id == OPT_CONFIG)) {
            return true;
        }
    }
    return false;
}

void options_stray_variables(const struct options *o, char *const *envp,
                             void (*fn)(void *arg, const char *name), void *arg)
{
    for (size_t i = 0; envp[i]; i++) {
        struct str rest = str_of(envp[i]);
        struct str name = str_cut(&rest, '=');
        char shown[WHERE_MAX];
        if (str_starts(name, STR(VARIABLE_PREFIX)) && !is_service_variable(name) &&
            !is_option_variable(o, name) && str_copy(shown, sizeof(shown), name) == 0) {
            fn(arg, shown);
        }
    }
}
