/* node_power_supply_*: batteries and mains, /sys/class/power_supply, in millionths of base units.
 */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define IGNORED "collector.powersupply.ignored-supplies"
#define NUMBERS 49
#define TEXTS 10

struct supply_sample {
    uint64_t present;
    struct str name;
    int64_t v[NUMBERS];
    struct str text[TEXTS];
};

/* In the order of v. */
static const char *const numbers[NUMBERS] = {
    "authentic",
    "calibrate",
    "capacity",
    "capacity_alert_max",
    "capacity_alert_min",
    "charge_now",
    "charge_control_limit",
    "charge_control_limit_max",
    "charge_counter",
    "charge_empty",
    "charge_empty_design",
    "charge_full",
    "charge_full_design",
    "charge_term_current",
    "constant_charge_current",
    "constant_charge_current_max",
    "constant_charge_voltage",
    "constant_charge_voltage_max",
    "current_now",
    "current_boot",
    "current_max",
    "cycle_count",
    "energy_empty",
    "energy_empty_design",
    "energy_full",
    "energy_full_design",
    "energy_now",
    "input_current_limit",
    "online",
    "power_now",
    "precharge_current",
    "present",
    "temp_alert_max",
    "temp_alert_min",
    "temp_ambient",
    "temp_ambient_max",
    "temp_ambient_min",
    "temp",
    "temp_max",
    "temp_min",
    "time_to_empty_now",
    "time_to_full_now",
    "voltage_boot",
    "voltage_max",
    "voltage_max_design",
    "voltage_min",
    "voltage_min_design",
    "voltage_ocv",
    "voltage_now",
};

/* In the order of the labels of node_power_supply_info. */
static const char *const texts[TEXTS] = {
    "capacity_level", "charge_type", "health",     "manufacturer", "model_name",
    "serial_number",  "status",      "technology", "type",         "usb_type",
};

static void supply_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct supply_sample *)sample)->name);
}

