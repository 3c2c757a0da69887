/* --help, --version and --print-config, and docs/options.md: views of the same rows. */
#include "agent/options/options_private.h"

#include <stdio.h>

#define HELP_WIDTH 100
#define HELP_INDENT 38

void options_version(struct buf *out)
{
    buf_addf(out, "kubegauge %s\n", KG_VERSION);
}

/* Appends words wrapped at HELP_WIDTH, the next lines indented. column: where the cursor stands. */
static void wrap(struct buf *out, struct str text, size_t column)
{
    bool first = true;
    for (struct str word = str_word(&text); !str_empty(word); word = str_word(&text)) {
        if (!first && column + 1 + word.n > HELP_WIDTH) {
            buf_addf(out, "\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (!first) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add(out, word);
        column += word.n;
        first = false;
    }
    buf_add_char(out, '\n');
}

/* "default X, choices, VARIABLE" in brackets after the help text. */
static void help_facts(const struct option_row *row, struct buf *out)
{
    char variable[160];
    const char *between = "";
    if (row->flag_only && row->type == OPTION_BOOL) {
        return;
    }
    buf_add_c(out, " (");
    if (row->type == OPTION_ENUM) {
        options_describe_type(row, out);
        between = "; ";
    }
    if (strlen(row->preset) > HELP_WIDTH - HELP_INDENT - 10) { /* an expression without a blank */
        buf_addf(out, "%sdefault: see docs/options.md", between);
        between = "; ";
    } else if (*row->preset) {
        buf_addf(out, "%sdefault %s", between, row->preset);
        between = "; ";
    }
    options_variable(row->name, variable, sizeof(variable));
    buf_addf(out, "%s%s", between, row->flag_only ? "command line only" : variable);
    buf_add_char(out, ')');
}

static void help_row(const struct option_row *row, struct buf *out)
{
    auto_buf struct buf text = BUF_INIT(4096);
    size_t start = out->n;
    if (row->short_name) {
        buf_addf(out, "  -%c, ", row->short_name);
    } else {
        buf_add_c(out, "      ");
    }
    if (row->type == OPTION_BOOL && !row->flag_only) {
        buf_addf(out, "--[no-]%s", row->name);
    } else if (row->type == OPTION_BOOL) {
        buf_addf(out, "--%s", row->name);
    } else {
        buf_addf(out, "--%s=%s", row->name, row->argument);
    }
    if (out->n - start + 2 > HELP_INDENT) {
        buf_add_char(out, '\n');
        start = out->n;
    }
    while (!buf_failed(out) && out->n - start < HELP_INDENT) {
        buf_add_char(out, ' ');
    }
    buf_add_c(&text, row->help);
    help_facts(row, &text);
    wrap(out, buf_str(&text), HELP_INDENT);
}

static void help_intro(const struct options *o, struct buf *out)
{
    if (o->role_given) {
        buf_addf(out, "Usage: kubegauge %s%s [OPTION...]\n", role_name(o->role),
                 o->role == ROLE_RENDER ? " -f FILE" : "");
        return;
    }
    buf_add_c(out,
              "Usage: kubegauge [ROLE] [OPTION...]\n\n"
              "Serves metrics of containers, pods and machines for Prometheus.\n\n"
              "Roles:\n"
              "  node    one per node of a cluster: its containers with their pods, its pods' "
              "state\n"
              "  cluster one per cluster: the state of its objects\n"
              "  local   a machine without Kubernetes: its containers and control groups\n"
              "  render  print the metrics that Kubernetes objects in a file yield\n"
              "Without a role: node when --node is known and an API server can be reached "
              "(in a pod, or with\n--kubeconfig), else local.\n\n"
              "An option's value is taken from its flag, else from the variable named here, else "
              "from the file of\n--config, else it is the default.\n");
}

void options_help(const struct options *o, struct buf *out)
{
    const char *group = NULL;
    help_intro(o, out);
    for (size_t i = 0; i < o->n; i++) {
        const struct option_row *row = &o->rows[i];
        if (row->hidden || (o->role_given && !(row->roles & ROLE_BIT(o->role)))) {
            continue;
        }
        if (!group || !str_eq_c(str_of(group), row->group)) {
            group = row->group;
            buf_addf(out, "\n%s:\n", group);
        }
        help_row(row, out);
    }
}

void options_quote_yaml(struct str text, struct buf *out)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\') {
            buf_addf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            buf_addf(out, "\\x%02x", c);
        } else {
            buf_add_char(out, (char)c);
        }
    }
    buf_add_char(out, '"');
}

static void config_value(const struct option_row *row, const struct option_value *v,
                         struct buf *out)
{
    if (row->type == OPTION_BOOL) {
        buf_add_c(out, v->on ? "true" : "false");
    } else if (row->type == OPTION_INT) {
        buf_add_i64(out, v->number);
    } else if (row->type == OPTION_LIST) {
        buf_add_char(out, '[');
        for (size_t i = 0; i < v->n_items; i++) {
            buf_add_c(out, i ? ", " : "");
            options_quote_yaml(v->items[i], out);
        }
        buf_add_char(out, ']');
    } else {
        options_quote_yaml(str_of(v->text), out);
    }
}

