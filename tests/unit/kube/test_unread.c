/* test_unread.c — that no kind reads what it says it does not: an object gives the same series
 * without those members, and with anything else in their place. */
#include "kube/client/json_cut.h"
#include "kube/join/pod_index.h"
#include "kube/object/meta.h"
#include "kube/resources/resource.h"

#include "tests/support/json_paths.h"
#include "tests/support/reference.h"
#include "tests/support/render.h"

#include <dirent.h>

#define LABELS "*=[*]"

static const char *const anything[] = {
    "{\"x\":[{\"y\":1}]}",
    "[{\"name\":\"x\",\"status\":\"True\"}]",
    "\"text\"",
    "17",
    "null",
    "true",
};

static void render(const char *name, struct str text, struct buf *out)
{
    struct err err = { 0 };
    if (render_text(text, LABELS, LABELS, true, out, &err) < 0) {
        buf_addf(out, "error: %s", err_text(&err)); /* of a case that is wrong by design */
    }
    assert_int_equal(buf_failed(out), 0);
    (void)name;
}

static void same(const char *name, const char *how, struct str text, struct str want)
{
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    render(name, text, &out);
    if (!str_eq(buf_str(&out), want)) {
        fail_msg("%s gives other series %s", name, how);
    }
}

static void with_others(const char *name, struct str text, const char *path, struct str want)
{
    for (size_t i = 0; i < KG_ARRAY_LEN(anything); i++) {
        json_t *tree = json_loadb(text.p, text.n, 0, NULL);
        json_t *value = json_loads(anything[i], JSON_DECODE_ANY, NULL);
        assert_non_null(tree);
        assert_non_null(value);
        json_paths_set(tree, path, value);
        char *changed = json_dumps(tree, JSON_COMPACT);
        assert_non_null(changed);
        char how[256];
        snprintf(how, sizeof(how), "with %s at %s", anything[i], path);
        same(name, how, str_of(changed), want);
        free(changed);
        json_decref(value);
        json_decref(tree);
    }
}

/* Without an allowlist labels and annotations are read by those kinds only that say so. */
static void check_metadata(const char *name, const struct kube_resource *kind, struct str text)
{
    static const char *const labels[] = { "metadata.labels", NULL };
    static const char *const annotations[] = { "metadata.annotations", NULL };
    const char *const *const lists[] = {
        kind->reads_labels ? NULL : labels,
        kind->reads_annotations ? NULL : annotations,
    };
    auto_buf struct buf scratch = BUF_INIT(16 * MIB), want = BUF_INIT(16 * MIB);
    auto_buf struct buf got = BUF_INIT(16 * MIB);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    struct err err = { 0 };
    int whole = render_text(text, NULL, NULL, true, &want, &err);
    int part = render_text(json_cut_object(cut, text, &scratch), NULL, NULL, true, &got, &err);
    if (whole != part || !str_eq(buf_str(&got), buf_str(&want))) {
        fail_msg("%s gives other series without labels and annotations", name);
    }
    json_cut_free(cut);
}

static void check_object(const char *name, const struct kube_resource *kind, struct str text,
                         bool in_full)
{
    const char *const *const lists[] = { kube_meta_unread, kind->unread };
    auto_buf struct buf scratch = BUF_INIT(16 * MIB), want = BUF_INIT(16 * MIB);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    render(name, text, &want);
    same(name, "when cut", json_cut_object(cut, text, &scratch), buf_str(&want));
    check_metadata(name, kind, text);
    for (size_t i = 0; in_full && i < KG_ARRAY_LEN(lists); i++) {
        for (const char *const *path = lists[i]; path && *path; path++) {
            with_others(name, text, *path, buf_str(&want));
        }
    }
    json_cut_free(cut);
}

