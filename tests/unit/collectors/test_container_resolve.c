/* The join: which labels a cgroup gets, from which source, and when they change. */
#include "collectors/container_resolve.h"

#include "collectors/cgroup/cgroup_entry.h"
#include "tests/unit/collectors/fake_pods.h"
#include "tests/unit/collectors/fixture.h"

#define SANDBOX "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define APP "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define FRESH "23b89f0ba773bfe28effe6bb2d94804792a7d87c6533d53efb14798bbb5f27a5"
#define U "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define U_ "7c499e03_b0d5_449b_b80b_05fb6c741d16"
#define POD "/kubepods/burstable/pod" U
#define SLICE "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice"
#define PAUSE_IMAGE "pause:test"

struct join {
    struct fixture f;
    struct fake_pods pods;
    struct pod_lookup lookup;
    struct collector_env env;
    struct cgroup_tree *tree;
    struct container_resolver *resolver;
    char procfs[256], rootfs[256], cgroupfs[256];
};

static int setup(void **state)
{
    struct join *j = calloc(1, sizeof(*j));
    assert_non_null(j);
    fixture_open(&j->f);
    fixture_folder(&j->f, "proc");
    fixture_folder(&j->f, "root");
    fixture_file(&j->f, "cgroup/cgroup.controllers", "cpu\n");
    snprintf(j->procfs, sizeof(j->procfs), "%s/proc", j->f.top);
    snprintf(j->rootfs, sizeof(j->rootfs), "%s/root", j->f.top);
    snprintf(j->cgroupfs, sizeof(j->cgroupfs), "%s/cgroup", j->f.top);
    j->lookup = fake_lookup(&j->pods);
    j->env = (struct collector_env){ .procfs = j->procfs,
                                     .rootfs = j->rootfs,
                                     .cgroupfs = j->cgroupfs,
                                     .cgroup_root = "",
                                     .sandbox_image = PAUSE_IMAGE,
                                     .pods = &j->lookup };
    j->pods.listed = true;
    j->pods.generation = 1;
    j->pods.pods[0] = (struct fake_pod){
        .uid = U, .namespace = "default", .name = "web-0", .columns = { STR("red"), STR("sts") }
    };
    *state = j;
    return 0;
}

static int teardown(void **state)
{
    struct join *j = *state;
    container_resolver_free(j->resolver);
    cgroup_tree_free(j->tree);
    assert_int_equal(j->pods.held, 0);
    fixture_close(&j->f);
    free(j);
    return 0;
}

/* A cgroup with one process (pid 0: none), started at that tick after boot. */
static void make(struct join *j, const char *path, unsigned pid, const char *comm, unsigned ticks)
{
    char at[1024], text[256];
    snprintf(at, sizeof(at), "cgroup%s/cgroup.procs", path);
    snprintf(text, sizeof(text), "%u\n", pid);
    fixture_file(&j->f, at, pid ? text : "");
    if (pid) {
        snprintf(at, sizeof(at), "proc/%u/comm", pid);
        snprintf(text, sizeof(text), "%s\n", comm);
        fixture_file(&j->f, at, text);
        snprintf(at, sizeof(at), "proc/%u/stat", pid);
        snprintf(text, sizeof(text),
                 "%u (%s) S 1 2 2 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %u 1 2 3\n", pid, comm,
                 ticks);
        fixture_file(&j->f, at, text);
    }
}

static void has_container(struct join *j, const char *id, const char *name)
{
    struct fake_container *c = j->pods.pods[0].containers;
    while (c->id) {
        c++;
    }
    *c = (struct fake_container){ id, name, "image:of-status" };
    j->pods.generation++;
}

static void record(struct join *j, const char *id, const char *annotations)
{
    char at[1024], text[2048];
    snprintf(at, sizeof(at),
             "root/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json", id);
    snprintf(text, sizeof(text), "{\"annotations\":{%s}}", annotations);
    fixture_file(&j->f, at, text);
}

