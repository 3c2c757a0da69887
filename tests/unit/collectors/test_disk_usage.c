/* What a folder takes, against a count by other means: hard links, holes, depth, odd names, mounts,
 * and files that vanish under the walk. */
#include "collectors/ephemeral/disk_usage.h"

#include "base/limits.h"
#include "base/str.h"
#include "tests/unit/collectors/fixture.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

static struct fixture f;

static bool on(void *arg)
{
    ++*(size_t *)arg;
    return true;
}

static struct disk_usage walk(const char *path)
{
    struct disk_usage usage = { 0 };
    size_t steps = 0;
    int fd = open(fixture_path(&f, path), O_PATH | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(disk_usage_walk(fd, on, &steps, &usage), 0);
    close(fd);
    assert_true(steps >= usage.inodes);
    return usage;
}

/* The other way to count: nftw, with a plain list of what has several names. */
static struct {
    uint64_t bytes, inodes;
    ino_t linked[64];
    size_t n;
} other;

static int other_count(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)path, (void)type, (void)ftw;
    for (size_t i = 0; i < other.n; i++) {
        if (other.linked[i] == st->st_ino) {
            return 0;
        }
    }
    if (st->st_nlink > 1 && !S_ISDIR(st->st_mode)) {
        assert_true(other.n < KG_ARRAY_LEN(other.linked));
        other.linked[other.n++] = st->st_ino;
    }
    other.bytes += (uint64_t)st->st_blocks * 512;
    other.inodes++;
    return 0;
}

static void assert_same(const char *path)
{
    memset(&other, 0, sizeof(other));
    assert_int_equal(nftw(fixture_path(&f, path), other_count, 64, FTW_PHYS), 0);
    struct disk_usage usage = walk(path);
    assert_int_equal(usage.bytes, other.bytes);
    assert_int_equal(usage.inodes, other.inodes);
    assert_false(usage.inexact);
}

static void fill(const char *path, size_t bytes)
{
    fixture_file(&f, path, "");
    int fd = open(fixture_path(&f, path), O_WRONLY | O_CLOEXEC);
    char block[4096];
    memset(block, 'x', sizeof(block));
    for (size_t n = 0; n < bytes; n += sizeof(block)) {
        assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
    }
    close(fd);
}

