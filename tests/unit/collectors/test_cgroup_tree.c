/* Which cgroups the tree knows and follows, on folders of a temporary place; what inotify tells at
 * once and the rescan finds later; and real cgroups of this machine. */
#include "base/file.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_entry.h"
#include "collectors/cgroup/cgroup_tree.h"
#include "tests/unit/collectors/fixture.h"

#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/vfs.h>

#define C "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define C2 "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define U "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define U_ "7c499e03_b0d5_449b_b80b_05fb6c741d16"
#define POD "/kubepods/burstable/pod" U
#define POD_SLICE "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice"

static const char *const controllers[] = { "cpu",   "cpuacct", "cpuset",  "memory",
                                           "blkio", "pids",    "devices", "freezer" };

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    fixture_open(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

/* Makes a cgroup in all v1 controllers. */
static void everywhere(struct fixture *f, const char *path)
{
    char at[4096];
    for (size_t i = 0; i < KG_ARRAY_LEN(controllers); i++) {
        snprintf(at, sizeof(at), "%s%s", controllers[i], path);
        fixture_folder(f, at);
    }
}

static struct cgroup_tree *tree_of(const char *cgroupfs, const char *root, bool all)
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
static void assert_paths(struct cgroup_tree *t, const char *const *paths)
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
static void take_events(struct cgroup_tree *t)
{
    struct pollfd p = { .fd = cgroup_tree_fd(t), .events = POLLIN };
    assert_int_equal(poll(&p, 1, 2000), 1);
    cgroup_tree_events(t);
}

static void take_all_events(struct cgroup_tree *t)
{
    struct pollfd p = { .fd = cgroup_tree_fd(t), .events = POLLIN };
    while (poll(&p, 1, 50) > 0) {
        cgroup_tree_events(t);
    }
}

static void test_v1_cgroupfs(void **state)
{
    struct fixture *f = *state;
    everywhere(f, POD "/" C);
    everywhere(f, POD "/" C2 "/nested");
    everywhere(f, "/system.slice/ssh.service");
    everywhere(f, "/system.slice/x.mount");
    everywhere(f, "/docker/" C);
    fixture_folder(f, "systemd/user.slice");
    fixture_folder(f, "unified/user.slice");
    fixture_folder(f, "net_cls,net_prio/user.slice");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    assert_int_equal(cgroup_tree_version(t), CGROUP_V1);
    assert_paths(t, PATHS("/", "/docker/" C, "/kubepods", "/kubepods/burstable", POD, POD "/" C,
                          POD "/" C2, POD "/" C2 "/nested"));
    assert_true(cgroup_tree_has(t, STR("/system.slice/ssh.service")));
    assert_false(cgroup_tree_has(t, STR("/system.slice/x.mount")));
    assert_false(cgroup_tree_has(t, STR("/user.slice")));
    const struct cgroup_entry *e = cgroup_tree_find(t, STR(POD "/" C));
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        assert_true(e->dir_fd[c] >= 0);
    }
    assert_int_equal(cgroup_tree_stats(t).n_unwatched, 0);
    cgroup_tree_free(t);
}

static void test_v1_all_cgroups(void **state)
{
    struct fixture *f = *state;
    everywhere(f, "/system.slice/ssh.service");
    everywhere(f, "/system.slice/x.mount/below");
    everywhere(f, "/system.slice-other");
    struct cgroup_tree *t = tree_of(f->top, "", true);
    assert_paths(t,
                 PATHS("/", "/system.slice", "/system.slice/ssh.service", "/system.slice-other"));
    cgroup_tree_free(t);
}

