/* fuzz_watch_event.c — any bytes as an event: what stands in it is read without reading past it. */
#include "kube/client/watch_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) {
        return 0;
    }
    json_t *got = watch_parse((struct str){ (const char *)data, size }, NULL);
    struct watch_event event;
    if (got && watch_event_read(got, &event, NULL) == 0 && event.type == WATCH_EVENT_ERROR) {
        struct watch_status status = watch_status_read(event.object);
        if (status.code < 0 || status.code > 999 || status.retry_after_ms < -1) {
            abort();
        }
    }
    json_decref(got);
    return 0;
}
