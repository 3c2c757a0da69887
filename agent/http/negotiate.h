/* negotiate.h — which format and coding a client gets, from its Accept and Accept-Encoding.
 * Uses: base, metrics/part.  Threads: any.  Owner: none.
 * Source: RFC 9110 section 12.5; what Prometheus sends, and what its peers answer. */
#ifndef KG_AGENT_NEGOTIATE_H
#define KG_AGENT_NEGOTIATE_H

#include "base/str.h"
#include "metrics/part.h"

#define CONTENT_TYPE_TEXT "text/plain; version=0.0.4; charset=utf-8"

struct negotiated {
    enum metric_format format;
    char content_type[112];
};

/* Chooses among text 0.0.4 and OpenMetrics 1.0.0 (0.0.1 for who asks for that or no version) the
 * one with the highest q; of equal ones the first named. Types and versions that are not served are
 * passed over; when none is left, or nothing was asked for, it is text. An OpenMetrics answer names
 * the escaping scheme asked for, since all names here are legal under each. */
void negotiate_format(struct str accept, struct negotiated *ret);

/* The coding of the body: of gzip (also as x-gzip) and zstd the one with the highest q, of equal
 * ones the first named, as for formats: that is zstd for Prometheus and gzip for browsers. '*'
 * stands for gzip alone, which everybody reads. PACK_NONE when none has q > 0, or identity a higher
 * one. */
enum pack_coding negotiate_coding(struct str accept_encoding);

#endif
