/* Whatever is put, removed and relisted in whatever order: what is served is what a naive model
 * says, in pieces of any size. */
#include "metrics/store.h"
#include "tests/unit/metrics/zoo.h"

#define KEYS 300
#define SEEDS 12
#define STEPS 600

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)random_state * n) >> 32);
}

/* An object is told by its key and a version (0: absent), so a set is an array of versions. */
struct set {
    uint32_t version[KEYS];
};

struct text_of {
    char place[16], name[32], part[ANIMAL_PARTS_MAX][32], tag[40];
};

static struct animal make(uint32_t key, uint32_t version, struct text_of *text)
{
    struct animal a = { .present = version % 4, .weight_mg = version * 1000, .born = key };
    snprintf(text->place, sizeof(text->place), "p%u", key % 7);
    snprintf(text->name, sizeof(text->name), "%u\"%u\"", key, version % 3);
    snprintf(text->tag, sizeof(text->tag), "%u\n", version);
    a.place = str_of(text->place);
    a.name = str_of(text->name);
    a.n_parts = version % (ANIMAL_PARTS_MAX + 1);
    for (uint32_t i = 0; i < a.n_parts; i++) {
        snprintf(text->part[i], sizeof(text->part[i]), "part\\%u", i);
        a.parts[i] = str_of(text->part[i]);
        a.sizes[i] = version + i;
    }
    a.n_open = version % 2;
    a.open[0] = (struct metric_label){ STR_INIT("label_version"), str_of(text->tag) };
    return a;
}

/* The lines of one object, one below the other, written without any of the code under test; values
 * stay below a million, where plain digits are the form. */
static void expect(uint32_t key, uint32_t version, struct buf *out)
{
    char common[64];
    snprintf(common, sizeof(common), "place=\"p%u\",animal=\"%u\\\"%u\\\"\"", key % 7, key,
             version % 3);
    if (version % 4 & ANIMAL_WEIGHT) {
        buf_addf(out, "animal_weight_grams{%s} %u\n", common, version);
    }
    for (uint32_t i = 0; i < version % (ANIMAL_PARTS_MAX + 1); i++) {
        buf_addf(out, "animal_parts_total{%s,part=\"part\\\\%u\",hand=\"%s\"} %u\n", common, i,
                 i % 2 ? "left" : "right", version + i);
    }
    if (version % 2) {
        buf_addf(out, "animal_tags_info{%s,kind=\"tag\",label_version=\"%u\\n\"} 1\n", common,
                 version);
    } else {
        buf_addf(out, "animal_tags_info{%s,kind=\"tag\"} 1\n", common);
    }
    if (version % 4 & ANIMAL_BORN) {
        buf_addf(out, "animal_born_seconds{%s} %u\n", common, key);
    }
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The sample lines of a text, sorted. */
static size_t lines_of(struct str text, struct str **ret)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '\n';
    }
    struct str *lines = calloc(n + 1, sizeof(*lines));
    n = 0;
    while (text.n > 0) {
        struct str line = str_line(&text);
        if (line.p[0] != '#') {
            lines[n++] = line;
        }
    }
    qsort(lines, n, sizeof(*lines), by_text);
    *ret = lines;
    return n;
}

static void assert_serves(struct metric_store *store, const struct set *model)
{
    auto_buf struct buf want = BUF_INIT(1 << 24), got = BUF_INIT(1 << 24);
    size_t objects = 0;
    for (uint32_t key = 0; key < KEYS; key++) {
        if (model->version[key]) {
            expect(key, model->version[key], &want);
            objects++;
        }
    }
    struct metric_part *part = metric_store_part(store);
    size_t n_series = part->n_series;
    assert_int_equal(part->n_objects, objects);
    expose(part, METRIC_FORMAT_TEXT, 1 + random_below(3000), &got);
    struct str *a, *b;
    size_t n = lines_of(buf_str(&want), &a), m = lines_of(buf_str(&got), &b);
    assert_int_equal(n, m);
    assert_int_equal(n, n_series);
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(a[i], b[i])) {
            fail_msg("want " STR_FMT "\ngot  " STR_FMT, STR_ARG(a[i]), STR_ARG(b[i]));
        }
    }
    /* All headers while there is an object, none else. */
    assert_int_equal(str_search(buf_str(&got), STR("# TYPE animal_nothing")) >= 0, objects > 0);
    free(a);
    free(b);
}

