/* Whatever the bytes, a zone that reads has an offset of less than a week at any time. */
#include "base/limits.h"
#include "kube/object/tzfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t times[] = { INT64_C(-62135596800), -1, 0, 1772600767,
                                     INT64_C(253402300799) };
    const int32_t week_sec = 7 * 86400;
    struct arena mem;
    struct tz_zone zone;
    arena_init(&mem, 1 * MIB);
    if (tz_parse((struct str){ (const char *)data, size }, &mem, &zone) == 0) {
        for (size_t i = 0; i < KG_ARRAY_LEN(times); i++) {
            int32_t offset = tz_offset(&zone, times[i]);
            if (offset <= -week_sec || offset >= week_sec + 3600) {
                abort();
            }
        }
    }
    arena_done(&mem);
    return 0;
}
