#include "kube/client/object_scan.h"

#include "kube/client/json_scan.h"

/* All functions below take what is left of the text, and cut off what they have read. */

static bool eat(struct str *rest, char wanted)
{
    size_t n = 0;
    while (n < rest->n &&
           (rest->p[n] == ' ' || rest->p[n] == '\n' || rest->p[n] == '\r' || rest->p[n] == '\t')) {
        n++;
    }
    *rest = str_from(*rest, n);
    if (rest->n == 0 || rest->p[0] != wanted) {
        return false;
    }
    *rest = str_from(*rest, 1);
    return true;
}

/* A string whose opening quote is read. Sets *ret to what stands between the quotes. */
static bool eat_string_rest(struct str *rest, struct str *ret)
{
    bool is_escaped = false, ended = false;
    size_t used = json_string_scan(*rest, &is_escaped, &ended);
    *ret = str_head(*rest, used - (ended ? 1 : 0));
    *rest = str_from(*rest, used);
    return ended;
}

/* A string without escapes: with them it stands for another text. */
static bool eat_plain_string(struct str *rest, struct str *ret)
{
    return eat(rest, '"') && eat_string_rest(rest, ret) && str_find(*ret, '\\') < 0;
}

static bool skip_nested_rest(struct str *rest)
{
    struct json_nest nest;
    json_nest_open(&nest);
    ssize_t used = json_nest_scan(&nest, *rest);
    if (used < 0 || nest.depth > 0) {
        return false;
    }
    *rest = str_from(*rest, (size_t)used);
    return true;
}

/* A number, true, false, null: whatever goes up to the next ',' or bracket. */
static bool skip_literal(struct str *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ',' && rest->p[n] != '}' && rest->p[n] != ']') {
        if (rest->p[n] == '"' || rest->p[n] == '{' || rest->p[n] == '[' || rest->p[n] == ':') {
            return false;
        }
        n++;
    }
    *rest = str_from(*rest, n);
    return n > 0;
}

static bool skip_value(struct str *rest)
{
    struct str ignored;
    if (eat(rest, '"')) {
        return eat_string_rest(rest, &ignored);
    }
    if (eat(rest, '{') || eat(rest, '[')) {
        return skip_nested_rest(rest);
    }
    return skip_literal(rest);
}

enum member { MEMBER, MEMBER_NONE_LEFT, MEMBER_UNCERTAIN };

/* Goes to the value of the next member of an object whose opening bracket is read. */
static enum member next_member(struct str *rest, bool *is_first, struct str *ret_key)
{
    if (eat(rest, '}')) {
        return MEMBER_NONE_LEFT;
    }
    if (!*is_first && !eat(rest, ',')) {
        return MEMBER_UNCERTAIN;
    }
    *is_first = false;
    return eat_plain_string(rest, ret_key) && eat(rest, ':') ? MEMBER : MEMBER_UNCERTAIN;
}

static bool scan_metadata(struct str *rest, struct object_id *ret)
{
    struct object_id id = { 0 };
    struct str key;
    bool is_first = true, is_ok = eat(rest, '{');
    while (is_ok && !(id.uid.p && id.version.p)) {
        enum member member = next_member(rest, &is_first, &key);
        if (member == MEMBER_NONE_LEFT) {
            break;
        }
        if (member == MEMBER_UNCERTAIN) {
            return false;
        }
        if (str_eq(key, STR("uid"))) {
            is_ok = eat_plain_string(rest, &id.uid);
        } else if (str_eq(key, STR("resourceVersion"))) {
            is_ok = eat_plain_string(rest, &id.version);
        } else {
            is_ok = skip_value(rest);
        }
    }
    if (!is_ok || !id.uid.p) {
        return false;
    }
    *ret = id;
    return true;
}

/* Goes to the value of the member of that name. */
static bool find_member(struct str *rest, struct str name)
{
    struct str key;
    bool is_first = true;
    if (!eat(rest, '{')) {
        return false;
    }
    while (next_member(rest, &is_first, &key) == MEMBER) {
        if (str_eq(key, name)) {
            return true;
        }
        if (!skip_value(rest)) {
            return false;
        }
    }
    return false;
}

bool object_scan(struct str text, struct object_id *ret)
{
    return find_member(&text, STR("metadata")) && scan_metadata(&text, ret);
}

bool object_scan_event(struct str text, struct str *ret_type, struct object_id *ret)
{
    /* API servers write the type first; in any other order the parser decides. */
    struct str key, type;
    bool is_first = true;
    if (!eat(&text, '{') || next_member(&text, &is_first, &key) != MEMBER ||
        !str_eq(key, STR("type")) || !eat_plain_string(&text, &type) ||
        next_member(&text, &is_first, &key) != MEMBER || !str_eq(key, STR("object")) ||
        !object_scan(text, ret)) {
        return false;
    }
    *ret_type = type;
    return true;
}
