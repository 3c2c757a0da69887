/* test_elector.c — leader election by time and events alone. */
#include "kube/lease/elector.h"

#include "base/clock.h"
#include "tests/support/test.h"

#include <stdio.h>

#define SEC CLOCK_NS_PER_SEC
#define MS CLOCK_NS_PER_MS
#define T0 (1000 * SEC)

static const struct elector_config config_a = { "pod-a_1", "10.0.0.1:80", 15 * SEC, 5 * SEC,
                                                2 * SEC };
static const struct elector_config config_b = { "pod-b_1", "", 15 * SEC, 5 * SEC, 2 * SEC };

/* A lease as some API server has it. */
static struct lease lease_of(const char *holder, const char *renewed, unsigned version)
{
    struct lease l = { .duration_sec = 15, .transitions = 3 };
    snprintf(l.version, sizeof(l.version), "%u", version);
    snprintf(l.holder, sizeof(l.holder), "%s", holder);
    snprintf(l.renewed, sizeof(l.renewed), "%s", renewed);
    return l;
}

static void start(struct elector *e, const struct elector_config *config)
{
    elector_init(e, config);
    elector_set_candidate(e, true);
    elector_set_reachable(e, true, T0);
}

/* The server takes the write, and says so. */
static struct lease take(struct elector *e, const struct elector_step *step, unsigned version,
                         uint64_t now_ns)
{
    struct lease l = step->lease;
    snprintf(l.version, sizeof(l.version), "%u", version);
    snprintf(l.renewed, sizeof(l.renewed), "t%u", version);
    elector_saw(e, &l, now_ns);
    elector_ended(e, ELECTOR_DONE, now_ns);
    return l;
}

static void leads_from_an_empty_cluster(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_a);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_WAIT); /* nothing is known yet */
    elector_saw(&e, NULL, T0);
    elector_set_candidate(&e, false);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_WAIT); /* not synced */
    elector_set_candidate(&e, true);
    struct elector_step step = elector_next(&e, T0);
    assert_int_equal(step.action, ELECTOR_CREATE);
    assert_string_equal(step.lease.holder, "pod-a_1");
    assert_string_equal(step.lease.address, "10.0.0.1:80");
    assert_int_equal(step.lease.duration_sec, 15);
    assert_int_equal(step.lease.transitions, 0);
    assert_true(step.stamp_acquired);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_WAIT); /* one write at a time */
    assert_false(elector_leads(&e, T0));
    take(&e, &step, 5, T0 + 10 * MS);
    assert_true(elector_leads(&e, T0 + 10 * MS));
    assert_int_equal(e.reason, ELECTOR_FREE);
    /* Renews, and counts from when it asked. */
    assert_int_equal(elector_valid_until_ns(&e), T0 + 15 * SEC);
    step = elector_next(&e, T0 + SEC);
    assert_int_equal(step.action, ELECTOR_WAIT);
    assert_int_equal(step.until_ns, T0 + 5 * SEC);
    step = elector_next(&e, T0 + 5 * SEC);
    assert_int_equal(step.action, ELECTOR_PATCH);
    assert_string_equal(step.lease.version, "5");
    assert_false(step.stamp_acquired);
    take(&e, &step, 6, T0 + 5 * SEC + MS);
    assert_int_equal(elector_valid_until_ns(&e), T0 + 20 * SEC);
    assert_int_equal(e.taken, 1);
    /* A note that is urgent goes out a second after the last write. */
    elector_renew_soon(&e);
    assert_int_equal(elector_next(&e, T0 + 5 * SEC).until_ns, T0 + 6 * SEC);
    assert_int_equal(elector_next(&e, T0 + 6 * SEC).action, ELECTOR_PATCH);
}

