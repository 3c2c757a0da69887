/* Real cgroups of this machine against what their files say, and its real mount table. Needs root.
 */
#include "base/file.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_read.h"
#include "collectors/cgroup/filesystems.h"
#include "tests/unit/collectors/fixture.h"

#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <sys/wait.h>

/* A cgroup of this machine, made for a test, with a process in it. */
struct real {
    char name[64];
    pid_t child;
};

static void real_remove(struct real *r);

struct world {
    struct collector_env env;
    struct cgroup_tree *tree;
    struct cgroup_reader *reader;
    struct arena mem;
    struct real real; /* removed with the world, also when a test fails */
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->env = (struct collector_env){
        .procfs = "/proc",
        .sysfs = "/sys",
        .cgroupfs = "/sys/fs/cgroup",
        .rootfs = "/",
        .kubelet = "/var/lib/kubelet",
        .cgroup_root = "",
        .kmsg = "",
        .sandbox_image = "",
    };
    arena_init(&w->mem, LIMIT_NODE_ARENA_BYTES);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    real_remove(&w->real);
    arena_done(&w->mem);
    cgroup_reader_free(w->reader);
    cgroup_tree_free(w->tree);
    free(w);
    return 0;
}

static void begin(struct world *w)
{
    struct err err = { 0 };
    struct cgroup_tree_config config = { w->env.cgroupfs, "", true };
    w->tree = cgroup_tree_new(&config, &err);
    assert_non_null(w->tree);
    w->reader = cgroup_reader_new(&w->env, cgroup_tree_version(w->tree), &err);
    assert_non_null(w->reader);
    assert_int_equal(cgroup_reader_begin(w->reader, &w->mem), 0);
}

static struct cgroup_sample sample_of(struct world *w, const char *path)
{
    struct cgroup_sample s = { 0 };
    struct cgroup_entry *e = cgroup_tree_find(w->tree, str_of(path));
    assert_non_null(e);
    assert_int_equal(cgroup_read(w->reader, e, &w->mem, &s, NULL), 0);
    return s;
}

static const char *const real_controllers[] = { "cpu", "cpuacct", "memory", "blkio", "pids" };

static uint64_t real_number(const char *controller, const char *name, const char *of)
{
    char path[512];
    uint64_t v = UINT64_MAX;
    snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s/%s", controller, name, of);
    assert_int_equal(file_read_u64_at(AT_FDCWD, path, &v), 0);
    return v;
}

static void real_put(const char *controller, const char *name, const char *of, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s/%s", controller, name, of);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void real_work(void)
{
    volatile uint64_t x = 0;
    volatile char *memory = malloc(4 * MIB);
    for (size_t i = 0; i < 4 * MIB; i += 4096) {
        memory[i] = 1;
    }
    for (;;) {
        x++;
    }
}

static void real_make(struct real *r)
{
    char path[512], pid[32];
    snprintf(r->name, sizeof(r->name), "kubegauge-test-%d", getpid());
    for (size_t i = 0; i < KG_ARRAY_LEN(real_controllers); i++) {
        snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s", real_controllers[i], r->name);
        assert_true(mkdir(path, 0755) == 0);
    }
    real_put("cpu", r->name, "cpu.cfs_quota_us", "50000");
    real_put("cpu", r->name, "cpu.shares", "300");
    real_put("memory", r->name, "memory.limit_in_bytes", "67108864");
    real_put("pids", r->name, "pids.max", "99");
    int ready[2];
    /* Sockets, because those of a cgroup are counted, too. */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ready), 0);
    r->child = fork();
    if (r->child == 0) {
        char byte;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[1]);
        if (read(ready[0], &byte, 1) == 1) {
            real_work();
        }
        _exit(0);
    }
    assert_true(r->child > 0);
    snprintf(pid, sizeof(pid), "%d\n", r->child);
    for (size_t i = 0; i < KG_ARRAY_LEN(real_controllers); i++) {
        real_put(real_controllers[i], r->name, "cgroup.procs", pid);
    }
    assert_int_equal(write(ready[1], "g", 1), 1);
    close(ready[0]);
    close(ready[1]);
    usleep(300000);
}

static void real_remove(struct real *r)
{
    char path[512];
    if (r->name[0] == '\0') {
        return;
    }
    kill(r->child, SIGKILL);
    waitpid(r->child, NULL, 0);
    for (size_t i = 0; i < KG_ARRAY_LEN(real_controllers); i++) {
        snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s", real_controllers[i], r->name);
        for (int attempt = 0; rmdir(path) < 0 && attempt < 100; attempt++) {
            usleep(10000);
        }
    }
    r->name[0] = '\0';
}