static void put_info(const void *sample, struct metric_writer *out)
{
    metric_put_values(out, 1, ((const struct supply_sample *)sample)->text, TEXTS);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct supply_sample, "node_power_supply_authentic", GAUGE, BIT(0), v[0], 1,
               "/sys/class/power_supply/*/authentic", "Whether the supply is known to be genuine."),
    NODE_VALUE(struct supply_sample, "node_power_supply_calibrate", GAUGE, BIT(1), v[1], 1,
               "/sys/class/power_supply/*/calibrate", "Whether the battery is being calibrated."),
    NODE_VALUE(struct supply_sample, "node_power_supply_capacity", GAUGE, BIT(2), v[2], 1,
               "/sys/class/power_supply/*/capacity", "Charge in percent."),
    NODE_VALUE(struct supply_sample, "node_power_supply_capacity_alert_max", GAUGE, BIT(3), v[3], 1,
               "/sys/class/power_supply/*/capacity_alert_max",
               "Charge in percent at which it alerts."),
    NODE_VALUE(struct supply_sample, "node_power_supply_capacity_alert_min", GAUGE, BIT(4), v[4], 1,
               "/sys/class/power_supply/*/capacity_alert_min",
               "Charge in percent at which it alerts."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_ampere", GAUGE, BIT(5), v[5], 1e-06,
               "/sys/class/power_supply/*/charge_now", "Charge now of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_control_limit", GAUGE, BIT(6), v[6],
               1e-06, "/sys/class/power_supply/*/charge_control_limit",
               "Charge control limit of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_control_limit_max", GAUGE, BIT(7),
               v[7], 1e-06, "/sys/class/power_supply/*/charge_control_limit_max",
               "Charge control limit max of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_counter", GAUGE, BIT(8), v[8], 1e-06,
               "/sys/class/power_supply/*/charge_counter",
               "Charge counter of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_empty", GAUGE, BIT(9), v[9], 1e-06,
               "/sys/class/power_supply/*/charge_empty",
               "Charge empty of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_empty_design", GAUGE, BIT(10), v[10],
               1e-06, "/sys/class/power_supply/*/charge_empty_design",
               "Charge empty design of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_full", GAUGE, BIT(11), v[11], 1e-06,
               "/sys/class/power_supply/*/charge_full",
               "Charge full of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_full_design", GAUGE, BIT(12), v[12],
               1e-06, "/sys/class/power_supply/*/charge_full_design",
               "Charge full design of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_charge_term_current", GAUGE, BIT(13), v[13],
               1e-06, "/sys/class/power_supply/*/charge_term_current",
               "Charge term current of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_constant_charge_current", GAUGE, BIT(14),
               v[14], 1e-06, "/sys/class/power_supply/*/constant_charge_current",
               "Constant charge current of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_constant_charge_current_max", GAUGE,
               BIT(15), v[15], 1e-06, "/sys/class/power_supply/*/constant_charge_current_max",
               "Constant charge current max of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_constant_charge_voltage", GAUGE, BIT(16),
               v[16], 1e-06, "/sys/class/power_supply/*/constant_charge_voltage",
               "Constant charge voltage of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_constant_charge_voltage_max", GAUGE,
               BIT(17), v[17], 1e-06, "/sys/class/power_supply/*/constant_charge_voltage_max",
               "Constant charge voltage max of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_current_ampere", GAUGE, BIT(18), v[18],
               1e-06, "/sys/class/power_supply/*/current_now",
               "Current now of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_current_boot", GAUGE, BIT(19), v[19], 1e-06,
               "/sys/class/power_supply/*/current_boot",
               "Current boot of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_current_max", GAUGE, BIT(20), v[20], 1e-06,
               "/sys/class/power_supply/*/current_max",
               "Current max of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_cyclecount", GAUGE, BIT(21), v[21], 1,
               "/sys/class/power_supply/*/cycle_count", "Times that it was charged."),
    NODE_VALUE(struct supply_sample, "node_power_supply_energy_empty", GAUGE, BIT(22), v[22], 1e-06,
               "/sys/class/power_supply/*/energy_empty",
               "Energy empty of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_energy_empty_design", GAUGE, BIT(23), v[23],
               1e-06, "/sys/class/power_supply/*/energy_empty_design",
               "Energy empty design of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_energy_full", GAUGE, BIT(24), v[24], 1e-06,
               "/sys/class/power_supply/*/energy_full",
               "Energy full of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_energy_full_design", GAUGE, BIT(25), v[25],
               1e-06, "/sys/class/power_supply/*/energy_full_design",
               "Energy full design of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_energy_watthour", GAUGE, BIT(26), v[26],
               1e-06, "/sys/class/power_supply/*/energy_now",
               "Energy now of the supply, in base units."),
    NODE_SERIES(
        "node_power_supply_info", GAUGE, 0, put_info,
        METRIC_LABELS("capacity_level", "charge_type", "health", "manufacturer", "model_name",
                      "serial_number", "status", "technology", "type", "usb_type"),
        "/sys/class/power_supply/*", "What the supply is; a label is empty where it does not say."),
    NODE_VALUE(struct supply_sample, "node_power_supply_input_current_limit", GAUGE, BIT(27), v[27],
               1e-06, "/sys/class/power_supply/*/input_current_limit",
               "Input current limit of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_online", GAUGE, BIT(28), v[28], 1,
               "/sys/class/power_supply/*/online", "Whether it supplies power."),
    NODE_VALUE(struct supply_sample, "node_power_supply_power_watt", GAUGE, BIT(29), v[29], 1e-06,
               "/sys/class/power_supply/*/power_now", "Power now of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_precharge_current", GAUGE, BIT(30), v[30],
               1e-06, "/sys/class/power_supply/*/precharge_current",
               "Precharge current of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_present", GAUGE, BIT(31), v[31], 1,
               "/sys/class/power_supply/*/present", "Whether it is there."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_alert_max_celsius", GAUGE, BIT(32),
               v[32], 0.1, "/sys/class/power_supply/*/temp_alert_max",
               "Temp alert max of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_alert_min_celsius", GAUGE, BIT(33),
               v[33], 0.1, "/sys/class/power_supply/*/temp_alert_min",
               "Temp alert min of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_ambient_celsius", GAUGE, BIT(34),
               v[34], 0.1, "/sys/class/power_supply/*/temp_ambient",
               "Temp ambient of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_ambient_max_celsius", GAUGE, BIT(35),
               v[35], 0.1, "/sys/class/power_supply/*/temp_ambient_max",
               "Temp ambient max of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_ambient_min_celsius", GAUGE, BIT(36),
               v[36], 0.1, "/sys/class/power_supply/*/temp_ambient_min",
               "Temp ambient min of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_celsius", GAUGE, BIT(37), v[37], 0.1,
               "/sys/class/power_supply/*/temp", "Temp of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_max_celsius", GAUGE, BIT(38), v[38],
               0.1, "/sys/class/power_supply/*/temp_max",
               "Temp max of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_temp_min_celsius", GAUGE, BIT(39), v[39],
               0.1, "/sys/class/power_supply/*/temp_min",
               "Temp min of the supply, in degrees Celsius."),
    NODE_VALUE(struct supply_sample, "node_power_supply_time_to_empty_seconds", GAUGE, BIT(40),
               v[40], 1, "/sys/class/power_supply/*/time_to_empty_now", "Time until it is empty."),
    NODE_VALUE(struct supply_sample, "node_power_supply_time_to_full_seconds", GAUGE, BIT(41),
               v[41], 1, "/sys/class/power_supply/*/time_to_full_now", "Time until it is full."),
    NODE_VALUE(struct supply_sample, "node_power_supply_voltage_boot", GAUGE, BIT(42), v[42], 1e-06,
               "/sys/class/power_supply/*/voltage_boot",
               "Voltage boot of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_voltage_max", GAUGE, BIT(43), v[43], 1e-06,
               "/sys/class/power_supply/*/voltage_max",
               "Voltage max of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_voltage_max_design", GAUGE, BIT(44), v[44],
               1e-06, "/sys/class/power_supply/*/voltage_max_design",
               "Voltage max design of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_voltage_min", GAUGE, BIT(45), v[45], 1e-06,
               "/sys/class/power_supply/*/voltage_min",
               "Voltage min of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_voltage_min_design", GAUGE, BIT(46), v[46],
               1e-06, "/sys/class/power_supply/*/voltage_min_design",
               "Voltage min design of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_voltage_ocv", GAUGE, BIT(47), v[47], 1e-06,
               "/sys/class/power_supply/*/voltage_ocv",
               "Voltage ocv of the supply, in base units."),
    NODE_VALUE(struct supply_sample, "node_power_supply_voltage_volt", GAUGE, BIT(48), v[48], 1e-06,
               "/sys/class/power_supply/*/voltage_now",
               "Voltage now of the supply, in base units."),
};

