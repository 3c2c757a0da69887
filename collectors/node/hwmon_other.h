/* hwmon_other.h — what drivers tell of sensors beyond the kernel's common elements, which stand in
 * no table: pwm1_auto_point1_temp, fan1_tolerance, freq1_input.
 * Uses: metrics/loose.  Threads: the collector's.  Owner: hwmon. */
#ifndef KG_COLLECTORS_NODE_HWMON_OTHER_H
#define KG_COLLECTORS_NODE_HWMON_OTHER_H

#include "metrics/loose.h"

struct hwmon_value {
    struct str chip, sensor;
    struct str kind, element; /* "pwm", "auto_point1_temp" */
    struct str label;         /* of the sensor; only looked at for freq, whose sensor it then is */
    double value;             /* as the file has it */
};

/* Lower case, with '_' for what a metric's name may not have, and none at the ends; in mem.
 * Errors: -ENOMEM. */
int hwmon_clean(struct str text, struct arena *mem, struct str *ret);

/* Adds the value to the family that the peer has it in, in its unit; or not, where the peer has
 * none. Errors: -ENOMEM. */
int hwmon_other_add(struct loose_set *set, const struct hwmon_value *v);

#endif
