/* gzip.h — a gzip stream made piece by piece (ISA-L).
 * Uses: base, isa-l (here only).  Threads: one at a time per stream.  Owner: the HTTP connection.
 */
#ifndef KG_METRICS_GZIP_H
#define KG_METRICS_GZIP_H

#include "base/buf.h"

struct gzip;

/* NULL when out of memory. Level 1 of ISA-L. */
struct gzip *gzip_new(void);
void gzip_free(struct gzip *g);

/* Compresses in and appends what is ready to out; last ends the member. Errors: those of out, -EIO
 * when the library reports a fault. */
int gzip_write(struct gzip *g, struct str in, bool last, struct buf *out);

#endif
