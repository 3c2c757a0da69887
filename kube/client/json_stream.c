/* json_stream.c — the outermost levels byte by byte, what is nested in them by
 * kube/client/json_scan.h. */
#include "kube/client/json_stream.h"

#include "base/limits.h"
#include "base/num.h"
#include "kube/client/json_scan.h"

#include <inttypes.h>

/* "metadata" with every letter written \u00XX; a longer raw key is none that is looked for. */
#define KEY_RAW_MAX 48

/* Memory of a begun object that is kept for the next one; more is given back. */
#define KEEP_BYTES (256 * KIB)

enum stream_state {
    AT_START,     /* LIST: the document; WATCH: the next document */
    AT_FIRST_KEY, /* after '{': a key or '}' */
    AT_KEY,       /* after ',': a key */
    IN_KEY,
    AT_COLON,
    AT_VALUE,
    IN_STRING,
    IN_LITERAL, /* number, true, false, null */
    IN_NESTED,
    AFTER_VALUE,
    AT_FIRST_ITEM, /* after '[': an item or ']' */
    AT_ITEM,       /* after ',': an item */
    AFTER_ITEM,
    AT_END,
};

enum stream_purpose { FOR_NOTHING, FOR_OBJECT, FOR_METADATA };

struct json_stream {
    enum json_stream_mode mode;
    enum stream_state state;
    enum stream_purpose purpose; /* of what IN_NESTED goes through */
    struct json_stream_events events;
    void *arg;
    size_t max_object;
    uint64_t offset; /* bytes of earlier pieces */
    struct json_nest nest;
    size_t nested_bytes; /* so far, of what IN_NESTED goes through */
    struct buf begun;    /* its text in earlier pieces; empty when it began in this one */
    char key[KEY_RAW_MAX];
    size_t key_n; /* KEY_RAW_MAX + 1: longer than any that is looked for */
    bool is_escaped;
    bool has_items;
    int failed;
};

struct json_stream *json_stream_new(enum json_stream_mode mode, size_t max_object,
                                    const struct json_stream_events *events, void *arg)
{
    struct json_stream *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->mode = mode;
    s->events = *events;
    s->arg = arg;
    s->max_object = max_object ? max_object : LIMIT_OBJECT_BYTES;
    buf_init(&s->begun, s->max_object);
    return s;
}

void json_stream_free(struct json_stream *s)
{
    if (s) {
        buf_done(&s->begun);
        free(s);
    }
}

static int fail_at(struct json_stream *s, size_t at, const char *wanted, unsigned char got,
                   struct err *err)
{
    return err_set(err, EBADMSG, "byte %" PRIu64 ": expected %s, got 0x%02x", s->offset + at,
                   wanted, got);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The raw key without its escapes. A \u above ASCII, or a broken escape, gives a key that matches
 * nothing: the parser sees it later where it matters. */
static struct str key_text(const struct json_stream *s, char *out)
{
    struct str raw = { s->key, s->key_n };
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == '\\') {
            uint64_t code = 0;
            if (i + 5 >= raw.n || raw.p[i + 1] != 'u' ||
                num_scan_hex((struct str){ raw.p + i + 2, 4 }, &code) < 0 || code >= 0x80) {
                return (struct str){ 0 };
            }
            c = (char)code;
            i += 5;
        }
        out[n++] = c;
    }
    return (struct str){ out, n };
}

static void begin_nested(struct json_stream *s, enum stream_purpose purpose)
{
    s->state = IN_NESTED;
    s->purpose = purpose;
    s->nested_bytes = 0;
    json_nest_open(&s->nest);
    buf_clear(&s->begun);
}

static int begin_items(struct json_stream *s, char c, size_t at, struct err *err)
{
    if (s->has_items) {
        return err_set(err, EBADMSG, "byte %" PRIu64 ": a second \"items\"", s->offset + at);
    }
    if (c != '[' && c != 'n') {
        return fail_at(s, at, "'[' or null as items", (unsigned char)c, err);
    }
    s->has_items = true;
    s->state = c == '[' ? AT_FIRST_ITEM : IN_LITERAL;
    return 0;
}

