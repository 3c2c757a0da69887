#include "kube/client/config_files.h"

#include "base/file.h"
#include "base/limits.h"

/* How often a pair of files that changes while it is read is read again. */
#define PAIR_TRIES 3

int config_token(struct str text, char **ret, struct err *err)
{
    text = str_trim(text);
    if (str_empty(text)) {
        return err_set(err, EBADMSG, "the token is empty");
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] <= ' ' || text.p[i] > '~') {
            return err_set(err, EBADMSG, "the token has a character that no header can carry");
        }
    }
    char *copy = str_dup(text);
    if (!copy) {
        return err_set_errno(err, ENOMEM, "token");
    }
    *ret = copy;
    return 0;
}

int config_pem(struct str text, char **ret, struct err *err)
{
    if (str_search(text, STR("-----BEGIN ")) < 0 || str_find(text, '\0') >= 0) {
        return err_set(err, EBADMSG, "no PEM (\"-----BEGIN …\") in it");
    }
    char *copy = str_dup(text);
    if (!copy) {
        return err_set_errno(err, ENOMEM, "PEM");
    }
    *ret = copy;
    return 0;
}

int config_key(struct str text, char **ret, struct err *err)
{
    if (str_search(text, STR("ENCRYPTED")) >= 0) {
        return err_set(err, ENOTSUP,
                       "the key is encrypted, and nobody is there to be asked for "
                       "its pass phrase; decrypt it (openssl pkey)");
    }
    return config_pem(text, ret, err);
}

static int read_with(const char *path, int (*make)(struct str, char **, struct err *), char **ret,
                     struct err *err)
{
    if (!path) {
        return 0;
    }
    auto_buf struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    ssize_t n = file_read(AT_FDCWD, path, &text, err);
    if (n < 0) {
        return (int)n;
    }
    char *made = NULL;
    if (make(buf_str(&text), &made, err) < 0) {
        return err_wrap(err, "%s", path);
    }
    free(*ret);
    *ret = made;
    return 0;
}

struct fresh {
    char *ca, *cert, *key, *token;
};

static void fresh_done(struct fresh *f)
{
    free(f->ca);
    free(f->cert);
    free(f->key);
    free(f->token);
}

static bool same(const char *a, const char *b)
{
    return str_eq(str_of(a), str_of(b));
}

/* Certificate and key are exchanged one after the other, or by one link above both: a certificate
 * that is still the same after the key was read belongs to that key. */
static int read_pair(const struct kube_config *c, struct fresh *f, struct err *err)
{
    for (int i = 0; i < PAIR_TRIES; i++) {
        auto_free char *again = NULL;
        int r = read_with(c->cert_file, config_pem, &f->cert, err);
        r = r < 0 ? r : read_with(c->key_file, config_key, &f->key, err);
        r = r < 0 ? r : read_with(c->cert_file, config_pem, &again, err);
        if (r < 0 || !c->key_file || same(f->cert, again)) {
            return r;
        }
    }
    return err_set(err, EAGAIN, "%s: changes while it is read", c->cert_file);
}

/* Moves *from to *to if it was read and differs; says whether it did. */
static bool renew(char **to, char **from)
{
    if (!*from || same(*to, *from)) {
        return false;
    }
    free(*to);
    *to = KG_TAKE(*from);
    return true;
}

int config_files_read(struct kube_config *c, struct err *err)
{
    struct fresh f = { 0 };
    struct err unused;
    err = err ? err : &unused;
    int r = read_with(c->ca_file, config_pem, &f.ca, err);
    r = r < 0 ? r : read_pair(c, &f, err);
    r = r < 0 ? r : read_with(c->token_file, config_token, &f.token, err);
    if (r == 0) {
        bool tls = renew(&c->ca_pem, &f.ca);
        tls = renew(&c->cert_pem, &f.cert) || tls;
        tls = renew(&c->key_pem, &f.key) || tls;
        bool token = renew(&c->token, &f.token);
        c->tls_generation += tls;
        c->generation += tls || token;
        r = tls || token;
    }
    fresh_done(&f);
    return r;
}
