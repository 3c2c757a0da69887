/* test_cgroup_tree_churn.c — cgroups that come and go while the tree is read: on folders as fast as
 * a thread can, more than inotify's queue holds, and real ones of this machine. */
#include "base/file.h"
#include "tests/unit/collectors/tree_fixture.h"

#include <linux/magic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/vfs.h>

/* A runtime that makes and removes cgroups as fast as it can, while the tree is being read. */
struct churn {
    const char *top;
    atomic_bool stop;
    size_t rounds;
};

#define CHURN_PODS 50

static void churn_path(const struct churn *c, size_t i, char *out, size_t size)
{
    int n = snprintf(out, size, "%s/pod%zu", c->top, i % CHURN_PODS);
    assert_true(n > 0 && (size_t)n < size);
}

static void *churn_run(void *arg)
{
    struct churn *c = arg;
    char path[512], child[1024];
    for (size_t i = 0; !atomic_load(&c->stop); i++) {
        churn_path(c, i, path, sizeof(path));
        snprintf(child, sizeof(child), "%s/%s", path, C);
        if (mkdir(path, 0755) == 0) {
            (void)mkdir(child, 0755);
        } else {
            (void)rmdir(child);
            (void)rmdir(path);
        }
        c->rounds = i;
        if (i % 32 == 0) {
            usleep(200); /* faster than any runtime still, and the test ends in time */
        }
    }
    return NULL;
}

/* Reads all that is followed, as a scrape does. */
static void read_all(struct cgroup_tree *t)
{
    size_t at = 0;
    struct cgroup_entry *e;
    char text[64 * 1024];
    struct str got;
    cgroup_tree_events(t);
    while ((e = cgroup_tree_next(t, &at))) {
        int r = cgroup_entry_read(e, CG_MEMORY_CONTROLLER, CGF_MEMORY_STAT, "memory.stat", text,
                                  sizeof(text), &got);
        assert_true(r == 0 || r == -ENODATA || r == -ENODEV);
        if (r == -ENODEV) {
            cgroup_tree_gone(t, e);
        }
    }
}

/* Both trees must follow the same cgroups below top. */
static void assert_same_below(struct cgroup_tree *a, struct cgroup_tree *b, struct str top)
{
    struct cgroup_tree *trees[] = { a, b };
    for (size_t i = 0; i < 2; i++) {
        size_t at = 0;
        const struct cgroup_entry *e;
        while ((e = cgroup_tree_next(trees[i], &at))) {
            struct str path = str_of(e->path);
            if (str_starts(path, top) && !cgroup_tree_find(trees[1 - i], path)) {
                fail_msg("only one tree has %s", e->path);
            }
        }
    }
}

/* top: a folder of cgroupfs, as the system and as the tree names it. */
static void churn(const char *cgroupfs, const char *top, const char *in_tree)
{
    struct cgroup_tree *t = tree_of(cgroupfs, "", true);
    struct churn c = { .top = top };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, churn_run, &c), 0);
    for (int i = 0; i < 300; i++) {
        read_all(t);
        if (i % 50 == 0) {
            assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
        }
        usleep(1000);
    }
    atomic_store(&c.stop, true);
    pthread_join(thread, NULL);
    print_message("%zu rounds, %llu overflows\n", c.rounds,
                  (unsigned long long)cgroup_tree_stats(t).overflows);
    assert_true(c.rounds > 1000);

    /* When it is quiet, events alone have led to what a walk finds. */
    take_all_events(t);
    struct cgroup_tree *fresh = tree_of(cgroupfs, "", true);
    assert_same_below(t, fresh, str_of(in_tree));
    for (size_t i = 0; i < CHURN_PODS; i++) {
        char path[512], child[1024];
        churn_path(&c, i, path, sizeof(path));
        snprintf(child, sizeof(child), "%s/%s", path, C);
        (void)rmdir(child);
        (void)rmdir(path);
    }
    cgroup_tree_events(t);
    assert_int_equal(cgroup_tree_rescan(fresh, NULL), 0);
    assert_same_below(t, fresh, str_of(in_tree));
    assert_null(cgroup_tree_find(t, STR("/kubepods/pod0")));
    cgroup_tree_free(fresh);
    cgroup_tree_free(t);
}

static void test_churn(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu\n");
    fixture_folder(f, "kubepods");
    char top[256];
    snprintf(top, sizeof(top), "%s/kubepods", f->top);
    churn(f->top, top, "/kubepods");
}

