/* The claims of pods: which folder is behind each, what is served for it, and what is said of those
 * that do not answer or are not to be seen. */
#include "base/clock.h"
#include "base/limits.h"
#include "collectors/collector.h"
#include "collectors/volume_list.h"
#include "metrics/scrape.h"
#include "tests/unit/collectors/fake_pods.h"
#include "tests/unit/collectors/fixture.h"
#include "tests/unit/collectors/fuse_mount.h"

#include <sched.h>
#include <sys/statvfs.h>

#define ID(c) c c c c c c c c c c c c c c c c
#define ID_A ID("aaaa")
#define ID_B ID("bbbb")
#define TASKS "run/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define POD "var/lib/kubelet/pods/u-1/volumes/"

extern const struct collector collector_volumes;

static struct fixture f;
static struct fake_pods pods;
static struct pod_lookup lookup;
static struct collector_env env;

static int open_fixture(void **state)
{
    (void)state;
    fixture_open(&f);
    pods = (struct fake_pods){ .listed = true, .generation = 1 };
    lookup = fake_lookup(&pods);
    env = (struct collector_env){
        .procfs = "/proc", .rootfs = f.top, .kubelet = "/var/lib/kubelet", .pods = &lookup
    };
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    assert_int_equal(pods.held, 0);
    fixture_close(&f);
    return 0;
}

typedef const char *const mounts[][2];

/* mounts: destination and source, ending with NULL. */
static void write_record(const char *id, const char *const (*mount)[2])
{
    char path[256];
    auto_buf struct buf text = BUF_INIT(64 * KIB);
    snprintf(path, sizeof(path), TASKS "%s/config.json", id);
    buf_add_c(&text, "{\"ociVersion\":\"1.0.2\",\"mounts\":[");
    for (const char *comma = ""; (*mount)[0]; mount++, comma = ",") {
        buf_addf(&text, "%s{\"destination\":\"%s\",\"type\":\"bind\",\"source\":\"%s\"}", comma,
                 (*mount)[0], (*mount)[1]);
    }
    buf_add_c(&text, "],\"annotations\":{}}");
    fixture_file(&f, path, buf_c(&text));
}

static void check_list(struct volume_list *l, const char *want)
{
    const struct volume *rows;
    size_t n;
    auto_buf struct buf have = BUF_INIT(1 * MIB);
    assert_int_equal(volume_list_update(l, &rows, &n, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&have, STR_FMT "/" STR_FMT " %s%s\n", STR_ARG(rows[i].namespace),
                 STR_ARG(rows[i].claim), rows[i].path ? rows[i].path : "-",
                 rows[i].is_mount ? " mount" : "");
    }
    assert_string_equal(n ? buf_c(&have) : "", want);
}

