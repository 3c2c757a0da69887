/* scrape.h — one answer: parts, family by family, in pieces of bounded size.
 * Uses: part, base.  Threads: one at a time per scrape.  Owner: the HTTP connection.
 *
 * A scrape holds references to its parts and nothing else: no lock, no body. It stops at any series
 * boundary when the piece is full and goes on from there, so that a slow reader costs a snapshot.
 */
#ifndef KG_METRICS_SCRAPE_H
#define KG_METRICS_SCRAPE_H

#include "metrics/part.h"

struct scrape;

/* Takes over the references in parts (also on failure). NULL when out of memory.
 * A family name that an earlier part served already keeps its samples but loses its header. */
struct scrape *scrape_new(struct metric_part *const *parts, size_t n_parts,
                          enum metric_format format);
void scrape_free(struct scrape *s);

/* Appends the next piece, at least `enough` bytes unless it ends before, to out. Returns 1 when
 * more follows, 0 when the body is complete ("# EOF" included for OpenMetrics), or an error of out.
 */
int scrape_next(struct scrape *s, struct buf *out, size_t enough);

/* The same as a compressed body of the packer's coding: appends at least `enough` packed bytes, or
 * less when compressing them took much work already. text is scratch. Between two calls the scrape
 * may wait as long as it likes, but is not to be gone on with by scrape_next, or by a packer of
 * another coding. Errors: those of pack_add, too. */
int scrape_next_packed(struct scrape *s, struct packer *p, struct buf *text, struct buf *out,
                       size_t enough);

/* Series and uncompressed bytes written so far. */
struct scrape_totals {
    uint64_t series, bytes;
};
/* What scrape_next has written up to now. */
struct scrape_totals scrape_totals(const struct scrape *s);

#endif
