#include "kube/object/condition.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

#include "base/limits.h"
#include "metrics/scrape.h"
#include "metrics/store.h"
#include "tests/support/cmocka.h"

/* A resource kind of its own that uses every shared row and helper, as the real ones do. */
struct widget_sample {
    struct kube_meta meta; /* first */
    int64_t size;
    struct kube_conditions conditions;
};

enum { WIDGET_SIZE = KUBE_PRESENT_OWN };

static void emit_conditions(const void *sample, struct metric_writer *out)
{
    const struct widget_sample *widget = sample;
    for (size_t i = 0; i < widget->conditions.n; i++) {
        const struct kube_condition *c = &widget->conditions.items[i];
        kube_put_condition(out, c->status, (const struct str[]){ c->reason, c->type }, 2);
    }
}

static const struct metric_family widget_rows[] = {
    KUBE_ROW_CREATED("kube_widget_created", STABLE, "widget"),
    KUBE_ROW_DELETED("kube_widget_deletion_timestamp", ALPHA, "widget"),
    KUBE_ROW_GENERATION("kube_widget_metadata_generation", STABLE, "widget"),
    KUBE_ROW_VERSION("kube_widget_metadata_resource_version", ALPHA, "widget"),
    KUBE_ROW_ONE("kube_widget_info", STABLE, "widget"),
    KUBE_ROW_LABELS("kube_widget_labels", STABLE, "widget"),
    KUBE_ROW_ANNOTATIONS("kube_widget_annotations", ALPHA, "widget"),
    KUBE_ROW_OWNER("kube_widget_owner", STABLE, "widget"),
    KUBE_ROW("kube_widget_size", GAUGE, ALPHA, ".spec.size", "Size that is asked for.",
             .needs = WIDGET_SIZE, .field = METRIC_FIELD(struct widget_sample, size, 1)),
    KUBE_ROW("kube_widget_status_condition", GAUGE, ALPHA, ".status.conditions[]",
             "1 on a condition's status, 0 on the others.", .emit = emit_conditions,
             .labels = METRIC_LABELS("reason", "condition", "status")),
};

static const struct metric_subject widget_subject = {
    .name = "widgets",
    .part = "state",
    .sample_size = sizeof(struct widget_sample),
    .present_at = offsetof(struct widget_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "widget"),
    .common = kube_common_namespace_name,
    .rows = widget_rows,
    .n_rows = KG_ARRAY_LEN(widget_rows),
};

static int widget_decode(const json_t *object, const struct kube_decode *how, void *sample,
                         struct err *err)
{
    struct widget_sample *widget = sample;
    int r = kube_meta_decode(object, how, &widget->meta, err);
    if (r < 0) {
        return r;
    }
    if (json_get_i64_if(json_get_object(object, "spec"), "size", &widget->size)) {
        widget->meta.present |= WIDGET_SIZE;
    }
    return kube_conditions_decode(json_get_array(json_get_object(object, "status"), "conditions"),
                                  how, &widget->conditions, err);
}

