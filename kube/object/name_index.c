#include "kube/object/name_index.h"

static int compare(const void *a, const void *b)
{
    const struct str *x = *(const struct str *const *)a, *y = *(const struct str *const *)b;
    int order = str_cmp(*x, *y);
    if (order == 0) {
        order = (x > y) - (x < y);
    }
    return order;
}

int name_index_init(const struct str *names, size_t n, size_t size, struct arena *mem,
                    struct name_index *ret)
{
    const struct str **sorted = ARENA_ARRAY(mem, n, const struct str *);
    if (!sorted) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = (const void *)((const char *)names + i * size);
    }
    if (n > 1) {
        qsort(sorted, n, sizeof(const struct str *), compare);
    }
    *ret = (struct name_index){ sorted, n };
    return 0;
}

const struct str *const *name_index_find(const struct name_index *index, struct str name,
                                         size_t *ret_n)
{
    size_t from = 0, to = index->n, n = 0;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (str_cmp(*index->sorted[middle], name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    while (from + n < index->n && str_eq(*index->sorted[from + n], name)) {
        n++;
    }
    if (ret_n) {
        *ret_n = n;
    }
    return n ? &index->sorted[from] : NULL;
}
