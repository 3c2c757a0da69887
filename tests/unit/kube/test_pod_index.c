#include "kube/join/pod_index.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tests/support/cmocka.h"

#include <stdio.h>

static const struct kube_consumer *const consumer = &pod_index_consumer;

/* An object of text with ' for ". */
static json_t *object_of(const char *text)
{
    char *json = strdup(text);
    for (char *c = json; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *object = json_loads(json, 0, NULL);
    assert_non_null(object);
    free(json);
    return object;
}

static int put(struct pod_index *index, const char *text)
{
    json_t *object = object_of(text);
    struct err err = { 0 };
    int r = consumer->put(index, object, &err);
    assert_int_equal(-r, err.code);
    json_decref(object); /* what the index keeps must not borrow from it */
    return r;
}

static void drop(struct pod_index *index, const char *text)
{
    json_t *object = object_of(text);
    consumer->remove(index, object);
    json_decref(object);
}

static void relist(struct pod_index *index, const char *const *pods)
{
    assert_int_equal(consumer->relist_begin(index, NULL), 0);
    for (; *pods; pods++) {
        assert_int_equal(put(index, *pods), 0);
    }
    assert_int_equal(consumer->relist_commit(index, NULL), 0);
    consumer->settle(index);
}

static void table_text(const struct pod_index_table *table, struct buf *ret)
{
    for (size_t i = 0; i < table->n_pods; i++) {
        const struct pod_index_pod *p = &table->pods[i];
        buf_addf(ret, STR_FMT " " STR_FMT "/" STR_FMT, STR_ARG(p->cgroup_uid),
                 STR_ARG(p->namespace), STR_ARG(p->name));
        for (size_t c = 0; c < table->n_columns; c++) {
            buf_addf(ret, " " STR_FMT "=" STR_FMT, STR_ARG(table->column_names[c]),
                     STR_ARG(p->columns[c]));
        }
        for (size_t c = 0; c < p->n_containers; c++) {
            buf_addf(ret, " [" STR_FMT " " STR_FMT " " STR_FMT "]", STR_ARG(p->containers[c].id),
                     STR_ARG(p->containers[c].name), STR_ARG(p->containers[c].image));
        }
        buf_add_c(ret, "\n");
    }
}

/* Compares the current table; returns its generation. */
static uint64_t check(struct pod_index *index, const char *want)
{
    struct pod_index_table *table = pod_index_acquire(index);
    auto_buf struct buf have = BUF_INIT(1 * MIB);
    assert_non_null(table);
    table_text(table, &have);
    assert_string_equal(buf_c(&have) ? buf_c(&have) : "", want);
    uint64_t generation = table->generation;
    snapshot_unref(&table->snapshot);
    return generation;
}

static const char pod_a[] =
    "{'metadata':{'uid':'ua','name':'a','namespace':'n'},'spec':{'nodeName':'node1'},"
    "'status':{'containerStatuses':[{'name':'c1','image':'i1','containerID':'containerd://11',"
    "'lastState':{'terminated':{'containerID':'containerd://10'}}},"
    "{'name':'c2','image':'i2','containerID':''}],"
    "'initContainerStatuses':[{'name':'c0','image':'i0','containerID':'cri-o://00',"
    "'lastState':{'terminated':{'containerID':'cri-o://00'}}}],"
    "'ephemeralContainerStatuses':[{'name':'dbg','image':'id','containerID':'docker://dd'}]}}";
static const char pod_b[] = "{'metadata':{'uid':'ub','name':'b','namespace':'n'}}";
static const char text_a[] = "ua n/a [11 c1 i1] [10 c1 i1] [00 c0 i0] [dd dbg id]\n";
static const char text_b[] = "ub n/b\n";

static struct pod_index *index_of(const char *const *columns)
{
    struct str list[LIMIT_CONTAINER_LABELS + 1];
    size_t n = 0;
    struct err err = { 0 };
    for (; columns[n]; n++) {
        list[n] = str_of(columns[n]);
    }
    struct pod_index *index = pod_index_new(list, n, &err);
    if (!index) {
        fail_msg("%s", err_text(&err));
    }
    return index;
}

static const char *const no_columns[] = { NULL };

static void a_list_and_what_follows(void **state)
{
    (void)state;
    struct pod_index *index = index_of(no_columns);
    assert_null(pod_index_acquire(index));
    consumer->settle(index);
    assert_null(pod_index_acquire(index));

    assert_int_equal(consumer->relist_begin(index, NULL), 0);
    assert_int_equal(put(index, pod_a), 0);
    consumer->settle(index);
    assert_null(pod_index_acquire(index)); /* a half list is no list */
    assert_int_equal(consumer->relist_commit(index, NULL), 0);
    uint64_t g1 = check(index, text_a);

    assert_int_equal(put(index, pod_b), 0);
    assert_int_equal(check(index, text_a), g1); /* not before it settles */
    consumer->settle(index);
    uint64_t g2 = check(index, "ua n/a [11 c1 i1] [10 c1 i1] [00 c0 i0] [dd dbg id]\nub n/b\n");
    assert_true(g2 > g1);

    drop(index, pod_a);
    drop(index, "{'metadata':{'uid':'unknown'}}");
    consumer->settle(index);
    assert_true(check(index, text_b) > g2);
    drop(index, pod_b);
    consumer->settle(index);
    check(index, "");
    pod_index_free(index);
}

static void what_changes_nothing_publishes_nothing(void **state)
{
    (void)state;
    struct pod_index *index = index_of(no_columns);
    relist(index, (const char *const[]){ pod_a, pod_b, NULL });
    uint64_t g = check(index, "ua n/a [11 c1 i1] [10 c1 i1] [00 c0 i0] [dd dbg id]\nub n/b\n");
    assert_int_equal(put(index, pod_a), 0);
    assert_int_equal(put(index, "{'metadata':{'uid':'ub','name':'b','namespace':'n',"
                                "'resourceVersion':'9','labels':{'x':'y'}}}"),
                     0);
    consumer->settle(index);
    relist(index, (const char *const[]){ pod_b, pod_a, NULL });
    struct pod_index_table *table = pod_index_acquire(index);
    assert_int_equal(table->generation, g);
    snapshot_unref(&table->snapshot);
    pod_index_free(index);
}

#define POD_OF_CLAIM(state, path)                                                                  \
    "{'metadata':{'uid':'uc','name':'c','namespace':'n'},'spec':{'volumes':[{'name':'v',"          \
    "'persistentVolumeClaim':{'claimName':'data'}}],'containers':[{'name':'c1','volumeMounts':["   \
    "{'name':'v','mountPath':'" path "'}]}]},'status':{'containerStatuses':[{'name':'c1',"         \
    "'containerID':'x://1','state':{'" state "':{}}}]}}"

static void a_claim_or_a_state_that_changes_publishes(void **state)
{
    (void)state;
    static const char *const pods[] = { POD_OF_CLAIM("waiting", "/a"),
                                        POD_OF_CLAIM("running", "/a"),
                                        POD_OF_CLAIM("running", "/b") };
    struct pod_index *index = index_of(no_columns);
    relist(index, (const char *const[]){ pods[0], NULL });
    uint64_t g = check(index, "uc n/c [1 c1 ]\n");
    for (size_t i = 0; i < KG_ARRAY_LEN(pods); i++) {
        for (int again = 0; again < 2; again++) {
            assert_int_equal(put(index, pods[i]), 0);
            consumer->settle(index);
        }
        assert_int_equal(check(index, "uc n/c [1 c1 ]\n"), g + i);
    }
    pod_index_free(index);
}

static void a_relist_swaps_or_leaves_all(void **state)
{
    (void)state;
    struct pod_index *index = index_of(no_columns);
    relist(index, (const char *const[]){ pod_a, NULL });
    uint64_t g = check(index, text_a);

    assert_int_equal(consumer->relist_begin(index, NULL), 0);
    assert_int_equal(put(index, pod_b), 0);
    consumer->settle(index);
    assert_int_equal(check(index, text_a), g);
    consumer->relist_abort(index);
    consumer->settle(index);
    assert_int_equal(check(index, text_a), g);

    relist(index, (const char *const[]){ pod_b, NULL });
    assert_true(check(index, text_b) > g);
    struct err err = { 0 };
    assert_int_equal(consumer->relist_commit(index, &err), -EINVAL);

    /* Begun twice: what the first attempt brought is forgotten. */
    assert_int_equal(consumer->relist_begin(index, NULL), 0);
    assert_int_equal(put(index, pod_b), 0);
    relist(index, (const char *const[]){ pod_a, NULL });
    check(index, text_a);
    pod_index_free(index);
}

static void a_held_table_outlives_everything(void **state)
{
    (void)state;
    struct pod_index *index = index_of((const char *const[]){ "team", NULL });
    relist(index, (const char *const[]){ pod_a, NULL });
    struct pod_index_table *held = pod_index_acquire(index);
    relist(index, (const char *const[]){ pod_b, NULL });
    pod_index_free(index);
    auto_buf struct buf text = BUF_INIT(4096);
    table_text(held, &text);
    assert_string_equal(buf_c(&text),
                        "ua n/a label_team= [11 c1 i1] [10 c1 i1] [00 c0 i0] [dd dbg id]\n");
    snapshot_unref(&held->snapshot);
}

static void mirror_pods_are_known_by_their_hash(void **state)
{
    (void)state;
    struct pod_index *index = index_of(no_columns);
    relist(index, (const char *const[]){
                      "{'metadata':{'uid':'u1','name':'static','namespace':'n','annotations':{"
                      "'kubernetes.io/config.hash':'hh','kubernetes.io/config.mirror':'hh'}}}",
                      /* Written by a user on an ordinary pod: not believed. */
                      "{'metadata':{'uid':'u2','name':'liar','namespace':'n','annotations':{"
                      "'kubernetes.io/config.hash':'u3'}}}",
                      "{'metadata':{'uid':'u3','name':'victim','namespace':'n'}}",
                      /* Even as a mirror it does not take the place of the pod with that uid. */
                      "{'metadata':{'uid':'u0','name':'thief','namespace':'n','annotations':{"
                      "'kubernetes.io/config.hash':'u3','kubernetes.io/config.mirror':'u3'}}}",
                      NULL });
    check(index, "hh n/static\nu2 n/liar\nu3 n/victim\n");
    pod_index_free(index);
}

static void label_columns(void **state)
{
    (void)state;
    static const char pod[] =
        "{'metadata':{'uid':'u','name':'p','namespace':'n','labels':{'team':'t1','owner':'o1',"
        "'app.kubernetes.io/name':'shop','pod-template-hash':'55','empty':'','bad':7},"
        "'annotations':{'team':'t2'},'ownerReferences':[{'kind':'ReplicaSet','name':'shop-55',"
        "'controller':true}]},'spec':{'nodeName':'node1'}}";
    struct pod_index *index = index_of(
        (const char *const[]){ "node", "app.kubernetes.io/name", "owner", "annotation:team", "team",
                               "label:owner", "empty", "bad", " absent ", NULL });
    relist(index, (const char *const[]){ pod, NULL });
    check(index, "u n/p node=node1 label_app_kubernetes_io_name=shop owner_kind=Deployment "
                 "owner_name=shop annotation_team=t2 label_team=t1 label_owner=o1 label_empty= "
                 "label_bad= label_absent=\n");
    pod_index_free(index);
}

static void columns_that_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        { "" },
        { " " },
        { "annotation:" },
        { "label:" },
        { "a.b", "a-b" },
        { "node", "node" },
        { "label:team", "team" },
        { "owner", "owner" },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(wrong); i++) {
        struct str list[3];
        size_t n = 0;
        struct err err = { 0 };
        for (; n < 3 && wrong[i][n]; n++) {
            list[n] = str_of(wrong[i][n]);
        }
        assert_null(pod_index_new(list, n, &err));
        assert_int_equal(err.code, EINVAL);
    }
    char names[LIMIT_CONTAINER_LABELS + 1][8];
    struct str list[LIMIT_CONTAINER_LABELS + 1];
    for (size_t i = 0; i < KG_ARRAY_LEN(list); i++) {
        snprintf(names[i], sizeof(names[i]), "l%zu", i);
        list[i] = str_of(names[i]);
    }
    struct err err = { 0 };
    assert_null(pod_index_new(list, KG_ARRAY_LEN(list), &err));
    assert_int_equal(err.code, EINVAL);
    struct pod_index *index = pod_index_new(list, LIMIT_CONTAINER_LABELS, &err);
    assert_non_null(index);
    pod_index_free(index);
}

