#include "kube/client/config.h"

#include "base/file.h"
#include "base/limits.h"
#include "kube/client/config_files.h"

#include <stdio.h>
#include <stdlib.h>

#define ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

void kube_config_done(struct kube_config *c)
{
    char *const owned[] = {
        c->server,   c->proxy_url, c->tls_server_name, c->namespace, c->context,
        c->ca_pem,   c->ca_file,   c->cert_pem,        c->cert_file, c->key_pem,
        c->key_file, c->token,     c->token_file,
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(owned); i++) {
        free(owned[i]);
    }
    *c = (struct kube_config){ 0 };
}

int kube_config_refresh(struct kube_config *c, struct err *err)
{
    return config_files_read(c, err);
}

static int path_in(const char *dir, const char *name, char **ret, struct err *err)
{
    char *path;
    if (asprintf(&path, "%s/%s", dir, name) < 0) {
        return err_set_errno(err, ENOMEM, "%s/%s", dir, name);
    }
    *ret = path;
    return 0;
}

/* The namespace is a convenience: an account without the file still works. */
static void read_namespace(const char *dir, struct kube_config *c)
{
    char path[4096], text[256];
    struct str name;
    if (file_join(path, sizeof(path), dir, "namespace") == 0 &&
        file_read_text_at(AT_FDCWD, path, text, sizeof(text), &name) == 0) {
        name = str_trim(name);
        c->namespace = name.n ? str_dup(name) : NULL;
    }
}

static int in_cluster(const char *dir, struct kube_config *c, struct err *err)
{
    const char *host = secure_getenv("KUBERNETES_SERVICE_HOST");
    const char *port = secure_getenv("KUBERNETES_SERVICE_PORT");
    if (!host || !*host || !port || !*port) {
        return err_set(err, ENOENT, "not in a cluster: %s is not set",
                       host && *host ? "KUBERNETES_SERVICE_PORT" : "KUBERNETES_SERVICE_HOST");
    }
    bool ipv6 = strchr(host, ':') && host[0] != '[';
    if (asprintf(&c->server, "https://%s%s%s:%s", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port) <
        0) {
        c->server = NULL;
        return err_set_errno(err, ENOMEM, "server address");
    }
    c->context = str_dup(STR("in-cluster"));
    if (!c->context) {
        return err_set_errno(err, ENOMEM, "context");
    }
    int r = path_in(dir, "token", &c->token_file, err);
    r = r < 0 ? r : path_in(dir, "ca.crt", &c->ca_file, err);
    r = r < 0 ? r : config_files_read(c, err);
    if (r < 0) {
        return err_wrap(err, "service account");
    }
    read_namespace(dir, c);
    return 0;
}

int kube_config_in_cluster(const char *account_dir, struct kube_config *ret, struct err *err)
{
    struct kube_config c = { 0 };
    struct err unused;
    int r = in_cluster(account_dir ? account_dir : ACCOUNT_DIR, &c, err ? err : &unused);
    if (r < 0) {
        kube_config_done(&c);
        return r;
    }
    *ret = c;
    return 0;
}
