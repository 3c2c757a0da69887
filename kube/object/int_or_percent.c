#include "kube/object/int_or_percent.h"

#include "base/num.h"
#include "kube/object/json_get.h"

#include <math.h>

/* Doubles hold every whole number up to here; nothing of a cluster is larger. */
#define WHOLE_MAX 9007199254740992.0

bool int_or_percent(const json_t *value, int64_t of, bool round_up, int64_t *ret)
{
    struct str text = json_text(value);
    int64_t percent;
    if (json_is_integer(value)) {
        *ret = json_integer_value(value);
        return true;
    }
    if (!str_eat_end(&text, STR("%")) || num_scan_signed(text, &percent) < 0) {
        return false;
    }
    double part = (double)percent * (double)of / 100;
    if (!(fabs(part) < WHOLE_MAX)) {
        return false;
    }
    *ret = (int64_t)(round_up ? ceil(part) : floor(part));
    return true;
}
