#include "kube/resources/pods.h"

#include "tests/support/reference.h"
#include "tests/support/render.h"

#include <dirent.h>

#define FIXTURES "tests/fixtures/kube/pods"
#define GOLDEN "tests/golden/kube/pods"
#define FIXTURE_LABELS "pods=[*]"
#define FIXTURE_ANNOTATIONS "pods=[example.com/*]"

extern const struct kube_resource kube_pods;

static void read_fixture(const char *name, struct buf *ret)
{
    char path[512];
    struct err err = { 0 };
    snprintf(path, sizeof(path), "%s/%s", FIXTURES, name);
    if (file_read(AT_FDCWD, path, ret, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
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

static void check_fixture(const char *name)
{
    char path[512];
    struct err err = { 0 };
    auto_buf struct buf object = BUF_INIT(1 * MIB), text = BUF_INIT(1 * MIB);
    auto_buf struct buf samples = BUF_INIT(1 * MIB);
    read_fixture(name, &object);
    if (render_text(buf_str(&object), FIXTURE_LABELS, FIXTURE_ANNOTATIONS, true, &text, &err) < 0) {
        fail_msg("%s: %s", name, err_text(&err));
    }
    without_comments(buf_str(&text), &samples);
    snprintf(path, sizeof(path), "%s/" STR_FMT ".prom", GOLDEN,
             STR_ARG(str_head(str_of(name), strlen(name) - strlen(".json"))));
    assert_golden(path, buf_str(&samples));
}

static int is_fixture(const struct dirent *entry)
{
    return str_ends(str_of(entry->d_name), STR(".json"));
}

static void fixtures_give_the_golden_samples(void **state)
{
    (void)state;
    struct dirent **names;
    int n = scandir(FIXTURES, &names, is_fixture, alphasort);
    assert_in_range(n, 10, 1000);
    for (int i = 0; i < n; i++) {
        check_fixture(names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

/* All 60 families have a sample in the golden files, and all have a header. */
static void every_family_is_covered(void **state)
{
    (void)state;
    struct dirent **names;
    auto_buf struct buf all = BUF_INIT(4 * MIB), object = BUF_INIT(1 * MIB);
    auto_buf struct buf headers = BUF_INIT(1 * MIB);
    int n = scandir(FIXTURES, &names, is_fixture, alphasort);
    for (int i = 0; i < n; i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/" STR_FMT ".prom", GOLDEN,
                 STR_ARG(str_head(str_of(names[i]->d_name), strlen(names[i]->d_name) - 5)));
        assert_true(file_read(AT_FDCWD, path, &all, NULL) >= 0);
        free(names[i]);
    }
    free(names);
    read_fixture("minimal.json", &object);
    assert_int_equal(render_text(buf_str(&object), NULL, NULL, true, &headers, NULL), 0);
    assert_int_equal(kube_pods.subject->n_rows, 60);
    for (size_t i = 0; i < kube_pods.subject->n_rows; i++) {
        char series[128], header[128];
        const char *name = kube_pods.subject->rows[i].name;
        snprintf(series, sizeof(series), "%s{namespace=", name);
        snprintf(header, sizeof(header), "# TYPE %s ", name);
        if (str_search(buf_str(&all), str_of(series)) < 0) {
            fail_msg("no golden file has a sample of %s", name);
        }
        if (str_search(buf_str(&headers), str_of(header)) < 0) {
            fail_msg("no header of %s", name);
        }
    }
}

static void off_by_default(void **state)
{
    (void)state;
    auto_buf struct buf object = BUF_INIT(1 * MIB), text = BUF_INIT(1 * MIB);
    read_fixture("complete.json", &object);
    assert_int_equal(render_text(buf_str(&object), NULL, NULL, false, &text, NULL), 0);
    assert_true(str_search(buf_str(&text), STR("\nkube_pod_labels{")) < 0);
    assert_true(str_search(buf_str(&text), STR("\nkube_pod_annotations{")) < 0);
    assert_true(str_search(buf_str(&text), STR("kube_pod_nodeselectors")) < 0);
    assert_true(str_search(buf_str(&text), STR("\nkube_pod_info{")) > 0);
}

static int decode(const json_t *object, struct arena *mem)
{
    struct pod_sample pod = { 0 };
    struct kube_decode how = { .mem = mem };
    const struct str everything[] = { STR("*") };
    struct key_allowlist *list = key_allowlist_new(everything, 1, NULL);
    assert_non_null(list);
    how.labels = how.annotations = list;
    int r = kube_pods.decode(object, &how, &pod, NULL);
    key_allowlist_free(list);
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

static void check_place(json_t *tree, const struct place *place, struct arena *mem)
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
        int r = decode(tree, mem);
        if (r < 0 && !(is_name && r == -EBADMSG)) {
            fail_msg("%s[%zu] = %s: error %d", place->key ? place->key : "", place->index,
                     others[i], r);
        }
        auto_buf struct buf text = BUF_INIT(1 * MIB);
        char *json = json_dumps(tree, 0);
        int rendered =
            render_text(str_of(json), FIXTURE_LABELS, FIXTURE_ANNOTATIONS, true, &text, NULL);
        free(json);
        /* Rendering also looks at kind and apiVersion, and for a list at items. */
        if (place->in != tree && rendered < 0 && !is_name) {
            fail_msg("%s[%zu] = %s: not rendered", place->key ? place->key : "", place->index,
                     others[i]);
        }
        place_set(place, kept);
        json_decref(other);
    }
    json_decref(kept);
}

static void any_member_may_have_any_type(void **state)
{
    (void)state;
    static struct place places[2000];
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    struct arena mem;
    read_fixture("complete.json", &text);
    json_t *tree = json_loadb(text.p, text.n, 0, NULL);
    assert_non_null(tree);
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    assert_int_equal(decode(tree, &mem), 0);
    size_t n = places_of(tree, places, KG_ARRAY_LEN(places));
    assert_in_range(n, 200, KG_ARRAY_LEN(places));
    for (size_t i = 0; i < n; i++) {
        check_place(tree, &places[i], &mem);
    }
    arena_done(&mem);
    json_decref(tree);
}

/* A pod that needs more than its share of memory fails alone, at whichever allocation it is. */
static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    read_fixture("complete.json", &text);
    json_t *tree = json_loadb(text.p, text.n, 0, NULL);
    int r = -ENOMEM;
    for (size_t max = 0; r < 0 && max < 64 * KIB; max += 16) {
        struct arena mem;
        arena_init(&mem, max);
        r = decode(tree, &mem);
        assert_true(r == 0 || r == -ENOMEM);
        arena_done(&mem);
    }
    assert_int_equal(r, 0);
    json_decref(tree);
}

static void many_containers_and_tolerations(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct arena mem;
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    json_t *containers = json_array(), *statuses = json_array(), *tolerations = json_array();
    for (int i = 0; i < N; i++) {
        char name[32];
        snprintf(name, sizeof(name), "c%d", i);
        json_array_append_new(containers, json_pack("{ss}", "name", name));
        json_array_insert_new(statuses, 0, json_pack("{ss}", "name", name));
        json_array_append_new(tolerations, json_pack("{ss}", "key", i % 2 ? name : "same"));
    }
    json_t *pod =
        json_pack("{s{ss},s{so,so},s{so}}", "metadata", "name", "big", "spec", "containers",
                  containers, "tolerations", tolerations, "status", "containerStatuses", statuses);
    assert_non_null(pod);
    struct pod_sample sample = { 0 };
    const struct kube_decode how = { .mem = &mem };
    assert_int_equal(kube_pods.decode(pod, &how, &sample, NULL), 0);
    assert_int_equal(sample.containers.n_pairs, N);
    size_t kept = 0;
    for (size_t i = 0; i < sample.n_tolerations; i++) {
        kept += !sample.tolerations[i].repeated;
    }
    assert_int_equal(kept, N / 2 + 1);
    assert_false(sample.tolerations[0].repeated);
    json_decref(pod);
    arena_done(&mem);
}

static void flag_of(const json_t *entries, struct buf *ret)
{
    buf_add_c(ret, "pods=[");
    for (size_t i = 0; i < json_array_size(entries); i++) {
        buf_addf(ret, "%s%s", i ? "," : "", json_string_value(json_array_get(entries, i)));
    }
    buf_add_c(ret, "]");
}

static bool matches_any(struct str line, const json_t *patterns)
{
    bool found = false;
    for (size_t i = 0; !found && i < json_array_size(patterns); i++) {
        found = str_search(line, str_of(json_string_value(json_array_get(patterns, i)))) >= 0;
    }
    return found;
}

static void check_case(const json_t *line, void *arg)
{
    (void)arg;
    const json_t *lists = json_object_get(line, "allowlists");
    const json_t *patterns = json_object_get(line, "families");
    const json_t *samples = json_object_get(line, "samples");
    auto_buf struct buf labels = BUF_INIT(4096), annotations = BUF_INIT(4096);
    auto_buf struct buf text = BUF_INIT(4 * MIB), wanted = BUF_INIT(4 * MIB);
    struct err err = { 0 };
    flag_of(json_object_get(lists, "labels"), &labels);
    flag_of(json_object_get(lists, "annotations"), &annotations);
    char *object = json_dumps(json_object_get(line, "object"), 0);
    const char *id = json_string_value(json_object_get(line, "id"));
    if (render_text(str_of(object), buf_c(&labels), buf_c(&annotations), true, &text, &err) < 0) {
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
    int n = reference_each("ksm/cases.jsonl", "resource", "pods", check_case, NULL);
    if (n != -1) {
        assert_in_range(n, 65, 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures_give_the_golden_samples),
        cmocka_unit_test(every_family_is_covered),
        cmocka_unit_test(off_by_default),
        cmocka_unit_test(any_member_may_have_any_type),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(many_containers_and_tolerations),
        cmocka_unit_test(reference_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
