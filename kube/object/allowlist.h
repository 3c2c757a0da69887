/* allowlist.h — which labels or annotations of which resource become label_* or annotation_*
 * labels. Uses: base, metrics/names, jansson.  Threads: immutable after parsing.  Owner: agent.
 *
 * Source of the syntax and its corner cases: reference ksm/features.md "Label and annotation
 * allowlists", vectors of kind allowlist. */
#ifndef KG_KUBE_ALLOWLIST_H
#define KG_KUBE_ALLOWLIST_H

#include "base/arena.h"
#include "base/err.h"
#include "metrics/writer.h"

#include <jansson.h>

struct key_allowlist;  /* the entries of one resource */
struct key_allowlists; /* of all resources: "pods=[a,b/…*],namespaces=[*]" */

/* NULL on error. Errors: -EINVAL syntax, unknown resource, more than one '*' in a key (err names
 * the entry and says what is accepted) · -ENOMEM. */
struct key_allowlists *key_allowlists_parse(struct str text, struct err *err);
void key_allowlists_free(struct key_allowlists *l);

/* The list of a resource's plural name; NULL when it has none or an empty one. */
const struct key_allowlist *key_allowlist_of(const struct key_allowlists *l, struct str plural);

/* From plain entries, as one resource's list ("a", "b/…*", "*"). For tests and --container-labels.
 */
struct key_allowlist *key_allowlist_new(const struct str *entries, size_t n, struct err *err);
void key_allowlist_free(struct key_allowlist *l);

/* The allowed members of a JSON object of strings as labels with legal, unique names, sorted by
 * key. Sets *ret (in mem) and *ret_n. object may be NULL. Errors: -ENOMEM. */
int key_allowlist_labels(const struct key_allowlist *list, const json_t *object, struct str prefix,
                         struct arena *mem, struct metric_label **ret, size_t *ret_n);

#endif
