/* unique.h — finds the elements of an array that would give the same series twice.
 * Uses: base, kube/object/meta.  Threads: any.  Owner: the decode arena.
 *
 * Prometheus refuses, or warns of, a scrape in which a series stands twice. What an object lists
 * twice (a condition type, a taint, a metric of an autoscaler) is therefore shown once. */
#ifndef KG_KUBE_UNIQUE_H
#define KG_KUBE_UNIQUE_H

#include "kube/object/meta.h"

/* Where in an element, `size` bytes long, its texts and its mark stand: n_texts struct str side by
 * side at texts_at, a bool at mark_at. */
struct kube_unique {
    size_t size, texts_at, n_texts, mark_at;
};

/* KUBE_UNIQUE(struct taint, key, 3, repeated): key and the two struct str after it. */
#define KUBE_UNIQUE(T, first, n, mark)                                                             \
    ((struct kube_unique){ sizeof(T), offsetof(T, first), (n), offsetof(T, mark) })

/* Sets the mark of each of the n elements whose texts equal those of an earlier one; the others'
 * marks stay as they are. Costs a sort, however long the array. Errors: -ENOMEM. */
int kube_unique_mark(void *items, size_t n, struct kube_unique of, const struct kube_decode *how,
                     struct err *err);

#endif