/* One round, as the collector makes them. Returns whether the table was another. */
static int resolve(struct join *j, bool again)
{
    struct err err = { 0 };
    if (!j->tree) {
        struct cgroup_tree_config config = { j->cgroupfs, "", false };
        j->tree = cgroup_tree_new(&config, &err);
        assert_non_null(j->tree);
        j->resolver = container_resolver_new(&j->env, &err);
        assert_non_null(j->resolver);
    }
    assert_int_equal(cgroup_tree_rescan(j->tree, NULL), 0);
    uint64_t generation = 0;
    const void *table = j->lookup.acquire(j->lookup.arg, &generation);
    int r = container_resolve(j->resolver, j->tree, table, generation, again);
    assert_true(r >= 0);
    if (table) {
        j->lookup.release(table);
    }
    return r;
}

static struct cgroup_entry *entry(struct join *j, const char *path)
{
    struct cgroup_entry *e = cgroup_tree_find(j->tree, str_of(path));
    assert_non_null(e);
    return e;
}

/* container, image, name, namespace, pod: "-" where it is empty. */
static void assert_labels(struct join *j, const char *path, const char *expected)
{
    const struct cgroup_entry *e = entry(j, path);
    const char *labels[] = { e->container, e->image, e->name, e->namespace, e->pod };
    char got[2048] = "";
    for (size_t i = 0, n = 0; i < KG_ARRAY_LEN(labels); i++) {
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s", i ? " " : "",
                              labels[i] && labels[i][0] ? labels[i] : "-");
    }
    assert_string_equal(got, expected);
}

#define UNRESOLVED(j) container_resolver_unresolved((j)->resolver)

static void test_statuses_and_pause(void **state)
{
    struct join *j = *state;
    make(j, POD, 0, NULL, 0);
    make(j, POD "/" SANDBOX, 10, "pause", 100);
    make(j, POD "/" APP, 20, "nginx", 200);
    make(j, POD "/" APP "/nested", 21, "nginx", 201);
    has_container(j, APP, "app");
    assert_int_equal(resolve(j, false), 1);
    assert_labels(j, "/", "- - - - -");
    assert_labels(j, "/kubepods/burstable", "- - - - -");
    assert_labels(j, POD, "- - - default web-0");
    assert_labels(j, POD "/" SANDBOX, "- " PAUSE_IMAGE " " SANDBOX " default web-0");
    assert_labels(j, POD "/" APP, "app image:of-status " APP " default web-0");
    assert_labels(j, POD "/" APP "/nested", "- - - - -");
    assert_true(entry(j, POD "/" SANDBOX)->sandbox);
    assert_false(entry(j, POD "/" APP)->sandbox);
    assert_int_equal(UNRESOLVED(j), 0);
    assert_int_equal(resolve(j, false), 0);
}

/* The sandbox's process may have any name; it is the eldest. */
static void test_eldest_is_the_sandbox(void **state)
{
    struct join *j = *state;
    make(j, POD "/" APP, 5, "nginx", 200);
    make(j, POD "/" APP "/" FRESH, 3, "inner", 50);
    make(j, POD "/" SANDBOX, 10, "waiter", 100);
    make(j, POD "/" FRESH, 4, "sh", 100);
    resolve(j, false);
    /* Of two of the same tick the lower pid is the elder, here the wrong one: corrected below. */
    assert_true(entry(j, POD "/" FRESH)->sandbox);
    assert_false(entry(j, POD "/" SANDBOX)->sandbox);
    assert_false(entry(j, POD "/" APP)->sandbox);
    assert_int_equal(UNRESOLVED(j), 2);

    has_container(j, FRESH, "fresh");
    resolve(j, false);
    assert_labels(j, POD "/" FRESH, "fresh image:of-status " FRESH " default web-0");
    assert_false(entry(j, POD "/" FRESH)->sandbox);
    resolve(j, false);
    assert_false(entry(j, POD "/" SANDBOX)->sandbox);
    fixture_remove(&j->f, "cgroup" POD "/" FRESH);
    resolve(j, true);
    assert_labels(j, POD "/" SANDBOX, "- " PAUSE_IMAGE " " SANDBOX " default web-0");
    assert_labels(j, POD "/" APP, "- - " APP " default web-0");
    assert_int_equal(UNRESOLVED(j), 1);
}

