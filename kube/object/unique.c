#include "kube/object/unique.h"

struct entry {
    const struct str *texts;
    size_t n_texts;
    bool *mark;
};

static int compare_texts(const struct entry *a, const struct entry *b)
{
    int order = 0;
    for (size_t i = 0; order == 0 && i < a->n_texts; i++) {
        order = str_cmp(a->texts[i], b->texts[i]);
    }
    return order;
}

/* Equal ones in order of the array. */
static int compare(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int order = compare_texts(a, b);
    return order ? order : (a->texts > b->texts) - (a->texts < b->texts);
}

int kube_unique_mark(void *items, size_t n, struct kube_unique of, const struct kube_decode *how,
                     struct err *err)
{
    if (n < 2) {
        return 0;
    }
    struct entry *entries = KUBE_DECODE_ARRAY(how, n, struct entry, err);
    if (!entries) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        char *item = (char *)items + i * of.size;
        entries[i] = (struct entry){
            .texts = (const void *)(item + of.texts_at),
            .n_texts = of.n_texts,
            .mark = (void *)(item + of.mark_at),
        };
    }
    qsort(entries, n, sizeof(*entries), compare);
    for (size_t i = 1; i < n; i++) {
        if (compare_texts(&entries[i - 1], &entries[i]) == 0) {
            *entries[i].mark = true;
        }
    }
    return 0;
}
