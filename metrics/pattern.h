/* pattern.h — a regular expression that a user chooses, for device names, mount points, families.
 * Uses: base, PCRE2.  Threads: immutable after new.  Owner: who made it. */
#ifndef KG_METRICS_PATTERN_H
#define KG_METRICS_PATTERN_H

#include "base/err.h"
#include "base/str.h"

struct pattern;

/* Whose syntax an expression is in, as far as PCRE2 has it, and how many steps one text may take.
 */
enum pattern_kind {
    PATTERN_NAME,              /* RE2, 100,000 steps: for many names at every reading */
    PATTERN_FAMILY,            /* RE2, 1,000,000 steps: for each family once */
    PATTERN_FAMILY_ECMASCRIPT, /* ECMAScript, with lookaround; as many steps */
};

enum pattern_verdict {
    PATTERN_NO_MATCH,
    PATTERN_MATCH,
    PATTERN_NO_VERDICT, /* it takes too many steps to tell, or memory is out */
};

/* An unanchored expression. what names the option in err. NULL on error.
 * Errors: -EINVAL no expression (err says what and where) · -ENOMEM. */
struct pattern *pattern_new(const char *what, enum pattern_kind kind, struct str expression,
                            struct err *err);
void pattern_free(struct pattern *p); /* NULL is allowed */

/* Whether it matches anywhere in the text. */
enum pattern_verdict pattern_match(const struct pattern *p, struct str text);

#endif
