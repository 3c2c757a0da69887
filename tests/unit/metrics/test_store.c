#include "metrics/store.h"

#include "tests/unit/metrics/zoo.h"

#define COMMON "place=\"Yard \\\"3\\\"\",animal=\"Ta\\\\pi\\nr\""

static const char tapir_text[] =
    "# HELP animal_weight_grams [STABLE] How heavy it is.\n"
    "# TYPE animal_weight_grams gauge\n"
    "animal_weight_grams{" COMMON "} 250000.123\n"
    "# HELP animal_parts_total What it is \"made\" of: C:\\\\parts\\nand more.\n"
    "# TYPE animal_parts_total counter\n"
    "animal_parts_total{" COMMON ",part=\"ear\",hand=\"right\"} 0\n"
    "animal_parts_total{" COMMON ",part=\"leg\",hand=\"left\"} 1\n"
    "animal_parts_total{" COMMON ",part=\"snout\",hand=\"right\"} -0.5\n"
    "# HELP animal_tags_info What it is called.\n"
    "# TYPE animal_tags_info gauge\n"
    "animal_tags_info{" COMMON ",kind=\"tag\",label_a=\"x\\\"y\",label_b=\"\"} 1\n"
    "# HELP animal_nothing Never there.\n"
    "# TYPE animal_nothing counter\n"
    "# HELP animal_born_seconds When it was born.\n"
    "# TYPE animal_born_seconds gauge\n"
    "animal_born_seconds{" COMMON "} 1.7e+09\n";

static struct metric_store *new_store(const struct metric_subject *subject)
{
    struct err err = { 0 };
    struct metric_store *store = metric_store_new(subject, NULL, NULL, &err);
    assert_non_null(store);
    return store;
}

static void put_ok(struct metric_store *store, const char *key, const struct animal *a)
{
    struct err err = { 0 };
    if (metric_store_put(store, str_of(key), a, &err) != 0) {
        fail_msg("%s: %s", key, err_text(&err));
    }
}

static void assert_exposes(struct metric_store *store, const char *want)
{
    auto_buf struct buf out = BUF_INIT(1 << 24);
    expose(metric_store_part(store), METRIC_FORMAT_TEXT, 1 << 16, &out);
    assert_str_equal(buf_str(&out), want);
}

static void serves_an_object_as_text(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&animals);
    struct animal a = tapir();
    put_ok(store, "uid-1", &a);
    assert_exposes(store, ""); /* not published yet */
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_exposes(store, tapir_text);
    metric_store_free(store);
}

static void merges_sorted_labels(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&sorted_animals);
    struct animal a = tapir();
    a.place = STR("P");
    a.name = STR("A");
    a.n_open = 0;
    put_ok(store, "uid-1", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_exposes(
        store, "# HELP animal_weight_grams [STABLE] How heavy it is.\n"
               "# TYPE animal_weight_grams gauge\n"
               "animal_weight_grams{animal=\"A\",place=\"P\"} 250000.123\n"
               "# HELP animal_parts_total What it is \"made\" of: C:\\\\parts\\nand more.\n"
               "# TYPE animal_parts_total counter\n"
               "animal_parts_total{animal=\"A\",hand=\"right\",part=\"ear\",place=\"P\"} 0\n"
               "animal_parts_total{animal=\"A\",hand=\"left\",part=\"leg\",place=\"P\"} 1\n"
               "animal_parts_total{animal=\"A\",hand=\"right\",part=\"snout\",place=\"P\"} -0.5\n"
               "# HELP animal_tags_info What it is called.\n"
               "# TYPE animal_tags_info gauge\n"
               "animal_tags_info{animal=\"A\",kind=\"tag\",place=\"P\"} 1\n"
               "# HELP animal_born_seconds When it was born.\n"
               "# TYPE animal_born_seconds gauge\n"
               "animal_born_seconds{animal=\"A\",place=\"P\"} 1.7e+09\n");
    metric_store_free(store);
}

static void absent_is_not_zero(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&sorted_animals);
    struct animal a = { .present = ANIMAL_BORN, .name = STR("egg") };
    put_ok(store, "uid-1", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_exposes(store, "# HELP animal_tags_info What it is called.\n"
                          "# TYPE animal_tags_info gauge\n"
                          "animal_tags_info{animal=\"egg\",kind=\"tag\",place=\"\"} 1\n"
                          "# HELP animal_born_seconds When it was born.\n"
                          "# TYPE animal_born_seconds gauge\n"
                          "animal_born_seconds{animal=\"egg\",place=\"\"} 0\n");
    metric_store_free(store);
}

