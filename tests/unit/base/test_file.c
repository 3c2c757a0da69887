#include "base/file.h"

#include "tests/support/file_write.h"
#include "tests/support/test.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/kubegauge-file.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void reads_back_what_was_written(void **state)
{
    (void)state;
    char path[64];
    assert_int_equal(file_join(path, sizeof(path), folder, "/a"), 0);
    struct err err = { 0 };
    assert_int_equal(file_write_atomic(path, STR("42\n"), &err), 0);

    auto_buf struct buf out = BUF_INIT(100);
    assert_int_equal(file_read(AT_FDCWD, path, &out, &err), 3);
    assert_str_equal(buf_str(&out), "42\n");

    uint64_t v = 0;
    auto_close int dir = file_open_dir_at(AT_FDCWD, folder);
    assert_true(dir >= 0);
    assert_int_equal(file_read_u64_at(dir, "a", &v), 0);
    assert_int_equal(v, 42);

    char text[4];
    struct str s;
    auto_close int fd = file_open_read_at(dir, "a");
    assert_int_equal(file_pread_text(fd, text, sizeof(text), &s), 0);
    assert_str_equal(s, "42\n");
    assert_int_equal(file_pread_text(fd, text, 3, &s), -EFBIG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_read_u64_at(dir, "a", &v), -ENOENT);
}

static void says_what_could_not_be_read(void **state)
{
    (void)state;
    struct err err = { 0 };
    auto_buf struct buf out = BUF_INIT(100);
    assert_int_equal(file_read(AT_FDCWD, "/no/such/file", &out, &err), -ENOENT);
    assert_string_equal(err_text(&err), "open /no/such/file: ENOENT");
    auto_buf struct buf tiny = BUF_INIT(2);
    assert_int_equal(file_read(AT_FDCWD, "/proc/self/stat", &tiny, &err), -EFBIG);
    assert_int_equal(tiny.n, 0);
    char path[4];
    assert_int_equal(file_join(path, sizeof(path), "/a", "/b"), -ENAMETOOLONG);
}

static void reads_files_that_say_size_zero(void **state)
{
    (void)state;
    auto_buf struct buf out = BUF_INIT(1 << 20);
    struct err err = { 0 };
    assert_true(file_read(AT_FDCWD, "/proc/self/status", &out, &err) > 100);
    assert_true(str_starts(buf_str(&out), STR("Name:")));
}

/* An absolute link of another root leads to that root's files, and ".." does not lead out of it. */
static void stays_below_a_root(void **state)
{
    (void)state;
    char inside[64], link[64], text[8];
    struct str s;
    assert_int_equal(file_join(inside, sizeof(inside), folder, "data"), 0);
    assert_int_equal(file_join(link, sizeof(link), folder, "link"), 0);
    assert_int_equal(file_write_atomic(inside, STR("ours"), NULL), 0);
    assert_int_equal(symlink("/../data", link), 0);
    auto_close int fd = file_open_in_root(folder, "/link", O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(file_pread_text(fd, text, sizeof(text), &s), 0);
    assert_str_equal(s, "ours");
    assert_int_equal(file_open_in_root(folder, "/none", O_RDONLY), -ENOENT);
    assert_int_equal(file_open_in_root("/no/such/root", "/", O_RDONLY), -ENOENT);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(inside), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(says_what_could_not_be_read),
        cmocka_unit_test(reads_files_that_say_size_zero),
        cmocka_unit_test(stays_below_a_root),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
