/* The collector of ephemeral storage whole, on a made-up machine: what is served, what is held back
 * until it is true, and what changes. */
#include "base/clock.h"
#include "base/file.h"
#include "collectors/ephemeral/project_quota.h"
#include "collectors/ephemeral/walker.h"
#include "metrics/scrape.h"
#include "tests/unit/collectors/ephemeral_machine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

extern const struct collector collector_ephemeral;

#define PATIENCE_NS (30 * CLOCK_NS_PER_SEC)

struct agent {
    struct machine m;
    void *state;
    struct metric_sink *sink;
    struct buf text;
};

static struct collector_value option(const void *options, const char *name)
{
    (void)options;
    bool interval = strstr(name, "interval");
    return (struct collector_value){ .text = strstr(name, "pod-logs") ? "/var/log/pods" : "",
                                     .ns = interval ? 50 * CLOCK_NS_PER_MS : 0,
                                     .count = interval ? 0 : 100000 };
}

static int setup(void **state)
{
    struct agent *a = calloc(1, sizeof(*a));
    assert_non_null(a);
    machine_open(&a->m);
    a->m.env.option = option;
    buf_init(&a->text, 1 << 20);
    a->sink = metric_sink_new(NULL, NULL);
    assert_non_null(a->sink);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    struct agent *a = *state;
    collector_ephemeral.stop(a->state);
    metric_sink_free(a->sink);
    buf_done(&a->text);
    machine_close(&a->m);
    free(a);
    return 0;
}

static void start(struct agent *a)
{
    struct err err = { 0 };
    if (collector_ephemeral.start(&a->m.env, &a->state, &err) < 0) {
        fail_msg("start: %s", err_text(&err));
    }
}

/* What is served now. Returns what read said. */
static int serve(struct agent *a, const char *part, struct err *err)
{
    assert_int_equal(metric_sink_begin(a->sink, NULL), 0);
    int r = collector_ephemeral.read(a->state, a->sink, err);
    assert_int_equal(collector_ephemeral.self(a->state, a->sink, NULL), 0);
    struct metric_part *taken = metric_sink_take(a->sink, part, 0, NULL);
    assert_non_null(taken);
    buf_clear(&a->text);
    struct scrape *scrape = scrape_new(&taken, 1, METRIC_FORMAT_TEXT);
    assert_int_equal(scrape_next(scrape, &a->text, SIZE_MAX), 0);
    scrape_free(scrape);
    assert_non_null(buf_c(&a->text));
    return r;
}

