#include "kube/object/resource_name.h"

#include "kube/object/json_get.h"
#include "kube/object/quantity.h"

#define QUALIFIED_PREFIX_MAX 253
#define QUALIFIED_NAME_MAX 63

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alphanumeric(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* One label of a DNS name: [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool is_dns_label(struct str label)
{
    if (label.n == 0 || !is_lower_or_digit(label.p[0]) ||
        !is_lower_or_digit(label.p[label.n - 1])) {
        return false;
    }
    for (size_t i = 0; i < label.n; i++) {
        if (!is_lower_or_digit(label.p[i]) && label.p[i] != '-') {
            return false;
        }
    }
    return true;
}

static bool is_dns_subdomain(struct str name)
{
    if (name.n == 0 || name.p[name.n - 1] == '.') {
        return false;
    }
    while (name.n) {
        if (!is_dns_label(str_cut(&name, '.'))) {
            return false;
        }
    }
    return true;
}

/* [A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])? */
static bool is_qualified_part(struct str part)
{
    if (part.n == 0 || part.n > QUALIFIED_NAME_MAX || !is_alphanumeric(part.p[0]) ||
        !is_alphanumeric(part.p[part.n - 1])) {
        return false;
    }
    for (size_t i = 0; i < part.n; i++) {
        char c = part.p[i];
        if (!is_alphanumeric(c) && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return true;
}

bool resource_name_is_hugepages(struct str name)
{
    return str_starts(name, STR("hugepages-"));
}

bool resource_name_is_attachable(struct str name)
{
    return str_starts(name, STR("attachable-volumes-"));
}

bool resource_name_is_extended(struct str name)
{
    static const struct str quota_prefix = STR_INIT("requests.");
    if (str_search(name, STR("kubernetes.io/")) >= 0 || str_starts(name, quota_prefix)) {
        return false;
    }
    ssize_t slash = str_find(name, '/');
    if (slash < 0) {
        return false;
    }
    /* "requests." is a DNS label itself, so a legal domain stays legal with it, but longer. */
    struct str domain = str_head(name, (size_t)slash);
    return domain.n + quota_prefix.n <= QUALIFIED_PREFIX_MAX && is_dns_subdomain(domain) &&
           is_qualified_part(str_from(name, (size_t)slash + 1));
}

int resource_name_label(struct str name, struct arena *mem, struct str *ret)
{
    size_t legal = 0;
    while (legal < name.n && (is_alphanumeric(name.p[legal]) || name.p[legal] == '_')) {
        legal++;
    }
    if (legal == name.n) {
        *ret = name;
        return 0;
    }
    char *text = arena_alloc(mem, name.n);
    if (!text) {
        return -ENOMEM;
    }
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        bool continues = ((unsigned char)name.p[i] & 0xC0) == 0x80; /* of a UTF-8 character */
        if (!continues) {
            text[n++] = is_alphanumeric(name.p[i]) ? name.p[i] : '_';
        }
    }
    *ret = (struct str){ text, n };
    return 0;
}

/* The units of a resource: two at most. Returns how many. */
static size_t units_of(struct str name, enum kube_amounts_of of, struct str *ret_units)
{
    size_t n = 0;
    if (of == KUBE_AMOUNTS_OF_ANYTHING) {
        ret_units[n++] = STR("");
        return n;
    }
    if (str_eq_c(name, "cpu")) {
        ret_units[n++] = STR("core");
        return n;
    }
    if (str_eq_c(name, "memory") || str_eq_c(name, "storage") ||
        str_eq_c(name, "ephemeral-storage")) {
        ret_units[n++] = STR("byte");
        return n;
    }
    if (resource_name_is_hugepages(name) || resource_name_is_attachable(name)) {
        ret_units[n++] = STR("byte");
    }
    if (resource_name_is_extended(name) || (of == KUBE_AMOUNTS_OF_NODE && str_eq_c(name, "pods"))) {
        ret_units[n++] = STR("integer");
    }
    return n;
}

int kube_amounts_decode(const json_t *list, enum kube_amounts_of of, const struct kube_decode *how,
                        struct kube_amounts *ret, struct err *err)
{
    /* jansson iterates over objects that are not const; nothing is changed. */
    json_t *members = (json_t *)(uintptr_t)list, *value;
    const char *key;
    size_t n = 0;
    struct kube_amount *items =
        KUBE_DECODE_ARRAY(how, 2 * json_object_size(list), struct kube_amount, err);
    if (!items) {
        return -ENOMEM;
    }
    json_object_foreach (members, key, value) {
        struct str name = str_of(key), units[2];
        size_t n_units = units_of(name, of, units);
        bool milli = of != KUBE_AMOUNTS_OF_CONTAINER || str_eq_c(name, "cpu");
        struct kube_amount amount = { .resource = name };
        if (n_units == 0 ||
            !json_quantity(value, milli ? quantity_milli : quantity_whole, &amount.value)) {
            continue;
        }
        if (of != KUBE_AMOUNTS_OF_ANYTHING &&
            resource_name_label(name, how->mem, &amount.resource) < 0) {
            return err_set(err, ENOMEM, "no memory for the decoded object");
        }
        for (size_t i = 0; i < n_units; i++) {
            amount.unit = units[i];
            items[n++] = amount;
        }
    }
    *ret = (struct kube_amounts){ items, n };
    return 0;
}
