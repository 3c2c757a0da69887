/* test_budget.c — stores that share a limit: which kind gives way, what is told, and the way back.
 */
#include "metrics/budget.h"
#include "metrics/store.h"

#include "base/clock.h"
#include "tests/unit/metrics/zoo.h"

#define SEC CLOCK_NS_PER_SEC
#define LONG_NS (3600 * SEC)

struct scene {
    struct metric_budget *budget;
    struct metric_budget_kind *kinds[3]; /* by rank: 0 is kept longest */
    struct metric_store *stores[3];
    uint64_t now_ns;
};

static const char *const names[] = { "nodes", "pods", "leases" };

static void open_scene(struct scene *s, struct metric_amount limit)
{
    *s = (struct scene){ .budget = metric_budget_new(&limit), .now_ns = SEC };
    assert_non_null(s->budget);
    for (size_t i = 3; i-- > 0;) { /* not in order of rank */
        s->kinds[i] = metric_budget_add(s->budget, names[i], (unsigned)i + 1);
        assert_non_null(s->kinds[i]);
        const struct metric_store_limits limits = { .budget = s->kinds[i] };
        s->stores[i] = metric_store_new(&animals, NULL, &limits, NULL);
        assert_non_null(s->stores[i]);
    }
}

static void close_scene(struct scene *s)
{
    for (size_t i = 0; i < 3; i++) {
        metric_store_free(s->stores[i]);
    }
    metric_budget_free(s->budget);
}

static void put(struct metric_store *store, unsigned i)
{
    char key[32];
    struct animal a = tapir();
    struct err err = { 0 };
    snprintf(key, sizeof(key), "uid-%u", i);
    a.weight_mg = i;
    if (metric_store_put(store, str_of(key), &a, &err) != 0) {
        fail_msg("%s: %s", key, err_text(&err));
    }
}

static void remove_one(struct metric_store *store, unsigned i)
{
    char key[32];
    snprintf(key, sizeof(key), "uid-%u", i);
    metric_store_remove(store, str_of(key));
}

static void list(struct metric_store *store, unsigned n)
{
    assert_int_equal(metric_store_relist_begin(store, NULL), 0);
    for (unsigned i = 0; i < n; i++) {
        put(store, i);
    }
    assert_int_equal(metric_store_relist_commit(store, NULL), 0);
}

static size_t served(struct metric_store *store)
{
    assert_int_equal(metric_store_publish(store, NULL), 0);
    struct metric_part *part = metric_store_part(store);
    size_t n = part->n_objects;
    snapshot_unref(&part->snapshot);
    return n;
}

static bool is_out(const struct scene *s, size_t i)
{
    return metric_budget_report(s->kinds[i]).left_out;
}

static void review_later(struct scene *s)
{
    metric_budget_review(s->budget, s->now_ns);
    s->now_ns += LONG_NS;
    metric_budget_review(s->budget, s->now_ns);
}

static void without_a_limit_all_is_kept(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ 0 });
    list(s.stores[1], 500);
    assert_int_equal(served(s.stores[1]), 500);
    assert_int_equal(metric_budget_held(s.budget).objects, 500);
    assert_null(metric_budget_changed(s.budget));
    close_scene(&s);
}

static void a_first_list_that_does_not_fit_is_counted_to_its_end(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    list(s.stores[0], 10);
    list(s.stores[1], 95);
    list(s.stores[2], 20);
    /* pods would fit without leases only if nodes were fewer: they are out, the others stay */
    assert_int_equal(served(s.stores[0]), 10);
    assert_int_equal(served(s.stores[1]), 0);
    assert_int_equal(served(s.stores[2]), 20);
    struct metric_budget_report r = metric_budget_report(s.kinds[1]);
    assert_true(r.left_out);
    assert_int_equal(r.times, 1);
    assert_int_equal(r.need.objects, 95);
    struct metric_amount one = metric_budget_held(s.budget);
    assert_int_equal(one.objects, 30);
    /* As many series and bytes as the objects would have had. */
    assert_int_equal(r.need.series * 30, one.series * 95);
    assert_true(r.need.bytes > 90 * (one.bytes / 30));
    /* Told once. */
    assert_ptr_equal(metric_budget_changed(s.budget), s.kinds[1]);
    assert_null(metric_budget_changed(s.budget));
    review_later(&s);
    assert_true(is_out(&s, 1));
    assert_true(metric_store_stats(s.stores[1]).dropped_total > 0);
    close_scene(&s);
}

