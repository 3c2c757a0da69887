/* fuzz_json_read.c — any bytes as an object: where jansson takes them whole and something is read,
 * it is what is wanted of jansson's tree; and whatever is read is a sound tree. */
#include "kube/client/json_read.h"
#include "tests/support/json_wanted_of.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = { "a", "m.f", "m.o.u", "s.c.e.", "s.c.p", "o", NULL };

static void check(const struct json_wanted *wanted, json_t *got, struct str text, uint32_t node)
{
    json_t *whole = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
    if (whole && got) {
        json_t *want = json_wanted_of(whole, wanted, node);
        if (!json_equal(got, want)) {
            fprintf(stderr, "another tree than jansson's\n");
            abort();
        }
        json_decref(want);
    } else if (got) {
        char *again = json_dumps(got, JSON_COMPACT);
        if (!again) {
            fprintf(stderr, "a tree that is not sound\n");
            abort();
        }
        free(again);
    }
    json_decref(whole);
    json_decref(got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) {
        return 0;
    }
    struct json_wanted *wanted = json_wanted_new();
    char *copy = malloc(size ? size : 1); /* its own size, so that a read beyond it is seen */
    if (!wanted || !copy || json_wanted_add_list(wanted, paths) < 0) {
        abort();
    }
    memcpy(copy, data, size);
    struct str text = { copy, size };
    check(wanted, json_read_object(wanted, text), text, JSON_WANTED_OBJECT);
    check(wanted, json_read_event(wanted, text), text, JSON_WANTED_EVENT);
    free(copy);
    json_wanted_free(wanted);
    return 0;
}
