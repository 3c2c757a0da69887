/* yaml_scalar.h — the type and value of one YAML scalar, as kubectl has them.
 * Uses: base, jansson.  Threads: any.  Owner: none. */
#ifndef KG_KUBE_YAML_SCALAR_H
#define KG_KUBE_YAML_SCALAR_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* The prefix that "!!" stands for. */
#define YAML_TAG_PREFIX "tag:yaml.org,2002:"

struct yaml_scalar {
    struct str text; /* UTF-8, quotes and escapes already taken away */
    struct str tag;  /* the long form, "tag:yaml.org,2002:int"; empty when none was written */
    bool plain;      /* not quoted, not a block: its type follows from its text */
};

/* The JSON value of a scalar, by the rules of the YAML parser in kubectl and the API server:
 * true/false, yes/no, on/off, y/n (three spellings each) are booleans; null, ~ and nothing are
 * null; integers may be 0x, 0o, 0b or 0-led octal and hold '_'; decimals that are whole numbers
 * and fit become integers, as they do on the way through JSON; times stay text; !!binary is
 * decoded. Text that overflows a double stays text. A foreign tag makes text.
 * Sets *ret, owned by the caller. Errors: -EBADMSG the text is not what its tag says, an infinity
 * or NaN (which JSON has not), or binary that is not UTF-8 · -ENOMEM. */
int yaml_scalar_value(const struct yaml_scalar *s, json_t **ret, struct err *err);

/* The text of a value as an object's key: numbers and booleans as JSON writes them.
 * Sets *ret, on the heap, NUL-terminated, owned by the caller. Errors: -EBADMSG a null, a list, a
 * map, or a text with a NUL · -ENOMEM. */
int yaml_scalar_key(const json_t *value, char **ret, struct err *err);

/* True when a plain text reads as a boolean; sets *ret then. */
bool yaml_scalar_bool(struct str text, bool *ret);

/* True when a plain text reads as null. */
bool yaml_scalar_is_null(struct str text);

#endif
