#include "base/snapshot.h"

#include "tests/support/test.h"

#include <string.h>

struct numbers {
    struct snapshot snapshot;
    int first, second; /* always equal: a torn or freed snapshot shows */
};

static atomic_int alive;

static void numbers_free(struct snapshot *s)
{
    struct numbers *n = KG_CONTAINER_OF(s, struct numbers, snapshot);
    n->first = -1;
    atomic_fetch_sub(&alive, 1);
    free(n);
}

static struct snapshot *numbers_new(int value)
{
    struct numbers *n = malloc(sizeof(*n));
    assert_non_null(n);
    snapshot_init(&n->snapshot, numbers_free);
    n->first = n->second = value;
    atomic_fetch_add(&alive, 1);
    return &n->snapshot;
}

static struct snapshot_cell cell;
static atomic_bool stop;
static atomic_int torn;

static void *read_often(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        struct snapshot *s = snapshot_cell_acquire(&cell);
        const struct numbers *n = KG_CONTAINER_OF(s, struct numbers, snapshot);
        if (n->first != n->second || n->first < 0) {
            atomic_fetch_add(&torn, 1);
        }
        snapshot_unref(s);
    }
    return NULL;
}

static void readers_see_whole_snapshots(void **state)
{
    (void)state;
    assert_int_equal(snapshot_cell_init(&cell), 0);
    snapshot_cell_publish(&cell, numbers_new(0));
    pthread_t threads[3];
    for (size_t i = 0; i < KG_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, NULL), 0);
    }
    for (int i = 1; i < 20000; i++) {
        snapshot_cell_publish(&cell, numbers_new(i));
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < KG_ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&torn), 0);
    snapshot_cell_done(&cell);
    assert_int_equal(atomic_load(&alive), 0);
}

static void empty_cells_give_nothing(void **state)
{
    (void)state;
    struct snapshot_cell empty;
    assert_int_equal(snapshot_cell_init(&empty), 0);
    assert_null(snapshot_cell_acquire(&empty));
    assert_null(snapshot_unref(NULL));
    snapshot_cell_publish(&empty, numbers_new(1));
    struct snapshot *held = snapshot_cell_acquire(&empty);
    snapshot_cell_publish(&empty, NULL);
    assert_int_equal(atomic_load(&alive), 1);
    snapshot_unref(held);
    assert_int_equal(atomic_load(&alive), 0);
    snapshot_cell_done(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_snapshots),
        cmocka_unit_test(empty_cells_give_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
