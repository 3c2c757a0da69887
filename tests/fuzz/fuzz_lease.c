/* fuzz_lease.c — any JSON as a Lease: what is read can be written, and reads back the same. */
#include "kube/lease/lease.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *object = json_loadb((const char *)data, size, 0, NULL);
    struct lease l, again;
    if (lease_decode(object, &l, NULL) == 0) {
        json_t *patch = lease_to_patch(&l), *create = lease_to_create(&l, "n", "ns");
        if (!patch || !create || lease_decode(patch, &again, NULL) < 0 ||
            !str_eq(str_of(l.holder), str_of(again.holder)) ||
            !str_eq(str_of(l.note), str_of(again.note)) || l.duration_sec != again.duration_sec ||
            l.transitions != again.transitions) {
            abort();
        }
        json_decref(patch);
        json_decref(create);
    }
    json_decref(object);
    return 0;
}
