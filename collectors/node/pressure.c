/* node_pressure_*: /proc/pressure, "some avg10=0.00 avg60=0.00 avg300=0.00 total=12" in
 * microseconds. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

enum { PSI_CPU, PSI_IO, PSI_IRQ, PSI_MEMORY, PSI_FILES };

struct pressure_sample {
    uint64_t present;
    uint64_t some[PSI_FILES], full[PSI_FILES];
};

#define SOME(i) BIT(i)
#define FULL(i) BIT(PSI_FILES + (i))

static const struct metric_family rows[] = {
    NODE_VALUE(struct pressure_sample, "node_pressure_cpu_waiting_seconds_total", COUNTER,
               SOME(PSI_CPU), some[PSI_CPU], 1e-6, "/proc/pressure/cpu some",
               "Time in which a task waited for a processor."),
    NODE_VALUE(struct pressure_sample, "node_pressure_io_stalled_seconds_total", COUNTER,
               FULL(PSI_IO), full[PSI_IO], 1e-6, "/proc/pressure/io full",
               "Time in which all tasks waited for a device."),
    NODE_VALUE(struct pressure_sample, "node_pressure_io_waiting_seconds_total", COUNTER,
               SOME(PSI_IO), some[PSI_IO], 1e-6, "/proc/pressure/io some",
               "Time in which a task waited for a device."),
    NODE_VALUE(struct pressure_sample, "node_pressure_irq_stalled_seconds_total", COUNTER,
               FULL(PSI_IRQ), full[PSI_IRQ], 1e-6, "/proc/pressure/irq full",
               "Time in which interrupts kept all tasks waiting."),
    NODE_VALUE(struct pressure_sample, "node_pressure_memory_stalled_seconds_total", COUNTER,
               FULL(PSI_MEMORY), full[PSI_MEMORY], 1e-6, "/proc/pressure/memory full",
               "Time in which all tasks waited for memory."),
    NODE_VALUE(struct pressure_sample, "node_pressure_memory_waiting_seconds_total", COUNTER,
               SOME(PSI_MEMORY), some[PSI_MEMORY], 1e-6, "/proc/pressure/memory some",
               "Time in which a task waited for memory."),
};

NODE_SUBJECT(pressure_subject, "node_pressure", struct pressure_sample, rows);

struct pressure {
    struct node_file files[PSI_FILES];
};

static void pressure_stop(void *state)
{
    struct pressure *p = state;
    for (size_t i = 0; i < PSI_FILES; i++) {
        node_file_close(&p->files[i]);
    }
    free(p);
}

static int pressure_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    static const char *const names[PSI_FILES] = { "pressure/cpu", "pressure/io", "pressure/irq",
                                                  "pressure/memory" };
    bool any = false;
    struct pressure *p = calloc(1, sizeof(*p));
    if (!p) {
        return node_no_memory(err, "pressure");
    }
    for (size_t i = 0; i < PSI_FILES; i++) {
        any |= node_file_open(&p->files[i], env->procfs, names[i], err) == 0;
    }
    if (!any) {
        pressure_stop(p);
        return -ENODATA;
    }
    *ret_state = p;
    return 0;
}

static void parse(struct str text, size_t which, struct pressure_sample *s)
{
    while (text.n) {
        struct str line = str_line(&text), kind = str_word(&line);
        ssize_t at = str_search(line, STR("total="));
        uint64_t usec;
        if (at < 0 || num_scan_u64(str_from(line, (size_t)at + 6), &usec) < 0) {
            continue;
        }
        if (str_eq(kind, STR("some"))) {
            s->some[which] = usec;
            s->present |= SOME(which);
        } else if (str_eq(kind, STR("full"))) {
            s->full[which] = usec;
            s->present |= FULL(which);
        }
    }
}

static int pressure_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct pressure *p = state;
    struct pressure_sample values = { 0 };
    int last = 0;
    for (size_t i = 0; i < PSI_FILES; i++) {
        struct str text = { 0 };
        if (p->files[i].fd < 0) {
            continue;
        }
        int r = node_file_read(&p->files[i], &text, err);
        /* With psi=0 the files are there and cannot be read (EOPNOTSUPP). */
        if (r < 0) {
            last = r == -EOPNOTSUPP ? -ENODATA : r;
            continue;
        }
        parse(text, i, &values);
    }
    if (!values.present) {
        return last ? last : err_set(err, EBADMSG, "pressure: no total");
    }
    struct pressure_sample *s = metric_sink_add(sink, &pressure_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static const struct metric_subject *const subjects[] = { &pressure_subject, NULL };

const struct collector collector_pressure = {
    .name = "pressure",
    .on_by_default = true,
    .subjects = subjects,
    .start = pressure_start,
    .read = pressure_read,
    .stop = pressure_stop,
};
