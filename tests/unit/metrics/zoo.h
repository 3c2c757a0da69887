/* zoo.h — a made-up subject with every shape of row, for the tests of this folder.
 * Uses: metrics.  Threads: none.  Owner: tests/unit/metrics.
 *
 * Included by one .c per test binary, hence static. */
#ifndef KG_TESTS_UNIT_METRICS_ZOO_H
#define KG_TESTS_UNIT_METRICS_ZOO_H

#include "metrics/scrape.h"
#include "metrics/writer.h"
#include "tests/support/test.h"

enum { ANIMAL_WEIGHT = 1, ANIMAL_BORN = 2 };
#define ANIMAL_PARTS_MAX 8

struct animal {
    uint64_t present;
    struct str place, name;
    uint64_t weight_mg;
    double born;
    uint32_t n_parts;
    struct str parts[ANIMAL_PARTS_MAX];
    double sizes[ANIMAL_PARTS_MAX];
    struct metric_label open[ANIMAL_PARTS_MAX];
    size_t n_open;
    int broken; /* which promise its functions break, 0 none */
};

static void animal_common(const void *sample, struct metric_writer *out)
{
    const struct animal *a = sample;
    metric_common(out, a->place);
    metric_common(out, a->name);
    if (a->broken == 1) {
        metric_common(out, STR("one too many"));
    }
    if (a->broken == 2) {
        metric_put(out, 1);
    }
}

static void animal_parts(const void *sample, struct metric_writer *out)
{
    const struct animal *a = sample;
    for (uint32_t i = 0; i < a->n_parts; i++) {
        metric_put(out, a->sizes[i], a->parts[i], i % 2 ? STR("left") : STR("right"));
    }
    if (a->broken == 3) {
        metric_put(out, 1, STR("only one of two"));
    }
    if (a->broken == 4) {
        metric_common(out, STR("not here"));
    }
    if (a->broken == 5) {
        const struct metric_label label = { STR_INIT("x"), STR_INIT("y") };
        const struct str own[] = { STR_INIT("a"), STR_INIT("b") };
        metric_put_open(out, 1, own, 2, &label, 1);
    }
}

static void animal_tags(const void *sample, struct metric_writer *out)
{
    const struct animal *a = sample;
    const struct str kind = STR_INIT("tag");
    metric_put_open(out, 1, &kind, 1, a->open, a->n_open);
}

static void animal_nothing(const void *sample, struct metric_writer *out)
{
    (void)sample;
    (void)out;
}

static const struct metric_family animal_rows[] = {
    {
        .name = "animal_weight_grams",
        .help = "How heavy it is.",
        .source = "scales",
        .type = METRIC_GAUGE,
        .stability = METRIC_STABLE,
        .needs = ANIMAL_WEIGHT,
        .field = METRIC_FIELD(struct animal, weight_mg, 1e-3),
    },
    {
        .name = "animal_parts_total",
        .help = "What it is \"made\" of: C:\\parts\nand more.",
        .source = "eyes",
        .type = METRIC_COUNTER,
        .emit = animal_parts,
        .labels = METRIC_LABELS("part", "hand"),
    },
    {
        .name = "animal_tags_info",
        .help = "What it is called.",
        .source = "tags",
        .type = METRIC_INFO,
        .emit = animal_tags,
        .labels = METRIC_LABELS("kind"),
        .open_labels = true,
    },
    {
        .name = "animal_nothing",
        .help = "Never there.",
        .source = "none",
        .type = METRIC_COUNTER,
        .emit = animal_nothing,
    },
    {
        .name = "animal_secret",
        .help = "Only when asked for.",
        .source = "none",
        .opt_in = true,
        .field = METRIC_FIELD(struct animal, born, 0),
    },
    {
        .name = "animal_born_seconds",
        .help = "When it was born.",
        .source = "papers",
        .needs = ANIMAL_BORN,
        .field = METRIC_FIELD(struct animal, born, 0),
    },
};

/* As KSM has it: own labels after the common ones, headers for all families. */
static const struct metric_subject animals = {
    .name = "animals",
    .part = "state",
    .sample_size = sizeof(struct animal),
    .present_at = offsetof(struct animal, present),
    .labels = METRIC_LABELS("place", "animal"),
    .common = animal_common,
    .headers_always = true,
    .rows = animal_rows,
    .n_rows = KG_ARRAY_LEN(animal_rows),
};

/* As cAdvisor has it: labels sorted by name, no header without a series. */
static const struct metric_subject sorted_animals KG_UNUSED = {
    .name = "sorted_animals",
    .part = "cadvisor",
    .sample_size = sizeof(struct animal),
    .present_at = offsetof(struct animal, present),
    .labels = METRIC_LABELS("place", "animal"),
    .common = animal_common,
    .sorted_labels = true,
    .rows = animal_rows,
    .n_rows = KG_ARRAY_LEN(animal_rows),
};

/* A tapir with something in every row. */
static struct animal KG_UNUSED tapir(void)
{
    return (struct animal){
        .present = ANIMAL_WEIGHT | ANIMAL_BORN,
        .place = STR("Yard \"3\""),
        .name = STR("Ta\\pi\nr"),
        .weight_mg = 250000123,
        .born = 1700000000,
        .n_parts = 3,
        .parts = { STR("ear"), STR("leg"), STR("snout") },
        .sizes = { 0, 1, -0.5 },
        .open = { { STR("label_a"), STR("x\"y") }, { STR("label_b"), STR("") } },
        .n_open = 2,
    };
}

/* Appends the part's whole exposition to out, in pieces of at least `enough` bytes each; takes the
 * caller's reference over. */
static void KG_UNUSED expose(struct metric_part *part, enum metric_format format, size_t enough,
                             struct buf *out)
{
    assert_non_null(part);
    struct scrape *s = scrape_new(&part, 1, format);
    assert_non_null(s);
    int r;
    do {
        size_t before = out->n;
        r = scrape_next(s, out, enough);
        assert_true(r >= 0);
        assert_true(r == 0 || out->n >= before + enough);
    } while (r == 1);
    assert_int_equal(scrape_totals(s).bytes, out->n);
    scrape_free(s);
}

#endif