static json_t *object_of(const char *text)
{
    json_error_t error;
    char *json = strdup(text);
    for (char *c = json; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *object = json_loads(json, 0, &error);
    if (!object) {
        fail_msg("%s: %s", json, error.text);
    }
    free(json);
    return object;
}

/* The series of a widget; everything: with allowlists that let all keys through. */
static void check(const char *text, bool everything, const char *want)
{
    const struct str all[] = { STR("*") };
    struct err err = { 0 };
    struct arena mem;
    arena_init(&mem, 1 * MIB);
    struct key_allowlist *list = everything ? key_allowlist_new(all, 1, &err) : NULL;
    const struct kube_decode how = { .mem = &mem, .labels = list, .annotations = list };
    struct widget_sample widget = { 0 };
    json_t *object = object_of(text);
    assert_int_equal(widget_decode(object, &how, &widget, &err), 0);

    struct metric_store *store = metric_store_new(&widget_subject, NULL, NULL, &err);
    assert_non_null(store);
    assert_int_equal(metric_store_put(store, widget.meta.uid, &widget, &err), 0);
    assert_int_equal(metric_store_publish(store, &err), 0);
    struct metric_part *part = metric_store_part(store);
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    auto_buf struct buf have = BUF_INIT(1 * MIB), series = BUF_INIT(1 * MIB);
    assert_int_equal(scrape_next(scrape, &have, SIZE_MAX), 0);
    struct str rest = buf_str(&have);
    while (rest.n) {
        struct str line = str_line(&rest);
        if (!str_starts(line, STR("#"))) {
            buf_addf(&series, STR_FMT "\n", STR_ARG(line));
        }
    }
    assert_string_equal(buf_c(&series), want);
    scrape_free(scrape);
    metric_store_free(store);
    json_decref(object);
    key_allowlist_free(list);
    arena_done(&mem);
}

static void all_that_metadata_gives(void **state)
{
    (void)state;
    check("{'metadata':{'name':'w','namespace':'n','uid':'u','generation':3,'resourceVersion':'"
          "1234567',"
          "'creationTimestamp':'2026-01-02T03:04:05Z','deletionTimestamp':'2026-01-02T03:04:06Z',"
          "'labels':{'a/b':'1','c':2},'annotations':{'d':'x'},'ownerReferences':["
          "{'kind':'K','name':'k','controller':true},{'kind':'L','name':'l'},'none']},"
          "'spec':{'size':0},'status':{'conditions':[{'type':'Ready','status':'True',"
          "'reason':'Fine'},{'type':'Odd','status':'true'},7]}}",
          true,
          "kube_widget_created{namespace=\"n\",widget=\"w\"} 1.767323045e+09\n"
          "kube_widget_deletion_timestamp{namespace=\"n\",widget=\"w\"} 1.767323046e+09\n"
          "kube_widget_metadata_generation{namespace=\"n\",widget=\"w\"} 3\n"
          "kube_widget_metadata_resource_version{namespace=\"n\",widget=\"w\"} 1.234567e+06\n"
          "kube_widget_info{namespace=\"n\",widget=\"w\"} 1\n"
          "kube_widget_labels{namespace=\"n\",widget=\"w\",label_a_b=\"1\"} 1\n"
          "kube_widget_annotations{namespace=\"n\",widget=\"w\",annotation_d=\"x\"} 1\n"
          "kube_widget_owner{namespace=\"n\",widget=\"w\",owner_kind=\"K\",owner_name=\"k\","
          "owner_is_controller=\"true\"} 1\n"
          "kube_widget_owner{namespace=\"n\",widget=\"w\",owner_kind=\"L\",owner_name=\"l\","
          "owner_is_controller=\"false\"} 1\n"
          "kube_widget_size{namespace=\"n\",widget=\"w\"} 0\n"
          "kube_widget_status_condition{namespace=\"n\",widget=\"w\",reason=\"Fine\","
          "condition=\"Ready\",status=\"true\"} 1\n"
          "kube_widget_status_condition{namespace=\"n\",widget=\"w\",reason=\"Fine\","
          "condition=\"Ready\",status=\"false\"} 0\n"
          "kube_widget_status_condition{namespace=\"n\",widget=\"w\",reason=\"Fine\","
          "condition=\"Ready\",status=\"unknown\"} 0\n"
          "kube_widget_status_condition{namespace=\"n\",widget=\"w\",reason=\"\","
          "condition=\"Odd\",status=\"true\"} 0\n"
          "kube_widget_status_condition{namespace=\"n\",widget=\"w\",reason=\"\","
          "condition=\"Odd\",status=\"false\"} 0\n"
          "kube_widget_status_condition{namespace=\"n\",widget=\"w\",reason=\"\","
          "condition=\"Odd\",status=\"unknown\"} 0\n");
}

static void what_is_absent_is_not_shown(void **state)
{
    (void)state;
    static const char owner_and_generation[] =
        "kube_widget_metadata_generation{namespace=\"\",widget=\"w\"} 0\n"
        "kube_widget_info{namespace=\"\",widget=\"w\"} 1\n"
        "kube_widget_owner{namespace=\"\",widget=\"w\",owner_kind=\"\",owner_name=\"\","
        "owner_is_controller=\"\"} 1\n";
    check("{'metadata':{'name':'w'}}", false, owner_and_generation);
    check("{'metadata':{'name':'w','creationTimestamp':null,'labels':{'a':'1'},'resourceVersion':'"
          "12b',"
          "'ownerReferences':null},'spec':{'size':'5'},'status':{'conditions':{}}}",
          false, owner_and_generation);
    /* With an allowlist the series is there even when no key matches. */
    check("{'metadata':{'name':'w'}}", true,
          "kube_widget_metadata_generation{namespace=\"\",widget=\"w\"} 0\n"
          "kube_widget_info{namespace=\"\",widget=\"w\"} 1\n"
          "kube_widget_labels{namespace=\"\",widget=\"w\"} 1\n"
          "kube_widget_annotations{namespace=\"\",widget=\"w\"} 1\n"
          "kube_widget_owner{namespace=\"\",widget=\"w\",owner_kind=\"\",owner_name=\"\","
          "owner_is_controller=\"\"} 1\n");
}

static void objects_without_a_name(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{}",
        "{'metadata':null}",
        "{'metadata':{}}",
        "{'metadata':{'name':''}}",
        "{'metadata':{'name':5}}",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(texts); i++) {
        struct kube_meta meta;
        struct err err = { 0 };
        struct arena mem;
        arena_init(&mem, 4096);
        const struct kube_decode how = { .mem = &mem };
        json_t *object = object_of(texts[i]);
        assert_int_equal(kube_meta_decode(object, &how, &meta, &err), -EBADMSG);
        assert_int_equal(err.code, EBADMSG);
        json_decref(object);
        arena_done(&mem);
    }
}

