/* test_shard_record.c — what shards write is what they read, and what they cannot read is nothing.
 */
#include "agent/cluster/shard_record.h"

#include "tests/support/test.h"

static void test_epoch(void **state)
{
    (void)state;
    struct shard_epoch epoch;
    assert_int_equal(shard_epoch_parse(STR("n=3 shards=2 committed=1"), &epoch), 0);
    assert_true(epoch.n == 3 && epoch.division.total == 2 && epoch.committed);
    assert_int_equal(shard_epoch_parse(STR("later=x committed=0 shards=1000 n=1"), &epoch), 0);
    assert_true(epoch.n == 1 && epoch.division.total == 1000 && epoch.division.away == 0 &&
                !epoch.committed);
    assert_int_equal(shard_epoch_parse(STR("n=2 shards=3-0 committed=1"), &epoch), 0);
    assert_true(epoch.division.total == 3 && epoch.division.away == 1);
    static const char *const bad[] = {
        "",
        "n=3 shards=2",
        "n=0 shards=2 committed=1",
        "n=3 shards=0 committed=1",
        "n=3 shards=1001 committed=1",
        "n=3 shards=2 committed=2",
        "n=x shards=2 committed=1",
        "n= shards=2 committed=1",
        "n=1 shards=2- committed=1",
        "n=1 shards=2-2 committed=1",
        "n=1 shards=1-0 committed=1",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        assert_int_equal(shard_epoch_parse(str_of(bad[i]), &epoch), -EBADMSG);
        assert_int_equal(epoch.n, 0);
    }
}

static void test_record(void **state)
{
    (void)state;
    struct shard_record r, again;
    static const char text[] =
        "uid=0f3f-1 serves=3-2 warm=2 seen=0 leaving=1 scrapers=00000000000000ab,ffffffffffffffff";
    assert_int_equal(shard_record_parse(str_of(text), &r), 0);
    assert_true(r.present && r.serves.total == 3 && r.serves.away == 3 && r.warm.total == 2 &&
                r.leaving && !r.seen && r.n_scrapers == 2);
    assert_string_equal(r.uid, "0f3f-1");
    assert_true(r.scrapers[0] == 0xab && r.scrapers[1] == UINT64_MAX);
    struct buf out = BUF_INIT(1000);
    shard_record_print(&r, &out);
    assert_string_equal(buf_c(&out), text);
    assert_int_equal(shard_record_parse(buf_str(&out), &again), 0);
    assert_true(shard_record_same(&r, &again));
    again.scrapers[1] = 1;
    assert_false(shard_record_same(&r, &again));
    buf_done(&out);

    assert_int_equal(shard_record_parse(STR("serves=0 warm=0 seen=1"), &r), 0);
    assert_true(r.present && r.uid[0] == '\0' && r.n_scrapers == 0);
    assert_int_equal(
        shard_record_parse(STR("serves=0 warm=0 seen=1 scrapers=1,2,3,4,5,6,7,8,9"), &r), 0);
    assert_int_equal(r.n_scrapers, SHARD_SCRAPERS_MAX);
    assert_int_equal(shard_record_parse(STR("serves=0 warm=0"), &r), -EBADMSG);
    assert_int_equal(shard_record_parse(STR("serves=1001 warm=0 seen=1"), &r), -EBADMSG);
    assert_int_equal(shard_record_parse(STR("serves=-1 warm=0 seen=1"), &r), -EBADMSG);
    assert_false(r.present);
}

static void test_ordinal(void **state)
{
    (void)state;
    unsigned n = 77;
    assert_true(shard_ordinal(STR("kubegauge-0"), STR("kubegauge"), &n));
    assert_int_equal(n, 0);
    assert_true(shard_ordinal(STR("a-12-999"), STR("a-12"), &n));
    assert_int_equal(n, 999);
    assert_false(shard_ordinal(STR("a-12-999"), STR("a"), &n));
    assert_false(shard_ordinal(STR("kubegauge-1000"), STR("kubegauge"), &n));
    assert_false(shard_ordinal(STR("kubegauge-"), STR("kubegauge"), &n));
    assert_false(shard_ordinal(STR("kubegauge"), STR("kubegauge"), &n));
    assert_false(shard_ordinal(STR("kubegauge-7d9f-x2"), STR("kubegauge"), &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epoch),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_ordinal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
