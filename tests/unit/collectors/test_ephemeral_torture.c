/* Each allocation of a search, of a walk and of a snapshot fails once: nothing leaks, what was
 * known before stays known, and the caller is told. */
#include "collectors/ephemeral/folders.h"

#include "base/file.h"
#include "tests/support/torture.h"
#include "tests/unit/collectors/ephemeral_machine.h"

static struct machine m;

static bool on(void *arg)
{
    (void)arg;
    return true;
}

static int search(void)
{
    /* Layers need a cgroup tree, which does with less when memory is short: not here. */
    const struct ephemeral_places places = {
        .rootfs = m.rootfs,
        .procfs = m.procfs,
        .kubelet = (char[]){ "/var/lib/kubelet" },
        .pod_logs = (char[]){ "/var/log/pods" },
        .cgroupfs = (char[]){ "/nowhere" },
        .cgroup_root = (char[]){ "" },
    };
    struct ephemeral_folders folders = { 0 };
    int root = file_open_dir_at(AT_FDCWD, m.rootfs);
    int r = ephemeral_folders_search(&folders, &places, root);
    size_t known_before = 0;
    for (int i = 0; r == 0 && i < 2; i++) { /* again with all known */
        known_before = map_count(&folders.by_key);
        r = ephemeral_folders_search(&folders, &places, root);
        assert_int_equal(map_count(&folders.by_key), known_before);
    }
    struct ephemeral_known *known = r == 0 ? ephemeral_folders_known(&folders) : NULL;
    if (known) {
        assert_int_equal(known->n, 4);
        snapshot_unref(&known->snapshot);
    } else {
        r = -ENOMEM;
    }
    ephemeral_folders_done(&folders);
    close(root);
    return r;
}

static int walk(void)
{
    struct disk_usage usage;
    int fd = open(fixture_path(&m.f, "root/var/lib/kubelet"), O_PATH | O_CLOEXEC);
    int r = disk_usage_walk(fd, on, NULL, &usage);
    close(fd);
    return r;
}

static void searches(void **state)
{
    (void)state;
    torture_run(search, 15);
}

static void walks(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        char from[512], to[1024];
        snprintf(from, sizeof(from), "%s/" VOLUMES "kubernetes.io~empty-dir/cache/file", m.f.top);
        snprintf(to, sizeof(to), "%s%d", from, i);
        assert_int_equal(link(from, to), 0);
    }
    torture_run(walk, 2);
}

static int setup(void **state)
{
    (void)state;
    machine_open(&m);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    machine_close(&m);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches),
        cmocka_unit_test(walks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
