/* The window of greatest values, against one that remembers everything; and the meter of CPU time.
 */
#include "collectors/cgroup/peaks.h"

#include "tests/support/test.h"

#define SEC UINT64_C(1000000000)
#define NONE UINT64_MAX

static uint64_t most(const struct cgroup_peaks *p, uint64_t bucket)
{
    uint64_t ret = NONE;
    return peak_most(p, PEAK_CPU, bucket, &ret) ? ret : NONE;
}

static void a_value_stays_for_the_window(void **state)
{
    struct cgroup_peaks p = { 0 };
    (void)state;
    assert_int_equal(most(&p, 0), NONE);
    assert_int_equal(most(&p, 1000), NONE);
    peak_note(&p, PEAK_CPU, 1000, 7);
    for (uint64_t bucket = 1000; bucket <= 1000 + PEAK_BUCKETS; bucket++) {
        assert_int_equal(most(&p, bucket), 7);
        assert_int_equal(most(&p, bucket), 7); /* whoever asks next is told the same */
    }
    assert_int_equal(most(&p, 1001 + PEAK_BUCKETS), NONE);
    assert_int_equal(most(&p, UINT64_MAX), NONE);
}

static void nothing_is_a_value_too(void **state)
{
    struct cgroup_peaks p = { 0 };
    (void)state;
    peak_note(&p, PEAK_CPU, 0, 0);
    assert_int_equal(most(&p, 0), 0);
    assert_int_equal(most(&p, PEAK_BUCKETS), 0);
    assert_int_equal(most(&p, PEAK_BUCKETS + 1), NONE);
}

/* Both windows slide together, and neither's values are the other's. */
static void cpu_and_memory_are_apart(void **state)
{
    struct cgroup_peaks p = { 0 };
    uint64_t ret = NONE;
    (void)state;
    assert_true(peak_wants(&p, PEAK_CPU, 100));
    peak_note(&p, PEAK_CPU, 100, 7);
    assert_false(peak_wants(&p, PEAK_CPU, 100));
    assert_true(peak_wants(&p, PEAK_CPU, 101));
    assert_true(peak_wants(&p, PEAK_MEMORY, 100));
    assert_false(peak_most(&p, PEAK_MEMORY, 100, &ret));
    assert_int_equal(ret, NONE);
    peak_note(&p, PEAK_MEMORY, 101, 3);
    assert_false(peak_wants(&p, PEAK_MEMORY, 101));
    assert_true(peak_wants(&p, PEAK_CPU, 101));
    assert_int_equal(most(&p, 100 + PEAK_BUCKETS), 7);
    assert_int_equal(most(&p, 101 + PEAK_BUCKETS), NONE);
    assert_true(peak_most(&p, PEAK_MEMORY, 101 + PEAK_BUCKETS, &ret));
    assert_int_equal(ret, 3);
    peak_note(&p, PEAK_MEMORY, 102 + 3 * PEAK_BUCKETS, 1);
    assert_true(peak_most(&p, PEAK_MEMORY, 102 + 3 * PEAK_BUCKETS, &ret));
    assert_int_equal(ret, 1);
}

/* After a time without notes, however long, none of the old ones comes back. */
static void a_gap_empties_the_window(void **state)
{
    (void)state;
    for (uint64_t gap = 1; gap < 4 * PEAK_BUCKETS; gap++) {
        struct cgroup_peaks p = { 0 };
        for (uint64_t bucket = 50; bucket < 80; bucket++) {
            peak_note(&p, PEAK_CPU, bucket, 1000 + bucket);
        }
        peak_note(&p, PEAK_CPU, 79 + gap, 5);
        assert_int_equal(most(&p, 79 + gap), gap <= PEAK_BUCKETS ? 1079 : 5);
    }
}

#define STEPS 20000
#define BUCKETS 20000

