/* The tables hold what the peer has, by name and type, and keep their own rules. */
#include "collectors/container_families.h"
#include "metrics/names.h"
#include "tests/unit/collectors/fixture.h"

/* What a kubelet 1.36 serves, on cgroup v1 and v2 taken together. */
static const struct {
    const char *name;
    enum metric_type type;
} peer[] = {
    { "container_blkio_device_usage_total", METRIC_COUNTER },
    { "container_cpu_cfs_burst_periods_total", METRIC_COUNTER },
    { "container_cpu_cfs_burst_seconds_total", METRIC_COUNTER },
    { "container_cpu_cfs_periods_total", METRIC_COUNTER },
    { "container_cpu_cfs_throttled_periods_total", METRIC_COUNTER },
    { "container_cpu_cfs_throttled_seconds_total", METRIC_COUNTER },
    { "container_cpu_load_average_10s", METRIC_GAUGE },
    { "container_cpu_load_d_average_10s", METRIC_GAUGE },
    { "container_cpu_system_seconds_total", METRIC_COUNTER },
    { "container_cpu_usage_seconds_total", METRIC_COUNTER },
    { "container_cpu_user_seconds_total", METRIC_COUNTER },
    { "container_file_descriptors", METRIC_GAUGE },
    { "container_fs_inodes_free", METRIC_GAUGE },
    { "container_fs_inodes_total", METRIC_GAUGE },
    { "container_fs_io_cost_indebt_seconds_total", METRIC_COUNTER },
    { "container_fs_io_cost_indelay_seconds_total", METRIC_COUNTER },
    { "container_fs_io_cost_usage_seconds_total", METRIC_COUNTER },
    { "container_fs_io_cost_wait_seconds_total", METRIC_COUNTER },
    { "container_fs_io_current", METRIC_GAUGE },
    { "container_fs_io_time_seconds_total", METRIC_COUNTER },
    { "container_fs_io_time_weighted_seconds_total", METRIC_COUNTER },
    { "container_fs_limit_bytes", METRIC_GAUGE },
    { "container_fs_read_seconds_total", METRIC_COUNTER },
    { "container_fs_reads_bytes_total", METRIC_COUNTER },
    { "container_fs_reads_merged_total", METRIC_COUNTER },
    { "container_fs_reads_total", METRIC_COUNTER },
    { "container_fs_sector_reads_total", METRIC_COUNTER },
    { "container_fs_sector_writes_total", METRIC_COUNTER },
    { "container_fs_usage_bytes", METRIC_GAUGE },
    { "container_fs_write_seconds_total", METRIC_COUNTER },
    { "container_fs_writes_bytes_total", METRIC_COUNTER },
    { "container_fs_writes_merged_total", METRIC_COUNTER },
    { "container_fs_writes_total", METRIC_COUNTER },
    { "container_health_state", METRIC_GAUGE },
    { "container_last_seen", METRIC_GAUGE },
    { "container_memory_cache", METRIC_GAUGE },
    { "container_memory_failcnt", METRIC_COUNTER },
    { "container_memory_failures_total", METRIC_COUNTER },
    { "container_memory_kernel_usage", METRIC_GAUGE },
    { "container_memory_mapped_file", METRIC_GAUGE },
    { "container_memory_max_usage_bytes", METRIC_GAUGE },
    { "container_memory_rss", METRIC_GAUGE },
    { "container_memory_swap", METRIC_GAUGE },
    { "container_memory_total_active_file_bytes", METRIC_GAUGE },
    { "container_memory_total_inactive_file_bytes", METRIC_GAUGE },
    { "container_memory_usage_bytes", METRIC_GAUGE },
    { "container_memory_working_set_bytes", METRIC_GAUGE },
    { "container_network_receive_bytes_total", METRIC_COUNTER },
    { "container_network_receive_errors_total", METRIC_COUNTER },
    { "container_network_receive_packets_dropped_total", METRIC_COUNTER },
    { "container_network_receive_packets_total", METRIC_COUNTER },
    { "container_network_transmit_bytes_total", METRIC_COUNTER },
    { "container_network_transmit_errors_total", METRIC_COUNTER },
    { "container_network_transmit_packets_dropped_total", METRIC_COUNTER },
    { "container_network_transmit_packets_total", METRIC_COUNTER },
    { "container_oom_events_total", METRIC_COUNTER },
    { "container_pressure_cpu_stalled_seconds_total", METRIC_COUNTER },
    { "container_pressure_cpu_waiting_seconds_total", METRIC_COUNTER },
    { "container_pressure_io_stalled_seconds_total", METRIC_COUNTER },
    { "container_pressure_io_waiting_seconds_total", METRIC_COUNTER },
    { "container_pressure_memory_stalled_seconds_total", METRIC_COUNTER },
    { "container_pressure_memory_waiting_seconds_total", METRIC_COUNTER },
    { "container_processes", METRIC_GAUGE },
    { "container_sockets", METRIC_GAUGE },
    { "container_spec_cpu_period", METRIC_GAUGE },
    { "container_spec_cpu_quota", METRIC_GAUGE },
    { "container_spec_cpu_shares", METRIC_GAUGE },
    { "container_spec_memory_limit_bytes", METRIC_GAUGE },
    { "container_spec_memory_reservation_limit_bytes", METRIC_GAUGE },
    { "container_spec_memory_swap_limit_bytes", METRIC_GAUGE },
    { "container_start_time_seconds", METRIC_GAUGE },
    { "container_tasks_state", METRIC_GAUGE },
    { "container_threads", METRIC_GAUGE },
    { "container_threads_max", METRIC_GAUGE },
    { "container_ulimits_soft", METRIC_GAUGE },
};

