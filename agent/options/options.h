/* options.h — every option of the program, from one table: flags, environment, file, default.
 * Uses: base, collectors (names), kube/yaml.  Threads: read only once parsed.  Owner: main.
 *
 * A row of options.def gives an option its name, type, default, roles and help; --collector.NAME
 * rows are made from collectors[]. From the name follow the flag (--log.level), the variable
 * (KUBEGAUGE_LOG_LEVEL) and the key of the configuration file (log.level). A flag wins over the
 * environment, that over the file, that over the default. --help, --print-config and
 * docs/options.md are written from the same rows. */
#ifndef KG_AGENT_OPTIONS_H
#define KG_AGENT_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"

struct collector_value;

enum role { ROLE_NODE, ROLE_CLUSTER, ROLE_LOCAL, ROLE_RENDER, ROLES };

#define ROLE_BIT(role) (1u << (role))
#define ROLES_READING (ROLE_BIT(ROLE_NODE) | ROLE_BIT(ROLE_LOCAL))    /* the machine */
#define ROLES_WATCHING (ROLE_BIT(ROLE_NODE) | ROLE_BIT(ROLE_CLUSTER)) /* the API server */
#define ROLES_SERVING (ROLES_READING | ROLES_WATCHING)
#define ROLES_ALL (ROLES_SERVING | ROLE_BIT(ROLE_RENDER))

enum option_type {
    OPTION_STRING,
    OPTION_BOOL,     /* --x, --no-x, --x=true */
    OPTION_INT,      /* least..most */
    OPTION_DURATION, /* "1h30m" */
    OPTION_SIZE,     /* "64Mi" */
    OPTION_ENUM,     /* one of choices */
    OPTION_LIST,     /* comma-separated; given again, it grows */
    OPTION_DIR,      /* a directory, which must exist when it was given */
};

/* Options that are looked at before the program does anything else; flags only. */
enum option_ids {
#define OPTION(id, ...) OPT_##id,
#include "agent/options/options.def"
#undef OPTION
    OPTIONS_FIXED, /* the options made from collectors[] follow, in its order */
};

/* What becomes of a flag of kube-state-metrics that is no option of ours. */
enum option_ksm {
    KSM_NOT,       /* it is one of ours */
    KSM_ALIAS,     /* sets another option */
    KSM_SAME,      /* accepted: it is always so here */
    KSM_NO_EFFECT, /* accepted with a warning that says why */
    KSM_REFUSED,   /* refused unless it is empty or false */
};

struct option_row {
    const char *name; /* "web.listen-address" */
    enum option_type type;
    enum option_ksm ksm;        /* else than KSM_NOT: not from the environment, either */
    const char *argument;       /* what help calls the value: "HOST:PORT"; NULL for bool */
    const char *preset;         /* default, as text */
    unsigned roles;             /* ROLE_BIT of those it applies to */
    char short_name;            /* 'f' for -f, 0 for none */
    bool flag_only;             /* not from file or environment: --help, --config */
    bool live;                  /* role cluster takes another value while it runs */
    bool hidden;                /* not in --help, and not in docs unless ksm */
    const char *group;          /* heading in --help and docs */
    const char *help;           /* sentences, one line */
    const char *const *choices; /* OPTION_ENUM, NULL-terminated */
    int64_t least, most;        /* OPTION_INT */
};

/* Each outranks those before it. A file in kube-state-metrics' spelling outranks flags, as there.
 */
enum option_origin { OPTION_PRESET, OPTION_FILE, OPTION_ENVIRONMENT, OPTION_FLAG, OPTION_KSM_FILE };

struct option_value {
    enum option_origin origin;
    int line;   /* OPTION_FILE, OPTION_KSM_FILE: where it stands */
    char *text; /* as given; lists joined with ',' */
    bool on;
    int64_t number;
    uint64_t amount;   /* nanoseconds or bytes */
    size_t choice;     /* index into choices */
    struct str *items; /* OPTION_LIST: point into text_items */
    size_t n_items;
    char *text_items;
};

struct options {
    enum role role;
    bool role_given;
    struct option_row *rows; /* OPTIONS_FIXED + collectors */
    struct option_value *values;
    size_t n;
    char *names;       /* of the rows made from collectors */
    char *in_use_file; /* the configuration file, NULL without one */
    bool file_missing; /* and role cluster may do without */
};

/* What options are loaded from: the words after the program's name, and the environment. */
struct options_command {
    int argc;
    char *const *argv, *const *envp;
};

/* Sets all defaults. Errors: -ENOMEM. options_done is to be called in any case. */
int options_init(struct options *o, struct err *err);
void options_done(struct options *o);

/* Reads the command line (without the program's name), then the file named by --config, then
 * envp ("NAME=value", NULL-terminated), and settles role and values by precedence.
 * Errors: -EINVAL with what is wrong and what is accepted: unknown option (nearest name), role or
 * value, an option of another role, contradictory ones · -ENOTSUP a role that this version does not
 * have · those of reading the file · -ENOMEM. */
int options_load(struct options *o, int argc, char *const *argv, char *const *envp,
                 struct err *err);

/* Environment variables that begin with KUBEGAUGE_ and are neither options nor what Kubernetes
 * sets for services: calls fn for each. They are no error, since a service named kubegauge-x
 * brings its own. */
void options_stray_variables(const struct options *o, char *const *envp,
                             void (*fn)(void *arg, const char *name), void *arg);

/* Calls fn for each option that was given and has no effect, with the reason. */
void options_without_effect(const struct options *o,
                            void (*fn)(void *arg, const char *name, const char *why), void *arg);

/* The values. id must be of that type; asserted. */
bool options_bool(const struct options *o, size_t id);
const char *options_text(const struct options *o, size_t id);
int64_t options_int(const struct options *o, size_t id);
uint64_t options_ns(const struct options *o, size_t id);
uint64_t options_bytes(const struct options *o, size_t id);
size_t options_choice(const struct options *o, size_t id);
const struct str *options_list(const struct options *o, size_t id, size_t *ret_n);
bool options_given(const struct options *o, size_t id); /* not the default */

/* Whether the collector of this index in collectors[] is enabled. */
bool options_collector(const struct options *o, size_t collector);

/* Whether the option of this id switches a collector. */
bool options_is_collector(size_t id);

/* The value of an option that a collector owns; for collector_env.option. options: struct options.
 */
struct collector_value options_of_collector(const void *options, const char *name);

/* The role as on the command line. */
const char *role_name(enum role role);

/* Writes the variable of an option name into out: "log.level" -> "KUBEGAUGE_LOG_LEVEL". */
void options_variable(const char *name, char *out, size_t size);

/* --help (role_given: of that role alone), --version, --print-config, docs/options.md. */
void options_help(const struct options *o, struct buf *out);
void options_version(struct buf *out);
void options_print_config(const struct options *o, struct buf *out);
void options_doc(const struct options *o, struct buf *out);

/* A double-quoted YAML scalar, which any text fits into. */
void options_quote_yaml(struct str text, struct buf *out);

#endif