static void finds_folders(void **state)
{
    (void)state;
    struct volume_list *l = volume_list_new(&env);
    assert_non_null(l);
    check_list(l, "");
    pods.pods[0] = (struct fake_pod){
        .uid = "u-1",
        .namespace = "shop",
        .name = "web",
        .claims = { { "data", ID_A, "/data/" },
                    { "data", ID_B, "/d" },
                    { "host", ID_A, "/host/./x" },
                    { "part", ID_A, "part" },
                    { "unused", NULL, NULL },
                    { "late", ID_B, "/late" },
                    { "over", ID_A, "/over" } },
    };
    /* Another pod with the same claim, and one of that name elsewhere. */
    pods.pods[1] = (struct fake_pod){
        .uid = "u-2",
        .namespace = "shop",
        .name = "web2",
        .claims = { { "data", ID_B, "/other" } },
    };
    pods.pods[2] = (struct fake_pod){
        .uid = "u-3",
        .namespace = "test",
        .name = "web",
        .claims = { { "data", ID_B, "/other" } },
    };
    write_record(ID_A, (mounts){ { "/proc", "proc" },
                                 { "/data", "/" POD "kubernetes.io~csi/pvc-1/mount" },
                                 { "/host/x", "/mnt/disk" },
                                 { "/over", "/mnt/1" },
                                 { "/over/", "/mnt/2" },
                                 { "/over/deeper", "/mnt/3" },
                                 { "/part", "/k/pods/u-1/volume-subpaths/pvc-3/app/0" },
                                 { NULL, NULL } });
    pods.generation++;
    check_list(l,
               "shop/data /var/lib/kubelet/pods/u-1/volumes/kubernetes.io~csi/pvc-1/mount mount\n"
               "shop/host /mnt/disk\n"
               "shop/part /k/pods/u-1/volume-subpaths/pvc-3/app/0 mount\n"
               "shop/unused -\n"
               "shop/late -\n"
               "shop/over /mnt/2\n"
               "test/data -\n");
    /* A record that comes after the pod's state, without another table. */
    write_record(
        ID_B,
        (mounts){ { "/late", "/late" }, { "/other", "/pods/u-2/volumes/no" }, { NULL, NULL } });
    check_list(l,
               "shop/data /var/lib/kubelet/pods/u-1/volumes/kubernetes.io~csi/pvc-1/mount mount\n"
               "shop/host /mnt/disk\n"
               "shop/part /k/pods/u-1/volume-subpaths/pvc-3/app/0 mount\n"
               "shop/unused -\n"
               "shop/late /late\n"
               "shop/over /mnt/2\n"
               "test/data /pods/u-2/volumes/no\n");
    /* A container that starts anew has another record; the pod's volumes stay. */
    fixture_remove(&f, TASKS ID_A);
    pods.pods[0].claims[0].container_id = NULL;
    pods.pods[0].claims[1].name = NULL;
    pods.pods[1].uid = NULL;
    pods.generation++;
    check_list(l,
               "shop/data /var/lib/kubelet/pods/u-1/volumes/kubernetes.io~csi/pvc-1/mount mount\n");
    /* Another pod's may be another. */
    pods.pods[0].uid = "u-9";
    pods.generation++;
    check_list(l, "shop/data -\n");
    pods.listed = false;
    check_list(l, "shop/data -\n");
    pods.listed = true;
    /* Known by another pod, for as long as that is there. */
    pods.pods[1].uid = "u-2";
    pods.pods[2].uid = NULL;
    pods.generation++;
    check_list(l, "shop/data /pods/u-2/volumes/no mount\n");
    pods.generation++;
    check_list(l, "shop/data /pods/u-2/volumes/no mount\n");
    pods.pods[1].uid = NULL;
    pods.generation++;
    check_list(l, "shop/data -\n");
    volume_list_free(l);
    volume_list_free(NULL);
}

static bool claims_without_end(const void *table, struct pod_claim_cursor *at,
                               struct pod_claim *ret)
{
    static char name[32];
    (void)table;
    snprintf(name, sizeof(name), "c%zu", at->row++);
    *ret = (struct pod_claim){ .pod_uid = STR("u"), .namespace = STR("n"), .name = str_of(name) };
    return true;
}

static void is_bounded(void **state)
{
    (void)state;
    const struct volume *rows;
    size_t n;
    struct err err = { 0 };
    lookup.next_claim = claims_without_end;
    struct volume_list *l = volume_list_new(&env);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(volume_list_update(l, &rows, &n, &err), -ENOSPC);
        assert_string_equal(err_text(&err), "more than 4096 claims");
        assert_int_equal(n, LIMIT_VOLUMES);
    }
    volume_list_free(l);
}

struct running {
    void *state;
    struct metric_sink *sink;
};

static struct running start(void)
{
    struct running r = { NULL, metric_sink_new(NULL, NULL) };
    struct err err = { 0 };
    assert_non_null(r.sink);
    assert_int_equal(collector_volumes.start(&env, &r.state, &err), 0);
    return r;
}

static void stop(struct running *r)
{
    collector_volumes.stop(r->state);
    metric_sink_free(r->sink);
}

/* The samples of one reading, without their HELP and TYPE. */
static void read_into(struct running *r, struct buf *out)
{
    struct err err = { 0 };
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    assert_int_equal(metric_sink_begin(r->sink, &err), 0);
    assert_int_equal(collector_volumes.read(r->state, r->sink, &err), 0);
    struct metric_part *part = metric_sink_take(r->sink, "volumes", 1, &err);
    assert_non_null(part);
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    assert_non_null(scrape);
    assert_int_equal(scrape_next(scrape, &text, SIZE_MAX), 0);
    scrape_free(scrape);
    struct str rest = buf_str(&text);
    while (rest.n) {
        struct str line = str_line(&rest);
        if (!str_starts(line, STR("#"))) {
            buf_add(out, line);
            buf_add_char(out, '\n');
        }
    }
}

static void check_samples(struct running *r, const char *want)
{
    auto_buf struct buf have = BUF_INIT(1 * MIB);
    read_into(r, &have);
    assert_string_equal(have.n ? buf_c(&have) : "", want);
}

