#include "kube/client/config.h"

#include "base/base64.h"
#include "base/limits.h"
#include "kube/client/config_files.h"
#include "kube/client/kubeconfig_entry.h"

#include <stdio.h>
#include <stdlib.h>

/* Reads FIELD-data into *ret_pem, or else the path in FIELD into *ret_file. */
static int get_pem(const struct kubeconfig_entry *e, const char *field, char **ret_pem,
                   char **ret_file, struct err *err)
{
    bool is_key = strcmp(field, "client-key") == 0;
    char data_field[48];
    snprintf(data_field, sizeof(data_field), "%s-data", field);
    struct str data = { 0 };
    int r = entry_text(e, data_field, &data, err);
    if (r < 0) {
        return r;
    }
    if (str_empty(data)) {
        return entry_path(e, field, ret_file, err);
    }
    auto_buf struct buf pem = BUF_INIT(LIMIT_CONFIG_BYTES);
    r = base64_decode(data, &pem);
    if (r < 0) {
        err_set(err, EBADMSG, "not base64");
    } else {
        r = (is_key ? config_key : config_pem)(buf_str(&pem), ret_pem, err);
    }
    return r < 0 ? err_wrap(err, "%s \"%s\": %s", e->kind, e->name, data_field) : 0;
}

static int bad_server(const struct kubeconfig_entry *e, struct err *err, const char *why)
{
    return err_set(err, EBADMSG, "cluster \"%s\": server %s", e->name, why);
}

/* "https://host:6443/prefix/?x#y" -> "https://host:6443/prefix"; without a scheme it is http, as
 * client-go has it. */
static int get_server(const struct kubeconfig_entry *e, char **ret, struct err *err)
{
    struct str text = { 0 };
    int r = entry_text(e, "server", &text, err);
    if (r < 0) {
        return r;
    }
    struct str rest = text;
    const char *scheme = str_eat(&rest, STR("https://")) ? "https://" : "http://";
    str_eat(&rest, STR("http://"));
    rest = str_cut(&rest, '#');
    rest = str_cut(&rest, '?');
    while (str_eat_end(&rest, STR("/"))) {
    }
    struct str host = rest;
    host = str_cut(&host, '/');
    if (str_empty(text)) {
        return bad_server(e, err, "is missing");
    }
    if (str_empty(host) || str_search(rest, STR("://")) >= 0) {
        return bad_server(e, err, "is not a https:// or http:// address");
    }
    /* The address is printed in messages; a password would be, too. */
    if (str_find(host, '@') >= 0) {
        return bad_server(e, err, "holds a user name: use a token or a client certificate");
    }
    for (size_t i = 0; i < rest.n; i++) {
        if ((unsigned char)rest.p[i] <= ' ' || rest.p[i] == 0x7f) {
            return bad_server(e, err, "holds a blank or a control character");
        }
    }
    if (asprintf(ret, "%s" STR_FMT, scheme, STR_ARG(rest)) < 0) {
        *ret = NULL;
        return err_set_errno(err, ENOMEM, "server");
    }
    return 0;
}

static int read_proxy(const struct kubeconfig_entry *cluster, struct kube_config *c,
                      struct err *err)
{
    int r = entry_copy(cluster, "proxy-url", &c->proxy_url, err);
    struct str url = str_of(c->proxy_url);
    if (r < 0 || str_empty(url) || str_starts(url, STR("http://")) ||
        str_starts(url, STR("https://")) || str_starts(url, STR("socks5://"))) {
        return r;
    }
    return err_set(err, EBADMSG, "cluster \"%s\": proxy-url is not http://, https:// or socks5://",
                   cluster->name);
}

static int read_tls(const struct kubeconfig_entry *cluster, struct kube_config *c, struct err *err)
{
    int r = entry_bool(cluster, "insecure-skip-tls-verify", &c->insecure_skip_tls_verify, err);
    r = r < 0 ? r : entry_copy(cluster, "tls-server-name", &c->tls_server_name, err);
    r = r < 0 ? r : get_pem(cluster, "certificate-authority", &c->ca_pem, &c->ca_file, err);
    if (r == 0 && c->insecure_skip_tls_verify && (c->ca_pem || c->ca_file)) {
        return err_set(err, EBADMSG,
                       "cluster \"%s\": insecure-skip-tls-verify and a certificate-authority "
                       "contradict each other",
                       cluster->name);
    }
    return r;
}

/* What a user entry may hold that is not done here, and what to do instead. */
static const struct {
    const char *field, *advice;
} refused[] = {
    { "exec", "credential plugins are not run; use a service account's token or a certificate" },
    { "auth-provider", "auth providers are not run; use a service account's token" },
    { "username", "the API server takes no passwords; use a token or a client certificate" },
    { "password", "the API server takes no passwords; use a token or a client certificate" },
    { "as", "impersonation is not done; use a user that has the rights itself" },
    { "as-uid", "impersonation is not done; use a user that has the rights itself" },
    { "as-groups", "impersonation is not done; use a user that has the rights itself" },
    { "as-user-extra", "impersonation is not done; use a user that has the rights itself" },
};

static bool is_set(const json_t *v)
{
    return v && !json_is_null(v) && !(json_is_string(v) && json_string_length(v) == 0) &&
           !(json_is_array(v) && json_array_size(v) == 0);
}

