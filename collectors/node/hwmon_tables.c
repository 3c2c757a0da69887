/* The sensors of hwmon as tables: for each kind of sensor its elements, in the order of its rows.
 */
#include "collectors/node/hwmon_tables.h"

static void put_chip(const void *sample, struct metric_writer *out)
{
    const struct chip_sample *s = sample;
    metric_put(out, 1, s->chip, s->chip_name);
}

static const struct metric_family chip_rows[] = {
    NODE_SERIES("node_hwmon_chip_names", GAUGE, 0, put_chip, METRIC_LABELS("chip", "chip_name"),
                "/sys/class/hwmon/hwmon*/name", "What the driver calls the chip."),
};

NODE_SUBJECT(chip_subject, "node_hwmon_chip", struct chip_sample, chip_rows);

static void put_label(const void *sample, struct metric_writer *out)
{
    const struct label_sample *s = sample;
    metric_put(out, 1, s->chip, s->label, s->sensor);
}

static const struct metric_family label_rows[] = {
    NODE_SERIES("node_hwmon_sensor_label", GAUGE, 0, put_label,
                METRIC_LABELS("chip", "label", "sensor"), "/sys/class/hwmon/hwmon*/*_label",
                "What the driver calls the sensor."),
};

NODE_SUBJECT(label_subject, "node_hwmon_label", struct label_sample, label_rows);

static void sensor_common(const void *sample, struct metric_writer *out)
{
    const struct sensor_sample *s = sample;
    metric_common(out, s->chip);
    metric_common(out, s->sensor);
}

#define SENSOR(family, kind, at, scale, file, text)                                                \
    NODE_VALUE(struct sensor_sample, family, kind, BIT(at), v[at], scale,                          \
               "/sys/class/hwmon/hwmon*/" file, text)

static const struct metric_family in_rows[] = {
    SENSOR("node_hwmon_in_alarm", GAUGE, 0, 1, "in*_alarm", "Whether the alarm is on."),
    SENSOR("node_hwmon_in_average_volts", GAUGE, 1, 0.001, "in*_average", "Average, voltage."),
    SENSOR("node_hwmon_in_beep_enabled", GAUGE, 2, 1, "in*_beep", "Whether an alarm beeps."),
    SENSOR("node_hwmon_in_crit_alarm_volts", GAUGE, 3, 0.001, "in*_crit_alarm",
           "Whether this alarm of the voltage is on, scaled as the peer has it."),
    SENSOR("node_hwmon_in_crit_volts", GAUGE, 4, 0.001, "in*_crit",
           "Critical above this, voltage."),
    SENSOR("node_hwmon_in_enable_volts", GAUGE, 5, 0.001, "in*_enable",
           "Whether the sensor is on, scaled as the peer has it."),
    SENSOR("node_hwmon_in_fault", GAUGE, 6, 1, "in*_fault", "Whether the sensor is broken."),
    SENSOR("node_hwmon_in_highest_volts", GAUGE, 7, 0.001, "in*_highest",
           "Highest so far, voltage."),
    SENSOR("node_hwmon_in_lcrit_alarm_volts", GAUGE, 8, 0.001, "in*_lcrit_alarm",
           "Whether this alarm of the voltage is on, scaled as the peer has it."),
    SENSOR("node_hwmon_in_lcrit_volts", GAUGE, 9, 0.001, "in*_lcrit",
           "Critical below this, voltage."),
    SENSOR("node_hwmon_in_lowest_volts", GAUGE, 10, 0.001, "in*_lowest", "Lowest so far, voltage."),
    SENSOR("node_hwmon_in_max_alarm_volts", GAUGE, 11, 0.001, "in*_max_alarm",
           "Whether this alarm of the voltage is on, scaled as the peer has it."),
    SENSOR("node_hwmon_in_max_volts", GAUGE, 12, 0.001, "in*_max",
           "Highest that is fine, voltage."),
    SENSOR("node_hwmon_in_min_alarm_volts", GAUGE, 13, 0.001, "in*_min_alarm",
           "Whether this alarm of the voltage is on, scaled as the peer has it."),
    SENSOR("node_hwmon_in_min_volts", GAUGE, 14, 0.001, "in*_min", "Lowest that is fine, voltage."),
    SENSOR("node_hwmon_in_rated_max_volts", GAUGE, 15, 0.001, "in*_rated_max",
           "Highest by the maker, voltage."),
    SENSOR("node_hwmon_in_rated_min_volts", GAUGE, 16, 0.001, "in*_rated_min",
           "Lowest by the maker, voltage."),
    SENSOR("node_hwmon_in_volts", GAUGE, 17, 0.001, "in*_input", "Voltage."),
};
static const char *const in_elements[] = { "alarm",       "average",   "beep",   "crit_alarm",
                                           "crit",        "enable",    "fault",  "highest",
                                           "lcrit_alarm", "lcrit",     "lowest", "max_alarm",
                                           "max",         "min_alarm", "min",    "rated_max",
                                           "rated_min",   "input" };
