/* render.h — objects in, exposition out, for tests of resource kinds.
 * Uses: base, metrics, kube/render, cmocka.  Threads: none.  Owner: tests. */
#ifndef KG_TESTS_SUPPORT_RENDER_H
#define KG_TESTS_SUPPORT_RENDER_H

#include "base/buf.h"
#include "base/limits.h"
#include "kube/render.h"
#include "tests/support/cmocka.h"
#include "tests/support/file_write.h"

#include <stdio.h>

/* Renders text with these flags (NULL: not given); opt_in: the opt-in families, too. */
static inline int render_text_as(struct str text, const char *labels, const char *annotations,
                                 bool opt_in, bool ksm_quirks, struct buf *out, struct err *err)
{
    const struct str all[] = { STR("kube_") };
    struct metric_selection *selection =
        metric_selection_new(NULL, 0, NULL, 0, all, opt_in ? 1 : 0, err);
    struct key_allowlists *allowed[2] = { NULL, NULL };
    assert_non_null(selection);
    if (labels) {
        allowed[0] = key_allowlists_parse(str_of(labels), err);
        assert_non_null(allowed[0]);
    }
    if (annotations) {
        allowed[1] = key_allowlists_parse(str_of(annotations), err);
        assert_non_null(allowed[1]);
    }
    const struct kube_render_options options = {
        .selection = selection,
        .labels = allowed[0],
        .annotations = allowed[1],
        .format = METRIC_FORMAT_TEXT,
        .ksm_quirks = ksm_quirks,
    };
    int r = kube_render(text, &options, out, NULL, err);
    key_allowlists_free(allowed[0]);
    key_allowlists_free(allowed[1]);
    metric_selection_free(selection);
    return r;
}

static inline int render_text(struct str text, const char *labels, const char *annotations,
                              bool opt_in, struct buf *out, struct err *err)
{
    return render_text_as(text, labels, annotations, opt_in, false, out, err);
}

/* A text cut into lines, sorted; comments and empty lines are left out. */
struct lines {
    struct str *items;
    size_t n;
};

static inline int lines_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static inline void lines_of(struct str text, struct lines *ret)
{
    ret->items = calloc(text.n + 1, sizeof(*ret->items));
    ret->n = 0;
    assert_non_null(ret->items);
    while (text.n) {
        struct str line = str_line(&text);
        if (line.n && line.p[0] != '#') {
            ret->items[ret->n++] = line;
        }
    }
    if (ret->n) {
        qsort(ret->items, ret->n, sizeof(*ret->items), lines_compare);
    }
}

/* Fails, naming the first line that only one side has. */
static inline void assert_same_lines(const char *what, const struct lines *have,
                                     const struct lines *want)
{
    for (size_t i = 0; i < have->n || i < want->n; i++) {
        if (i >= want->n || (i < have->n && str_cmp(have->items[i], want->items[i]) < 0)) {
            fail_msg("%s: not wanted: " STR_FMT, what, STR_ARG(have->items[i]));
        }
        if (i >= have->n || !str_eq(have->items[i], want->items[i])) {
            fail_msg("%s: missing: " STR_FMT, what, STR_ARG(want->items[i]));
        }
    }
}

/* Compares text with the golden file at path; with KG_UPDATE set, writes it there instead. */
static inline void assert_golden(const char *path, struct str text)
{
    struct err err = { 0 };
    if (getenv("KG_UPDATE")) {
        assert_int_equal(file_write_atomic(path, text, &err), 0);
        return;
    }
    auto_buf struct buf golden = BUF_INIT(16 * MIB);
    if (file_read(AT_FDCWD, path, &golden, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
    struct str want = buf_str(&golden);
    for (int line = 1; text.n || want.n; line++) {
        struct str a = str_line(&text), b = str_line(&want);
        if (!str_eq(a, b)) {
            fail_msg("%s:%d\n  have " STR_FMT "\n  want " STR_FMT
                     "\n(KG_UPDATE=1 writes the files anew)",
                     path, line, STR_ARG(a), STR_ARG(b));
        }
    }
}

#endif
