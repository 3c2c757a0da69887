/* A schedule that reads fires, if at all, after the time that is asked for and within the years
 * that are looked at, with quirks and without. */
#include "base/limits.h"
#include "kube/object/cron.h"

#define AFTER INT64_C(1772600767)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;
    arena_init(&mem, 1 * MIB);
    for (int quirks = 0; quirks < 2; quirks++) {
        struct cron_schedule schedule;
        int64_t next;
        int r = cron_parse((struct str){ (const char *)data, size }, STR("UTC"), quirks, &mem,
                           &schedule);
        if (r == 0 && cron_next(&schedule, AFTER, &next)) {
            bool soon = next - AFTER < INT64_C(6) * 366 * 86400;
            if (next <= AFTER || (!soon && schedule.every_sec == 0)) {
                abort();
            }
        }
    }
    arena_done(&mem);
    return 0;
}