static const struct metric_family *find(const struct metric_subject *subject, const char *name)
{
    for (size_t i = 0; i < subject->n_rows; i++) {
        if (strcmp(subject->rows[i].name, name) == 0) {
            return &subject->rows[i];
        }
    }
    return NULL;
}

static void same_as_the_peer(void **state)
{
    (void)state;
    size_t served = 0;
    for (size_t i = 0; i < KG_ARRAY_LEN(peer); i++) {
        const struct metric_family *row = find(&container_subject, peer[i].name);
        if (!row || row->type != peer[i].type || row->opt_in) {
            fail_msg("%s", peer[i].name);
        }
    }
    for (size_t i = 0; i < container_subject.n_rows; i++) {
        bool ours = str_starts(str_of(container_subject.rows[i].name), STR("kubegauge_"));
        served += !ours && !container_subject.rows[i].opt_in;
    }
    assert_int_equal(served, KG_ARRAY_LEN(peer));
}

static bool ends_with_total(const char *name)
{
    return str_ends(str_of(name), STR("_total"));
}

static void check_row(const struct metric_subject *subject, size_t i)
{
    const struct metric_family *row = &subject->rows[i];
    bool field = row->field.kind != METRIC_FIELD_NONE;
    if (i > 0 && strcmp(subject->rows[i - 1].name, row->name) >= 0) {
        fail_msg("%s is out of order", row->name);
    }
    if (!metric_name_legal(str_of(row->name)) || field == (row->emit != NULL) ||
        (field && row->labels) || strchr(row->help, '\n') || !row->help[0] || !row->source[0]) {
        fail_msg("%s", row->name);
    }
    /* The names of these two are the peer's. */
    if (ends_with_total(row->name) != (row->type == METRIC_COUNTER) &&
        strcmp(row->name, "container_memory_failcnt") != 0 &&
        strcmp(row->name, "container_fs_inodes_total") != 0) {
        fail_msg("%s: counters and only they end with _total", row->name);
    }
    for (const char *const *label = row->labels; label && *label; label++) {
        if (!label_name_legal(str_of(*label)) || (label[1] && strcmp(label[0], label[1]) >= 0)) {
            fail_msg("%s: label %s", row->name, *label);
        }
    }
}

static void own_rules(void **state)
{
    (void)state;
    const struct metric_subject *const subjects[] = { &container_subject, &cadvisor_meta_subject };
    for (size_t s = 0; s < KG_ARRAY_LEN(subjects); s++) {
        for (size_t i = 0; i < subjects[s]->n_rows; i++) {
            check_row(subjects[s], i);
        }
        assert_string_equal(subjects[s]->part, "cadvisor");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_the_peer),
        cmocka_unit_test(own_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