/* systemd mounts cpu and cpuacct together, and makes links for their single names. */
static void test_v1_shared_hierarchy(void **state)
{
    struct fixture *f = *state;
    fixture_folder(f, "cpu,cpuacct/kubepods");
    fixture_folder(f, "memory/kubepods");
    fixture_file(f, "cpu,cpuacct/kubepods/cpu.shares", "7\n");
    fixture_file(f, "cpu,cpuacct/kubepods/cpuacct.usage", "8\n");
    assert_int_equal(symlink("cpu,cpuacct", fixture_path(f, "cpuacct")), 0);
    assert_int_equal(symlink("cpu,cpuacct", fixture_path(f, "cpu")), 0);
    struct cgroup_tree *t = tree_of(f->top, "", false);
    assert_paths(t, PATHS("/", "/kubepods"));
    struct cgroup_entry *e = cgroup_tree_find(t, STR("/kubepods"));
    assert_int_equal(e->dir_fd[CG_CPU], e->dir_fd[CG_CPUACCT]);
    assert_true(e->dir_fd[CG_CPU] >= 0);
    assert_int_equal(e->dir_fd[CG_BLKIO], -1);
    char text[16];
    struct str got;
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_CPU_SHARES, "cpu.shares", text, sizeof(text), &got), 0);
    assert_true(str_eq_c(got, "7\n"));
    assert_int_equal(cgroup_entry_read(e, CG_CPUACCT, CGF_CPUACCT_USAGE, "cpuacct.usage", text,
                                       sizeof(text), &got),
                     0);
    assert_true(str_eq_c(got, "8\n"));
    cgroup_tree_free(t);
}

/* What exists in any controller is known. */
static void test_v1_in_some_controllers(void **state)
{
    struct fixture *f = *state;
    everywhere(f, "/kubepods");
    fixture_folder(f, "pids/kubepods/podonly-in-pids");
    fixture_file(f, "pids/kubepods/podonly-in-pids/pids.current", "3\n");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    assert_paths(t, PATHS("/", "/kubepods", "/kubepods/podonly-in-pids"));
    struct cgroup_entry *e = cgroup_tree_find(t, STR("/kubepods/podonly-in-pids"));
    assert_int_equal(e->dir_fd[CG_MEMORY_CONTROLLER], -1);
    char text[16];
    struct str got;
    assert_int_equal(cgroup_entry_read(e, CG_PIDS_CONTROLLER, CGF_PIDS_CURRENT, "pids.current",
                                       text, sizeof(text), &got),
                     0);
    assert_int_equal(cgroup_entry_read(e, CG_MEMORY_CONTROLLER, CGF_MEMORY_STAT, "memory.stat",
                                       text, sizeof(text), &got),
                     -ENODATA);

    /* Its folder of another controller is found by the next reading while it is young … */
    fixture_file(f, "cpu/kubepods/podonly-in-pids/cpu.shares", "5\n");
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_CPU_SHARES, "cpu.shares", text, sizeof(text), &got), 0);
    assert_true(str_eq_c(got, "5\n"));
    /* … and by the rescan when it is not, and was looked for once more since. */
    e->seen_ns = 0;
    assert_int_equal(cgroup_entry_read(e, CG_MEMORY_CONTROLLER, CGF_MEMORY_STAT, "memory.stat",
                                       text, sizeof(text), &got),
                     -ENODATA);
    fixture_file(f, "blkio/kubepods/podonly-in-pids/b", "6\n");
    assert_int_equal(cgroup_entry_read(e, CG_BLKIO, CGF_BLKIO_BYTES, "b", text, sizeof(text), &got),
                     -ENODATA);
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    assert_int_equal(cgroup_entry_read(e, CG_BLKIO, CGF_BLKIO_BYTES, "b", text, sizeof(text), &got),
                     0);

    /* Gone from one controller, it lives on in the others; gone from all, the rescan drops it. */
    fixture_remove(f, "pids/kubepods/podonly-in-pids");
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    assert_non_null(cgroup_tree_find(t, STR("/kubepods/podonly-in-pids")));
    fixture_remove(f, "cpu/kubepods/podonly-in-pids");
    fixture_remove(f, "blkio/kubepods/podonly-in-pids");
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    assert_paths(t, PATHS("/", "/kubepods"));
    cgroup_tree_free(t);
}

