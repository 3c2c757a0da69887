/* node_selinux_*: selinuxfs at /sys/fs/selinux, and the mode that /etc/selinux/config asks for. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <unistd.h>

struct selinux_sample {
    uint64_t present;
    bool enabled;
    double config_mode, current_mode;
};

#define IS_ON BIT(0)

static const struct metric_family rows[] = {
    NODE_VALUE(struct selinux_sample, "node_selinux_config_mode", GAUGE, IS_ON, config_mode, 1,
               "/etc/selinux/config SELINUX",
               "Mode that is configured: 1 enforcing, 0 permissive, -1 disabled."),
    NODE_VALUE(struct selinux_sample, "node_selinux_current_mode", GAUGE, IS_ON, current_mode, 1,
               "/sys/fs/selinux/enforce", "Mode in effect: 1 enforcing, 0 permissive, -1 unknown."),
    NODE_VALUE(struct selinux_sample, "node_selinux_enabled", GAUGE, 0, enabled, 1,
               "/sys/fs/selinux", "Whether SELinux is on."),
};

NODE_SUBJECT(selinux_subject, "node_selinux", struct selinux_sample, rows);

static int selinux_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    (void)err;
    *ret_state = (void *)(uintptr_t)env; /* it outlives the collector */
    return 0;
}

static double config_mode(const struct collector_env *env)
{
    char path[4096], content[8192];
    struct str text = { 0 };
    if (file_join(path, sizeof(path), env->rootfs, "etc/selinux/config") < 0 ||
        file_read_text_at(AT_FDCWD, path, content, sizeof(content), &text) < 0) {
        return -1;
    }
    while (text.n) {
        struct str line = str_trim(str_line(&text));
        if (str_eat(&line, STR("SELINUX="))) {
            return str_eq(line, STR("enforcing")) ? 1 : str_eq(line, STR("permissive")) ? 0 : -1;
        }
    }
    return -1;
}

static int selinux_read(void *state, struct metric_sink *sink, struct err *err)
{
    const struct collector_env *env = state;
    struct selinux_sample *s = metric_sink_add(sink, &selinux_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    auto_close int fd = node_dir_open(env->sysfs, "fs/selinux", NULL);
    uint64_t enforce;
    if (fd < 0 || faccessat(fd, "policyvers", F_OK, 0) < 0) {
        return 0;
    }
    s->enabled = true;
    s->present = IS_ON;
    s->config_mode = config_mode(env);
    s->current_mode = node_u64_at(fd, "enforce", &enforce) < 0 ? -1 : (double)enforce;
    return 0;
}

static const struct metric_subject *const subjects[] = { &selinux_subject, NULL };

const struct collector collector_selinux = {
    .name = "selinux",
    .on_by_default = true,
    .subjects = subjects,
    .start = selinux_start,
    .read = selinux_read,
    .stop = NULL,
};
