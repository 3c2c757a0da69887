/* test_shard.c — the hash, the jump, the ranges, and the reference's vectors. */
#include "kube/client/shard.h"

#include "tests/support/cmocka.h"
#include "tests/support/reference.h"

#include <inttypes.h>
#include <stdio.h>

static void test_hash(void **state)
{
    (void)state;
    assert_int_equal(kube_shard_hash(STR("")), UINT64_C(0xcbf29ce484222325));
    assert_int_equal(kube_shard_hash(STR("a")), UINT64_C(0xaf63dc4c8601ec8c));
    assert_int_equal(kube_shard_hash(STR("abc")), UINT64_C(0xe71fa2190541574b));
    assert_int_equal(kube_shard_hash(STR("0f3f0a1e-2b7c-4d1e-9d3a-1d2c3b4a5f60")),
                     UINT64_C(0x9085cf9c5c7a6605));
}

/* Values of the published algorithm. */
static void test_jump(void **state)
{
    (void)state;
    assert_int_equal(kube_shard_jump(0, 1), 0);
    assert_int_equal(kube_shard_jump(0, 0), 0);
    assert_int_equal(kube_shard_jump(UINT64_C(0x9085cf9c5c7a6605), 100), 86);
    assert_int_equal(kube_shard_jump(UINT64_C(0x9085cf9c5c7a6605), 4), 3);
    assert_int_equal(kube_shard_jump(UINT64_C(0xcbf29ce484222325), 16), 13);
}

static void each_vector(const json_t *line, void *arg)
{
    (void)arg;
    char hex[32];
    uint64_t hash = kube_shard_hash(reference_str(line, "uid"));
    snprintf(hex, sizeof(hex), "%016" PRIx64, hash);
    assert_true(str_eq_c(reference_str(line, "fnv64a_hex"), hex));
    const char *total;
    json_t *shard;
    json_object_foreach (json_object_get(line, "jump"), total, shard) {
        unsigned n = (unsigned)strtoul(total, NULL, 10);
        struct kube_shard mine = { .index = (unsigned)json_integer_value(shard), .total = n };
        assert_int_equal(kube_shard_jump(hash, n), mine.index);
        assert_true(kube_shard_has(&mine, reference_str(line, "uid")));
        mine.index = (mine.index + 1) % n;
        assert_int_equal(kube_shard_has(&mine, reference_str(line, "uid")), n == 1);
    }
}

static void test_vectors(void **state)
{
    (void)state;
    int n = reference_each("ksm/vectors.jsonl", "kind", "shard", each_vector, NULL);
    assert_true(n == -1 || n >= 10);
}