NODE_SUBJECT_OF(in_subject, "node_hwmon_in", struct sensor_sample, in_rows, sensor_common,
                METRIC_LABELS("chip", "sensor"));

static const struct metric_family temp_rows[] = {
    SENSOR("node_hwmon_temp_alarm", GAUGE, 0, 1, "temp*_alarm", "Whether the alarm is on."),
    SENSOR("node_hwmon_temp_average_celsius", GAUGE, 1, 0.001, "temp*_average",
           "Average, temperature."),
    SENSOR("node_hwmon_temp_beep_enabled", GAUGE, 2, 1, "temp*_beep", "Whether an alarm beeps."),
    SENSOR("node_hwmon_temp_celsius", GAUGE, 3, 0.001, "temp*_input", "Temperature."),
    SENSOR("node_hwmon_temp_crit_alarm_celsius", GAUGE, 4, 0.001, "temp*_crit_alarm",
           "Whether the critical alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_temp_crit_celsius", GAUGE, 5, 0.001, "temp*_crit",
           "Critical above this, temperature."),
    SENSOR("node_hwmon_temp_crit_hyst_celsius", GAUGE, 6, 0.001, "temp*_crit_hyst",
           "Where the critical alarm ends."),
    SENSOR("node_hwmon_temp_emergency_alarm_celsius", GAUGE, 7, 0.001, "temp*_emergency_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_temp_emergency_celsius", GAUGE, 8, 0.001, "temp*_emergency",
           "Emergency above this."),
    SENSOR("node_hwmon_temp_emergency_hyst_celsius", GAUGE, 9, 0.001, "temp*_emergency_hyst",
           "Where the emergency ends."),
    SENSOR("node_hwmon_temp_fault", GAUGE, 10, 1, "temp*_fault", "Whether the sensor is broken."),
    SENSOR("node_hwmon_temp_highest_celsius", GAUGE, 11, 0.001, "temp*_highest",
           "Highest so far, temperature."),
    SENSOR("node_hwmon_temp_lcrit_alarm_celsius", GAUGE, 12, 0.001, "temp*_lcrit_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_temp_lcrit_celsius", GAUGE, 13, 0.001, "temp*_lcrit",
           "Critical below this, temperature."),
    SENSOR("node_hwmon_temp_lcrit_hyst_celsius", GAUGE, 14, 0.001, "temp*_lcrit_hyst",
           "Where the lower critical alarm ends."),
    SENSOR("node_hwmon_temp_lowest_celsius", GAUGE, 15, 0.001, "temp*_lowest",
           "Lowest so far, temperature."),
    SENSOR("node_hwmon_temp_max_alarm_celsius", GAUGE, 16, 0.001, "temp*_max_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_temp_max_celsius", GAUGE, 17, 0.001, "temp*_max",
           "Highest that is fine, temperature."),
    SENSOR("node_hwmon_temp_max_hyst_celsius", GAUGE, 18, 0.001, "temp*_max_hyst",
           "Where the upper alarm ends."),
    SENSOR("node_hwmon_temp_min_alarm_celsius", GAUGE, 19, 0.001, "temp*_min_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_temp_min_celsius", GAUGE, 20, 0.001, "temp*_min",
           "Lowest that is fine, temperature."),
    SENSOR("node_hwmon_temp_min_hyst_celsius", GAUGE, 21, 0.001, "temp*_min_hyst",
           "Where the lower alarm ends."),
    SENSOR("node_hwmon_temp_offset_celsius", GAUGE, 22, 0.001, "temp*_offset",
           "What is added to the reading."),
    SENSOR("node_hwmon_temp_rated_max_celsius", GAUGE, 23, 0.001, "temp*_rated_max",
           "Highest by the maker, temperature."),
    SENSOR("node_hwmon_temp_rated_min_celsius", GAUGE, 24, 0.001, "temp*_rated_min",
           "Lowest by the maker, temperature."),
    SENSOR("node_hwmon_temp_type", GAUGE, 25, 1, "temp*_type",
           "Kind of the sensor, as the kernel numbers it."),
};
static const char *const temp_elements[] = { "alarm",       "average",
                                             "beep",        "input",
                                             "crit_alarm",  "crit",
                                             "crit_hyst",   "emergency_alarm",
                                             "emergency",   "emergency_hyst",
                                             "fault",       "highest",
                                             "lcrit_alarm", "lcrit",
                                             "lcrit_hyst",  "lowest",
                                             "max_alarm",   "max",
                                             "max_hyst",    "min_alarm",
                                             "min",         "min_hyst",
                                             "offset",      "rated_max",
                                             "rated_min",   "type" };