static void config_origin(const struct options *o, size_t i, struct buf *out)
{
    char variable[160];
    switch (o->values[i].origin) {
    case OPTION_PRESET:
        buf_add_c(out, "default");
        break;
    case OPTION_FILE:
    case OPTION_KSM_FILE:
        buf_addf(out, "%s line %d", o->in_use_file, o->values[i].line);
        break;
    case OPTION_ENVIRONMENT:
        options_variable(o->rows[i].name, variable, sizeof(variable));
        buf_add_c(out, variable);
        break;
    case OPTION_FLAG:
        buf_add_c(out, "flag");
        break;
    }
}

void options_print_config(const struct options *o, struct buf *out)
{
    buf_addf(out, "# kubegauge %s, role %s%s\n", KG_VERSION, role_name(o->role),
             o->role_given ? "" : " (none was given)");
    for (size_t i = 0; i < o->n; i++) {
        if (o->rows[i].flag_only || o->rows[i].ksm || !(o->rows[i].roles & ROLE_BIT(o->role))) {
            continue;
        }
        size_t start = out->n;
        buf_addf(out, "%s: ", o->rows[i].name);
        if (options_is_collector(i)) {
            buf_add_c(out, options_collector(o, i - OPTIONS_FIXED) ? "true" : "false");
        } else {
            config_value(&o->rows[i], &o->values[i], out);
        }
        buf_add_char(out, ' ');
        do {
            buf_add_char(out, ' ');
        } while (!buf_failed(out) && out->n - start < 48);
        buf_add_c(out, "# ");
        config_origin(o, i, out);
        buf_add_char(out, '\n');
    }
}

static void doc_row(const struct option_row *row, struct buf *out)
{
    char variable[160];
    const char *between = "";
    options_variable(row->name, variable, sizeof(variable));
    if (row->type == OPTION_BOOL) {
        buf_addf(out, "| `--%s%s`", row->flag_only ? "" : "[no-]", row->name);
    } else {
        buf_addf(out, "| `--%s=%s`", row->name, row->argument);
    }
    if (row->short_name) {
        buf_addf(out, ", `-%c`", row->short_name);
    }
    buf_add_c(out, " | ");
    if (*row->preset && !row->flag_only) {
        buf_add_char(out, '`');
        for (const char *c = row->preset; *c; c++) {
            buf_add_c(out, *c == '|' ? "\\" : ""); /* else it ends the cell */
            buf_add_char(out, *c);
        }
        buf_add_char(out, '`');
    }
    buf_add_c(out, " | ");
    for (enum role r = 0; r < ROLES; r++) {
        if (row->roles & ROLE_BIT(r)) {
            buf_addf(out, "%s%s", between, role_name(r));
            between = ", ";
        }
    }
    buf_add_c(out, " | ");
    if (!row->flag_only) {
        buf_addf(out, "`%s`", variable);
    }
    buf_addf(out, " | %s", row->help);
    if (row->type != OPTION_STRING && row->type != OPTION_BOOL) {
        buf_add_c(out, " Takes ");
        buf_add_c(out, row->type == OPTION_ENUM ? "one of " : "");
        options_describe_type(row, out);
        buf_add_char(out, '.');
    }
    buf_add_c(out, " |\n");
}

static void doc_rows(const struct options *o, struct buf *out)
{
    const char *group = NULL;
    for (size_t i = 0; i < o->n; i++) {
        const struct option_row *row = &o->rows[i];
        if (row->hidden) {
            continue;
        }
        if (!group || !str_eq_c(str_of(group), row->group)) {
            group = row->group;
            buf_addf(out,
                     "\n## %s\n\n| flag | default | roles | variable | meaning |\n"
                     "|---|---|---|---|---|\n",
                     group);
        }
        doc_row(row, out);
    }
}

static void doc_ksm(const struct options *o, struct buf *out)
{
    static const char *const becomes[] = {
        [KSM_ALIAS] = "",
        [KSM_SAME] = "",
        [KSM_NO_EFFECT] = "No effect, with a warning: ",
        [KSM_REFUSED] = "Refused unless empty or false: ",
    };
    buf_add_c(out, "\n## Flags of kube-state-metrics\n\n"
                   "Role cluster takes these, too, so that a command line written for "
                   "kube-state-metrics works.\n\n| flag | what becomes of it |\n|---|---|\n");
    for (size_t i = 0; i < o->n; i++) {
        const struct option_row *row = &o->rows[i];
        if (row->ksm == KSM_NOT) {
            continue;
        }
        buf_addf(out, "| `--%s%s%s`", row->name, row->argument ? "=" : "",
                 row->argument ? row->argument : "");
        if (row->short_name) {
            buf_addf(out, ", `-%c`", row->short_name);
        }
        buf_addf(out, " | %s%s%s |\n", becomes[row->ksm], row->help,
                 row->ksm >= KSM_NO_EFFECT ? "." : "");
    }
}

void options_doc(const struct options *o, struct buf *out)
{
    buf_add_c(out, "# Options\n\n"
                   "Written by `kubegauge --print-docs=options`; a test holds it equal.\n\n"
                   "A value is taken from the flag, else from the variable, else from the file of "
                   "`--config`, else it\nis the default. The key in the file is the flag without "
                   "its dashes: `log.level: debug`. A switch is\n`true` or `false` there. "
                   "`kubegauge --print-config` shows what is in effect and where it comes from.\n");
    doc_rows(o, out);
    doc_ksm(o, out);
}
