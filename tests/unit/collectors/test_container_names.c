/* Records of container engines on cgroups: who is asked for, who gets one, and who keeps it. */
#include "collectors/cgroup/cgroup_entry.h"
#include "tests/unit/collectors/fixture.h"

#include <stdlib.h>

#define ID_A "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define ID_B "23b89f0ba773bfe28effe6bb2d94804792a7d87c6533d53efb14798bbb5f27a5"
#define POD "/kubepods/pod7c499e03-b0d5-449b-b80b-05fb6c741d16"

struct fake_names {
    bool answered;
    uint64_t generation;
    struct container_record *record; /* the only one there is; or NULL */
    int held, asked;
    char last_asked[80];
};

static const void *fake_acquire(void *arg, uint64_t *ret_generation)
{
    struct fake_names *f = arg;
    if (!f->answered) {
        return NULL;
    }
    f->held++;
    *ret_generation = f->generation;
    return f;
}

static void fake_release(const void *table)
{
    ((struct fake_names *)(uintptr_t)table)->held--;
}

static struct container_record *fake_find(const void *table, struct str id)
{
    const struct fake_names *f = table;
    return f->record && str_eq(f->record->id, id) ? f->record : NULL;
}

static void fake_ask(void *arg, struct str id)
{
    struct fake_names *f = arg;
    f->asked++;
    assert_int_equal(str_copy(f->last_asked, sizeof(f->last_asked), id), 0);
}

static void tell(struct fake_names *f, const char *id, const char *name)
{
    const struct metric_extra label = { STR("container_label_x"), STR("y") };
    const struct container_record from = {
        .id = str_of(id), .name = str_of(name), .labels = &label, .n_labels = 1
    };
    if (f->record) {
        snapshot_unref(&f->record->snapshot);
    }
    f->record = name ? container_record_new(&from) : NULL;
    f->answered = true;
    f->generation++;
}

struct world {
    struct fixture f;
    struct fake_names fake;
    struct container_names names;
    struct cgroup_tree *tree;
    uint64_t generation;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    fixture_open(&w->f);
    fixture_file(&w->f, "cgroup/cgroup.controllers", "cpu\n");
    w->names =
        (struct container_names){ &w->fake, fake_acquire, fake_release, fake_find, fake_ask };
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    cgroup_tree_free(w->tree);
    tell(&w->fake, "", NULL);
    assert_int_equal(w->fake.held, 0);
    fixture_close(&w->f);
    free(w);
    return 0;
}

static void make(struct world *w, const char *path)
{
    char at[512];
    snprintf(at, sizeof(at), "cgroup%s/cgroup.procs", path);
    fixture_file(&w->f, at, "");
}

static void resolve(struct world *w)
{
    struct err err = { 0 };
    if (!w->tree) {
        char path[256];
        snprintf(path, sizeof(path), "%s/cgroup", w->f.top);
        struct cgroup_tree_config config = { path, "", true };
        w->tree = cgroup_tree_new(&config, &err);
        assert_non_null(w->tree);
    }
    assert_int_equal(cgroup_tree_rescan(w->tree, NULL), 0);
    container_names_resolve(&w->names, w->tree, &w->generation);
}

static const char *name_of(struct world *w, const char *path)
{
    static char name[64];
    const struct cgroup_entry *e = cgroup_tree_find(w->tree, str_of(path));
    assert_non_null(e);
    assert_int_equal(str_copy(name, sizeof(name), e->record ? e->record->name : STR("-")), 0);
    return name;
}

static void a_new_cgroup_is_asked_for_once(void **state)
{
    struct world *w = *state;
    make(w, "/system.slice/docker-" ID_A ".scope");
    make(w, "/system.slice/docker-" ID_A ".scope/" ID_B); /* its own business */
    make(w, "/system.slice/ssh.service");
    make(w, POD "/" ID_B); /* named by Kubernetes */
    resolve(w);
    resolve(w);
    assert_int_equal(w->fake.asked, 1);
    assert_string_equal(w->fake.last_asked, ID_A);
    assert_string_equal(name_of(w, "/system.slice/docker-" ID_A ".scope"), "-");
}

static void records_come_change_and_stay(void **state)
{
    struct world *w = *state;
    make(w, "/docker/" ID_A);
    resolve(w);
    tell(&w->fake, ID_A, "web");
    resolve(w);
    assert_string_equal(name_of(w, "/docker/" ID_A), "web");
    tell(&w->fake, ID_A, "shop");
    resolve(w);
    assert_string_equal(name_of(w, "/docker/" ID_A), "shop");
    tell(&w->fake, ID_B, "other"); /* A is not in the table any more, its cgroup still is */
    resolve(w);
    assert_string_equal(name_of(w, "/docker/" ID_A), "shop");
    w->fake.answered = false;
    resolve(w);
    assert_string_equal(name_of(w, "/docker/" ID_A), "shop");
}

static void what_is_known_already_is_there_at_once(void **state)
{
    struct world *w = *state;
    make(w, "/docker");
    tell(&w->fake, ID_A, "web");
    resolve(w);
    make(w, "/docker/" ID_A); /* started again */
    resolve(w);
    assert_string_equal(name_of(w, "/docker/" ID_A), "web");
    assert_int_equal(w->fake.asked, 1); /* for what has changed with the start */
}

static void without_engines_nothing_is_asked(void **state)
{
    struct world *w = *state;
    make(w, "/docker/" ID_A);
    resolve(w);
    container_names_resolve(NULL, w->tree, &w->generation);
    assert_string_equal(name_of(w, "/docker/" ID_A), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_cgroup_is_asked_for_once, setup, teardown),
        cmocka_unit_test_setup_teardown(records_come_change_and_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_known_already_is_there_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(without_engines_nothing_is_asked, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