NODE_SUBJECT_OF(temp_subject, "node_hwmon_temp", struct sensor_sample, temp_rows, sensor_common,
                METRIC_LABELS("chip", "sensor"));

static const struct metric_family curr_rows[] = {
    SENSOR("node_hwmon_curr_alarm", GAUGE, 0, 1, "curr*_alarm", "Whether the alarm is on."),
    SENSOR("node_hwmon_curr_amps", GAUGE, 1, 0.001, "curr*_input", "Current."),
    SENSOR("node_hwmon_curr_average_amps", GAUGE, 2, 0.001, "curr*_average", "Average, current."),
    SENSOR("node_hwmon_curr_beep_enabled", GAUGE, 3, 1, "curr*_beep", "Whether an alarm beeps."),
    SENSOR("node_hwmon_curr_crit_alarm_amps", GAUGE, 4, 0.001, "curr*_crit_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_curr_crit_amps", GAUGE, 5, 0.001, "curr*_crit",
           "Critical above this, current."),
    SENSOR("node_hwmon_curr_highest_amps", GAUGE, 6, 0.001, "curr*_highest",
           "Highest so far, current."),
    SENSOR("node_hwmon_curr_lcrit_alarm_amps", GAUGE, 7, 0.001, "curr*_lcrit_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_curr_lcrit_amps", GAUGE, 8, 0.001, "curr*_lcrit",
           "Critical below this, current."),
    SENSOR("node_hwmon_curr_lowest_amps", GAUGE, 9, 0.001, "curr*_lowest",
           "Lowest so far, current."),
    SENSOR("node_hwmon_curr_max_alarm_amps", GAUGE, 10, 0.001, "curr*_max_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_curr_max_amps", GAUGE, 11, 0.001, "curr*_max",
           "Highest that is fine, current."),
    SENSOR("node_hwmon_curr_min_alarm_amps", GAUGE, 12, 0.001, "curr*_min_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_curr_min_amps", GAUGE, 13, 0.001, "curr*_min",
           "Lowest that is fine, current."),
    SENSOR("node_hwmon_curr_rated_max_amps", GAUGE, 14, 0.001, "curr*_rated_max",
           "Highest by the maker, current."),
    SENSOR("node_hwmon_curr_rated_min_amps", GAUGE, 15, 0.001, "curr*_rated_min",
           "Lowest by the maker, current."),
};
static const char *const curr_elements[] = { "alarm",      "input",  "average",   "beep",
                                             "crit_alarm", "crit",   "highest",   "lcrit_alarm",
                                             "lcrit",      "lowest", "max_alarm", "max",
                                             "min_alarm",  "min",    "rated_max", "rated_min" };