/* More events than the queue holds (16,384 by default) between two looks. */
static void test_overflow(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu\n");
    fixture_folder(f, "kubepods");
    unsigned long long queue = 0;
    char text[32];
    struct str got;
    assert_int_equal(file_read_text_at(AT_FDCWD, "/proc/sys/fs/inotify/max_queued_events", text,
                                       sizeof(text), &got),
                     0);
    for (size_t i = 0; i < got.n && got.p[i] >= '0' && got.p[i] <= '9'; i++) {
        queue = queue * 10 + (unsigned)(got.p[i] - '0');
    }
    assert_in_range(queue, 1, 1000000);
    struct cgroup_tree *t = tree_of(f->top, "", false);
    char path[256];
    snprintf(path, sizeof(path), "%s/kubepods/podflood", f->top);
    for (unsigned long long i = 0; i < queue; i++) {
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(rmdir(path), 0);
    }
    fixture_folder(f, "kubepods/podafter");
    take_all_events(t);
    assert_true(cgroup_tree_stats(t).overflows > 0);
    assert_paths(t, PATHS("/", "/kubepods", "/kubepods/podafter"));
    cgroup_tree_free(t);
}

/* Where this machine's own cgroups can be made; "" when they cannot. */
static void real_folder(char *out, size_t size)
{
    static const struct {
        const char *path;
        long magic;
    } places[] = { { "/sys/fs/cgroup/memory", CGROUP_SUPER_MAGIC },
                   { "/sys/fs/cgroup", CGROUP2_SUPER_MAGIC } };
    out[0] = '\0';
    for (size_t i = 0; i < KG_ARRAY_LEN(places); i++) {
        struct statfs fs;
        if (statfs(places[i].path, &fs) == 0 && (long)fs.f_type == places[i].magic) {
            snprintf(out, size, "%s/kubegauge-test-%d", places[i].path, getpid());
            if (mkdir(out, 0755) == 0) {
                return;
            }
        }
    }
    out[0] = '\0';
}

struct real {
    char top[256], pod[512];
};

/* Leaves no cgroup behind, whatever happened. */
static int remove_real(void **state)
{
    const struct real *real = *state;
    (void)rmdir(real->pod);
    (void)rmdir(real->top);
    return 0;
}

static void test_real_cgroups(void **state)
{
    static struct real real;
    *state = &real;
    char text[4096], *top = real.top, *pod = real.pod;
    real_folder(top, sizeof(real.top));
    if (!top[0]) {
        print_message("SKIPPED: cannot make cgroups here (needs root and a cgroup file system)\n");
        skip();
    }
    struct cgroup_tree *t = tree_of("/sys/fs/cgroup", "", true);
    const char *name = strrchr(top, '/');
    assert_int_equal(cgroup_tree_stats(t).n_unwatched, 0);
    assert_non_null(cgroup_tree_find(t, str_of(name)));

    snprintf(pod, sizeof(real.pod), "%s/%s", top, C);
    assert_int_equal(mkdir(pod, 0755), 0);
    take_events(t);
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", name, C);
    struct cgroup_entry *e = cgroup_tree_find(t, str_of(path));
    assert_non_null(e);
    assert_int_equal(e->id.kind, CGROUP_CONTAINER);
    struct str got;
    assert_int_equal(cgroup_entry_read(e, CG_MEMORY_CONTROLLER, CGF_MEMORY_STAT, "memory.stat",
                                       text, sizeof(text), &got),
                     0);
    assert_true(got.n > 100);
    assert_int_equal(cgroup_entry_read(e, CG_MEMORY_CONTROLLER, CGF_PROCS, "cgroup.procs", text,
                                       sizeof(text), &got),
                     0);
    assert_int_equal(got.n, 0);

    /* A leaf that gets a child is found by the rescan too: the link count is right. */
    assert_int_equal(rmdir(pod), 0);
    int r = cgroup_entry_read(e, CG_MEMORY_CONTROLLER, CGF_MEMORY_STAT, "memory.stat", text,
                              sizeof(text), &got);
    assert_int_equal(r, -ENODEV);
    take_events(t);
    assert_null(cgroup_tree_find(t, str_of(path)));
    assert_int_equal(mkdir(pod, 0755), 0);
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    assert_non_null(cgroup_tree_find(t, str_of(path)));
    assert_int_equal(rmdir(pod), 0);
    assert_int_equal(rmdir(top), 0);
    cgroup_tree_events(t);
    assert_null(cgroup_tree_find(t, str_of(path)));
    assert_null(cgroup_tree_find(t, str_of(name)));
    cgroup_tree_free(t);

    assert_int_equal(mkdir(top, 0755), 0);
    churn("/sys/fs/cgroup", top, name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_churn),
        TEST(test_overflow),
        cmocka_unit_test_teardown(test_real_cgroups, remove_real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
