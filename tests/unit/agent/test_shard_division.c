/* test_shard_division.c — who has what when a shard is away, and what is a part of what. */
#include "agent/cluster/shard_division.h"

#include "tests/support/test.h"

#include <stdio.h>

static struct shard_division division(const char *text)
{
    struct shard_division d;
    assert_int_equal(shard_division_parse(str_of(text), 1000, &d), 0);
    return d;
}

static void test_text(void **state)
{
    (void)state;
    static const char *const good[] = { "0", "1", "3", "3-0", "2-1", "1000-999" };
    for (size_t i = 0; i < KG_ARRAY_LEN(good); i++) {
        struct buf out = BUF_INIT(100);
        shard_division_print(division(good[i]), &out);
        assert_string_equal(buf_c(&out), good[i]);
        buf_done(&out);
    }
    static const char *const bad[] = { "", "-", "3-", "3-3", "1-0", "1001", "-1", "3-x", "3-1-1" };
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        struct shard_division d = { 7, 7 };
        assert_int_equal(shard_division_parse(str_of(bad[i]), 1000, &d), -EBADMSG);
        assert_int_equal(d.total + d.away, 0);
    }
}

static struct kube_shard as_watched(struct shard_share share)
{
    return (struct kube_shard){ .index = share.index, .total = share.total, .more = share.more };
}

/* Each object has one owner, in all divisions. */
static void test_everything_is_somebodys(void **state)
{
    (void)state;
    for (unsigned total = 1; total <= 5; total++) {
        for (unsigned away = 0; away <= (total > 1 ? total : 0); away++) {
            for (unsigned object = 0; object < 500; object++) {
                char uid[32];
                snprintf(uid, sizeof(uid), "uid-%u", object);
                unsigned owners = 0;
                for (unsigned i = 0; i < 7; i++) {
                    struct shard_share share =
                        shard_share_of((struct shard_division){ total, away }, i);
                    struct kube_shard shard = as_watched(share);
                    assert_true(share.total == 0 ||
                                shard_share_same(shard_share_from_kube(&shard), share));
                    owners += share.total && kube_shard_has(&shard, str_of(uid)) ? 1 : 0;
                }
                assert_int_equal(owners, 1);
            }
        }
    }
}

/* share_has says what is true of the objects. */
static void test_parts(void **state)
{
    (void)state;
    static const char *const all[] = { "1", "2", "2-0", "2-1", "3", "3-0", "3-1", "3-2", "5-4" };
    for (size_t a = 0; a < KG_ARRAY_LEN(all); a++) {
        for (size_t b = 0; b < KG_ARRAY_LEN(all); b++) {
            for (unsigned i = 0; i < 5; i++) {
                struct shard_share big = shard_share_of(division(all[a]), i);
                struct shard_share small = shard_share_of(division(all[b]), i);
                struct kube_shard in_big = as_watched(big);
                struct kube_shard in_small = as_watched(small);
                bool has = true;
                for (unsigned object = 0; object < 300 && small.total; object++) {
                    char uid[32];
                    snprintf(uid, sizeof(uid), "uid-%u", object);
                    has &= !kube_shard_has(&in_small, str_of(uid)) ||
                           (big.total && kube_shard_has(&in_big, str_of(uid)));
                }
                assert_int_equal(shard_share_has(big, small), has);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_everything_is_somebodys),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
