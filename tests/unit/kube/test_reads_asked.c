/* test_reads_asked.c — that a kind's paths are those of the members that its decode asks jansson
 * for, all of them and no others: nothing that is asked for is passed over, and nothing is read
 * that nobody asks for. The binary is linked with --wrap for the two functions by which all of
 * kube/ looks into an object (tests/CMakeLists.txt). */
#include "base/file.h"
#include "base/limits.h"
#include "kube/client/json_wanted.h"
#include "kube/join/pod_index.h"
#include "kube/object/fields.h"

#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>

json_t *__real_json_object_get(const json_t *object, const char *key);
json_t *__wrap_json_object_get(const json_t *object, const char *key);
void *__real_json_object_iter(json_t *object);
void *__wrap_json_object_iter(json_t *object);

/* What was asked for: paths as keys; and where the objects of the tree that is decoded stand. */
static json_t *asked;
static json_t *places; /* the object's address as text: its path */
static bool listens;

static const char *place_of(const json_t *object)
{
    char address[32];
    snprintf(address, sizeof(address), "%p", (const void *)object);
    return json_string_value(__real_json_object_get(places, address));
}

static void note(const json_t *object, const char *key)
{
    char path[512];
    const char *place = listens ? place_of(object) : NULL;
    if (place) {
        snprintf(path, sizeof(path), "%s%s%s", place, place[0] && key[0] ? "." : "", key);
        json_object_set_new(asked, path, json_true());
    }
}

json_t *__wrap_json_object_get(const json_t *object, const char *key)
{
    note(object, key);
    return __real_json_object_get(object, key);
}

/* Whoever goes through an object's members asks for all of it. */
void *__wrap_json_object_iter(json_t *object)
{
    note(object, "");
    return __real_json_object_iter(object);
}

/* Writes down the place of each object of the tree; arrays count for nothing. */
static void note_places(json_t *tree, const char *path)
{
    char text[512];
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_array(tree)) {
        json_array_foreach (tree, i, value) {
            note_places(value, path);
        }
    } else if (json_is_object(tree)) {
        snprintf(text, sizeof(text), "%p", (void *)tree);
        json_object_set_new(places, text, json_string(path));
        json_object_foreach (tree, key, value) {
            snprintf(text, sizeof(text), "%s%s%s", path, path[0] ? "." : "", key);
            note_places(value, text);
        }
    }
}

static void decode_all(const struct kube_resource *kind, json_t *object)
{
    struct arena mem;
    arena_init(&mem, LIMIT_DECODE_ARENA_BYTES);
    for (int quirks = 0; quirks < 2; quirks++) {
        void *sample = arena_alloc(&mem, kind->subject->sample_size);
        const struct kube_decode how = { .mem = &mem, .ksm_quirks = quirks };
        assert_non_null(sample);
        (void)kind->decode(object, &how, sample, NULL); /* some are wrong by design */
    }
    arena_done(&mem);
}

static void index_all(json_t *object)
{
    const struct str columns[] = { STR("app"), STR("annotation:a"), STR("owner"), STR("node") };
    struct pod_index *index = pod_index_new(columns, KG_ARRAY_LEN(columns), NULL);
    assert_non_null(index);
    assert_int_equal(pod_index_consumer.relist_begin(index, NULL), 0);
    (void)pod_index_consumer.put(index, object, NULL);
    pod_index_free(index);
}

/* Has the object decoded (kind NULL: taken into the pod index). */
static void listen(const struct kube_resource *kind, json_t *object)
{
    places = json_object();
    note_places(object, "");
    listens = true;
    if (kind) {
        decode_all(kind, object);
    } else {
        index_all(object);
    }
    listens = false;
    json_decref(places);
}

static void listen_to_file(const struct kube_resource *kind, const char *path)
{
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    assert_true(file_read(AT_FDCWD, path, &text, NULL) >= 0);
    json_t *object = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
    assert_non_null(object);
    listen(kind, object);
    json_decref(object);
}

static void listen_to_fixtures(const struct kube_resource *kind, const char *plural)
{
    char folder[256];
    snprintf(folder, sizeof(folder), "tests/fixtures/kube/%s", plural);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (str_ends(str_of(entry->d_name), STR(".json"))) {
            char path[512];
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            listen_to_file(kind, path);
        }
    }
    closedir(dir);
}

static void each_asked_is_wanted(const char *name, const struct json_wanted *wanted)
{
    const char *path;
    json_t *value;
    assert_true(json_object_size(asked) > 5);
    json_object_foreach (asked, path, value) {
        struct str rest = str_of(path);
        uint32_t at = JSON_WANTED_OBJECT;
        do {
            at = json_wanted_find(wanted, at, str_cut(&rest, '.'));
        } while (at && rest.n);
        if (!at) {
            fail_msg("%s: %s is asked for, but no path of .reads or .fields", name, path);
        }
    }
}

/* The path itself, or something below it. */
static bool is_asked(const char *path)
{
    struct str own = str_of(path);
    const char *other;
    json_t *value;
    str_eat_end(&own, STR("."));
    json_object_foreach (asked, other, value) {
        struct str rest = str_of(other);
        if (str_eat(&rest, own) && (rest.n == 0 || rest.p[0] == '.')) {
            return true;
        }
    }
    return false;
}

static void each_path_is_asked(const char *name, const char *const *paths)
{
    for (; paths && *paths; paths++) {
        if (!is_asked(*paths)) {
            fail_msg("%s: %s is read, but no fixture shows that it is asked for", name, *paths);
        }
    }
}

static void kinds_read_what_they_ask_for(void **state)
{
    (void)state;
    for (const struct kube_resource *const *kind = kube_resources; *kind; kind++) {
        struct json_wanted *wanted = kube_resource_wanted(*kind, false, false, NULL);
        assert_non_null(wanted);
        asked = json_object();
        listen_to_fixtures(*kind, (*kind)->plural);
        each_asked_is_wanted((*kind)->plural, wanted);
        each_path_is_asked((*kind)->plural, (*kind)->reads);
        for (size_t i = 0; i < (*kind)->n_fields; i++) {
            char path[256];
            const struct kube_field *field = &(*kind)->fields[i];
            snprintf(path, sizeof(path), "%s%s%s", field->in ? field->in : "", field->in ? "." : "",
                     field->key);
            each_path_is_asked((*kind)->plural, (const char *const[]){ path, NULL });
        }
        json_decref(asked);
        json_wanted_free(wanted);
    }
}

static void the_index_reads_what_it_asks_for(void **state)
{
    (void)state;
    struct json_wanted *wanted = json_wanted_new();
    assert_non_null(wanted);
    assert_int_equal(json_wanted_add_list(wanted, pod_index_consumer.reads), 0);
    asked = json_object();
    listen_to_fixtures(NULL, "pods");
    each_asked_is_wanted("pod index", wanted);
    each_path_is_asked("pod index", pod_index_consumer.reads);
    json_decref(asked);
    json_wanted_free(wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_read_what_they_ask_for),
        cmocka_unit_test(the_index_reads_what_it_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
