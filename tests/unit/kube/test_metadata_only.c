/* test_metadata_only.c — when a kind's metadata is enough, it really is: the families that are said
 * to need no more read the same from an object that has nothing else. */
#include "kube/resources/resource.h"

#include "tests/support/render.h"

#include <dirent.h>

static void render_selected(const json_t *object, const struct metric_selection *selection,
                            struct buf *out)
{
    struct err err = { 0 };
    struct key_allowlists *all = key_allowlists_parse(STR("*=[*]"), NULL);
    char *text = json_dumps(object, 0);
    assert_non_null(all);
    assert_non_null(text);
    const struct kube_render_options options = {
        .selection = selection,
        .labels = all,
        .annotations = all,
        .format = METRIC_FORMAT_TEXT,
    };
    if (kube_render(str_of(text), &options, out, NULL, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
    free(text);
    key_allowlists_free(all);
}

static json_t *load(const char *path)
{
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    struct err err = { 0 };
    if (file_read(AT_FDCWD, path, &text, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
    json_t *tree = json_loadb(text.p, text.n, 0, NULL);
    assert_non_null(tree);
    return tree;
}

/* What a server cuts an object down to; the type stays, so that render knows the kind. */
static json_t *cut_down(json_t *object)
{
    json_t *cut = json_object();
    static const char *const kept[] = { "apiVersion", "kind", "metadata" };
    for (size_t i = 0; i < KG_ARRAY_LEN(kept); i++) {
        json_t *value = json_object_get(object, kept[i]);
        if (value) {
            assert_int_equal(json_object_set(cut, kept[i], value), 0);
        }
    }
    return cut;
}

static void check_object(const char *path, const struct metric_selection *selection)
{
    auto_buf struct buf from_whole = BUF_INIT(1 * MIB), from_cut = BUF_INIT(1 * MIB);
    json_t *whole = load(path);
    json_t *cut = cut_down(whole);
    render_selected(whole, selection, &from_whole);
    render_selected(cut, selection, &from_cut);
    assert_true(from_whole.n > 0);
    if (!str_eq(buf_str(&from_whole), buf_str(&from_cut))) {
        fail_msg("%s: whole:\n%s\nmetadata only:\n%s", path, buf_c(&from_whole), buf_c(&from_cut));
    }
    json_decref(whole);
    json_decref(cut);
}

static int is_json(const struct dirent *entry)
{
    return str_ends(str_of(entry->d_name), STR(".json"));
}

static void check_fixtures(const struct kube_resource *kind,
                           const struct metric_selection *selection)
{
    struct dirent **entries;
    char path[512];
    snprintf(path, sizeof(path), "tests/fixtures/kube/%s", kind->plural);
    int n = scandir(path, &entries, is_json, alphasort);
    assert_true(n >= 2);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "tests/fixtures/kube/%s/%s", kind->plural, entries[i]->d_name);
        check_object(path, selection);
        free(entries[i]);
    }
    free(entries);
}

/* Returns whether the metadata is said to be enough for the row. */
static bool check_row(const struct kube_resource *kind, const struct metric_family *row)
{
    char pattern[128];
    snprintf(pattern, sizeof(pattern), "^%s$", row->name);
    const struct str only[] = { str_of(pattern) };
    struct metric_selection *selection = metric_selection_new(only, 1, NULL, 0, only, 1, NULL);
    assert_non_null(selection);
    bool is_enough = kube_resource_needs_metadata_only(kind, selection);
    if (is_enough) {
        check_fixtures(kind, selection);
    }
    metric_selection_free(selection);
    return is_enough;
}

static void metadata_is_enough(void **state)
{
    (void)state;
    auto_buf struct buf never = BUF_INIT(1024);
    int n = 0;
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        int of_kind = 0;
        for (size_t i = 0; i < (*kind)->subject->n_rows; i++) {
            of_kind += check_row(*kind, &(*kind)->subject->rows[i]);
        }
        n += of_kind;
        buf_addf(&never, "%s%s", of_kind ? "" : (*kind)->plural, of_kind ? "" : " ");
    }
    /* The name of its signer is a label on everything of a request; a lease has two families. */
    assert_string_equal(buf_c(&never), "certificatesigningrequests leases ");
    assert_in_range(n, 120, 140);
}

static void of_all_families(void **state)
{
    (void)state;
    auto_buf struct buf plurals = BUF_INIT(1024);
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        if (kube_resource_needs_metadata_only(*kind, NULL)) {
            buf_addf(&plurals, "%s ", (*kind)->plural);
        }
    }
    assert_string_equal(buf_c(&plurals), "clusterroles configmaps roles ");
}

static void of_those_selected(void **state)
{
    (void)state;
    const struct str type[] = { STR("^kube_secret_type$") };
    const struct kube_resource *secrets = kube_resource_by_plural(STR("secrets"));
    struct metric_selection *without = metric_selection_new(NULL, 0, type, 1, NULL, 0, NULL);
    struct metric_selection *with = metric_selection_new(type, 1, NULL, 0, NULL, 0, NULL);
    assert_true(kube_resource_needs_metadata_only(secrets, without));
    assert_false(kube_resource_needs_metadata_only(secrets, with));
    assert_false(kube_resource_needs_metadata_only(secrets, NULL));
    metric_selection_free(without);
    metric_selection_free(with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_is_enough),
        cmocka_unit_test(of_all_families),
        cmocka_unit_test(of_those_selected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
