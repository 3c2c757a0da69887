/* Which mounts are the machine's file systems, what they are called, and what is read of them. */
#include "base/limits.h"
#include "collectors/cgroup/filesystems.h"
#include "tests/unit/collectors/fixture.h"

#include <sys/statvfs.h>
#include <sys/sysmacros.h>

static struct mount_line line_of(const char *type, const char *mountpoint)
{
    return (struct mount_line){
        .minor = 1, .mountpoint = str_of(mountpoint), .type = str_of(type), .source = STR("source")
    };
}

static void served(void **state)
{
    (void)state;
    static const struct {
        const char *type, *mountpoint;
        bool served;
    } rows[] = {
        { "ext4", "/", true },
        { "ext4", "/var/lib/containerd", true },
        { "xfs", "/data", true },
        { "nfs4", "/home", true },
        { "tmpfs", "/dev/shm", true },
        { "tmpfs", "/run", true },
        { "overlay", "/", true },
        { "proc", "/proc", false },
        { "cgroup2", "/sys/fs/cgroup", false },
        { "nsfs", "/run/netns/x", false },
        { "", "/", false },
        { "overlay", "/run/containerd/io.containerd.runtime.v2.task/k8s.io/x/rootfs", false },
        { "overlay", "/var/lib/docker/overlay2/x/merged", false },
        { "tmpfs", "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/x/shm", false },
        { "tmpfs", "/var/lib/kubelet/pods/x/volumes/kubernetes.io~projected/y", false },
        { "ext4", "/var/lib/kubelet/plugins/kubernetes.io/csi/x/globalmount", false },
        { "ext4", "/var/lib/kubelet", true },
        { "ext4", "/var/lib/kubelet-data/pods/x", true },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        struct mount_line line = line_of(rows[i].type, rows[i].mountpoint);
        if (filesystems_serves(&line, STR("/var/lib/kubelet")) != rows[i].served) {
            fail_msg("%s at %s", rows[i].type, rows[i].mountpoint);
        }
    }
}

/* A table whose numbers are those of the file system that the fixture stands on. */
static void write_table(struct fixture *f, const char *more)
{
    struct stat st;
    char text[4096];
    assert_int_equal(stat(f->top, &st), 0);
    unsigned a = major(st.st_dev), b = minor(st.st_dev);
    snprintf(text, sizeof(text),
             "1 0 %u:%u / / rw - ext4 /dev/mapper/vg-root rw\n"
             "2 1 %u:%u / /again rw - ext4 /dev/mapper/vg-root rw\n"
             "3 1 %u:%u / /with\\040blank rw - tmpfs tmpfs rw\n"
             "4 1 0:99 / /hidden rw - tmpfs tmpfs rw\n"
             "5 1 %u:%u / /over rw - overlay overlay rw\n"
             "6 1 0:5 / /proc rw - proc proc rw\n"
             "%s",
             a, b, a, b, a, b, a, b, more);
    fixture_file(f, "proc/1/mountinfo", text);
}

