/* What the container collector sees between scrapes: peaks of CPU and memory, of both versions of
 * cgroups that work, rest, come and go. */
#include "tests/unit/collectors/container_text.h"

#include <sys/resource.h>
#include <time.h>

#define CPU_PEAK "kubegauge_container_cpu_usage_peak_cores{"
#define MEMORY_PEAK "kubegauge_container_memory_usage_peak_bytes{"
#define STEP_NS (100 * CLOCK_NS_PER_MS)
/* Steps that are long enough to count, and short of a tick's share of them under sanitizers. */
#define INTERVAL_NS (19 * STEP_NS / 10)

static void pause_until(uint64_t ns)
{
    const struct timespec then = { (time_t)(ns / CLOCK_NS_PER_SEC), (long)(ns % CLOCK_NS_PER_SEC) };
    assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL), 0);
}

/* A tick of the sampler some time after the last one. */
static void sample_later(struct machine *m, uint64_t missed)
{
    pause_until(clock_mono_ns() + STEP_NS);
    collector_container.sample(m->state, missed);
}

static void start_sampling(struct machine *m)
{
    m->env.sample_ns = INTERVAL_NS;
    start(m);
    collector_container.sample(m->state, 0);
}

#define V1_POD "/kubepods/burstable/pod" U
#define V1_APP V1_POD "/" APP

static void test_peaks_v1(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB), again = BUF_INIT(16 * MIB);
    two_processes(m);
    v1(m, "", 900, 0);
    v1(m, V1_POD, 60, 0);
    v1(m, V1_POD "/" SANDBOX, 10, 100);
    v1(m, V1_APP, 51, 200);
    fixture_file(&m->f,
                 "root/run/containerd/io.containerd.runtime.v2.task/k8s.io/" SANDBOX "/config.json",
                 "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\"}}");
    start_sampling(m);
    read_text(m, &text);
    assert_true(HAS(text, "kubegauge_container_peak_window_seconds 60"));
    assert_true(HAS(text, "kubegauge_container_sample_interval_seconds 0.19"));
    /* One look at a counter says nothing of use; of memory it does. */
    assert_false(HAS(text, CPU_PEAK));
    assert_true(HAS(text, MEMORY_PEAK, "container=\"app\"", "pod=\"web-0\"", "} 208896"));
    assert_true(HAS(text, MEMORY_PEAK, "container=\"\",id=\"" V1_POD "\"", "} 245760"));
    assert_false(HAS(text, MEMORY_PEAK, SANDBOX));

    /* 50 ms of CPU within a step of 100 ms or somewhat more, and memory that is given back. */
    put(m, "/cpuacct", V1_APP, "cpuacct.usage", "51050000000\n");
    put(m, "/memory", V1_APP, "memory.usage_in_bytes", "4096000\n");
    sample_later(m, 0);
    put(m, "/memory", V1_APP, "memory.usage_in_bytes", "1000\n");
    sample_later(m, 0);
    read_text(m, &text);
    double cpu = VALUE(text, CPU_PEAK, "container=\"app\"");
    assert_true(cpu > 0.01 && cpu <= 0.5);
    assert_true(VALUE(text, MEMORY_PEAK, "container=\"app\"") == 4096000);
    assert_true(HAS(text, "container_memory_usage_bytes{", "container=\"app\"", "} 1000"));
    assert_true(HAS(text, CPU_PEAK, "container=\"\",id=\"" V1_POD "\"", "} 0"));
    assert_true(HAS(text, CPU_PEAK, "id=\"/\"", "} 0"));
    assert_false(HAS(text, CPU_PEAK, SANDBOX));

    /* A second server is told the same; a look at nothing new does not take the peak away. */
    sample_later(m, 0);
    read_text(m, &again);
    assert_true(VALUE(again, CPU_PEAK, "container=\"app\"") == cpu);
    assert_true(VALUE(again, MEMORY_PEAK, "container=\"app\"") == 4096000);
}

/* A sandbox that is only taken for one may be a container, whose peaks would be missed. */
static void test_peaks_of_a_guess(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    two_processes(m);
    m->pods.pods[0].containers[0].id = NULL;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "/cri-containerd-" SANDBOX ".scope", 10, 100);
    start_sampling(m);
    read_text(m, &text);
    assert_true(HAS(text, "container_memory_usage_bytes{", SANDBOX, "image=\"pause:test\""));
    assert_true(HAS(text, MEMORY_PEAK, SANDBOX));
}

