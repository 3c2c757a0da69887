#include "kube/client/kubeconfig_entry.h"

#include "base/file.h"
#include "base/limits.h"
#include "kube/yaml/yaml.h"

#include <stdio.h>

static int read_file(struct kubeconfig *k, const char *path, struct err *err)
{
    auto_buf struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
    ssize_t n = file_read(AT_FDCWD, path, &text, err);
    if (n < 0) {
        return (int)n;
    }
    struct yaml_documents *documents = yaml_documents_new(buf_str(&text));
    if (!documents) {
        return err_set_errno(err, ENOMEM, "%s", path);
    }
    json_t *root = NULL;
    int r = yaml_documents_next(documents, &root, err);
    yaml_documents_free(documents);
    if (r < 0) {
        return err_wrap(err, "%s", path);
    }
    if (r == 0) {
        return 0; /* an empty file, as `touch` leaves it, is an empty kubeconfig */
    }
    const json_t *kind = json_object_get(root, "kind");
    if (!json_is_object(root) || (kind && !json_is_string(kind)) ||
        (kind && strcmp(json_string_value(kind), "Config") != 0)) {
        json_decref(root);
        return err_set(err, EBADMSG, "%s: not a kubeconfig (kind: Config)", path);
    }
    struct str dir = str_of(path);
    dir = str_head(dir, (size_t)KG_MAX(str_rfind(dir, '/') + 1, (ssize_t)0));
    k->files[k->n++] = (struct kubeconfig_file){ root, dir };
    return 0;
}

static bool named(const json_t *item, const char *name)
{
    const char *text = json_string_value(json_object_get(item, "name"));
    return text && strcmp(text, name) == 0;
}

void kubeconfig_names(const struct kubeconfig *k, const char *list, char *out, size_t size)
{
    size_t n = 0;
    for (size_t f = 0; f < k->n; f++) {
        size_t i;
        json_t *item;
        json_array_foreach (json_object_get(k->files[f].root, list), i, item) {
            const char *name = json_string_value(json_object_get(item, "name"));
            if (name && n < size) {
                int wrote = snprintf(out + n, size - n, "%s%s", n ? ", " : "", name);
                n += wrote > 0 ? (size_t)wrote : 0;
            }
        }
    }
    if (n == 0) {
        snprintf(out, size, "none");
    }
}

int kubeconfig_find(const struct kubeconfig *k, const char *kind, const char *name,
                    struct kubeconfig_entry *ret, struct err *err)
{
    char list[16];
    snprintf(list, sizeof(list), "%ss", kind);
    for (size_t f = 0; f < k->n; f++) {
        size_t i, found = 0;
        json_t *item;
        json_array_foreach (json_object_get(k->files[f].root, list), i, item) {
            if (named(item, name)) {
                *ret = (struct kubeconfig_entry){ kind, name, json_object_get(item, kind),
                                                  k->files[f].dir };
                found++;
            }
        }
        if (found > 1) {
            return err_set(err, EBADMSG, "%s \"%s\" is there %zu times", kind, name, found);
        }
        if (found == 1 &&
            (!ret->fields || json_is_null(ret->fields) || json_is_object(ret->fields))) {
            return 0;
        }
        if (found == 1) {
            return err_set(err, EBADMSG, "%s \"%s\" is not a map", kind, name);
        }
    }
    char names[160];
    kubeconfig_names(k, list, names, sizeof(names));
    return err_set(err, ENOENT, "no %s \"%s\" (there is: %s)", kind, name, names);
}

int entry_text(const struct kubeconfig_entry *e, const char *field, struct str *ret,
               struct err *err)
{
    const json_t *v = json_object_get(e->fields, field);
    if (!v || json_is_null(v)) {
        *ret = (struct str){ 0 };
        return 0;
    }
    if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v)) {
        return err_set(err, EBADMSG, "%s \"%s\": %s is not text (quote it)", e->kind, e->name,
                       field);
    }
    *ret = (struct str){ json_string_value(v), json_string_length(v) };
    return 0;
}

int entry_copy(const struct kubeconfig_entry *e, const char *field, char **ret, struct err *err)
{
    struct str text = { 0 };
    int r = entry_text(e, field, &text, err);
    if (r < 0 || str_empty(text)) {
        return r;
    }
    *ret = str_dup(text);
    return *ret ? 0 : err_set_errno(err, ENOMEM, "%s", field);
}

int entry_path(const struct kubeconfig_entry *e, const char *field, char **ret, struct err *err)
{
    struct str text = { 0 };
    int r = entry_text(e, field, &text, err);
    if (r < 0 || str_empty(text)) {
        return r;
    }
    struct str dir = text.p[0] == '/' ? (struct str){ 0 } : e->dir;
    if (asprintf(ret, STR_FMT STR_FMT, STR_ARG(dir), STR_ARG(text)) < 0) {
        *ret = NULL;
        return err_set_errno(err, ENOMEM, "%s", field);
    }
    return 0;
}

int entry_bool(const struct kubeconfig_entry *e, const char *field, bool *ret, struct err *err)
{
    const json_t *v = json_object_get(e->fields, field);
    if (v && !json_is_null(v) && !json_is_boolean(v)) {
        return err_set(err, EBADMSG, "%s \"%s\": %s is neither true nor false", e->kind, e->name,
                       field);
    }
    *ret = json_is_true(v);
    return 0;
}

void kubeconfig_done(struct kubeconfig *k)
{
    for (size_t f = 0; f < k->n; f++) {
        json_decref(k->files[f].root);
    }
    k->n = 0;
}

int kubeconfig_read(struct kubeconfig *k, char *list, char sep, struct err *err)
{
    bool several = sep && strchr(list, sep) != NULL;
    size_t tried = 0;
    struct err first = { 0 };
    for (char *at = list, *path; (path = at) != NULL;) {
        at = sep ? strchr(path, sep) : NULL;
        if (at) {
            *at++ = '\0';
        }
        if (!*path) {
            continue;
        }
        if (++tried > KUBECONFIG_FILES_MAX) {
            return err_set(err, E2BIG, "more than %d kubeconfig files", KUBECONFIG_FILES_MAX);
        }
        int r = read_file(k, path, err);
        if (r < 0 && (r != -ENOENT || !several)) {
            return r;
        }
        if (r < 0 && !first.code) {
            first = *err;
        }
    }
    if (tried == 0) {
        return err_set(err, ENOENT, "no kubeconfig file is named");
    }
    /* All missing: the first one's message names it. */
    return k->n == 0 && first.code ? err_set(err, first.code, "%s", first.text) : 0;
}
