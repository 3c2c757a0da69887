/* config.h — how to reach and prove oneself to an API server: kubeconfig or in-cluster.
 * Uses: base, kube/yaml.  Threads: the kube loop.  Owner: agent, by kube_config_done.
 *
 * Credentials that change on disk (service-account token, CA, client certificate files, tokenFile)
 * are read again by kube_config_refresh; what is in use stays valid until a new one was read whole.
 */
#ifndef KG_KUBE_CONFIG_H
#define KG_KUBE_CONFIG_H

#include "base/err.h"
#include "base/str.h"

struct kube_config {
    char *server;          /* "https://10.96.0.1:443", no trailing slash */
    char *proxy_url;       /* or NULL */
    char *tls_server_name; /* or NULL */
    char *namespace;       /* of the context or the service account; or NULL */
    char *context;         /* name of the context used, or "in-cluster" */
    bool insecure_skip_tls_verify;
    char *ca_pem, *ca_file;     /* the PEM in use, and the file it comes from (or NULL) */
    char *cert_pem, *cert_file; /* client certificate */
    char *key_pem, *key_file;
    char *token, *token_file;
    uint64_t generation; /* grows whenever a refresh changed a credential */
};

/* Reads a kubeconfig (YAML). context NULL: current-context. Relative file names are relative to the
 * kubeconfig. *-data wins over the file of the same name, as in client-go; user name and password
 * and exec and auth-provider plugins are refused with -ENOTSUP, saying which and what to use
 * instead. Errors: those of open/read · -EBADMSG not YAML, or not a kubeconfig (err: line and what)
 * · -ENOENT no such context, cluster or user (err: name, and which exist). */
int kube_config_from_kubeconfig(const char *path, const char *context, struct kube_config *ret,
                                struct err *err);

/* From KUBERNETES_SERVICE_HOST and _PORT and the files under account_dir (NULL: the usual
 * /var/run/secrets/kubernetes.io/serviceaccount). Errors: -ENOENT not in a cluster (err: what is
 * missing) · those of open and read. IPv6 hosts are bracketed. */
int kube_config_in_cluster(const char *account_dir, struct kube_config *ret, struct err *err);

/* Reads the files again. Returns 1 when a credential changed (generation grew), 0 when none did, or
 * an error, the old credentials then stay. */
int kube_config_refresh(struct kube_config *c, struct err *err);

/* Frees what it holds, the key and token overwritten first; a zeroed struct is allowed. */
void kube_config_done(struct kube_config *c);

#endif
