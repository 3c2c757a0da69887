/* hwmon_tables.h — kinds of sensors and their elements, as constant tables.
 * Uses: node_rows.  Threads: any (constant).  Owner: hwmon. */
#ifndef KG_COLLECTORS_NODE_HWMON_TABLES_H
#define KG_COLLECTORS_NODE_HWMON_TABLES_H

#include "collectors/node/node_rows.h"

#define SENSOR_ELEMENTS_MAX 40

struct sensor_sample {
    uint64_t present;
    struct str chip, sensor;
    double v[SENSOR_ELEMENTS_MAX];
};

struct sensor_kind {
    struct str name; /* "temp" of the file temp1_crit */
    const struct metric_subject *subject;
    const char *const *elements; /* "crit"; element i is v[i] */
    size_t n_elements;
};

/* Ends with a row without elements. */
extern const struct sensor_kind sensor_kinds[];

extern const struct metric_subject in_subject;
extern const struct metric_subject temp_subject;
extern const struct metric_subject curr_subject;
extern const struct metric_subject power_subject;
extern const struct metric_subject energy_subject;
extern const struct metric_subject humidity_subject;
extern const struct metric_subject fan_subject;
extern const struct metric_subject pwm_subject;
extern const struct metric_subject intrusion_subject;

#endif
