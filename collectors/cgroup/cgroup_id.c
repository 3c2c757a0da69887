/* Identity from the path alone: one pass over its elements, each seen in the light of what its
 * ancestors were. */
#include "collectors/cgroup/cgroup_id.h"

#define HEX_LEN CGROUP_CONTAINER_ID_LEN

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool all_hex(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_hex(s.p[i])) {
            return false;
        }
    }
    return true;
}

/* "7c499e03-b0d5-449b-b80b-05fb6c741d16" (or with '_'), or the 32 digits of a static pod. */
static bool is_uid_shaped(struct str s)
{
    if (s.n == 32) {
        return all_hex(s);
    }
    if (s.n != 36) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        bool separator = i == 8 || i == 13 || i == 18 || i == 23;
        if (separator ? s.p[i] != '-' && s.p[i] != '_' : !is_hex(s.p[i])) {
            return false;
        }
    }
    return true;
}

/* Whether s is word, or ends in "-word". */
static bool ends_in_component(struct str s, struct str word)
{
    if (!str_eat_end(&s, word)) {
        return false;
    }
    return s.n == 0 || s.p[s.n - 1] == '-';
}

/* "…kubepods" or "…kubepods-burstable", ".slice" already cut. */
static enum cgroup_kind slice_kind(struct str name)
{
    if (ends_in_component(name, STR("kubepods"))) {
        return CGROUP_KUBEPODS;
    }
    if (ends_in_component(name, STR("kubepods-burstable")) ||
        ends_in_component(name, STR("kubepods-besteffort"))) {
        return CGROUP_QOS;
    }
    return CGROUP_OTHER;
}

/* Stores uid with '_' as '-', which undoes what the systemd driver does to it. */
static bool set_pod(struct str uid, bool escaped, struct cgroup_id *ret)
{
    if (uid.n == 0 || uid.n > CGROUP_POD_UID_MAX || memchr(uid.p, '\0', uid.n)) {
        return false;
    }
    for (size_t i = 0; i < uid.n; i++) {
        ret->pod_uid[i] = (char)(escaped && uid.p[i] == '_' ? '-' : uid.p[i]);
    }
    ret->pod_uid[uid.n] = '\0';
    return true;
}

/* "kubepods-burstable-pod7c499e03_b0d5_449b_b80b_05fb6c741d16", ".slice" already cut. */
static bool parse_pod_slice(struct str name, struct cgroup_id *ret)
{
    ssize_t dash = str_rfind(name, '-');
    if (dash < 0) {
        return false;
    }
    struct str uid = str_from(name, (size_t)dash + 1);
    if (!str_eat(&uid, STR("pod")) || slice_kind(str_head(name, (size_t)dash)) == CGROUP_OTHER) {
        return false;
    }
    return set_pod(uid, true, ret);
}

static enum cgroup_kind kube_slice(struct str name, struct cgroup_id *ret)
{
    enum cgroup_kind kind = slice_kind(name);
    if (kind == CGROUP_OTHER && parse_pod_slice(name, ret)) {
        return CGROUP_POD;
    }
    return kind;
}

/* "kubepods", "burstable", "pod7c499e03-…": the cgroupfs driver's names mean something only below
 * each other, except for a pod's whose uid has the API server's shape. */
static enum cgroup_kind kube_folder(struct str name, enum cgroup_kind parent, struct cgroup_id *ret)
{
    if (str_eq(name, STR("kubepods"))) {
        return CGROUP_KUBEPODS;
    }
    if (parent == CGROUP_KUBEPODS &&
        (str_eq(name, STR("burstable")) || str_eq(name, STR("besteffort")))) {
        return CGROUP_QOS;
    }
    bool below_kubepods = parent == CGROUP_KUBEPODS || parent == CGROUP_QOS;
    if (str_eat(&name, STR("pod")) && (below_kubepods || is_uid_shaped(name)) &&
        set_pod(name, false, ret)) {
        return CGROUP_POD;
    }
    return CGROUP_OTHER;
}

