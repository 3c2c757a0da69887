/* Every resource kind, by its fixtures and golden files and by the reference's cases. A kind has
 * tests/fixtures/kube/PLURAL/complete.json with all it reads and minimal.json with a name only, and
 * what else it takes for each of its families to have a sample. */
#include "kube/object/meta.h"
#include "kube/resources/resource.h"

#include "tests/support/reference.h"
#include "tests/support/render.h"

#include <dirent.h>

#define FIXTURE_LABELS "*=[*]"
#define FIXTURE_ANNOTATIONS "*=[example.com/*]"

static void fixture_path(const struct kube_resource *kind, const char *name, char *ret, size_t size)
{
    snprintf(ret, size, "tests/fixtures/kube/%s/%s", kind->plural, name);
}

static void read_fixture(const struct kube_resource *kind, const char *name, struct buf *ret)
{
    char path[512];
    struct err err = { 0 };
    fixture_path(kind, name, path, sizeof(path));
    if (file_read(AT_FDCWD, path, ret, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
}

static json_t *load_fixture(const struct kube_resource *kind, const char *name)
{
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    read_fixture(kind, name, &text);
    json_t *tree = json_loadb(text.p, text.n, 0, NULL);
    if (!tree) {
        fail_msg("%s/%s is not JSON", kind->plural, name);
    }
    return tree;
}

static void golden_path(const struct kube_resource *kind, const char *name, char *ret, size_t size)
{
    snprintf(ret, size, "tests/golden/kube/%s/" STR_FMT ".prom", kind->plural,
             STR_ARG(str_head(str_of(name), strlen(name) - strlen(".json"))));
}

static void without_comments(struct str text, struct buf *ret)
{
    while (text.n) {
        struct str line = str_line(&text);
        if (!str_starts(line, STR("#"))) {
            buf_addf(ret, STR_FMT "\n", STR_ARG(line));
        }
    }
}

static int is_fixture(const struct dirent *entry)
{
    return str_ends(str_of(entry->d_name), STR(".json"));
}

static void each_fixture(const struct kube_resource *kind,
                         void (*fn)(const struct kube_resource *, const char *, void *), void *arg)
{
    char path[512];
    struct dirent **names;
    fixture_path(kind, "", path, sizeof(path));
    int n = scandir(path, &names, is_fixture, alphasort);
    if (n < 2) {
        fail_msg("%s has fewer than two fixtures", kind->plural);
    }
    for (int i = 0; i < n; i++) {
        fn(kind, names[i]->d_name, arg);
        free(names[i]);
    }
    free(names);
}

static void each_kind(void (*fn)(const struct kube_resource *))
{
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        fn(*kind);
    }
}

static void check_fixture(const struct kube_resource *kind, const char *name, void *arg)
{
    char path[512];
    struct err err = { 0 };
    auto_buf struct buf object = BUF_INIT(1 * MIB), text = BUF_INIT(1 * MIB);
    auto_buf struct buf samples = BUF_INIT(1 * MIB);
    (void)arg;
    read_fixture(kind, name, &object);
    if (render_text(buf_str(&object), FIXTURE_LABELS, FIXTURE_ANNOTATIONS, true, &text, &err) < 0) {
        fail_msg("%s/%s: %s", kind->plural, name, err_text(&err));
    }
    without_comments(buf_str(&text), &samples);
    golden_path(kind, name, path, sizeof(path));
    assert_golden(path, buf_str(&samples));
}

static void check_fixtures(const struct kube_resource *kind)
{
    each_fixture(kind, check_fixture, NULL);
}

static void fixtures_give_the_golden_samples(void **state)
{
    (void)state;
    each_kind(check_fixtures);
}

static void add_golden(const struct kube_resource *kind, const char *name, void *all)
{
    char path[512];
    golden_path(kind, name, path, sizeof(path));
    assert_true(file_read(AT_FDCWD, path, all, NULL) >= 0);
}

static void check_families(const struct kube_resource *kind)
{
    auto_buf struct buf all = BUF_INIT(4 * MIB), object = BUF_INIT(1 * MIB);
    auto_buf struct buf headers = BUF_INIT(1 * MIB);
    buf_add_c(&all, "\n");
    each_fixture(kind, add_golden, &all);
    read_fixture(kind, "minimal.json", &object);
    assert_int_equal(render_text(buf_str(&object), NULL, NULL, true, &headers, NULL), 0);
    for (size_t i = 0; i < kind->subject->n_rows; i++) {
        char series[128], header[128];
        const char *name = kind->subject->rows[i].name;
        snprintf(series, sizeof(series), "\n%s{", name);
        snprintf(header, sizeof(header), "# TYPE %s ", name);
        if (str_search(buf_str(&all), str_of(series)) < 0) {
            fail_msg("no golden file has a sample of %s", name);
        }
        if (str_search(buf_str(&headers), str_of(header)) < 0) {
            fail_msg("no header of %s", name);
        }
    }
}

/* Every family has a sample in some golden file, and a header with any object. */
static void every_family_is_covered(void **state)
{
    (void)state;
    each_kind(check_families);
}

static void check_once(const struct kube_resource *kind, const char *name, void *arg)
{
    char path[512];
    struct lines lines;
    auto_buf struct buf golden = BUF_INIT(4 * MIB);
    (void)arg;
    golden_path(kind, name, path, sizeof(path));
    assert_true(file_read(AT_FDCWD, path, &golden, NULL) >= 0);
    lines_of(buf_str(&golden), &lines);
    struct str last = STR("");
    for (size_t i = 0; i < lines.n; i++) {
        struct str series = str_head(lines.items[i], (size_t)str_rfind(lines.items[i], ' '));
        if (series.n == last.n && memcmp(series.p, last.p, last.n) == 0) {
            fail_msg("%s: twice: " STR_FMT, path, STR_ARG(series));
        }
        last = series;
    }
    free(lines.items);
}

static void check_series_once(const struct kube_resource *kind)
{
    each_fixture(kind, check_once, NULL);
}

static void no_series_stands_twice(void **state)
{
    (void)state;
    each_kind(check_series_once);
}

static void check_defaults(const struct kube_resource *kind)
{
    auto_buf struct buf object = BUF_INIT(1 * MIB), text = BUF_INIT(1 * MIB);
    read_fixture(kind, "complete.json", &object);
    assert_int_equal(render_text(buf_str(&object), NULL, NULL, false, &text, NULL), 0);
    for (size_t i = 0; i < kind->subject->n_rows; i++) {
        const struct metric_family *row = &kind->subject->rows[i];
        char series[128];
        snprintf(series, sizeof(series), "\n%s{", row->name);
        if (row->opt_in || (row->needs & (KUBE_META_LABELS | KUBE_META_ANNOTATIONS))) {
            assert_true(str_search(buf_str(&text), str_of(series)) < 0);
        }
    }
    assert_true(str_search(buf_str(&text), STR("\nkube_")) >= 0);
}

static void off_by_default(void **state)
{
    (void)state;
    each_kind(check_defaults);
}

static int decode(const struct kube_resource *kind, const json_t *object, struct arena *mem)
{
    struct kube_decode how = { .mem = mem };
    const struct str everything[] = { STR("*") };
    struct key_allowlist *list = key_allowlist_new(everything, 1, NULL);
    void *sample = calloc(1, kind->subject->sample_size);
    assert_non_null(list);
    assert_non_null(sample);
    how.labels = how.annotations = list;
    int r = kind->decode(object, &how, sample, NULL);
    key_allowlist_free(list);
    free(sample);
    arena_reset(mem, SIZE_MAX);
    return r;
}

/* A place in a tree: the member or element of a container. */
struct place {
    json_t *in;
    const char *key;
    size_t index;
};

static json_t *place_get(const struct place *p)
{
    return p->key ? json_object_get(p->in, p->key) : json_array_get(p->in, p->index);
}

static void place_set(const struct place *p, json_t *value)
{
    assert_int_equal(
        p->key ? json_object_set(p->in, p->key, value) : json_array_set(p->in, p->index, value), 0);
}

static size_t places_of(json_t *tree, struct place *ret, size_t max)
{
    size_t n = 0;
    const char *key;
    json_t *value;
    size_t index;
    for (size_t done = 0; done <= n; done++) {
        json_t *in = done == 0 ? tree : place_get(&ret[done - 1]);
        json_object_foreach (in, key, value) {
            assert_true(n < max);
            ret[n++] = (struct place){ in, key, 0 };
        }
        json_array_foreach (in, index, value) {
            assert_true(n < max);
            ret[n++] = (struct place){ in, NULL, index };
        }
    }
    return n;
}

static void check_place(const struct kube_resource *kind, json_t *tree, const struct place *place,
                        struct arena *mem)
{
    static const char *const others[] = { "null", "true", "5",    "-1.5", "\"text\"",
                                          "\"\"", "[]",   "[[]]", "{}",   "[{\"name\":5}]" };
    json_t *kept = json_incref(place_get(place));
    bool is_name =
        place->key &&
        (str_eq_c(str_of(place->key), "metadata") ||
         (place->in == json_object_get(tree, "metadata") && str_eq_c(str_of(place->key), "name")));
    for (size_t i = 0; i < KG_ARRAY_LEN(others); i++) {
        json_t *other = json_loads(others[i], JSON_DECODE_ANY, NULL);
        place_set(place, other);
        int r = decode(kind, tree, mem);
        if (r < 0 && !(is_name && r == -EBADMSG)) {
            fail_msg("%s: %s[%zu] = %s: error %d", kind->plural, place->key ? place->key : "",
                     place->index, others[i], r);
        }
        auto_buf struct buf text = BUF_INIT(1 * MIB);
        char *json = json_dumps(tree, 0);
        int rendered =
            render_text(str_of(json), FIXTURE_LABELS, FIXTURE_ANNOTATIONS, true, &text, NULL);
        free(json);
        /* Rendering also looks at kind and apiVersion, and for a list at items. */
        if (place->in != tree && rendered < 0 && !is_name) {
            fail_msg("%s: %s[%zu] = %s: not rendered", kind->plural, place->key ? place->key : "",
                     place->index, others[i]);
        }
        place_set(place, kept);
        json_decref(other);
    }
    json_decref(kept);
}

static void check_types(const struct kube_resource *kind)
{
    static struct place places[2000];
    struct arena mem;
    json_t *tree = load_fixture(kind, "complete.json");
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    assert_int_equal(decode(kind, tree, &mem), 0);
    size_t n = places_of(tree, places, KG_ARRAY_LEN(places));
    for (size_t i = 0; i < n; i++) {
        check_place(kind, tree, &places[i], &mem);
    }
    arena_done(&mem);
    json_decref(tree);
}

static void any_member_may_have_any_type(void **state)
{
    (void)state;
    each_kind(check_types);
}

static void check_memory(const struct kube_resource *kind)
{
    json_t *tree = load_fixture(kind, "complete.json");
    int r = -ENOMEM;
    for (size_t max = 0; r < 0 && max < 64 * KIB; max += 16) {
        struct arena mem;
        arena_init(&mem, max);
        r = decode(kind, tree, &mem);
        assert_true(r == 0 || r == -ENOMEM);
        arena_done(&mem);
    }
    assert_int_equal(r, 0);
    json_decref(tree);
}

/* An object that needs more than its share of memory fails alone, at whichever allocation it is. */
static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    each_kind(check_memory);
}

