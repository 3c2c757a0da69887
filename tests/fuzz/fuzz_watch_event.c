/* fuzz_watch_event.c — any bytes as an event: what jansson takes is taken with managedFields cut
 * out, and is the same but for them. */
#include "base/limits.h"
#include "kube/client/watch_event.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Empties every array under a key managedFields, so that both sides can be compared. */
static void empty_managed_fields(json_t *value)
{
    json_t *stack[4096];
    size_t n = 0;
    stack[n++] = value;
    while (n > 0) {
        json_t *top = stack[--n];
        const char *key;
        json_t *child;
        size_t i;
        json_object_foreach (top, key, child) {
            if (strcmp(key, "managedFields") == 0 && json_is_array(child)) {
                json_array_clear(child);
            }
            if (n < KG_ARRAY_LEN(stack)) {
                stack[n++] = child;
            }
        }
        json_array_foreach (top, i, child) {
            if (n < KG_ARRAY_LEN(stack)) {
                stack[n++] = child;
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) {
        return 0;
    }
    struct str text = { (const char *)data, size };
    struct buf scratch = BUF_INIT(LIMIT_OBJECT_BYTES);
    json_t *got = watch_parse(text, &scratch, NULL);
    json_t *want = json_loadb(text.p ? text.p : "", text.n, JSON_ALLOW_NUL, NULL);
    if (want) {
        empty_managed_fields(want);
        if (got) {
            empty_managed_fields(got);
        }
        if (!got || !json_equal(got, want)) {
            fprintf(stderr, "cutting managedFields changed the rest\n");
            abort();
        }
    }
    struct watch_event event;
    if (got && watch_event_read(got, &event, NULL) == 0 && event.type == WATCH_EVENT_ERROR) {
        struct watch_status status = watch_status_read(event.object);
        if (status.code < 0 || status.code > 999 || status.retry_after_ms < -1) {
            abort();
        }
    }
    json_decref(got);
    json_decref(want);
    buf_done(&scratch);
    return 0;
}
