/* Which folders are found, and the layer of a container from its mount table. */
#include "collectors/ephemeral/targets.h"

#include "base/buf.h"
#include "base/file.h"
#include "tests/support/test.h"
#include "tests/unit/collectors/ephemeral_machine.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

static void upperdirs(void **state)
{
    (void)state;
    static const struct {
        const char *mountinfo, *expected; /* NULL: none */
    } rows[] = {
        { "9 8 0:9 / / rw - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/u/fs,workdir=/w\n",
          "/u/fs" },
        { "9 8 0:9 / / rw shared:1 master:2 - overlay o rw,upperdir=/last\n", "/last" },
        /* what is mounted over it counts; what is mounted elsewhere does not */
        { "9 8 0:9 / / rw - overlay o rw,upperdir=/1\n9 8 0:9 / / rw - overlay o rw,upperdir=/2\n"
          "9 8 0:9 / /x rw - overlay o rw,upperdir=/3\n",
          "/2" },
        { "9 8 0:9 / / rw - overlay o rw,lowerdir=/a\\,upperdir=/no,upperdir=/with\\054comma\n",
          "/with,comma" },
        { "9 8 0:9 / / rw - overlay o rw,upperdir=/with\\040blank\\134,x=y\n", "/with blank\\" },
        { "9 8 0:9 / / rw - overlay o rw,upperdir=/a\\,b,x\n", "/a,b" },
        { "9 8 0:9 / / rw - overlay o rw,upperdir=/a\\134b,x\n", "/a\\b" },
        { "9 8 0:9 / / rw - overlay o ro,lowerdir=/a:/b\n", NULL },
        { "9 8 0:9 / / rw - overlay o rw,upperdir=2/diff\n", NULL },
        { "9 8 8:1 / / rw - ext4 /dev/sda1 rw,upperdir=/x\n", NULL },
        { "garbage\n\n9 8\n", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        char text[64];
        struct str got = STR("");
        int r = ephemeral_upperdir(str_of(rows[i].mountinfo), text, sizeof(text), &got);
        assert_int_equal(r, rows[i].expected ? 0 : -ENODATA);
        assert_str_equal(got, rows[i].expected ? rows[i].expected : "");
    }
    char small[4];
    struct str got;
    assert_int_equal(ephemeral_upperdir(str_of(rows[0].mountinfo), small, sizeof(small), &got),
                     -ENAMETOOLONG);
}

struct listing {
    struct buf text; /* a line each */
    size_t left;     /* how many more are wanted */
};

static bool list(void *arg, const struct ephemeral_target *t)
{
    static const char *const kinds[] = { "layer", "logs", "volume", "hosts" };
    struct listing *l = arg;
    buf_addf(&l->text, "%s " STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT "\n", kinds[t->kind],
             STR_ARG(t->pod_uid), STR_ARG(str_head(t->name, 12)), STR_ARG(t->type),
             STR_ARG(t->path));
    return --l->left > 0;
}

static unsigned find(struct machine *m, struct listing *l, struct err *err)
{
    struct ephemeral_places places = {
        .rootfs = m->rootfs,
        .procfs = m->procfs,
        .kubelet = (char[]){ "/var/lib/kubelet" },
        .pod_logs = (char[]){ "/var/log/pods" },
        .cgroupfs = m->cgroupfs,
        .cgroup_root = (char[]){ "" },
    };
    unsigned kinds = 99;
    int root = file_open_dir_at(AT_FDCWD, m->rootfs);
    buf_clear(&l->text);
    l->left = l->left ? l->left : SIZE_MAX;
    int r = ephemeral_find(&places, root, list, l, &kinds, err);
    assert_int_equal(r, err->code ? -err->code : 0);
    close(root);
    return kinds;
}

static void assert_line(struct listing *l, const char *line)
{
    if (!strstr(buf_c(&l->text), line)) {
        fail_msg("no \"%s\" in\n%s", line, buf_c(&l->text));
    }
}

static size_t lines(const struct listing *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->text.n; i++) {
        n += l->text.p[i] == '\n';
    }
    return n;
}