static void waits_for_a_silent_holder_by_its_own_clock(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_b);
    struct lease l = lease_of("pod-a_1", "t1", 7);
    elector_saw(&e, &l, T0);
    struct elector_step step = elector_next(&e, T0 + 14 * SEC);
    assert_int_equal(step.action, ELECTOR_WAIT);
    assert_int_equal(step.until_ns, T0 + 15 * SEC);
    l = lease_of("pod-a_1", "t2", 8);
    elector_saw(&e, &l, T0 + 14 * SEC);
    assert_int_equal(elector_next(&e, T0 + 20 * SEC).until_ns, T0 + 29 * SEC);
    /* Somebody labels it, or the watch tells it again: no sign of life. */
    l = lease_of("pod-a_1", "t2", 9);
    elector_saw(&e, &l, T0 + 21 * SEC);
    assert_int_equal(elector_next(&e, T0 + 21 * SEC).until_ns, T0 + 29 * SEC);
    /* What comes late is passed over. */
    l = lease_of("pod-a_1", "t1", 7);
    elector_saw(&e, &l, T0 + 22 * SEC);
    assert_string_equal(e.lease.version, "9");
    step = elector_next(&e, T0 + 29 * SEC);
    assert_int_equal(step.action, ELECTOR_PATCH);
    assert_string_equal(step.lease.version, "9");
    assert_string_equal(step.lease.holder, "pod-b_1");
    assert_int_equal(step.lease.transitions, 4);
    assert_true(step.stamp_acquired);
    take(&e, &step, 10, T0 + 29 * SEC);
    assert_int_equal(e.reason, ELECTOR_EXPIRED);
    assert_string_equal(e.predecessor.holder, "pod-a_1");
    assert_int_equal(e.predecessor_seen_ns, T0 + 14 * SEC);
    assert_int_equal(e.predecessor_gone_ns, T0 + 29 * SEC);
}

static void succeeds_at_once_who_left_or_died(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_b);
    struct lease l = lease_of("pod-a_1", "t1", 7);
    elector_saw(&e, &l, T0);
    l = lease_of("", "t2", 8);
    elector_saw(&e, &l, T0 + SEC);
    struct elector_step step = elector_next(&e, T0 + 2 * SEC);
    assert_int_equal(step.action, ELECTOR_PATCH);
    take(&e, &step, 9, T0 + 2 * SEC);
    assert_int_equal(e.reason, ELECTOR_RELEASED);
    assert_int_equal(e.predecessor_seen_ns, T0 + SEC);
    assert_int_equal(e.predecessor_gone_ns, T0 + SEC);

    start(&e, &config_b);
    l = lease_of("pod-a_1", "t1", 7);
    elector_saw(&e, &l, T0);
    elector_holder_dead(&e, "pod-c_1", T0);
    assert_int_equal(elector_next(&e, T0 + SEC).action, ELECTOR_WAIT);
    elector_holder_dead(&e, "pod-a_1", T0 + SEC);
    elector_holder_dead(&e, "pod-a_1", T0 + 2 * SEC); /* said again */
    step = elector_next(&e, T0 + 2 * SEC);
    assert_int_equal(step.action, ELECTOR_PATCH);
    take(&e, &step, 9, T0 + 2 * SEC);
    assert_int_equal(e.reason, ELECTOR_DEAD);
    assert_int_equal(e.predecessor_seen_ns, 0); /* it was there before us: who knows since when */
    assert_int_equal(e.predecessor_gone_ns, T0 + SEC);
    /* It lived after all, and got the lease back in due course: it is not robbed again. */
    l = lease_of("pod-a_1", "t9", 10);
    elector_saw(&e, &l, T0 + 3 * SEC);
    assert_false(elector_leads(&e, T0 + 3 * SEC));
    assert_int_equal(elector_next(&e, T0 + 4 * SEC).action, ELECTOR_WAIT);
}

static void follows_its_former_self_but_nobody_of_that_name_later(void **state)
{
    (void)state;
    struct elector e;
    const struct elector_config config = { "pod-a_2", "", 15 * SEC, 5 * SEC, 2 * SEC };
    start(&e, &config);
    struct lease l = lease_of("pod-a_1", "t1", 7);
    elector_saw(&e, &l, T0);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_PATCH);

    start(&e, &config);
    l = lease_of("pod-b_1", "t1", 7);
    elector_saw(&e, &l, T0);
    l = lease_of("pod-a_3", "t2", 8); /* two processes with one name: no quarrel */
    elector_saw(&e, &l, T0);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_WAIT);
}

static void one_of_two_wins(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_b);
    struct lease l = lease_of("", "t1", 7);
    elector_saw(&e, &l, T0);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_PATCH);
    elector_ended(&e, ELECTOR_CONFLICT, T0);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_READ);
    l = lease_of("pod-a_1", "t2", 8);
    elector_saw(&e, &l, T0);
    elector_ended(&e, ELECTOR_DONE, T0);
    assert_int_equal(elector_next(&e, T0).action, ELECTOR_WAIT);
    assert_false(elector_leads(&e, T0));
    assert_int_equal(e.taken, 0);
}

