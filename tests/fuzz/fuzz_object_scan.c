/* fuzz_object_scan.c — any bytes: where the scan is certain and jansson takes the text, both find
 * the same uid and resourceVersion. */
#include "kube/client/object_scan.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_same(const json_t *object, const struct object_id *id)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const json_t *uid = json_object_get(metadata, "uid");
    const json_t *version = json_object_get(metadata, "resourceVersion");
    struct str want_uid = { json_string_value(uid), json_string_length(uid) };
    struct str want_version = { json_string_value(version), json_string_length(version) };
    if (!json_is_string(uid) || !str_eq(want_uid, id->uid) ||
        (version && !json_is_string(version)) || !str_eq(want_version, id->version)) {
        fprintf(stderr, "the parser finds another uid or resourceVersion\n");
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) {
        return 0;
    }
    char *copy = malloc(size ? size : 1); /* its own size, so that a read beyond it is seen */
    if (!copy) {
        abort();
    }
    memcpy(copy, data, size);
    struct str text = { copy, size }, type;
    struct object_id of_object, of_event;
    bool is_object = object_scan(text, &of_object);
    bool is_event = object_scan_event(text, &type, &of_event);
    /* A key that is repeated is no API server's; jansson would take the last one. */
    json_t *parsed = json_loadb(copy, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    if (parsed && is_object) {
        require_same(parsed, &of_object);
    }
    if (parsed && is_event) {
        const json_t *want = json_object_get(parsed, "type");
        if (!str_eq((struct str){ json_string_value(want), json_string_length(want) }, type)) {
            fprintf(stderr, "the parser finds another type\n");
            abort();
        }
        require_same(json_object_get(parsed, "object"), &of_event);
    }
    json_decref(parsed);
    free(copy);
    return 0;
}
