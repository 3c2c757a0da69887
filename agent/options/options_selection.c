#include "agent/options/options_selection.h"

struct metric_selection *options_selection(const struct options *o, struct err *err)
{
    size_t n_allow, n_deny, n_opt_in;
    const struct str *allow = options_list(o, OPT_METRIC_ALLOWLIST, &n_allow);
    const struct str *deny = options_list(o, OPT_METRIC_DENYLIST, &n_deny);
    const struct str *opt_in = options_list(o, OPT_METRIC_OPT_IN_LIST, &n_opt_in);
    struct metric_selection *s =
        metric_selection_new(allow, n_allow, deny, n_deny, opt_in, n_opt_in, err);
    if (!s) {
        err_wrap(err, "--metric-allowlist, --metric-denylist, --metric-opt-in-list");
    }
    return s;
}
