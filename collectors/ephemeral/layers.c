/* The writable layers of containers: from the cgroup to a process, from its mount table to the
 * overlay's upper folder. No runtime is asked. */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_entry.h"
#include "collectors/container_sandbox.h"
#include "collectors/ephemeral/targets_private.h"
#include "collectors/proc/proc_parse.h"

#include <inttypes.h>
#include <stdio.h>

#define MOUNT_TABLE_BYTES (1 * MIB)

/* The value of "upperdir=" among options; the kernel writes a comma in it as "\,", newer ones as
 * "\054". */
static struct str upperdir_of(struct str options)
{
    for (size_t from = 0, i = 0; i <= options.n; i++) {
        if (i < options.n && options.p[i] == '\\') {
            i++;
        } else if (i == options.n || options.p[i] == ',') {
            struct str option = { options.p + from, i - from };
            if (str_eat(&option, STR("upperdir="))) {
                return option;
            }
            from = i + 1;
        }
    }
    return STR("");
}

int ephemeral_upperdir(struct str mountinfo, char *out, size_t size, struct str *ret)
{
    struct mount_line line;
    struct str found = STR("");
    int more;
    while ((more = proc_parse_mount_line(&mountinfo, &line)) != 0) {
        if (more > 0 && str_eq(line.mountpoint, STR("/"))) {
            found = str_eq(line.type, STR("overlay")) ? upperdir_of(line.super) : STR("");
        }
    }
    /* A relative one is relative to a folder that only its runtime knows. */
    if (!str_starts(found, STR("/"))) {
        return -ENODATA;
    }
    struct str path;
    int r = proc_unescape(found, out, size, &path);
    if (r < 0) {
        return r;
    }
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++) { /* "\," that is left by an older kernel */
        i += out[i] == '\\' && out[i + 1] == ',';
        out[n++] = out[i];
    }
    out[n] = '\0';
    *ret = (struct str){ out, n };
    return 0;
}

/* A process of the container: of its own cgroup, else of one below (systemd in a container). at: of
 * the entry after it. */
static uint64_t pid_of(struct cgroup_tree *tree, size_t at, const struct cgroup_entry *container)
{
    uint64_t pid = 0;
    const struct cgroup_entry *e = container;
    struct str above = str_of(container->path);
    do {
        if (container_first_pid(e, &pid) && pid > 0) {
            return pid;
        }
        e = cgroup_tree_next(tree, &at);
    } while (e && str_starts(str_of(e->path), above) && e->path[above.n] == '/');
    return 0;
}

static bool tell_layer(struct ephemeral_search *s, int procfs_fd, uint64_t pid,
                       const struct cgroup_entry *e)
{
    char path[64];
    auto_buf struct buf text = BUF_INIT(MOUNT_TABLE_BYTES);
    struct ephemeral_target target = {
        .kind = EPHEMERAL_LAYER,
        .pod_uid = str_of(e->id.pod_uid),
        .name = e->id.container_id,
        .path = STR(""),
    };
    snprintf(path, sizeof(path), "%" PRIu64 "/mountinfo", pid);
    ssize_t r = file_read(procfs_fd, path, &text, NULL);
    if (r == -ENOENT || r == -ESRCH || r == -EINVAL) {
        return true; /* it has just ended */
    }
    if (r == -ENOMEM) {
        ephemeral_fault(s, EPHEMERAL_LAYER, (int)r, path);
        return true;
    }
    if (r >= 0) {
        (void)ephemeral_upperdir(buf_str(&text), s->path, sizeof(s->path), &target.path);
    }
    return s->found(s->arg, &target);
}

void ephemeral_find_layers(struct ephemeral_search *s)
{
    const struct cgroup_tree_config config = { s->places->cgroupfs, s->places->cgroup_root, false };
    struct err err = { 0 };
    struct cgroup_tree *tree = cgroup_tree_new(&config, &err);
    auto_close int procfs_fd = file_open_dir_at(AT_FDCWD, s->places->procfs);
    if (!tree || procfs_fd < 0) {
        int error = tree ? -procfs_fd : err.code;
        s->kinds &= ~(1u << EPHEMERAL_LAYER);
        s->error = err_set_errno(s->err, error, "ephemeral storage: layers: %s",
                                 tree ? s->places->procfs : err.text);
        cgroup_tree_free(tree);
        return;
    }
    size_t at = 0;
    const struct cgroup_entry *e;
    while (!s->ended && (e = cgroup_tree_next(tree, &at))) {
        if (e->id.kind == CGROUP_CONTAINER && !e->id.nested && e->id.pod_uid[0]) {
            uint64_t pid = pid_of(tree, at, e);
            s->ended = pid > 0 && !tell_layer(s, procfs_fd, pid, e);
        }
    }
    cgroup_tree_free(tree);
}
