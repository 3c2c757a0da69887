/* base64.h — standard base64 (RFC 4648, section 4) to bytes.
 * Uses: buf.  Threads: any.  Owner: none. */
#ifndef KG_BASE_BASE64_H
#define KG_BASE_BASE64_H

#include "base/buf.h"

/* Appends the bytes that text stands for to out.
 * Shape:  the alphabet A-Z a-z 0-9 + /, padded with '=' to groups of four; CR and LF anywhere are
 *         skipped, as Go's decoder does, because certificates are often wrapped.
 * Sets:   out, only on success.
 * Errors: -EINVAL another character, wrong padding, an incomplete group, or bits after the last
 *         byte that are not zero · those of out (-ENOBUFS, -ENOMEM). */
int base64_decode(struct str text, struct buf *out) KG_MUST_CHECK;

#endif
