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

struct chip_sample {
    uint64_t present;
    struct str chip, chip_name;
};

struct label_sample {
    uint64_t present;
    struct str chip, label, sensor;
};

struct sensor_kind {
    struct str name;                      /* "temp" of the file temp1_crit */
    const struct metric_subject *subject; /* NULL: none of its elements stands in a table */
    const char *const *elements;          /* "crit"; element i is v[i] */
    size_t n_elements;
};

/* Ends with a row without elements. */
extern const struct sensor_kind sensor_kinds[];

/* All subjects, NULL-terminated; the first two are of struct chip_sample and label_sample. */
enum { HWMON_CHIP, HWMON_LABEL };
extern const struct metric_subject *const hwmon_subjects[];

#endif
