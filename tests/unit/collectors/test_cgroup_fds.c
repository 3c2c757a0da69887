/* Descriptors of a process that keeps many open and opens more: this one, as the agent is. */
#include "base/clock.h"
#include "base/file.h"
#include "collectors/cgroup/cgroup_reader.h"
#include "collectors/proc/pid_fds.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <sys/socket.h>
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
    place(&r)->counted_ns -= 31 * CLOCK_NS_PER_SEC;
    assert_int_equal(descriptors(&r), first + MORE);
    assert_true(place(&r)->counted_ns >= counted_ns);
    for (size_t i = 0; i < MANY + MORE; i++) {
        close(files[i]);
    }
    cg_forget_fds(&r);
    close(r.procfs_fd);
}

/* Of itself the process knows without a look at links what these say. */
static void counts_itself_as_the_links_do(void **state)
{
    (void)state;
    static struct cg_fds fds[CG_FDS_PLACES];
    int32_t self = (int32_t)getpid();
    int pairs[5][2];
    uint64_t files = 0, sockets = 0;
    struct cgroup_reader r = { .fds = fds, .pids = &self };
    r.procfs_fd = file_open_dir_at(AT_FDCWD, "/proc");
    r.knows_open_files = cg_knows_open_files(&r);
    r.own_pid = cg_own_pid(&r);
    assert_int_equal(r.own_pid, self);
    if (!r.knows_open_files) {
        print_message("SKIPPED: a kernel before 6.2\n");
        close(r.procfs_fd);
        return;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(pairs); i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pairs[i]), 0);
    }
    close(pairs[1][0]); /* a hole */
    uint64_t count = descriptors(&r);
    assert_int_equal(proc_count_fds(r.procfs_fd, self, &files, &sockets), 0);
    assert_int_equal(place(&r)->sockets, sockets);
    assert_int_equal(place(&r)->files, count);
    assert_int_equal(count, files - 1); /* without the folder that was being read */
    assert_true(sockets >= 9);
    /* Elsewhere than in a real procfs nobody is oneself. */
    cg_forget_fds(&r);
    close(r.procfs_fd);
    r.procfs_fd = file_open_dir_at(AT_FDCWD, "/dev");
    assert_int_equal(cg_own_pid(&r), 0);
    close(r.procfs_fd);
    for (size_t i = 0; i < KG_ARRAY_LEN(pairs); i++) {
        if (i != 1) {
            close(pairs[i][0]);
        }
        close(pairs[i][1]);
    }
}

/* The tick leaves alone what is younger than half a minute, and what nobody asks for. */
static void the_tick_counts_no_more_than_it_must(void **state)
{
    (void)state;
    static struct cg_fds fds[CG_FDS_PLACES];
    int32_t self = (int32_t)getpid();
    struct cgroup_reader r = { .fds = fds, .pids = &self };
    r.procfs_fd = file_open_dir_at(AT_FDCWD, "/proc");
    r.knows_open_files = cg_knows_open_files(&r);
    if (r.knows_open_files) {
        descriptors(&r);
        uint64_t counted_ns = place(&r)->counted_ns;
        cgroup_reader_tick(&r, counted_ns + 29 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns == counted_ns);
        cgroup_reader_tick(&r, counted_ns + 31 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns == counted_ns + 31 * CLOCK_NS_PER_SEC);
        cgroup_reader_tick(&r, counted_ns + 999 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns == counted_ns + 31 * CLOCK_NS_PER_SEC);
        /* It was what it was before, so that the next one may wait twice as long. */
        place(&r)->served = true;
        cgroup_reader_tick(&r, counted_ns + 90 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns == counted_ns + 31 * CLOCK_NS_PER_SEC);
        cgroup_reader_tick(&r, counted_ns + 92 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns == counted_ns + 92 * CLOCK_NS_PER_SEC);
        for (unsigned i = 0; i < 9; i++) {
            place(&r)->served = true;
            cgroup_reader_tick(&r, place(&r)->counted_ns + 3600 * CLOCK_NS_PER_SEC);
        }
        counted_ns = place(&r)->counted_ns;
        place(&r)->served = true;
        cgroup_reader_tick(&r, counted_ns + 239 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns == counted_ns);
        cgroup_reader_tick(&r, counted_ns + 240 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns > counted_ns);
        /* Another descriptor ends the calm. */
        int more = dup(r.procfs_fd);
        place(&r)->counted_ns = clock_mono_ns() - CLOCK_NS_PER_SEC;
        descriptors(&r);
        close(more);
        counted_ns = place(&r)->counted_ns;
        cgroup_reader_tick(&r, counted_ns + 31 * CLOCK_NS_PER_SEC);
        assert_true(place(&r)->counted_ns > counted_ns);
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

/* Descriptors, as an entry tells them whose processes have used so much CPU time. */
static uint64_t of_entry(struct cgroup_reader *r, struct cgroup_entry *e, uint64_t usage_ns)
{
    struct cg_source s = { .reader = r, .entry = e };
    struct cgroup_sample sample = { .cpu_usage_ns = usage_ns };
    cg_read_fds_of_entry(&s, 1, &sample);
    return sample.file_descriptors;
}

/* Nothing is looked at while no process has run: this one has, behind the reader's back. */
static void a_cgroup_that_did_not_run_has_what_it_had(void **state)
{
    (void)state;
    static struct cg_fds fds[CG_FDS_PLACES];
    int32_t self = (int32_t)getpid(), other = (int32_t)getppid();
    struct cgroup_entry e = { 0 };
    struct cgroup_reader r = { .fds = fds, .pids = &self };
    r.procfs_fd = file_open_dir_at(AT_FDCWD, "/proc");
    r.knows_open_files = cg_knows_open_files(&r);
    if (!r.knows_open_files) {
        print_message("SKIPPED: a kernel before 6.2\n");
        close(r.procfs_fd);
        return;
    }
    uint64_t first = of_entry(&r, &e, 1000);
    assert_true(first > 0);
    int one = dup(r.procfs_fd);
    assert_int_equal(of_entry(&r, &e, 1000), first);
    assert_int_equal(of_entry(&r, &e, 1001), first + 1); /* it has run */
    int two = dup(r.procfs_fd);
    assert_int_equal(of_entry(&r, &e, 1001), first + 1);
    e.fds_read_ns -= 31 * CLOCK_NS_PER_SEC;
    assert_int_equal(of_entry(&r, &e, 1001), first + 2); /* that is too long ago */
    r.pids = &other;
    of_entry(&r, &e, 1001); /* keeps that one's folder open */
    r.pids = &self;
    close(two);
    close(one);
    assert_int_equal(of_entry(&r, &e, 1001), first + 1); /* other processes than before */
    one = dup(r.procfs_fd);
    assert_int_equal(of_entry(&r, &e, 0), first + 2); /* nobody tells what it used */
    close(one);
    assert_int_equal(of_entry(&r, &e, 0), first + 1);
    cg_forget_fds(&r);
    close(r.procfs_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_process_is_not_counted_at_every_reading),
        cmocka_unit_test(a_cgroup_that_did_not_run_has_what_it_had),
        cmocka_unit_test(counts_itself_as_the_links_do),
        cmocka_unit_test(the_tick_counts_no_more_than_it_must),
        cmocka_unit_test(processes_far_apart_do_not_put_each_other_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
