#include "kube/yaml/yaml_build.h"

/* What a list or map costs besides its content, about what jansson allocates. */
#define CONTAINER_BYTES 64
#define SCALAR_BYTES 32

struct yaml_anchor {
    json_t *value; /* NULL while what it names is still open */
    struct yaml_size size;
};

static void anchor_free(void *a)
{
    struct yaml_anchor *anchor = a;
    json_decref(anchor->value);
    free(anchor);
}

static void frame_done(struct yaml_frame *f)
{
    json_decref(f->value);
    json_decref(f->merged);
    free(f->key);
    free((char *)f->name);
    *f = (struct yaml_frame){ 0 };
}

void yaml_build_done(struct yaml_build *b)
{
    while (b->depth > 0) {
        frame_done(&b->frames[--b->depth]);
    }
    json_decref(b->root);
    map_done(&b->anchors, anchor_free);
    *b = (struct yaml_build){ 0 };
}

json_t *yaml_build_take(struct yaml_build *b)
{
    return KG_TAKE(b->root);
}

static int no_memory(struct err *err)
{
    return err_set_errno(err, ENOMEM, "YAML");
}

/* Remembers value under name; a name may be given again, the last one counts. value may be NULL:
 * the name is known, but cannot be used yet. */
static int anchor_set(struct yaml_build *b, struct str name, json_t *value, struct yaml_size size,
                      struct err *err)
{
    struct yaml_anchor *anchor = malloc(sizeof(*anchor));
    if (!anchor) {
        return no_memory(err);
    }
    *anchor = (struct yaml_anchor){ json_incref(value), size };
    void *old = NULL;
    if (map_put(&b->anchors, name, anchor, &old) < 0) {
        anchor_free(anchor);
        return no_memory(err);
    }
    if (old) {
        anchor_free(old);
    }
    return 0;
}

/* Puts what map holds into f where it stands: later keys, of whatever origin, replace. */
static int merge_map(struct yaml_frame *f, json_t *map, struct err *err)
{
    if (!json_is_object(map)) {
        return err_set(err, EBADMSG, "\"<<\" wants a map or a list of maps");
    }
    if (!f->merged && !(f->merged = json_object())) {
        return no_memory(err);
    }
    const char *key;
    json_t *value;
    json_object_foreach (map, key, value) {
        if (json_object_set(f->value, key, value) < 0 ||
            json_object_set_new(f->merged, key, json_null()) < 0) {
            return no_memory(err);
        }
    }
    return 0;
}

static int merge(struct yaml_frame *f, json_t *value, struct err *err)
{
    f->merging = false;
    if (!json_is_array(value)) {
        return merge_map(f, value, err);
    }
    /* From the last to the first, so that the first one's values stay. */
    for (size_t i = json_array_size(value); i > 0; i--) {
        int r = merge_map(f, json_array_get(value, i - 1), err);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int set_key(struct yaml_frame *f, json_t *value, struct err *err)
{
    int r = yaml_scalar_key(value, &f->key, err);
    if (r < 0) {
        return r;
    }
    if (!json_object_get(f->value, f->key)) {
        return 0;
    }
    if (f->merged && json_object_del(f->merged, f->key) == 0) {
        return 0;
    }
    return err_set(err, EBADMSG, "the key \"%.100s\" is there twice", f->key);
}

static int set_value(struct yaml_frame *f, json_t *value, struct err *err)
{
    auto_free char *key = KG_TAKE(f->key);
    return json_object_set(f->value, key, value) < 0 ? no_memory(err) : 0;
}

/* Puts a whole value where it belongs; value is borrowed. */
static int attach(struct yaml_build *b, json_t *value, struct yaml_size size, struct err *err)
{
    if (b->depth == 0) {
        json_decref(b->root);
        b->root = json_incref(value);
        return 0;
    }
    struct yaml_frame *f = &b->frames[b->depth - 1];
    f->size.bytes += size.bytes;
    f->size.levels = KG_MAX(f->size.levels, size.levels + 1);
    if (json_is_array(f->value)) {
        return json_array_append(f->value, value) < 0 ? no_memory(err) : 0;
    }
    if (f->merging) {
        return merge(f, value, err);
    }
    return f->key ? set_value(f, value, err) : set_key(f, value, err);
}

static bool wants_key(const struct yaml_build *b)
{
    const struct yaml_frame *f = b->depth > 0 ? &b->frames[b->depth - 1] : NULL;
    return f && json_is_object(f->value) && !f->key && !f->merging;
}

static bool is_merge(const struct yaml_scalar *s)
{
    return str_eq(s->text, STR("<<")) &&
           (str_empty(s->tag) ? s->plain : str_eq(s->tag, STR(YAML_TAG_PREFIX "merge")));
}

int yaml_build_scalar(struct yaml_build *b, const struct yaml_scalar *s, struct str anchor,
                      struct err *err)
{
    if (wants_key(b) && is_merge(s)) {
        b->frames[b->depth - 1].merging = true;
        return 0;
    }
    json_t *value = NULL;
    int r = yaml_scalar_value(s, &value, err);
    if (r < 0) {
        return r;
    }
    struct yaml_size size = { .bytes = s->text.n + SCALAR_BYTES };
    if (anchor.n) {
        r = anchor_set(b, anchor, value, size, err);
    }
    if (r == 0) {
        r = attach(b, value, size, err);
    }
    json_decref(value);
    return r;
}

int yaml_build_open(struct yaml_build *b, bool is_map, struct str anchor, struct err *err)
{
    if (wants_key(b)) {
        return err_set(err, EBADMSG, "a key is a list or a map");
    }
    if (b->depth == LIMIT_YAML_DEPTH) {
        return err_set(err, E2BIG, "nested deeper than %d", LIMIT_YAML_DEPTH);
    }
    struct yaml_frame f = { .size = { .bytes = CONTAINER_BYTES, .levels = 1 } };
    f.value = is_map ? json_object() : json_array();
    f.name = anchor.n ? str_dup(anchor) : NULL;
    int r = !f.value || (anchor.n && !f.name) ? no_memory(err) : 0;
    if (r == 0 && anchor.n) {
        r = anchor_set(b, anchor, NULL, f.size, err);
    }
    if (r < 0) {
        frame_done(&f);
        return r;
    }
    b->frames[b->depth++] = f;
    return 0;
}

int yaml_build_close(struct yaml_build *b, struct err *err)
{
    if (b->depth == 0) {
        return err_set(err, EBADMSG, "a list or map ends that never began");
    }
    struct yaml_frame f = b->frames[--b->depth];
    int r = f.name ? anchor_set(b, str_of(f.name), f.value, f.size, err) : 0;
    if (r == 0) {
        r = attach(b, f.value, f.size, err);
    }
    frame_done(&f);
    return r;
}

int yaml_build_alias(struct yaml_build *b, struct str anchor, struct err *err)
{
    const struct yaml_anchor *a = map_get(&b->anchors, anchor);
    if (!a || !a->value) {
        return err_set(err, EBADMSG, "*" STR_FMT " %s", STR_ARG(str_head(anchor, 60)),
                       a ? "stands within what it names" : "names nothing before it");
    }
    b->alias_bytes += a->size.bytes;
    if (b->alias_bytes > LIMIT_YAML_ALIAS_BYTES) {
        return err_set(err, E2BIG, "aliases stand for more than %zu bytes", LIMIT_YAML_ALIAS_BYTES);
    }
    if (b->depth + a->size.levels > LIMIT_YAML_DEPTH) {
        return err_set(err, E2BIG, "nested deeper than %d", LIMIT_YAML_DEPTH);
    }
    return attach(b, a->value, a->size, err);
}