static void finds(void **state)
{
    (void)state;
    struct machine m;
    struct listing l = { .text = BUF_INIT(65536) };
    struct err err = { 0 };
    machine_open(&m);
    assert_int_equal(find(&m, &l, &err), 15);
    assert_line(&l, "layer " U " 1fad31c3c78c  /layers/2/fs\n");
    assert_line(&l, "layer " U " 0b7cb48bd121  /layers/1/fs\n");
    assert_line(&l, "logs " U " app  /var/log/pods/default_web-0_" U "/app\n");
    assert_line(&l, "volume " U " cache emptyDir /var/lib/kubelet/pods/" U
                    "/volumes/kubernetes.io~empty-dir/cache\n");
    assert_line(&l, "volume " U " conf configMap /var/lib/kubelet/pods/" U
                    "/volumes/kubernetes.io~configmap/conf\n");
    assert_line(&l, "hosts " U "   /var/lib/kubelet/pods/" U "/etc-hosts\n");
    assert_int_equal(lines(&l), 6);

    /* A container without overlay is told without a path; processes may be in a cgroup below. */
    machine_container(&m, POD "/" FRESH "/init.scope", 102, "btrfs /dev/sda1 rw");
    fixture_file(&m.f, "cgroup" POD "/" FRESH "/cgroup.procs", "");
    assert_int_equal(find(&m, &l, &err), 15);
    assert_line(&l, "layer " U " 23b89f0ba773  \n");
    assert_int_equal(lines(&l), 7);

    /* One that has no process, or one that has ended, is none. */
    fixture_remove(&m.f, "proc/102");
    assert_int_equal(find(&m, &l, &err), 15);
    assert_int_equal(lines(&l), 6);

    for (size_t n = 1; n < 6; n++) {
        l.left = n;
        find(&m, &l, &err);
        assert_int_equal(lines(&l), n);
    }
    buf_done(&l.text);
    machine_close(&m);
}

/* What is not there takes its kind with it, is told, and disturbs no other. */
static void faults(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *named;
        unsigned kinds;
    } rows[] = {
        { "root/var/log", "/var/log/pods", 13 },
        { "cgroup/cgroup.controllers", "layers", 12 },
        { "root/var/lib", "/var/lib/kubelet/pods", 8 },
    };
    struct machine m;
    struct listing l = { .text = BUF_INIT(65536) };
    machine_open(&m);
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        fixture_remove(&m.f, rows[i].folder);
        if (i == 1) {
            fixture_remove(&m.f, "cgroup");
        }
        assert_int_equal(find(&m, &l, &err), rows[i].kinds);
        assert_true(err.code != 0);
        assert_non_null(strstr(err.text, i == 2 ? "layers" : rows[i].named));
    }
    buf_done(&l.text);
    machine_close(&m);
}

/* A link on the way is the machine's: below its root, not ours. */
static void links_of_the_machine(void **state)
{
    (void)state;
    struct machine m;
    struct listing l = { .text = BUF_INIT(65536) };
    struct err err = { 0 };
    machine_open(&m);
    fixture_folder(&m.f, "root/mnt");
    char from[512], to[512];
    snprintf(from, sizeof(from), "%s/root/var/log/pods", m.f.top);
    snprintf(to, sizeof(to), "%s/root/mnt/pods", m.f.top);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(symlink("/mnt/pods", from), 0);
    assert_int_equal(find(&m, &l, &err), 15);
    assert_line(&l, "logs " U " app");
    buf_done(&l.text);
    machine_close(&m);
}

static int in_namespace(struct machine *m)
{
    struct listing l = { .text = BUF_INIT(65536) };
    struct err err = { 0 };
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", fixture_path(&m->f, VOLUMES "kubernetes.io~empty-dir/cache"), "tmpfs", 0,
              NULL) < 0) {
        return 77;
    }
    unsigned kinds = find(m, &l, &err);
    int r = kinds == 15 && !strstr(buf_c(&l.text), " cache ") && lines(&l) == 5 ? 0 : 1;
    buf_done(&l.text);
    return r;
}

static void memory_is_not_disk(void **state)
{
    (void)state;
    struct machine m;
    machine_open(&m);
    pid_t child = fork();
    if (child == 0) {
        _exit(in_namespace(&m));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    machine_close(&m);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        printf("SKIPPED: mounting takes root\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upperdirs),
        cmocka_unit_test(finds),
        cmocka_unit_test(faults),
        cmocka_unit_test(links_of_the_machine),
        cmocka_unit_test(memory_is_not_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
