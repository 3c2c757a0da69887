#include "kube/resources/resource.h"

#include "metrics/names.h"
#include "tests/support/cmocka.h"
#include "tests/support/reference.h"

/* Calls fn for each row of each resource kind. */
static void each_row(void (*fn)(const struct kube_resource *, const struct metric_family *))
{
    for (const struct kube_resource *const *r = kube_resources; *r; r++) {
        for (size_t i = 0; i < (*r)->subject->n_rows; i++) {
            fn(*r, &(*r)->subject->rows[i]);
        }
    }
}

static void registry(void **state)
{
    (void)state;
    for (const struct kube_resource *const *r = kube_resources; *r; r++) {
        assert_true(r == kube_resources || strcmp(r[-1]->plural, r[0]->plural) < 0);
        assert_ptr_equal(kube_resource_by_plural(str_of((*r)->plural)), *r);
        assert_ptr_equal(kube_resource_by_kind(str_of((*r)->kind), str_of((*r)->group)), *r);
        assert_string_equal((*r)->subject->name, (*r)->plural);
        assert_string_equal((*r)->subject->part, "state");
        assert_true((*r)->subject->headers_always);
        assert_false((*r)->subject->sorted_labels);
        assert_non_null((*r)->decode);
        assert_in_range((*r)->rank, KUBE_RANK_NODES, KUBE_RANK_MANY);
    }
    assert_null(kube_resource_by_plural(STR("nothings")));
    assert_null(kube_resource_by_plural(STR("")));
    assert_null(kube_resource_by_kind(STR("Pod"), STR("apps")));
    assert_null(kube_resource_by_kind(STR("pod"), STR("")));
}

static void check_row(const struct kube_resource *resource, const struct metric_family *row)
{
    const struct str name = str_of(row->name), help = str_of(row->help);
    bool total = str_ends(name, STR("_total"));
    if (!metric_name_legal(name) || !str_starts(name, STR("kube_")) || help.n < 10 ||
        help.p[help.n - 1] != '.' || str_find(help, '\n') >= 0 || !row->source ||
        total != (row->type == METRIC_COUNTER) ||
        (row->emit != NULL) == (row->field.kind != METRIC_FIELD_NONE) ||
        (row->field.kind != METRIC_FIELD_NONE && (row->labels || row->open_labels))) {
        fail_msg("row %s is not as it should be", row->name);
    }
    for (size_t i = 0; i < metric_label_count(row->labels); i++) {
        assert_true(label_name_legal(str_of(row->labels[i])));
    }
    size_t same = 0;
    for (size_t i = 0; i < resource->subject->n_rows; i++) {
        same += str_eq_c(name, resource->subject->rows[i].name);
    }
    assert_int_equal(same, 1);
}

static void rows(void **state)
{
    (void)state;
    each_row(check_row);
}

/* namespace,pod,uid,container,… as families.tsv writes them. */
static void row_labels(const struct kube_resource *resource, const struct metric_family *row,
                       struct buf *ret)
{
    const char *const *lists[] = { resource->subject->labels, row->labels };
    for (size_t l = 0; l < KG_ARRAY_LEN(lists); l++) {
        for (size_t i = 0; i < metric_label_count(lists[l]); i++) {
            buf_addf(ret, "%s%s", ret->n ? "," : "", lists[l][i]);
        }
    }
}

/* Off here, on there: docs/differences.md. */
static bool is_off_for_safety(const struct kube_resource *resource)
{
    return str_eq_c(str_of(resource->plural), "secrets") ||
           str_eq_c(str_of(resource->plural), "configmaps");
}

static void check_reference(const struct kube_resource *resource, const struct metric_family *row,
                            struct str fields)
{
    auto_buf struct buf labels = BUF_INIT(4096);
    struct str name = str_cut(&fields, '\t'), type = str_cut(&fields, '\t');
    struct str stability = str_cut(&fields, '\t'), on = str_cut(&fields, '\t');
    struct str want = str_cut(&fields, '\t');
    bool is_on = !row->opt_in && (resource->on_by_default || is_off_for_safety(resource));
    assert_false(resource->on_by_default && is_off_for_safety(resource));
    row_labels(resource, row, &labels);
    /* Labels that a series may lack stand last, whatever their names. */
    ssize_t optional = str_find(want, '?');
    if (row->open_labels && optional >= 0) {
        want = str_head(want, (size_t)optional);
        want = str_head(want, (size_t)KG_MAX(str_rfind(want, ','), 0));
    }
    if (!str_eq_c(name, row->name) ||
        !str_eq_c(type, row->type == METRIC_COUNTER ? "counter" : "gauge") ||
        !str_eq_c(stability, row->stability == METRIC_STABLE ? "STABLE" : "ALPHA") ||
        !str_eq_c(on, is_on ? "yes" : "no") || !str_eq(want, buf_str(&labels))) {
        fail_msg("row %s differs from the reference's " STR_FMT, row->name, STR_ARG(name));
    }
}

/* Same families, in the same order, with the same labels in the same order. */
static void rows_as_in_the_reference(void **state)
{
    (void)state;
    FILE *file = reference_open("ksm/families.tsv");
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    size_t seen = 0, total = 0;
    const struct kube_resource *last = NULL;
    if (!file) {
        return;
    }
    while ((n = getline(&line, &size, file)) > 0) {
        struct str fields = { line, (size_t)n };
        const struct kube_resource *resource = kube_resource_by_plural(str_cut(&fields, '\t'));
        if (resource) {
            seen = resource == last ? seen + 1 : 0;
            last = resource;
            assert_true(seen < resource->subject->n_rows);
            check_reference(resource, &resource->subject->rows[seen], fields);
            total++;
        }
    }
    free(line);
    fclose(file);
    for (const struct kube_resource *const *r = kube_resources; *r; r++) {
        total -= (*r)->subject->n_rows;
    }
    assert_int_equal(total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry),
        cmocka_unit_test(rows),
        cmocka_unit_test(rows_as_in_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