NODE_SUBJECT_OF(curr_subject, "node_hwmon_curr", struct sensor_sample, curr_rows, sensor_common,
                METRIC_LABELS("chip", "sensor"));

static const struct metric_family power_rows[] = {
    SENSOR("node_hwmon_power_accuracy", GAUGE, 0, 1e-06, "power*_accuracy",
           "Accuracy of the meter."),
    SENSOR("node_hwmon_power_alarm", GAUGE, 1, 1, "power*_alarm", "Whether the alarm is on."),
    SENSOR("node_hwmon_power_average_highest_watt", GAUGE, 2, 1e-06, "power*_average_highest",
           "Highest average."),
    SENSOR("node_hwmon_power_average_interval_max_seconds", GAUGE, 3, 0.001,
           "power*_average_interval_max", "Time over which is averaged."),
    SENSOR("node_hwmon_power_average_interval_min_seconds", GAUGE, 4, 0.001,
           "power*_average_interval_min", "Time over which is averaged."),
    SENSOR("node_hwmon_power_average_interval_seconds", GAUGE, 5, 0.001, "power*_average_interval",
           "Time over which is averaged."),
    SENSOR("node_hwmon_power_average_lowest_watt", GAUGE, 6, 1e-06, "power*_average_lowest",
           "Lowest average."),
    SENSOR("node_hwmon_power_average_max_watt", GAUGE, 7, 1e-06, "power*_average_max",
           "Highest average that is fine."),
    SENSOR("node_hwmon_power_average_min_watt", GAUGE, 8, 1e-06, "power*_average_min",
           "Lowest average that is fine."),
    SENSOR("node_hwmon_power_average_watt", GAUGE, 9, 1e-06, "power*_average", "Average, power."),
    SENSOR("node_hwmon_power_cap_alarm_watt", GAUGE, 10, 1e-06, "power*_cap_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_power_cap_hyst_watt", GAUGE, 11, 1e-06, "power*_cap_hyst",
           "Where capping ends."),
    SENSOR("node_hwmon_power_cap_max_watt", GAUGE, 12, 1e-06, "power*_cap_max", "Highest cap."),
    SENSOR("node_hwmon_power_cap_min_watt", GAUGE, 13, 1e-06, "power*_cap_min", "Lowest cap."),
    SENSOR("node_hwmon_power_cap_watt", GAUGE, 14, 1e-06, "power*_cap",
           "Power that is not to be passed."),
    SENSOR("node_hwmon_power_crit_alarm_watt", GAUGE, 15, 1e-06, "power*_crit_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_power_crit_watt", GAUGE, 16, 1e-06, "power*_crit",
           "Critical above this, power."),
    SENSOR("node_hwmon_power_highest_watt", GAUGE, 17, 1e-06, "power*_highest",
           "Highest so far, power."),
    SENSOR("node_hwmon_power_input_highest_watt", GAUGE, 18, 1e-06, "power*_input_highest",
           "Highest so far."),
    SENSOR("node_hwmon_power_input_lowest_watt", GAUGE, 19, 1e-06, "power*_input_lowest",
           "Lowest so far."),
    SENSOR("node_hwmon_power_lcrit_watt", GAUGE, 20, 1e-06, "power*_lcrit",
           "Critical below this, power."),
    SENSOR("node_hwmon_power_lowest_watt", GAUGE, 21, 1e-06, "power*_lowest",
           "Lowest so far, power."),
    SENSOR("node_hwmon_power_max_alarm_watt", GAUGE, 22, 1e-06, "power*_max_alarm",
           "Whether this alarm is on, scaled as the peer has it."),
    SENSOR("node_hwmon_power_max_watt", GAUGE, 23, 1e-06, "power*_max",
           "Highest that is fine, power."),
    SENSOR("node_hwmon_power_min_watt", GAUGE, 24, 1e-06, "power*_min",
           "Lowest that is fine, power."),
    SENSOR("node_hwmon_power_rated_max_watt", GAUGE, 25, 1e-06, "power*_rated_max",
           "Highest by the maker, power."),
    SENSOR("node_hwmon_power_rated_min_watt", GAUGE, 26, 1e-06, "power*_rated_min",
           "Lowest by the maker, power."),
    SENSOR("node_hwmon_power_watt", GAUGE, 27, 1e-06, "power*_input", "Power."),
};
static const char *const power_elements[] = { "accuracy",
                                              "alarm",
                                              "average_highest",
                                              "average_interval_max",
                                              "average_interval_min",
                                              "average_interval",
                                              "average_lowest",
                                              "average_max",
                                              "average_min",
                                              "average",
                                              "cap_alarm",
                                              "cap_hyst",
                                              "cap_max",
                                              "cap_min",
                                              "cap",
                                              "crit_alarm",
                                              "crit",
                                              "highest",
                                              "input_highest",
                                              "input_lowest",
                                              "lcrit",
                                              "lowest",
                                              "max_alarm",
                                              "max",
                                              "min",
                                              "rated_max",
                                              "rated_min",
                                              "input" };