/* Somebody else wrote an annotation: what is read then says nothing of how long ago we renewed. */
static void what_is_read_does_not_prolong(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_a);
    elector_saw(&e, NULL, T0);
    struct elector_step step = elector_next(&e, T0);
    struct lease l = take(&e, &step, 5, T0);
    step = elector_next(&e, T0 + 5 * SEC);
    assert_int_equal(step.action, ELECTOR_PATCH);
    elector_ended(&e, ELECTOR_CONFLICT, T0 + 5 * SEC);
    assert_int_equal(elector_next(&e, T0 + 5 * SEC).action, ELECTOR_READ);
    snprintf(l.version, sizeof(l.version), "6");
    elector_saw(&e, &l, T0 + 5 * SEC);
    elector_ended(&e, ELECTOR_DONE, T0 + 5 * SEC);
    assert_true(elector_leads(&e, T0 + 5 * SEC));
    assert_int_equal(elector_valid_until_ns(&e), T0 + 15 * SEC);
    step = elector_next(&e, T0 + 6 * SEC); /* at once, but for the second between two writes */
    assert_int_equal(step.action, ELECTOR_PATCH);
    assert_string_equal(step.lease.version, "6");
    take(&e, &step, 7, T0 + 6 * SEC);
    assert_int_equal(elector_valid_until_ns(&e), T0 + 21 * SEC);
}

static void finds_that_a_lost_answer_was_a_yes(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_b);
    struct lease l = lease_of("", "t1", 7);
    elector_saw(&e, &l, T0);
    struct elector_step step = elector_next(&e, T0);
    /* The watch is faster than the answer, and the answer is lost. */
    l = step.lease;
    snprintf(l.version, sizeof(l.version), "8");
    elector_saw(&e, &l, T0 + MS);
    assert_true(elector_leads(&e, T0 + MS));
    elector_ended(&e, ELECTOR_UNREACHABLE, T0 + 5 * SEC);
    assert_true(elector_leads(&e, T0 + 6 * SEC));
    assert_int_equal(elector_next(&e, T0 + 7 * SEC).action, ELECTOR_PATCH);
    assert_int_equal(e.taken, 1);
    assert_int_equal(e.reason, ELECTOR_RELEASED);
}

static void a_holder_goes_on_without_an_api_server_but_not_against_it(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_a);
    elector_saw(&e, NULL, T0);
    struct elector_step step = elector_next(&e, T0);
    take(&e, &step, 5, T0);
    uint64_t t = T0 + 5 * SEC;
    for (; t < T0 + 120 * SEC; t += 2 * SEC) {
        assert_int_equal(elector_next(&e, t).action, ELECTOR_PATCH);
        elector_ended(&e, ELECTOR_UNREACHABLE, t);
        assert_true(elector_leads(&e, t));
        assert_int_equal(elector_next(&e, t).until_ns, t + 2 * SEC);
    }
    /* A thread that was held up learns first what has become of the lease. */
    assert_true(elector_leads(&e, t + 12 * SEC));
    assert_false(elector_leads(&e, t + 14 * SEC));
    t += 14 * SEC;
    step = elector_next(&e, t);
    assert_int_equal(step.action, ELECTOR_PATCH);
    assert_false(elector_leads(&e, t));
    take(&e, &step, 6, t);
    assert_true(elector_leads(&e, t));
    /* Refused: it may not write, but others may. */
    assert_int_equal(elector_next(&e, t + 5 * SEC).action, ELECTOR_PATCH);
    elector_ended(&e, ELECTOR_REFUSED, t + 5 * SEC);
    assert_true(elector_leads(&e, t + 15 * SEC - 1));
    assert_false(elector_leads(&e, t + 15 * SEC));
}

static void a_holder_that_was_overtaken_unawares_believes_it(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_a);
    elector_saw(&e, NULL, T0);
    struct elector_step step = elector_next(&e, T0);
    take(&e, &step, 5, T0);
    elector_overtaken(&e, T0 + 14 * SEC); /* anybody can say that */
    assert_true(elector_leads(&e, T0 + 14 * SEC));
    assert_int_equal(elector_next(&e, T0 + 14 * SEC).action, ELECTOR_PATCH);
    elector_ended(&e, ELECTOR_UNREACHABLE, T0 + 14 * SEC);
    assert_true(elector_leads(&e, T0 + 20 * SEC));
    elector_overtaken(&e, T0 + 20 * SEC);
    assert_false(elector_leads(&e, T0 + 20 * SEC));
    /* It asks as soon as it can, and learns the truth. */
    elector_set_reachable(&e, false, T0 + 20 * SEC);
    assert_int_equal(elector_next(&e, T0 + 30 * SEC).action, ELECTOR_WAIT);
    elector_set_reachable(&e, true, T0 + 40 * SEC);
    step = elector_next(&e, T0 + 40 * SEC);
    assert_int_equal(step.action, ELECTOR_PATCH);
    take(&e, &step, 6, T0 + 40 * SEC);
    assert_true(elector_leads(&e, T0 + 40 * SEC));
}

