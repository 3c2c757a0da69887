/* test_resource_store.c — objects from a watch to the exposition, with a resource of our own. */
#include "kube/object/json_get.h"
#include "kube/object/meta.h"
#include "kube/resource_store.h"
#include "metrics/scrape.h"

#include "tests/support/test.h"

struct box {
    struct kube_meta meta;
    int64_t size;
};

static int decode_box(const json_t *object, const struct kube_decode *how, void *sample,
                      struct err *err)
{
    struct box *box = sample;
    assert_int_equal(box->size, 0); /* the sample is zeroed each time */
    int r = kube_meta_decode(object, how, &box->meta, err);
    if (r == 0) {
        box->size = json_get_i64(json_get_object(object, "spec"), "size");
    }
    return r;
}

static const struct metric_family rows[] = {
    {
        .name = "kube_box_size",
        .help = "Size.",
        .source = "spec.size",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct box, size, 1),
    },
};

static const struct metric_subject boxes = {
    .name = "boxes",
    .part = "state",
    .sample_size = sizeof(struct box),
    .present_at = METRIC_NO_PRESENCE,
    .labels = METRIC_LABELS("namespace", "box"),
    .common = kube_common_namespace_name,
    .rows = rows,
    .n_rows = KG_ARRAY_LEN(rows),
};

static const struct kube_resource resource = {
    .group = "",
    .version = "v1",
    .plural = "boxes",
    .kind = "Box",
    .namespaced = true,
    .subject = &boxes,
    .decode = decode_box,
};

/* The second consumer writes down its calls. */
struct second {
    struct buf log;
    bool refuse_begin, refuse_put;
};

static int also_begin(void *arg, struct err *err)
{
    struct second *s = arg;
    if (s->refuse_begin) {
        return err_set(err, ENOMEM, "second: no generation");
    }
    buf_add_c(&s->log, "begin ");
    return 0;
}

static int also_commit(void *arg, struct err *err)
{
    struct second *s = arg;
    (void)err;
    buf_add_c(&s->log, "commit ");
    return 0;
}

static void also_abort(void *arg)
{
    struct second *s = arg;
    buf_add_c(&s->log, "abort ");
}

static int also_put(void *arg, const json_t *object, struct err *err)
{
    struct second *s = arg;
    buf_addf(&s->log, "put:" STR_FMT " ",
             STR_ARG(json_get_str(json_get_object(object, "metadata"), "name")));
    return s->refuse_put ? err_set(err, EBADMSG, "second: cannot") : 0;
}

static void also_remove(void *arg, const json_t *object)
{
    struct second *s = arg;
    buf_addf(&s->log, "remove:" STR_FMT " ",
             STR_ARG(json_get_str(json_get_object(object, "metadata"), "name")));
}

static void also_settle(void *arg)
{
    struct second *s = arg;
    buf_add_c(&s->log, "settle ");
}

static const struct kube_consumer second_consumer = {
    .relist_begin = also_begin,
    .relist_commit = also_commit,
    .relist_abort = also_abort,
    .put = also_put,
    .remove = also_remove,
    .settle = also_settle,
};

struct bench {
    struct metric_store *store;
    struct resource_store *s;
    struct second second;
};

static struct bench setup(bool with_store, const struct metric_store_limits *limits)
{
    struct bench b = { .second = { .log = BUF_INIT(4096) } };
    if (with_store) {
        b.store = metric_store_new(&boxes, NULL, limits, NULL);
        assert_non_null(b.store);
    }
    return b;
}

/* Apart from setup, because the second consumer's address must stay. */
static void attach_as(struct bench *b, bool ksm_quirks)
{
    const struct kube_decode how = { .ksm_quirks = ksm_quirks };
    b->s = resource_store_new(&resource, b->store, &how, &second_consumer, &b->second, NULL);
    assert_non_null(b->s);
}

static void attach(struct bench *b)
{
    attach_as(b, false);
}

