#include "metrics/sink.h"

#include "metrics/store.h"
#include "tests/unit/metrics/zoo.h"

static struct metric_sink *new_sink(void)
{
    struct metric_sink *sink = metric_sink_new(NULL, NULL);
    assert_non_null(sink);
    return sink;
}

static struct animal *add(struct metric_sink *sink, const struct metric_subject *subject,
                          const struct metric_extra *extra, size_t n)
{
    struct err err = { 0 };
    struct animal *a = metric_sink_add(sink, subject, extra, n, &err);
    if (!a) {
        fail_msg("%s", err_text(&err));
    }
    return a;
}

static void assert_part(struct metric_part *part, const char *want)
{
    auto_buf struct buf out = BUF_INIT(1 << 20), yielding = BUF_INIT(1 << 20);
    snapshot_ref(&part->snapshot);
    expose(part, METRIC_FORMAT_TEXT, SIZE_MAX, &out);
    assert_str_equal(buf_str(&out), want);
    expose(part, METRIC_FORMAT_TEXT, 1, &yielding);
    assert_true(str_eq(buf_str(&out), buf_str(&yielding)));
}

/* The same emit functions, the same text: what the store encodes and what the sink writes. */
static void sink_and_store_agree(void **state)
{
    (void)state;
    static const struct metric_subject *const subjects[] = { &animals, &sorted_animals };
    for (size_t i = 0; i < KG_ARRAY_LEN(subjects); i++) {
        struct metric_store *store = metric_store_new(subjects[i], NULL, NULL, NULL);
        struct metric_sink *sink = new_sink();
        assert_int_equal(metric_sink_begin(sink, NULL), 0);
        char key[16];
        for (int k = 0; k < 5; k++) {
            struct animal a = tapir(), *added = add(sink, subjects[i], NULL, 0);
            a.n_parts = (uint32_t)k;
            a.n_open = (size_t)k % 3;
            a.present = (uint64_t)k;
            *added = a;
            snprintf(key, sizeof(key), "%d", k);
            assert_int_equal(metric_store_put(store, str_of(key), &a, NULL), 0);
        }
        assert_int_equal(metric_store_publish(store, NULL), 0);
        struct metric_part *part = metric_sink_take(sink, subjects[i]->part, 7, NULL);
        struct metric_part *stored = metric_store_part(store);
        assert_int_equal(part->n_objects, 5);
        assert_int_equal(part->n_series, stored->n_series);
        assert_int_equal(part->taken_mono_ns, 7);
        assert_true(part->n_bytes > 5 * sizeof(struct animal));
        auto_buf struct buf a = BUF_INIT(1 << 20);
        expose(stored, METRIC_FORMAT_TEXT, SIZE_MAX, &a);
        assert_non_null(buf_c(&a));
        assert_part(part, buf_c(&a));
        metric_sink_free(sink);
        metric_store_free(store);
    }
}

/* The first of those with the same labels is served, where the subject asks for that. */
static void twins_are_left_out(void **state)
{
    (void)state;
    for (int distinct = 0; distinct < 2; distinct++) {
        struct metric_subject subject = animals;
        subject.distinct = distinct;
        struct metric_sink *sink = new_sink();
        assert_int_equal(metric_sink_begin(sink, NULL), 0);
        for (int k = 0; k < 40; k++) {
            *add(sink, &subject, NULL, 0) = tapir();
        }
        struct metric_part *part = metric_sink_take(sink, subject.part, 7, NULL);
        assert_non_null(part);
        assert_int_equal(part->n_objects, distinct ? 1 : 40);
        assert_true(part->n_series > 0 && part->n_series % part->n_objects == 0);
        snapshot_unref(&part->snapshot);
        metric_sink_free(sink);
    }
}

static void extra_columns_are_merged(void **state)
{
    (void)state;
    struct metric_sink *sink = new_sink();
    assert_int_equal(metric_sink_begin(sink, NULL), 0);
    const struct metric_extra extra[] = { { STR_INIT("owner"), STR_INIT("a \"b\"") },
                                          { STR_INIT("app"), STR_INIT("") } };
    struct animal *a = add(sink, &sorted_animals, extra, 2);
    *a = (struct animal){
        .name = STR("A"), .place = STR("P"), .n_parts = 1, .parts = { STR("ear") }
    };
    a = add(sink, &sorted_animals, NULL, 0);
    *a = (struct animal){ .name = STR("B"), .n_parts = 1, .parts = { STR("leg") } };
    a = add(sink, &sorted_animals, extra, 1);
    *a = (struct animal){ .name = STR("C") };
    assert_part(
        metric_sink_take(sink, "cadvisor", 0, NULL),
        "# HELP animal_parts_total What it is \"made\" of: C:\\\\parts\\nand more.\n"
        "# TYPE animal_parts_total counter\n"
        "animal_parts_total{animal=\"A\",app=\"\",hand=\"right\",owner=\"a "
        "\\\"b\\\"\",part=\"ear\","
        "place=\"P\"} 0\n"
        "animal_parts_total{animal=\"B\",hand=\"right\",part=\"leg\",place=\"\"} 0\n"
        "# HELP animal_tags_info What it is called.\n"
        "# TYPE animal_tags_info gauge\n"
        "animal_tags_info{animal=\"A\",app=\"\",kind=\"tag\",owner=\"a \\\"b\\\"\",place=\"P\"} 1\n"
        "animal_tags_info{animal=\"B\",kind=\"tag\",place=\"\"} 1\n"
        "animal_tags_info{animal=\"C\",kind=\"tag\",owner=\"a \\\"b\\\"\",place=\"\"} 1\n");
    metric_sink_free(sink);
}

