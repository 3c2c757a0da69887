/* The container collector whole: machines of every shape in a temporary place, their exposition
 * compared with golden files (KG_UPDATE=1 writes them); what comes and goes between readings; and
 * the machine that the test runs on. */
#include "collectors/container_stats.h"
#include "tests/support/file_write.h"
#include "tests/unit/collectors/container_text.h"

/* The samples, without what differs from run to run. */
static void samples_of(struct str text, struct buf *out)
{
    while (text.n > 0) {
        struct str line = str_line(&text);
        if (line.n > 0 && line.p[0] != '#' && !str_starts(line, STR("container_last_seen{")) &&
            !str_starts(line, STR("container_start_time_seconds{"))) {
            buf_add(out, line);
            buf_add_char(out, '\n');
        }
    }
}

static void assert_golden(struct machine *m, const char *shape)
{
    auto_buf struct buf text = BUF_INIT(16 * MIB), samples = BUF_INIT(16 * MIB);
    auto_buf struct buf golden = BUF_INIT(16 * MIB);
    char path[512];
    struct err err = { 0 };
    start(m);
    read_text(m, &text);
    samples_of(buf_str(&text), &samples);
    snprintf(path, sizeof(path), "%s/tests/golden/collectors/container-%s.txt", KG_SOURCE_DIR,
             shape);
    if (getenv("KG_UPDATE")) {
        assert_int_equal(file_write_atomic(path, buf_str(&samples), &err), 0);
    }
    if (file_read(AT_FDCWD, path, &golden, &err) < 0) {
        fail_msg("%s", err_text(&err));
    }
    struct str ours = buf_str(&samples), theirs = buf_str(&golden);
    for (size_t n = 1; ours.n > 0 || theirs.n > 0; n++) {
        struct str a = str_line(&ours), b = str_line(&theirs);
        if (!str_eq(a, b)) {
            fail_msg("%s:%zu:\n  read   " STR_FMT "\n  golden " STR_FMT, path, n, STR_ARG(a),
                     STR_ARG(b));
        }
    }
    struct container_stats stats;
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 0);
    assert_int_equal(stats.read_errors, 0);
}

static void test_v1_cgroupfs(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    v1(m, "", 900, 0);
    v1(m, "/kubepods", 800, 0);
    v1(m, "/kubepods/burstable", 700, 0);
    v1(m, "/kubepods/burstable/pod" U, 60, 0);
    v1(m, "/kubepods/burstable/pod" U "/" SANDBOX, 10, 100);
    v1(m, "/kubepods/burstable/pod" U "/" APP, 51, 200);
    v1(m, "/kubepods/pod" HASH, 30, 0);
    v1(m, "/kubepods/pod" HASH "/" NODE, 31, 0);
    v1(m, "/system.slice", 5, 0);
    assert_golden(m, "v1-cgroupfs");
}

static void test_v1_systemd(void **state)
{
    struct machine *m = *state;
    const char *qos = "/kubepods.slice/kubepods-burstable.slice";
    char path[512];
    two_processes(m);
    v1(m, "", 900, 0);
    v1(m, "/kubepods.slice", 800, 0);
    v1(m, qos, 700, 0);
    snprintf(path, sizeof(path), "%s/kubepods-burstable-pod" U_ ".slice", qos);
    v1(m, path, 60, 0);
    snprintf(path, sizeof(path),
             "%s/kubepods-burstable-pod" U_ ".slice/cri-containerd-" SANDBOX ".scope", qos);
    v1(m, path, 10, 100);
    snprintf(path, sizeof(path),
             "%s/kubepods-burstable-pod" U_ ".slice/cri-containerd-" APP ".scope", qos);
    v1(m, path, 51, 200);
    v1(m, "/system.slice/kubelet.service", 40, 0);
    v1(m, "/system.slice/var-lib.mount", 5, 0);
    assert_golden(m, "v1-systemd");
}

static void test_v2_cgroupfs(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/kubepods", 800, 0);
    v2(m, "/kubepods/burstable", 700, 0);
    v2(m, "/kubepods/burstable/pod" U, 60, 0);
    v2(m, "/kubepods/burstable/pod" U "/" SANDBOX, 10, 100);
    v2(m, "/kubepods/burstable/pod" U "/" APP, 51, 200);
    assert_golden(m, "v2-cgroupfs");
}

