/* yaml_build.h — builds one JSON value out of the events of a YAML document.
 * Uses: base, jansson.  Threads: one at a time.  Owner: yaml.c.
 *
 * An explicit stack stands for the nesting, so that depth costs no C stack. Knows nothing of
 * libyaml: it is told scalars, openings, closings and aliases in their order. */
#ifndef KG_KUBE_YAML_BUILD_H
#define KG_KUBE_YAML_BUILD_H

#include "base/limits.h"
#include "base/map.h"
#include "kube/yaml/yaml_scalar.h"

/* What a value costs when an alias repeats it. */
struct yaml_size {
    size_t bytes;  /* of its expansion, as if nothing was shared */
    size_t levels; /* of lists and maps in it */
};

struct yaml_frame {
    json_t *value;    /* the list or map under way */
    json_t *merged;   /* names that came by "<<" and may be set once more; or NULL */
    char *key;        /* a map's key that waits for its value; or NULL */
    bool merging;     /* "<<" waits for its value */
    const char *name; /* its anchor, owned; or NULL */
    struct yaml_size size;
};

struct yaml_build {
    struct yaml_frame frames[LIMIT_YAML_DEPTH];
    size_t depth;
    json_t *root;       /* set by the end of the document */
    struct map anchors; /* name -> struct yaml_anchor */
    size_t alias_bytes; /* sum over all aliases so far */
};

/* Frees what a document left behind: zeroed again, which is empty. */
void yaml_build_done(struct yaml_build *b);

/* Each is told one event; anchor is the name behind '&' or empty.
 * Errors: -EBADMSG (err: what, without the line) · -E2BIG depth or aliases · -ENOMEM. */
int yaml_build_scalar(struct yaml_build *b, const struct yaml_scalar *s, struct str anchor,
                      struct err *err);
int yaml_build_open(struct yaml_build *b, bool is_map, struct str anchor, struct err *err);
int yaml_build_close(struct yaml_build *b, struct err *err);
int yaml_build_alias(struct yaml_build *b, struct str anchor, struct err *err);

/* Moves the finished value out; NULL when there was none. */
json_t *yaml_build_take(struct yaml_build *b);

#endif