NODE_SUBJECT_OF(supply_subject, "node_powersupplyclass", struct supply_sample, rows, supply_common,
                METRIC_LABELS("power_supply"));

extern const struct collector collector_powersupplyclass;

static const struct collector_option options[] = {
    { IGNORED, COLLECTOR_PATTERN, "^$", "Supplies that are left out." },
    { 0 },
};

struct supplies {
    int dirfd;
    struct node_filter filter;
};

static void supplies_stop(void *state)
{
    struct supplies *p = state;
    kg_close_cleanup(&p->dirfd);
    node_filter_done(&p->filter);
    free(p);
}

static int supplies_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct supplies *p = calloc(1, sizeof(*p));
    if (!p) {
        return node_no_memory(err, "powersupplyclass");
    }
    p->dirfd = node_dir_open(env->sysfs, "class/power_supply", err);
    int r = p->dirfd;
    if (r >= 0) {
        r = node_filter_init(&p->filter, env, &collector_powersupplyclass, IGNORED, NULL, err);
    }
    if (r < 0) {
        supplies_stop(p);
        return r;
    }
    *ret_state = p;
    return 0;
}

static int add_supply(int dirfd, struct str name, struct metric_sink *sink, struct err *err)
{
    auto_close int fd = file_open_dir_at(dirfd, name.p);
    if (fd < 0) {
        return 0; /* gone meanwhile */
    }
    struct supply_sample *s = metric_sink_add(sink, &supply_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->name = name;
    for (size_t i = 0; i < NUMBERS; i++) {
        if (node_i64_at(fd, numbers[i], &s->v[i]) >= 0) {
            s->present |= BIT(i);
        }
    }
    for (size_t i = 0; i < TEXTS; i++) {
        if (node_text_at(fd, texts[i], metric_sink_arena(sink), &s->text[i]) == -ENOMEM) {
            return node_no_memory(err, "powersupplyclass");
        }
    }
    return 0;
}

static int supplies_read(void *state, struct metric_sink *sink, struct err *err)
{
    const struct supplies *p = state;
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(p->dirfd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        if (node_filter_takes(&p->filter, names[i])) {
            r = add_supply(p->dirfd, names[i], sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "class/power_supply") : 0;
}

static const struct metric_subject *const subjects[] = { &supply_subject, NULL };

const struct collector collector_powersupplyclass = {
    .name = "powersupplyclass",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = supplies_start,
    .read = supplies_read,
    .stop = supplies_stop,
};
