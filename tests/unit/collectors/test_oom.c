/* Each OOM kill is counted once, whichever of the sources tells of it, and stays with the container
 * when the killed instance is gone. */
#include "base/limits.h"
#include "collectors/cgroup/cgroup_id.h"
#include "collectors/oom.h"
#include "tests/unit/collectors/fixture.h"

#define A "0b7cb48bd12113ef5a395e2a8e4b2bac4fce468476ab79b4769a5ad285f3669c"
#define B "1fad31c3c78c376fbd7708a2390748353c7b651e9e2ea38ae733f69363aa1cfa"
#define UID "7c499e03-b0d5-449b-b80b-05fb6c741d16"
#define POD "/kubepods/burstable/pod" UID
#define UID2 "8c499e03-b0d5-449b-b80b-05fb6c741d16"

/* A pod table with two containers, of which `killed` are OOMKilled. */
struct table {
    struct pod_oom_kill containers[4];
    size_t n;
    bool killed[4];
};

static bool table_container(const void *table, struct str uid, struct str id, struct str *ret_name,
                            struct str *ret_image)
{
    const struct table *t = table;
    for (size_t i = 0; str_eq(uid, STR(UID)) && i < t->n; i++) {
        if (str_eq(t->containers[i].container_id, id)) {
            *ret_name = t->containers[i].container_name;
            *ret_image = STR("image");
            return true;
        }
    }
    return false;
}

static size_t table_kills(const void *table, struct str uid, struct pod_oom_kill *ret, size_t max)
{
    const struct table *t = table;
    size_t n = 0;
    for (size_t i = 0; str_eq(uid, STR(UID)) && i < t->n && n < max; i++) {
        if (t->killed[i]) {
            ret[n++] = t->containers[i];
        }
    }
    return n;
}

static const struct pod_lookup lookup = { .container = table_container, .oom_kills = table_kills };

static int setup(void **state)
{
    *state = oom_new("", NULL);
    assert_non_null(*state);
    assert_int_equal(oom_fd(*state), -1);
    assert_false(oom_has_kmsg(*state));
    return 0;
}

static int teardown(void **state)
{
    oom_free(*state);
    return 0;
}

static void killed_at(struct oom *o, const char *path)
{
    char line[2048];
    int n = snprintf(line, sizeof(line),
                     "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,"
                     "mems_allowed=0,oom_memcg=/,task_memcg=%s,task=stress,pid=12,uid=0",
                     path);
    assert_true(n > 0 && (size_t)n < sizeof(line));
    oom_kmsg_line(o, (struct str){ line, (size_t)n });
}

/* Never killed: nothing is kept, all is 0. */
static void nothing(void **state)
{
    struct oom *o = *state;
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(A), 0), 0);
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 0);
    assert_int_equal(oom_path_count(o, STR("/system.slice"), 0), 0);
    struct table t = { .containers = { { STR(A), STR("app") } }, .n = 1 };
    oom_pod_status(o, &lookup, &t, STR(UID));
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(A), 0), 0);
}

/* A process other than the first was killed: the cgroup's own counter tells, nobody else. */
static void own_counter(void **state)
{
    struct oom *o = *state;
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(A), 2), 2);
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(A), 3), 3);
    assert_int_equal(oom_count(o, STR(UID), STR("side"), STR(B), 0), 0);
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 3);
    assert_int_equal(oom_pod_count(o, STR(UID), 5), 5); /* v2: the hierarchy's own count */
    assert_int_equal(oom_pod_count(o, STR(UID2), 0), 0);
}

/* The first process was killed and its cgroup is gone; the API says so, and says it again. */
static void told_by_the_api(void **state)
{
    struct oom *o = *state;
    struct table t = {
        .containers = { { STR(A), STR("app") }, { STR(B), STR("app") } },
        .n = 2,
        .killed = { true, false },
    };
    oom_pod_status(o, &lookup, &t, STR(UID));
    oom_pod_status(o, &lookup, &t, STR(UID));
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(B), 0), 1);
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 1);
    t.killed[1] = true;
    oom_pod_status(o, &lookup, &t, STR(UID));
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 2);
}

/* The same kill told by the kernel log, the counter and the API is one; the log knows the path of
 * what is gone, the API later its name. */
static void told_by_all(void **state)
{
    struct oom *o = *state;
    struct table t = { .containers = { { STR(A), STR("app") } }, .n = 1, .killed = { true } };
    killed_at(o, POD "/" A);
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(B), 0), 0);
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 1);
    assert_int_equal(oom_count(o, STR(UID), STR(""), STR(A), 0), 1);
    oom_pod_status(o, &lookup, &t, STR(UID));
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(B), 0), 1);
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(A), 1), 1);
    assert_int_equal(oom_pod_count(o, STR(UID), 1), 1);
    /* the next instance dies, too, from within a nested node and a cgroup of its own */
    killed_at(o, "/docker/" B "/kubelet" POD "/" B "/init.scope");
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 2);
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(B), 0), 2);
}

