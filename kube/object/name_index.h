/* name_index.h — finds the elements of an array by a text of theirs.
 * Uses: base.  Threads: any (immutable).  Owner: the arena it was made in.
 *
 * For joins inside one object (containers with their statuses): a pod with ten thousand containers
 * costs a sort, not a hundred million comparisons. */
#ifndef KG_KUBE_NAME_INDEX_H
#define KG_KUBE_NAME_INDEX_H

#include "base/arena.h"

struct name_index {
    const struct str **sorted; /* by text, then by place in the array */
    size_t n;
};

/* Indexes the struct str that stands in each of n elements, `size` bytes apart, the first at
 * `names`. The array must stay where it is. Sets *ret. Errors: -ENOMEM. */
int name_index_init(const struct str *names, size_t n, size_t size, struct arena *mem,
                    struct name_index *ret) KG_MUST_CHECK;

/* The first element's name that equals `name`; NULL when there is none. *ret_n (may be NULL) is how
 * many stand there, in order of the array. */
const struct str *const *name_index_find(const struct name_index *index, struct str name,
                                         size_t *ret_n);

#endif
