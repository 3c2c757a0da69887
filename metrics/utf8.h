/* utf8.h — whether text is UTF-8, which label values must be.
 * Uses: base.  Threads: any.  Owner: none. */
#ifndef KG_METRICS_UTF8_H
#define KG_METRICS_UTF8_H

#include "base/str.h"

/* Bytes of the character at the start of s (1 to 4); 0 when there is none: s is empty, or begins
 * with a stray, cut off, overlong, surrogate or too large one. */
size_t utf8_character(struct str s);

/* Whether all of s is UTF-8. */
bool utf8_valid(struct str s);

#endif