static void check_kind(const struct kube_resource *kind)
{
    char folder[256];
    snprintf(folder, sizeof(folder), "tests/fixtures/kube/%s", kind->plural);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t n = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (str_ends(str_of(entry->d_name), STR(".json"))) {
            char path[512];
            auto_buf struct buf text = BUF_INIT(1 * MIB);
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            assert_true(file_read(AT_FDCWD, path, &text, NULL) >= 0);
            check_object(path, kind, buf_str(&text), true);
            n++;
        }
    }
    closedir(dir);
    assert_true(n > 0);
}

static void fixtures_are_the_same(void **state)
{
    (void)state;
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        check_kind(*kind);
    }
}

/* The typical pod has most of what is cut; without it the test above would show little. */
static void a_typical_pod_loses_half(void **state)
{
    (void)state;
    const struct kube_resource *pods = kube_resource_by_plural(STR("pods"));
    const char *const *const lists[] = { kube_meta_unread, pods->unread };
    auto_buf struct buf text = BUF_INIT(1 * MIB), scratch = BUF_INIT(1 * MIB);
    const char *name = "tests/bench/typical-pod.json";
    assert_true(file_read(AT_FDCWD, name, &text, NULL) >= 0);
    check_object(name, pods, buf_str(&text), true);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    struct str left = json_cut_object(cut, buf_str(&text), &scratch);
    assert_true(left.n < text.n * 6 / 10);
    json_cut_free(cut);
}

static void check_case(const json_t *line, void *kind)
{
    char *text = json_dumps(json_object_get(line, "object"), JSON_COMPACT);
    assert_non_null(text);
    check_object(json_string_value(json_object_get(line, "id")), kind, str_of(text), false);
    free(text);
}

static void reference_cases_are_the_same(void **state)
{
    (void)state;
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        int n = reference_each("ksm/cases.jsonl", "resource", (*kind)->plural, check_case,
                               (void *)(uintptr_t)*kind);
        assert_true(n != 0 && n != -2);
        if (n < 0) {
            return;
        }
    }
}

/* The pod index is a second reader of pods. */
static void the_pod_index_reads_no_more_than_it_says(void **state)
{
    (void)state;
    const struct kube_resource *pods = kube_resource_by_plural(STR("pods"));
    const char *const *const lists[] = { kube_meta_unread, pods->unread };
    auto_buf struct buf text = BUF_INIT(1 * MIB), scratch = BUF_INIT(1 * MIB);
    const struct str columns[] = { STR("app"), STR("annotation:a"), STR("owner"), STR("node") };
    assert_true(file_read(AT_FDCWD, "tests/fixtures/kube/pods/complete.json", &text, NULL) >= 0);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    assert_non_null(cut);
    json_cut_keep(cut, pod_index_consumer.reads);
    struct str left = json_cut_object(cut, buf_str(&text), &scratch);
    struct pod_index *index = pod_index_new(columns, KG_ARRAY_LEN(columns), NULL);
    json_t *whole = json_loadb(text.p, text.n, 0, NULL),
           *part = json_loadb(left.p, left.n, 0, NULL);
    assert_non_null(index);
    assert_non_null(whole);
    assert_non_null(part);
    assert_int_equal(pod_index_consumer.relist_begin(index, NULL), 0);
    assert_int_equal(pod_index_consumer.put(index, whole, NULL), 0);
    assert_int_equal(pod_index_consumer.relist_commit(index, NULL), 0);
    pod_index_consumer.settle(index);
    struct pod_index_table *before = pod_index_acquire(index);
    assert_int_equal(pod_index_consumer.put(index, part, NULL), 0);
    pod_index_consumer.settle(index);
    struct pod_index_table *after = pod_index_acquire(index);
    /* A pod that is as it was makes no new table. */
    assert_true(before->generation == after->generation);
    snapshot_unref(&before->snapshot);
    snapshot_unref(&after->snapshot);
    json_decref(whole);
    json_decref(part);
    pod_index_free(index);
    json_cut_free(cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures_are_the_same),
        cmocka_unit_test(a_typical_pod_loses_half),
        cmocka_unit_test(reference_cases_are_the_same),
        cmocka_unit_test(the_pod_index_reads_no_more_than_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
