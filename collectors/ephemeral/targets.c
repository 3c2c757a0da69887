#include "collectors/ephemeral/targets.h"

#include "base/file.h"
#include "collectors/ephemeral/targets_private.h"

#include <dirent.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int ephemeral_open(int root_fd, struct str path, int flags)
{
    char text[PATH_MAX];
    while (str_eat(&path, STR("/"))) {
    }
    if (str_copy(text, sizeof(text), str_empty(path) ? STR(".") : path) < 0) {
        return -ENAMETOOLONG;
    }
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, root_fd, text, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        fd = openat(root_fd, text, flags | O_CLOEXEC);
    }
    return fd < 0 ? -errno : (int)fd;
}

int ephemeral_each_in(int fd, ephemeral_entry_fn *fn, void *arg)
{
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        return fd < 0 ? fd : -errno;
    }
    bool more = true;
    errno = 0;
    /* One reader and one stream: readdir of glibc is safe there. NOLINTNEXTLINE(concurrency-*) */
    for (const struct dirent *e = readdir(dir); more && e; e = readdir(dir)) {
        more = e->d_name[0] == '.' || fn(arg, dirfd(dir), e->d_name);
        errno = 0;
    }
    int r = -errno;
    closedir(dir);
    return r;
}

/* One folder as it is being looked through. */
struct look {
    struct ephemeral_search *s;
    struct str path; /* of the machine */
    struct str pod_uid;
    const char *type;
};

