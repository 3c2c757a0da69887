/* fuzz_json_cut.c — any bytes as an object: if it is JSON, then so is what is left of it, and
 * nothing else is missing; if it is none, nothing is read past its end. */
#include "base/limits.h"
#include "kube/client/json_cut.h"
#include "tests/support/json_paths.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = { "a", "m.f", "m.o.u", "s.c.e", "s.c.p", "o", NULL };

static void check(struct str text, struct str left)
{
    json_t *want = json_loadb(text.p ? text.p : "", text.n, JSON_ALLOW_NUL, NULL);
    if (!want) {
        return;
    }
    json_t *got = json_loadb(left.p, left.n, JSON_ALLOW_NUL, NULL);
    for (size_t i = 0; paths[i]; i++) {
        json_paths_set(want, paths[i], NULL);
        json_paths_set(got, paths[i], NULL); /* what was written in another way stays */
    }
    if (!got || !json_equal(got, want)) {
        fprintf(stderr, "cutting changed the rest\n");
        abort();
    }
    json_decref(got);
    json_decref(want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const *const lists[] = { paths };
    if (size > 4096) {
        return 0;
    }
    struct buf scratch = BUF_INIT(LIMIT_OBJECT_BYTES);
    struct json_cut *cut = json_cut_new(lists, KG_ARRAY_LEN(lists));
    struct str text = { (const char *)data, size };
    if (cut) {
        check(text, json_cut_object(cut, text, &scratch));
    }
    json_cut_free(cut);
    buf_done(&scratch);
    return 0;
}