static void objects_that_are_no_pods(void **state)
{
    (void)state;
    struct pod_index *index = index_of(no_columns);
    relist(index, (const char *const[]){ pod_a, NULL });
    uint64_t g = check(index, text_a);
    assert_int_equal(put(index, "{}"), -EBADMSG);
    assert_int_equal(put(index, "{'metadata':5}"), -EBADMSG);
    assert_int_equal(put(index, "{'metadata':{'name':'x'}}"), -EBADMSG);
    assert_int_equal(put(index, "{'metadata':{'uid':'x','name':5}}"), -EBADMSG);
    assert_int_equal(put(index, "[]"), -EBADMSG);
    drop(index, "{}");
    drop(index, "[]");
    consumer->settle(index);
    assert_int_equal(check(index, text_a), g);
    assert_int_equal(put(index, "{'metadata':{'uid':'ua','name':'a','namespace':'n'},"
                                "'status':{'containerStatuses':[5,{'name':5,'containerID':'raw'},"
                                "{'lastState':[]}],'initContainerStatuses':{}}}"),
                     0);
    consumer->settle(index);
    check(index, "ua n/a [raw  ]\n");
    pod_index_free(index);
}

static void pods_of_a_node_are_bounded(void **state)
{
    (void)state;
    struct pod_index *index = index_of(no_columns);
    char text[128];
    assert_int_equal(consumer->relist_begin(index, NULL), 0);
    for (int i = 0; i < LIMIT_PODS_PER_NODE; i++) {
        snprintf(text, sizeof(text), "{'metadata':{'uid':'%d','name':'x'}}", i);
        assert_int_equal(put(index, text), 0);
    }
    assert_int_equal(put(index, pod_a), -ENOSPC);
    assert_int_equal(put(index, "{'metadata':{'uid':'5','name':'changed'}}"), 0);
    assert_int_equal(consumer->relist_commit(index, NULL), 0);
    struct pod_index_table *table = pod_index_acquire(index);
    assert_int_equal(table->n_pods, LIMIT_PODS_PER_NODE);
    snapshot_unref(&table->snapshot);
    pod_index_free(index);
}