static void test_v2(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu memory\n");
    fixture_folder(f, POD_SLICE "/cri-containerd-" C ".scope/init.scope");
    fixture_folder(f, POD_SLICE "/crio-conmon-" C ".scope");
    fixture_folder(f, "machine.slice/libpod-" C2 ".scope/container");
    fixture_folder(f, "machine.slice/libpod-conmon-" C2 ".scope");
    fixture_folder(f, "init.scope");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    assert_int_equal(cgroup_tree_version(t), CGROUP_V2);
    assert_paths(t,
                 PATHS("/", "/kubepods.slice", "/kubepods.slice/kubepods-burstable.slice",
                       POD_SLICE, POD_SLICE "/cri-containerd-" C ".scope",
                       POD_SLICE "/cri-containerd-" C ".scope/init.scope",
                       POD_SLICE "/crio-conmon-" C ".scope", "/machine.slice/libpod-" C2 ".scope"));
    cgroup_tree_free(t);
}

/* kind: --cgroup-root=/kubelet, under either driver, seen from the host. */
static void test_cgroup_root(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu memory\n");
    fixture_folder(f, "kubelet/kubepods/pod" U);
    fixture_folder(f, "kubelet.slice/kubelet-kubepods.slice");
    fixture_folder(f, "docker/" C "/kubelet/kubepods/pod" U "/" C2);
    fixture_folder(f, "kubelet2/kubepods");
    struct cgroup_tree *t = tree_of(f->top, "/kubelet", false);
    assert_paths(t, PATHS("/", "/docker/" C, "/docker/" C "/kubelet/kubepods/pod" U "/" C2,
                          "/kubelet/kubepods", "/kubelet/kubepods/pod" U,
                          "/kubelet.slice/kubelet-kubepods.slice"));
    cgroup_tree_free(t);
    t = tree_of(f->top, "", false);
    assert_non_null(cgroup_tree_find(t, STR("/docker/" C "/kubelet/kubepods/pod" U)));
    assert_non_null(cgroup_tree_find(t, STR("/kubelet2/kubepods")));
    assert_null(cgroup_tree_find(t, STR("/kubelet")));
    cgroup_tree_free(t);
}

static void test_follow_one_more(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu memory\n");
    fixture_folder(f, "system.slice/kubelet.service/child");
    fixture_folder(f, "system.slice/kubelet.service2");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    assert_paths(t, PATHS("/"));
    assert_int_equal(cgroup_tree_follow(t, STR("/system.slice/kubelet.service")), 0);
    assert_paths(
        t, PATHS("/", "/system.slice/kubelet.service", "/system.slice/kubelet.service/child"));
    assert_int_equal(cgroup_tree_follow(t, STR("/system.slice/kubelet.service2")), 0);
    assert_paths(t, PATHS("/", "/system.slice/kubelet.service2"));
    assert_int_equal(cgroup_tree_follow(t, STR("")), 0);
    assert_paths(t, PATHS("/"));
    cgroup_tree_free(t);
}

static void test_nothing_there(void **state)
{
    struct fixture *f = *state;
    fixture_folder(f, "systemd");
    struct cgroup_tree_config config = { f->top, "", false };
    struct err err = { 0 };
    assert_null(cgroup_tree_new(&config, &err));
    assert_int_equal(err.code, ENODATA);
    assert_non_null(strstr(err.text, f->top));
    config.cgroupfs = "/nonexistent/cgroup";
    assert_null(cgroup_tree_new(&config, &err));
    assert_int_equal(err.code, ENOENT);
}

static void test_events(void **state)
{
    struct fixture *f = *state;
    everywhere(f, "/kubepods/burstable");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    uint64_t rescans = cgroup_tree_stats(t).rescans;

    /* A pod with containers: several levels at once, the lower ones before they are watched. */
    everywhere(f, POD "/" C);
    take_events(t);
    assert_paths(t, PATHS("/", "/kubepods", "/kubepods/burstable", POD, POD "/" C));
    everywhere(f, POD "/" C2);
    take_events(t);
    assert_non_null(cgroup_tree_find(t, STR(POD "/" C2)));

    fixture_remove(f, "memory" POD "/" C);
    take_events(t);
    assert_paths(t, PATHS("/", "/kubepods", "/kubepods/burstable", POD, POD "/" C2));

    /* Renamed, as v1 lets one do. */
    char from[4096];
    snprintf(from, sizeof(from), "%s", fixture_path(f, "memory" POD "/" C2));
    assert_int_equal(rename(from, fixture_path(f, "memory" POD "/" C)), 0);
    take_events(t);
    assert_paths(t, PATHS("/", "/kubepods", "/kubepods/burstable", POD, POD "/" C));

    fixture_remove(f, "memory/kubepods/burstable");
    take_events(t);
    assert_paths(t, PATHS("/", "/kubepods"));
    assert_int_equal(cgroup_tree_stats(t).rescans, rescans);
    cgroup_tree_free(t);
}

