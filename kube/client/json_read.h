/* json_read.h — builds jansson's tree of what is wanted of an object's JSON, and passes over the
 * rest without looking into it.
 * Uses: base, jansson, kube/client/json_wanted, kube/client/json_scan.  Threads: any.  Owner: none.
 *
 * jansson looks at a byte with some 140 instructions. Here strings of plain ASCII and short
 * integers go into its values as they stand; any other string and number is given to jansson by
 * itself. What is passed over is looked at as far as its end has to be found. */
#ifndef KG_KUBE_JSON_READ_H
#define KG_KUBE_JSON_READ_H

#include "kube/client/json_wanted.h"

#include <jansson.h>

/* The tree of an object's text without what is not wanted; NULL when that is not certain, or memory
 * is out: jansson is to judge the whole text then. What jansson makes of the whole text is the same
 * but for members that are not wanted. A member at a wanted place that is of another type is there,
 * too. The caller frees it. */
json_t *json_read_object(const struct json_wanted *wanted, struct str text);

/* The same for a watch event, {"type":…,"object":{…}}, without anything beside them. */
json_t *json_read_event(const struct json_wanted *wanted, struct str text);

#endif