struct reader {
    struct pod_index *index;
    atomic_bool stop;
    unsigned long read;
};

static void *reader_run(void *arg)
{
    struct reader *reader = arg;
    while (!atomic_load(&reader->stop)) {
        struct pod_index_table *table = pod_index_acquire(reader->index);
        for (size_t i = 0; table && i < table->n_pods; i++) {
            reader->read += table->pods[i].name.p[0] == 'p';
        }
        if (table) {
            snapshot_unref(&table->snapshot);
        }
    }
    return NULL;
}

static void readers_beside_the_writer(void **state)
{
    (void)state;
    struct pod_index *index = index_of(no_columns);
    struct reader readers[2] = { { .index = index }, { .index = index } };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, reader_run, &readers[i]), 0);
    }
    relist(index, no_columns);
    for (int i = 0; i < 500; i++) {
        char text[128];
        snprintf(text, sizeof(text), "{'metadata':{'uid':'%d','name':'p%d'}}", i % 50, i);
        assert_int_equal(put(index, text), 0);
        consumer->settle(index);
    }
    for (int i = 0; i < 2; i++) {
        atomic_store(&readers[i].stop, true);
        pthread_join(threads[i], NULL);
    }
    pod_index_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_and_what_follows),
        cmocka_unit_test(what_changes_nothing_publishes_nothing),
        cmocka_unit_test(a_claim_or_a_state_that_changes_publishes),
        cmocka_unit_test(a_relist_swaps_or_leaves_all),
        cmocka_unit_test(a_held_table_outlives_everything),
        cmocka_unit_test(mirror_pods_are_known_by_their_hash),
        cmocka_unit_test(label_columns),
        cmocka_unit_test(columns_that_are_refused),
        cmocka_unit_test(objects_that_are_no_pods),
        cmocka_unit_test(pods_of_a_node_are_bounded),
        cmocka_unit_test(readers_beside_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
