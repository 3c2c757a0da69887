#include "kube/yaml/yaml.h"

#include "kube/yaml/yaml_build.h"
#include "kube/yaml/yaml_split.h"

#include <yaml.h>

struct yaml_documents {
    struct yaml_split split;
    bool in_yaml; /* parser is at work on a piece */
    yaml_parser_t parser;
    size_t first_line; /* lines before what the parser or json looks at */
    struct str json;   /* what is left of a piece of JSON values; empty when in none */
    struct yaml_build build;
    struct err failed; /* code != 0: repeated by every call */
};

struct yaml_documents *yaml_documents_new(struct str text)
{
    struct yaml_documents *d = calloc(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    yaml_split_init(&d->split, text);
    return d;
}

static void leave_yaml(struct yaml_documents *d)
{
    if (d->in_yaml) {
        yaml_parser_delete(&d->parser);
        d->in_yaml = false;
    }
    yaml_build_done(&d->build);
}

void yaml_documents_free(struct yaml_documents *d)
{
    if (d) {
        leave_yaml(d);
        free(d);
    }
}

static int enter_yaml(struct yaml_documents *d, const struct yaml_piece *piece, struct err *err)
{
    if (!yaml_parser_initialize(&d->parser)) {
        return err_set_errno(err, ENOMEM, "YAML");
    }
    yaml_parser_set_input_string(&d->parser, (const unsigned char *)piece->text.p, piece->text.n);
    d->in_yaml = true;
    d->first_line = piece->line;
    return 0;
}

static int parser_failure(const struct yaml_documents *d, struct err *err)
{
    const yaml_parser_t *p = &d->parser;
    if (p->error == YAML_MEMORY_ERROR) {
        return err_set_errno(err, ENOMEM, "YAML");
    }
    const char *problem = p->problem ? p->problem : "not YAML";
    if (p->error == YAML_READER_ERROR) {
        /* The mark is that of the parser, which lags behind the reader: only the offset is true. */
        return err_set(err, EBADMSG, "offset %zu of the document at line %zu: %s",
                       p->problem_offset, d->first_line + 1, problem);
    }
    return err_set(err, EBADMSG, "line %zu, column %zu: %s",
                   d->first_line + p->problem_mark.line + 1, p->problem_mark.column + 1, problem);
}

static struct str str_of_yaml(const yaml_char_t *s)
{
    return str_of((const char *)s);
}

static int build_scalar(struct yaml_build *b, const yaml_event_t *e, struct err *err)
{
    const struct yaml_scalar s = {
        .text = { (const char *)e->data.scalar.value, e->data.scalar.length },
        .tag = str_of_yaml(e->data.scalar.tag),
        .plain = e->data.scalar.plain_implicit && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
    };
    return yaml_build_scalar(b, &s, str_of_yaml(e->data.scalar.anchor), err);
}

static int build_event(struct yaml_documents *d, const yaml_event_t *e, struct err *err)
{
    struct yaml_build *b = &d->build;
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return 0;
    case YAML_SCALAR_EVENT:
        return build_scalar(b, e, err);
    case YAML_SEQUENCE_START_EVENT:
        return yaml_build_open(b, false, str_of_yaml(e->data.sequence_start.anchor), err);
    case YAML_MAPPING_START_EVENT:
        return yaml_build_open(b, true, str_of_yaml(e->data.mapping_start.anchor), err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return yaml_build_close(b, err);
    case YAML_ALIAS_EVENT:
        return yaml_build_alias(b, str_of_yaml(e->data.alias.anchor), err);
    default:
        return 0;
    }
}

/* Takes events up to the end of a document that is not null, or of the piece (0). */
static int next_yaml(struct yaml_documents *d, json_t **ret, struct err *err)
{
    for (;;) {
        yaml_event_t e;
        if (!yaml_parser_parse(&d->parser, &e)) {
            return parser_failure(d, err);
        }
        yaml_event_type_t type = e.type;
        int r = build_event(d, &e, err);
        if (r < 0) {
            err_wrap(err, "line %zu, column %zu", d->first_line + e.start_mark.line + 1,
                     e.start_mark.column + 1);
        }
        yaml_event_delete(&e);
        if (type == YAML_STREAM_END_EVENT) {
            leave_yaml(d);
        }
        if (r < 0 || type == YAML_STREAM_END_EVENT) {
            return r;
        }
        if (type == YAML_DOCUMENT_END_EVENT) {
            json_t *root = yaml_build_take(&d->build);
            yaml_build_done(&d->build);
            if (root && !json_is_null(root)) {
                *ret = root;
                return 1;
            }
            json_decref(root);
        }
    }
}

static bool may_be_json(struct str s)
{
    return s.n > 0 && (s.p[0] == '{' || s.p[0] == '[');
}

static size_t count_lines(struct str s)
{
    size_t n = 0;
    while (s.n > 0 && str_find(s, '\n') >= 0) {
        str_line(&s);
        n++;
    }
    return n;
}

/* One value at the begin of *text; *text and *line then stand at the next one. What follows must
 * be nothing or another value: "{}: x" is YAML. NULL when it is not so. */
static json_t *take_json(struct str *text, size_t *line, json_error_t *error)
{
    const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
    json_t *value = json_loadb(text->p, text->n, flags, error);
    if (!value) {
        return NULL;
    }
    size_t used = (size_t)error->position;
    struct str rest = str_from(*text, used);
    size_t blank = 0;
    while (blank < rest.n && strchr(" \t\r\n", rest.p[blank]) && rest.p[blank]) {
        blank++;
    }
    if (blank < rest.n && !may_be_json(str_from(rest, blank))) {
        json_decref(value);
        return NULL;
    }
    *line += count_lines(str_head(*text, used + blank));
    *text = str_from(rest, blank);
    return value;
}

static int next_json(struct yaml_documents *d, json_t **ret, struct err *err)
{
    json_error_t error = { 0 };
    size_t line = d->first_line;
    json_t *value = take_json(&d->json, &d->first_line, &error);
    if (!value) {
        return err_set(err, EBADMSG, "line %zu: JSON: %s",
                       line + (error.line > 0 ? (size_t)error.line : 1),
                       error.text[0] ? error.text : "text behind a value");
    }
    *ret = value;
    return 1;
}

/* Looks at the next piece: a value if it begins with one in JSON, else it is left to libyaml.
 * Returns 1 with a value, 0 when there is work for next_yaml, -ENODATA after the last piece. */
static int next_piece(struct yaml_documents *d, json_t **ret, struct err *err)
{
    struct yaml_piece piece;
    if (!yaml_split_next(&d->split, &piece)) {
        return -ENODATA;
    }
    if (may_be_json(piece.body)) {
        json_error_t error;
        struct str rest = piece.body;
        size_t line = piece.body_line;
        json_t *value = take_json(&rest, &line, &error);
        if (value) {
            d->json = rest;
            d->first_line = line;
            *ret = value;
            return 1;
        }
    }
    return enter_yaml(d, &piece, err);
}

static int next(struct yaml_documents *d, json_t **ret, struct err *err)
{
    for (;;) {
        if (d->json.n > 0) {
            return next_json(d, ret, err);
        }
        int r = d->in_yaml ? next_yaml(d, ret, err) : next_piece(d, ret, err);
        if (r != 0) {
            return r == -ENODATA ? 0 : r;
        }
    }
}

int yaml_documents_next(struct yaml_documents *d, json_t **ret, struct err *err)
{
    if (d->failed.code == 0) {
        int r = next(d, ret, &d->failed);
        if (r >= 0) {
            return r;
        }
        leave_yaml(d);
    }
    return err_set(err, d->failed.code, "%s", d->failed.text);
}
