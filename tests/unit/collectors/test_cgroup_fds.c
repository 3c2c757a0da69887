/* Descriptors of a process that keeps many open and opens more: this one, as the agent is. */
#include "base/clock.h"
#include "base/file.h"
#include "collectors/cgroup/cgroup_reader.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <unistd.h>

#define MANY 300
#define MORE 3

/* Where the first process's count is kept. */
static struct cg_fds *place(const struct cgroup_reader *r)
{
    for (size_t i = 0; i < CG_FDS_PLACES; i++) {
        if (r->fds[i].pid == r->pids[0]) {
            return &r->fds[i];
        }
    }
    fail_msg("process %d has no place", r->pids[0]);
    return NULL;
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
    place(&r)->counted_ns -= 11 * CLOCK_NS_PER_SEC;
    assert_int_equal(descriptors(&r), first + MORE);
    assert_true(place(&r)->counted_ns >= counted_ns);
    for (size_t i = 0; i < MANY + MORE; i++) {
        close(files[i]);
    }
    cg_forget_fds(&r);
    close(r.procfs_fd);
}

/* Numbers that meet in the table stand side by side: none is counted anew for the others' sake. As
 * many as there are ways, all made up, so that their counts are empty. */
static void processes_far_apart_do_not_put_each_other_out(void **state)
{
    (void)state;
    static struct cg_fds fds[CG_FDS_PLACES];
    int32_t pids[CG_FDS_WAYS];
    uint64_t counted_ns[CG_FDS_WAYS];
    struct cgroup_reader r = { .fds = fds, .pids = pids, .procfs_fd = -1 };
    struct cg_source s = { .reader = &r };
    struct cgroup_sample sample = { 0 };
    for (int32_t i = 0; i < CG_FDS_WAYS; i++) {
        pids[i] = 77 + i * CG_FDS_PLACES;
    }
    for (size_t i = 0; i < CG_FDS_WAYS; i++) {
        r.pids = &pids[i];
        cg_read_fds(&s, 1, &sample);
        counted_ns[i] = place(&r)->counted_ns;
    }
    for (size_t i = 0; i < CG_FDS_WAYS; i++) {
        r.pids = &pids[i];
        assert_int_equal(place(&r)->counted_ns, counted_ns[i]);
    }
    /* One more takes the place whose count is the oldest. */
    int32_t more = 77 + CG_FDS_WAYS * CG_FDS_PLACES;
    r.pids = &more;
    cg_read_fds(&s, 1, &sample);
    assert_true(place(&r)->counted_ns >= counted_ns[CG_FDS_WAYS - 1]);
    for (size_t i = 1; i < CG_FDS_WAYS; i++) {
        r.pids = &pids[i];
        assert_int_equal(place(&r)->counted_ns, counted_ns[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_process_is_not_counted_at_every_reading),
        cmocka_unit_test(processes_far_apart_do_not_put_each_other_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