static bool have_v1(void)
{
    struct statfs fs;
    return geteuid() == 0 && statfs("/sys/fs/cgroup/memory", &fs) == 0 &&
           (long)fs.f_type == CGROUP_SUPER_MAGIC && access("/sys/fs/cgroup/pids", W_OK) == 0;
}

static void between(uint64_t before, uint64_t v, uint64_t after)
{
    assert_true(before <= v && v <= after);
}

static void check_real(struct world *w, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "/%s", name);
    uint64_t usage = real_number("cpuacct", name, "cpuacct.usage");
    struct cgroup_sample s = sample_of(w, path);
    between(usage, s.cpu_usage_ns, real_number("cpuacct", name, "cpuacct.usage"));
    assert_true(s.cpu_usage_ns > 0);
    assert_int_equal(s.cpu_shares, real_number("cpu", name, "cpu.shares"));
    assert_int_equal(s.cpu_quota_usec, 50000);
    assert_int_equal(s.cpu_period_usec, real_number("cpu", name, "cpu.cfs_period_us"));
    assert_int_equal(s.memory_limit, 67108864);
    assert_int_equal(s.memory_max_usage, real_number("memory", name, "memory.max_usage_in_bytes"));
    assert_int_equal(s.memory_usage, real_number("memory", name, "memory.usage_in_bytes"));
    assert_true(s.memory_rss >= 4 * MIB);
    assert_int_equal(s.threads, real_number("pids", name, "pids.current"));
    assert_int_equal(s.threads_max, 99);
    assert_int_equal(s.processes, 1);
    assert_true(s.file_descriptors >= 3 && s.sockets >= 1);
    assert_int_equal(s.memory_failcnt, 0);
    assert_true(s.present & CG_CFS);
    assert_true(s.cfs_periods > 0);
}

static void real_v1(void **state)
{
    struct world *w = *state;
    if (!have_v1()) {
        print_message("SKIPPED: not root on a machine with cgroup v1 controllers\n");
        return;
    }
    real_make(&w->real);
    begin(w);
    check_real(w, w->real.name);
    struct cgroup_sample s = sample_of(w, "/");
    assert_true(s.memory_limit > 0 && s.n_net > 0 && s.n_fs > 0);
    assert_true(s.present & CG_ULIMIT);
    assert_true(s.file_descriptors > 0); /* whether a process there has sockets, nobody knows */
    char path[128];
    snprintf(path, sizeof(path), "/%s", w->real.name);
    real_remove(&w->real);
    struct cgroup_sample after = { 0 };
    struct cgroup_entry *e = cgroup_tree_find(w->tree, str_of(path));
    assert_non_null(e);
    int code = cgroup_read(w->reader, e, &w->mem, &after, NULL);
    assert_true(code == -ENODEV || code == -ENOENT);
}

/* Runs in a mount namespace of its own, so that the machine is left alone. */
static int mount_and_look(struct fixture *f, const char *proc)
{
    struct collector_env env = { .procfs = proc, .rootfs = "/", .kubelet = "/var/lib/kubelet" };
    struct arena mem;
    const struct cgroup_fs *list;
    size_t before = 0, same = 0, after = 0;
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        return 2;
    }
    struct filesystems *fs = filesystems_new(&env);
    struct devices *devices = devices_new("/sys");
    arena_init(&mem, MIB);
    bool ok = filesystems_read(fs, &mem, NULL, 0, devices, &list, &before) == 0 && before > 0 &&
              filesystems_read(fs, &mem, NULL, 0, devices, &list, &same) == 0 && same == before;
    if (mount("tmpfs", fixture_path(f, "new"), "tmpfs", 0, "size=64k") < 0) {
        return 2;
    }
    ok = ok && filesystems_read(fs, &mem, NULL, 0, devices, &list, &after) == 0 &&
         after == before + 1;
    umount(fixture_path(f, "new"));
    ok = ok && filesystems_read(fs, &mem, NULL, 0, devices, &list, &after) == 0 && after == before;
    filesystems_free(fs);
    devices_free(devices);
    arena_done(&mem);
    return ok ? 0 : 1;
}

static void new_mounts_are_noticed(void **state)
{
    (void)state;
    struct fixture f;
    char proc[256];
    fixture_open(&f);
    fixture_folder(&f, "proc/1");
    fixture_folder(&f, "new");
    snprintf(proc, sizeof(proc), "%.127s/proc", f.top);
    assert_int_equal(symlink("/proc/self/mountinfo", fixture_path(&f, "proc/1/mountinfo")), 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(mount_and_look(&f, proc));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    fixture_close(&f);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2 && geteuid() != 0) {
        print_message("SKIPPED: mounting needs root\n");
        return;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = { T(real_v1), cmocka_unit_test(new_mounts_are_noticed) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
