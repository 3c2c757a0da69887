/* json_wanted_of.h — what is wanted of a tree that jansson made: what kube/client/json_read.h is
 * held equal to.
 * Uses: jansson, kube/client/json_wanted.  Threads: none.  Owner: tests. */
#ifndef KG_TESTS_SUPPORT_JSON_WANTED_OF_H
#define KG_TESTS_SUPPORT_JSON_WANTED_OF_H

#include "kube/client/json_wanted.h"

#include <jansson.h>

/* A copy; recursive, for trees as deep as a test makes them. */
static inline json_t *json_wanted_of(json_t *value, const struct json_wanted *wanted, uint32_t node)
{
    json_t *copy, *item;
    const char *key;
    size_t i, n;
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach (value, i, item) {
            json_array_append_new(copy, json_wanted_of(item, wanted, node));
        }
        return copy;
    }
    if (!json_is_object(value)) {
        return json_deep_copy(value);
    }
    copy = json_object();
    json_object_keylen_foreach(value, key, n, item)
    {
        uint32_t child = json_wanted_find(wanted, node, (struct str){ key, n });
        if (child) {
            json_object_setn_new(copy, key, n, json_wanted_of(item, wanted, child));
        }
    }
    return copy;
}

#endif