static void is_what_a_list_of_all_values_says(void **state)
{
    static uint64_t all[BUCKETS]; /* one more than the value; 0: none */
    struct cgroup_peaks p = { 0 };
    uint32_t random = 1;
    uint64_t bucket = 0;
    (void)state;
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        uint64_t ahead = random >> 24 < 200 ? 0 : (random >> 20) % 4;
        bucket += random >> 16 == 0x1234 ? 2 * PEAK_BUCKETS : ahead;
        assert_true(bucket < BUCKETS);
        if (random % 3) {
            uint64_t value = random >> 8 & 0xff;
            peak_note(&p, PEAK_CPU, bucket, value);
            all[bucket] = KG_MAX(all[bucket], value + 1);
        }
        uint64_t want = 0, asked = bucket + random % 2;
        for (uint64_t b = asked > PEAK_BUCKETS ? asked - PEAK_BUCKETS : 0; b <= bucket; b++) {
            want = KG_MAX(want, all[b]);
        }
        assert_int_equal(most(&p, asked), want ? want - 1 : NONE);
    }
    assert_true(bucket > 20 * PEAK_BUCKETS);
}

static uint64_t take(struct cpu_meter *m, uint64_t used_ns, uint64_t at_ns)
{
    uint64_t ret = NONE;
    bool told = cpu_meter_take(m, used_ns, at_ns, SEC / 2, &ret);
    assert_true(told == (ret != NONE));
    return ret;
}

static void use_is_over_the_time_that_passed(void **state)
{
    struct cpu_meter m = { 0 };
    (void)state;
    assert_int_equal(take(&m, 500 * SEC, 10 * SEC), NONE); /* what was used before is not known */
    assert_int_equal(take(&m, 501 * SEC, 11 * SEC), 1000000);
    assert_int_equal(take(&m, 501 * SEC, 12 * SEC), 0);
    /* A late one: three seconds' use is not one second's. */
    assert_int_equal(take(&m, 504 * SEC, 15 * SEC), 1000000);
    assert_int_equal(take(&m, 504 * SEC + SEC / 4, 16 * SEC), 250000);
    /* A machine that slept for a day, of 256 processors that were all busy. */
    assert_int_equal(take(&m, 504 * SEC + SEC / 4 + 256 * 86400 * SEC, 16 * SEC + 86400 * SEC),
                     256000000);
}

static void a_short_moment_waits_for_the_next(void **state)
{
    struct cpu_meter m = { 0 };
    (void)state;
    assert_int_equal(take(&m, 0, 10 * SEC), NONE);
    assert_int_equal(take(&m, SEC / 10, 10 * SEC + SEC / 10), NONE);
    /* 0.1 s of 0.1 s, then 0.1 s of 0.9 s: 0.2 of a second. */
    assert_int_equal(take(&m, SEC / 5, 11 * SEC), 200000);
    assert_int_equal(take(&m, SEC / 5, 11 * SEC), NONE);
    assert_int_equal(take(&m, SEC, 11 * SEC + SEC / 2), 1600000);
}

/* The use after a rest is not spread over the rest. */
static void a_rest_is_no_use(void **state)
{
    struct cpu_meter m = { 0 };
    (void)state;
    assert_int_equal(take(&m, 100 * SEC, 10 * SEC), NONE);
    cpu_meter_rest(&m, 20 * SEC);
    cpu_meter_rest(&m, 19 * SEC);
    assert_int_equal(take(&m, 101 * SEC, 21 * SEC), 1000000);
}

static void a_counter_that_goes_back_begins_anew(void **state)
{
    struct cpu_meter m = { 0 };
    (void)state;
    assert_int_equal(take(&m, 100 * SEC, 10 * SEC), NONE);
    assert_int_equal(take(&m, 3 * SEC, 11 * SEC), NONE);
    assert_int_equal(take(&m, 3 * SEC + SEC / 2, 12 * SEC), 500000);
    /* Also within a short moment: what comes after is not measured against the old one. */
    assert_int_equal(take(&m, SEC, 12 * SEC + SEC / 10), NONE);
    assert_int_equal(take(&m, 2 * SEC, 13 * SEC + SEC / 10), 1000000);
    /* A clock that stood, or went back, is no time to divide by. */
    assert_int_equal(take(&m, 4 * SEC, 13 * SEC), NONE);
    assert_int_equal(take(&m, 5 * SEC, 14 * SEC), 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_stays_for_the_window),
        cmocka_unit_test(nothing_is_a_value_too),
        cmocka_unit_test(cpu_and_memory_are_apart),
        cmocka_unit_test(a_gap_empties_the_window),
        cmocka_unit_test(is_what_a_list_of_all_values_says),
        cmocka_unit_test(use_is_over_the_time_that_passed),
        cmocka_unit_test(a_short_moment_waits_for_the_next),
        cmocka_unit_test(a_rest_is_no_use),
        cmocka_unit_test(a_counter_that_goes_back_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