static void test_peaks_v2(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    two_processes(m);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, V2_POD, 60, 0);
    v2(m, V2_APP, 51, 200);
    unlink(fixture_path(&m->f, "cgroup/memory.current")); /* the root has none */
    start_sampling(m);
    put(m, "", V2_APP, "cpu.stat", "usage_usec 51050000\nuser_usec 3000000\nsystem_usec 2000000\n");
    put(m, "", V2_APP, "memory.current", "4096000\n");
    sample_later(m, 0);
    put(m, "", V2_APP, "memory.current", "1000\n");
    /* A counter that went back is no use at all, and the next step counts from there. */
    put(m, "", V2_POD, "cpu.stat", "usage_usec 5\nuser_usec 3\nsystem_usec 2\n");
    sample_later(m, 0);
    read_text(m, &text);
    double cpu = VALUE(text, CPU_PEAK, "container=\"app\"");
    assert_true(cpu > 0.01 && cpu <= 0.5);
    assert_true(VALUE(text, MEMORY_PEAK, "container=\"app\"") == 4096000);
    assert_true(HAS(text, CPU_PEAK, "id=\"/\"", "} 0"));
    assert_false(HAS(text, MEMORY_PEAK, "id=\"/\""));
    assert_true(HAS(text, CPU_PEAK, "id=\"" V2_POD "\"", "} 0"));
    put(m, "", V2_POD, "cpu.stat", "usage_usec 40005\nuser_usec 3\nsystem_usec 2\n");
    sample_later(m, 0);
    read_text(m, &text);
    cpu = VALUE(text, CPU_PEAK, "id=\"" V2_POD "\"");
    assert_true(cpu > 0.01 && cpu <= 0.4);
}

/* What a cgroup of v2 uses from now on. */
static void use(struct machine *m, const char *path, const char *memory, unsigned usec)
{
    char text[128];
    snprintf(text, sizeof(text), "usage_usec %u\nuser_usec 3\nsystem_usec 2\n", usec);
    put(m, "", path, "cpu.stat", text);
    put(m, "", path, "memory.current", memory);
}

/* The memory of a cgroup that used no CPU is looked at once in a twelfth of the window. */
static void test_peaks_without_use(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_APP, 51, 0);
    m->env.peak_window_ns = 3600 * CLOCK_NS_PER_SEC;
    start_sampling(m);
    use(m, V2_APP, "4096000\n", 51000000);
    sample_later(m, 0);
    read_text(m, &text);
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 51 * 4096);
    assert_true(HAS(text, "kubegauge_container_peak_window_seconds 3600"));
    use(m, V2_APP, "4096000\n", 51000001);
    sample_later(m, 0);
    read_text(m, &text);
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 4096000);
}

static void test_peaks_slide(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_APP, 51, 0);
    m->env.peak_window_ns = 12 * STEP_NS / 2;
    start_sampling(m);
    use(m, V2_APP, "1000\n", 51050000);
    uint64_t began_ns = clock_mono_ns();
    sample_later(m, 0);
    read_text(m, &text);
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 51 * 4096);
    assert_true(VALUE(text, CPU_PEAK, APP) > 0);
    /* Also without any CPU used, the memory of now is what is left in the end. */
    while (clock_mono_ns() - began_ns <= 16 * STEP_NS / 2) {
        sample_later(m, 0);
    }
    read_text(m, &text);
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 1000);
    assert_true(VALUE(text, CPU_PEAK, APP) == 0);
    /* And without a tick nothing is: no peak is known then. */
    pause_until(clock_mono_ns() + 16 * STEP_NS / 2);
    read_text(m, &text);
    assert_false(HAS(text, MEMORY_PEAK, APP));
    assert_false(HAS(text, CPU_PEAK, APP));
}

/* Where a pod's counter has not moved its containers are not looked at; what one uses then is not
 * spread over the rest. */
static void test_peaks_after_a_rest(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, "", 900, 0);
    v2(m, V2_POD, 60, 0);
    v2(m, V2_POD "extra", 60, 0); /* not below the pod */
    v2(m, V2_APP, 51, 0);
    m->env.peak_window_ns = 3600 * CLOCK_NS_PER_SEC;
    start_sampling(m);
    sample_later(m, 0);
    /* What no kernel would tell: the pod rests while its container works. It is not seen. */
    use(m, V2_APP, "4096000\n", 51010000);
    use(m, V2_POD "extra", "4096000\n", 60050000);
    for (int i = 0; i < 5; i++) {
        sample_later(m, 0);
    }
    read_text(m, &text);
    assert_true(VALUE(text, CPU_PEAK, APP) == 0);
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 51 * 4096);
    assert_true(VALUE(text, CPU_PEAK, V2_POD "extra\"") > 0);
    assert_true(VALUE(text, MEMORY_PEAK, V2_POD "extra\"") == 4096000);
    /* 60 ms, within a step of 100 ms or somewhat more; over the rest it would be a sixth of that.
     */
    use(m, V2_POD, "4096000\n", 60060000);
    use(m, V2_APP, "4096000\n", 51060000);
    uint64_t began_ns = clock_mono_ns();
    sample_later(m, 0);
    double most = 0.06 * 1e9 / (double)STEP_NS;
    double least = 0.06 * 1e9 / (double)(clock_mono_ns() - began_ns) / 2;
    read_text(m, &text);
    double cpu = VALUE(text, CPU_PEAK, APP);
    if (cpu < least || cpu > most) {
        fail_msg("%f is not within %f and %f", cpu, least, most);
    }
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 4096000);
}