NODE_SUBJECT_OF(power_subject, "node_hwmon_power", struct sensor_sample, power_rows, sensor_common,
                METRIC_LABELS("chip", "sensor"));

static const struct metric_family energy_rows[] = {
    SENSOR("node_hwmon_energy_enable_joule_total", COUNTER, 0, 1e-06, "energy*_enable",
           "Whether the sensor is on, scaled as the peer has it."),
    SENSOR("node_hwmon_energy_joule_total", COUNTER, 1, 1e-06, "energy*_input", "Energy."),
};
static const char *const energy_elements[] = { "enable", "input" };
NODE_SUBJECT_OF(energy_subject, "node_hwmon_energy", struct sensor_sample, energy_rows,
                sensor_common, METRIC_LABELS("chip", "sensor"));

static const struct metric_family humidity_rows[] = {
    SENSOR("node_hwmon_humidity", GAUGE, 0, 1e-06, "humidity*_input", "Relative humidity."),
};
static const char *const humidity_elements[] = { "input" };
NODE_SUBJECT_OF(humidity_subject, "node_hwmon_humidity", struct sensor_sample, humidity_rows,
                sensor_common, METRIC_LABELS("chip", "sensor"));

static const struct metric_family fan_rows[] = {
    SENSOR("node_hwmon_fan_alarm", GAUGE, 0, 1, "fan*_alarm", "Whether the alarm is on."),
    SENSOR("node_hwmon_fan_beep_enabled", GAUGE, 1, 1, "fan*_beep", "Whether an alarm beeps."),
    SENSOR("node_hwmon_fan_div", GAUGE, 2, 1, "fan*_div", "Divisor of the sensor."),
    SENSOR("node_hwmon_fan_enable", GAUGE, 3, 1, "fan*_enable", "Whether the sensor is on."),
    SENSOR("node_hwmon_fan_fault", GAUGE, 4, 1, "fan*_fault", "Whether the fan is broken."),
    SENSOR("node_hwmon_fan_max_alarm", GAUGE, 5, 1, "fan*_max_alarm", "Whether this alarm is on."),
    SENSOR("node_hwmon_fan_max_rpm", GAUGE, 6, 1, "fan*_max", "Most turns that are fine."),
    SENSOR("node_hwmon_fan_min_alarm", GAUGE, 7, 1, "fan*_min_alarm", "Whether this alarm is on."),
    SENSOR("node_hwmon_fan_min_rpm", GAUGE, 8, 1, "fan*_min", "Fewest turns that are fine."),
    SENSOR("node_hwmon_fan_pulses", GAUGE, 9, 1, "fan*_pulses", "Pulses for a turn."),
    SENSOR("node_hwmon_fan_rpm", GAUGE, 10, 1, "fan*_input", "Turns in a minute."),
    SENSOR("node_hwmon_fan_target_rpm", GAUGE, 11, 1, "fan*_target", "Turns that are wanted."),
};
static const char *const fan_elements[] = { "alarm", "beep",      "div",   "enable",
                                            "fault", "max_alarm", "max",   "min_alarm",
                                            "min",   "pulses",    "input", "target" };
