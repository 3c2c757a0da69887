/* json_paths.h — members of a JSON tree by paths as kube/client/json_cut.h has them.
 * Uses: base, jansson.  Threads: none.  Owner: tests. */
#ifndef KG_TESTS_SUPPORT_JSON_PATHS_H
#define KG_TESTS_SUPPORT_JSON_PATHS_H

#include "base/str.h"

#include <jansson.h>

#define JSON_PATHS_MAX 4096

/* Adds container to the stack, and an array's elements instead of it, also those of arrays in it.
 */
static inline size_t json_paths_add(json_t **ret, size_t n, json_t *value)
{
    size_t first = n, i;
    json_t *item;
    if (n < JSON_PATHS_MAX) {
        ret[n++] = value;
    }
    for (size_t at = first; at < n; at++) {
        if (json_is_array(ret[at])) {
            json_array_foreach (ret[at], i, item) {
                if (n < JSON_PATHS_MAX) {
                    ret[n++] = item;
                }
            }
        }
    }
    return n;
}

/* The objects that may have the path's last member, into ret[JSON_PATHS_MAX]; *ret_key is its key.
 * Returns how many. */
static inline size_t json_paths_parents(json_t *tree, const char *path, json_t **ret,
                                        struct str *ret_key)
{
    struct str rest = str_of(path);
    json_t *next[JSON_PATHS_MAX];
    size_t n = json_paths_add(ret, 0, tree);
    for (ssize_t dot = str_find(rest, '.'); dot >= 0; dot = str_find(rest, '.')) {
        size_t n_next = 0;
        for (size_t i = 0; i < n; i++) {
            json_t *child =
                json_is_object(ret[i]) ? json_object_getn(ret[i], rest.p, (size_t)dot) : NULL;
            n_next = child ? json_paths_add(next, n_next, child) : n_next;
        }
        memcpy(ret, next, n_next * sizeof(*next));
        n = n_next;
        rest = str_from(rest, (size_t)dot + 1);
    }
    *ret_key = rest;
    size_t objects = 0;
    for (size_t i = 0; i < n; i++) {
        if (json_is_object(ret[i])) {
            ret[objects++] = ret[i];
        }
    }
    return objects;
}

/* Sets the member to value (borrowed; NULL: takes it away) wherever its parent is there. */
static inline void json_paths_set(json_t *tree, const char *path, json_t *value)
{
    json_t *parents[JSON_PATHS_MAX];
    struct str key;
    size_t n = json_paths_parents(tree, path, parents, &key);
    for (size_t i = 0; i < n; i++) {
        if (value) {
            json_object_setn_new(parents[i], key.p, key.n, json_deep_copy(value));
        } else {
            json_object_deln(parents[i], key.p, key.n);
        }
    }
}

#endif