static int read_user(const struct kubeconfig_entry *user, struct kube_config *c, struct err *err)
{
    for (size_t i = 0; i < KG_ARRAY_LEN(refused); i++) {
        if (is_set(json_object_get(user->fields, refused[i].field))) {
            return err_set(err, ENOTSUP, "user \"%s\": %s: %s", user->name, refused[i].field,
                           refused[i].advice);
        }
    }
    int r = get_pem(user, "client-certificate", &c->cert_pem, &c->cert_file, err);
    if (r < 0) {
        return r;
    }
    bool has_cert = c->cert_pem || c->cert_file;
    r = has_cert ? get_pem(user, "client-key", &c->key_pem, &c->key_file, err) : 0;
    if (r == 0 && has_cert && !c->key_pem && !c->key_file) {
        return err_set(err, EBADMSG, "user \"%s\": client-certificate without client-key",
                       user->name);
    }
    struct str token = { 0 };
    r = r < 0 ? r : entry_text(user, "token", &token, err);
    if (r == 0 && !str_empty(token) && config_token(token, &c->token, err) < 0) {
        return err_wrap(err, "user \"%s\"", user->name);
    }
    return r < 0 ? r : entry_path(user, "tokenFile", &c->token_file, err);
}

static int current_context(const struct kubeconfig *k, const char **ret, struct err *err)
{
    for (size_t f = 0; f < k->n; f++) {
        const char *name = json_string_value(json_object_get(k->files[f].root, "current-context"));
        if (name && *name) {
            *ret = name;
            return 0;
        }
    }
    char names[160];
    kubeconfig_names(k, "contexts", names, sizeof(names));
    return err_set(err, ENOENT, "no current-context is set; choose one of: %s", names);
}

/* Finds the entry that a context refers to. */
static int refer(const struct kubeconfig *k, const struct kubeconfig_entry *context,
                 const char *kind, struct kubeconfig_entry *ret, struct err *err)
{
    struct str name = { 0 };
    int r = entry_text(context, kind, &name, err);
    if (r < 0) {
        return r;
    }
    if (str_empty(name)) {
        return err_set(err, EBADMSG, "context \"%s\" names no %s", context->name, kind);
    }
    return kubeconfig_find(k, kind, name.p, ret, err);
}

static int choose(const struct kubeconfig *k, const char *name, struct kube_config *c,
                  struct err *err)
{
    struct kubeconfig_entry context = { 0 }, cluster = { 0 }, user = { 0 };
    int r = name ? 0 : current_context(k, &name, err);
    r = r < 0 ? r : kubeconfig_find(k, "context", name, &context, err);
    r = r < 0 ? r : refer(k, &context, "cluster", &cluster, err);
    r = r < 0 ? r : refer(k, &context, "user", &user, err);
    r = r < 0 ? r : entry_copy(&context, "namespace", &c->namespace, err);
    r = r < 0 ? r : get_server(&cluster, &c->server, err);
    r = r < 0 ? r : read_proxy(&cluster, c, err);
    if (r < 0) {
        return r;
    }
    c->context = str_dup(str_of(name));
    if (!c->context) {
        return err_set_errno(err, ENOMEM, "context");
    }
    if (!str_starts(str_of(c->server), STR("https://"))) {
        return 0;
    }
    r = read_tls(&cluster, c, err);
    r = r < 0 ? r : read_user(&user, c, err);
    return r;
}

/* A tokenFile that is not there yet is no fault while there is a token beside it. */
static int read_credentials(struct kube_config *c, struct err *err)
{
    int r = config_files_read(c, err);
    if (r >= 0 || !c->token || !c->token_file) {
        return r;
    }
    char *token_file = KG_TAKE(c->token_file);
    r = config_files_read(c, err);
    c->token_file = token_file;
    return r;
}

/* Owned text: the paths to look at, by kubectl's order of precedence. */
static int find_paths(const char *paths, char **ret, struct err *err)
{
    const char *home = secure_getenv("HOME");
    paths = paths ? paths : secure_getenv("KUBECONFIG");
    if (paths && *paths) {
        *ret = str_dup(str_of(paths));
    } else if (!home || !*home) {
        return err_set(err, ENOENT, "no kubeconfig: neither KUBECONFIG nor HOME is set");
    } else if (asprintf(ret, "%s/.kube/config", home) < 0) {
        *ret = NULL;
    }
    return *ret ? 0 : err_set_errno(err, ENOMEM, "kubeconfig");
}

static int load(struct kubeconfig *k, char *list, char sep, const char *context,
                struct kube_config *c, struct err *err)
{
    int r = kubeconfig_read(k, list, sep, err);
    r = r < 0 ? r : choose(k, context, c, err);
    r = r < 0 ? r : read_credentials(c, err);
    return r < 0 ? err_wrap(err, "kubeconfig") : 0;
}

/* list is changed. */
static int load_list(char *list, char sep, const char *context, struct kube_config *ret,
                     struct err *err)
{
    struct kubeconfig k = { 0 };
    struct kube_config c = { 0 };
    struct err unused;
    int r = load(&k, list, sep, context, &c, err ? err : &unused);
    kubeconfig_done(&k);
    if (r < 0) {
        kube_config_done(&c);
        return r;
    }
    *ret = c;
    return 0;
}

int kube_config_load(const char *paths, const char *context, struct kube_config *ret,
                     struct err *err)
{
    auto_free char *list = NULL;
    int r = find_paths(paths, &list, err);
    return r < 0 ? r : load_list(list, ':', context, ret, err);
}

int kube_config_from_kubeconfig(const char *path, const char *context, struct kube_config *ret,
                                struct err *err)
{
    auto_free char *one = str_dup(str_of(path));
    return one ? load_list(one, '\0', context, ret, err) : err_set_errno(err, ENOMEM, "%s", path);
}
