/* err.h — the message that goes with a negative errno; no allocation, so it can report -ENOMEM.
 * Uses: libc.  Threads: one at a time per struct.  Owner: the caller's stack.
 *
 * Every function here takes NULL for err and then only yields the return value. */
#ifndef KG_BASE_ERR_H
#define KG_BASE_ERR_H

#include "base/defs.h"

#define ERR_MAX 240

struct err {
    int code; /* the positive errno, 0 when nothing was set */
    char text[ERR_MAX];
};

/* Sets "text" for errno `code` (positive); a message too long is cut with "…". Returns -code. */
int err_set(struct err *err, int code, const char *fmt, ...) KG_PRINTF(3, 4);

/* As err_set, with ": " and the name of errno appended ("open /x: ENOENT"). */
int err_set_errno(struct err *err, int code, const char *fmt, ...) KG_PRINTF(3, 4);

/* Puts "what: " before the text that is there; returns -err->code. */
int err_wrap(struct err *err, const char *fmt, ...) KG_PRINTF(2, 3);

static inline const char *err_text(const struct err *err)
{
    return err && err->code ? err->text : "no error";
}

#endif
