#include "agent/docs.h"

#include "agent/node/node_scrape.h"
#include "agent/self/self.h"
#include "collectors/collector.h"
#include "kube/resources/resource.h"

static const char *type_name(enum metric_type type)
{
    static const char *const names[] = {
        [METRIC_GAUGE] = "gauge",     [METRIC_COUNTER] = "counter",
        [METRIC_INFO] = "info",       [METRIC_STATESET] = "stateset",
        [METRIC_UNTYPED] = "untyped", [METRIC_HISTOGRAM] = "histogram",
        [METRIC_SUMMARY] = "summary",
    };
    return names[type];
}

static void labels(const char *const *names, const char **between, struct buf *out)
{
    for (; names && *names; names++) {
        buf_addf(out, "%s%s", *between, *names);
        *between = ", ";
    }
}

/* '|' ends a cell of a Markdown table. */
static void cell(const char *text, struct buf *out)
{
    for (; text && *text; text++) {
        if (*text == '|') {
            buf_add_char(out, '\\');
        }
        buf_add_char(out, *text);
    }
}

static void family(const struct metric_subject *subject, const struct metric_family *row,
                   struct buf *out)
{
    const char *between = "";
    buf_addf(out, "| `%s` | %s | ", row->name, type_name(row->type));
    labels(subject->labels, &between, out);
    labels(row->labels, &between, out);
    if (row->open_labels) {
        buf_addf(out, "%s…", between);
    }
    buf_add_c(out, " | ");
    cell(row->help, out);
    if (row->opt_in) {
        buf_add_c(out, " Off unless `--metric-opt-in-list` names it.");
    }
    buf_add_c(out, " | ");
    cell(row->source, out);
    buf_add_c(out, " |\n");
}

static void section(const struct metric_subject *subject, struct buf *out)
{
    buf_addf(out,
             "\n### %s\n\nAt `/metrics/%s`.\n\n"
             "| family | type | labels | meaning | source |\n|---|---|---|---|---|\n",
             subject->name, subject->part);
    for (size_t i = 0; i < subject->n_rows; i++) {
        family(subject, &subject->rows[i], out);
    }
}

void docs_metrics(struct buf *out)
{
    buf_add_c(out, "# Metrics\n\nWritten by `kubegauge --print-docs=metrics`; a test holds it "
                   "equal. Everything is at `/metrics`, too.\n\n"
                   "## Collectors\n");
    for (size_t i = 0; collectors[i]; i++) {
        for (const struct metric_subject *const *s = collectors[i]->subjects; *s; s++) {
            section(*s, out);
        }
    }
    for (size_t i = 0; node_scrape_subjects[i]; i++) {
        section(node_scrape_subjects[i], out);
    }
    buf_add_c(out, "\n## Kubernetes resources\n");
    for (size_t i = 0; kube_resources[i]; i++) {
        section(kube_resources[i]->subject, out);
    }
    buf_add_c(out, "\n## The agent itself\n");
    for (size_t i = 0; self_subjects[i]; i++) {
        section(self_subjects[i], out);
    }
}
