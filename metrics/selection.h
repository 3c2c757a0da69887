/* selection.h — which families are served: allowlist, denylist, opt-in list.
 * Uses: family, pattern, base.  Threads: immutable after init.  Owner: agent, one for all subjects.
 */
#ifndef KG_METRICS_SELECTION_H
#define KG_METRICS_SELECTION_H

#include "base/err.h"
#include "metrics/family.h"

struct metric_selection;

/* Each argument is a list of unanchored regular expressions or empty: ECMAScript's syntax, with
 * lookaround, for the first two, RE2's for the third. A family is served when it matches the
 * allowlist (if any) and not the denylist, and, if it is opt_in, also matches the opt-in list. One
 * for which an expression takes too many steps to tell is not served. NULL on error.
 * Errors: -EINVAL both lists given, or a bad expression (err names it, what is wrong and where) ·
 * -ENOMEM. */
struct metric_selection *metric_selection_new(const struct str *allow, size_t n_allow,
                                              const struct str *deny, size_t n_deny,
                                              const struct str *opt_in, size_t n_opt_in,
                                              struct err *err);
void metric_selection_free(struct metric_selection *s);

/* Whether the row is served. s NULL: everything that is not opt_in. */
bool metric_selected(const struct metric_selection *s, const struct metric_family *row);

#endif
