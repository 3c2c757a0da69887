/* fuzz_reads.c — any object of any kind: the first byte says which, the rest is its text. Where
 * jansson takes it whole and what the kind reads of it can be told, both give the same series. */
#include "kube/client/json_read.h"
#include "kube/client/json_wanted.h"
#include "tests/support/kind_series.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A kind with or without all labels and annotations, made once. */
static struct subject {
    struct kind_series series;
    struct json_wanted *wanted;
} subjects[KUBE_N_RESOURCES][2];

static const struct subject *subject_of(uint8_t choice)
{
    size_t kind = choice / 2 % KUBE_N_RESOURCES;
    bool in_full = choice % 2 != 0;
    struct subject *s = &subjects[kind][in_full];
    if (!s->wanted) {
        s->wanted = kube_resource_wanted(kube_resources[kind], in_full, in_full, NULL);
        if (!s->wanted || !kind_series_init(&s->series, kube_resources[kind], in_full)) {
            abort();
        }
    }
    return s;
}

static void require_same(const struct subject *s, const json_t *whole, const json_t *part)
{
    struct buf want = BUF_INIT(64 * MIB), have = BUF_INIT(64 * MIB);
    if (kind_series_put(&s->series, whole, &want) < 0 ||
        kind_series_put(&s->series, part, &have) < 0 || !str_eq(buf_str(&want), buf_str(&have))) {
        fprintf(stderr, "want " STR_FMT "\nhave " STR_FMT "\n", STR_ARG(buf_str(&want)),
                STR_ARG(buf_str(&have)));
        abort();
    }
    buf_done(&want);
    buf_done(&have);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 16384) {
        return 0;
    }
    const struct subject *s = subject_of(data[0]);
    struct str text = { (const char *)data + 1, size - 1 };
    json_t *whole = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
    json_t *part = whole ? json_read_object(s->wanted, text) : NULL;
    if (part) {
        require_same(s, whole, part);
    }
    json_decref(part);
    json_decref(whole);
    return 0;
}
