#include "kube/join/pod_limits.h"

#include "kube/object/json_get.h"
#include "kube/object/quantity.h"

#define RESOURCE "ephemeral-storage"

static double amount(const json_t *list)
{
    double bytes = 0;
    const json_t *quantity = json_object_get(list, RESOURCE);
    return json_quantity(quantity, quantity_whole, &bytes) && bytes > 0 ? bytes : 0;
}

static double limit_of(const json_t *container)
{
    return amount(json_get_object(json_get_object(container, "resources"), "limits"));
}

uint64_t pod_limits_ephemeral(const json_t *object)
{
    const json_t *spec = json_get_object(object, "spec"), *container;
    double sum = 0, sidecars = 0, starting = 0;
    size_t i;
    json_array_foreach (json_get_array(spec, "containers"), i, container) {
        sum += limit_of(container);
    }
    json_array_foreach (json_get_array(spec, "initContainers"), i, container) {
        double own = limit_of(container);
        if (str_eq(json_get_str(container, "restartPolicy"), STR("Always"))) {
            sidecars += own;
            own = 0;
        }
        starting = KG_MAX(starting, sidecars + own);
    }
    sum = KG_MAX(sum + sidecars, starting);
    if (sum > 0) {
        sum += amount(json_get_object(spec, "overhead"));
    }
    return sum < (double)INT64_MAX ? (uint64_t)sum : INT64_MAX;
}
