/* statfs that hangs holds up nobody for longer than asked, and is left alone until it returns. */
#include "base/clock.h"
#include "base/limits.h"
#include "collectors/fs_probe.h"
#include "tests/unit/collectors/fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static atomic_int asked;
static pthread_mutex_t hang = PTHREAD_MUTEX_INITIALIZER;

/* "/stuck…" hangs while the mutex is held, the others answer at once. */
static void ask(const char *path, struct fs_probe_result *ret)
{
    atomic_fetch_add(&asked, 1);
    if (strncmp(path, "/stuck", 6) == 0) {
        pthread_mutex_lock(&hang);
        pthread_mutex_unlock(&hang);
    }
    *ret = (struct fs_probe_result){ .size_bytes = strlen(path) };
}

static void answers(void **state)
{
    (void)state;
    struct fs_probe_result results[3];
    struct fs_probe *p = fs_probe_new();
    assert_non_null(p);
    assert_int_equal(fs_probe_run(p, 1000, results), 0); /* no paths yet */
    assert_int_equal(fs_probe_set(p, (const char *const[]){ "/", "/proc", "/nowhere" }, 3), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fs_probe_run(p, 60000, results), 0);
        assert_int_equal(results[0].r, 0);
        assert_true(results[0].size_bytes > 0 && results[0].free_bytes <= results[0].size_bytes);
        assert_int_equal(results[1].r, 0);
        assert_int_equal(results[1].size_bytes, 0);
        assert_int_equal(results[2].r, -ENOENT);
    }
    assert_int_equal(fs_probe_set(p, (const char *const[]){ "/proc" }, 1), 0);
    assert_int_equal(fs_probe_run(p, 60000, results), 0);
    assert_int_equal(fs_probe_stuck(p), 0);
    fs_probe_free(p);
    fs_probe_free(NULL);
}

static void stuck(void **state)
{
    (void)state;
    struct fs_probe_result results[3];
    struct fs_probe *p = fs_probe_new();
    fs_probe_set_ask(p, ask);
    assert_int_equal(fs_probe_set(p, (const char *const[]){ "/a", "/stuck", "/bcd" }, 3), 0);
    pthread_mutex_lock(&hang);
    uint64_t start = clock_mono_ns();
    assert_int_equal(fs_probe_run(p, 100, results), 0);
    assert_true(clock_mono_ns() - start >= 100 * CLOCK_NS_PER_MS);
    assert_int_equal(results[0].r, 0);
    assert_int_equal(results[0].size_bytes, 2);
    assert_int_equal(results[1].r, -ETIMEDOUT);
    assert_int_equal(results[2].r, -ETIMEDOUT); /* not its fault: asked the next time */
    assert_int_equal(fs_probe_stuck(p), 1);
    int before = atomic_load(&asked);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fs_probe_run(p, 60000, results), 0); /* would wait a minute if asked */
        assert_int_equal(results[0].r, 0);
        assert_int_equal(results[1].r, -ETIMEDOUT);
        assert_int_equal(results[2].size_bytes, 4);
    }
    assert_int_equal(atomic_load(&asked), before + 6);
    pthread_mutex_unlock(&hang);
    for (int i = 0; i < 1000 && fs_probe_stuck(p) > 0; i++) {
        usleep(5000);
        assert_int_equal(fs_probe_run(p, 60000, results), 0);
    }
    assert_int_equal(fs_probe_stuck(p), 0);
    assert_int_equal(fs_probe_run(p, 60000, results), 0);
    assert_int_equal(results[1].r, 0);
    fs_probe_free(p);
}

/* Paths below another root, and whether something is mounted there. */
static void below_a_root(void **state)
{
    (void)state;
    struct fs_probe_result results[2], own;
    struct fixture f;
    fixture_open(&f);
    fixture_folder(&f, "a/b");
    assert_int_equal(symlink("/a", fixture_path(&f, "link")), 0);
    struct fs_probe *p = fs_probe_new();
    assert_int_equal(fs_probe_set_root(p, f.top), 0);
    assert_int_equal(fs_probe_set(p, (const char *const[]){ "/link/b", "/b" }, 2), 0);
    assert_int_equal(fs_probe_run(p, 60000, results), 0);
    assert_int_equal(results[0].r, 0);
    assert_true(results[0].below_mount);
    assert_int_equal(results[1].r, -ENOENT);
    assert_int_equal(fs_probe_set_root(p, ""), 0);
    assert_int_equal(fs_probe_set(p, (const char *const[]){ "/" }, 1), 0);
    assert_int_equal(fs_probe_run(p, 60000, &own), 0);
    assert_int_equal(own.r, 0);
    assert_false(own.below_mount);
    fs_probe_free(p);
    fixture_close(&f);
}

/* One that begins to hang takes nothing from the others of the same reading. */
static void the_others_are_asked_again(void **state)
{
    (void)state;
    struct fs_probe_result results[3];
    struct fs_probe *p = fs_probe_new();
    fs_probe_set_ask(p, ask);
    assert_int_equal(fs_probe_set(p, (const char *const[]){ "/stuck", "/a", "/stuck2" }, 3), 0);
    pthread_mutex_lock(&hang);
    uint64_t start = clock_mono_ns();
    assert_int_equal(fs_probe_run_all(p, 1200 * CLOCK_NS_PER_MS, results), 0);
    assert_true(clock_mono_ns() - start >= 600 * CLOCK_NS_PER_MS);
    assert_int_equal(results[0].r, -ETIMEDOUT);
    assert_int_equal(results[1].size_bytes, 2);
    assert_int_equal(results[2].r, -ETIMEDOUT);
    assert_int_equal(fs_probe_stuck(p), 2);
    fs_probe_free(p);
    pthread_mutex_unlock(&hang);
}

/* Threads are left behind only up to a limit; freeing the probe meanwhile is safe. */
static void many_stuck(void **state)
{
    (void)state;
    static char names[LIMIT_STUCK_MOUNTS + 2][16];
    const char *paths[LIMIT_STUCK_MOUNTS + 2];
    struct fs_probe_result results[LIMIT_STUCK_MOUNTS + 2];
    for (size_t i = 0; i < KG_ARRAY_LEN(paths); i++) {
        snprintf(names[i], sizeof(names[i]), "/stuck%zu", i);
        paths[i] = names[i];
    }
    struct fs_probe *p = fs_probe_new();
    fs_probe_set_ask(p, ask);
    assert_int_equal(fs_probe_set(p, paths, KG_ARRAY_LEN(paths)), 0);
    pthread_mutex_lock(&hang);
    /* On a busy machine a thread may not have begun to ask in 5 ms; then it is not stuck for long.
     */
    int r = 0;
    for (size_t i = 0; i < 100 * LIMIT_STUCK_MOUNTS && r == 0; i++) {
        r = fs_probe_run(p, 5, results);
    }
    assert_int_equal(r, -EBUSY);
    assert_int_equal(fs_probe_stuck(p), LIMIT_STUCK_MOUNTS);
    fs_probe_free(p);
    pthread_mutex_unlock(&hang);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),      cmocka_unit_test(stuck),
        cmocka_unit_test(below_a_root), cmocka_unit_test(the_others_are_asked_again),
        cmocka_unit_test(many_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