/* An app container whose status has not come yet is no sandbox, and gets its name when it comes. */
static void test_fresh_container(void **state)
{
    struct join *j = *state;
    make(j, POD "/" SANDBOX, 10, "waiter", 100);
    resolve(j, false);
    assert_true(entry(j, POD "/" SANDBOX)->sandbox);

    make(j, POD "/" FRESH, 0, NULL, 0);
    resolve(j, false);
    assert_labels(j, POD "/" FRESH, "- - " FRESH " default web-0");
    make(j, POD "/" FRESH, 30, "sh", 300);
    resolve(j, false);
    assert_labels(j, POD "/" FRESH, "- - " FRESH " default web-0");
    assert_int_equal(UNRESOLVED(j), 1);

    has_container(j, FRESH, "app");
    assert_int_equal(resolve(j, false), 1);
    assert_labels(j, POD "/" FRESH, "app image:of-status " FRESH " default web-0");
    assert_true(entry(j, POD "/" SANDBOX)->sandbox);
    assert_int_equal(UNRESOLVED(j), 0);
}

/* Nothing but the API: no processes to be seen, no records. */
static void test_without_processes(void **state)
{
    struct join *j = *state;
    fixture_folder(&j->f, "cgroup" POD "/" SANDBOX);
    fixture_folder(&j->f, "cgroup" POD "/" APP);
    has_container(j, APP, "app");
    resolve(j, true);
    assert_labels(j, POD "/" APP, "app image:of-status " APP " default web-0");
    assert_labels(j, POD "/" SANDBOX, "- - " SANDBOX " default web-0");
    assert_int_equal(UNRESOLVED(j), 1);
}

/* The runtime's record is exact, and enough by itself. */
static void test_records(void **state)
{
    struct join *j = *state;
    make(j, POD "/" SANDBOX, 10, "pause", 100);
    make(j, POD "/" APP, 20, "nginx", 200);
    make(j, POD "/" FRESH, 5, "pause", 50);
#define OF_POD                                                                                     \
    "\"io.kubernetes.cri.sandbox-name\":\"web-0\",\"io.kubernetes.cri.sandbox-namespace\":"        \
    "\"default\","
    record(j, SANDBOX, OF_POD "\"io.kubernetes.cri.container-type\":\"sandbox\"");
    record(j, APP,
           OF_POD "\"io.kubernetes.cri.container-type\":\"container\","
                  "\"io.kubernetes.cri.container-name\":\"app\","
                  "\"io.kubernetes.cri.image-name\":\"image:of-record\"");
    record(j, FRESH, OF_POD "\"io.kubernetes.cri.container-type\":\"container\"");
    j->pods.listed = false;
    assert_int_equal(resolve(j, false), 1);
    assert_labels(j, POD, "- - - - -");
    assert_labels(j, POD "/" SANDBOX, "- " PAUSE_IMAGE " " SANDBOX " default web-0");
    assert_labels(j, POD "/" APP, "app image:of-record " APP " default web-0");
    /* Called pause and the eldest, but its record says otherwise. */
    assert_labels(j, POD "/" FRESH, "- - " FRESH " default web-0");
    assert_int_equal(UNRESOLVED(j), 0);

    /* What the record left open comes from the status; the rest stays. */
    j->pods.listed = true;
    has_container(j, APP, "app");
    has_container(j, FRESH, "fresh");
    resolve(j, false);
    assert_labels(j, POD "/" APP, "app image:of-record " APP " default web-0");
    assert_labels(j, POD "/" FRESH, "fresh image:of-status " FRESH " default web-0");
    assert_string_equal(entry(j, POD "/" APP)->columns[0], "red");
}

