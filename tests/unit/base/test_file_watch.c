#include "base/file_watch.h"

#include "tests/support/file_write.h"
#include "tests/support/test.h"

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[64], path[128];

static int open_folder(void **state)
{
    (void)state;
    assert_int_equal(str_copy(top, sizeof(top), STR("/tmp/kg-file-watch-XXXXXX")), 0);
    assert_non_null(mkdtemp(top));
    snprintf(path, sizeof(path), "%s/config.yaml", top);
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    static const char *const names[] = {
        "config.yaml", "..data", "..1/config.yaml", "..1", "..2/config.yaml", "..2", "sub/x",
        "sub",         ""
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", top, names[i]);
        remove(path);
    }
    return 0;
}

static void put(const char *name, const char *text)
{
    char file[192];
    struct err err;
    snprintf(file, sizeof(file), "%s/%s", top, name);
    assert_int_equal(file_write_atomic(file, str_of(text), &err), 0);
}

static bool told(const struct file_watch *w)
{
    struct pollfd p = { .fd = w->fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

static void tells_changes_of_content_alone(void **state)
{
    struct file_watch w;
    (void)state;
    put("config.yaml", "a: 1\n");
    file_watch_init(&w);
    assert_int_equal(file_watch_add(&w, path), 0);
    assert_false(told(&w));
    assert_int_equal(file_watch_look(&w), 0);
    uint64_t before = file_watch_hash(&w, 0);
    assert_true(before > 0 && before < UINT64_C(1) << 48);
    put("config.yaml", "a: 2\n");
    assert_true(told(&w));
    assert_int_equal(file_watch_look(&w), 1);
    assert_false(told(&w));
    assert_true(file_watch_hash(&w, 0) != before);
    put("config.yaml", "a: 2\n"); /* the same again */
    put("other", "x");
    assert_int_equal(file_watch_look(&w), 0);
    char other[192];
    snprintf(other, sizeof(other), "%s/other", top);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_watch_look(&w), 1);
    assert_int_equal(file_watch_hash(&w, 0), 0);
    put("config.yaml", "a: 1\n");
    assert_true(told(&w));
    assert_int_equal(file_watch_look(&w), 1);
    assert_true(file_watch_hash(&w, 0) == before);
    file_watch_done(&w);
}

/* As the kubelet exchanges a ConfigMap. */
static void follows_links_that_are_exchanged(void **state)
{
    struct file_watch w;
    char from[192], to[192];
    (void)state;
    for (int i = 1; i <= 2; i++) {
        snprintf(from, sizeof(from), "%s/..%d", top, i);
        assert_int_equal(mkdir(from, 0700), 0);
    }
    put("..1/config.yaml", "one");
    put("..2/config.yaml", "two");
    snprintf(to, sizeof(to), "%s/..data", top);
    assert_int_equal(symlink("..1", to), 0);
    assert_int_equal(symlink("..data/config.yaml", path), 0);
    file_watch_init(&w);
    assert_int_equal(file_watch_add(&w, path), 0);
    snprintf(from, sizeof(from), "%s/..data_tmp", top);
    assert_int_equal(symlink("..2", from), 0);
    assert_int_equal(rename(from, to), 0);
    assert_true(told(&w));
    assert_int_equal(file_watch_look(&w), 1);
    file_watch_done(&w);
}

static void a_folder_may_come_later(void **state)
{
    struct file_watch w;
    char folder[160], file[192];
    (void)state;
    snprintf(folder, sizeof(folder), "%s/sub", top);
    snprintf(file, sizeof(file), "%s/x", folder);
    file_watch_init(&w);
    assert_int_equal(file_watch_add(&w, path), 0);
    assert_int_equal(file_watch_add(&w, file), 1);
    assert_int_equal(file_watch_look(&w), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(file_watch_look(&w), 0);
    put("sub/x", "1");
    assert_true(told(&w));
    assert_int_equal(file_watch_look(&w), 2);
    while (w.n < FILE_WATCH_MAX) {
        assert_true(file_watch_add(&w, file) > 0);
    }
    assert_int_equal(file_watch_add(&w, file), -ENOSPC);
    file_watch_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_changes_of_content_alone, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(follows_links_that_are_exchanged, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(a_folder_may_come_later, open_folder, close_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
