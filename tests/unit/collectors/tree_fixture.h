/* tree_fixture.h — a tree of cgroups on folders of a temporary place.
 * Uses: collectors/cgroup, fixture, cmocka.  Threads: none.  Owner: each test. */
#ifndef KG_TESTS_TREE_FIXTURE_H
#define KG_TESTS_TREE_FIXTURE_H

#include "collectors/cgroup/cgroup_entry.h"
#include "collectors/cgroup/cgroup_tree.h"
#include "tests/unit/collectors/fixture.h"

#include <poll.h>

#define C "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define C2 "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define U "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define U_ "7c499e03_b0d5_449b_b80b_05fb6c741d16"
#define POD "/kubepods/burstable/pod" U
#define POD_SLICE "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice"

static const char *const controllers[] = { "cpu",   "cpuacct", "cpuset",  "memory",
                                           "blkio", "pids",    "devices", "freezer" };

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    fixture_open(f);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

/* Makes a cgroup in all v1 controllers. */
static inline void everywhere(struct fixture *f, const char *path)
{
    char at[4096];
    for (size_t i = 0; i < KG_ARRAY_LEN(controllers); i++) {
        snprintf(at, sizeof(at), "%s%s", controllers[i], path);
        fixture_folder(f, at);
    }
}

static inline struct cgroup_tree *tree_of(const char *cgroupfs, const char *root, bool all)
{
    struct cgroup_tree_config config = { cgroupfs, root, all };
    struct err err = { 0 };
    struct cgroup_tree *t = cgroup_tree_new(&config, &err);
    if (!t) {
        print_error("%s\n", err_text(&err));
    }
    assert_non_null(t);
    return t;
}

/* The followed paths must be exactly these, in this order. */
static inline void assert_paths(struct cgroup_tree *t, const char *const *paths)
{
    size_t at = 0, n = 0;
    const struct cgroup_entry *e;
    while ((e = cgroup_tree_next(t, &at))) {
        assert_non_null(paths[n]);
        assert_string_equal(e->path, paths[n]);
        assert_ptr_equal(cgroup_tree_find(t, str_of(e->path)), e);
        struct cgroup_id id;
        cgroup_identify(str_of(e->path), &id);
        assert_ptr_equal(e->id.container_id.p, id.container_id.p);
        n++;
    }
    assert_null(paths[n]);
    assert_int_equal(cgroup_tree_stats(t).n_cgroups, n);
}

#define PATHS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Events come within this time, or the test fails. */
static inline void take_events(struct cgroup_tree *t)
{
    struct pollfd p = { .fd = cgroup_tree_fd(t), .events = POLLIN };
    assert_int_equal(poll(&p, 1, 2000), 1);
    cgroup_tree_events(t);
}

static inline void take_all_events(struct cgroup_tree *t)
{
    struct pollfd p = { .fd = cgroup_tree_fd(t), .events = POLLIN };
    while (poll(&p, 1, 50) > 0) {
        cgroup_tree_events(t);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
