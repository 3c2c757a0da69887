/* The registry: what stands in collectors.def. */
#include "collectors/collector.h"

#include <assert.h>

#define COLLECTOR(name) extern const struct collector collector_##name;
#include "collectors/collectors.def"
#undef COLLECTOR

#define COLLECTOR(name) &collector_##name,
const struct collector *const collectors[] = {
#include "collectors/collectors.def"
    NULL,
};
#undef COLLECTOR

struct collector_value collector_option_value(const struct collector_env *env,
                                              const struct collector *c, const char *name)
{
    const struct collector_option *row = c->options;
    while (row && row->name && !str_eq_c(str_of(row->name), name)) {
        row++;
    }
    assert(row && row->name);
    if (env->option) {
        return env->option(env->options, name);
    }
    return (struct collector_value){ .text = row->preset,
                                     .on = str_eq_c(str_of(row->preset), "true") };
}
