/* node_uname_info: uname(2), of the UTS namespace of the agent. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <sys/utsname.h>

struct uname_sample {
    uint64_t present;
    struct utsname host;
};

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct utsname *h = &((const struct uname_sample *)sample)->host;
    metric_put(out, 1, str_of(h->domainname), str_of(h->machine), str_of(h->nodename),
               str_of(h->release), str_of(h->sysname), str_of(h->version));
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_uname_info", GAUGE, 0, put_info,
                METRIC_LABELS("domainname", "machine", "nodename", "release", "sysname", "version"),
                "uname(2)", "What the kernel says of itself and of the host's name."),
};

NODE_SUBJECT(uname_subject, "node_uname", struct uname_sample, rows);

static int uname_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    (void)env;
    (void)err;
    *ret_state = NULL;
    return 0;
}

static int uname_read(void *state, struct metric_sink *sink, struct err *err)
{
    (void)state;
    struct uname_sample *s = metric_sink_add(sink, &uname_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    return uname(&s->host) < 0 ? err_set_errno(err, errno, "uname") : 0;
}

static const struct metric_subject *const subjects[] = { &uname_subject, NULL };

const struct collector collector_uname = {
    .name = "uname",
    .on_by_default = true,
    .subjects = subjects,
    .start = uname_start,
    .read = uname_read,
    .stop = NULL,
};