NODE_SUBJECT_OF(fan_subject, "node_hwmon_fan", struct sensor_sample, fan_rows, sensor_common,
                METRIC_LABELS("chip", "sensor"));

static const struct metric_family pwm_rows[] = {
    SENSOR("node_hwmon_pwm", GAUGE, 0, 1, "pwm*", "Power of the fan, 0 to 255."),
    SENSOR("node_hwmon_pwm_enable", GAUGE, 1, 1, "pwm*_enable",
           "How the fan is controlled, as the kernel numbers it."),
    SENSOR("node_hwmon_pwm_freq", GAUGE, 2, 1, "pwm*_freq", "Base frequency."),
    SENSOR("node_hwmon_pwm_mode", GAUGE, 3, 1, "pwm*_mode", "Direct or pulsed current."),
};
static const char *const pwm_elements[] = { "", "enable", "freq", "mode" };
NODE_SUBJECT_OF(pwm_subject, "node_hwmon_pwm", struct sensor_sample, pwm_rows, sensor_common,
                METRIC_LABELS("chip", "sensor"));

static const struct metric_family intrusion_rows[] = {
    SENSOR("node_hwmon_intrusion_alarm", GAUGE, 0, 1, "intrusion*_alarm",
           "Whether the case was opened."),
    SENSOR("node_hwmon_intrusion_beep_enabled", GAUGE, 1, 1, "intrusion*_beep",
           "Whether an opened case beeps."),
};
static const char *const intrusion_elements[] = { "alarm", "beep" };
NODE_SUBJECT_OF(intrusion_subject, "node_hwmon_intrusion", struct sensor_sample, intrusion_rows,
                sensor_common, METRIC_LABELS("chip", "sensor"));

static const char *const none[] = { NULL }; /* all that these kinds have stands in no table */

const struct sensor_kind sensor_kinds[] = {
    { STR_INIT("in"), &in_subject, in_elements, KG_ARRAY_LEN(in_elements) },
    { STR_INIT("temp"), &temp_subject, temp_elements, KG_ARRAY_LEN(temp_elements) },
    { STR_INIT("curr"), &curr_subject, curr_elements, KG_ARRAY_LEN(curr_elements) },
    { STR_INIT("power"), &power_subject, power_elements, KG_ARRAY_LEN(power_elements) },
    { STR_INIT("energy"), &energy_subject, energy_elements, KG_ARRAY_LEN(energy_elements) },
    { STR_INIT("humidity"), &humidity_subject, humidity_elements, KG_ARRAY_LEN(humidity_elements) },
    { STR_INIT("fan"), &fan_subject, fan_elements, KG_ARRAY_LEN(fan_elements) },
    { STR_INIT("pwm"), &pwm_subject, pwm_elements, KG_ARRAY_LEN(pwm_elements) },
    { STR_INIT("intrusion"), &intrusion_subject, intrusion_elements,
      KG_ARRAY_LEN(intrusion_elements) },
    { STR_INIT("cpu"), NULL, none, 0 },
    { STR_INIT("freq"), NULL, none, 0 },
    { STR_INIT("vrm"), NULL, none, 0 },
    { STR_INIT("beep_enable"), NULL, none, 0 },
    { STR_INIT("update_interval"), NULL, none, 0 },
    { .elements = NULL },
};

const struct metric_subject *const hwmon_subjects[] = {
    &chip_subject, &label_subject, &in_subject,        &temp_subject,
    &curr_subject, &power_subject, &energy_subject,    &humidity_subject,
    &fan_subject,  &pwm_subject,   &intrusion_subject, NULL
};