static void put(struct metric_store *store, struct set *model, uint32_t key, uint32_t version)
{
    struct text_of text;
    struct animal a = make(key, version, &text);
    char uid[16];
    snprintf(uid, sizeof(uid), "%u", key);
    assert_int_equal(metric_store_put(store, str_of(uid), &a, NULL), 0);
    model->version[key] = version;
}

static void drop(struct metric_store *store, struct set *model, uint32_t key)
{
    char uid[16];
    snprintf(uid, sizeof(uid), "%u", key);
    assert_int_equal(metric_store_remove(store, str_of(uid)), model->version[key] != 0);
    model->version[key] = 0;
}

struct world {
    struct metric_store *store;
    struct set now, next, published;
    bool relisting;
};

/* A list that finds some objects as they were, some changed, some gone. */
static void list_again(struct world *w)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        uint32_t key = KEYS - 1 - i, luck = random_below(10);
        if (w->now.version[key] && luck < 8) {
            put(w->store, &w->next, key, w->now.version[key]);
        } else if (luck == 8) {
            put(w->store, &w->next, key, 1 + random_below(900000));
        }
    }
}

static void step(struct world *w)
{
    struct set *written = w->relisting ? &w->next : &w->now;
    uint32_t key = random_below(KEYS);
    switch (random_below(w->relisting && random_below(4) == 0 ? 12 : 10)) {
    default:
        put(w->store, written, key, 1 + random_below(900000));
        break;
    case 4: /* many go at once, so that runs empty and slots come free */
        for (uint32_t i = 0; i < 40; i++) {
            drop(w->store, written, (key + i) % KEYS);
        }
        for (uint32_t i = 0; i < 40; i += 1 + random_below(3)) { /* and some come back */
            put(w->store, written, (key + 20 + i) % KEYS, 1 + random_below(900000));
        }
        break;
    case 5:
    case 6:
        drop(w->store, written, key);
        break;
    case 7:
        assert_int_equal(metric_store_publish(w->store, NULL), 0);
        w->published = w->now;
        break;
    case 8:
        if (random_below(w->relisting ? 40 : 2) == 0) {
            assert_int_equal(metric_store_relist_begin(w->store, NULL), 0);
            w->relisting = true;
            memset(&w->next, 0, sizeof(w->next));
            list_again(w);
        }
        break;
    case 10:
        assert_int_equal(metric_store_relist_commit(w->store, NULL), 0);
        w->published = w->now = w->next;
        w->relisting = false;
        assert_serves(w->store, &w->published);
        break;
    case 11:
        metric_store_relist_abort(w->store);
        w->relisting = false;
        break;
    }
}

static void serves_what_a_naive_model_serves(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        random_state = seed;
        struct world w = { .store = metric_store_new(&animals, NULL, NULL, NULL) };
        for (uint32_t key = 0; key < KEYS; key += 1 + random_below(2)) {
            put(w.store, &w.now, key, 1 + random_below(900000));
        }
        for (int i = 0; i < STEPS; i++) {
            step(&w);
            if (i % 16 == 0) {
                assert_serves(w.store, &w.published);
            }
        }
        metric_store_relist_abort(w.store);
        assert_int_equal(metric_store_publish(w.store, NULL), 0);
        assert_serves(w.store, &w.now);
        for (uint32_t key = 0; key < KEYS; key++) {
            drop(w.store, &w.now, key);
        }
        assert_int_equal(metric_store_publish(w.store, NULL), 0);
        assert_serves(w.store, &w.now);
        assert_int_equal(metric_store_stats(w.store).n_bytes, 0);
        metric_store_free(w.store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_what_a_naive_model_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
