/* node_filefd_*: /proc/sys/fs/file-nr, "1024 0 1631329". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct filefd_sample {
    uint64_t present;
    double allocated, maximum;
};

static const struct metric_family rows[] = {
    NODE_VALUE(struct filefd_sample, "node_filefd_allocated", GAUGE, 0, allocated, 1,
               "/proc/sys/fs/file-nr field 1", "Open files of the whole machine."),
    NODE_VALUE(struct filefd_sample, "node_filefd_maximum", GAUGE, 0, maximum, 1,
               "/proc/sys/fs/file-nr field 3", "Most files that may be open."),
};

NODE_SUBJECT(filefd_subject, "node_filefd", struct filefd_sample, rows);

static int filefd_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "sys/fs/file-nr", ret_state, err);
}

static int filefd_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    struct filefd_sample values = { 0 };
    int r = node_file_read(state, &text, err);
    if (r < 0) {
        return r;
    }
    text = str_trim(text);
    struct str allocated = str_word(&text), unused = str_word(&text), maximum = str_word(&text);
    if (str_empty(unused) || num_scan_double(allocated, &values.allocated) < 0 ||
        num_scan_double(maximum, &values.maximum) < 0) {
        return err_set(err, EBADMSG, "file-nr: not three numbers");
    }
    struct filefd_sample *s = metric_sink_add(sink, &filefd_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static const struct metric_subject *const subjects[] = { &filefd_subject, NULL };

const struct collector collector_filefd = {
    .name = "filefd",
    .on_by_default = true,
    .subjects = subjects,
    .start = filefd_start,
    .read = filefd_read,
    .stop = node_one_file_stop,
};
