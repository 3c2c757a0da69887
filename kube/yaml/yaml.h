/* yaml.h — YAML documents as JSON values, and flat configuration files (libyaml).
 * Uses: base, jansson, libyaml (yaml*.c only).  Threads: any.  Owner: none. */
#ifndef KG_KUBE_YAML_H
#define KG_KUBE_YAML_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

struct yaml_documents;

/* Walks the documents of a stream ('---' between them; JSON is YAML and is taken, too, also one
 * value after the other). Scalars get their types by YAML 1.1 as kubectl has them: plain
 * true/false, yes/no, on/off and y/n are booleans, null and numbers are what they look like (whole
 * decimals become integers), times stay text, quoted is text. Maps written as "<<" are merged in
 * where they stand. A key written twice is an error, and so is nesting beyond LIMIT_YAML_DEPTH, an
 * alias within what it names, and more than LIMIT_YAML_ALIAS_BYTES that come from aliases.
 * text is borrowed until the free. NULL when out of memory. */
struct yaml_documents *yaml_documents_new(struct str text);
void yaml_documents_free(struct yaml_documents *d);

/* The next document that is neither empty nor null: 1 and *ret (owned by the caller), 0 at the end,
 * or an error, which every later call repeats. What an alias names is one value in several places:
 * take *ret as read-only.
 * Errors: -EBADMSG (err: line, column, what) · -ENOMEM · -E2BIG depth or aliases. */
int yaml_documents_next(struct yaml_documents *d, json_t **ret, struct err *err);

/* Reads a configuration file, one document, a map of the form "name: scalar", "name: [a, b]" or
 * "name: {k: v, l: [a, b], m: {}}", and calls fn once per name with its value as flag text: a
 * boolean as true or false, null as nothing, any other scalar as it is written, lists joined with
 * ',' (an entry's own as "\,"), maps as k=v joined with ',' (and k=[a,b], and m alone). line is
 * where the name stands, from 1. A negative return of fn ends the walk and is returned. Of a name
 * whose value is nested deeper, fn is told with value.p NULL, to say why it is not taken. An empty
 * file has no names. Errors: -EBADMSG (err: line and what: not YAML, not a map, a name twice,
 * deeper nesting) · -ENOMEM · -ENOBUFS a value beyond LIMIT_CONFIG_BYTES. */
int yaml_options(struct str text,
                 int (*fn)(void *arg, struct str name, struct str value, int line, struct err *err),
                 void *arg, struct err *err);

#endif
