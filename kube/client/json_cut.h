/* json_cut.h — takes the members that nobody reads out of an object's JSON before it is parsed.
 * Uses: base.  Threads: a json_cut: any, immutable; its use: one at a time.  Owner: the watch.
 *
 * Members are named by their path from the object's root: "metadata.managedFields",
 * "spec.containers.env", where arrays on the way count for nothing. Only a member at exactly such a
 * path, whose key is written without escapes, is taken out; what is not as expected (which the
 * parser then sees and judges) stays as it is. Everything that stays keeps its text. */
#ifndef KG_KUBE_JSON_CUT_H
#define KG_KUBE_JSON_CUT_H

#include "base/buf.h"

struct json_cut;

/* From n lists of paths, each ending with NULL (a list may be NULL itself); the texts are borrowed.
 * A path below one that is cut anyway is superfluous but allowed. NULL when out of memory. */
struct json_cut *json_cut_new(const char *const *const *lists, size_t n);
void json_cut_free(struct json_cut *cut);

/* Has members that a list (as above; or NULL) names cut no more: a reader of its own wants them. */
void json_cut_keep(struct json_cut *cut, const char *const *list);

/* The text of an object without what cut names: text itself where nothing is to be taken out or the
 * text is no JSON object, else in scratch, which is cleared first. cut may be NULL. */
struct str json_cut_object(const struct json_cut *cut, struct str text, struct buf *scratch);

/* The same for a watch event, {"type":…,"object":{…}}: its object is cut. */
struct str json_cut_event(const struct json_cut *cut, struct str text, struct buf *scratch);

#endif
