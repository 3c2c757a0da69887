/* test_shard_machine.c — shards that are scaled, killed and started anew, against a made-up API
 * server (compare and swap, late answers, late views) and a made-up Prometheus: who shows which
 * object at any time. */
#include "agent/cluster/shard_machine.h"
#include "kube/client/shard.h"

#include "tests/support/test.h"

#define MS UINT64_C(1000000)
#define TICK (5 * MS)
#define INTERVAL (5000 * MS)
#define LAG (100 * MS) /* of everything that goes through the API server, and a tick or two */
#define N 8
#define OBJECTS 120

/* A process with its copy of the object, and what it has under way. */
struct process {
    bool is_alive, leaving, is_scraped;
    unsigned generation;
    char uid[16];
    struct shard_self self;
    struct shard_epoch epoch;
    struct shard_record records[LIMIT_SHARDS];
    bool gone[LIMIT_SHARDS];
    uint64_t version, view_ns; /* of the copy; when it is read again */
    bool is_read;
    struct shard_share now, next, served; /* total 0: none */
    uint64_t now_ready_ns, next_ready_ns;
    struct shard_step sent;
    uint64_t sent_version, sent_ns; /* a write on its way; 0: none */
    uint64_t died_ns;
    uint64_t last_scrape_ns, scrapes, offset_ns, found_ns;
};

static struct {
    uint64_t now_ns;
    uint32_t seed;
    unsigned wanted;
    struct shard_epoch epoch;
    struct shard_record records[LIMIT_SHARDS];
    uint64_t version;
    struct process p[N];
    bool shows[N][OBJECTS]; /* what Prometheus holds for current */
    uint64_t missing_since_ns[OBJECTS], longest_gap_ns, doubles;
    uint64_t build_ns;
    bool watch_objects, has_controller;
} world;

static uint32_t random_below(uint32_t n)
{
    world.seed = world.seed * 1664525u + 1013904223u;
    return (world.seed >> 8) % n;
}

static bool has(struct shard_share share, unsigned object)
{
    unsigned owner = kube_shard_jump(object * UINT64_C(0x9e3779b97f4a7c15), share.total);
    return share.total && (owner == share.index || owner + 1 == share.more);
}

static void start_process(unsigned i, bool same_pod)
{
    struct process *p = &world.p[i];
    unsigned generation = p->generation + (same_pod ? 0 : 1);
    uint64_t offset_ns = p->offset_ns, found_ns = p->found_ns;
    memset(p, 0, sizeof(*p));
    p->is_alive = true;
    p->generation = generation;
    p->offset_ns = offset_ns;
    p->found_ns = same_pod ? found_ns : world.now_ns + random_below(6000) * MS;
    snprintf(p->uid, sizeof(p->uid), "pod-%u-%u", i, generation);
    p->view_ns = world.now_ns + random_below(50) * MS;
}

static void end_process(unsigned i)
{
    world.p[i].is_alive = false;
    world.p[i].died_ns = world.now_ns;
}

static void scrape(unsigned i)
{
    struct process *p = &world.p[i];
    if (!p->is_alive) { /* the target is down, or gone */
        memset(world.shows[i], 0, sizeof(world.shows[i]));
        return;
    }
    p->last_scrape_ns = world.now_ns;
    p->scrapes++;
    for (unsigned o = 0; o < OBJECTS; o++) {
        world.shows[i][o] = has(p->served, o);
    }
}

static void observe(void)
{
    for (unsigned o = 0; o < OBJECTS && world.watch_objects; o++) {
        unsigned n = 0;
        for (unsigned i = 0; i < N; i++) {
            n += world.shows[i][o] ? 1 : 0;
        }
        world.doubles += n > 1 ? 1 : 0;
        if (n) {
            world.missing_since_ns[o] = 0;
        } else if (world.missing_since_ns[o] == 0) {
            world.missing_since_ns[o] = world.now_ns;
        } else {
            uint64_t gap_ns = world.now_ns - world.missing_since_ns[o];
            world.longest_gap_ns = KG_MAX(world.longest_gap_ns, gap_ns);
        }
    }
}

static void read_view(struct process *p)
{
    p->epoch = world.epoch;
    memcpy(p->records, world.records, N * sizeof(p->records[0]));
    p->version = world.version;
    p->is_read = true;
    for (unsigned j = 0; j < N; j++) {
        /* By then a scrape has failed, or the target is no more. */
        p->gone[j] = !world.p[j].is_alive && j >= world.wanted &&
                     world.now_ns > world.p[j].died_ns + INTERVAL + 100 * MS;
    }
    p->view_ns = world.now_ns + (5 + random_below(40)) * MS;
}