static void test_v2_systemd(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/kubepods.slice", 800, 0);
    v2(m, "/kubepods.slice/kubepods-burstable.slice", 700, 0);
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "/cri-containerd-" SANDBOX ".scope", 10, 100);
    v2(m, V2_POD "/cri-containerd-" APP ".scope", 51, 200);
    v2(m, V2_POD "/cri-containerd-" APP ".scope/init.scope", 50, 200);
    v2(m, "/system.slice/docker-" NODE ".scope", 20, 0);
    assert_golden(m, "v2-systemd");
}

/* CRI-O without a process for the sandbox: the stand-in is known by the runtime's record. */
static void test_crio(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "/crio-" SANDBOX, 0, 0);
    v2(m, V2_POD "/crio-" APP ".scope", 51, 200);
    v2(m, V2_POD "/crio-" APP ".scope/container", 51, 200);
    v2(m, V2_POD "/crio-conmon-" APP ".scope", 2, 0);
    fixture_file(&m->f,
                 "root/run/containers/storage/overlay-containers/" SANDBOX "/userdata/config.json",
                 "{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
                 "\"io.kubernetes.container.name\":\"POD\","
                 "\"io.kubernetes.cri-o.ContainerName\":\"k8s_POD_web-0_default_" U "_2\"}}");
    assert_golden(m, "crio");
}

/* A kind node, read from its host: --cgroup-root=/kubelet in a container's cgroup. */
static void test_kind(void **state)
{
    struct machine *m = *state;
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/docker/" NODE, 800, 0);
    v2(m, "/docker/" NODE "/kubelet", 790, 0);
    v2(m, "/docker/" NODE "/kubelet/kubepods", 780, 0);
    v2(m, "/docker/" NODE "/kubelet/kubepods/burstable/pod" U, 60, 0);
    v2(m, "/docker/" NODE "/kubelet/kubepods/burstable/pod" U "/" SANDBOX, 10, 100);
    v2(m, "/docker/" NODE "/kubelet/kubepods/burstable/pod" U "/" APP, 51, 200);
    assert_golden(m, "kind");
}

/* A machine without Kubernetes: everything, nothing labelled but the containers. */
static void test_local(void **state)
{
    struct machine *m = *state;
    m->env.pods = NULL;
    m->env.all_cgroups = true;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, "/system.slice", 300, 0);
    v2(m, "/system.slice/ssh.service", 20, 0);
    v2(m, "/system.slice/docker-" APP ".scope", 51, 0);
    v2(m, "/system.slice/var-lib.mount", 5, 0);
    assert_golden(m, "local");
}

/* A container comes, is named, and goes: each is in the very next reading. */
static void test_life_of_a_container(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    struct container_stats stats;
    process(m, 200, "nginx");
    process(m, 100, "pause");
    m->pods.pods[0].containers[0].id = NULL;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "/cri-containerd-" SANDBOX ".scope", 10, 100);
    start(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_cpu_usage_seconds_total{", SANDBOX));
    assert_false(HAS(text, APP));

    v2(m, V2_APP, 51, 200);
    wait_for_change(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_memory_usage_bytes{container=\"\",id=\"" V2_APP
                          "\",image=\"\",name=\"" APP "\",namespace=\"default\",pod=\"web-0\"}"));
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 1);

    m->pods.pods[0].containers[0].id = APP;
    m->pods.generation++;
    read_text(m, &text);
    assert_true(HAS(text,
                    "container_memory_usage_bytes{container=\"app\",id=\"" V2_APP
                    "\",image=\"nginx:1\",name=\"" APP "\",namespace=\"default\",pod=\"web-0\"}"));
    assert_false(HAS(text, "container=\"\"", APP));
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 0);
    assert_int_equal(stats.rescans, 1);

    fixture_remove(&m->f, "cgroup" V2_APP);
    read_text(m, &text);
    assert_false(HAS(text, APP));
    assert_true(HAS(text, "container_scrape_error 0"));
}