static void the_last_rank_gives_way(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    list(s.stores[0], 10);
    list(s.stores[1], 60);
    list(s.stores[2], 30);
    assert_false(is_out(&s, 2));
    put(s.stores[1], 1000); /* by a watch: its size is known */
    assert_false(is_out(&s, 1));
    assert_true(is_out(&s, 2));
    assert_int_equal(served(s.stores[1]), 61);
    assert_int_equal(served(s.stores[2]), 0);
    assert_int_equal(metric_budget_report(s.kinds[2]).need.objects, 30);
    /* What comes to it now is not shown by itself. */
    put(s.stores[2], 7);
    assert_int_equal(served(s.stores[2]), 0);
    close_scene(&s);
}

static void only_the_claimant_when_the_others_matter_more(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    list(s.stores[0], 10);
    list(s.stores[1], 60);
    list(s.stores[2], 30);
    put(s.stores[2], 1000);
    assert_true(is_out(&s, 2));
    assert_false(is_out(&s, 0) || is_out(&s, 1));
    close_scene(&s);
}

static void a_kind_comes_back_whole(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    list(s.stores[0], 10);
    list(s.stores[1], 95);
    assert_true(is_out(&s, 1));
    review_later(&s);
    assert_false(metric_store_wants_list(s.stores[1]));
    for (unsigned i = 0; i < 15; i++) {
        remove_one(s.stores[1], i);
    }
    assert_int_equal(metric_budget_report(s.kinds[1]).need.objects, 80);
    review_later(&s);
    assert_false(is_out(&s, 1));
    assert_true(metric_store_wants_list(s.stores[1]));
    put(s.stores[1], 50); /* an event before the list: not shown alone */
    assert_int_equal(served(s.stores[1]), 0);
    assert_int_equal(metric_store_relist_begin(s.stores[1], NULL), 0);
    assert_false(metric_store_wants_list(s.stores[1]));
    for (unsigned i = 15; i < 95; i++) {
        put(s.stores[1], i);
    }
    assert_int_equal(served(s.stores[1]), 0);
    assert_int_equal(metric_store_relist_commit(s.stores[1], NULL), 0);
    assert_int_equal(served(s.stores[1]), 80);
    assert_int_equal(metric_budget_held(s.budget).objects, 90);
    close_scene(&s);
}

/* While a kind that was taken back is listed, its room is not given to others. */
static void room_is_reserved_for_who_comes_back(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    list(s.stores[0], 10);
    list(s.stores[1], 95);
    for (unsigned i = 0; i < 45; i++) {
        remove_one(s.stores[1], i);
    }
    review_later(&s);
    assert_true(metric_store_wants_list(s.stores[1]));
    list(s.stores[2], 20);
    assert_int_equal(metric_store_relist_begin(s.stores[1], NULL), 0);
    for (unsigned i = 0; i < 20; i++) {
        put(s.stores[1], i);
    }
    for (unsigned i = 20; i < 60; i++) {
        put(s.stores[2], i); /* held would be 90 of 100, but 50 are promised */
    }
    for (unsigned i = 20; i < 50; i++) {
        put(s.stores[1], i);
    }
    assert_int_equal(metric_store_relist_commit(s.stores[1], NULL), 0);
    assert_int_equal(served(s.stores[1]), 50);
    assert_true(is_out(&s, 2));
    close_scene(&s);
}

static void a_more_important_kind_takes_the_room_of_others(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    list(s.stores[2], 60);
    list(s.stores[1], 70); /* a first list: out, until it is counted */
    assert_true(is_out(&s, 1));
    assert_false(is_out(&s, 2));
    review_later(&s);
    assert_false(is_out(&s, 1));
    assert_true(is_out(&s, 2));
    list(s.stores[1], 70);
    assert_int_equal(served(s.stores[1]), 70);
    assert_int_equal(served(s.stores[2]), 0);
    close_scene(&s);
}

static void waits_longer_each_time(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    uint64_t waits[3] = { 0 };
    list(s.stores[1], 150);
    for (size_t i = 0; i < 3; i++) {
        for (unsigned k = 0; k < 60; k++) {
            remove_one(s.stores[1], k); /* it seems to fit, but does not */
        }
        metric_budget_review(s.budget, s.now_ns);
        while (is_out(&s, 1)) {
            s.now_ns += SEC;
            waits[i]++;
            metric_budget_review(s.budget, s.now_ns);
        }
        list(s.stores[1], 150);
        assert_true(is_out(&s, 1));
    }
    assert_int_equal(waits[0], 10);
    assert_int_equal(waits[1], 20);
    assert_int_equal(waits[2], 40);
    close_scene(&s);
}