static void exchange(struct process *p, struct shard_share share)
{
    if (!shard_share_same(p->now, share)) {
        assert_true(shard_share_same(p->next, share));
        p->now = p->next;
        p->now_ready_ns = p->next_ready_ns;
        p->next.total = 0;
    }
    p->served = share;
}

static void take_write(struct process *p, unsigned i)
{
    p->sent_ns = 0;
    if (p->sent_version != world.version) {
        return; /* 409 */
    }
    world.version++;
    if (p->sent.write_epoch) {
        world.epoch = p->sent.epoch;
    }
    if (p->sent.write_record) {
        world.records[i] = p->sent.record;
    }
    if (p->sent.claims) {
        shard_claimed(&p->self, &p->sent);
        p->self.gained_ns = world.now_ns;
        exchange(p, shard_share_of(p->self.serves, i));
    }
    read_view(p);
}

static void act(struct process *p, const struct shard_step *step)
{
    if (step->cancel) {
        p->next.total = 0;
    }
    if (step->build.total && p->now.total == 0) {
        p->now = step->build;
        p->now_ready_ns = world.now_ns + world.build_ns;
    } else if (step->build.total) {
        p->next = step->build;
        p->next_ready_ns = world.now_ns + world.build_ns;
    }
    if (step->silence) {
        p->served.total = 0;
    } else if (step->serve) {
        exchange(p, step->serves);
    }
    if ((step->write_epoch || step->write_record) && p->sent_ns == 0) {
        p->sent = *step;
        p->sent_version = p->version;
        p->sent_ns = world.now_ns + (2 + random_below(20)) * MS;
    }
}

static void turn(unsigned i)
{
    static const uint64_t prometheus = 7;
    struct process *p = &world.p[i];
    if (world.now_ns >= p->view_ns) {
        read_view(p);
    }
    if (p->sent_ns && world.now_ns >= p->sent_ns) {
        take_write(p, i);
    }
    struct shard_facts facts = {
        .now_ns = world.now_ns,
        .index = i,
        .uid = p->uid,
        .wanted = world.wanted,
        .is_read = p->is_read,
        .leaving = p->leaving,
        .epoch = p->epoch,
        .records = p->records,
        .gone = p->gone,
        .n_records = N,
        .now = p->now,
        .now_complete = p->now.total && world.now_ns >= p->now_ready_ns,
        .next = p->next,
        .next_complete = p->next.total && world.now_ns >= p->next_ready_ns,
        .scrape_is_near = p->scrapes > 2 && (world.now_ns + p->offset_ns) % INTERVAL == 0,
        .gain_scraped = p->scrapes && p->last_scrape_ns > p->self.gained_ns,
        .all_scraped = p->scrapes && p->last_scrape_ns > p->self.lost_ns,
        .scrapers = &prometheus,
        .n_scrapers = p->scrapes ? 1 : 0,
        .n_regular = p->scrapes > 2 ? 1 : 0,
    };
    struct shard_step step = shard_decide(&p->self, &facts);
    if (p->sent_ns && !step.serve && !step.silence) {
        step.write_epoch = step.write_record = false;
    }
    act(p, &step);
    if (p->leaving && step.may_end && p->sent_ns == 0) {
        end_process(i);
    }
}

/* The StatefulSet's controller replaces a pod that ended while it is wanted. */
static void replace_pods(void)
{
    for (unsigned i = 0; i < world.wanted && world.has_controller; i++) {
        struct process *p = &world.p[i];
        if (!p->is_alive && world.now_ns > p->died_ns + 300 * MS) {
            start_process(i, false);
        }
    }
}

static void run_for(uint64_t ns)
{
    for (uint64_t end_ns = world.now_ns + ns; world.now_ns < end_ns; world.now_ns += TICK) {
        for (unsigned i = 0; i < N; i++) {
            struct process *p = &world.p[i];
            if (p->is_alive) {
                turn(i);
            }
            if ((world.now_ns + p->offset_ns) % INTERVAL == 0 && world.now_ns >= p->found_ns) {
                scrape(i);
            }
        }
        replace_pods();
        observe();
    }
}