/* Until the line is served, or (there: false) no more; whichever must come. */
static void await(struct agent *a, const char *part, const char *line, bool there)
{
    uint64_t until = clock_mono_ns() + PATIENCE_NS;
    struct err err = { 0 };
    for (;;) {
        serve(a, part, &err);
        if (!!strstr(a->text.p ? buf_c(&a->text) : "", line) == there) {
            return;
        }
        if (clock_mono_ns() > until) {
            fail_msg("%s \"%s\" in\n%s", there ? "no" : "still", line, buf_c(&a->text));
        }
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
}

/* The value of the series that the line begins with. */
static double value_of(struct agent *a, const char *series)
{
    const char *at = strstr(buf_c(&a->text), series);
    if (!at) {
        fail_msg("no %s in\n%s", series, buf_c(&a->text));
    }
    return strtod(at + strlen(series), NULL);
}

#define LABELS "namespace=\"default\",owner=\"\",pod=\"web-0\",team=\"red\""
#define POD_BYTES "kubegauge_pod_ephemeral_storage_bytes{" LABELS "} "
#define POD_INODES "kubegauge_pod_ephemeral_storage_inodes{" LABELS "} "
#define POD_AGE "kubegauge_pod_ephemeral_storage_age_seconds{" LABELS "} "
#define CONTAINER(unit, source)                                                                    \
    "kubegauge_container_ephemeral_storage_" unit "{container=\"app\",namespace=\"default\","      \
    "owner=\"\",pod=\"web-0\",source=\"" source "\",team=\"red\"} "
#define VOLUME(unit, type, volume)                                                                 \
    "kubegauge_volume_ephemeral_storage_" unit "{namespace=\"default\",owner=\"\",pod=\"web-0\","  \
    "team=\"red\",type=\"" type "\",volume=\"" volume "\"} "

static void served(void **state)
{
    struct agent *a = *state;
    start(a);
    await(a, "volumes", POD_BYTES, true);
    double layer = value_of(a, CONTAINER("bytes", "layer")),
           logs = value_of(a, CONTAINER("bytes", "logs")),
           cache = value_of(a, VOLUME("bytes", "emptyDir", "cache")),
           conf = value_of(a, VOLUME("bytes", "configMap", "conf")), pod = value_of(a, POD_BYTES);
    assert_true(layer >= 50000 && layer < 80000);
    assert_true(logs >= 50000 && logs < 80000);
    assert_true(cache >= 100000 && cache < 130000);
    struct stat st;
    assert_int_equal(stat(fixture_path(&a->m.f, "root/var/lib/kubelet/pods/" U "/etc-hosts"), &st),
                     0);
    assert_true(pod == layer + logs + cache + conf + (double)st.st_blocks * 512);
    assert_true(value_of(a, CONTAINER("inodes", "layer")) == 3);
    assert_true(value_of(a, VOLUME("inodes", "emptyDir", "cache")) == 4);
    assert_true(value_of(a, POD_INODES) == 3 + 2 + 4 + 3 + 1);
    double age = value_of(a, POD_AGE);
    assert_true(age >= 0 && age < (double)PATIENCE_NS / 1e9);
    assert_null(strstr(buf_c(&a->text), "limit_bytes{")); /* it has none */
    a->m.pods.ephemeral_limit_bytes = 1 << 30;
    await(a, "volumes", "kubegauge_pod_ephemeral_storage_limit_bytes{" LABELS "} 1.073741824e+09\n",
          true);
    /* The sandbox's layer belongs to no container. */
    assert_null(strstr(buf_c(&a->text), "container=\"\""));
}

static void follows(void **state)
{
    struct agent *a = *state;
    start(a);
    await(a, "volumes", VOLUME("inodes", "emptyDir", "cache") "4", true);
    fixture_file(&a->m.f, VOLUMES "kubernetes.io~empty-dir/cache/more", "text");
    await(a, "volumes", VOLUME("inodes", "emptyDir", "cache") "5", true);
    fixture_file(&a->m.f, VOLUMES "kubernetes.io~empty-dir/new/file", "text");
    await(a, "volumes", VOLUME("inodes", "emptyDir", "new") "2", true);
    fixture_remove(&a->m.f, VOLUMES "kubernetes.io~empty-dir/cache");
    await(a, "volumes", "volume=\"cache\"", false);
    await(a, "volumes", POD_BYTES, true);
    /* A pod that the API does not know is not told. */
    a->m.pods.pods[0].uid = HASH;
    await(a, "volumes", "web-0", false);
}

/* A total that lacks a part is none; the parts are told all the same. */
static void incomplete(void **state)
{
    struct agent *a = *state;
    a->m.pods.pods[0].containers[1] = (struct fake_container){ FRESH, "second", "image" };
    machine_container(&a->m, POD "/" FRESH, 102, "btrfs /dev/sda1 rw");
    start(a);
    await(a, "self", "kubegauge_ephemeral_storage_folders_failed 1\n", true);
    await(a, "self", "kubegauge_ephemeral_storage_folders_waiting 0\n", true);
    await(a, "volumes", CONTAINER("bytes", "layer"), true);
    assert_null(strstr(buf_c(&a->text), POD_BYTES));
    assert_null(strstr(buf_c(&a->text), "second"));
    /* With an overlay it is whole. */
    machine_layer(&a->m, POD "/" FRESH, 102, "/layers/1/fs");
    await(a, "volumes", POD_BYTES, true);
    assert_non_null(strstr(buf_c(&a->text), "container=\"second\""));
}

/* A container's run before this one is in the status, too, and its cgroup may outlive it. */
static void one_series_a_container(void **state)
{
    struct agent *a = *state;
    start(a);
    await(a, "volumes", CONTAINER("inodes", "layer") "3", true);
    a->m.pods.pods[0].containers[1] = (struct fake_container){ FRESH, "app", "image" };
    fixture_file(&a->m.f, "root/layers/3/fs/file", "x");
    machine_layer(&a->m, POD "/" FRESH, 102, "/layers/3/fs");
    await(a, "volumes", CONTAINER("inodes", "layer") "2", true);
    assert_null(strstr(buf_c(&a->text), CONTAINER("inodes", "layer") "3"));
    await(a, "volumes", POD_BYTES, true);
}

static void faults(void **state)
{
    struct agent *a = *state;
    struct err err = { 0 };
    fixture_remove(&a->m.f, "root/var/log");
    start(a);
    await(a, "volumes", VOLUME("bytes", "emptyDir", "cache"), true);
    assert_int_equal(serve(a, "volumes", &err), -ENOENT);
    assert_non_null(strstr(err.text, "/var/log/pods"));
    assert_null(strstr(buf_c(&a->text), POD_BYTES)); /* its logs are not known */
    fixture_folder(&a->m.f, "root/var/log/pods");
    await(a, "volumes", POD_BYTES, true);
    assert_int_equal(serve(a, "volumes", &err), 0);
}

static void does_not_start(void **state)
{
    struct agent *a = *state;
    struct err err = { 0 };
    struct collector_env env = a->m.env;
    env.pods = NULL;
    assert_int_equal(collector_ephemeral.start(&env, &a->state, &err), -ENODATA);
    env = a->m.env;
    env.rootfs = "/nowhere/at/all";
    assert_int_equal(collector_ephemeral.start(&env, &a->state, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
    assert_null(a->state);
    start(a); /* for teardown: it ends while the walk is under way */
}

/* The walk of many files keeps to its budget. */
static void budget(void **state)
{
    struct agent *a = *state;
    struct machine *m = &a->m;
    for (int i = 0; i < 1500; i++) {
        char path[256];
        snprintf(path, sizeof(path), VOLUMES "kubernetes.io~empty-dir/many/%d/%d", i % 10, i);
        fixture_file(&m->f, path, "");
    }
    const struct ephemeral_config config = {
        .places = { .rootfs = m->rootfs,
                    .procfs = m->procfs,
                    .kubelet = (char[]){ "/var/lib/kubelet" },
                    .pod_logs = (char[]){ "/var/log/pods" },
                    .cgroupfs = m->cgroupfs,
                    .cgroup_root = (char[]){ "" } },
        .interval_ns = 3600 * CLOCK_NS_PER_SEC,
        .files_per_second = 5000,
    };
    uint64_t began = clock_mono_ns();
    struct ephemeral_walker *w = ephemeral_walker_new(&config, NULL);
    assert_non_null(w);
    struct ephemeral_counts counts;
    do {
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
        counts = ephemeral_walker_counts(w);
        uint64_t took = clock_mono_ns() - began;
        /* Never more than the budget of the time that has passed, and one slice. */
        assert_true((double)counts.looks <= 5000 * ((double)took / 1e9 + 0.06));
        assert_true(took < PATIENCE_NS);
    } while (counts.looks < 1520);
    ephemeral_walker_free(w);
    start(a);
}

/* Values by quota need no walk. */
static int project(int fd, uint32_t *ret)
{
    char link[64], path[1024];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path));
    *ret = n > 6 && memcmp(path + n - 6, "/cache", 6) == 0 ? 9 : 0;
    return 0;
}

static int usage(int fd, uint32_t id, struct disk_usage *ret)
{
    (void)fd, (void)id;
    *ret = (struct disk_usage){ .bytes = 12345 * 512, .inodes = 77 };
    return 0;
}

static void by_quota(void **state)
{
    static const struct project_quota_calls calls = { project, usage };
    struct agent *a = *state;
    struct machine *m = &a->m;
    const struct ephemeral_config config = {
        .places = { .rootfs = m->rootfs,
                    .procfs = m->procfs,
                    .kubelet = (char[]){ "/var/lib/kubelet" },
                    .pod_logs = (char[]){ "/var/log/pods" },
                    .cgroupfs = m->cgroupfs,
                    .cgroup_root = (char[]){ "" } },
        .interval_ns = 3600 * CLOCK_NS_PER_SEC,
        .files_per_second = 100000,
        .quota = &calls,
    };
    struct ephemeral_walker *w = ephemeral_walker_new(&config, NULL);
    assert_non_null(w);
    uint64_t until = clock_mono_ns() + PATIENCE_NS;
    bool seen = false;
    while (!seen && clock_mono_ns() < until) {
        struct ephemeral_known *known = ephemeral_walker_acquire(w);
        for (size_t i = 0; known && i < known->n; i++) {
            const struct ephemeral_item *item = &known->items[i];
            if (str_eq(item->name, STR("cache")) && item->state == EPHEMERAL_MEASURED) {
                assert_int_equal(item->usage.bytes, 12345 * 512);
                assert_int_equal(item->usage.inodes, 77);
                seen = true;
            }
        }
        if (known) {
            snapshot_unref(&known->snapshot);
        }
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    assert_true(seen);
    assert_int_equal(ephemeral_walker_counts(w).quotas, 1);
    ephemeral_walker_free(w);
    start(a);
}

/* A disk that does not answer costs the end two seconds; the thread goes when the disk comes back.
 */
static pthread_mutex_t hang = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool hangs;

static int hanging_project(int fd, uint32_t *ret)
{
    (void)fd;
    hangs = true;
    pthread_mutex_lock(&hang);
    pthread_mutex_unlock(&hang);
    *ret = 0;
    return 0;
}

static struct ephemeral_walker *hanging_walker(const struct machine *m)
{
    static const struct project_quota_calls calls = { hanging_project, usage };
    /* What it was given is gone before the disk comes back. */
    struct machine gone = *m;
    const struct ephemeral_config config = {
        .places = { .rootfs = gone.rootfs,
                    .procfs = gone.procfs,
                    .kubelet = (char[]){ "/var/lib/kubelet" },
                    .pod_logs = (char[]){ "/var/log/pods" },
                    .cgroupfs = gone.cgroupfs,
                    .cgroup_root = (char[]){ "" } },
        .interval_ns = 1,
        .files_per_second = 100000,
        .quota = &calls,
    };
    return ephemeral_walker_new(&config, NULL);
}

static void left_behind(void **state)
{
    struct agent *a = *state;
    pthread_mutex_lock(&hang);
    struct ephemeral_walker *w = hanging_walker(&a->m);
    assert_non_null(w);
    while (!hangs) {
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    uint64_t began = clock_mono_ns();
    ephemeral_walker_free(w);
    uint64_t took = clock_mono_ns() - began;
    assert_true(took >= CLOCK_NS_PER_SEC && took < PATIENCE_NS);
    pthread_mutex_unlock(&hang);
    start(a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(served),      TEST(follows),        TEST(incomplete), TEST(one_series_a_container),
        TEST(faults),      TEST(does_not_start), TEST(budget),     TEST(by_quota),
        TEST(left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
