#include "collectors/cgroup/cgroup_follow.h"

#include "base/buf.h"

#define PATH_BYTES ((size_t)8192)

/* "/a/b-c" as systemd's slices: each level repeats its parents' names, '-' is escaped:
 * "/a.slice/a-b_c.slice". */
static char *as_slices(struct str path)
{
    auto_buf struct buf out = BUF_INIT(PATH_BYTES), name = BUF_INIT(PATH_BYTES);
    while (path.n > 0) {
        struct str part = str_cut(&path, '/');
        if (part.n == 0) {
            continue;
        }
        if (name.n > 0) {
            buf_add_char(&name, '-');
        }
        for (size_t i = 0; i < part.n; i++) {
            char c = part.p[i];
            buf_add_char(&name, (char)(c == '-' ? '_' : c));
        }
        buf_add_char(&out, '/');
        buf_add(&out, buf_str(&name));
        buf_add_c(&out, ".slice");
    }
    return buf_take(&out);
}

int cgroup_follow_init(struct cgroup_follow *f, bool all, const char *cgroup_root)
{
    *f = (struct cgroup_follow){ .all = all };
    struct str root = str_of(cgroup_root);
    str_eat_end(&root, STR("/"));
    if (root.n == 0) {
        return 0;
    }
    f->root[0] = str_dup(root);
    f->root[1] = as_slices(root);
    if (!f->root[0] || !f->root[1]) {
        cgroup_follow_done(f);
        return -ENOMEM;
    }
    return 0;
}

void cgroup_follow_done(struct cgroup_follow *f)
{
    free(f->root[0]);
    free(f->root[1]);
    free(f->also);
    *f = (struct cgroup_follow){ 0 };
}

int cgroup_follow_also(struct cgroup_follow *f, struct str path)
{
    char *copy = NULL;
    if (path.n > 0) {
        copy = str_dup(path);
        if (!copy) {
            return -ENOMEM;
        }
    }
    free(f->also);
    f->also = copy;
    return 0;
}

/* Whether path is top or stands below it. */
static bool at_or_below(struct str path, const char *top)
{
    return top && str_eat(&path, str_of(top)) && (path.n == 0 || path.p[0] == '/');
}

bool cgroup_followed(const struct cgroup_follow *f, struct str path, const struct cgroup_id *id)
{
    if (id->kind == CGROUP_MOUNT) {
        return false;
    }
    if (f->all || id->kind == CGROUP_ROOT || id->kind == CGROUP_CONTAINER) {
        return true;
    }
    if (id->kubepods_len > 0) {
        struct str above = str_head(path, id->kubepods_len);
        return !f->root[0] || at_or_below(above, f->root[0]) || at_or_below(above, f->root[1]);
    }
    return at_or_below(path, f->also);
}
