/* reflector_bench.h — a reflector that is fed events with a made-up clock.
 * Uses: kube/client/reflector, cmocka.  Threads: none.  Owner: the test. */
#ifndef KG_TESTS_REFLECTOR_BENCH_H
#define KG_TESTS_REFLECTOR_BENCH_H

#include "base/clock.h"
#include "kube/client/reflector.h"
#include "tests/support/cmocka.h"

#define MS CLOCK_NS_PER_MS
#define SEC CLOCK_NS_PER_SEC

struct bench {
    struct reflector *r;
    uint64_t now;
};

static inline struct bench setup(bool streaming)
{
    struct reflector_config config = { .seed = 7, .streaming = streaming };
    struct bench b = { reflector_new(&config), 1000 * SEC };
    assert_non_null(b.r);
    return b;
}

static inline struct reflector_step next(struct bench *b)
{
    struct reflector_step a = reflector_next(b->r, b->now), again = reflector_next(b->r, b->now);
    assert_int_equal(a.action, again.action);
    assert_int_equal(a.relist_begins, again.relist_begins);
    assert_int_equal(a.timeout_sec, again.timeout_sec);
    return a;
}

/* Expects the action at once, and says that its request went out. */
static inline struct reflector_step begin(struct bench *b, enum reflector_action want)
{
    struct reflector_step step = next(b);
    assert_int_equal(step.action, want);
    reflector_begun(b->r, b->now);
    return step;
}

/* Expects a sleep whose length lies between the two, and lets it pass. Returns the length. */
static inline uint64_t sleep_between(struct bench *b, uint64_t least_ns, uint64_t most_ns)
{
    struct reflector_step step = next(b);
    assert_int_equal(step.action, REFLECTOR_SLEEP);
    uint64_t length = step.until_ns - b->now;
    assert_in_range(length, least_ns, most_ns);
    b->now = step.until_ns - 1;
    assert_int_equal(reflector_next(b->r, b->now).action, REFLECTOR_SLEEP);
    b->now++;
    return length;
}

static inline int page(struct bench *b, const char *version, const char *token)
{
    return reflector_page_done(b->r, str_of(version), str_of(token), b->now);
}

static inline int status(struct bench *b, int code, const char *reason)
{
    return reflector_status(b->r, code, str_of(reason), -1, b->now);
}

static inline int broken(struct bench *b, enum reflector_break why)
{
    return reflector_broken(b->r, why, b->now);
}

static inline void object(struct bench *b, const char *version)
{
    assert_int_equal(reflector_object(b->r, str_of(version), b->now), REFLECTOR_NOTHING);
}

static inline void bookmark(struct bench *b, const char *version)
{
    assert_int_equal(reflector_bookmark(b->r, str_of(version), false, b->now), REFLECTOR_NOTHING);
}

static inline void assert_version(struct reflector_step step, const char *version)
{
    assert_int_equal(step.resource_version.n, strlen(version));
    assert_memory_equal(step.resource_version.p, version, step.resource_version.n);
}

/* Lists by one page at version 100 and begins the watch. */
static inline struct bench watching(void)
{
    struct bench b = setup(false);
    begin(&b, REFLECTOR_LIST_PAGE);
    assert_int_equal(page(&b, "100", ""), REFLECTOR_COMMIT);
    assert_version(begin(&b, REFLECTOR_WATCH), "100");
    reflector_heard(b.r, b.now);
    return b;
}

#endif