static void teardown(struct bench *b)
{
    resource_store_free(b->s);
    metric_store_free(b->store);
    buf_done(&b->second.log);
}

static int put(struct bench *b, const char *text, struct err *err)
{
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    int r = resource_store_consumer.put(b->s, object, err);
    json_decref(object);
    return r;
}

static void removed(struct bench *b, const char *text)
{
    json_t *object = json_loads(text, 0, NULL);
    resource_store_consumer.remove(b->s, object);
    json_decref(object);
}

#define BOX(uid, name, size)                                                                       \
    "{\"metadata\":{\"uid\":\"" uid "\",\"namespace\":\"n\",\"name\":\"" name                      \
    "\"},\"spec\":{\"size\":" size "}}"

/* Samples only, in the order served. */
static void assert_served(struct bench *b, const char *want)
{
    struct metric_part *part = metric_store_part(b->store);
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    struct buf out = BUF_INIT(65536), samples = BUF_INIT(65536);
    assert_non_null(scrape);
    while (scrape_next(scrape, &out, 1024) == 1) {
    }
    scrape_free(scrape);
    struct str text = buf_str(&out);
    while (text.n) {
        struct str line = str_line(&text);
        if (line.n && line.p[0] != '#') {
            buf_add(&samples, line);
            buf_add_char(&samples, '\n');
        }
    }
    assert_string_equal(samples.n ? buf_c(&samples) : "", want);
    buf_done(&out);
    buf_done(&samples);
}

static void test_list_then_changes(void **state)
{
    (void)state;
    struct bench b = setup(true, NULL);
    attach(&b);
    struct err err = { 0 };
    const struct kube_consumer *c = &resource_store_consumer;
    assert_int_equal(c->relist_begin(b.s, &err), 0);
    assert_int_equal(put(&b, BOX("1", "a", "10"), &err), 0);
    assert_int_equal(put(&b, BOX("2", "b", "20"), &err), 0);
    assert_served(&b, "");
    assert_int_equal(c->relist_commit(b.s, &err), 0);
    c->settle(b.s);
    assert_served(&b, "kube_box_size{namespace=\"n\",box=\"a\"} 10\n"
                      "kube_box_size{namespace=\"n\",box=\"b\"} 20\n");
    /* replaced by one of the same name: the old uid is deleted after the new one was added */
    assert_int_equal(put(&b, BOX("3", "a", "11"), &err), 0);
    removed(&b, BOX("1", "a", "10"));
    c->settle(b.s);
    struct metric_store_stats stats = metric_store_stats(b.store);
    assert_int_equal(stats.n_objects, 2);
    /* a list that breaks leaves things as they are */
    assert_int_equal(c->relist_begin(b.s, &err), 0);
    assert_int_equal(put(&b, BOX("9", "z", "1"), &err), 0);
    c->relist_abort(b.s);
    c->settle(b.s);
    assert_int_equal(metric_store_stats(b.store).n_objects, 2);
    assert_string_equal(buf_c(&b.second.log),
                        "begin put:a put:b commit settle put:a remove:a settle "
                        "begin put:z abort settle ");
    teardown(&b);
}

static void test_what_cannot_be_read_is_absent(void **state)
{
    (void)state;
    struct bench b = setup(true, NULL);
    attach(&b);
    struct err err = { 0 };
    assert_int_equal(put(&b, BOX("1", "a", "10"), &err), 0);
    assert_int_equal(put(&b, BOX("2", "b", "10"), &err), 0);
    assert_int_equal(put(&b, "{\"metadata\":{\"uid\":\"1\",\"namespace\":\"n\"}}", &err), -EBADMSG);
    assert_true(str_starts(str_of(err.text), STR("boxes n/: ")));
    resource_store_consumer.settle(b.s);
    assert_served(&b, "kube_box_size{namespace=\"n\",box=\"b\"} 10\n");
    teardown(&b);
}

