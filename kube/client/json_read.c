/* json_read.c — a walk through the text along the tree of what is wanted. */
#include "kube/client/json_read.h"

#include "kube/client/json_scan.h"

/* Levels of objects and arrays that are built; what is deeper is left to jansson. */
#define DEPTH_MAX 32

/* Digits of an integer that certainly is an int64_t. */
#define DIGITS_MAX 18

struct level {
    json_t *in; /* an object or an array */
    uint32_t node;
    bool is_array;
    bool has_any; /* a member or element stands before */
};

struct walk {
    const struct json_wanted *wanted;
    const char *at, *end;
    json_t *root;
    struct level levels[DEPTH_MAX];
    size_t depth;
};

/* All functions below say false where the text is not as expected. */

static inline void pass_blanks(struct walk *w)
{
    while (w->at < w->end &&
           (*w->at == ' ' || *w->at == '\n' || *w->at == '\r' || *w->at == '\t')) {
        w->at++;
    }
}

static inline bool is_at(const struct walk *w, char c)
{
    return w->at < w->end && *w->at == c;
}

/* Where a number or a word may end. */
static inline bool is_at_delimiter(const struct walk *w)
{
    return w->at < w->end && (*w->at == ',' || *w->at == '}' || *w->at == ']' || *w->at == ' ' ||
                              *w->at == '\n' || *w->at == '\r' || *w->at == '\t');
}

/* From after the opening quote to after the closing one, whatever is in between. */
static bool pass_string(struct walk *w)
{
    for (;;) {
        const char *quote = memchr(w->at, '"', (size_t)(w->end - w->at));
        if (!quote) {
            return false;
        }
        const char *before = quote;
        while (before > w->at && before[-1] == '\\') {
            before--;
        }
        w->at = quote + 1;
        if ((quote - before) % 2 == 0) {
            return true;
        }
    }
}

/* Over a whole value, whatever it is. */
static bool pass_value(struct walk *w)
{
    char c = *w->at;
    if (c == '"') {
        w->at++;
        return pass_string(w);
    }
    if (c == '{' || c == '[') {
        struct json_nest nest;
        json_nest_open(&nest);
        w->at++;
        ssize_t used = json_nest_scan(&nest, (struct str){ w->at, (size_t)(w->end - w->at) });
        w->at += used < 0 ? 0 : used;
        return used >= 0 && nest.depth == 0;
    }
    const char *from = w->at;
    while (w->at < w->end && !is_at_delimiter(w)) {
        w->at++;
    }
    return w->at > from;
}

/* Puts value (NULL: none could be made) into the innermost level, which owns it then. */
static bool put(struct walk *w, struct str key, json_t *value)
{
    const struct level *level = &w->levels[w->depth - 1];
    return (level->is_array ? json_array_append_new(level->in, value)
                            : json_object_setn_new_nocheck(level->in, key.p, key.n, value)) == 0;
}