/* What the StatefulSet's controller does, all pods at once. */
static void scale(unsigned wanted)
{
    world.wanted = wanted;
    for (unsigned i = 0; i < N; i++) {
        if (i < wanted && !world.p[i].is_alive) {
            start_process(i, false);
        } else if (i >= wanted && world.p[i].is_alive) {
            world.p[i].leaving = true;
        }
    }
}

static void begin(uint32_t seed, unsigned wanted)
{
    memset(&world, 0, sizeof(world));
    world.seed = seed;
    world.now_ns = 1000 * INTERVAL;
    world.build_ns = 700 * MS;
    for (unsigned i = 0; i < N; i++) {
        world.p[i].offset_ns = (uint64_t)random_below(INTERVAL / TICK) * TICK;
    }
    scale(wanted);
    run_for(6 * INTERVAL);
    world.watch_objects = true;
    run_for(2 * INTERVAL);
    assert_int_equal(world.longest_gap_ns + world.doubles, 0);
}

static void assert_settled(unsigned total)
{
    assert_int_equal(world.epoch.division.total, total);
    assert_true(world.epoch.committed);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(world.p[i].is_alive, i < total);
        if (i < total) {
            assert_int_equal(world.p[i].served.total, total);
            assert_int_equal(world.p[i].served.more, 0);
            assert_int_equal(world.p[i].next.total, 0);
        }
    }
}

/* One shard gives or takes away: an object is missing from the scrape that does not show it any
 * more to the next scrape of its new shard. */
static void test_one_to_three_to_two(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        begin(seed, 1);
        scale(3);
        run_for(8 * INTERVAL);
        assert_settled(3);
        scale(2);
        run_for(8 * INTERVAL);
        assert_settled(2);
        assert_int_equal(world.doubles, 0);
        assert_in_range(world.longest_gap_ns, 1, INTERVAL + LAG);
    }
}

/* Several lose: who gains waits for the last. */
static void test_several_lose(void **state)
{
    (void)state;
    static const unsigned ways[][2] = { { 2, 3 }, { 3, 7 }, { 6, 2 }, { 4, 1 } };
    for (uint32_t seed = 1; seed <= 20; seed++) {
        const unsigned *way = ways[seed % KG_ARRAY_LEN(ways)];
        begin(seed, way[0]);
        scale(way[1]);
        run_for(10 * INTERVAL);
        assert_settled(way[1]);
        assert_int_equal(world.doubles, 0);
        assert_in_range(world.longest_gap_ns, 1, 2 * INTERVAL + LAG);
    }
}

/* The number changes again at any moment of a handover. Pods that are told to end before they were
 * part of a committed epoch end at once; others finish it first. */
static void test_changes_in_between(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        begin(seed, 1);
        world.has_controller = true;
        scale(3);
        run_for(random_below(8000) * MS);
        scale(2);
        run_for(random_below(8000) * MS);
        scale(1 + random_below(3));
        run_for(30 * INTERVAL);
        assert_settled(world.wanted);
        assert_int_equal(world.doubles, 0);
    }
}

/* Grown, but a pod never comes: nothing changes for anybody. */
static void test_a_pod_that_does_not_come(void **state)
{
    (void)state;
    begin(3, 2);
    world.wanted = 3;
    run_for(60 * INTERVAL);
    assert_int_equal(world.longest_gap_ns + world.doubles, 0);
    assert_false(world.epoch.committed);
    assert_int_equal(world.p[0].served.total, 2);
    scale(2);
    run_for(INTERVAL);
    assert_settled(2);
    assert_int_equal(world.longest_gap_ns + world.doubles, 0);
}

/* A process that is killed takes up its share again, whatever is going on. */
static void test_killed_at_any_time(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        begin(seed, 2);
        scale(seed % 2 ? 4 : 1);
        run_for(random_below(12000) * MS);
        unsigned victim = random_below(2);
        bool same_pod = random_below(2);
        if (world.p[victim].is_alive && !world.p[victim].leaving) {
            end_process(victim);
            run_for(random_below(1500) * MS);
            start_process(victim, same_pod);
        }
        run_for(40 * INTERVAL);
        assert_settled(world.wanted);
        assert_int_equal(world.doubles, 0);
    }
}

/* A pod that is lost with its share while it should hand over: nobody waits for it. */
static void test_lost_while_it_loses(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        begin(seed, 3);
        scale(2);
        run_for(random_below(3000) * MS);
        end_process(2);
        run_for(6 * INTERVAL);
        assert_settled(2);
        assert_int_equal(world.doubles, 0);
        assert_in_range(world.longest_gap_ns, 1, 3 * INTERVAL);
    }
}