/* The first byte of the value of s->key. */
static int begin_value(struct json_stream *s, char c, size_t at, struct err *err)
{
    char unescaped[KEY_RAW_MAX];
    struct str key = s->key_n > KEY_RAW_MAX ? (struct str){ 0 } : key_text(s, unescaped);
    if (str_eq(key, STR("items"))) {
        return begin_items(s, c, at, err);
    }
    if (c == '{' || c == '[') {
        bool is_metadata = c == '{' && str_eq(key, STR("metadata"));
        begin_nested(s, is_metadata ? FOR_METADATA : FOR_NOTHING);
    } else if (c == '"') {
        s->state = IN_STRING;
        s->is_escaped = false;
    } else if (c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n') {
        s->state = IN_LITERAL;
    } else {
        return fail_at(s, at, "a value", (unsigned char)c, err);
    }
    return 0;
}

/* What one byte between the tokens leads to. */
static const struct {
    enum stream_state in;
    char c;
    enum stream_state then;
} transitions[] = {
    { AT_START, '{', AT_FIRST_KEY },     { AT_FIRST_KEY, '"', IN_KEY },
    { AT_FIRST_KEY, '}', AT_END },       { AT_KEY, '"', IN_KEY },
    { AT_COLON, ':', AT_VALUE },         { AFTER_VALUE, ',', AT_KEY },
    { AFTER_VALUE, '}', AT_END },        { AT_FIRST_ITEM, '{', IN_NESTED },
    { AT_FIRST_ITEM, ']', AFTER_VALUE }, { AT_ITEM, '{', IN_NESTED },
    { AFTER_ITEM, ',', AT_ITEM },        { AFTER_ITEM, ']', AFTER_VALUE },
};

static const char *const expected[] = {
    [AT_START] = "an object",
    [AT_FIRST_KEY] = "a key",
    [AT_KEY] = "a key",
    [AT_COLON] = "':'",
    [AFTER_VALUE] = "',' or '}'",
    [AT_FIRST_ITEM] = "an object in items",
    [AT_ITEM] = "an object in items",
    [AFTER_ITEM] = "',' or ']'",
    [AT_END] = "the end",
};

static int between(struct json_stream *s, char c, size_t at, struct err *err)
{
    size_t i = 0;
    while (i < KG_ARRAY_LEN(transitions) &&
           (transitions[i].in != s->state || transitions[i].c != c)) {
        i++;
    }
    if (i == KG_ARRAY_LEN(transitions)) {
        return fail_at(s, at, expected[s->state], (unsigned char)c, err);
    }
    bool is_document = s->state == AT_START && s->mode == JSON_STREAM_WATCH;
    s->state = transitions[i].then;
    if (is_document || s->state == IN_NESTED) {
        begin_nested(s, FOR_OBJECT);
    } else if (s->state == IN_KEY) {
        s->key_n = 0;
        s->is_escaped = false;
    }
    return 0;
}

static size_t in_key(struct json_stream *s, struct str rest)
{
    bool ended;
    size_t used = json_string_scan(rest, &s->is_escaped, &ended);
    size_t n = used - (ended ? 1 : 0);
    if (s->key_n + n > KEY_RAW_MAX) {
        s->key_n = KEY_RAW_MAX + 1;
    } else {
        memcpy(s->key + s->key_n, rest.p, n);
        s->key_n += n;
    }
    if (ended) {
        s->state = AT_COLON;
    }
    return used;
}

static size_t in_string(struct json_stream *s, struct str rest)
{
    bool ended;
    size_t used = json_string_scan(rest, &s->is_escaped, &ended);
    if (ended) {
        s->state = AFTER_VALUE;
    }
    return used;
}

static size_t in_literal(struct json_stream *s, struct str rest)
{
    size_t used = 0;
    while (used < rest.n && rest.p[used] != ',' && rest.p[used] != '}' && !is_blank(rest.p[used])) {
        used++;
    }
    if (used < rest.n) {
        s->state = AFTER_VALUE;
    }
    return used;
}

/* Hands the whole text on: part is its end, what came before stands in s->begun. */
static int emit(struct json_stream *s, struct str part, struct err *err)
{
    struct str text = part;
    if (s->nested_bytes > s->max_object) {
        if (s->purpose == FOR_METADATA) {
            return err_set(err, E2BIG, "list metadata of %zu bytes", s->nested_bytes);
        }
        return s->events.on_oversize ? s->events.on_oversize(s->arg, s->nested_bytes) : 0;
    }
    if (s->begun.n > 0) {
        buf_add(&s->begun, part);
        if (buf_failed(&s->begun)) {
            return err_set(err, -buf_failed(&s->begun), "object of %zu bytes", s->nested_bytes);
        }
        text = buf_str(&s->begun);
    }
    int (*fn)(void *, struct str) =
        s->purpose == FOR_OBJECT ? s->events.on_object : s->events.on_list_metadata;
    int r = fn ? fn(s->arg, text) : 0;
    if (s->begun.cap > KEEP_BYTES) {
        buf_done(&s->begun);
    }
    return r;
}

