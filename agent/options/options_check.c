/* What one value alone cannot tell: the role, options of other roles, contradictions. */
#include "agent/options/options_private.h"

#include "base/clock.h"

#include <fcntl.h>
#include <unistd.h>

static bool has_variable(char *const *envp, struct str name)
{
    for (size_t i = 0; envp[i]; i++) {
        struct str rest = str_of(envp[i]);
        if (str_eq(str_cut(&rest, '='), name) && !str_empty(rest)) {
            return true;
        }
    }
    return false;
}

static bool in_cluster(char *const *envp)
{
    return has_variable(envp, STR("KUBERNETES_SERVICE_HOST")) &&
           has_variable(envp, STR("KUBERNETES_SERVICE_PORT"));
}

/* Without a role: node where the API can be reached and the node is known, else local. */
static void settle_role(struct options *o, char *const *envp)
{
    if (o->role_given) {
        return;
    }
    if (options_bool(o, OPT_PRINT_RBAC)) {
        o->role = ROLE_CLUSTER;
        return;
    }
    bool reachable = in_cluster(envp) || *options_text(o, OPT_KUBECONFIG);
    o->role = reachable && *options_text(o, OPT_NODE) ? ROLE_NODE : ROLE_LOCAL;
}

/* A flag of another role is a slip; in a file or environment it may be there for that role. */
static int check_roles(const struct options *o, struct err *err)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->values[i].origin == OPTION_FLAG && !(o->rows[i].roles & ROLE_BIT(o->role))) {
            auto_buf struct buf roles = BUF_INIT(ERR_MAX);
            for (enum role r = 0; r < ROLES; r++) {
                if (o->rows[i].roles & ROLE_BIT(r)) {
                    buf_addf(&roles, "%s%s", roles.n ? ", " : "", role_name(r));
                }
            }
            const char *text = buf_c(&roles);
            return err_set(err, EINVAL, "--%s is not an option of role %s%s, but of %s",
                           o->rows[i].name, role_name(o->role),
                           o->role_given ? "" : " (which is taken when none is given)",
                           text ? text : "others");
        }
    }
    return 0;
}

/* How the API server is reached. */
static int check_server(const struct options *o, char *const *envp, struct err *err)
{
    bool known = *options_text(o, OPT_KUBECONFIG) || *options_text(o, OPT_APISERVER);
    if (!known && !in_cluster(envp)) {
        return err_set(err, EINVAL,
                       "--kubeconfig: role %s needs it, or --apiserver, where it does not run in "
                       "a pod (KUBERNETES_SERVICE_HOST is not set)",
                       role_name(o->role));
    }
    if (*options_text(o, OPT_CONTEXT) && !*options_text(o, OPT_KUBECONFIG)) {
        return err_set(err, EINVAL, "--context: names a context of --kubeconfig, which is missing");
    }
    return 0;
}

static int check_shard(const struct options *o, struct err *err)
{
    bool pod = *options_text(o, OPT_POD), namespace = *options_text(o, OPT_POD_NAMESPACE);
    if (pod != namespace) {
        return err_set(err, EINVAL, "--%s: needs --%s, too", pod ? "pod" : "pod-namespace",
                       pod ? "pod-namespace" : "pod");
    }
    if (pod && options_bool(o, OPT_LEADER_ELECT)) {
        return err_set(err, EINVAL,
                       "--leader-elect: not with --pod, whose StatefulSet's pods are "
                       "shards, each with objects of its own");
    }
    if (!pod && options_int(o, OPT_SHARD) >= options_int(o, OPT_TOTAL_SHARDS)) {
        return err_set(err, EINVAL, "--shard: of --total-shards=%d the last one is %d",
                       (int)options_int(o, OPT_TOTAL_SHARDS),
                       (int)options_int(o, OPT_TOTAL_SHARDS) - 1);
    }
    return 0;
}

static int check_node(const struct options *o, char *const *envp, struct err *err)
{
    if (!*options_text(o, OPT_NODE)) {
        return err_set(err, EINVAL,
                       "--node: role node needs the name of its node, also as KUBEGAUGE_NODE");
    }
    int r = check_server(o, envp, err);
    if (r < 0) {
        return r;
    }
    if (!options_bool(o, OPT_POD_STATE) &&
        (*options_text(o, OPT_LABELS_ALLOWLIST) || *options_text(o, OPT_ANNOTATIONS_ALLOWLIST))) {
        return err_set(err, EINVAL,
                       "--metric-labels-allowlist and --metric-annotations-allowlist "
                       "have no use with --no-pod-state");
    }
    return 0;
}

#define LEAST_SAMPLE_MS 100

static int check_sampling(const struct options *o, struct err *err)
{
    uint64_t interval_ns = options_ns(o, OPT_SAMPLE_INTERVAL);
    if (interval_ns == 0) {
        return 0;
    }
    if (interval_ns < LEAST_SAMPLE_MS * CLOCK_NS_PER_MS) {
        return err_set(err, EINVAL, "--sample-interval: at least %dms, or 0 for none",
                       LEAST_SAMPLE_MS);
    }
    if (options_ns(o, OPT_PEAK_WINDOW) < interval_ns) {
        return err_set(err, EINVAL, "--peak-window: at least as long as --sample-interval");
    }
    return 0;
}

static int check_folders(const struct options *o, struct err *err)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->rows[i].type != OPTION_DIR || !options_given(o, i) ||
            !(o->rows[i].roles & ROLE_BIT(o->role))) {
            continue;
        }
        int fd = open(options_text(o, i), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            return err_set_errno(err, errno, "--%s: cannot read the folder %.120s", o->rows[i].name,
                                 options_text(o, i));
        }
        close(fd);
    }
    return 0;
}

int options_check(struct options *o, char *const *envp, struct err *err)
{
    size_t n_allow, n_deny;
    settle_role(o, envp);
    options_list(o, OPT_METRIC_ALLOWLIST, &n_allow);
    options_list(o, OPT_METRIC_DENYLIST, &n_deny);
    if (options_bool(o, OPT_HELP) || options_bool(o, OPT_VERSION) ||
        options_choice(o, OPT_PRINT_DOCS)) {
        return 0;
    }
    int r = check_roles(o, err);
    if (r < 0) {
        return r;
    }
    r = options_ksm_settle(o, err);
    if (r < 0) {
        return r;
    }
    if (n_allow && n_deny) {
        return err_set(err, EINVAL, "--metric-allowlist and --metric-denylist exclude each other");
    }
    if (ROLE_BIT(o->role) & ROLES_READING) {
        r = options_check_patterns(o, err);
        r = r < 0 ? r : check_sampling(o, err);
    }
    if (r < 0) {
        return r;
    }
    /* What is only printed needs no server and no folder. */
    bool runs = !options_bool(o, OPT_PRINT_RBAC);
    if (o->role == ROLE_NODE && runs) {
        r = check_node(o, envp, err);
    } else if (o->role == ROLE_CLUSTER) {
        r = runs ? check_server(o, envp, err) : 0;
        r = r < 0 ? r : check_shard(o, err);
    } else if (o->role == ROLE_RENDER && !*options_text(o, OPT_FILE)) {
        r = err_set(err, EINVAL, "-f: role render needs a file, or - for standard input");
    }
    return r < 0 || !runs ? r : check_folders(o, err);
}