/* Whether something else is mounted at name. */
static bool is_mount(int dirfd, const char *name)
{
    struct statx above, st;
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    return statx(dirfd, "", flags, STATX_BASIC_STATS, &above) < 0 ||
           statx(dirfd, name, flags, STATX_BASIC_STATS, &st) < 0 ||
           st.stx_dev_major != above.stx_dev_major || st.stx_dev_minor != above.stx_dev_minor ||
           (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static bool tell(struct ephemeral_search *s, const struct ephemeral_target *target)
{
    s->ended = s->ended || !s->found(s->arg, target);
    return !s->ended;
}

/* Path and "/" and name, in s->path. */
static struct str joined(struct ephemeral_search *s, struct str path, const char *name)
{
    size_t size = sizeof(s->path);
    int n = snprintf(s->path, size, STR_FMT "/%s", STR_ARG(path), name);
    return n < 0 || (size_t)n >= size ? STR("") : (struct str){ s->path, (size_t)n };
}

static bool found_volume(void *arg, int dirfd, const char *name)
{
    const struct look *l = arg;
    struct str path = joined(l->s, l->path, name);
    return str_empty(path) || is_mount(dirfd, name) ||
           tell(l->s, &(struct ephemeral_target){ .kind = EPHEMERAL_VOLUME,
                                                  .pod_uid = l->pod_uid,
                                                  .name = str_of(name),
                                                  .type = str_of(l->type),
                                                  .path = path });
}

/* "UID" in KUBELET/pods. */
static bool found_pod(void *arg, int dirfd, const char *uid)
{
    static const struct {
        const char *plugin, *type;
    } plugins[] = {
        { "kubernetes.io~empty-dir", "emptyDir" },
        { "kubernetes.io~configmap", "configMap" },
        { "kubernetes.io~git-repo", "gitRepo" },
    };
    const struct look *pods = arg;
    char below[PATH_MAX], path[PATH_MAX];
    struct look l = { .s = pods->s, .pod_uid = str_of(uid) };
    for (size_t i = 0; i < KG_ARRAY_LEN(plugins); i++) {
        int n = snprintf(below, sizeof(below), "%s/volumes/%s", uid, plugins[i].plugin);
        int m = snprintf(path, sizeof(path), STR_FMT "/%s", STR_ARG(pods->path), below);
        if (n < 0 || m < 0 || (size_t)m >= sizeof(path)) {
            continue;
        }
        l.type = plugins[i].type;
        l.path = (struct str){ path, (size_t)m };
        int r = ephemeral_each_in(file_open_dir_at(dirfd, below), found_volume, &l);
        ephemeral_fault(l.s, EPHEMERAL_VOLUME, r, path);
    }
    snprintf(below, sizeof(below), "%s/etc-hosts", uid);
    struct str hosts = joined(l.s, pods->path, below);
    struct stat st;
    if (str_empty(hosts) || fstatat(dirfd, below, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return !l.s->ended; /* a pod in the network of the machine has none */
    }
    return tell(l.s, &(struct ephemeral_target){
                         .kind = EPHEMERAL_HOSTS, .pod_uid = l.pod_uid, .path = hosts });
}

static bool found_log_folder(void *arg, int dirfd, const char *name)
{
    const struct look *l = arg;
    struct str path = joined(l->s, l->path, name);
    struct stat st;
    return str_empty(path) || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
           !S_ISDIR(st.st_mode) ||
           tell(l->s, &(struct ephemeral_target){ .kind = EPHEMERAL_LOGS,
                                                  .pod_uid = l->pod_uid,
                                                  .name = str_of(name),
                                                  .path = path });
}

/* "NAMESPACE_POD_UID" in /var/log/pods: neither of the first two has a '_'. */
static bool found_log_pod(void *arg, int dirfd, const char *name)
{
    const struct look *logs = arg;
    char path[PATH_MAX];
    struct str uid = str_of(name);
    (void)str_cut(&uid, '_');
    (void)str_cut(&uid, '_');
    int n = snprintf(path, sizeof(path), STR_FMT "/%s", STR_ARG(logs->path), name);
    if (str_empty(uid) || n < 0 || (size_t)n >= sizeof(path)) {
        return true;
    }
    struct look l = { logs->s, { path, (size_t)n }, uid, NULL };
    int r = ephemeral_each_in(file_open_dir_at(dirfd, name), found_log_folder, &l);
    ephemeral_fault(l.s, EPHEMERAL_LOGS, r, path);
    return !l.s->ended;
}

void ephemeral_fault(struct ephemeral_search *s, enum ephemeral_kind kind, int error,
                     const char *what)
{
    /* Pods come and go while they are looked at. */
    if (error < 0 && error != -ENOENT && error != -ENOTDIR) {
        s->kinds &= ~(1u << kind);
        s->error = err_set_errno(s->err, -error, "ephemeral storage: %.120s", what);
    }
}

/* The folder at the top: it has to be there. */
static void find_in(struct ephemeral_search *s, enum ephemeral_kind kind, struct str path,
                    ephemeral_entry_fn *fn)
{
    struct look l = { .s = s, .path = path };
    int fd = ephemeral_open(s->root_fd, path, O_RDONLY | O_DIRECTORY);
    int r = ephemeral_each_in(fd, fn, &l);
    if (r < 0) {
        s->kinds &= ~(1u << kind);
        s->error = err_set_errno(s->err, -r, "ephemeral storage: " STR_FMT " below %s",
                                 STR_ARG(str_head(path, 100)), s->places->rootfs);
    }
}

int ephemeral_find(const struct ephemeral_places *places, int root_fd, ephemeral_found_fn *found,
                   void *arg, unsigned *ret_kinds, struct err *err)
{
    struct ephemeral_search *s = calloc(1, sizeof(*s));
    char pods[PATH_MAX];
    *ret_kinds = 0;
    if (!s) {
        return err_set(err, ENOMEM, "ephemeral storage: out of memory");
    }
    s->places = places;
    s->root_fd = root_fd;
    s->found = found;
    s->arg = arg;
    s->err = err;
    s->kinds = (1u << EPHEMERAL_KINDS) - 1;
    if (file_join(pods, sizeof(pods), places->kubelet, "pods") == 0) {
        find_in(s, EPHEMERAL_VOLUME, str_of(pods), found_pod);
    }
    find_in(s, EPHEMERAL_LOGS, str_of(places->pod_logs), found_log_pod);
    ephemeral_find_layers(s);
    int r = s->error;
    *ret_kinds = s->kinds;
    free(s);
    return r;
}