/* A shard that stands still is not waited for without end. */
static void test_one_that_hangs(void **state)
{
    (void)state;
    begin(9, 1);
    scale(2);
    while (!world.epoch.committed || world.epoch.division.total != 2) {
        run_for(TICK);
    }
    world.records[0].serves.total = 1; /* and its process, which is taken away, says no more */
    world.p[0].is_alive = false;
    struct process hung = world.p[0];
    run_for(INTERVAL);
    assert_int_equal(world.p[1].served.total, 0);
    run_for(SHARD_WAIT_NS);
    assert_int_equal(world.p[1].served.total, 2);
    world.p[0] = hung;
}

/* The pods are replaced one by one, the last one first, each when the one before is ready: a
 * neighbour has the share meanwhile. */
static void test_rollout(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        unsigned n = 2 + seed % 3;
        begin(seed, n);
        world.has_controller = true;
        for (unsigned i = n; i-- > 0;) {
            struct process *p = &world.p[i];
            unsigned generation = p->generation;
            p->leaving = true;
            for (int k = 0; k < 6000 && (p->generation == generation || !p->self.is_serving ||
                                         p->self.was_away);
                 k++) {
                run_for(TICK);
            }
            assert_int_equal(p->generation, generation + 1);
        }
        run_for(8 * INTERVAL);
        assert_settled(n);
        assert_int_equal(world.doubles, 0);
        assert_in_range(world.longest_gap_ns, 1, INTERVAL + LAG);
    }
}

/* Two at once: one is replaced with its share kept, the other ends at once. Nothing is stuck. */
static void test_two_end_at_once(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        begin(seed, 3);
        world.has_controller = true;
        world.p[seed % 3].leaving = true;
        run_for(random_below(4000) * MS);
        world.p[(seed + 1 + seed / 3 % 2) % 3].leaving = true;
        run_for(30 * INTERVAL);
        assert_settled(3);
        assert_int_equal(world.doubles, 0);
    }
}

/* All end: nobody takes anything over, and nobody waits. */
static void test_all_end(void **state)
{
    (void)state;
    begin(5, 3);
    for (unsigned i = 0; i < 3; i++) {
        world.p[i].leaving = true;
    }
    run_for(3 * INTERVAL);
    assert_false(world.p[0].is_alive || world.p[1].is_alive || world.p[2].is_alive);
}

/* Scaled while a pod is replaced. */
static void test_scaled_in_a_rollout(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        begin(seed, 3);
        world.has_controller = true;
        world.p[seed % 3].leaving = true;
        run_for(random_below(9000) * MS);
        scale(seed % 2 ? 4 : 2);
        run_for(30 * INTERVAL);
        assert_settled(world.wanted);
        assert_int_equal(world.doubles, 0);
    }
}

static void test_nothing_is_known(void **state)
{
    (void)state;
    static struct shard_record records[LIMIT_SHARDS];
    static bool gone[LIMIT_SHARDS];
    struct shard_self self = { 0 };
    struct shard_facts facts = {
        .now_ns = 1, .uid = "u", .records = records, .gone = gone, .n_records = 1
    };
    struct shard_step step = shard_decide(&self, &facts);
    assert_int_equal(step.phase, SHARD_UNKNOWN);
    assert_false(step.write_epoch || step.write_record || step.build.total || step.may_end);
    facts.is_read = true; /* but the StatefulSet is not, or has no replicas */
    step = shard_decide(&self, &facts);
    assert_false(step.write_epoch || step.write_record || step.build.total);
    facts.wanted = 2;
    step = shard_decide(&self, &facts);
    assert_true(step.write_epoch && step.epoch.committed && step.epoch.division.total == 2);
    facts.leaving = true;
    assert_true(shard_decide(&self, &facts).may_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_known),
        cmocka_unit_test(test_one_to_three_to_two),
        cmocka_unit_test(test_several_lose),
        cmocka_unit_test(test_changes_in_between),
        cmocka_unit_test(test_a_pod_that_does_not_come),
        cmocka_unit_test(test_killed_at_any_time),
        cmocka_unit_test(test_lost_while_it_loses),
        cmocka_unit_test(test_one_that_hangs),
        cmocka_unit_test(test_rollout),
        cmocka_unit_test(test_two_end_at_once),
        cmocka_unit_test(test_all_end),
        cmocka_unit_test(test_scaled_in_a_rollout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