static void removing_and_replacing(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&animals);
    struct animal a = tapir();
    put_ok(store, "uid-1", &a);
    put_ok(store, "uid-2", &a);
    a.n_parts = 0;
    put_ok(store, "uid-1", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    struct metric_store_stats stats = metric_store_stats(store);
    assert_int_equal(stats.n_objects, 2);
    assert_int_equal(stats.n_series, 3 + 6);
    assert_true(stats.n_bytes > 0);
    assert_int_equal(metric_store_remove(store, STR("uid-1")), 1);
    assert_int_equal(metric_store_remove(store, STR("uid-1")), 0);
    struct metric_part *before = metric_store_part(store);
    assert_int_equal(before->n_objects, 2); /* not published yet */
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_exposes(store, tapir_text);
    assert_int_equal(metric_store_remove(store, STR("uid-2")), 1);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_exposes(store, "");
    assert_int_equal(metric_store_stats(store).n_bytes, 0);
    /* A part outlives changes, and the store. */
    metric_store_free(store);
    assert_int_equal(before->n_series, 9);
    auto_buf struct buf out = BUF_INIT(1 << 20);
    expose(before, METRIC_FORMAT_TEXT, 1, &out);
    assert_true(str_search(buf_str(&out), STR("snout")) > 0);
}

static void a_relist_swaps_whole_sets(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&animals);
    struct animal a = tapir();
    assert_int_equal(metric_store_relist_commit(store, NULL), -EINVAL);
    put_ok(store, "gone", &a);
    put_ok(store, "stays", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_int_equal(metric_store_relist_begin(store, NULL), 0);
    put_ok(store, "stays", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    struct metric_part *part = metric_store_part(store);
    assert_int_equal(part->n_objects, 2);
    snapshot_unref(&part->snapshot);
    assert_int_equal(metric_store_relist_commit(store, NULL), 0);
    assert_exposes(store, tapir_text);

    assert_int_equal(metric_store_relist_begin(store, NULL), 0);
    metric_store_relist_abort(store);
    assert_exposes(store, tapir_text);
    metric_store_free(store);
}

/* What a relist finds as it was costs no second block, and leaves published runs as they are. */
static void a_relist_shares_what_is_the_same(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&animals);
    struct animal a = tapir();
    char key[32];
    for (int round = 0; round < 2; round++) {
        if (round == 1) {
            assert_int_equal(metric_store_relist_begin(store, NULL), 0);
        }
        for (int i = 0; i < 300; i++) {
            /* The server may list in any order. */
            snprintf(key, sizeof(key), "uid-%d", round ? 299 - i : i);
            put_ok(store, key, &a);
        }
        assert_int_equal(
            round ? metric_store_relist_commit(store, NULL) : metric_store_publish(store, NULL), 0);
    }
    assert_int_equal(metric_store_stats(store).n_objects, 300);
    assert_int_equal(metric_store_stats(store).n_series, 1800);
    metric_store_free(store);
}

static void broken_promises_are_named(void **state)
{
    (void)state;
    static const char *const named[] = {
        "", "animals", "animals", "animal_parts_total", "animal_parts_total", "animal_parts_total"
    };
    struct metric_store *store = new_store(&animals);
    for (int broken = 1; broken <= 5; broken++) {
        struct animal a = tapir();
        struct err err = { 0 };
        put_ok(store, "uid", &a);
        a.broken = broken;
        assert_int_equal(metric_store_put(store, STR("uid"), &a, &err), -EINVAL);
        assert_non_null(strstr(err.text, named[broken]));
        assert_int_equal(metric_store_publish(store, NULL), 0);
        assert_exposes(store, "");
    }
    assert_int_equal(metric_store_stats(store).dropped_total, 0);
    metric_store_free(store);
}

