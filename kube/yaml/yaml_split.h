/* yaml_split.h — cuts a text into the pieces between "---" lines, before any parsing.
 * Uses: base.  Threads: any.  Owner: the struct's holder.
 *
 * The pieces are parsed apart, so that a JSON document among them can be given to a JSON parser:
 * libyaml refuses JSON's surrogate pairs ("\ud83d\ude00") and keys beyond 1024 characters. */
#ifndef KG_KUBE_YAML_SPLIT_H
#define KG_KUBE_YAML_SPLIT_H

#include "base/str.h"

struct yaml_split {
    struct str rest;
    size_t line; /* lines before rest */
    bool whole;  /* UTF-16: "---" cannot be seen in its bytes, all of it is one piece */
};

struct yaml_piece {
    struct str text; /* begins with its "---" line, if it has one */
    struct str body; /* text behind that marker and behind blanks: where JSON would begin */
    size_t line;     /* lines before text */
    size_t body_line;
};

/* text is borrowed. A UTF-8 byte order mark is passed over. */
void yaml_split_init(struct yaml_split *s, struct str text);

/* The next piece; false at the end. A piece may be empty or hold several documents ("..."). */
bool yaml_split_next(struct yaml_split *s, struct yaml_piece *ret);

#endif
