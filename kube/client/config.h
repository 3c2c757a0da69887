/* config.h — how to reach and prove oneself to an API server: kubeconfig or in-cluster.
 * Uses: base, kube/yaml.  Threads: the kube loop.  Owner: agent, by kube_config_done.
 *
 * Credentials that change on disk (service-account token, CA, client certificate files, tokenFile)
 * are read again by kube_config_refresh; what is in use stays valid until a new one was read whole.
 * No text of a credential is ever in an error message. */
#ifndef KG_KUBE_CONFIG_H
#define KG_KUBE_CONFIG_H

#include "base/err.h"
#include "base/str.h"

struct kube_config {
    char *server;          /* "https://10.96.0.1:443[/prefix]", no trailing slash */
    char *proxy_url;       /* or NULL: then the environment's https_proxy and no_proxy count */
    char *tls_server_name; /* or NULL */
    char *namespace;       /* of the context or the service account; or NULL */
    char *context;         /* name of the context used, or "in-cluster" */
    bool insecure_skip_tls_verify;
    char *ca_pem, *ca_file;     /* the PEM in use (NULL: the system's), and its file (or NULL) */
    char *cert_pem, *cert_file; /* client certificate */
    char *key_pem, *key_file;
    char *token, *token_file;
    uint64_t generation;     /* grows whenever a refresh changed a credential */
    uint64_t tls_generation; /* grows whenever that was the CA, the certificate or the key */
};

/* Finds and reads the kubeconfig as kubectl does: from paths, else from $KUBECONFIG, else from
 * ~/.kube/config. The first two may be several files with ':' between; of those the missing
 * ones are passed over, and for each context, cluster and user (whole) and for current-context the
 * first file that has it counts. context NULL: current-context. Relative file names are relative to
 * the kubeconfig that names them. *-data wins over the file of the same name, tokenFile over token.
 * For an http:// server neither TLS settings nor credentials are used, as in client-go. Refused
 * with -ENOTSUP, saying what to use instead: user name and password, exec and auth-provider
 * plugins, impersonation, encrypted keys. Sets *ret whole, to be given to kube_config_done; nothing
 * on failure. Errors also: -ENOENT no such file, or no such context, cluster or user (err: name,
 * and which exist) · -EBADMSG not YAML, not a kubeconfig, contradictory (insecure-skip-tls-verify
 * with a CA, a certificate without key) or unusable (err: what and where) · those of open/read ·
 * -ENOMEM. Source: client-go tools/clientcmd (loader.go, validation.go, client_config.go), v0.36.
 */
int kube_config_load(const char *paths, const char *context, struct kube_config *ret,
                     struct err *err);

/* As kube_config_load with one file, which must exist. */
int kube_config_from_kubeconfig(const char *path, const char *context, struct kube_config *ret,
                                struct err *err);

/* From KUBERNETES_SERVICE_HOST and _PORT and the files under account_dir (NULL: the usual
 * /var/run/secrets/kubernetes.io/serviceaccount): token, ca.crt and, if it is there, namespace.
 * Errors: -ENOENT not in a cluster (err: what is missing) · those of open and read · -EBADMSG an
 * empty or broken token. IPv6 hosts are bracketed. */
int kube_config_in_cluster(const char *account_dir, struct kube_config *ret, struct err *err);

/* Reads the files again; to be called on a 401 and at least every minute, because a projected token
 * is exchanged (by a symbolic link) well before it ends. Returns 1 when a credential changed
 * (generation grew), 0 when none did, or an error: then all old credentials stay. */
int kube_config_refresh(struct kube_config *c, struct err *err);

/* Frees what it holds, the key and token overwritten first; a zeroed struct is allowed. */
void kube_config_done(struct kube_config *c);

#endif
