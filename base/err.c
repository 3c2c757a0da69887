#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Marks text that did not fit; three bytes of UTF-8, kept clear of a split character's rest. */
static void mark_cut(char *text)
{
    size_t at = ERR_MAX - sizeof("…");
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80) {
        at--;
    }
    memcpy(text + at, "…", sizeof("…"));
}

static int fill(struct err *err, int code, const char *suffix, const char *fmt, va_list args)
    KG_PRINTF(4, 0);

static int fill(struct err *err, int code, const char *suffix, const char *fmt, va_list args)
{
    if (!err) {
        return -code;
    }
    err->code = code;
    int n = vsnprintf(err->text, sizeof(err->text), fmt, args);
    if (n >= 0 && n < ERR_MAX && suffix) {
        n += snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s", suffix);
    }
    if (n >= ERR_MAX) {
        mark_cut(err->text);
    }
    return -code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(err, code, NULL, fmt, args);
    va_end(args);
    return -code;
}

int err_set_errno(struct err *err, int code, const char *fmt, ...)
{
    /* The name of the number, because it needs no locale and can be searched for. */
    const char *name = strerrorname_np(code);
    va_list args;
    va_start(args, fmt);
    fill(err, code, name ? name : "unknown errno", fmt, args);
    va_end(args);
    return -code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    if (!err) {
        return -EIO;
    }
    char inner[ERR_MAX];
    memcpy(inner, err->text, sizeof(inner));
    va_list args;
    va_start(args, fmt);
    fill(err, err->code, inner, fmt, args);
    va_end(args);
    return -err->code;
}
