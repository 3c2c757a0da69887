/* Descriptors of a process that keeps many open and opens more: this one, as the agent is. */
#include "base/clock.h"
#include "base/file.h"
#include "collectors/cgroup/cgroup_reader.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <unistd.h>

#define MANY 300
#define MORE 3

static const struct cg_fds *place(const struct cgroup_reader *r)
{
    return &r->fds[(uint32_t)r->pids[0] % CG_FDS_PLACES];
}

static uint64_t descriptors(struct cgroup_reader *r)
{
    struct cg_source s = { .reader = r };
    struct cgroup_sample sample = { 0 };
    cg_read_fds(&s, 1, &sample);
    assert_true(sample.sockets == place(r)->sockets);
    return sample.file_descriptors;
}

/* One more descriptor must not cost a look at all the others within a scrape. */
static void a_large_process_is_not_counted_at_every_reading(void **state)
{
    (void)state;
    static struct cg_fds fds[CG_FDS_PLACES];
    int32_t self = (int32_t)getpid();
    int files[MANY + MORE];
    struct cgroup_reader r = { .fds = fds, .pids = &self };
    r.procfs_fd = file_open_dir_at(AT_FDCWD, "/proc");
    assert_true(r.procfs_fd >= 0);
    r.knows_open_files = cg_knows_open_files(&r);
    if (!r.knows_open_files) {
        print_message("SKIPPED: a kernel before 6.2\n");
        close(r.procfs_fd);
        return;
    }
    for (size_t i = 0; i < MANY; i++) {
        files[i] = dup(r.procfs_fd);
        assert_true(files[i] >= 0);
    }
    uint64_t first = descriptors(&r), counted_ns = place(&r)->counted_ns;
    assert_true(first > MANY && counted_ns > 0);
    for (size_t i = 0; i < MORE; i++) {
        files[MANY + i] = dup(r.procfs_fd);
        assert_true(files[MANY + i] >= 0);
        assert_int_equal(descriptors(&r), first + i + 1);
        assert_true(place(&r)->counted_ns == counted_ns);
    }
    fds[(uint32_t)self % CG_FDS_PLACES].counted_ns -= 11 * CLOCK_NS_PER_SEC;
    assert_int_equal(descriptors(&r), first + MORE);
    assert_true(place(&r)->counted_ns >= counted_ns);
    for (size_t i = 0; i < MANY + MORE; i++) {
        close(files[i]);
    }
    cg_forget_fds(&r);
    close(r.procfs_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_process_is_not_counted_at_every_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
