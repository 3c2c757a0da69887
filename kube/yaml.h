/* yaml.h — YAML documents as JSON values, and flat configuration files (libyaml).
 * Uses: base, jansson, libyaml (yaml.c only).  Threads: any.  Owner: none. */
#ifndef KG_KUBE_YAML_H
#define KG_KUBE_YAML_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

struct yaml_documents;

/* Walks the documents of a stream ('---' between them; JSON is YAML and is taken, too). Scalars get
 * their types by YAML 1.1 as Kubernetes' parser has them (plain true/false, null, numbers; quoted
 * is text; yes/no/on/off stay text only when quoted). Aliases are expanded with a bound on the
 * result, duplicate keys and depth beyond LIMIT_YAML_DEPTH are errors. text is borrowed. */
struct yaml_documents *yaml_documents_new(struct str text);
void yaml_documents_free(struct yaml_documents *d);

/* The next document: 1 and *ret (owned by the caller), 0 at the end, or an error.
 * Errors: -EBADMSG (err: line, column, what) · -ENOMEM · -E2BIG. */
int yaml_documents_next(struct yaml_documents *d, json_t **ret, struct err *err);

/* Reads a configuration file of the form "name: scalar", "name: [a, b]", "name: {k: v}", and calls
 * fn once per name with its value as flag text (lists joined with ',', maps as k=v joined with
 * ','). line is where the name stands. A negative return of fn ends the walk and is returned. */
int yaml_options(struct str text,
                 int (*fn)(void *arg, struct str name, struct str value, int line, struct err *err),
                 void *arg, struct err *err);

#endif
