#include "metrics/part_join.h"

#include "metrics/scrape.h"
#include "metrics/store.h"
#include "tests/unit/metrics/zoo.h"

/* A part of one store with the named animals, each a letter. */
static struct metric_part *part_of(const char *names)
{
    struct metric_store *store = metric_store_new(&animals, NULL, NULL, NULL);
    assert_non_null(store);
    for (; *names; names++) {
        struct animal a = { .present = ANIMAL_BORN, .name = { names, 1 } };
        assert_int_equal(metric_store_put(store, a.name, &a, NULL), 0);
    }
    assert_int_equal(metric_store_publish(store, NULL), 0);
    struct metric_part *part = metric_store_part(store);
    metric_store_free(store);
    return part;
}

static void body_of(struct metric_part *part, size_t piece, struct buf *out)
{
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_OPENMETRICS);
    assert_non_null(s);
    buf_clear(out);
    while (scrape_next(s, out, piece) == 1) {
    }
    assert_int_equal(buf_failed(out), 0);
    scrape_free(s);
}

/* Two stores read as one with the objects of both: the same bytes, whatever the piece. */
static void reads_as_one(void **state)
{
    (void)state;
    auto_buf struct buf want = BUF_INIT(MIB), got = BUF_INIT(MIB);
    body_of(part_of("abc"), SIZE_MAX, &want);
    for (size_t piece = 1; piece < 400; piece += 7) {
        struct metric_part *parts[] = { part_of("a"), part_of(""), part_of("bc") };
        struct metric_part *joined = metric_part_join(parts, KG_ARRAY_LEN(parts));
        assert_non_null(joined);
        assert_int_equal(joined->n_objects, 3);
        body_of(joined, piece, &got);
        assert_str_equal(buf_str(&got), buf_c(&want));
    }
}

/* No object at all: no header either. */
static void empty_stays_empty(void **state)
{
    (void)state;
    auto_buf struct buf got = BUF_INIT(MIB);
    struct metric_part *parts[] = { part_of(""), part_of("") };
    struct metric_part *joined = metric_part_join(parts, 2);
    assert_non_null(joined);
    body_of(joined, SIZE_MAX, &got);
    assert_str_equal(buf_str(&got), "# EOF\n");
    struct metric_part *alone = part_of("a");
    assert_ptr_equal(metric_part_join(&alone, 1), alone);
    snapshot_unref(&alone->snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_one),
        cmocka_unit_test(empty_stays_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
