/* node_interrupts_total: /proc/interrupts, a heading with the processors that are on, then
 *  " 24:   1   0  IO-APIC   5-edge   ACPI:Ged" or "LOC:  12  13   Local timer interrupts". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define EXCLUDE "collector.interrupts.name-exclude"
#define INCLUDE "collector.interrupts.name-include"
#define ZEROS "collector.interrupts.include-zeros"

struct interrupts_sample {
    uint64_t present;
    struct str type, info, devices;
    const struct str *cpus; /* of all samples of the reading */
    const uint64_t *counts; /* one for each of cpus */
    size_t n_cpus;
    bool zeros;
};

static void interrupts_common(const void *sample, struct metric_writer *out)
{
    const struct interrupts_sample *s = sample;
    metric_common(out, s->devices);
    metric_common(out, s->info);
    metric_common(out, s->type);
}

static void put_counts(const void *sample, struct metric_writer *out)
{
    const struct interrupts_sample *s = sample;
    for (size_t i = 0; i < s->n_cpus; i++) {
        if (s->zeros || s->counts[i]) {
            metric_put(out, (double)s->counts[i], s->cpus[i]);
        }
    }
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_interrupts_total", COUNTER, 0, put_counts, METRIC_LABELS("cpu"),
                "/proc/interrupts", "Interrupts that the processor served."),
};

NODE_SUBJECT_OF(interrupts_subject, "node_interrupts", struct interrupts_sample, rows,
                interrupts_common, METRIC_LABELS("devices", "info", "type"));

extern const struct collector collector_interrupts;

static const struct collector_option options[] = {
    { EXCLUDE, COLLECTOR_PATTERN, "",
      "Interrupts that are left out, by `TYPE;INFO;DEVICES`, as the labels have them." },
    { INCLUDE, COLLECTOR_PATTERN, "", "The only interrupts that are taken." },
    { ZEROS, COLLECTOR_SWITCH, "true", "Serve interrupts that a processor never had, too." },
    { 0 },
};

struct interrupts {
    struct node_file file;
    struct node_filter filter;
    bool zeros;
};

static void interrupts_stop(void *state)
{
    struct interrupts *i = state;
    node_file_close(&i->file);
    node_filter_done(&i->filter);
    free(i);
}

static int interrupts_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct interrupts *i = calloc(1, sizeof(*i));
    if (!i) {
        return node_no_memory(err, "interrupts");
    }
    i->zeros = collector_option_value(env, &collector_interrupts, ZEROS).on;
    int r = node_file_open(&i->file, env->procfs, "interrupts", err);
    if (r >= 0) {
        r = node_filter_init(&i->filter, env, &collector_interrupts, EXCLUDE, INCLUDE, err);
    }
    if (r < 0) {
        interrupts_stop(i);
        return r;
    }
    *ret_state = i;
    return 0;
}

/* "CPU0 CPU2": processors that are off have no column. */
static int parse_heading(struct str line, struct arena *mem, struct str **ret, size_t *ret_n)
{
    struct str count = line;
    size_t n = 0;
    while (str_word(&count).n) {
        n++;
    }
    struct str *cpus = ARENA_ARRAY(mem, n, struct str);
    if (!cpus) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        struct str name = str_word(&line);
        if (!str_eat(&name, STR("CPU"))) {
            return -EBADMSG;
        }
        int r = arena_str(mem, name, &cpus[i]);
        if (r < 0) {
            return r;
        }
    }
    *ret = cpus;
    *ret_n = n;
    return n ? 0 : -EBADMSG;
}

/* The rest of the line with one blank between its words. */
static int join_words(struct str line, struct arena *mem, struct str *ret)
{
    char *text = arena_alloc(mem, line.n + 1);
    size_t n = 0;
    if (!text) {
        return -ENOMEM;
    }
    for (struct str word = str_word(&line); word.n; word = str_word(&line)) {
        if (n) {
            text[n++] = ' ';
        }
        memcpy(text + n, word.p, word.n);
        n += word.n;
    }
    *ret = (struct str){ text, n };
    return 0;
}

/* A numbered interrupt has a controller, then devices; the others have a description. */
static int parse_names(struct str name, struct str rest, struct arena *mem,
                       struct interrupts_sample *s)
{
    uint64_t number;
    if (num_scan_u64(name, &number) == 0) {
        struct str info = str_word(&rest);
        if (arena_str(mem, info, &s->info) < 0 || join_words(rest, mem, &s->devices) < 0) {
            return -ENOMEM;
        }
    } else if (join_words(rest, mem, &s->info) < 0) {
        return -ENOMEM;
    }
    return arena_str(mem, name, &s->type);
}

static bool takes(const struct interrupts *i, const struct interrupts_sample *s)
{
    auto_buf struct buf name = BUF_INIT(LIMIT_LABEL_VALUE_BYTES);
    buf_addf(&name, STR_FMT ";" STR_FMT ";" STR_FMT, STR_ARG(s->type), STR_ARG(s->info),
             STR_ARG(s->devices));
    return node_filter_takes(&i->filter, buf_str(&name));
}

/* Lines with fewer words than processors and a description (ERR, MIS) are passed over. */
static int add_line(const struct interrupts *i, struct str line, const struct str *cpus, size_t n,
                    struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    ssize_t colon = str_find(line, ':'); /* on arm64 a number may follow without a blank */
    struct str name = str_trim(str_head(line, colon < 0 ? 0 : (size_t)colon));
    struct str rest = str_from(line, (size_t)(colon + 1));
    uint64_t *counts = colon < 0 ? NULL : ARENA_ARRAY(mem, n, uint64_t);
    if (!counts) {
        return colon < 0 ? 0 : node_no_memory(err, "interrupts");
    }
    struct interrupts_sample values = { .cpus = cpus, .counts = counts, .n_cpus = n };
    for (size_t c = 0; c < n; c++) {
        struct str word = str_word(&rest);
        if (str_empty(word)) {
            return 0;
        }
        if (num_scan_u64(word, &counts[c]) < 0) {
            return err_set(err, EBADMSG, "interrupts: " STR_FMT ": column %zu is no number",
                           STR_ARG(str_head(name, 40)), c + 1);
        }
    }
    if (str_empty(str_trim(rest))) {
        return 0;
    }
    if (parse_names(name, rest, mem, &values) < 0) {
        return node_no_memory(err, "interrupts");
    }
    if (!takes(i, &values)) {
        return 0;
    }
    values.zeros = i->zeros;
    struct interrupts_sample *s = metric_sink_add(sink, &interrupts_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int interrupts_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct interrupts *i = state;
    struct str text = { 0 }, *cpus = NULL;
    size_t n = 0;
    int r = node_file_read(&i->file, &text, err);
    if (r < 0) {
        return r;
    }
    r = parse_heading(str_line(&text), metric_sink_arena(sink), &cpus, &n);
    if (r < 0) {
        return err_set(err, -r, "interrupts: the heading names no processors");
    }
    while (r >= 0 && text.n) {
        r = add_line(i, str_line(&text), cpus, n, sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &interrupts_subject, NULL };

const struct collector collector_interrupts = {
    .name = "interrupts",
    .subjects = subjects,
    .options = options,
    .start = interrupts_start,
    .read = interrupts_read,
    .stop = interrupts_stop,
};
