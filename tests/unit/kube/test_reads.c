/* test_reads.c — that each kind reads what it says, and nothing else matters: an object of which
 * only that is read gives the same series, whatever stands anywhere in it. */
#include "base/file.h"
#include "kube/client/json_read.h"
#include "kube/client/json_wanted.h"
#include "kube/join/pod_index.h"
#include "kube/object/meta.h"

#include "tests/support/json_paths.h"
#include "tests/support/kind_series.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>

static const char *const anything[] = {
    "{\"x\":[{\"y\":1}]}",
    "[{\"name\":\"x\",\"status\":\"True\"}]",
    "\"text\"",
    "17",
    "\"2026-01-01T00:00:00Z\"",
    "-0.5e3",
    "null",
    "true",
};

/* A kind with what is wanted of it, once with all labels and annotations and once without. */
struct subject {
    const struct kube_resource *kind;
    struct kind_series series[2];
    struct json_wanted *wanted[2];
    struct pod_index *index; /* of pods only: a second reader */
    size_t n_read, n_left;   /* texts of which something was read; that were left to jansson */
};

static void subject_init(struct subject *s, const struct kube_resource *kind)
{
    *s = (struct subject){ .kind = kind };
    for (int full = 0; full < 2; full++) {
        assert_true(kind_series_init(&s->series[full], kind, full));
        s->wanted[full] = kube_resource_wanted(kind, full, full, NULL);
        assert_non_null(s->wanted[full]);
    }
}

/* As a node's agent reads pods: for the index as well. */
static void subject_init_with_index(struct subject *s)
{
    const struct str columns[] = { STR("app"), STR("annotation:a"), STR("owner"), STR("node") };
    subject_init(s, kube_resource_by_plural(STR("pods")));
    json_wanted_free(s->wanted[0]);
    s->wanted[0] = kube_resource_wanted(s->kind, false, false, pod_index_consumer.reads);
    s->index = pod_index_new(columns, KG_ARRAY_LEN(columns), NULL);
    assert_non_null(s->wanted[0]);
    assert_non_null(s->index);
    assert_int_equal(pod_index_consumer.relist_begin(s->index, NULL), 0);
    assert_int_equal(pod_index_consumer.relist_commit(s->index, NULL), 0);
    pod_index_consumer.settle(s->index);
}

static void subject_done(struct subject *s)
{
    for (int full = 0; full < 2; full++) {
        kind_series_done(&s->series[full]);
        json_wanted_free(s->wanted[full]);
    }
    pod_index_free(s->index);
}

static uint64_t put_into_index(struct pod_index *index, const json_t *object, int *ret_error)
{
    *ret_error = pod_index_consumer.put(index, object, NULL);
    pod_index_consumer.settle(index);
    struct pod_index_table *table = pod_index_acquire(index);
    uint64_t generation = table->generation;
    snapshot_unref(&table->snapshot);
    return generation;
}

/* A pod that is as it was makes no new table. */
static void same_in_index(struct pod_index *index, const char *name, const json_t *whole,
                          const json_t *part)
{
    int error_of_whole, error_of_part;
    uint64_t before = put_into_index(index, whole, &error_of_whole);
    uint64_t after = put_into_index(index, part, &error_of_part);
    if (after != before || error_of_part != error_of_whole) {
        char *text = json_dumps(whole, JSON_COMPACT);
        fail_msg("%s: the index has another pod of %s", name, text);
    }
}

static void same_series(struct subject *s, int full, const char *name, struct str text)
{
    auto_buf struct buf want = BUF_INIT(16 * MIB), have = BUF_INIT(16 * MIB);
    json_t *whole = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
    json_t *part = json_read_object(s->wanted[full], text);
    if (part && whole) {
        assert_int_equal(kind_series_put(&s->series[full], whole, &want), 0);
        assert_int_equal(kind_series_put(&s->series[full], part, &have), 0);
        if (!str_eq(buf_str(&have), buf_str(&want))) {
            fail_msg("%s: of " STR_FMT "\nhave " STR_FMT "\nwant " STR_FMT, name, STR_ARG(text),
                     STR_ARG(buf_str(&have)), STR_ARG(buf_str(&want)));
        }
    }
    if (part && whole && s->index && !full) {
        same_in_index(s->index, name, whole, part);
    }
    s->n_read += part != NULL;
    s->n_left += part == NULL;
    json_decref(part);
    json_decref(whole);
}

static void same_in_both(struct subject *s, const char *name, struct str text)
{
    same_series(s, 0, name, text);
    same_series(s, 1, name, text);
}

/* Calls fn with each path of the tree, arrays counting for nothing; one may come several times. */
static void each_path(json_t *tree, struct buf *path, void (*fn)(const char *path, void *arg),
                      void *arg)
{
    const char *key;
    json_t *value;
    size_t i, n = path->n;
    if (json_is_array(tree)) {
        json_array_foreach (tree, i, value) {
            each_path(value, path, fn, arg);
        }
        return;
    }
    json_object_foreach (tree, key, value) {
        if (strchr(key, '.') || !key[0]) {
            continue; /* json_paths.h could not find it */
        }
        buf_addf(path, "%s%s", n ? "." : "", key);
        fn(buf_c(path), arg);
        each_path(value, path, fn, arg);
        buf_truncate(path, n);
    }
}

