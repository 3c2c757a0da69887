/* The registry: what stands in collectors.def. */
#include "collectors/collector.h"

#define COLLECTOR(name) extern const struct collector collector_##name;
#include "collectors/collectors.def"
#undef COLLECTOR

#define COLLECTOR(name) &collector_##name,
const struct collector *const collectors[] = {
#include "collectors/collectors.def"
    NULL,
};
#undef COLLECTOR
