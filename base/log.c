#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Growing silence between two lines about the same fault. */
#define COMPLAINT_FIRST_NS (60 * CLOCK_NS_PER_SEC)
#define COMPLAINT_MAX_NS (3600 * CLOCK_NS_PER_SEC)

static atomic_int least_level = LOG_LEVEL_INFO;
static atomic_int line_format = LOG_FORMAT_LOGFMT;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_setup(enum log_level least, enum log_format format)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_format, (int)format);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

/* Quoted with JSON's escapes, which logfmt readers take, too. */
static void add_quoted(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '"':
        case '\\':
            buf_add_char(out, '\\');
            buf_add_char(out, *c);
            break;
        case '\n':
            buf_add_c(out, "\\n");
            break;
        case '\t':
            buf_add_c(out, "\\t");
            break;
        default:
            if ((unsigned char)*c < 0x20) {
                buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*c);
            } else {
                buf_add_char(out, *c);
            }
        }
    }
    buf_add_char(out, '"');
}

static bool needs_quotes(const char *text)
{
    if (!*text) {
        return true;
    }
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\') {
            return true;
        }
    }
    return false;
}

static void add_pair(struct buf *out, bool json, const char *key, const char *value)
{
    if (out->n > 1) {
        buf_add_char(out, json ? ',' : ' ');
    }
    if (json) {
        add_quoted(out, key);
        buf_add_char(out, ':');
        add_quoted(out, value);
    } else {
        buf_add_c(out, key);
        buf_add_char(out, '=');
        if (needs_quotes(value)) {
            add_quoted(out, value);
        } else {
            buf_add_c(out, value);
        }
    }
}

/* Adds a pair whole or, when it does not fit, not at all, so that a line stays readable. */
static void try_pair(struct buf *out, bool json, const char *key, const char *value)
{
    size_t before = out->n;
    add_pair(out, json, key, value ? value : "");
    if (buf_failed(out)) {
        out->failed = 0;
        buf_truncate(out, before);
    }
}

void log_line(enum log_level level, const char *message, const char *const *pairs)
{
    if (!log_enabled(level)) {
        return;
    }
    bool json = atomic_load_explicit(&line_format, memory_order_relaxed) == LOG_FORMAT_JSON;
    char now[32];
    clock_format_rfc3339(now, (uint64_t)(clock_unix_sec() * 1e9));
    auto_buf struct buf out = BUF_INIT(LIMIT_LOG_LINE_BYTES);
    if (json) {
        buf_add_char(&out, '{');
    }
    try_pair(&out, json, "time", now);
    try_pair(&out, json, "level", level_names[level]);
    try_pair(&out, json, "msg", message);
    for (; pairs && pairs[0]; pairs += 2) {
        try_pair(&out, json, pairs[0], pairs[1]);
    }
    out.max += 2; /* the end of the line always fits */
    buf_add_c(&out, json ? "}\n" : "\n");
    /* One write, so that lines of several threads do not mix. */
    (void)!write(STDERR_FILENO, out.p, out.n);
}

bool complain(struct complaint *c, uint64_t now_ns, const char *subject, const struct err *detail)
{
    if (c->count == 0) {
        c->since_ns = now_ns;
        c->next_ns = now_ns;
    }
    c->count++;
    c->unsaid++;
    if (now_ns < c->next_ns) {
        return false;
    }
    uint64_t pause = c->next_ns == c->since_ns ? COMPLAINT_FIRST_NS : 2 * (now_ns - c->since_ns);
    c->next_ns = now_ns + KG_MIN(KG_MAX(pause, COMPLAINT_FIRST_NS), COMPLAINT_MAX_NS);
    char times[24];
    snprintf(times, sizeof(times), "%llu", (unsigned long long)c->unsaid);
    c->unsaid = 0;
    LOG_WARN(c->what, "subject", subject ? subject : "", "error", detail ? err_text(detail) : "",
             "times", times);
    return true;
}

void complaint_over(struct complaint *c, uint64_t now_ns, const char *subject)
{
    if (c->count == 0) {
        return;
    }
    char times[24], seconds[24];
    snprintf(times, sizeof(times), "%llu", (unsigned long long)c->count);
    snprintf(seconds, sizeof(seconds), "%llu",
             (unsigned long long)((now_ns - c->since_ns) / CLOCK_NS_PER_SEC));
    LOG_INFO("recovered", "from", c->what, "subject", subject ? subject : "", "times", times,
             "seconds", seconds);
    c->count = 0;
    c->unsaid = 0;
}