/* The collector's own families stand in the part "self" of any reading. */
static void test_self(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_APP, 51, 0);
    m->pods.listed = false;
    start(m);
    collector_container.tick(m->state, clock_mono_ns());
    self_text(m, &text);
    assert_true(HAS(text, "kubegauge_cgroups 5"));
    assert_true(HAS(text, "kubegauge_containers_unresolved 1"));
    assert_true(HAS(text, "kubegauge_cgroup_rescans_total 1"));
    assert_false(HAS(text, "kubegauge_container_sample")); /* that is off */
}

/* The tick resolves and rescans without a reading. */
static void test_tick(void **state)
{
    struct machine *m = *state;
    struct container_stats stats;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_APP, 51, 0);
    m->pods.listed = false;
    start(m);
    collector_container.tick(m->state, clock_mono_ns());
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 1);
    assert_int_equal(stats.rescans, 1);
    m->pods.listed = true;
    collector_container.tick(m->state, clock_mono_ns() + 61 * CLOCK_NS_PER_SEC);
    container_stats(m->state, &stats);
    assert_int_equal(stats.unresolved, 0);
    assert_int_equal(stats.rescans, 2);
    assert_int_equal(stats.cgroups, 5);
}

static void test_label_columns(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    m->lookup.n_columns = 2;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, V2_APP, 51, 0);
    start(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_memory_usage_bytes{", "container=\"app\"", "team=\"red\"",
                    "owner=\"sts\""));
    assert_true(HAS(text, "container_memory_rss{", "id=\"/\"", "team=\"\"", "owner=\"\""));
}

/* A container that was killed is another cgroup afterwards, whose own counter starts anew. */
static void test_oom_over_restarts(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_POD, 60, 0);
    v2(m, V2_APP, 51, 0);
    start(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_oom_events_total{", "container=\"app\"", APP, "} 2"));

    fixture_remove(&m->f, "cgroup" V2_APP);
    v2(m, V2_POD "/cri-containerd-" NODE ".scope", 51, 0);
    put(m, "", V2_POD "/cri-containerd-" NODE ".scope", "memory.events", "oom_kill 0\n");
    m->pods.pods[0].containers[0].id = NODE;
    m->pods.generation++;
    read_text(m, &text);
    assert_true(HAS(text, "container_oom_events_total{", "container=\"app\"", NODE, "} 2"));
    assert_false(HAS(text, APP));
}

static void test_no_cgroups(void **state)
{
    struct machine *m = *state;
    struct err err = { 0 };
    fixture_folder(&m->f, "cgroup");
    assert_int_equal(collector_container.start(&m->env, &m->state, &err), -ENODATA);
    assert_non_null(strstr(err.text, m->cgroupfs));
    assert_null(m->state);
}

static void test_this_machine(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(64 * MIB);
    if (geteuid() != 0) {
        print_message("SKIPPED: other users' processes cannot be looked into without root\n");
        skip();
    }
    m->env = (struct collector_env){ .procfs = "/proc",
                                     .sysfs = "/sys",
                                     .rootfs = "/",
                                     .cgroupfs = "/sys/fs/cgroup",
                                     .kubelet = "/var/lib/kubelet",
                                     .cgroup_root = "",
                                     .kmsg = "/dev/kmsg",
                                     .sandbox_image = "",
                                     .all_cgroups = true };
    start(m);
    for (int i = 0; i < 3; i++) {
        read_text(m, &text);
        assert_true(HAS(text, "container_memory_usage_bytes{", "id=\"/\""));
        assert_true(HAS(text, "container_cpu_usage_seconds_total{", "id=\"/\""));
        assert_true(HAS(text, "container_scrape_error 0"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_v1_cgroupfs),   TEST(test_v1_systemd),
        TEST(test_v2_cgroupfs),   TEST(test_v2_systemd),
        TEST(test_crio),          TEST(test_kind),
        TEST(test_local),         TEST(test_life_of_a_container),
        TEST(test_self),          TEST(test_tick),
        TEST(test_label_columns), TEST(test_oom_over_restarts),
        TEST(test_no_cgroups),    TEST(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
