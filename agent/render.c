#include "kube/render.h"
#include "agent/options/options_selection.h"
#include "agent/roles.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "kube/resources/resource.h"

#include <stdio.h>
#include <unistd.h>

#define OUTPUT_MAX (4 * LIMIT_RENDER_INPUT_BYTES)

/* Everything that kube_render_options only borrows. */
struct render {
    struct metric_selection *selection;
    struct key_allowlists *labels, *annotations;
    struct kube_render_options how;
};

static void render_done(struct render *r)
{
    metric_selection_free(r->selection);
    key_allowlists_free(r->labels);
    key_allowlists_free(r->annotations);
}

static int check_resources(const struct str *names, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (kube_resource_by_plural(names[i])) {
            continue;
        }
        auto_buf struct buf known = BUF_INIT(ERR_MAX);
        for (size_t k = 0; kube_resources[k]; k++) {
            buf_addf(&known, "%s%s", k ? ", " : "", kube_resources[k]->plural);
        }
        const char *list = buf_c(&known);
        return err_set(err, EINVAL, "--resources: \"" STR_FMT "\" is not one of %s",
                       STR_ARG(str_head(names[i], 80)), list ? list : "the known ones");
    }
    return 0;
}

static int allowlist(const struct options *o, size_t id, struct key_allowlists **ret,
                     struct err *err)
{
    const char *text = options_text(o, id);
    if (!*text) {
        return 0;
    }
    *ret = key_allowlists_parse(str_of(text), err);
    return *ret ? 0 : err_wrap(err, "--%s", o->rows[id].name);
}

static int render_init(const struct options *o, struct render *r, struct err *err)
{
    size_t n_resources;
    const struct str *resources = options_list(o, OPT_RESOURCES, &n_resources);
    r->selection = options_selection(o, err);
    if (!r->selection) {
        return -EINVAL;
    }
    if (allowlist(o, OPT_LABELS_ALLOWLIST, &r->labels, err) < 0 ||
        allowlist(o, OPT_ANNOTATIONS_ALLOWLIST, &r->annotations, err) < 0 ||
        check_resources(resources, n_resources, err) < 0) {
        return -EINVAL;
    }
    r->how = (struct kube_render_options){
        .selection = r->selection,
        .labels = r->labels,
        .annotations = r->annotations,
        .resources = n_resources ? resources : NULL,
        .n_resources = n_resources,
        .ksm_quirks = options_bool(o, OPT_KSM_QUIRKS),
        .format = (enum metric_format)options_choice(o, OPT_FORMAT),
    };
    return 0;
}

static int read_stdin(struct buf *out, struct err *err)
{
    for (;;) {
        if (buf_reserve(out, 64 * KIB) < 0) {
            return err_set(err, EFBIG, "standard input: more than %zu bytes", out->max);
        }
        ssize_t n = read(STDIN_FILENO, out->p + out->n, 64 * KIB);
        if (n < 0 && errno != EINTR) {
            return err_set_errno(err, errno, "standard input");
        }
        if (n == 0) {
            return 0;
        }
        out->n += n > 0 ? (size_t)n : 0;
    }
}

static int render_text(const struct options *o, const struct render *r, struct buf *out,
                       struct err *err)
{
    auto_buf struct buf input = BUF_INIT(LIMIT_RENDER_INPUT_BYTES);
    const char *path = options_text(o, OPT_FILE);
    size_t unknown = 0;
    bool is_stdin = str_eq_c(str_of(path), "-");
    ssize_t n = is_stdin ? read_stdin(&input, err) : file_read(AT_FDCWD, path, &input, err);
    if (n < 0) {
        return (int)n;
    }
    int result = kube_render(buf_str(&input), &r->how, out, &unknown, err);
    if (result < 0) {
        return err_wrap(err, "%.100s", is_stdin ? "standard input" : path);
    }
    if (unknown) {
        char count[24];
        snprintf(count, sizeof(count), "%zu", unknown);
        LOG_WARN("objects of kinds that are not served were passed over", "count", count);
    }
    return 0;
}

int render_run(const struct options *o)
{
    struct err err = { 0 };
    struct render r = { 0 };
    auto_buf struct buf out = BUF_INIT(OUTPUT_MAX);
    int code = EXIT_OK;
    if (render_init(o, &r, &err) < 0) {
        fprintf(stderr, "kubegauge: %s\n", err_text(&err));
        code = EXIT_USAGE;
    } else if (render_text(o, &r, &out, &err) < 0) {
        fprintf(stderr, "kubegauge: %s\n", err_text(&err));
        code = EXIT_FAILED;
    } else {
        code = roles_print(buf_str(&out));
    }
    render_done(&r);
    return code;
}
