/* log.h — lines to standard error, logfmt or JSON; and faults that repeat.
 * Uses: str, err, clock.  Threads: any (one write(2) a line).  Owner: the process.
 *
 * Only agent/ and the owners of loops log; lower code returns an error. A line is a fixed message
 * and fields, so that logs can be searched by message:
 *   LOG_INFO("watch started", "resource", "pods", "resource_version", rv);
 * All field values are NUL-terminated strings, NULL prints as empty; the list ends by itself. */
#ifndef KG_BASE_LOG_H
#define KG_BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

/* What is logged from now on, and how; info and logfmt before the first call. */
void log_setup(enum log_level least, enum log_format format);

/* pairs: key, value, key, value …, NULL. A line beyond LOG_LINE_MAX is cut. */
void log_line(enum log_level level, const char *message, const char *const *pairs);

/* Whether a line of this level would be written. */
bool log_enabled(enum log_level level);

#define LOG_AT(level, message, ...)                                                                \
    do {                                                                                           \
        if (log_enabled(level)) {                                                                  \
            log_line(level, message, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL });    \
        }                                                                                          \
    } while (0)
#define LOG_DEBUG(message, ...) LOG_AT(LOG_LEVEL_DEBUG, message __VA_OPT__(, ) __VA_ARGS__)
#define LOG_INFO(message, ...) LOG_AT(LOG_LEVEL_INFO, message __VA_OPT__(, ) __VA_ARGS__)
#define LOG_WARN(message, ...) LOG_AT(LOG_LEVEL_WARN, message __VA_OPT__(, ) __VA_ARGS__)
#define LOG_ERROR(message, ...) LOG_AT(LOG_LEVEL_ERROR, message __VA_OPT__(, ) __VA_ARGS__)

/* A fault that may repeat: the first is logged at once, the next ones after 1, 2, 4 … minutes (at
 * most an hour), each with the count since the last line; one "recovered" line ends it. */
struct complaint {
    const char *what; /* the message, a literal: "watch failed" */
    uint64_t since_ns, next_ns, count, unsaid;
};

/* Counts a fault and logs it if a line is due. subject and detail may be NULL. Returns whether it
 * was logged. now_ns: clock_mono_ns(). */
bool complain(struct complaint *c, uint64_t now_ns, const char *subject, const struct err *detail);

/* Ends the fault, with a line only if there was one. */
void complaint_over(struct complaint *c, uint64_t now_ns, const char *subject);

#endif