static void limits_hold(void **state)
{
    (void)state;
    struct metric_store_limits limits = { .max_objects = 2 };
    struct metric_store *store = metric_store_new(&animals, NULL, &limits, NULL);
    struct animal a = tapir();
    struct err err = { 0 };
    put_ok(store, "1", &a);
    put_ok(store, "2", &a);
    assert_int_equal(metric_store_put(store, STR("3"), &a, &err), -ENOSPC);
    assert_non_null(strstr(err.text, "animals"));
    a.n_parts = 1;
    put_ok(store, "2", &a); /* a change of what is there needs no room */
    assert_int_equal(metric_store_remove(store, STR("1")), 1);
    put_ok(store, "3", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    struct metric_store_stats stats = metric_store_stats(store);
    assert_int_equal(stats.n_objects, 2);
    assert_int_equal(stats.dropped_total, 1);
    metric_store_free(store);

    limits = (struct metric_store_limits){ .max_bytes = stats.n_bytes };
    store = metric_store_new(&animals, NULL, &limits, NULL);
    put_ok(store, "2", &a);
    put_ok(store, "3", &a);
    struct animal larger = tapir();
    assert_int_equal(metric_store_put(store, STR("3"), &larger, &err), -ENOSPC);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_int_equal(metric_store_stats(store).n_objects, 1); /* not as it was before */
    metric_store_free(store);
}

static void huge_objects(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&animals);
    struct animal a = tapir();
    char *text = malloc(LIMIT_LABEL_VALUE_BYTES + 10);
    memset(text, 'x', LIMIT_LABEL_VALUE_BYTES + 10);
    /* The character that the limit falls into goes as a whole. */
    memcpy(text + LIMIT_LABEL_VALUE_BYTES - 1, "\xE2\x82\xAC", 3);
    a.parts[0] = (struct str){ text, LIMIT_LABEL_VALUE_BYTES + 10 };
    put_ok(store, "long", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_int_equal(metric_store_stats(store).cut_total, 1);
    auto_buf struct buf out = BUF_INIT(1 << 24);
    expose(metric_store_part(store), METRIC_FORMAT_TEXT, 1, &out);
    ssize_t at = str_search(buf_str(&out), STR("xxx\",hand=\"right\"} 0\n"));
    assert_true(at > 0);
    assert_int_equal(str_search(buf_str(&out), STR("\xE2")), -1);

    /* Quotes take two bytes each: eight such values twice pass what a block may hold. */
    size_t n = LIMIT_LABEL_VALUE_BYTES;
    memset(text, '"', n);
    for (size_t i = 0; i < ANIMAL_PARTS_MAX; i++) {
        a.open[i] = (struct metric_label){ STR_INIT("label_x"), { text, n } };
        a.parts[i] = (struct str){ text, n };
    }
    a.n_parts = ANIMAL_PARTS_MAX;
    a.n_open = ANIMAL_PARTS_MAX;
    put_ok(store, "large", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    assert_true(metric_store_stats(store).n_bytes > ANIMAL_PARTS_MAX * 2 * 2 * n);
    metric_store_free(store);
    free(text);
}

static void assert_value_reads(double value, const char *text)
{
    struct metric_store *store = new_store(&sorted_animals);
    struct animal a = { .present = ANIMAL_BORN, .born = value };
    put_ok(store, "k", &a);
    assert_int_equal(metric_store_publish(store, NULL), 0);
    auto_buf struct buf out = BUF_INIT(4096), want = BUF_INIT(4096);
    expose(metric_store_part(store), METRIC_FORMAT_TEXT, 1, &out);
    buf_addf(&want, "animal_born_seconds{animal=\"\",place=\"\"} %s\n", text);
    if (!str_ends(buf_str(&out), buf_str(&want))) {
        fail_msg("want %s, got " STR_FMT, text, STR_ARG(buf_str(&out)));
    }
    metric_store_free(store);
}

static void values_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 1, "1" },
        { -0.0, "-0" },
        { -1, "-1" },
        { 7, "7" },
        { 42, "42" },
        { 123, "123" },
        { 1700000001, "1.700000001e+09" },
        { 1.0 / 3, "0.3333333333333333" },
        { -2.2250738585072014e-308, "-2.2250738585072014e-308" },
        { __builtin_nan(""), "NaN" },
        { __builtin_inf(), "+Inf" },
        { -__builtin_inf(), "-Inf" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        assert_value_reads(cases[i].value, cases[i].text);
    }
}

static void pieces_make_the_whole(void **state)
{
    (void)state;
    struct metric_store *store = new_store(&animals);
    char key[32], name[32];
    for (int i = 0; i < 400; i++) {
        struct animal a = tapir();
        snprintf(key, sizeof(key), "uid-%d", i);
        snprintf(name, sizeof(name), "animal %d", i);
        a.name = str_of(name);
        a.n_parts = (uint32_t)(i % 4);
        put_ok(store, key, &a);
    }
    for (int i = 100; i < 300; i++) { /* holes, and one whole run of them */
        snprintf(key, sizeof(key), "uid-%d", i);
        assert_int_equal(metric_store_remove(store, str_of(key)), 1);
    }
    assert_int_equal(metric_store_publish(store, NULL), 0);
    auto_buf struct buf whole = BUF_INIT(1 << 24);
    expose(metric_store_part(store), METRIC_FORMAT_OPENMETRICS, SIZE_MAX / 2, &whole);
    static const size_t sizes[] = { 1, 2, 63, 100, 1000, 4096, 65536 };
    for (size_t i = 0; i < KG_ARRAY_LEN(sizes); i++) {
        auto_buf struct buf pieces = BUF_INIT(1 << 24);
        expose(metric_store_part(store), METRIC_FORMAT_OPENMETRICS, sizes[i], &pieces);
        assert_true(str_eq(buf_str(&pieces), buf_str(&whole)));
    }
    metric_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_an_object_as_text),
        cmocka_unit_test(merges_sorted_labels),
        cmocka_unit_test(absent_is_not_zero),
        cmocka_unit_test(removing_and_replacing),
        cmocka_unit_test(a_relist_swaps_whole_sets),
        cmocka_unit_test(a_relist_shares_what_is_the_same),
        cmocka_unit_test(broken_promises_are_named),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(huge_objects),
        cmocka_unit_test(values_read_back),
        cmocka_unit_test(pieces_make_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