/* A container is resolved at the moment its series is asked for. */
static void named_when_asked(void **state)
{
    struct oom *o = *state;
    killed_at(o, POD "/" A);
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(A), 0), 1);
    killed_at(o, POD "/" A);
    assert_int_equal(oom_count(o, STR(UID), STR("app"), STR(A), 0), 2);
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 2);
}

static void lines(void **state)
{
    struct oom *o = *state;
    oom_kmsg_line(o, STR("Task in /a,b killed as a result of limit of /a"));
    killed_at(o, "/a,b");
    assert_int_equal(oom_path_count(o, STR("/a,b"), 0), 2);
    assert_int_equal(oom_path_count(o, STR("/a,b"), 3), 3);
    assert_int_equal(oom_path_count(o, STR("/a"), 0), 0);
    killed_at(o, "/docker/" A);
    assert_int_equal(oom_path_count(o, STR("/system.slice/docker-" A ".scope"), 0), 1);
    killed_at(o, POD); /* a task in the pod's own cgroup */
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 1);
    static const char *const others[] = {
        "",
        "oom-kill:",
        "oom-kill:constraint=CONSTRAINT_NONE,task_memcg=",
        "oom-kill:x,task_memcg=/a,tas",
        "oom-kill:x,task_memcg=a,task=b",
        "oom-kill:x,task_memcg=,task=b",
        "Task in ",
        "Task in /a killed",
        "Memory cgroup out of memory: Killed process 1 (a)",
        "stress invoked oom-killer: gfp_mask=0xcc0",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(others); i++) {
        oom_kmsg_line(o, str_of(others[i]));
    }
    assert_int_equal(oom_path_count(o, STR("/a"), 0), 0);
    assert_int_equal(oom_path_count(o, STR("/"), 0), 0);
}

static void id_of(char *out, unsigned i)
{
    snprintf(out, CGROUP_CONTAINER_ID_LEN + 1, "%064x", i);
}

/* A container that is killed every minute for a year costs no more than one that was killed eight
 * times. */
static void restarts_for_ever(void **state)
{
    struct oom *o = *state;
    for (unsigned i = 0; i < 5000; i++) {
        char path[512], id[CGROUP_CONTAINER_ID_LEN + 1];
        id_of(id, i);
        snprintf(path, sizeof(path), "%s/%s", POD, id);
        killed_at(o, path);
        assert_int_equal(oom_count(o, STR(UID), STR("app"), str_of(id), 1), i + 1);
    }
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 5000);
}

/* Pods that are gone make room for those that are killed now. */
static void bounded(void **state)
{
    struct oom *o = *state;
    char uid[64];
    for (unsigned i = 0; i < LIMIT_OOM_CONTAINERS + 10; i++) {
        snprintf(uid, sizeof(uid), "%08x-b0d5-449b-b80b-05fb6c741d16", i);
        assert_int_equal(oom_count(o, str_of(uid), STR("app"), STR(A), 1), 1);
    }
    assert_int_equal(oom_pod_count(o, str_of(uid), 0), 1);
    assert_int_equal(oom_pod_count(o, STR("00000000-b0d5-449b-b80b-05fb6c741d16"), 0), 0);
    assert_int_equal(oom_pod_count(o, STR("00000009-b0d5-449b-b80b-05fb6c741d16"), 0), 0);
    assert_int_equal(oom_pod_count(o, STR("0000000a-b0d5-449b-b80b-05fb6c741d16"), 0), 1);
    for (unsigned i = 0; i < LIMIT_OOM_CONTAINERS + 10; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/service-%u", i);
        killed_at(o, path);
    }
    assert_int_equal(oom_path_count(o, STR("/service-1"), 0), 1);
}

/* Records as /dev/kmsg gives them, one a read: here from a pipe that keeps their borders. */
static void records(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    assert_int_equal(mkfifo(fixture_path(&f, "kmsg"), 0600), 0);
    struct oom *o = oom_new(fixture_path(&f, "kmsg"), NULL);
    assert_non_null(o);
    assert_true(oom_has_kmsg(o));
    int fd = open(fixture_path(&f, "kmsg"), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    static const char record[] = "6,1234,567890,-;oom-kill:constraint=CONSTRAINT_MEMCG,"
                                 "task_memcg=" POD "/" A ",task=stress,pid=1,uid=0\n"
                                 " SUBSYSTEM=memory\n";
    assert_int_equal(write(fd, record, sizeof(record) - 1), (ssize_t)sizeof(record) - 1);
    oom_events(o);
    oom_events(o);
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 1);
    assert_int_equal(write(fd, "no semicolon", 12), 12);
    oom_events(o);
    close(fd);
    assert_int_equal(oom_pod_count(o, STR(UID), 0), 1);
    oom_free(o);
    fixture_close(&f);
    o = oom_new("/nowhere/kmsg", NULL);
    assert_non_null(o);
    assert_false(oom_has_kmsg(o));
    oom_events(o);
    oom_free(o);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing), T(own_counter),       T(told_by_the_api), T(told_by_all), T(named_when_asked),
        T(lines),   T(restarts_for_ever), T(bounded),         T(records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