static int setup(void **state)
{
    (void)state;
    fixture_open(&f);
    fixture_folder(&f, "top");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

static void plain(void **state)
{
    (void)state;
    fill("top/a/b/c", 40960);
    fill("top/a/d", 4096);
    assert_same("top");
    assert_true(walk("top").bytes >= 45056);
    assert_int_equal(walk("top").inodes, 5);
    /* A file alone. */
    assert_int_equal(walk("top/a/d").inodes, 1);
    assert_same("top/a/d");
}

static void odd_names(void **state)
{
    (void)state;
    fill("top/with\nnewline/and\ttab", 4096);
    fill("top/ / ", 4096);
    fill("top/...", 4096);
    fill("top/\xff\xfe", 4096);
    fill("top/.hidden/-rf", 4096);
    assert_same("top");
    assert_int_equal(walk("top").inodes, 9);
}

static void hard_links(void **state)
{
    (void)state;
    fill("top/one", 65536);
    fixture_folder(&f, "top/folder");
    for (int i = 0; i < 20; i++) {
        char from[256], to[256];
        snprintf(from, sizeof(from), "%s/top/one", f.top);
        snprintf(to, sizeof(to), "%s/top/%s%d", f.top, i % 2 ? "folder/" : "", i);
        assert_int_equal(link(from, to), 0);
    }
    assert_same("top");
    assert_int_equal(walk("top").inodes, 3);
    assert_true(walk("top").bytes < 2 * 65536);
}

static void sparse(void **state)
{
    (void)state;
    fill("top/file", 4096);
    assert_int_equal(truncate(fixture_path(&f, "top/file"), (off_t)1 << 40), 0);
    assert_same("top");
    assert_true(walk("top").bytes < 1 << 20);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    fill("elsewhere/large", 1 << 20);
    char to[256];
    snprintf(to, sizeof(to), "%s/elsewhere", f.top);
    assert_int_equal(symlink(to, fixture_path(&f, "top/folder")), 0);
    snprintf(to, sizeof(to), "%s/elsewhere/large", f.top);
    assert_int_equal(symlink(to, fixture_path(&f, "top/file")), 0);
    assert_int_equal(symlink("..", fixture_path(&f, "top/loop")), 0);
    assert_int_equal(mkfifo(fixture_path(&f, "top/fifo"), 0600), 0); /* opening it would wait */
    assert_same("top");
    assert_int_equal(walk("top").inodes, 5);
}

static void deep(void **state)
{
    (void)state;
    char path[4096] = "top";
    for (size_t i = 0; i < LIMIT_WALK_DEPTH - 1; i++) {
        strcat(path, "/d");
    }
    fill(strcat(path, "/file"), 4096);
    assert_same("top");
    /* A folder more than is followed: it is counted, what it holds is not, and that is told. */
    path[strlen(path) - strlen("file")] = '\0';
    fill(strcat(path, "d/file"), 4096);
    struct disk_usage usage = walk("top");
    assert_true(usage.inexact);
    assert_int_equal(usage.inodes, LIMIT_WALK_DEPTH + 2);
}

struct vanish {
    size_t steps;
    bool whole;
};

/* Removes what is still there in the middle of the walk. */
static bool vanish(void *arg)
{
    struct vanish *v = arg;
    if (++v->steps == 20) {
        fixture_remove(&f, v->whole ? "top" : "top/sub");
    }
    return true;
}

static void vanishing(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        for (int i = 0; i < 100; i++) {
            char path[64];
            snprintf(path, sizeof(path), "top/sub/%d/file%d", i % 7, i);
            fill(path, 4096);
        }
        struct vanish v = { .whole = whole };
        struct disk_usage usage;
        int fd = open(fixture_path(&f, "top"), O_PATH | O_CLOEXEC);
        assert_int_equal(disk_usage_walk(fd, vanish, &v, &usage), 0);
        close(fd);
        assert_false(usage.inexact);
        assert_true(usage.inodes >= 1 && usage.inodes < 108);
    }
    fixture_folder(&f, "top");
}

static bool stop_at(void *arg)
{
    return --*(int *)arg > 0;
}

static void ended(void **state)
{
    (void)state;
    fill("top/a/b/c", 4096);
    for (int steps = 1; steps <= 5; steps++) {
        struct disk_usage usage = { .bytes = 7 };
        int left = steps, fd = open(fixture_path(&f, "top"), O_PATH | O_CLOEXEC);
        int r = disk_usage_walk(fd, stop_at, &left, &usage);
        close(fd);
        assert_int_equal(r, steps < 5 ? -ECANCELED : 0);
        assert_true(steps == 5 || usage.bytes == 7); /* untouched */
    }
    size_t steps = 0;
    struct disk_usage usage;
    assert_int_equal(disk_usage_walk(-1, on, &steps, &usage), -EBADF);
}

/* In a mount namespace of its own; the exit code says what went wrong. */
static int in_namespace(void)
{
    char from[256], to[256], inside[256];
    snprintf(from, sizeof(from), "%s/top", f.top);
    snprintf(to, sizeof(to), "%s/top/again", f.top);
    snprintf(inside, sizeof(inside), "%s/top/memory", f.top);
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        return 77;
    }
    struct disk_usage before = walk("top");
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0 ||
        mount("tmpfs", inside, "tmpfs", 0, NULL) < 0) {
        return 77;
    }
    fill("top/memory/file", 1 << 20);
    struct disk_usage after = walk("top");
    /* The two folders that are mounted over are left out, and nothing else. */
    return after.inexact || after.inodes != before.inodes - 2 ? 1 : 0;
}

static void mounts_are_not_entered(void **state)
{
    (void)state;
    fill("top/file", 4096);
    fixture_folder(&f, "top/again");
    fixture_folder(&f, "top/memory");
    pid_t child = fork();
    if (child == 0) {
        _exit(in_namespace());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        printf("SKIPPED: mounting takes root\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(plain),
        TEST(odd_names),
        TEST(hard_links),
        TEST(sparse),
        TEST(links_are_not_followed),
        TEST(deep),
        TEST(vanishing),
        TEST(ended),
        TEST(mounts_are_not_entered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