static void test_crio(void **state)
{
    struct join *j = *state;
    make(j, SLICE "/crio-" SANDBOX, 0, NULL, 0);
    make(j, SLICE "/crio-" APP ".scope", 20, "nginx", 200);
    make(j, SLICE "/crio-" FRESH ".scope", 30, "sh", 300);
    make(j, SLICE "/crio-conmon-" APP ".scope", 19, "conmon", 190);
    has_container(j, APP, "app");
    resolve(j, false);
    /* The stand-in has no process; while it is young that could be any container. */
    assert_labels(j, SLICE "/crio-" SANDBOX, "- - " SANDBOX " default web-0");
    assert_labels(j, SLICE "/crio-" FRESH ".scope", "- - " FRESH " default web-0");
    assert_int_equal(UNRESOLVED(j), 2);
    entry(j, SLICE "/crio-" SANDBOX)->seen_ns = 0;
    resolve(j, true);
    assert_labels(j, SLICE "/crio-" SANDBOX,
                  "POD " PAUSE_IMAGE " k8s_POD_web-0_default_" U "_0 default web-0");
    assert_labels(j, SLICE "/crio-" APP ".scope",
                  "app image:of-status k8s_app_web-0_default_" U "_0 default web-0");
    assert_labels(j, SLICE "/crio-" FRESH ".scope", "- - " FRESH " default web-0");
    assert_labels(j, SLICE "/crio-conmon-" APP ".scope", "- - - - -");
    has_container(j, FRESH, "fresh");
    resolve(j, false);
    assert_labels(j, SLICE "/crio-" FRESH ".scope",
                  "fresh image:of-status k8s_fresh_web-0_default_" U "_0 default web-0");
    assert_int_equal(UNRESOLVED(j), 0);
}

static void test_crio_records(void **state)
{
    struct join *j = *state;
    make(j, SLICE "/crio-" APP ".scope", 20, "nginx", 200);
    make(j, SLICE "/crio-" SANDBOX ".scope", 10, "pod", 100);
    fixture_file(&j->f,
                 "root/run/containers/storage/overlay-containers/" APP "/userdata/config.json",
                 "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\","
                 "\"io.kubernetes.container.name\":\"app\",\"io.kubernetes.pod.name\":\"web-0\","
                 "\"io.kubernetes.pod.namespace\":\"default\","
                 "\"io.kubernetes.cri-o.ImageName\":\"image:of-record\","
                 "\"io.kubernetes.cri-o.ContainerName\":\"k8s_app_web-0_default_" U "_7\"}}");
    fixture_file(&j->f,
                 "root/run/containers/storage/overlay-containers/" SANDBOX "/userdata/config.json",
                 "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
                 "\"io.kubernetes.container.name\":\"POD\","
                 "\"io.kubernetes.cri-o.ContainerName\":\"k8s_POD_web-0_default_" U "_2\"}}");
    has_container(j, APP, "app");
    resolve(j, false);
    assert_labels(j, SLICE "/crio-" APP ".scope",
                  "app image:of-record k8s_app_web-0_default_" U "_7 default web-0");
    assert_labels(j, SLICE "/crio-" SANDBOX ".scope",
                  "POD " PAUSE_IMAGE " k8s_POD_web-0_default_" U "_2 default web-0");
}

/* Labels that were told once stay when their source has nothing to say any more. */
static void test_outage(void **state)
{
    struct join *j = *state;
    make(j, POD "/" SANDBOX, 10, "pause", 100);
    make(j, POD "/" APP, 20, "nginx", 200);
    has_container(j, APP, "app");
    resolve(j, false);
    assert_labels(j, POD "/" APP, "app image:of-status " APP " default web-0");

    /* The status names the next instance while the last one is still being killed. */
    j->pods.pods[0].containers[0].id = FRESH;
    j->pods.generation++;
    resolve(j, false);
    assert_labels(j, POD "/" APP, "app image:of-status " APP " default web-0");
    /* The pod is gone from the API before its cgroups are. */
    j->pods.pods[0].uid = NULL;
    j->pods.generation++;
    resolve(j, false);
    assert_labels(j, POD, "- - - default web-0");
    assert_labels(j, POD "/" SANDBOX, "- " PAUSE_IMAGE " " SANDBOX " default web-0");
    assert_labels(j, POD "/" APP, "app image:of-status " APP " default web-0");
    j->pods.listed = false;
    resolve(j, true);
    assert_labels(j, POD "/" APP, "app image:of-status " APP " default web-0");
    assert_string_equal(entry(j, POD "/" APP)->columns[1], "sts");
    assert_int_equal(UNRESOLVED(j), 0);
}