/* Keeps what the piece has of an object that goes on in the next one. */
static int keep_begun(struct json_stream *s, struct str part, struct err *err)
{
    if (s->nested_bytes > s->max_object) {
        buf_done(&s->begun); /* counted on, not kept */
        return 0;
    }
    buf_add(&s->begun, part);
    int r = buf_failed(&s->begun);
    return r < 0 ? err_set(err, -r, "object of %zu bytes", s->nested_bytes) : 0;
}

/* piece.p[from] is the first byte that belongs to the nested value and is not yet counted: its
 * opening bracket, or the piece's first byte. Sets *ret_used to the bytes used from there. */
static int in_nested(struct json_stream *s, struct str piece, size_t from, size_t *ret_used,
                     struct err *err)
{
    /* The bracket itself was looked at by between(). */
    size_t skip = s->nested_bytes == 0 ? 1 : 0;
    struct str rest = str_from(piece, from + skip);
    ssize_t used = json_nest_scan(&s->nest, rest);
    if (used < 0) {
        return err_set(err, (int)-used, "byte %" PRIu64 ": nested deeper than %d", s->offset + from,
                       LIMIT_JSON_DEPTH);
    }
    struct str part = { piece.p + from, skip + (size_t)used };
    *ret_used = part.n;
    s->nested_bytes += part.n;
    if (s->nest.depth > 0) {
        return s->purpose == FOR_NOTHING ? 0 : keep_begun(s, part, err);
    }
    enum stream_purpose purpose = s->purpose;
    if (s->mode == JSON_STREAM_WATCH) {
        s->state = AT_START;
    } else {
        s->state = purpose == FOR_OBJECT ? AFTER_ITEM : AFTER_VALUE;
    }
    return purpose == FOR_NOTHING ? 0 : emit(s, part, err);
}

/* Takes the next token or a part of it. Sets *ret_used, which may be 0 when only the state changed.
 */
static int step(struct json_stream *s, struct str piece, size_t at, size_t *ret_used,
                struct err *err)
{
    struct str rest = str_from(piece, at);
    switch (s->state) {
    case IN_KEY:
        *ret_used = in_key(s, rest);
        return 0;
    case IN_STRING:
        *ret_used = in_string(s, rest);
        return 0;
    case IN_LITERAL:
        *ret_used = in_literal(s, rest);
        return 0;
    case IN_NESTED:
        return in_nested(s, piece, at, ret_used, err);
    default:
        break;
    }
    *ret_used = 1;
    if (is_blank(piece.p[at])) {
        return 0;
    }
    int r = s->state == AT_VALUE ? begin_value(s, piece.p[at], at, err)
                                 : between(s, piece.p[at], at, err);
    if (r == 0 && s->state == IN_NESTED) {
        *ret_used = 0; /* in_nested counts the opening bracket */
    }
    return r;
}

int json_stream_feed(struct json_stream *s, struct str piece, struct err *err)
{
    if (s->failed) {
        return err_set(err, -s->failed, "fed after an error");
    }
    if (s->mode == JSON_STREAM_LIST && s->offset + piece.n > LIMIT_PAGE_BYTES) {
        s->failed = err_set(err, E2BIG, "more than %zu bytes", LIMIT_PAGE_BYTES);
        return s->failed;
    }
    for (size_t at = 0; at < piece.n;) {
        struct err why = { 0 };
        size_t used = 0;
        int r = step(s, piece, at, &used, &why);
        if (r < 0) {
            s->failed = r;
            return err_set(err, -r, "%s", why.code ? why.text : "stopped by the consumer");
        }
        at += used;
    }
    s->offset += piece.n;
    return 0;
}

int json_stream_end(struct json_stream *s, struct err *err)
{
    if (s->failed) {
        return err_set(err, -s->failed, "ended after an error");
    }
    if (s->state != (s->mode == JSON_STREAM_LIST ? AT_END : AT_START)) {
        return err_set(err, ENODATA, "ends unfinished after %" PRIu64 " bytes", s->offset);
    }
    if (s->mode == JSON_STREAM_LIST && !s->has_items) {
        return err_set(err, EBADMSG, "a list without items");
    }
    return 0;
}
