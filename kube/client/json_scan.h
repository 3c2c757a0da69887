/* json_scan.h — finds where a JSON object or array ends, 64 bytes at a time.
 * Uses: base.  Threads: any; one at a time per struct.  Owner: the splitter
 * (kube/client/json_stream.h).
 *
 * One look at every byte: a block of 64 bytes becomes four bit masks (quotes, backslashes, opening
 * and closing brackets), strings are masked out by a running exclusive or over the quotes, and only
 * a block in which the value may end is looked at bracket by bracket. The state between two blocks
 * is a depth and two bits, so that the result does not depend on where the text is cut. Which kind
 * of bracket closes which is left to the parser. */
#ifndef KG_KUBE_JSON_SCAN_H
#define KG_KUBE_JSON_SCAN_H

#include "base/str.h"

struct json_nest {
    unsigned depth;      /* brackets that are open; 0: the value has ended */
    uint64_t in_string;  /* all ones inside a string, else 0 */
    uint64_t is_escaped; /* 1 when the next byte follows a live backslash */
};

/* Starts after the opening bracket of a value. */
static inline void json_nest_open(struct json_nest *nest)
{
    *nest = (struct json_nest){ .depth = 1 };
}

/* Goes on through text until the value ends (nest->depth is 0 then) or the text does.
 * Returns the bytes used, the closing bracket included. Errors: -ELOOP deeper than
 * LIMIT_JSON_DEPTH. */
ssize_t json_nest_scan(struct json_nest *nest, struct str text) KG_MUST_CHECK;

/* Goes on through the inside of a string, *is_escaped as in json_nest. Returns the bytes used; sets
 * *ret_ended when the closing quote was among them. */
size_t json_string_scan(struct str text, bool *is_escaped, bool *ret_ended);

/* Bytes before the first one that is not plain inside a string: a quote, a backslash, a control
 * character, or beyond ASCII. */
size_t json_plain_scan(struct str text);

#endif
