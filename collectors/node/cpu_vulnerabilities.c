/* node_cpu_vulnerabilities_info: /sys/devices/system/cpu/vulnerabilities, a file for each fault of
 * processors that is known: "Not affected", "Vulnerable: …", "Mitigation: …", "Unknown: …". */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <strings.h>

struct vulnerability_sample {
    uint64_t present;
    struct str codename, mitigation, state;
};

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct vulnerability_sample *s = sample;
    metric_put(out, 1, s->codename, s->mitigation, s->state);
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_cpu_vulnerabilities_info", GAUGE, 0, put_info,
                METRIC_LABELS("codename", "mitigation", "state"),
                "/sys/devices/system/cpu/vulnerabilities/*",
                "Whether the processors have the fault, and what is done about it."),
};

NODE_SUBJECT(vulnerability_subject, "node_cpu_vulnerabilities", struct vulnerability_sample, rows);

static int vulnerabilities_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "devices/system/cpu/vulnerabilities", ret_state, err);
}

/* What follows the first word is the mitigation; text that begins with no state is one as a whole.
 */
static void parse(struct str text, struct vulnerability_sample *s)
{
    static const struct str states[] = { STR_INIT("not affected"), STR_INIT("vulnerable"),
                                         STR_INIT("mitigation"), STR_INIT("unknown") };
    s->state = STR("unknown");
    s->mitigation = text;
    for (size_t i = 0; i < KG_ARRAY_LEN(states); i++) {
        if (text.n >= states[i].n && strncasecmp(text.p, states[i].p, states[i].n) == 0) {
            s->state = states[i];
            str_word(&text);
            s->mitigation = i == 0 ? (struct str){ 0 } : str_trim(text);
            return;
        }
    }
}

static int vulnerabilities_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(node_dir_fd(state), metric_sink_arena(sink), &names, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "devices/system/cpu/vulnerabilities");
    }
    for (size_t i = 0; i < n; i++) {
        struct str text = { 0 };
        r = node_text_at(node_dir_fd(state), names[i].p, metric_sink_arena(sink), &text);
        if (r < 0) {
            return err_set_errno(err, -r, "cpu_vulnerabilities: %.60s", names[i].p);
        }
        struct vulnerability_sample *s =
            metric_sink_add(sink, &vulnerability_subject, NULL, 0, err);
        if (!s) {
            return -ENOMEM;
        }
        s->codename = names[i];
        parse(text, s);
    }
    return 0;
}

static const struct metric_subject *const subjects[] = { &vulnerability_subject, NULL };

const struct collector collector_cpu_vulnerabilities = {
    .name = "cpu_vulnerabilities",
    .subjects = subjects,
    .start = vulnerabilities_start,
    .read = vulnerabilities_read,
    .stop = node_dir_stop,
};