static enum cgroup_runtime runtime_of(struct str prefix)
{
    static const struct {
        struct str prefix;
        enum cgroup_runtime runtime;
    } runtimes[] = {
        { STR_INIT("cri-containerd"), CGROUP_RUNTIME_CONTAINERD },
        { STR_INIT("nerdctl"), CGROUP_RUNTIME_CONTAINERD },
        { STR_INIT("crio"), CGROUP_RUNTIME_CRIO },
        { STR_INIT("docker"), CGROUP_RUNTIME_DOCKER },
        { STR_INIT("libpod"), CGROUP_RUNTIME_PODMAN },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(runtimes); i++) {
        if (str_starts(prefix, runtimes[i].prefix)) {
            return runtimes[i].runtime;
        }
    }
    return CGROUP_RUNTIME_NONE;
}

static bool is_prefix(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-') {
            return false;
        }
    }
    return true;
}

/* "0f3c…", "crio-0f3c…", "cri-containerd-0f3c….scope", "docker-0f3c….scope", and the colon form
 * "kubepods-podU.slice:cri-containerd:0f3c…" that runc makes when it is handed a systemd path but
 * was told to use cgroupfs. */
static enum cgroup_kind container_name(struct str name, struct cgroup_id *ret)
{
    str_eat_end(&name, STR(".scope"));
    if (name.n < HEX_LEN) {
        return CGROUP_OTHER;
    }
    struct str id = str_from(name, name.n - HEX_LEN);
    struct str prefix = str_head(name, name.n - HEX_LEN);
    if (!all_hex(id)) {
        return CGROUP_OTHER;
    }
    struct str slice = { NULL, 0 };
    if (prefix.n > 0 && prefix.p[prefix.n - 1] == ':') {
        prefix.n--;
        ssize_t colon = str_rfind(prefix, ':');
        if (colon < 0) {
            return CGROUP_OTHER;
        }
        slice = str_head(prefix, (size_t)colon);
        prefix = str_from(prefix, (size_t)colon + 1);
    } else if (prefix.n > 0 && !str_eat_end(&prefix, STR("-"))) {
        return CGROUP_OTHER;
    }
    if (!is_prefix(prefix)) {
        return CGROUP_OTHER;
    }
    if (str_eat_end(&slice, STR(".slice"))) {
        parse_pod_slice(slice, ret);
    }
    ret->runtime = runtime_of(prefix);
    if (ends_in_component(prefix, STR("conmon"))) {
        return CGROUP_CONMON;
    }
    ret->container_id = id;
    return CGROUP_CONTAINER;
}

static enum cgroup_kind element_kind(struct str name, enum cgroup_kind parent,
                                     struct cgroup_id *ret)
{
    if (str_ends(name, STR(".mount"))) {
        return CGROUP_MOUNT;
    }
    struct str slice = name;
    if (str_eat_end(&slice, STR(".slice"))) {
        return kube_slice(slice, ret);
    }
    enum cgroup_kind kind = kube_folder(name, parent, ret);
    return kind == CGROUP_OTHER ? container_name(name, ret) : kind;
}

void cgroup_identify(struct str path, struct cgroup_id *ret)
{
    *ret = (struct cgroup_id){ .kind = CGROUP_ROOT };
    const char *start = path.p;
    bool in_container = false;
    while (path.n > 0) {
        struct str name = str_cut(&path, '/');
        if (name.n == 0) {
            continue;
        }
        ret->container_id = (struct str){ NULL, 0 };
        ret->runtime = CGROUP_RUNTIME_NONE;
        ret->nested = in_container;
        ret->kind = element_kind(name, ret->kind, ret);
        if (ret->kind == CGROUP_KUBEPODS || ret->kind == CGROUP_POD) {
            /* A node within a container (kind) has a pod tree of its own. */
            in_container = false;
            ret->nested = false;
        }
        if (ret->kind == CGROUP_KUBEPODS) {
            if (ret->kubepods_len == 0) {
                ret->kubepods_len = (size_t)(name.p + name.n - start);
            }
            ret->pod_uid[0] = '\0';
        }
        in_container |= ret->kind == CGROUP_CONTAINER;
    }
}
