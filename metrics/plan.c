#include "metrics/plan.h"

#include "base/limits.h"
#include "metrics/header.h"
#include "metrics/names.h"

#define PLAN_ARENA_BYTES ((size_t)16 << 20)
#define HEADER_MAX_BYTES (64 * KIB)

/* `}` and the blank before the value (the last comma makes room for one of them), newline. */
#define CLOSING_BYTES 3

static void plan_free(struct snapshot *s)
{
    struct metric_plan *plan = KG_CONTAINER_OF(s, struct metric_plan, snapshot);
    arena_done(&plan->mem);
    free(plan);
}

struct metric_plan *metric_plan_ref(struct metric_plan *plan)
{
    snapshot_ref(&plan->snapshot);
    return plan;
}

struct metric_plan *metric_plan_unref(struct metric_plan *plan)
{
    if (plan) {
        snapshot_unref(&plan->snapshot);
    }
    return NULL;
}

/* a and b one after the other, in the arena. */
static int join(struct arena *mem, struct str a, const char *b, struct str *ret)
{
    size_t n_b = strlen(b);
    char *p = arena_alloc(mem, a.n + n_b);
    if (!p) {
        return -ENOMEM;
    }
    if (a.n) {
        memcpy(p, a.p, a.n);
    }
    memcpy(p + a.n, b, n_b);
    *ret = (struct str){ p, a.n + n_b };
    return 0;
}

/* Sorts the n indexes in order by the names they stand for. Lists are short: insertion. */
static void sort_by_name(uint8_t *order, size_t n, const struct str *names)
{
    for (size_t i = 1; i < n; i++) {
        uint8_t moving = order[i];
        size_t k = i;
        for (; k > 0 && str_cmp(names[order[k - 1]], names[moving]) > 0; k--) {
            order[k] = order[k - 1];
        }
        order[k] = moving;
    }
}

/* Sets *ret to `name="` of each of the n names in their order of the text, *ret_order to that
 * order. */
static int lay_out_names(struct arena *mem, const struct str *names, size_t n, bool sorted,
                         const struct str **ret, const uint8_t **ret_order)
{
    uint8_t *order = ARENA_ARRAY(mem, n, uint8_t);
    struct str *text = ARENA_ARRAY(mem, n, struct str);
    if (!order || !text) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint8_t)i;
    }
    if (sorted) {
        sort_by_name(order, n, names);
    }
    for (size_t i = 0; i < n; i++) {
        if (join(mem, names[order[i]], "=\"", &text[i]) < 0) {
            return -ENOMEM;
        }
    }
    *ret = text;
    *ret_order = order;
    return 0;
}

static size_t names_of(const char *const *labels, struct str *out)
{
    size_t n = metric_label_count(labels);
    for (size_t i = 0; i < n; i++) {
        out[i] = str_of(labels[i]);
    }
    return n;
}