/* Removed and made again under the same name: what was kept of the old one is forgotten. */
static void test_made_again(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu\n");
    fixture_file(f, "kubepods/cpu.stat", "old\n");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    char text[16];
    struct str got;
    struct cgroup_entry *e = cgroup_tree_find(t, STR("/kubepods"));
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_CPU_STAT, "cpu.stat", text, sizeof(text), &got), 0);
    e->start_time_sec = 1;

    fixture_remove(f, "kubepods");
    fixture_file(f, "kubepods/cpu.stat", "new\n");
    take_events(t);
    e = cgroup_tree_find(t, STR("/kubepods"));
    assert_non_null(e);
    assert_int_equal(e->start_time_sec, 0);
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_CPU_STAT, "cpu.stat", text, sizeof(text), &got), 0);
    assert_true(str_eq_c(got, "new\n"));
    cgroup_tree_free(t);
}

/* The rescan alone sees a folder that took the place of another. */
static void test_rescan_sees_another_inode(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu\n");
    fixture_folder(f, "kubepods/podx");
    fixture_folder(f, "spare");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    struct cgroup_entry *e = cgroup_tree_find(t, STR("/kubepods/podx"));
    e->start_time_sec = 1;
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    e = cgroup_tree_find(t, STR("/kubepods/podx"));
    assert_int_equal(e->start_time_sec, 1);

    fixture_remove(f, "kubepods/podx");
    char from[4096];
    snprintf(from, sizeof(from), "%s", fixture_path(f, "spare"));
    assert_int_equal(rename(from, fixture_path(f, "kubepods/podx")), 0);
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    e = cgroup_tree_find(t, STR("/kubepods/podx"));
    assert_non_null(e);
    assert_int_equal(e->start_time_sec, 0);
    assert_false(cgroup_tree_has(t, STR("/spare")));
    cgroup_tree_free(t);
}

static void test_gone(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu\n");
    fixture_folder(f, "kubepods/podx/" C);
    struct cgroup_tree *t = tree_of(f->top, "", false);
    struct cgroup_entry *e = cgroup_tree_find(t, STR("/kubepods/podx"));
    e->start_time_sec = 1;
    /* A reader's word hides it at once … */
    cgroup_tree_gone(t, e);
    assert_null(cgroup_tree_find(t, STR("/kubepods/podx")));
    /* … but as the folder stands, it comes back as a new one. */
    cgroup_tree_events(t);
    e = cgroup_tree_find(t, STR("/kubepods/podx"));
    assert_non_null(e);
    assert_int_equal(e->start_time_sec, 0);
    assert_non_null(cgroup_tree_find(t, STR("/kubepods/podx/" C)));

    cgroup_tree_gone(t, e);
    fixture_remove(f, "kubepods/podx");
    cgroup_tree_events(t);
    assert_paths(t, PATHS("/", "/kubepods"));
    cgroup_tree_free(t);
}

static void test_limits(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu\n");
    char path[4096] = "kubepods";
    for (size_t i = strlen(path), depth = 1; depth < LIMIT_CGROUP_DEPTH + 3; depth++) {
        i += (size_t)snprintf(path + i, sizeof(path) - i, "/d");
    }
    fixture_folder(f, path);
    struct cgroup_tree *t = tree_of(f->top, "", false);
    assert_int_equal(cgroup_tree_stats(t).n_cgroups, LIMIT_CGROUP_DEPTH + 1);
    assert_int_equal(cgroup_tree_stats(t).n_dropped, 1);
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    assert_int_equal(cgroup_tree_stats(t).n_dropped, 1);
    cgroup_tree_free(t);
}

