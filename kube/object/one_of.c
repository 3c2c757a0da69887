#include "kube/object/one_of.h"

void kube_put_one_of(struct metric_writer *out, struct str value, const struct str *known, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        metric_put(out, str_eq(value, known[i]), known[i]);
    }
}
