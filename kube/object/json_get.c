#include "kube/object/json_get.h"

#include "base/clock.h"
#include "base/num.h"

struct str json_text(const json_t *value)
{
    return (struct str){ json_string_value(value), json_string_length(value) };
}

struct str json_get_str(const json_t *object, const char *key)
{
    return json_text(json_object_get(object, key));
}

bool json_get_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

bool json_get_i64_if(const json_t *object, const char *key, int64_t *ret)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        return false;
    }
    *ret = json_integer_value(value);
    return true;
}

struct str json_get_bool_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value)) {
        return (struct str){ 0 };
    }
    return json_is_true(value) ? STR("true") : STR("false");
}

int json_get_i64_text(const json_t *object, const char *key, struct arena *mem, struct str *ret)
{
    char digits[NUM_TEXT_MAX];
    int64_t value;
    if (!json_get_i64_if(object, key, &value)) {
        *ret = (struct str){ 0 };
        return 0;
    }
    return arena_str(mem, (struct str){ digits, num_format_i64(digits, value) }, ret);
}

int64_t json_get_i64(const json_t *object, const char *key)
{
    int64_t value = 0;
    json_get_i64_if(object, key, &value);
    return value;
}

bool json_get_time_if(const json_t *object, const char *key, int64_t *ret)
{
    struct str text = json_get_str(object, key);
    return text.n && clock_parse_rfc3339(text, ret) == 0;
}

int64_t json_get_time(const json_t *object, const char *key)
{
    int64_t unix_sec = JSON_TIME_ZERO;
    json_get_time_if(object, key, &unix_sec);
    return unix_sec;
}

const json_t *json_get_object(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_object(value) ? value : NULL;
}

const json_t *json_get_array(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_array(value) ? value : NULL;
}

bool json_quantity(const json_t *value, int (*read)(struct str text, double *ret), double *ret)
{
    char digits[NUM_TEXT_MAX];
    struct str text = json_text(value);
    if (json_is_integer(value)) {
        text = (struct str){ digits, num_format_i64(digits, json_integer_value(value)) };
    } else if (json_is_real(value)) {
        text = (struct str){ digits, num_format_double(digits, json_real_value(value)) };
    }
    return text.n && read(text, ret) == 0;
}