static int make_headers(struct arena *mem, struct plan_row *row)
{
    auto_buf struct buf text = BUF_INIT(HEADER_MAX_BYTES);
    for (size_t i = 0; i < METRIC_N_FORMATS; i++) {
        buf_clear(&text);
        header_add(row->family, (enum metric_format)i, &text);
        if (buf_failed(&text) || arena_str(mem, buf_str(&text), &row->header[i]) < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int make_row(struct metric_plan *plan, const struct metric_family *family,
                    struct plan_row *row)
{
    struct str names[PLAN_LABELS_MAX] = { 0 };
    row->family = family;
    row->n_own = names_of(family->labels, names);
    int r = join(&plan->mem, str_of(family->name), "{", &row->head);
    r = r < 0 ? r : make_headers(&plan->mem, row);
    if (r >= 0) {
        r = lay_out_names(&plan->mem, names, row->n_own, plan->subject->sorted_labels, &row->own,
                          &row->order);
    }
    if (r < 0) {
        return r;
    }
    row->constant_bytes = row->head.n + CLOSING_BYTES;
    for (size_t k = 0; k < row->n_own; k++) {
        row->constant_bytes += row->own[k].n + 2;
    }
    return 0;
}

/* Number of the layout's labels that come before the own label: all, or those of a lesser name.
 * Both texts end with `="`, which is left out of the comparison. */
static uint8_t place(const struct metric_plan *plan, const struct label_layout *layout,
                     struct str own)
{
    if (!plan->subject->sorted_labels) {
        return (uint8_t)layout->n;
    }
    uint8_t at = 0;
    while (at < layout->n && str_cmp(str_head(layout->name[at], layout->name[at].n - 2),
                                     str_head(own, own.n - 2)) < 0) {
        at++;
    }
    return at;
}

static int make_places(const struct metric_plan *plan, struct arena *mem,
                       struct label_layout *layout)
{
    const uint8_t **at = ARENA_ARRAY(mem, plan->n_rows, const uint8_t *);
    if (!at) {
        return -ENOMEM;
    }
    for (size_t r = 0; r < plan->n_rows; r++) {
        const struct plan_row *row = &plan->rows[r];
        uint8_t *places = ARENA_ARRAY(mem, row->n_own, uint8_t);
        if (!places) {
            return -ENOMEM;
        }
        for (size_t k = 0; k < row->n_own; k++) {
            places[k] = place(plan, layout, row->own[k]);
        }
        at[r] = places;
    }
    layout->at = at;
    return 0;
}

static int make_layout(const struct metric_plan *plan, const struct str *extra, size_t n,
                       struct arena *mem, struct label_layout *ret)
{
    struct str names[PLAN_LABELS_MAX] = { 0 };
    struct label_layout layout = { .n = plan->n_common + n };
    names_of(plan->subject->labels, names);
    for (size_t i = 0; i < n; i++) {
        names[plan->n_common + i] = extra[i];
    }
    int r = lay_out_names(mem, names, layout.n, plan->subject->sorted_labels, &layout.name,
                          &layout.from);
    if (r >= 0) {
        r = make_places(plan, mem, &layout);
    }
    if (r >= 0) {
        *ret = layout;
    }
    return r;
}

int label_layout_make(const struct metric_plan *plan, const struct str *extra, size_t n,
                      struct arena *mem, struct label_layout *ret, struct err *err)
{
    if (n > PLAN_LABELS_MAX - plan->n_common) {
        return err_set(err, EINVAL, "%s: more than %d labels", plan->subject->name,
                       PLAN_LABELS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        bool taken = metric_subject_has_label(plan->subject, extra[i]);
        for (size_t k = 0; k < i; k++) {
            taken = taken || str_eq(extra[i], extra[k]);
        }
        if (taken || !label_name_legal(extra[i])) {
            return err_set(err, EINVAL, "%s: label \"" STR_FMT "\" is %s", plan->subject->name,
                           STR_ARG(extra[i]), taken ? "there already" : "not a legal name");
        }
    }
    int r = make_layout(plan, extra, n, mem, ret);
    return r < 0 ? err_set(err, -r, "%s: labels", plan->subject->name) : 0;
}

static int check_counts(const struct metric_subject *subject, struct err *err)
{
    size_t most = metric_label_count(subject->labels);
    for (size_t i = 0; i < subject->n_rows; i++) {
        most = KG_MAX(most, metric_label_count(subject->rows[i].labels));
    }
    return most <= PLAN_LABELS_MAX
               ? 0
               : err_set(err, EINVAL, "%s: more than %d labels", subject->name, PLAN_LABELS_MAX);
}

static int fill(struct metric_plan *plan, const struct metric_selection *selection)
{
    const struct metric_subject *subject = plan->subject;
    struct plan_row *rows = ARENA_ARRAY(&plan->mem, subject->n_rows, struct plan_row);
    if (!rows) {
        return -ENOMEM;
    }
    plan->rows = rows;
    plan->n_common = metric_label_count(subject->labels);
    for (size_t i = 0; i < subject->n_rows; i++) {
        if (!metric_selected(selection, &subject->rows[i])) {
            continue;
        }
        int r = make_row(plan, &subject->rows[i], &rows[plan->n_rows]);
        if (r < 0) {
            return r;
        }
        plan->n_rows++;
    }
    return make_layout(plan, NULL, 0, &plan->mem, &plan->layout);
}

struct metric_plan *metric_plan_new(const struct metric_subject *subject,
                                    const struct metric_selection *selection, struct err *err)
{
    if (check_counts(subject, err) < 0) {
        return NULL;
    }
    struct metric_plan *plan = calloc(1, sizeof(*plan));
    if (!plan) {
        err_set(err, ENOMEM, "%s: table", subject->name);
        return NULL;
    }
    snapshot_init(&plan->snapshot, plan_free);
    plan->subject = subject;
    arena_init(&plan->mem, PLAN_ARENA_BYTES);
    int r = fill(plan, selection);
    if (r < 0) {
        err_set(err, -r, "%s: table", subject->name);
        return metric_plan_unref(plan);
    }
    return plan;
}
