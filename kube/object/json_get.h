/* json_get.h — typed, tolerant access to members of a JSON object.
 * Uses: base, kube/object/quantity, jansson.  Threads: any.  Owner: none; results borrow from the
 * object.
 *
 * A member that is absent, null or of another type is absent: what a server of another version
 * sends costs the samples of that field and nothing else. Every object may be NULL or no object. */
#ifndef KG_KUBE_JSON_GET_H
#define KG_KUBE_JSON_GET_H

#include "base/arena.h"

#include <jansson.h>

/* Text of a string member; empty (p NULL) when absent. */
struct str json_get_str(const json_t *object, const char *key);

/* Text of a string value, as above. */
struct str json_text(const json_t *value);

/* Whether the member is the JSON value true. */
bool json_get_true(const json_t *object, const char *key);

/* "true" or "false" of a boolean member; empty when absent. */
struct str json_get_bool_text(const json_t *object, const char *key);

/* Value of an integer member; 0 when absent. */
int64_t json_get_i64(const json_t *object, const char *key);

/* Whether there is an integer member; sets *ret only then. */
bool json_get_i64_if(const json_t *object, const char *key, int64_t *ret);

/* Digits of an integer member, in mem; empty when absent. Sets *ret. Errors: -ENOMEM. */
int json_get_i64_text(const json_t *object, const char *key, struct arena *mem,
                      struct str *ret) KG_MUST_CHECK;

/* Whether there is an RFC 3339 time; sets *ret to its Unix seconds only then. */
bool json_get_time_if(const json_t *object, const char *key, int64_t *ret);

/* Unix seconds of a time member; JSON_TIME_ZERO when absent, which is what KSM shows for it. */
int64_t json_get_time(const json_t *object, const char *key);
#define JSON_TIME_ZERO INT64_C(-62135596800) /* Go's zero time, 0001-01-01T00:00:00Z */

/* A member that is an object (an array); NULL when absent. */
const json_t *json_get_object(const json_t *object, const char *key);
const json_t *json_get_array(const json_t *object, const char *key);

/* Reads a quantity, a string or (in manifests) a number, by one of the functions of
 * kube/object/quantity.h. Says false, and leaves *ret, when it is none. */
bool json_quantity(const json_t *value, int (*read)(struct str text, double *ret), double *ret);

#endif
