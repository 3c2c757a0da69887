#include "metrics/header.h"

#include <string.h>

/* The name, and the type's word. */
static struct str name_and_type(const struct metric_family *row, enum metric_format format,
                                const char **ret_type)
{
    struct str name = str_of(row->name);
    bool open_metrics = format == METRIC_FORMAT_OPENMETRICS;
    *ret_type = "gauge";
    switch (row->type) {
    case METRIC_GAUGE:
        break;
    case METRIC_COUNTER:
        *ret_type = "counter";
        if (open_metrics && !str_eat_end(&name, STR("_total"))) {
            *ret_type = "unknown";
        }
        break;
    case METRIC_INFO:
        if (open_metrics && str_eat_end(&name, STR("_info"))) {
            *ret_type = "info";
        }
        break;
    case METRIC_STATESET:
        *ret_type = open_metrics ? "stateset" : "gauge";
        break;
    case METRIC_UNTYPED:
        *ret_type = open_metrics ? "unknown" : "untyped";
        break;
    case METRIC_HISTOGRAM:
        *ret_type = "histogram";
        break;
    case METRIC_SUMMARY:
        *ret_type = "summary";
        break;
    }
    return name;
}

/* Help with '\\' and newline escaped, for OpenMetrics '"' as well. */
static void add_help(struct buf *out, const char *help, enum metric_format format)
{
    const char *special = format == METRIC_FORMAT_OPENMETRICS ? "\\\n\"" : "\\\n";
    for (;;) {
        size_t plain = strcspn(help, special);
        buf_add(out, (struct str){ help, plain });
        help += plain;
        if (!*help) {
            return;
        }
        buf_add_char(out, '\\');
        buf_add_char(out, *help == '\n' ? 'n' : *help);
        help++;
    }
}

struct str header_name(const struct metric_family *row, enum metric_format format)
{
    const char *type;
    return name_and_type(row, format, &type);
}

void header_add(const struct metric_family *row, enum metric_format format, struct buf *out)
{
    const char *type;
    struct str name = name_and_type(row, format, &type);
    buf_add(out, STR("# HELP "));
    buf_add(out, name);
    buf_add(out, row->stability == METRIC_STABLE ? STR(" [STABLE] ") : STR(" "));
    add_help(out, row->help, format);
    buf_add(out, STR("\n# TYPE "));
    buf_add(out, name);
    buf_add_char(out, ' ');
    buf_add_c(out, type);
    buf_add_char(out, '\n');
}