static void an_outage_gives_the_holder_a_whole_duration(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_b);
    struct lease l = lease_of("pod-a_1", "t1", 7);
    elector_saw(&e, &l, T0);
    elector_set_reachable(&e, false, T0 + SEC);
    assert_int_equal(elector_next(&e, T0 + 60 * SEC).action, ELECTOR_WAIT);
    elector_set_reachable(&e, true, T0 + 60 * SEC);
    assert_int_equal(elector_next(&e, T0 + 60 * SEC).until_ns, T0 + 75 * SEC);
    /* And so does one that the watch did not notice. */
    assert_int_equal(elector_next(&e, T0 + 75 * SEC).action, ELECTOR_PATCH);
    elector_ended(&e, ELECTOR_UNREACHABLE, T0 + 80 * SEC);
    assert_int_equal(elector_next(&e, T0 + 82 * SEC).until_ns, T0 + 95 * SEC);
}

static void gives_the_lease_back_in_the_end(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_a);
    elector_saw(&e, NULL, T0);
    struct elector_step step = elector_next(&e, T0);
    take(&e, &step, 5, T0);
    elector_leave(&e);
    assert_false(elector_leads(&e, T0));
    assert_false(elector_has_left(&e));
    step = elector_next(&e, T0 + MS);
    assert_int_equal(step.action, ELECTOR_PATCH);
    assert_string_equal(step.lease.holder, "");
    assert_string_equal(step.lease.address, "10.0.0.1:80"); /* its links stay up until it ends */
    elector_ended(&e, ELECTOR_UNREACHABLE, T0 + MS);
    assert_int_equal(elector_next(&e, T0 + SEC).action, ELECTOR_WAIT);
    step = elector_next(&e, T0 + 3 * SEC);
    take(&e, &step, 6, T0 + 3 * SEC);
    assert_true(elector_has_left(&e));
    assert_false(elector_leads(&e, T0 + 3 * SEC));
    /* It does not take it again. */
    assert_int_equal(elector_next(&e, T0 + 100 * SEC).action, ELECTOR_WAIT);

    /* One that leaves while its first write is under way gives back what it then has. */
    start(&e, &config_a);
    elector_saw(&e, NULL, T0);
    step = elector_next(&e, T0);
    elector_leave(&e);
    assert_false(elector_has_left(&e));
    take(&e, &step, 5, T0);
    assert_false(elector_leads(&e, T0));
    assert_string_equal(elector_next(&e, T0).lease.holder, "");

    /* One that never led has left at once. */
    start(&e, &config_a);
    elector_leave(&e);
    assert_true(elector_has_left(&e));
}

static void a_lease_that_is_gone_is_made_again(void **state)
{
    (void)state;
    struct elector e;
    start(&e, &config_a);
    elector_saw(&e, NULL, T0);
    struct elector_step step = elector_next(&e, T0);
    take(&e, &step, 5, T0);
    assert_int_equal(elector_next(&e, T0 + 5 * SEC).action, ELECTOR_PATCH);
    elector_ended(&e, ELECTOR_MISSING, T0 + 5 * SEC);
    assert_false(elector_leads(&e, T0 + 5 * SEC));
    assert_int_equal(elector_next(&e, T0 + 5 * SEC).action, ELECTOR_CREATE);
}

/* Three electors, one server that loses requests and answers, watches that lag, processes that
 * stand still: one leads nearly always, and two never for more than the watch's lag. */
struct replica {
    struct elector e;
    char identity[16];
    bool in_flight;
    struct elector_step step;
    uint64_t arrives_ns, stalled_ns;
    unsigned watched; /* version */
};

struct server {
    struct lease lease; /* version "0": none */
    unsigned version;
    struct lease history[4096];
};

static uint64_t random_state = 42;