/* A relist of what is there already needs no room of its own. */
static void a_relist_fits_where_the_list_did(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    list(s.stores[1], 100);
    list(s.stores[1], 100);
    assert_int_equal(served(s.stores[1]), 100);
    assert_int_equal(metric_store_relist_begin(s.stores[1], NULL), 0);
    put(s.stores[1], 0);
    metric_store_relist_abort(s.stores[1]);
    assert_int_equal(metric_budget_held(s.budget).objects, 100);
    for (unsigned i = 0; i < 100; i++) {
        remove_one(s.stores[1], i);
    }
    assert_int_equal(metric_budget_held(s.budget).objects, 0);
    assert_int_equal(metric_budget_held(s.budget).bytes, 0);
    close_scene(&s);
}

static void bytes_and_series_count_too(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ 0 });
    list(s.stores[1], 10);
    struct metric_amount ten = metric_budget_held(s.budget);
    assert_true(ten.series > 10 && ten.bytes > 100);
    close_scene(&s);
    const struct metric_amount limits[] = { { .series = ten.series }, { .bytes = ten.bytes } };
    for (size_t i = 0; i < KG_ARRAY_LEN(limits); i++) {
        open_scene(&s, limits[i]);
        list(s.stores[1], 10);
        assert_int_equal(served(s.stores[1]), 10);
        put(s.stores[1], 10);
        assert_int_equal(served(s.stores[1]), 0);
        close_scene(&s);
    }
}

/* Two stores of one kind (two namespaces) stand and fall together. */
static void stores_of_a_kind_go_together(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    const struct metric_store_limits limits = { .budget = s.kinds[1] };
    struct metric_store *other = metric_store_new(&animals, NULL, &limits, NULL);
    assert_non_null(other);
    list(other, 60);
    list(s.stores[1], 60);
    assert_int_equal(served(other), 0);
    assert_int_equal(served(s.stores[1]), 0);
    assert_int_equal(metric_budget_report(s.kinds[1]).need.objects, 120);
    for (unsigned i = 0; i < 40; i++) {
        remove_one(other, i);
    }
    review_later(&s);
    assert_true(metric_store_wants_list(other) && metric_store_wants_list(s.stores[1]));
    list(other, 20);
    list(s.stores[1], 60);
    assert_int_equal(served(other), 20);
    assert_int_equal(served(s.stores[1]), 60);
    metric_store_free(other);
    assert_int_equal(metric_budget_held(s.budget).objects, 60);
    close_scene(&s);
}

/* Whatever happens: never above the limit, never a part of a kind. */
static void random_events_keep_the_promise(void **state)
{
    (void)state;
    uint32_t seed = 7;
    struct scene s;
    open_scene(&s, (struct metric_amount){ .objects = 100 });
    bool there[3][80] = { 0 };
    bool listed[3] = { 0 };
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        size_t k = seed >> 8 & 3;
        unsigned i = (seed >> 12) % 80;
        if (k == 3) {
            s.now_ns += 5 * SEC;
            metric_budget_review(s.budget, s.now_ns);
            continue;
        }
        if (!listed[k] || metric_store_wants_list(s.stores[k]) || seed >> 28 == 0) {
            assert_int_equal(metric_store_relist_begin(s.stores[k], NULL), 0);
            for (unsigned n = 0; n < 80; n++) {
                if (there[k][n]) {
                    put(s.stores[k], n);
                }
            }
            assert_int_equal(metric_store_relist_commit(s.stores[k], NULL), 0);
            listed[k] = true;
        } else if (seed >> 27 & 1) {
            there[k][i] = true;
            put(s.stores[k], i);
        } else {
            there[k][i] = false;
            remove_one(s.stores[k], i);
        }
        size_t all = 0;
        for (size_t n = 0; n < 3; n++) {
            size_t want = 0, have = served(s.stores[n]);
            for (size_t at = 0; at < 80; at++) {
                want += there[n][at];
            }
            all += have;
            bool out = is_out(&s, n) || metric_store_wants_list(s.stores[n]);
            assert_int_equal(have, listed[n] && !out ? want : 0);
        }
        assert_true(all <= 100);
        assert_int_equal(metric_budget_held(s.budget).objects, all);
    }
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_limit_all_is_kept),
        cmocka_unit_test(a_first_list_that_does_not_fit_is_counted_to_its_end),
        cmocka_unit_test(the_last_rank_gives_way),
        cmocka_unit_test(only_the_claimant_when_the_others_matter_more),
        cmocka_unit_test(a_kind_comes_back_whole),
        cmocka_unit_test(room_is_reserved_for_who_comes_back),
        cmocka_unit_test(a_more_important_kind_takes_the_room_of_others),
        cmocka_unit_test(waits_longer_each_time),
        cmocka_unit_test(a_relist_fits_where_the_list_did),
        cmocka_unit_test(bytes_and_series_count_too),
        cmocka_unit_test(stores_of_a_kind_go_together),
        cmocka_unit_test(random_events_keep_the_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