static void flag_of(const char *plural, const json_t *entries, struct buf *ret)
{
    buf_addf(ret, "%s=[", plural);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        buf_addf(ret, "%s%s", i ? "," : "", json_string_value(json_array_get(entries, i)));
    }
    buf_add_c(ret, "]");
}

/* A case without a list of families is about all of them. */
static bool matches_any(struct str line, const json_t *patterns)
{
    bool found = !json_is_array(patterns);
    for (size_t i = 0; !found && i < json_array_size(patterns); i++) {
        found = str_search(line, str_of(json_string_value(json_array_get(patterns, i)))) >= 0;
    }
    return found;
}

static void check_case(const json_t *line, void *arg)
{
    const struct kube_resource *kind = arg;
    const json_t *lists = json_object_get(line, "allowlists");
    const json_t *patterns = json_object_get(line, "families");
    const json_t *samples = json_object_get(line, "samples");
    auto_buf struct buf labels = BUF_INIT(4096), annotations = BUF_INIT(4096);
    auto_buf struct buf text = BUF_INIT(4 * MIB), wanted = BUF_INIT(4 * MIB);
    struct err err = { 0 };
    flag_of(kind->plural, json_object_get(lists, "labels"), &labels);
    flag_of(kind->plural, json_object_get(lists, "annotations"), &annotations);
    char *object = json_dumps(json_object_get(line, "object"), 0);
    const char *id = json_string_value(json_object_get(line, "id"));
    if (render_text_as(str_of(object), buf_c(&labels), buf_c(&annotations), true, true, &text,
                       &err) < 0) {
        fail_msg("%s: %s", id, err_text(&err));
    }
    free(object);
    for (size_t i = 0; i < json_array_size(samples); i++) {
        buf_addf(&wanted, "%s\n", json_string_value(json_array_get(samples, i)));
    }
    struct lines have, want;
    lines_of(buf_str(&text), &have);
    lines_of(buf_str(&wanted), &want);
    size_t kept = 0;
    for (size_t i = 0; i < have.n; i++) {
        if (matches_any(have.items[i], patterns)) {
            have.items[kept++] = have.items[i];
        }
    }
    have.n = kept;
    assert_same_lines(id, &have, &want);
    free(have.items);
    free(want.items);
}

static void reference_cases(void **state)
{
    (void)state;
    int total = 0;
    for (const struct kube_resource *const *kind = kube_resources; *kind && total >= 0; kind++) {
        void *arg = (void *)(uintptr_t)*kind;
        int n = reference_each("ksm/cases.jsonl", "resource", (*kind)->plural, check_case, arg);
        if (n == 0) {
            fail_msg("no case of %s", (*kind)->plural);
        }
        total = n < 0 ? n : total + n;
    }
    if (total != -1) {
        assert_in_range(total, 250, 100000);
    }
}

int main(void)
{
    setenv("TZ", "UTC", 1); /* schedules without a zone are in the local one */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures_give_the_golden_samples),
        cmocka_unit_test(every_family_is_covered),
        cmocka_unit_test(no_series_stands_twice),
        cmocka_unit_test(off_by_default),
        cmocka_unit_test(any_member_may_have_any_type),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(reference_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