/* KSM shows them, and so does --ksm-quirks. */
static void a_name_may_be_missing_with_quirks(void **state)
{
    (void)state;
    struct arena mem;
    arena_init(&mem, 4096);
    const struct kube_decode how = { .mem = &mem, .ksm_quirks = true };
    struct kube_meta meta;
    json_t *object = object_of("{'metadata':{}}"), *none = object_of("{'metadata':5}");
    assert_int_equal(kube_meta_decode(object, &how, &meta, NULL), 0);
    assert_int_equal(meta.name.n, 0);
    assert_int_equal(kube_meta_decode(none, &how, &meta, NULL), -EBADMSG);
    json_decref(object);
    json_decref(none);
    arena_done(&mem);
}

static void the_controller_is_the_first_that_says_so(void **state)
{
    (void)state;
    const struct kube_owner owners[] = {
        { STR("A"), STR("a"), false },
        { STR("B"), STR("b"), true },
        { STR("C"), STR("c"), true },
    };
    struct kube_meta meta = { .owners = owners, .n_owners = 3 };
    assert_ptr_equal(kube_meta_controller(&meta), &owners[1]);
    meta.n_owners = 1;
    assert_null(kube_meta_controller(&meta));
    meta.n_owners = 0;
    assert_null(kube_meta_controller(&meta));
}

static void conditions_by_type(void **state)
{
    (void)state;
    struct arena mem;
    arena_init(&mem, 4096);
    const struct kube_decode how = { .mem = &mem };
    struct kube_conditions conditions;
    json_t *array = object_of("['x',{'type':'A','status':'True'},{'type':'B','status':'False',"
                              "'lastTransitionTime':'1970-01-01T00:00:09Z'},"
                              "{'type':'A','status':'False'}]");
    assert_int_equal(kube_conditions_decode(array, &how, &conditions, NULL), 0);
    assert_int_equal(conditions.n, 3);
    const struct kube_condition *a = kube_condition_find(&conditions, STR("A"));
    const struct kube_condition *b = kube_condition_find(&conditions, STR("B"));
    assert_true(kube_condition_is(a, "True") && !a->has_changed);
    assert_true(kube_condition_is(b, "False") && b->has_changed && b->changed_unix_sec == 9);
    assert_null(kube_condition_find(&conditions, STR("C")));
    assert_false(kube_condition_is(NULL, "True"));
    json_decref(array);
    arena_done(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_metadata_gives),
        cmocka_unit_test(what_is_absent_is_not_shown),
        cmocka_unit_test(objects_without_a_name),
        cmocka_unit_test(a_name_may_be_missing_with_quirks),
        cmocka_unit_test(the_controller_is_the_first_that_says_so),
        cmocka_unit_test(conditions_by_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