struct changes {
    struct subject *subject;
    const char *name;
    struct str text;
    json_t *seen; /* the paths that were changed already */
};

static void with_others_at(const char *path, void *arg)
{
    struct changes *c = arg;
    if (json_object_get(c->seen, path)) {
        return;
    }
    json_object_set_new(c->seen, path, json_null());
    for (size_t i = 0; i <= KG_ARRAY_LEN(anything); i++) {
        json_t *tree = json_loadb(c->text.p, c->text.n, JSON_ALLOW_NUL, NULL);
        json_t *value = i < KG_ARRAY_LEN(anything) ? json_loads(anything[i], JSON_DECODE_ANY, NULL)
                                                   : NULL; /* taken away */
        json_paths_set(tree, path, value);
        char *changed = json_dumps(tree, JSON_COMPACT);
        assert_non_null(changed);
        same_series(c->subject, i % 2 != 0, c->name, str_of(changed));
        free(changed);
        json_decref(value);
        json_decref(tree);
    }
}

/* The text with another value at each of its paths, and at each that is wanted. */
static void with_others(struct subject *s, const char *name, struct str text)
{
    auto_buf struct buf path = BUF_INIT(4 * KIB);
    json_t *tree = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
    struct changes changes = { s, name, text, json_object() };
    assert_non_null(tree);
    each_path(tree, &path, with_others_at, &changes);
    for (const char *const *read = s->kind->reads; read && *read; read++) {
        struct str plain = str_of(*read);
        str_eat_end(&plain, STR("."));
        buf_clear(&path);
        buf_add(&path, plain);
        with_others_at(buf_c(&path), &changes);
    }
    json_decref(changes.seen);
    json_decref(tree);
}

static uint64_t random_state = 42;

static size_t next_random(size_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random_state >> 33) % below;
}

/* The text with some of its bytes changed, where it stays JSON or not. */
static void with_noise(struct subject *s, const char *name, struct str text)
{
    static const char noise[] = "\"\\{}[],:019-.eEtfn \n\x80\xc3\x01zu/";
    char *copy = malloc(text.n);
    assert_non_null(copy);
    for (int round = 0; round < 50; round++) {
        memcpy(copy, text.p, text.n);
        for (size_t n = 1 + next_random(3); n > 0; n--) {
            copy[next_random(text.n)] = noise[next_random(sizeof(noise) - 1)];
        }
        same_series(s, round % 2, name, (struct str){ copy, text.n });
    }
    free(copy);
}

static void check_file(struct subject *s, const char *path)
{
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    assert_true(file_read(AT_FDCWD, path, &text, NULL) >= 0);
    size_t left = s->n_left;
    same_in_both(s, path, buf_str(&text));
    if (s->n_left != left && str_search(str_of(path), STR("awkward")) < 0) {
        fail_msg("%s is left to jansson", path);
    }
    with_others(s, path, buf_str(&text));
    with_noise(s, path, buf_str(&text));
}

static void check_fixtures(struct subject *s)
{
    char folder[256];
    snprintf(folder, sizeof(folder), "tests/fixtures/kube/%s", s->kind->plural);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (str_ends(str_of(entry->d_name), STR(".json"))) {
            char path[512];
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            check_file(s, path);
        }
    }
    closedir(dir);
    assert_true(s->n_read > 100);
    subject_done(s);
}

static void fixtures_are_the_same(void **state)
{
    (void)state;
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        struct subject s;
        subject_init(&s, *kind);
        check_fixtures(&s);
    }
}

static void fixtures_are_the_same_in_the_index(void **state)
{
    (void)state;
    struct subject s;
    subject_init_with_index(&s);
    check_fixtures(&s);
}

/* The typical pod has most of what is passed over. */
static void of_a_typical_pod_half_is_read(void **state)
{
    (void)state;
    struct subject s;
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    subject_init(&s, kube_resource_by_plural(STR("pods")));
    check_file(&s, "tests/bench/typical-pod.json");
    assert_true(file_read(AT_FDCWD, "tests/bench/typical-pod.json", &text, NULL) >= 0);
    json_t *part = json_read_object(s.wanted[0], buf_str(&text));
    char *left = json_dumps(part, JSON_COMPACT);
    assert_non_null(left);
    assert_true(strlen(left) < text.n * 6 / 10);
    free(left);
    json_decref(part);
    subject_done(&s);
}

static void check_case(const json_t *line, void *subject)
{
    char *text = json_dumps(json_object_get(line, "object"), JSON_COMPACT);
    assert_non_null(text);
    same_in_both(subject, json_string_value(json_object_get(line, "id")), str_of(text));
    free(text);
}

static void reference_cases_are_the_same(void **state)
{
    (void)state;
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        struct subject s;
        subject_init(&s, *kind);
        int n = reference_each("ksm/cases.jsonl", "resource", (*kind)->plural, check_case, &s);
        subject_done(&s);
        assert_true(n != 0 && n != -2);
        if (n < 0) {
            return;
        }
        assert_true(s.n_read > s.n_left);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures_are_the_same),
        cmocka_unit_test(fixtures_are_the_same_in_the_index),
        cmocka_unit_test(of_a_typical_pod_half_is_read),
        cmocka_unit_test(reference_cases_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
