#include "agent/options/options_selection.h"

/* Families that the standalone cAdvisor has and the kubelet's not yet, which role local serves
 * unasked. */
#define STANDALONE "^container_"

struct metric_selection *options_selection(const struct options *o, struct err *err)
{
    size_t n_allow, n_deny, n_opt_in;
    const struct str *allow = options_list(o, OPT_METRIC_ALLOWLIST, &n_allow);
    const struct str *deny = options_list(o, OPT_METRIC_DENYLIST, &n_deny);
    const struct str *opt_in = options_list(o, OPT_METRIC_OPT_IN_LIST, &n_opt_in);
    struct str *patterns = calloc(n_opt_in + 1, sizeof(*patterns));
    if (!patterns) {
        err_set_errno(err, ENOMEM, "--metric-opt-in-list");
        return NULL;
    }
    for (size_t i = 0; i < n_opt_in; i++) {
        patterns[i] = opt_in[i];
    }
    if (o->role == ROLE_LOCAL) {
        patterns[n_opt_in++] = STR(STANDALONE);
    }
    struct metric_selection *s =
        metric_selection_new(allow, n_allow, deny, n_deny, patterns, n_opt_in, err);
    free(patterns);
    if (!s) {
        err_wrap(err, "--metric-allowlist, --metric-denylist, --metric-opt-in-list");
    }
    return s;
}