/* What stands between from and here, by jansson. */
static json_t *parse(const struct walk *w, const char *from)
{
    return json_loadb(from, (size_t)(w->at - from), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static json_t *read_string(struct walk *w)
{
    const char *from = w->at++;
    size_t n = json_plain_scan((struct str){ w->at, (size_t)(w->end - w->at) });
    w->at += n;
    if (is_at(w, '"')) {
        w->at++;
        return json_stringn_nocheck(from + 1, n);
    }
    return pass_string(w) ? parse(w, from) : NULL;
}

static json_t *read_number(struct walk *w)
{
    const char *from = w->at;
    bool is_negative = *w->at == '-';
    w->at += is_negative;
    const char *digits = w->at;
    json_int_t value = 0;
    while (w->at < w->end && *w->at >= '0' && *w->at <= '9' && w->at - digits < DIGITS_MAX) {
        value = value * 10 + (*w->at++ - '0');
    }
    bool is_plain = w->at > digits && (*digits != '0' || w->at == digits + 1);
    if (is_plain && is_at_delimiter(w)) {
        return json_integer(is_negative ? -value : value);
    }
    w->at = from;
    return pass_value(w) ? parse(w, from) : NULL;
}

static json_t *read_word(struct walk *w)
{
    static const struct str words[] = { STR_INIT("true"), STR_INIT("false"), STR_INIT("null") };
    const char *from = w->at;
    if (!pass_value(w)) {
        return NULL;
    }
    struct str word = { from, (size_t)(w->at - from) };
    return str_eq(word, words[0])   ? json_true()
           : str_eq(word, words[1]) ? json_false()
           : str_eq(word, words[2]) ? json_null()
                                    : NULL;
}

/* Opens the object or array that begins here, as an element or the member key of the level. */
static bool enter(struct walk *w, struct str key, uint32_t node)
{
    bool is_array = *w->at++ == '[';
    if (w->depth == DEPTH_MAX) {
        return false;
    }
    json_t *in = is_array ? json_array() : json_object();
    if (!put(w, key, in)) {
        return false;
    }
    w->levels[w->depth++] = (struct level){ .in = in, .node = node, .is_array = is_array };
    return true;
}

static bool read_value(struct walk *w, struct str key, uint32_t node)
{
    char c = *w->at;
    if (c == '{' || c == '[') {
        return enter(w, key, node);
    }
    if (c == '"') {
        return put(w, key, read_string(w));
    }
    return put(w, key, c == '-' || (c >= '0' && c <= '9') ? read_number(w) : read_word(w));
}

static bool read_member(struct walk *w, uint32_t in)
{
    if (!is_at(w, '"')) {
        return false;
    }
    const char *from = ++w->at;
    size_t n = json_plain_scan((struct str){ w->at, (size_t)(w->end - w->at) });
    w->at += n;
    if (!is_at(w, '"')) {
        return false; /* what other letters stand for is not known here */
    }
    w->at++;
    pass_blanks(w);
    if (!is_at(w, ':')) {
        return false;
    }
    w->at++;
    pass_blanks(w);
    if (w->at == w->end) {
        return false;
    }
    struct str key = { from, n };
    uint32_t node = json_wanted_find(w->wanted, in, key);
    return node ? read_value(w, key, node) : pass_value(w);
}

/* The next member or element of the innermost level with the comma before it, or the level's end.
 */
static bool step(struct walk *w)
{
    struct level *level = &w->levels[w->depth - 1];
    pass_blanks(w);
    if (is_at(w, level->is_array ? ']' : '}')) {
        w->at++;
        w->depth--;
        return true;
    }
    if (level->has_any) {
        if (!is_at(w, ',')) {
            return false;
        }
        w->at++;
        pass_blanks(w);
    }
    level->has_any = true;
    return level->is_array ? w->at < w->end && read_value(w, (struct str){ 0 }, level->node)
                           : read_member(w, level->node);
}

static bool read_all(struct walk *w, uint32_t node)
{
    pass_blanks(w);
    w->root = is_at(w, '{') ? json_object() : NULL;
    if (!w->root) {
        return false;
    }
    w->at++;
    w->levels[w->depth++] = (struct level){ .in = w->root, .node = node };
    while (w->depth > 0) {
        if (!step(w)) {
            return false;
        }
    }
    pass_blanks(w);
    return w->at == w->end;
}

static json_t *read_from(const struct json_wanted *wanted, uint32_t node, struct str text)
{
    struct walk w;
    w.wanted = wanted;
    w.at = text.p;
    w.end = text.p + text.n;
    w.root = NULL;
    w.depth = 0;
    if (text.n == 0 || !read_all(&w, node)) {
        json_decref(w.root);
        return NULL;
    }
    return w.root;
}

json_t *json_read_object(const struct json_wanted *wanted, struct str text)
{
    return read_from(wanted, JSON_WANTED_OBJECT, text);
}

json_t *json_read_event(const struct json_wanted *wanted, struct str text)
{
    return read_from(wanted, JSON_WANTED_EVENT, text);
}