static void reads(void **state)
{
    (void)state;
    struct fixture f;
    char proc[256], root[256];
    struct stat st;
    fixture_open(&f);
    snprintf(proc, sizeof(proc), "%.127s/proc", f.top);
    snprintf(root, sizeof(root), "%.127s/root", f.top);
    static const char *const folders[] = { "root/again", "root/with blank", "root/hidden",
                                           "root/over" };
    for (size_t i = 0; i < KG_ARRAY_LEN(folders); i++) {
        fixture_folder(&f, folders[i]);
    }
    write_table(&f, "");
    assert_int_equal(stat(root, &st), 0);
    struct diskstat disk = {
        .major = major(st.st_dev),
        .minor = minor(st.st_dev),
        .name = STR("dm-0"),
        .reads = 1,
        .writes = 2,
        .sectors_read = 3,
        .sectors_written = 4,
        .reads_merged = 5,
        .writes_merged = 6,
        .in_flight = 7,
        .read_ms = 1500,
        .write_ms = 2500,
        .io_ms = 3000,
        .weighted_ms = 4000,
    };
    struct collector_env env = { .procfs = proc, .rootfs = root, .kubelet = root, .sysfs = proc };
    struct devices *devices = devices_new(proc);
    struct filesystems *fs = filesystems_new(&env);
    struct arena mem;
    const struct cgroup_fs *list;
    size_t n;
    arena_init(&mem, MIB);
    assert_int_equal(filesystems_read(fs, &mem, &disk, 1, devices, &list, &n), 0);
    assert_int_equal(n, 3); /* not the second mount of a source, nor what is not to be seen */
    assert_true(str_eq(list[0].device, STR("/dev/mapper/vg-root")));
    assert_true(str_eq(list[1].device, STR("/with blank")));
    char overlay[64];
    snprintf(overlay, sizeof(overlay), "overlay_%u-%u", major(st.st_dev), minor(st.st_dev));
    assert_true(str_eq(list[2].device, str_of(overlay)));
    struct statvfs vfs;
    assert_int_equal(statvfs(root, &vfs), 0);
    assert_int_equal(list[0].limit_bytes, (uint64_t)vfs.f_blocks * vfs.f_frsize);
    assert_int_equal(list[0].inodes_total, vfs.f_files);
    assert_true(list[0].usage_bytes <= list[0].limit_bytes);
    const struct cgroup_io *io = &list[0].io;
    assert_true(list[0].has_io && io->has_disk && io->has_sectors && io->has_weighted);
    assert_int_equal(io->ios[CG_IO_READ], 1);
    assert_int_equal(io->ios[CG_IO_WRITE], 2);
    assert_int_equal(io->sectors_read, 3);
    assert_int_equal(io->sectors_written, 4);
    assert_int_equal(io->reads_merged, 5);
    assert_int_equal(io->writes_merged, 6);
    assert_int_equal(io->io_current, 7);
    assert_true(io->read_seconds == 1.5 && io->write_seconds == 2.5 && io->io_seconds == 3 &&
                io->io_weighted_seconds == 4);
    assert_int_equal(filesystems_stuck(fs), 0);
    if (major(st.st_dev) != 0) {
        assert_true(str_eq(filesystems_device(fs, major(st.st_dev), minor(st.st_dev)),
                           STR("/dev/mapper/vg-root")));
    }
    assert_true(str_empty(filesystems_device(fs, 250, 250)));
    arena_reset(&mem, 0);
    assert_int_equal(filesystems_read(fs, &mem, NULL, 0, devices, &list, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(list[0].io.ios[CG_IO_READ], 0); /* on no disk that is known */
    filesystems_free(fs);
    devices_free(devices);
    arena_done(&mem);
    fixture_close(&f);
}

/* No mount table: no file systems, no failure. */
static void no_table(void **state)
{
    (void)state;
    struct collector_env env = { .procfs = "/nowhere", .rootfs = "/", .kubelet = "/x" };
    struct filesystems *fs = filesystems_new(&env);
    struct devices *devices = devices_new("/nowhere");
    struct arena mem;
    const struct cgroup_fs *list;
    size_t n = 9;
    arena_init(&mem, MIB);
    assert_int_equal(filesystems_read(fs, &mem, NULL, 0, devices, &list, &n), 0);
    assert_int_equal(n, 0);
    filesystems_free(fs);
    devices_free(devices);
    arena_done(&mem);
}

/* The machine's own table. */
static void this_machine(void **state)
{
    (void)state;
    struct collector_env env = { .procfs = "/proc", .rootfs = "/", .kubelet = "/var/lib/kubelet" };
    struct filesystems *fs = filesystems_new(&env);
    struct devices *devices = devices_new("/sys");
    struct arena mem;
    const struct cgroup_fs *list;
    size_t n = 0;
    arena_init(&mem, MIB);
    devices_refresh(devices, NULL, 0);
    assert_int_equal(filesystems_read(fs, &mem, NULL, 0, devices, &list, &n), 0);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_false(str_eq(list[i].device, list[k].device));
        }
    }
    filesystems_free(fs);
    devices_free(devices);
    arena_done(&mem);
}

static void device_names(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    fixture_file(&f, "block/vda/dev", "254:0\n");
    fixture_file(&f, "block/vdb/dev", "254:16\n");
    fixture_file(&f, "block/loop0/dev", "7:0\n");
    fixture_file(&f, "block/sr0/dev", "11:0\n");
    fixture_file(&f, "block/ram0/dev", "1:0\n");
    fixture_file(&f, "block/cciss!c0d0/dev", "104:0\n");
    fixture_file(&f, "block/nvme0c0n1/dev", "259:1\n");
    fixture_file(&f, "block/nvme0c0n1/hidden", "1\n");
    fixture_file(&f, "block/odd/dev", "garbage\n");
    fixture_folder(&f, "block/empty");
    struct devices *d = devices_new(f.top);
    assert_true(str_empty(devices_name(d, 254, 0)));
    devices_refresh(d, NULL, 0);
    static const struct {
        uint32_t major, minor;
        const char *name;
    } rows[] = { { 254, 0, "/dev/vda" },
                 { 254, 16, "/dev/vdb" },
                 { 104, 0, "/dev/cciss/c0d0" },
                 { 7, 0, "" },
                 { 11, 0, "" },
                 { 1, 0, "" },
                 { 259, 1, "" },
                 { 9, 9, "" } };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        assert_true(str_eq(devices_name(d, rows[i].major, rows[i].minor), str_of(rows[i].name)));
    }
    /* read again only when the disks are others */
    fixture_file(&f, "block/vdc/dev", "254:32\n");
    devices_refresh(d, NULL, 0);
    assert_true(str_empty(devices_name(d, 254, 32)));
    struct diskstat disk = { .major = 254, .minor = 32, .name = STR("vdc") };
    devices_refresh(d, &disk, 1);
    assert_true(str_eq(devices_name(d, 254, 32), STR("/dev/vdc")));
    devices_free(d);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(served),       cmocka_unit_test(reads),        cmocka_unit_test(no_table),
        cmocka_unit_test(this_machine), cmocka_unit_test(device_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