static void test_entry_read(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, "cgroup.controllers", "cpu\n");
    fixture_file(f, "kubepods/cpu.stat", "0123456789");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    struct cgroup_entry *e = cgroup_tree_find(t, STR("/kubepods"));
    char text[11];
    struct str got = { NULL, 0 };
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_CPU_STAT, "cpu.stat", text, sizeof(text), &got), 0);
    assert_true(str_eq_c(got, "0123456789"));
    assert_int_equal(text[10], '\0');
    int fd = e->fd[CGF_CPU_STAT];
    assert_true(fd >= 0);
    assert_int_equal(cgroup_entry_read(e, CG_CPU, CGF_CPU_STAT, "cpu.stat", text, 10, &got),
                     -EFBIG);
    assert_int_equal(e->fd[CGF_CPU_STAT], fd);

    /* An absence is not remembered of a young entry, and then until the next rescan. */
    assert_int_equal(cgroup_entry_read(e, CG_CPU, CGF_CPU_MAX, "cpu.max", text, sizeof(text), &got),
                     -ENODATA);
    assert_int_equal(e->fd[CGF_CPU_MAX], CG_FD_UNTRIED);
    e->seen_ns = 0;
    assert_int_equal(cgroup_entry_read(e, CG_CPU, CGF_CPU_MAX, "cpu.max", text, sizeof(text), &got),
                     -ENODATA);
    assert_int_equal(e->fd[CGF_CPU_MAX], CG_FD_ABSENT);
    fixture_file(f, "kubepods/cpu.max", "max\n");
    assert_int_equal(cgroup_entry_read(e, CG_CPU, CGF_CPU_MAX, "cpu.max", text, sizeof(text), &got),
                     -ENODATA);
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    assert_int_equal(cgroup_entry_read(e, CG_CPU, CGF_CPU_MAX, "cpu.max", text, sizeof(text), &got),
                     0);

    /* Gone, not merely without the file. */
    fixture_remove(f, "kubepods");
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_PIDS_MAX, "pids.max", text, sizeof(text), &got), -ENODEV);
    cgroup_tree_free(t);
}

/* Seen when only one hierarchy had it, first read long after: no value may wait for a rescan. */
static void test_first_read_is_late(void **state)
{
    struct fixture *f = *state;
    everywhere(f, "/");
    fixture_folder(f, "memory/kubepods");
    struct cgroup_tree *t = tree_of(f->top, "", false);
    struct cgroup_entry *e = cgroup_tree_find(t, STR("/kubepods"));
    fixture_file(f, "pids/kubepods/pids.max", "max\n");
    e->seen_ns = 0;
    char text[16];
    struct str got = { NULL, 0 };
    assert_int_equal(cgroup_entry_read(e, CG_PIDS_CONTROLLER, CGF_PIDS_MAX, "pids.max", text,
                                       sizeof(text), &got),
                     0);
    /* That was the last look before the rescan. */
    fixture_file(f, "cpu/kubepods/cpu.shares", "2\n");
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_CPU_SHARES, "cpu.shares", text, sizeof(text), &got),
        -ENODATA);
    assert_int_equal(cgroup_tree_rescan(t, NULL), 0);
    assert_int_equal(
        cgroup_entry_read(e, CG_CPU, CGF_CPU_SHARES, "cpu.shares", text, sizeof(text), &got), 0);
    cgroup_tree_free(t);
}

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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_v1_cgroupfs),
        TEST(test_v1_all_cgroups),
        TEST(test_v1_shared_hierarchy),
        TEST(test_v1_in_some_controllers),
        TEST(test_v2),
        TEST(test_cgroup_root),
        TEST(test_follow_one_more),
        TEST(test_nothing_there),
        TEST(test_events),
        TEST(test_made_again),
        TEST(test_rescan_sees_another_inode),
        TEST(test_gone),
        TEST(test_limits),
        TEST(test_entry_read),
        TEST(test_first_read_is_late),
        TEST(test_churn),
        TEST(test_overflow),
        cmocka_unit_test_teardown(test_real_cgroups, remove_real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
