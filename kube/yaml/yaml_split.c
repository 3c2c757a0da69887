#include "kube/yaml/yaml_split.h"

void yaml_split_init(struct yaml_split *s, struct str text)
{
    *s = (struct yaml_split){ .rest = text };
    str_eat(&s->rest, STR("\xEF\xBB\xBF"));
    s->whole = str_starts(text, STR("\xFE\xFF")) || str_starts(text, STR("\xFF\xFE"));
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "---" alone, or with something behind a blank: "--- !tag", "--- # note", "--- {". */
static bool is_marker(struct str line)
{
    return str_eat(&line, STR("---")) && (line.n == 0 || is_space(line.p[0]));
}

/* Directives ("%YAML 1.1") and comments stand before the "---" of the document they belong to. */
static bool belongs_to_next(struct str line)
{
    line = str_trim(line);
    return line.n == 0 || line.p[0] == '%' || line.p[0] == '#';
}

static struct str skip_space(struct str s, size_t *line)
{
    size_t at = 0;
    while (at < s.n && is_space(s.p[at])) {
        *line += s.p[at] == '\n';
        at++;
    }
    return str_from(s, at);
}

bool yaml_split_next(struct yaml_split *s, struct yaml_piece *ret)
{
    if (str_empty(s->rest)) {
        return false;
    }
    struct str from = s->rest, left = s->rest;
    struct yaml_piece piece = { .line = s->line };
    size_t lines = 0;
    bool begun = false;
    while (!str_empty(left)) {
        struct str after = left;
        struct str line = str_line(&after);
        bool marker = is_marker(line);
        if (marker && begun && !s->whole) {
            break;
        }
        begun = begun || marker || !belongs_to_next(line);
        lines++;
        left = after;
    }
    piece.text = (struct str){ from.p, from.n - left.n };
    piece.body = piece.text;
    piece.body_line = piece.line;
    if (is_marker(str_head(piece.text, 4))) {
        piece.body = str_from(piece.body, 3);
    }
    piece.body = skip_space(piece.body, &piece.body_line);
    s->rest = left;
    s->line += lines;
    *ret = piece;
    return true;
}