static void extra_columns_follow_when_unsorted(void **state)
{
    (void)state;
    struct metric_sink *sink = new_sink();
    assert_int_equal(metric_sink_begin(sink, NULL), 0);
    const struct metric_extra extra[] = { { STR_INIT("a"), STR_INIT("1") } };
    struct animal *a = add(sink, &animals, extra, 1);
    *a = (struct animal){ .present = ANIMAL_BORN, .name = STR("A") };
    struct metric_part *part = metric_sink_take(sink, "state", 0, NULL);
    auto_buf struct buf out = BUF_INIT(1 << 20);
    expose(part, METRIC_FORMAT_TEXT, SIZE_MAX, &out);
    assert_true(str_search(buf_str(&out),
                           STR("\nanimal_tags_info{place=\"\",animal=\"A\",a=\"1\",kind=\"tag\"} "
                               "1\n")) > 0);
    assert_true(
        str_ends(buf_str(&out), STR("\nanimal_born_seconds{place=\"\",animal=\"A\",a=\"1\"} 0\n")));
    metric_sink_free(sink);
}

static void bad_columns_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct metric_extra extra[2];
        size_t n;
    } cases[] = {
        { { { STR_INIT("a-b"), STR_INIT("") } }, 1 },
        { { { STR_INIT(""), STR_INIT("") } }, 1 },
        { { { STR_INIT("place"), STR_INIT("") } }, 1 }, /* a common label */
        { { { STR_INIT("hand"), STR_INIT("") } }, 1 },  /* some row's own label */
        { { { STR_INIT("x"), STR_INIT("") }, { STR_INIT("x"), STR_INIT("") } }, 2 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct metric_sink *sink = new_sink();
        struct err err = { 0 };
        assert_int_equal(metric_sink_begin(sink, NULL), 0);
        assert_null(metric_sink_add(sink, &sorted_animals, cases[i].extra, cases[i].n, &err));
        assert_int_equal(err.code, EINVAL);
        metric_sink_free(sink);
    }
}

static void endpoints_are_apart(void **state)
{
    (void)state;
    struct metric_sink *sink = new_sink();
    assert_int_equal(metric_sink_begin(sink, NULL), 0);
    *add(sink, &animals, NULL, 0) = tapir();
    *add(sink, &sorted_animals, NULL, 0) = tapir();
    struct metric_part *state_part = metric_sink_take(sink, "state", 0, NULL);
    assert_int_equal(state_part->n_objects, 1);
    assert_string_equal(state_part->endpoint, "state");
    /* What was taken is closed; the rest of the reading is not. */
    struct err err = { 0 };
    assert_null(metric_sink_add(sink, &animals, NULL, 0, &err));
    assert_int_equal(err.code, EINVAL);
    *add(sink, &sorted_animals, NULL, 0) = tapir();
    struct metric_part *part = metric_sink_take(sink, "cadvisor", 0, NULL);
    assert_int_equal(part->n_objects, 2);
    struct metric_part *none = metric_sink_take(sink, "volumes", 0, NULL);
    assert_int_equal(none->ops->n_families(none), 0);
    assert_part(none, "");
    snapshot_unref(&state_part->snapshot);
    snapshot_unref(&part->snapshot);
    metric_sink_free(sink);
}

static void broken_promises_end_the_taking(void **state)
{
    (void)state;
    for (int broken = 1; broken <= 5; broken++) {
        struct metric_sink *sink = new_sink();
        assert_int_equal(metric_sink_begin(sink, NULL), 0);
        struct animal *a = add(sink, &animals, NULL, 0);
        *a = tapir();
        a->broken = broken;
        struct err err = { 0 };
        assert_null(metric_sink_take(sink, "state", 0, &err));
        assert_int_equal(err.code, EINVAL);
        metric_sink_free(sink);
    }
}

/* A part is good while it is held: over later readings, and over the sink's end. */
static void parts_outlive_the_sink(void **state)
{
    (void)state;
    struct metric_sink *sink = new_sink();
    struct metric_part *parts[6];
    for (size_t i = 0; i < KG_ARRAY_LEN(parts); i++) {
        assert_int_equal(metric_sink_begin(sink, NULL), 0);
        struct animal *a = add(sink, &sorted_animals, NULL, 0);
        struct str name;
        char text[2] = { (char)('a' + i), '\0' };
        assert_int_equal(arena_str(metric_sink_arena(sink), str_of(text), &name), 0);
        *a = (struct animal){ .name = name };
        parts[i] = metric_sink_take(sink, "cadvisor", i, NULL);
    }
    /* A reading that nobody takes. */
    assert_int_equal(metric_sink_begin(sink, NULL), 0);
    add(sink, &animals, NULL, 0);
    metric_sink_free(sink);
    for (size_t i = 0; i < KG_ARRAY_LEN(parts); i++) {
        auto_buf struct buf want = BUF_INIT(1000);
        buf_addf(&want,
                 "# HELP animal_tags_info What it is called.\n"
                 "# TYPE animal_tags_info gauge\n"
                 "animal_tags_info{animal=\"%c\",kind=\"tag\",place=\"\"} 1\n",
                 (char)('a' + i));
        assert_part(parts[i], buf_c(&want));
    }
    metric_sink_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sink_and_store_agree),
        cmocka_unit_test(twins_are_left_out),
        cmocka_unit_test(extra_columns_are_merged),
        cmocka_unit_test(extra_columns_follow_when_unsorted),
        cmocka_unit_test(bad_columns_are_refused),
        cmocka_unit_test(endpoints_are_apart),
        cmocka_unit_test(broken_promises_end_the_taking),
        cmocka_unit_test(parts_outlive_the_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
