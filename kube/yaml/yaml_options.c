#include "kube/yaml/yaml.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/map.h"
#include "kube/yaml/yaml_scalar.h"

#include <yaml.h>

struct walk {
    yaml_document_t *document;
    struct buf value; /* of the name under way */
};

static struct str scalar_text(const yaml_node_t *node)
{
    return (struct str){ (const char *)node->data.scalar.value, node->data.scalar.length };
}

static int refuse(const yaml_node_t *node, struct err *err, const char *what)
{
    return err_set(err, EBADMSG, "line %zu: %s", node->start_mark.line + 1, what);
}

static int add_scalar(struct walk *w, const yaml_node_t *node, struct err *err)
{
    if (node->type != YAML_SCALAR_NODE) {
        return refuse(node, err, "a value is nested too deep");
    }
    struct str text = scalar_text(node);
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, truth;
    if (plain && yaml_scalar_bool(text, &truth)) {
        text = truth ? STR("true") : STR("false");
    } else if (plain && yaml_scalar_is_null(text)) {
        text = STR("");
    }
    buf_add(&w->value, text);
    return 0;
}

/* A scalar as one entry of a list: its commas are none that part entries. */
static int add_item(struct walk *w, const yaml_node_t *node, struct err *err)
{
    size_t from = w->value.n;
    int r = add_scalar(w, node, err);
    for (size_t i = from; r == 0 && !buf_failed(&w->value) && i < w->value.n; i++) {
        if (w->value.p[i] == ',' && buf_reserve(&w->value, 1) == 0) {
            memmove(w->value.p + i + 1, w->value.p + i, w->value.n - i);
            w->value.p[i++] = '\\';
            w->value.n++;
        }
    }
    return r;
}

static int add_list(struct walk *w, const yaml_node_t *list, struct err *err)
{
    const yaml_node_item_t *from = list->data.sequence.items.start;
    for (const yaml_node_item_t *i = from; i < list->data.sequence.items.top; i++) {
        if (i > from) {
            buf_add_char(&w->value, ',');
        }
        int r = add_item(w, yaml_document_get_node(w->document, *i), err);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* `name: {}` and `name:` within a map are the name alone, as sets are written. */
static bool is_nothing(const yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE) {
        return node->data.mapping.pairs.start == node->data.mapping.pairs.top;
    }
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           yaml_scalar_is_null(scalar_text(node));
}

static int add_map(struct walk *w, const yaml_node_t *map, struct err *err)
{
    const yaml_node_pair_t *from = map->data.mapping.pairs.start;
    for (const yaml_node_pair_t *i = from; i < map->data.mapping.pairs.top; i++) {
        const yaml_node_t *key = yaml_document_get_node(w->document, i->key);
        const yaml_node_t *value = yaml_document_get_node(w->document, i->value);
        if (i > from) {
            buf_add_char(&w->value, ',');
        }
        if (key->type != YAML_SCALAR_NODE) {
            return refuse(key, err, "a key is a list or a map");
        }
        if (is_nothing(value)) {
            int r = add_item(w, key, err);
            if (r < 0) {
                return r;
            }
            continue;
        }
        buf_add(&w->value, scalar_text(key));
        buf_add_char(&w->value, '=');
        bool list = value->type == YAML_SEQUENCE_NODE;
        buf_add_c(&w->value, list ? "[" : "");
        int r = list ? add_list(w, value, err) : add_scalar(w, value, err);
        if (r < 0) {
            return r;
        }
        buf_add_c(&w->value, list ? "]" : "");
    }
    return 0;
}

static int read_value(struct walk *w, const yaml_node_t *node, struct err *err)
{
    buf_clear(&w->value);
    int r = node->type == YAML_SEQUENCE_NODE  ? add_list(w, node, err)
            : node->type == YAML_MAPPING_NODE ? add_map(w, node, err)
                                              : add_scalar(w, node, err);
    if (r == 0 && buf_failed(&w->value) < 0) {
        r = err_set_errno(err, -buf_failed(&w->value), "line %zu", node->start_mark.line + 1);
    }
    return r;
}

typedef int yaml_option_fn(void *arg, struct str name, struct str value, int line, struct err *err);

/* Tells fn of a name and its value, or that it is nested too deep: fn may know better why. */
static int give(struct walk *w, struct str name, const yaml_node_t *value, int line,
                yaml_option_fn *fn, void *arg, struct err *err)
{
    struct err why = { 0 };
    int r = read_value(w, value, err);
    if (r == 0) {
        r = fn(arg, name, w->value.n ? buf_str(&w->value) : STR(""), line, err);
    } else if (r == -EBADMSG && fn(arg, name, (struct str){ 0 }, line, &why) < 0) {
        r = -why.code;
        if (err) {
            *err = why;
        }
    }
    return KG_MIN(r, 0);
}

static int walk_names(struct walk *w, const yaml_node_t *root, yaml_option_fn *fn, void *arg,
                      struct err *err)
{
    if (root->type == YAML_SCALAR_NODE && yaml_scalar_is_null(scalar_text(root))) {
        return 0;
    }
    if (root->type != YAML_MAPPING_NODE) {
        return refuse(root, err, "the file is not a map of names to values");
    }
    struct map seen = { 0 };
    int r = 0;
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    for (; r == 0 && pair < root->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(w->document, pair->key);
        if (key->type != YAML_SCALAR_NODE) {
            r = refuse(key, err, "a name is a list or a map");
            break;
        }
        struct str name = scalar_text(key);
        int line = (int)KG_MIN(key->start_mark.line + 1, (size_t)INT32_MAX);
        if (map_get(&seen, name)) {
            r = err_set(err, EBADMSG, "line %d: " STR_FMT " is there twice", line,
                        STR_ARG(str_head(name, 100)));
        } else if (map_put(&seen, name, key, NULL) < 0) {
            r = err_set_errno(err, ENOMEM, "configuration");
        } else {
            r = give(w, name, yaml_document_get_node(w->document, pair->value), line, fn, arg, err);
        }
    }
    map_done(&seen, NULL);
    return r;
}

static int load(yaml_parser_t *parser, yaml_document_t *document, struct err *err)
{
    if (yaml_parser_load(parser, document)) {
        return 0;
    }
    if (parser->error == YAML_MEMORY_ERROR) {
        return err_set_errno(err, ENOMEM, "YAML");
    }
    return err_set(err, EBADMSG, "line %zu: %s", parser->problem_mark.line + 1,
                   parser->problem ? parser->problem : "not YAML");
}

/* One document is all there may be: a second one would otherwise be passed over in silence. */
static int expect_end(yaml_parser_t *parser, struct err *err)
{
    yaml_document_t more;
    int r = load(parser, &more, err);
    if (r < 0) {
        return r;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&more);
    r = root ? refuse(root, err, "a second document begins") : 0;
    yaml_document_delete(&more);
    return r;
}

int yaml_options(struct str text, yaml_option_fn *fn, void *arg, struct err *err)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser)) {
        return err_set_errno(err, ENOMEM, "YAML");
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    int r = load(&parser, &document, err);
    if (r == 0) {
        struct walk w = { .document = &document, .value = BUF_INIT(LIMIT_CONFIG_BYTES) };
        const yaml_node_t *root = yaml_document_get_root_node(&document);
        r = root ? walk_names(&w, root, fn, arg, err) : 0;
        if (r == 0 && root) {
            r = expect_end(&parser, err);
        }
        buf_done(&w.value);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return r;
}