/* A tick that takes more than its share of a core is followed by a pause, and each call in it is
 * counted as missed. */
static void test_share_of_a_core(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    char path[512];
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    for (unsigned i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "%s/cri-containerd-%064u.scope", V2_POD, i);
        put(m, "", path, "cpu.stat", "usage_usec 1\nuser_usec 3\nsystem_usec 2\n");
        put(m, "", path, "memory.current", "4096\n");
    }
    m->env.sample_ns = 10 * CLOCK_NS_PER_MS; /* 0.05 ms for 600 files, which are to be opened */
    start(m);
    const unsigned calls = 200;
    for (unsigned i = 0; i < calls; i++) {
        collector_container.sample(m->state, 0);
    }
    self_text(m, &text);
    double ticks = VALUE(text, "kubegauge_container_samples_total ");
    double worked = VALUE(text, "kubegauge_container_sample_cpu_seconds_total ");
    assert_true(ticks >= 1 && ticks < calls / 4);
    assert_true(VALUE(text, "kubegauge_container_samples_missed_total ") == calls - ticks);
    assert_true(worked > 0.00005);
}

/* A cgroup that goes is gone with the tick that finds it so, and one of its name is another one. */
static void test_peaks_of_what_comes_and_goes(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_POD, 60, 0);
    v2(m, V2_APP, 51, 0);
    start_sampling(m);
    use(m, V2_APP, "4096000\n", 51050000);
    sample_later(m, 0);
    read_text(m, &text);
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 4096000);

    fixture_remove(&m->f, "cgroup" V2_APP);
    sample_later(m, 0);
    collector_container.sample(m->state, 0);
    read_text(m, &text);
    assert_false(HAS(text, APP));
    assert_true(HAS(text, MEMORY_PEAK, "id=\"" V2_POD "\""));
    assert_true(HAS(text, "container_scrape_error 0"));

    /* Gone and made again between two ticks. */
    v2(m, V2_APP, 51, 0);
    wait_for_change(m);
    collector_container.sample(m->state, 0);
    use(m, V2_APP, "9000000\n", 51050000);
    sample_later(m, 0);
    read_text(m, &text);
    assert_true(VALUE(text, MEMORY_PEAK, APP) == 9000000);
    fixture_remove(&m->f, "cgroup" V2_APP);
    v2(m, V2_APP, 2, 0);
    wait_for_change(m);
    sample_later(m, 0);
    sample_later(m, 0);
    read_text(m, &text);
    assert_true(HAS(text, MEMORY_PEAK, APP, "} 8192"));
    assert_true(HAS(text, CPU_PEAK, APP, "} 0"));
}

static void test_cost_of_sampling(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(1 * MIB);
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    v2(m, V2_APP, 51, 0);
    start_sampling(m);
    collector_container.sample(m->state, 7);
    self_text(m, &text);
    assert_true(HAS(text, "kubegauge_container_samples_total 2"));
    assert_true(HAS(text, "kubegauge_container_samples_missed_total 7"));
    assert_true(HAS(text, "kubegauge_container_samples_left_out 0"));
    assert_true(VALUE(text, "kubegauge_container_sample_cpu_seconds_total ") > 0);
}

/* A tick opens nothing that it may not keep: of 16 cgroups, whose folders take most of what there
 * is, two have their files open. */
static void test_peaks_without_descriptors(void **state)
{
    struct machine *m = *state;
    auto_buf struct buf text = BUF_INIT(16 * MIB);
    char path[512];
    struct rlimit before;
    put(m, "", "", "cgroup.controllers", "cpu io memory pids\n");
    for (unsigned i = 0; i < 12; i++) {
        snprintf(path, sizeof(path), "%s/cri-containerd-%064u.scope", V2_POD, i);
        v2(m, path, 51, 0);
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit low = { .rlim_cur = 40, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    start_sampling(m);
    sample_later(m, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    read_text(m, &text);
    assert_true(HAS(text, "container_memory_usage_bytes{", path));
    assert_false(HAS(text, MEMORY_PEAK, path));
    assert_false(HAS(text, CPU_PEAK, path));
    self_text(m, &text);
    assert_true(HAS(text, "kubegauge_container_samples_left_out 14"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_peaks_v1),         TEST(test_peaks_of_a_guess),
        TEST(test_peaks_v2),         TEST(test_peaks_of_what_comes_and_goes),
        TEST(test_cost_of_sampling), TEST(test_peaks_without_use),
        TEST(test_peaks_slide),      TEST(test_peaks_after_a_rest),
        TEST(test_share_of_a_core),  TEST(test_peaks_without_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
