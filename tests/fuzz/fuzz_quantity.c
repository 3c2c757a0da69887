#include "kube/object/quantity.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All three readings accept the same texts, and only the unrounded one can leave int64's range. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    double milli = 0, whole = 0, approx = 0;
    int r = quantity_milli(text, &milli);
    if (quantity_whole(text, &whole) != r || quantity_approx(text, &approx) != r) {
        abort();
    }
    if (r == 0 && (fabs(milli) > 0x1p63 || fabs(whole) > 0x1p63 || isnan(approx))) {
        abort();
    }
    if (r == 0 && approx >= 1e-9 && approx <= 1e15 && (whole < approx - 1 || whole > approx + 1)) {
        abort();
    }
    return 0;
}
