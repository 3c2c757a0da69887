/* When a folder's size comes from the quota of its project, and when it must be walked. */
#include "collectors/ephemeral/project_quota.h"

#include "tests/unit/collectors/fixture.h"

/* The folder is descriptor 10, the one above 11. */
static struct {
    uint32_t project, above;
    int project_error, usage_error;
    uint32_t asked;
} kernel;

static int project(int fd, uint32_t *ret)
{
    *ret = fd == 10 ? kernel.project : kernel.above;
    return fd == 10 ? kernel.project_error : 0;
}

static int usage(int fd, uint32_t id, struct disk_usage *ret)
{
    assert_int_equal(fd, 10);
    kernel.asked = id;
    *ret = (struct disk_usage){ .bytes = 4096, .inodes = 3 };
    return kernel.usage_error;
}

static const struct project_quota_calls calls = { project, usage };

static void decides(void **state)
{
    (void)state;
    static const struct {
        uint32_t project, above;
        int project_error, usage_error, expected;
    } rows[] = {
        { 7, 0, 0, 0, 0 },
        { 7, 8, 0, 0, 0 },
        { 0, 0, 0, 0, -ENODATA },      /* it has none */
        { 7, 7, 0, 0, -ENODATA },      /* it is a part of a larger one */
        { 7, 0, -ENOTTY, 0, -ENOTTY }, /* a file system without projects */
        { 7, 0, 0, -ESRCH, -ESRCH },   /* no quota is kept */
        { 7, 0, 0, -EPERM, -EPERM },   /* it is not told to us */
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        struct disk_usage got = { 0 };
        kernel.project = rows[i].project;
        kernel.above = rows[i].above;
        kernel.project_error = rows[i].project_error;
        kernel.usage_error = rows[i].usage_error;
        kernel.asked = 0;
        assert_int_equal(project_quota_usage(&calls, 10, 11, &got), rows[i].expected);
        if (rows[i].expected == 0) {
            assert_int_equal(kernel.asked, 7);
            assert_int_equal(got.bytes, 4096);
            assert_int_equal(got.inodes, 3);
        }
    }
}

/* The real calls, on a folder that has no project. */
static void real(void **state)
{
    (void)state;
    struct fixture f;
    struct disk_usage got;
    fixture_open(&f);
    int fd = open(f.top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int above = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(project_quota_usage(&project_quota_kernel, fd, above, &got) < 0);
    assert_true(project_quota_kernel.usage(fd, 12345, &got) < 0);
    close(fd);
    close(above);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides),
        cmocka_unit_test(real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