#define LABELS(claim) "{namespace=\"shop\",persistentvolumeclaim=\"" claim "\""
#define SERIES(family, claim, value) family LABELS(claim) "} " value "\n"
#define MISSING(claim, why)                                                                        \
    "kubegauge_volume_stats_missing" LABELS(claim) ",reason=\"" why "\"} 1\n"

/* A hostPath volume has the numbers of the file system that it is a folder of, and says so. */
static void a_folder_of_the_node(void **state)
{
    (void)state;
    struct statvfs fs;
    auto_buf struct buf have = BUF_INIT(1 * MIB), want = BUF_INIT(1 * MIB);
    pods.pods[0] = (struct fake_pod){ .uid = "u-1",
                                      .namespace = "shop",
                                      .name = "web",
                                      .claims = { { "host", ID_A, "/h" },
                                                  { "gone", ID_A, "/g" },
                                                  { "inner", ID_A, "/i" },
                                                  { "unused", NULL, NULL } } };
    fixture_folder(&f, "mnt/disk");
    fixture_folder(&f, POD "kubernetes.io~local-volume/pv-1");
    write_record(ID_A, (mounts){ { "/h", "/mnt/disk" },
                                 { "/g", "/mnt/gone" },
                                 { "/i", "/" POD "kubernetes.io~local-volume/pv-1" },
                                 { NULL, NULL } });
    struct running r = start();
    read_into(&r, &have);
    assert_int_equal(statvfs(f.top, &fs), 0);
    buf_add_c(&want, SERIES("kubegauge_volume_shares_device", "host", "1") MISSING("gone", "error")
                         MISSING("inner", "unmounted") MISSING("unused", "unknown"));
    assert_int_equal(strncmp(buf_c(&have), buf_c(&want), want.n), 0);
    const char *capacity = "\nkubelet_volume_stats_capacity_bytes" LABELS("host") "} ";
    const char *at = strstr(buf_c(&have), capacity);
    assert_non_null(at);
    assert_true(strtod(at + strlen(capacity), NULL) == (double)(fs.f_blocks * fs.f_frsize));
    assert_null(strstr(buf_c(&have), "kubelet_volume_stats_used_bytes" LABELS("gone")));
    stop(&r);
}

static void needs_pods(void **state)
{
    (void)state;
    struct err err = { 0 };
    void *none = NULL;
    struct collector_env without = env;
    without.pods = NULL;
    assert_int_equal(collector_volumes.start(&without, &none, &err), -ENODATA);
    pods.listed = false; /* the first list has not come yet */
    struct running r = start();
    check_samples(&r, "");
    stop(&r);
}

/* Mounts of a test end with its namespace. Says false where it may not mount. */
static bool may_mount(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        print_message("skipped: mounting is not permitted here\n");
        return false;
    }
    return true;
}

static void mount_tmpfs(const char *path, const char *options)
{
    fixture_folder(&f, path);
    assert_int_equal(mount("none", fixture_path(&f, path), "tmpfs", 0, options), 0);
}

static void numbers_of_mounts(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        { "kubegauge_volume_shares_device", "0", "1", "1" },
        { "kubelet_volume_stats_available_bytes", "516096", "65536", "65536" },
        { "kubelet_volume_stats_capacity_bytes", "524288", "65536", "65536" },
        { "kubelet_volume_stats_inodes", "100", "10", "10" },
        { "kubelet_volume_stats_inodes_free", "98", "9", "9" },
        { "kubelet_volume_stats_inodes_used", "2", "1", "1" },
        { "kubelet_volume_stats_used_bytes", "8192", "0", "0" },
    };
    auto_buf struct buf want = BUF_INIT(64 * KIB);
    if (!may_mount()) {
        skip();
    }
    pods.pods[0] = (struct fake_pod){
        .uid = "u-1",
        .namespace = "shop",
        .name = "web",
        .claims = { { "one", ID_A, "/1" }, { "two", ID_A, "/2" }, { "same", ID_A, "/3" } }
    };
    write_record(ID_A, (mounts){ { "/1", "/" POD "kubernetes.io~csi/pvc-1/mount" },
                                 { "/2", "/" POD "kubernetes.io~nfs/pv-2" },
                                 { "/3", "/" POD "kubernetes.io~nfs/pv-2" },
                                 { NULL, NULL } });
    mount_tmpfs(POD "kubernetes.io~csi/pvc-1/mount", "size=512k,nr_inodes=100");
    mount_tmpfs(POD "kubernetes.io~nfs/pv-2", "size=64k,nr_inodes=10");
    char page[8192] = "";
    int fd = open(fixture_path(&f, POD "kubernetes.io~csi/pvc-1/mount/file"),
                  O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
    close(fd);
    struct running r = start();
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        for (size_t k = 0; k < 3; k++) {
            buf_addf(&want, "%s" LABELS("%s") "} %s\n", rows[i][0], pods.pods[0].claims[k].name,
                     rows[i][k + 1]);
        }
    }
    check_samples(&r, buf_c(&want));
    assert_int_equal(umount(fixture_path(&f, POD "kubernetes.io~csi/pvc-1/mount")), 0);
    assert_int_equal(umount(fixture_path(&f, POD "kubernetes.io~nfs/pv-2")), 0);
    stop(&r);
}

