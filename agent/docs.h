/* docs.h — docs/metrics.md, written from the tables.
 * Uses: all tables.  Threads: main.  Owner: roles. */
#ifndef KG_AGENT_DOCS_H
#define KG_AGENT_DOCS_H

#include "base/buf.h"

/* Appends the page: one section a subject, one line a family. */
void docs_metrics(struct buf *out);

#endif
