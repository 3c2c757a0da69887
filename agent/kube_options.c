#include "agent/kube_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

static int replace_server(struct kube_config *c, const char *url, struct err *err)
{
    struct str s = str_of(url);
    if (str_empty(s)) {
        return 0;
    }
    if (!str_starts(s, STR("https://")) && !str_starts(s, STR("http://"))) {
        return err_set(err, EINVAL,
                       "--apiserver: \"%.100s\" is not a URL such as "
                       "https://10.96.0.1:443",
                       url);
    }
    bool slash = true;
    while (slash) {
        slash = str_eat_end(&s, STR("/"));
    }
    char *server = str_dup(s);
    if (!server) {
        return err_set(err, ENOMEM, "out of memory");
    }
    free(c->server);
    c->server = server;
    return 0;
}

int kube_options_config(const struct options *o, struct kube_config *ret, struct err *err)
{
    const char *file = options_text(o, OPT_KUBECONFIG), *context = options_text(o, OPT_CONTEXT);
    int r = 0;
    if (*file) {
        r = kube_config_from_kubeconfig(file, *context ? context : NULL, ret, err);
        if (r < 0) {
            err_wrap(err, "--kubeconfig");
        }
    } else if (secure_getenv("KUBERNETES_SERVICE_HOST") || !*options_text(o, OPT_APISERVER)) {
        r = kube_config_in_cluster(NULL, ret, err);
    } else {
        /* An address alone, and no credentials: a proxy (kubectl proxy) that adds them. */
        ret->context = str_dup(STR("apiserver"));
        r = ret->context ? 0 : err_set(err, ENOMEM, "out of memory");
    }
    return r < 0 ? r : replace_server(ret, options_text(o, OPT_APISERVER), err);
}

int kube_options_allowlist(const struct options *o, size_t id, struct key_allowlists **ret,
                           struct err *err)
{
    struct str text = str_of(options_text(o, id));
    if (str_empty(text)) {
        return 0;
    }
    *ret = key_allowlists_parse(text, err);
    return *ret ? 0 : err_wrap(err, "--%s", o->rows[id].name);
}

void kube_options_user_agent(char *ret, size_t size)
{
    struct utsname machine;
    const char *arch = uname(&machine) == 0 ? machine.machine : "unknown";
    snprintf(ret, size, "kubegauge/%s (linux/%s)", KG_VERSION, arch);
}
