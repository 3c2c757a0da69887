/* The table of mounts: how many are taken, and that it is told when there are more. What a line
 * becomes is in the golden files. */
#include "collectors/node/mount_table.h"

#include "tests/support/test.h"

static const struct node_filter all;
static const struct mount_rules rules = { &all, &all, "/" };

static void add_lines(struct buf *text, int from, int to)
{
    for (int i = from; i < to; i++) {
        buf_addf(text, "%d 1 8:%d / /m%d rw - ext4 /dev/d%d rw\n", i + 2, i, i, i);
    }
}

static int parse(struct buf *text, size_t *ret_n, struct err *err)
{
    struct arena mem;
    struct mount *list = NULL;
    arena_init(&mem, 64 * MIB);
    int r = mount_table_parse(buf_str(text), &rules, &mem, &list, ret_n, err);
    arena_done(&mem);
    return r;
}

static void as_many_as_may_be_are_taken(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(MIB);
    struct err err = { 0 };
    size_t n = 0;
    add_lines(&text, 0, LIMIT_FILESYSTEMS);
    add_lines(&text, 0, 1); /* once more: the same */
    assert_int_equal(parse(&text, &n, &err), 0);
    assert_int_equal(n, LIMIT_FILESYSTEMS);
}

static void more_are_left_out_and_told(void **state)
{
    (void)state;
    auto_buf struct buf text = BUF_INIT(MIB);
    struct err err = { 0 };
    size_t n = 0;
    add_lines(&text, 0, LIMIT_FILESYSTEMS + 2);
    assert_int_equal(parse(&text, &n, &err), 1);
    assert_int_equal(n, LIMIT_FILESYSTEMS);
    assert_int_equal(err.code, E2BIG);
    assert_non_null(strstr(err_text(&err), "more than 1024 file systems"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_may_be_are_taken),
        cmocka_unit_test(more_are_left_out_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