/* The cgroups are there before the API server has said anything. */
static void test_late_list(void **state)
{
    struct join *j = *state;
    j->pods.listed = false;
    make(j, POD "/" SANDBOX, 10, "pause", 100);
    make(j, POD "/" APP, 20, "nginx", 200);
    has_container(j, APP, "app");
    assert_int_equal(resolve(j, false), 1);
    assert_labels(j, POD "/" APP, "- - " APP " - -");
    assert_labels(j, POD "/" SANDBOX, "- " PAUSE_IMAGE " " SANDBOX " - -");
    assert_true(entry(j, POD "/" SANDBOX)->sandbox);
    assert_int_equal(UNRESOLVED(j), 1);
    j->pods.listed = true;
    assert_int_equal(resolve(j, false), 1);
    assert_labels(j, POD "/" APP, "app image:of-status " APP " default web-0");
    assert_labels(j, POD "/" SANDBOX, "- " PAUSE_IMAGE " " SANDBOX " default web-0");
}

static void test_columns(void **state)
{
    struct join *j = *state;
    make(j, POD "/" APP, 20, "nginx", 200);
    has_container(j, APP, "app");
    resolve(j, false);
    assert_int_equal(entry(j, "/kubepods")->n_columns, 0);
    assert_int_equal(entry(j, POD)->n_columns, 2);
    assert_string_equal(entry(j, POD "/" APP)->columns[0], "red");
    j->pods.pods[0].columns[0] = STR("blue");
    resolve(j, false);
    assert_string_equal(entry(j, POD "/" APP)->columns[0], "red");
    j->pods.generation++;
    resolve(j, false);
    assert_string_equal(entry(j, POD "/" APP)->columns[0], "blue");
    assert_string_equal(entry(j, POD)->columns[1], "sts");
}

static void test_outside_of_pods(void **state)
{
    struct join *j = *state;
    make(j, "/docker/" APP, 20, "nginx", 200);
    make(j, "/system.slice/docker-" SANDBOX ".scope", 10, "pause", 100);
    make(j, "/docker/" APP "/docker/" FRESH, 30, "sh", 300);
    resolve(j, true);
    assert_labels(j, "/docker/" APP, "- - " APP " - -");
    assert_labels(j, "/system.slice/docker-" SANDBOX ".scope", "- - " SANDBOX " - -");
    assert_labels(j, "/docker/" APP "/docker/" FRESH, "- - - - -");
    assert_int_equal(UNRESOLVED(j), 0);
}

/* An orphan: the API never knew the pod. */
static void test_unknown_pod(void **state)
{
    struct join *j = *state;
    j->pods.pods[0].uid = "another";
    make(j, POD "/" APP, 20, "nginx", 200);
    make(j, POD "/" SANDBOX, 10, "pause", 100);
    resolve(j, true);
    assert_labels(j, POD, "- - - - -");
    assert_labels(j, POD "/" APP, "- - " APP " - -");
    assert_int_equal(UNRESOLVED(j), 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_statuses_and_pause),
        TEST(test_eldest_is_the_sandbox),
        TEST(test_fresh_container),
        TEST(test_without_processes),
        TEST(test_records),
        TEST(test_crio),
        TEST(test_crio_records),
        TEST(test_outage),
        TEST(test_late_list),
        TEST(test_columns),
        TEST(test_outside_of_pods),
        TEST(test_unknown_pod),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
