/* Every allocation of role cluster's start fails once, and each of an exchange of what it serves.
 */
#include "tests/support/torture.h"

#include "agent/cluster/cluster_role.h"

#include <time.h>

static struct options options;
static struct health health;

static int load_options(void **state)
{
    (void)state;
    char *none[] = { NULL };
    /* Nobody answers there: only what the role does by itself is looked at. */
    char *argv[] = {
        (char *)"cluster",
        (char *)"--apiserver=http://127.0.0.1:9",
        (char *)"--resources=pods,nodes",
        (char *)"--namespaces=a,b",
        (char *)"--metric-labels-allowlist=pods=[app]",
    };
    struct err err = { 0 };
    int r = options_init(&options, &err);
    r = r < 0 ? r : options_load(&options, (int)KG_ARRAY_LEN(argv), argv, none, &err);
    if (r < 0) {
        fprintf(stderr, "%s\n", err.text);
    }
    return r;
}

static int drop_options(void **state)
{
    (void)state;
    options_done(&options);
    return 0;
}

/* The state that is served; its reference is the caller's. */
static struct service_state *shown(struct cluster_role *c)
{
    return (struct service_state *)snapshot_cell_acquire(cluster_role_cell(c));
}

static void drop(struct service_state *state)
{
    snapshot_unref(state ? &state->snapshot : NULL);
}

/* Whether the loop, started, shows something else than `before` within seconds. */
static bool shows_another(struct cluster_role *c, const struct service_state *before)
{
    bool is_another = false;
    assert_int_equal(cluster_role_start(c, NULL), 0);
    for (int i = 0; i < 1000 && !is_another; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
        struct service_state *now = shown(c);
        is_another = now && now != before;
        drop(now);
    }
    cluster_role_stop(c);
    return is_another;
}

/* A start that fails says why; one that did not needs no more than the loop's turns to serve. */
static int start_scenario(void)
{
    struct err err = { 0 };
    struct cluster_role *c = cluster_role_new(&options, &health, &err);
    torture.on = false;
    if (!c) {
        assert_int_equal(err.code, ENOMEM);
        assert_true(err.text[0]);
        return -ENOMEM;
    }
    struct service_state *state = shown(c);
    assert_true(state || shows_another(c, NULL));
    drop(state);
    assert_non_null(cluster_role_progress(c).plan);
    cluster_role_free(c);
    return torture.failed ? -ENOMEM : 0;
}

static void a_start(void **state)
{
    (void)state;
    torture_run(start_scenario, 20);
}

static int silence_scenario(void)
{
    torture.on = false;
    struct cluster_role *c = cluster_role_new(&options, &health, NULL);
    assert_non_null(c);
    struct service_state *before = shown(c);
    assert_non_null(before);
    torture.on = true;
    cluster_role_serve(c, false);
    torture.on = false;
    struct service_state *now = shown(c);
    assert_true((now == before) == torture.failed);
    drop(now);
    assert_true(!torture.failed || shows_another(c, before));
    drop(before);
    cluster_role_free(c);
    return torture.failed ? -ENOMEM : 0;
}

static void what_is_served_is_exchanged_later(void **state)
{
    (void)state;
    torture_run(silence_scenario, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start),
        cmocka_unit_test(what_is_served_is_exchanged_later),
    };
    return cmocka_run_group_tests(tests, load_options, drop_options);
}