static struct str uid_of(unsigned i, char *out, size_t size)
{
    uint64_t x = (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
    snprintf(out, size, "%08x-%04x-4%03x-9%03x-%012" PRIx64, (unsigned)(x >> 32),
             (unsigned)(x >> 16) & 0xffff, i & 0xfff, (unsigned)x & 0xfff,
             (x ^ x >> 7) & UINT64_C(0xffffffffffff));
    return str_of(out);
}

/* Every object has one shard, the shares are even, and growth moves objects to new shards only. */
static void test_shares(void **state)
{
    (void)state;
    enum { N = 20000, TOTAL = 7 };
    for (int by = KUBE_SHARD_JUMP; by <= KUBE_SHARD_RANGE; by++) {
        unsigned count[TOTAL] = { 0 };
        for (unsigned i = 0; i < N; i++) {
            char text[64];
            struct str uid = uid_of(i, text, sizeof(text));
            unsigned owners = 0;
            for (unsigned s = 0; s < TOTAL; s++) {
                struct kube_shard shard = { s, TOTAL, (enum kube_shard_by)by, 0 };
                bool has = kube_shard_has(&shard, uid);
                owners += has ? 1 : 0;
                count[s] += has ? 1 : 0;
            }
            assert_int_equal(owners, 1);
            uint64_t hash = kube_shard_hash(uid);
            unsigned before = kube_shard_jump(hash, 3), after = kube_shard_jump(hash, TOTAL);
            assert_true(after == before || after >= 3);
            before = kube_shard_of_ranges(hash, 3);
            after = kube_shard_of_ranges(hash, TOTAL);
            assert_true(after == before || after >= 3);
        }
        for (unsigned s = 0; s < TOTAL; s++) {
            assert_in_range(count[s], N / TOTAL * 9 / 10, N / TOTAL * 11 / 10);
        }
    }
}

static void test_one_shard_has_all(void **state)
{
    (void)state;
    assert_true(kube_shard_has(&(struct kube_shard){ 0, 1, KUBE_SHARD_RANGE, 0 }, STR("a")));
    assert_true(kube_shard_has(&(struct kube_shard){ 0 }, STR("a")));
    assert_int_equal(kube_shard_of_ranges(UINT64_MAX, 0), 0);
}

/* The selectors of all shards say what kube_shard_of_ranges says, for hashes in and around each
 * range, and together they are everything. */
static void test_selectors_are_the_ranges(void **state)
{
    (void)state;
    for (unsigned total = 2; total <= KUBE_SHARD_SELECTOR_TOTAL; total += total < 12 ? 1 : 13) {
        uint64_t sum = 0;
        for (unsigned i = 0; i < total; i++) {
            struct buf out = BUF_INIT(16384);
            uint64_t mine = 0;
            kube_shard_selector(&(struct kube_shard){ i, total, KUBE_SHARD_RANGE, 0 }, &out);
            const char *at = buf_c(&out);
            assert_non_null(at);
            for (at = strstr(at, "'0x"); at; at = strstr(at, "'0x")) {
                uint64_t first = strtoull(at + 1, NULL, 16);
                at = strstr(at + 1, ", '0x");
                assert_non_null(at);
                uint64_t last = strncmp(at + 5, "10000000000000000'", 18) == 0
                                    ? UINT64_MAX
                                    : strtoull(at + 3, NULL, 16) - 1;
                at += 5;
                assert_true(last > first);
                assert_int_equal(kube_shard_of_ranges(first, total), i);
                assert_int_equal(kube_shard_of_ranges(last, total), i);
                assert_int_equal(kube_shard_of_ranges(first + (last - first) / 3, total), i);
                mine += last - first + 1;
            }
            uint64_t fair = UINT64_MAX / total;
            assert_true(mine >= fair - (UINT64_C(1) << 40) && mine <= fair + (UINT64_C(1) << 40));
            sum += mine;
            buf_done(&out);
        }
        assert_true(sum == 0); /* 2^64 */
    }
}

static void assert_selector(struct kube_shard shard, const char *want)
{
    struct buf out = BUF_INIT(1000);
    kube_shard_selector(&shard, &out);
    assert_string_equal(buf_c(&out), want);
    buf_done(&out);
}

static void test_selector(void **state)
{
    (void)state;
    assert_selector((struct kube_shard){ 0, 1, KUBE_SHARD_RANGE, 0 }, "");
    assert_selector((struct kube_shard){ 0, 2, KUBE_SHARD_JUMP, 0 }, "");
    assert_selector((struct kube_shard){ 1, 2, KUBE_SHARD_RANGE, 0 },
                    "shardRange(object.metadata.uid, '0x8000000000000000', "
                    "'0x10000000000000000')");
    assert_selector((struct kube_shard){ 0, 3, KUBE_SHARD_RANGE, 0 },
                    "shardRange(object.metadata.uid, '0x0000000000000000', "
                    "'0x5555555500000000')");
    assert_selector((struct kube_shard){ 2, 3, KUBE_SHARD_RANGE, 0 },
                    "shardRange(object.metadata.uid, '0x5555555500000000', '0x8000000000000000')"
                    " || shardRange(object.metadata.uid, '0xd555555500000000', "
                    "'0x10000000000000000')");
    assert_selector((struct kube_shard){ 2, 65, KUBE_SHARD_RANGE, 0 }, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_jump),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_one_shard_has_all),
        cmocka_unit_test(test_selectors_are_the_ranges),
        cmocka_unit_test(test_selector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
