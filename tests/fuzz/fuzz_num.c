/* Whatever scans as a double must print as text that scans as the same double. */
#include "base/num.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = { (const char *)data, size };
    double v, back;
    uint64_t u;
    int64_t i;
    if (num_scan_double(s, &v) == 0 && !isnan(v)) {
        char out[NUM_TEXT_MAX];
        size_t n = num_format_double(out, v);
        if (num_scan_double((struct str){ out, n }, &back) < 0 ||
            memcmp(&v, &back, sizeof(v)) != 0) {
            __builtin_trap();
        }
    }
    if (num_scan_u64(s, &u) == 0 && num_scan_i64(s, &i) == 0 && (uint64_t)i != u) {
        __builtin_trap();
    }
    (void)!num_scan_hex(s, &u);
    return 0;
}
