#include "metrics/scrape.h"

#include "metrics/store.h"
#include "tests/unit/metrics/zoo.h"

static struct metric_store *store_with(const struct metric_subject *subject, const char *name)
{
    struct metric_store *store = metric_store_new(subject, NULL, NULL, NULL);
    struct animal a = { .present = ANIMAL_BORN, .name = str_of(name) };
    if (name) {
        assert_int_equal(metric_store_put(store, str_of(name), &a, NULL), 0);
        assert_int_equal(metric_store_publish(store, NULL), 0);
    }
    return store;
}

static void a_second_part_loses_known_headers(void **state)
{
    (void)state;
    struct metric_store *first = store_with(&sorted_animals, "a"),
                        *second = store_with(&animals, "b");
    struct metric_part *parts[] = { metric_store_part(first), metric_store_part(second) };
    struct scrape *s = scrape_new(parts, 2, METRIC_FORMAT_TEXT);
    auto_buf struct buf out = BUF_INIT(1 << 20);
    assert_int_equal(scrape_next(s, &out, SIZE_MAX), 0);
    assert_str_equal(buf_str(&out),
                     "# HELP animal_tags_info What it is called.\n"
                     "# TYPE animal_tags_info gauge\n"
                     "animal_tags_info{animal=\"a\",kind=\"tag\",place=\"\"} 1\n"
                     "# HELP animal_born_seconds When it was born.\n"
                     "# TYPE animal_born_seconds gauge\n"
                     "animal_born_seconds{animal=\"a\",place=\"\"} 0\n"
                     "# HELP animal_weight_grams [STABLE] How heavy it is.\n"
                     "# TYPE animal_weight_grams gauge\n"
                     "# HELP animal_parts_total What it is \"made\" of: C:\\\\parts\\nand more.\n"
                     "# TYPE animal_parts_total counter\n"
                     "animal_tags_info{place=\"\",animal=\"b\",kind=\"tag\"} 1\n"
                     "# HELP animal_nothing Never there.\n"
                     "# TYPE animal_nothing counter\n"
                     "animal_born_seconds{place=\"\",animal=\"b\"} 0\n");
    assert_int_equal(scrape_totals(s).series, 4);
    assert_int_equal(scrape_totals(s).bytes, out.n);
    /* Asked again at the end it stays at the end. */
    assert_int_equal(scrape_next(s, &out, 1), 0);
    assert_int_equal(scrape_totals(s).bytes, out.n);
    scrape_free(s);
    metric_store_free(first);
    metric_store_free(second);
}

static void open_metrics_ends_with_eof(void **state)
{
    (void)state;
    auto_buf struct buf out = BUF_INIT(1 << 20);
    struct scrape *s = scrape_new(NULL, 0, METRIC_FORMAT_OPENMETRICS);
    assert_int_equal(scrape_next(s, &out, 1), 0);
    assert_int_equal(scrape_next(s, &out, 1), 0);
    scrape_free(s);
    assert_str_equal(buf_str(&out), "# EOF\n");

    buf_clear(&out);
    struct metric_store *store = store_with(&sorted_animals, "a");
    expose(metric_store_part(store), METRIC_FORMAT_OPENMETRICS, SIZE_MAX, &out);
    assert_str_equal(buf_str(&out), "# HELP animal_tags What it is called.\n"
                                    "# TYPE animal_tags info\n"
                                    "animal_tags_info{animal=\"a\",kind=\"tag\",place=\"\"} 1\n"
                                    "# HELP animal_born_seconds When it was born.\n"
                                    "# TYPE animal_born_seconds gauge\n"
                                    "animal_born_seconds{animal=\"a\",place=\"\"} 0\n"
                                    "# EOF\n");
    metric_store_free(store);
}

/* A piece that does not fit ends with whole lines, and the next attempt goes on behind them. */
static void a_full_buffer_loses_nothing(void **state)
{
    (void)state;
    struct metric_store *store = metric_store_new(&animals, NULL, NULL, NULL);
    struct animal a = tapir();
    assert_int_equal(metric_store_put(store, STR("1"), &a, NULL), 0);
    assert_int_equal(metric_store_put(store, STR("2"), &a, NULL), 0);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    auto_buf struct buf whole = BUF_INIT(1 << 20), pieces = BUF_INIT(1 << 20);
    expose(metric_store_part(store), METRIC_FORMAT_TEXT, SIZE_MAX, &whole);

    struct metric_part *part = metric_store_part(store);
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    auto_buf struct buf small = BUF_INIT(400);
    int r, full = 0;
    do {
        buf_clear(&small);
        r = scrape_next(s, &small, 100000);
        full += r == -ENOBUFS;
        assert_true(r == -ENOBUFS || r == 0);
        assert_true(small.n > 0 && small.p[small.n - 1] == '\n');
        buf_add(&pieces, buf_str(&small));
    } while (r != 0);
    assert_true(full > 2);
    assert_true(str_eq(buf_str(&pieces), buf_str(&whole)));
    assert_int_equal(scrape_totals(s).bytes, whole.n);
    scrape_free(s);
    metric_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_part_loses_known_headers),
        cmocka_unit_test(open_metrics_ends_with_eof),
        cmocka_unit_test(a_full_buffer_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