static uint64_t read_ms(struct running *r, struct buf *out)
{
    uint64_t began = clock_mono_ns();
    buf_clear(out);
    read_into(r, out);
    return (clock_mono_ns() - began) / CLOCK_NS_PER_MS;
}

static bool has(struct buf *text, const char *line)
{
    return strstr(buf_c(text), line);
}

/* A server that does not answer costs its own claim, and the time once. */
static void one_that_hangs(void **state)
{
    (void)state;
    static struct fuse_mount fuse;
    const char *hung = POD "kubernetes.io~csi/pvc-1/mount";
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    if (!may_mount()) {
        skip();
    }
    fixture_folder(&f, hung);
    if (!fuse_mount_start(&fuse, fixture_path(&f, hung))) {
        print_message("skipped: FUSE cannot be mounted here: errno %d\n", errno);
        skip();
    }
    pods.pods[0] =
        (struct fake_pod){ .uid = "u-1",
                           .namespace = "shop",
                           .name = "web",
                           .claims = { { "hung", ID_A, "/1" }, { "well", ID_A, "/2" } } };
    write_record(ID_A, (mounts){ { "/1", "/" POD "kubernetes.io~csi/pvc-1/mount" },
                                 { "/2", "/" POD "kubernetes.io~local-volume/pv-2" },
                                 { NULL, NULL } });
    mount_tmpfs(POD "kubernetes.io~local-volume/pv-2", "size=512k");
    struct running r = start();

    read_ms(&r, &text);
    /* In units of f_frsize, as df has it. */
    assert_true(has(&text, SERIES("kubelet_volume_stats_capacity_bytes", "hung", "921600")));
    assert_true(has(&text, SERIES("kubelet_volume_stats_used_bytes", "hung", "512000")));
    assert_true(has(&text, SERIES("kubelet_volume_stats_available_bytes", "hung", "307200")));
    assert_true(has(&text, SERIES("kubelet_volume_stats_inodes_used", "hung", "30")));

    atomic_store(&fuse.hang, true);
    for (int i = 0; i < 4; i++) {
        uint64_t ms = read_ms(&r, &text);
        print_message("reading %d with a mount that hangs: %llu ms\n", i, (unsigned long long)ms);
        assert_true(i == 0 ? ms >= 200 && ms < 1500 : ms < 200);
        assert_true(has(&text, MISSING("hung", "timeout")));
        assert_false(has(&text, "kubelet_volume_stats_capacity_bytes" LABELS("hung")));
        assert_true(has(&text, SERIES("kubelet_volume_stats_capacity_bytes", "well", "524288")));
    }

    /* It answers again. */
    atomic_store(&fuse.hang, false);
    for (int i = 0; i < 500 && !has(&text, "kubelet_volume_stats_capacity_bytes" LABELS("hung"));
         i++) {
        usleep(10000);
        read_ms(&r, &text);
    }
    assert_true(has(&text, SERIES("kubelet_volume_stats_capacity_bytes", "hung", "921600")));
    assert_false(has(&text, "missing"));

    fuse_mount_die(&fuse);
    read_ms(&r, &text);
    assert_true(has(&text, MISSING("hung", "error")));
    assert_int_equal(umount2(fixture_path(&f, hung), MNT_DETACH), 0);
    assert_int_equal(umount(fixture_path(&f, POD "kubernetes.io~local-volume/pv-2")), 0);
    stop(&r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_folders), TEST(is_bounded),        TEST(a_folder_of_the_node),
        TEST(needs_pods),    TEST(numbers_of_mounts), TEST(one_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