static unsigned dice(unsigned n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

static void serve(struct server *s, struct replica *r, uint64_t now_ns)
{
    r->in_flight = false;
    unsigned luck = dice(100);
    bool matches = r->step.action == ELECTOR_CREATE
                       ? s->version == 0
                       : str_eq(str_of(r->step.lease.version), str_of(s->lease.version));
    if (r->step.action != ELECTOR_READ && matches && luck >= 5) {
        s->lease = r->step.lease;
        snprintf(s->lease.version, sizeof(s->lease.version), "%u", ++s->version);
        snprintf(s->lease.renewed, sizeof(s->lease.renewed), "t%u", s->version);
        s->history[s->version] = s->lease;
    }
    if (luck < 10) {
        elector_ended(&r->e, ELECTOR_UNREACHABLE, now_ns); /* before or after it was done */
    } else if (r->step.action != ELECTOR_READ && !matches) {
        elector_ended(&r->e, ELECTOR_CONFLICT, now_ns);
    } else if (s->version == 0) {
        elector_ended(&r->e, ELECTOR_MISSING, now_ns);
    } else {
        elector_saw(&r->e, &s->lease, now_ns);
        elector_ended(&r->e, ELECTOR_DONE, now_ns);
    }
}

static void step_replica(struct server *s, struct replica *r, uint64_t now_ns)
{
    if (r->in_flight && now_ns >= r->arrives_ns) {
        serve(s, r, now_ns);
    }
    if (now_ns < r->stalled_ns) {
        return;
    }
    if (dice(4) == 0 && r->watched < s->version) {
        elector_saw(&r->e, &s->history[++r->watched], now_ns);
    }
    if (!r->in_flight) {
        r->step = elector_next(&r->e, now_ns);
        r->in_flight = r->step.action != ELECTOR_WAIT;
        r->arrives_ns = now_ns + dice(300) * MS;
    }
    if (dice(4000) == 0) {
        r->stalled_ns = now_ns + dice(40) * SEC;
    }
    if (dice(3000) == 0) {
        elector_leave(&r->e);
    }
    if (elector_has_left(&r->e)) {
        char identity[16]; /* and comes back as another process */
        snprintf(identity, sizeof(identity), "%s", r->identity);
        identity[6] = (char)('a' + dice(26));
        memcpy(r->identity, identity, sizeof(identity));
        struct elector_config config = { r->identity, "", 15 * SEC, 5 * SEC, 2 * SEC };
        start(&r->e, &config);
        elector_saw(&r->e, s->version ? &s->lease : NULL, now_ns);
        r->watched = s->version;
    }
}

static void one_leads_at_a_time(void **state)
{
    (void)state;
    static struct server s;
    static struct replica all[3];
    uint64_t led = 0, steps = 0, handovers = 0, together = 0, doubled = 0;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(all[i].identity, sizeof(all[i].identity), "pod-%u_a", i);
        struct elector_config config = { all[i].identity, "", 15 * SEC, 5 * SEC, 2 * SEC };
        start(&all[i].e, &config);
        elector_saw(&all[i].e, NULL, T0);
    }
    for (uint64_t t = T0; s.version < 4000; t += 100 * MS, steps++) {
        unsigned leaders = 0;
        for (unsigned i = 0; i < 3; i++) {
            uint64_t before = all[i].e.taken;
            step_replica(&s, &all[i], t);
            handovers += all[i].e.taken > before;
        }
        for (unsigned i = 0; i < 3; i++) {
            leaders += elector_leads(&all[i].e, t);
        }
        /* Who was overtaken because its renewals were lost learns it from the watch. */
        together = leaders > 1 ? together + 1 : 0;
        assert_true(together <= 30);
        doubled += leaders > 1;
        led += leaders == 1;
        assert_true(steps < 1000000);
    }
    assert_true(handovers > 20);
    /* Somebody leads most of the time, though processes stall for up to 40 s. */
    assert_true(led * 10 > steps * 7);
    assert_true(doubled * 1000 < steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leads_from_an_empty_cluster),
        cmocka_unit_test(waits_for_a_silent_holder_by_its_own_clock),
        cmocka_unit_test(succeeds_at_once_who_left_or_died),
        cmocka_unit_test(follows_its_former_self_but_nobody_of_that_name_later),
        cmocka_unit_test(one_of_two_wins),
        cmocka_unit_test(what_is_read_does_not_prolong),
        cmocka_unit_test(finds_that_a_lost_answer_was_a_yes),
        cmocka_unit_test(a_holder_goes_on_without_an_api_server_but_not_against_it),
        cmocka_unit_test(a_holder_that_was_overtaken_unawares_believes_it),
        cmocka_unit_test(an_outage_gives_the_holder_a_whole_duration),
        cmocka_unit_test(gives_the_lease_back_in_the_end),
        cmocka_unit_test(a_lease_that_is_gone_is_made_again),
        cmocka_unit_test(one_leads_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
