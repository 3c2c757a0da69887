/* test_cgroup_tree.c — which cgroups the tree knows and follows, on folders of a temporary place;
 * what inotify tells at once and the rescan finds later. */
#include "base/limits.h"
#include "tests/unit/collectors/tree_fixture.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
