/* pattern.h — a regular expression for names that a user chooses: devices, mount points, keys.
 * Uses: base, PCRE2.  Threads: immutable after new.  Owner: who made it. */
#ifndef KG_METRICS_PATTERN_H
#define KG_METRICS_PATTERN_H

#include "base/err.h"
#include "base/str.h"

struct pattern;

/* An unanchored expression in RE2's syntax, as far as PCRE2 has it. what names the option in err.
 * NULL on error. Errors: -EINVAL no expression (err says what and where) · -ENOMEM. */
struct pattern *pattern_new(const char *what, struct str expression, struct err *err);
void pattern_free(struct pattern *p); /* NULL is allowed */

/* Whether it matches anywhere in the text; false also when it takes too many steps to tell. */
bool pattern_matches(const struct pattern *p, struct str text);

#endif
