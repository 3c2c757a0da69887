#include "collectors/node/mount_table.h"

#include "collectors/proc/proc_parse.h"

#include <limits.h>

static bool has_option(struct str list, struct str option)
{
    while (list.p && list.n) {
        if (str_eq(str_cut(&list, ','), option)) {
            return true;
        }
    }
    return false;
}

/* A field with \\040 for a blank and the like, in mem. */
static int unescape(struct str field, struct arena *mem, struct str *ret)
{
    char *text = arena_alloc(mem, field.n + 1);
    return text ? proc_unescape(field, text, field.n + 1, ret) : -ENOMEM;
}

/* In a container the machine's root is mounted somewhere: that prefix is not shown. */
static void under_root(struct str *mountpoint, const char *rootfs)
{
    struct str root = str_of(rootfs), path = *mountpoint;
    str_eat_end(&root, STR("/"));
    if (root.n && str_eat(&path, root) && (str_empty(path) || path.p[0] == '/')) {
        *mountpoint = str_empty(path) ? STR("/") : path;
    }
}

static int parse_line(const struct mount_rules *rules, struct str line, struct arena *mem,
                      struct mount *ret)
{
    str_word(&line); /* its number and its parent's */
    str_word(&line);
    struct str minor = str_word(&line), major = str_cut(&minor, ':');
    str_word(&line); /* which part of the file system */
    struct str mountpoint = str_word(&line), options_here = str_word(&line);
    struct str word = str_word(&line);
    while (!str_empty(word) && !str_eq(word, STR("-"))) {
        word = str_word(&line);
    }
    struct str fstype = str_word(&line), source = str_word(&line), super = str_word(&line);
    if (str_empty(mountpoint) || str_empty(fstype)) {
        return -EBADMSG;
    }
    ret->readonly = has_option(options_here, STR("ro")) || has_option(super, STR("ro")) ||
                    has_option(super, STR("emergency_ro"));
    struct str *const to[] = { &ret->device, &ret->mountpoint, &ret->fstype, &ret->major,
                               &ret->minor };
    const struct str from[] = { source, mountpoint, fstype, major, minor };
    for (size_t i = 0; i < KG_ARRAY_LEN(to); i++) {
        int r = unescape(from[i], mem, to[i]);
        if (r < 0) {
            return r;
        }
    }
    under_root(&ret->mountpoint, rules->rootfs);
    return 0;
}

static int set_path(const struct mount_rules *rules, struct arena *mem, struct mount *m)
{
    char path[PATH_MAX];
    struct str text;
    int r = file_join(path, sizeof(path), rules->rootfs, m->mountpoint.p);
    r = r < 0 ? r : arena_str(mem, str_of(path), &text);
    if (r >= 0) {
        m->path = text.p;
    }
    return r;
}

static bool is_known(const struct mount *list, size_t n, const struct mount *m)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i].mountpoint, m->mountpoint) && str_eq(list[i].device, m->device) &&
            str_eq(list[i].fstype, m->fstype)) {
            return true;
        }
    }
    return false;
}

static size_t count_lines(struct str text)
{
    size_t n = 0;
    for (; text.n; n++) {
        str_line(&text);
    }
    return n;
}

int mount_table_parse(struct str text, const struct mount_rules *rules, struct arena *mem,
                      struct mount **ret_list, size_t *ret_n, struct err *err)
{
    size_t n = 0, max = KG_MIN(count_lines(text), (size_t)LIMIT_FILESYSTEMS);
    struct mount *list = ARENA_ARRAY(mem, max, struct mount);
    if (!list) {
        return node_no_memory(err, "filesystem");
    }
    bool full = false;
    while (text.n && !full) {
        struct mount m = { 0 };
        int r = parse_line(rules, str_line(&text), mem, &m);
        if (r < 0) {
            return err_set(err, -r, "mountinfo: malformed");
        }
        if (!node_filter_takes(rules->mounts, m.mountpoint) ||
            !node_filter_takes(rules->types, m.fstype) || is_known(list, n, &m)) {
            continue;
        }
        full = n == LIMIT_FILESYSTEMS;
        r = full ? 0 : set_path(rules, mem, &m);
        if (r < 0) {
            return err_set(err, -r, "mountinfo: a path");
        }
        if (!full) {
            list[n++] = m;
        }
    }
    *ret_list = list;
    *ret_n = n;
    if (full) {
        err_set(err, E2BIG, "filesystem: more than %d file systems: the rest is left out",
                LIMIT_FILESYSTEMS);
    }
    return full;
}