static void test_objects_without_uid(void **state)
{
    (void)state;
    struct bench b = setup(true, NULL);
    attach(&b);
    static const char one[] =
        "{\"metadata\":{\"namespace\":\"n\",\"name\":\"a\"},\"spec\":{\"size\":1}}";
    static const char two[] =
        "{\"metadata\":{\"namespace\":\"m\",\"name\":\"a\"},\"spec\":{\"size\":2}}";
    assert_int_equal(put(&b, one, NULL), 0);
    assert_int_equal(put(&b, two, NULL), 0);
    removed(&b, one);
    resource_store_consumer.settle(b.s);
    assert_served(&b, "kube_box_size{namespace=\"m\",box=\"a\"} 2\n");
    teardown(&b);
}

static void test_a_full_store_does_not_starve_the_second(void **state)
{
    (void)state;
    struct bench b = setup(true, &(struct metric_store_limits){ .max_objects = 1 });
    attach(&b);
    struct err err = { 0 };
    assert_int_equal(put(&b, BOX("1", "a", "1"), &err), 0);
    assert_int_equal(put(&b, BOX("2", "b", "1"), &err), -ENOSPC);
    assert_true(str_starts(str_of(err.text), STR("boxes n/b: ")));
    b.second.refuse_put = true;
    err = (struct err){ 0 };
    assert_int_equal(put(&b, BOX("1", "a", "2"), &err), -EBADMSG);
    assert_string_equal(err.text, "second: cannot");
    assert_string_equal(buf_c(&b.second.log), "put:a put:b put:a ");
    teardown(&b);
}

static void test_generation_begins_for_both_or_none(void **state)
{
    (void)state;
    struct bench b = setup(true, NULL);
    attach(&b);
    b.second.refuse_begin = true;
    struct err err = { 0 };
    assert_int_equal(resource_store_consumer.relist_begin(b.s, &err), -ENOMEM);
    assert_string_equal(err.text, "second: no generation");
    /* no generation is open: a put goes into the current one */
    assert_int_equal(put(&b, BOX("1", "a", "1"), &err), 0);
    resource_store_consumer.settle(b.s);
    assert_served(&b, "kube_box_size{namespace=\"n\",box=\"a\"} 1\n");
    teardown(&b);
}

static void test_without_a_store(void **state)
{
    (void)state;
    struct bench b = setup(false, NULL);
    attach(&b);
    const struct kube_consumer *c = &resource_store_consumer;
    assert_int_equal(c->relist_begin(b.s, NULL), 0);
    assert_int_equal(put(&b, BOX("1", "a", "1"), NULL), 0);
    assert_int_equal(c->relist_commit(b.s, NULL), 0);
    removed(&b, BOX("1", "a", "1"));
    c->settle(b.s);
    assert_string_equal(buf_c(&b.second.log), "begin put:a commit remove:a settle ");
    teardown(&b);
}

/* An object without a name is shown with quirks only. */
static void test_quirks(void **state)
{
    (void)state;
    for (int quirks = 0; quirks < 2; quirks++) {
        struct bench b = setup(true, NULL);
        attach_as(&b, quirks);
        struct err err = { 0 };
        int r = put(&b, "{\"metadata\":{\"uid\":\"1\",\"namespace\":\"n\"},\"spec\":{\"size\":3}}",
                    &err);
        assert_int_equal(r, quirks ? 0 : -EBADMSG);
        resource_store_consumer.settle(b.s);
        assert_served(&b, quirks ? "kube_box_size{namespace=\"n\",box=\"\"} 3\n" : "");
        teardown(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_then_changes),
        cmocka_unit_test(test_what_cannot_be_read_is_absent),
        cmocka_unit_test(test_objects_without_uid),
        cmocka_unit_test(test_a_full_store_does_not_starve_the_second),
        cmocka_unit_test(test_generation_begins_for_both_or_none),
        cmocka_unit_test(test_without_a_store),
        cmocka_unit_test(test_quirks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
