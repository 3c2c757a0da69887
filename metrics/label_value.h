/* label_value.h — a label's value as it stands between the quotes: bounded, UTF-8, escaped.
 * Uses: base.  Threads: any.  Owner: none; for the writer and the blocks. */
#ifndef KG_METRICS_LABEL_VALUE_H
#define KG_METRICS_LABEL_VALUE_H

#include "base/buf.h"

/* s, or its beginning when it is longer than LIMIT_LABEL_VALUE_BYTES (cut between characters and
 * counted in *n_cut). */
struct str label_value_bounded(struct str s, uint64_t *n_cut);

/* Whether all bytes of s stand for themselves: ASCII without what is escaped. Nearly all text is
 * so.
 */
bool label_value_is_plain(struct str s);

/* Bytes that s takes: escaped as metric_escape has it, U+FFFD for each byte that is no UTF-8. */
size_t label_value_size(struct str s);

/* It is at most so many times as long as s. */
#define LABEL_VALUE_GROWTH 3

/* Writes s so at o, which has that much room; returns the end. */
char *label_value_put(char *o, struct str s);

/* Appends s so to out. */
void label_value_add(struct buf *out, struct str s);

#endif
