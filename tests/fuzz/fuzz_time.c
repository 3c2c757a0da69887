/* A time that reads must lie in the years 0000 to 9999, offsets included. */
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t sec;
    if (clock_parse_rfc3339((struct str){ (const char *)data, size }, &sec) == 0 &&
        (sec < -62167219200 - 86400 || sec > 253402300799 + 86400)) {
        __builtin_trap();
    }
    return 0;
}
