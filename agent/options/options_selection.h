/* options_selection.h — the families that the options leave.
 * Uses: agent/options/options, metrics/selection.  Threads: any (options are read only).  Owner:
 * whoever asks, with metric_selection_free. */
#ifndef KG_AGENT_OPTIONS_SELECTION_H
#define KG_AGENT_OPTIONS_SELECTION_H

#include "agent/options/options.h"
#include "metrics/selection.h"

/* The families that --metric-allowlist, -denylist and -opt-in-list leave. NULL on error. Errors:
 * those of metric_selection_new. */
struct metric_selection *options_selection(const struct options *o, struct err *err);

#endif
