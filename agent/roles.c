#include "agent/roles.h"

#include "agent/agent.h"
#include "agent/docs.h"
#include "agent/rbac.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#define PAGE_MAX (16 * MIB)

enum docs_page { DOCS_NONE, DOCS_OPTIONS, DOCS_METRICS };

int roles_print(struct str text)
{
    while (text.n) {
        ssize_t n = write(STDOUT_FILENO, text.p, text.n);
        if (n < 0 && errno != EINTR) {
            struct err err;
            err_set_errno(&err, errno, "standard output");
            fprintf(stderr, "kubegauge: %s\n", err.text);
            return EXIT_FAILED;
        }
        text = str_from(text, n > 0 ? (size_t)n : 0);
    }
    return EXIT_OK;
}

/* The pages that are printed in place of running. False when none is asked for. */
static bool page(const struct options *o, struct buf *out)
{
    enum docs_page docs = (enum docs_page)options_choice(o, OPT_PRINT_DOCS);
    if (options_bool(o, OPT_HELP)) {
        options_help(o, out);
    } else if (options_bool(o, OPT_VERSION)) {
        options_version(out);
    } else if (docs == DOCS_OPTIONS) {
        options_doc(o, out);
    } else if (docs == DOCS_METRICS) {
        docs_metrics(out);
    } else if (options_bool(o, OPT_PRINT_CONFIG)) {
        options_print_config(o, out);
    } else {
        return false;
    }
    return true;
}

static void warn_stray(void *arg, const char *name)
{
    (void)arg;
    LOG_WARN("environment variable is no option", "variable", name);
}

static int print_rbac(const struct options *o)
{
    auto_buf struct buf text = BUF_INIT(PAGE_MAX);
    struct err err = { 0 };
    if (rbac_print(o, &text, &err) < 0) {
        fprintf(stderr, "kubegauge: %s\n", err_text(&err));
        return EXIT_USAGE;
    }
    return buf_failed(&text) ? EXIT_FAILED : roles_print(buf_str(&text));
}

static void warn_without_effect(void *arg, const char *name, const char *why)
{
    (void)arg;
    LOG_WARN("option has no effect here", "option", name, "why", why);
}

int roles_run(const struct options *o, const struct options_command *command)
{
    auto_buf struct buf text = BUF_INIT(PAGE_MAX);
    if (page(o, &text)) {
        return buf_failed(&text) ? EXIT_FAILED : roles_print(buf_str(&text));
    }
    if (options_bool(o, OPT_PRINT_RBAC)) {
        return print_rbac(o);
    }
    log_setup((enum log_level)options_choice(o, OPT_LOG_LEVEL),
              (enum log_format)options_choice(o, OPT_LOG_FORMAT));
    options_stray_variables(o, command->envp, warn_stray, NULL);
    options_without_effect(o, warn_without_effect, NULL);
    if (o->file_missing) {
        LOG_WARN("configuration file is missing, going on without it", "path",
                 options_text(o, OPT_CONFIG));
    }
    return o->role == ROLE_RENDER ? render_run(o) : agent_run(o, command);
}
