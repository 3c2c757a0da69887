/* Flags and keys of kube-state-metrics. */
#include "agent/options/options_private.h"
#include "base/num.h"

#include <stdio.h>

#define ADDRESS_MAX 300

/* The keys of its configuration file, and the flags that they stand for. */
static const struct {
    const char *key, *flag;
} keys[] = {
    { "annotations_allow_list", "metric-annotations-allowlist" },
    { "apiserver", "apiserver" },
    { "auth_filter", "auth-filter" },
    { "auto-gomemlimit", "auto-gomemlimit" },
    { "auto-gomemlimit-ratio", "auto-gomemlimit-ratio" },
    { "continue_without_config", "continue-without-config" },
    { "continue_without_custom_resource_state_config_file",
      "continue-without-custom-resource-state-config-file" },
    { "custom_resource_config", "custom-resource-state-config" },
    { "custom_resource_config_file", "custom-resource-state-config-file" },
    { "custom_resource_state_config_file", "custom-resource-state-config-file" },
    { "custom_resources_only", "custom-resource-state-only" },
    { "enable_gzip_encoding", "enable-gzip-encoding" },
    { "host", "host" },
    { "kubeconfig", "kubeconfig" },
    { "labels_allow_list", "metric-labels-allowlist" },
    { "metric_allowlist", "metric-allowlist" },
    { "metric_denylist", "metric-denylist" },
    { "metric_opt_in_list", "metric-opt-in-list" },
    { "namespace", "pod-namespace" },
    { "namespaces", "namespaces" },
    { "namespaces_denylist", "namespaces-denylist" },
    { "node", "node" },
    { "object_limit", "object-limit" },
    { "pod", "pod" },
    { "port", "port" },
    { "resources", "resources" },
    { "server_idle_timeout", "server-idle-timeout" },
    { "server_read_header_timeout", "server-read-header-timeout" },
    { "server_read_timeout", "server-read-timeout" },
    { "server_write_timeout", "server-write-timeout" },
    { "shard", "shard" },
    { "telemetry_host", "telemetry-host" },
    { "telemetry_port", "telemetry-port" },
    { "tls_config", "tls-config" },
    { "total_shards", "total-shards" },
    { "track_unscheduled_pods", "track-unscheduled-pods" },
    { "use_api_server_cache", "use-apiserver-cache" },
};

const char *options_ksm_flag(struct str key)
{
    for (size_t i = 0; i < KG_ARRAY_LEN(keys); i++) {
        if (str_eq_c(key, keys[i].key)) {
            return keys[i].flag;
        }
    }
    return NULL;
}

bool options_ksm_spelling(struct str key)
{
    return str_find(key, '_') >= 0 && options_ksm_flag(key);
}

/* A host and a port as one address: IPv6 in brackets, and "::" as no host, because it means IPv4,
 * too, in kube-state-metrics. */
static int join_address(const char *host, const char *port, const char *flag, char *out,
                        struct err *err)
{
    uint64_t number;
    if (num_scan_u64(str_of(port), &number) < 0 || number > UINT16_MAX) {
        return err_set(err, EINVAL, "--%s: \"%.40s\" is not a port number", flag, port);
    }
    struct str h = str_of(host);
    bool all = str_eq(h, STR("::")) || str_eq(h, STR("[::]"));
    bool bare_ipv6 = str_find(h, ':') >= 0 && !str_starts(h, STR("["));
    snprintf(out, ADDRESS_MAX, "%s%.250s%s:%s", bare_ipv6 && !all ? "[" : "", all ? "" : host,
             bare_ipv6 && !all ? "]" : "", port);
    return 0;
}

/* Sets the address from its two halves, unless it was given with more weight than they. */
static int settle_address(struct options *o, size_t address, size_t host, size_t port,
                          const char *usual_port, struct err *err)
{
    char text[ADDRESS_MAX];
    const struct option_value *h = &o->values[host], *p = &o->values[port];
    if (!options_given(o, host) && !options_given(o, port)) {
        return 0;
    }
    enum option_origin origin = KG_MAX(h->origin, p->origin);
    if (origin == OPTION_FLAG && o->values[address].origin == OPTION_FLAG) {
        return err_set(err, EINVAL, "--%s and --%s, --%s exclude each other", o->rows[address].name,
                       o->rows[host].name, o->rows[port].name);
    }
    int r = join_address(h->text, *p->text ? p->text : usual_port, o->rows[port].name, text, err);
    return r < 0 ? r
                 : options_set(o, address, str_of(text), origin, KG_MAX(h->line, p->line),
                               o->rows[address].name, err);
}

static int refuse_what_is_not_here(const struct options *o, struct err *err)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct option_row *row = &o->rows[i];
        bool wanted = row->type == OPTION_BOOL ? o->values[i].on : *o->values[i].text;
        if (row->ksm == KSM_REFUSED && wanted && (row->roles & ROLE_BIT(o->role))) {
            return err_set(err, EINVAL, "--%s: %s", row->name, row->help);
        }
    }
    return 0;
}

int options_ksm_settle(struct options *o, struct err *err)
{
    int r = refuse_what_is_not_here(o, err);
    if (r < 0 || !(ROLE_BIT(o->role) & o->rows[OPT_KSM_HOST].roles)) {
        return r;
    }
    r = settle_address(o, OPT_LISTEN_ADDRESS, OPT_KSM_HOST, OPT_KSM_PORT, "8080", err);
    return r < 0 ? r
                 : settle_address(o, OPT_TELEMETRY_ADDRESS, OPT_KSM_TELEMETRY_HOST,
                                  OPT_KSM_TELEMETRY_PORT, "8081", err);
}

void options_without_effect(const struct options *o,
                            void (*fn)(void *arg, const char *name, const char *why), void *arg)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->rows[i].ksm == KSM_NO_EFFECT && options_given(o, i) &&
            (o->rows[i].roles & ROLE_BIT(o->role))) {
            fn(arg, o->rows[i].name, o->rows[i].help);
        }
    }
}
