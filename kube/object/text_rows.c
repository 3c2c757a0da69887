#include "kube/object/text_rows.h"

#include "kube/object/json_get.h"
#include "kube/object/unique.h"

/* The cell after the texts is the mark of a repeated row. */
static size_t row_cells(const struct text_rows *rows)
{
    return rows->width + 1;
}

const struct str *text_row(const struct text_rows *rows, size_t i)
{
    return rows->cells + i * row_cells(rows);
}

int text_rows_init(struct text_rows *ret, size_t max, size_t width, const struct kube_decode *how,
                   struct err *err)
{
    struct text_rows rows = { .width = width };
    rows.cells = kube_decode_array(how, max, row_cells(&rows) * sizeof(struct str), err);
    if (!rows.cells) {
        return -ENOMEM;
    }
    *ret = rows;
    return 0;
}

void text_rows_add_cells(struct text_rows *rows, const struct str *cells, size_t n)
{
    struct str *row = rows->cells + rows->n * row_cells(rows);
    for (size_t i = 0; i < n; i++) {
        row[i] = cells[i];
    }
    row[n] = (struct str){ 0 };
    rows->n++;
}

int text_rows_unique(struct text_rows *rows, const struct kube_decode *how, struct err *err)
{
    const struct kube_unique of = {
        .size = row_cells(rows) * sizeof(struct str),
        .n_texts = rows->width,
        .mark_at = rows->width * sizeof(struct str),
    };
    if (kube_unique_mark(rows->cells, rows->n, of, how, err) < 0) {
        return -ENOMEM;
    }
    size_t n = rows->n;
    rows->n = 0;
    for (size_t i = 0; i < n; i++) {
        const bool *repeated = (const void *)(text_row(rows, i) + rows->width);
        if (!*repeated) {
            text_rows_add_cells(rows, text_row(rows, i), rows->width);
        }
    }
    return 0;
}

int text_rows_of_array(const json_t *array, const char *member, const struct kube_decode *how,
                       struct text_rows *ret, struct err *err)
{
    const json_t *item;
    size_t i;
    struct text_rows rows;
    if (text_rows_init(&rows, json_array_size(array), 1, how, err) < 0) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        if (member ? json_is_object(item) : json_is_string(item)) {
            text_rows_add(&rows, member ? json_get_str(item, member) : json_text(item));
        }
    }
    if (text_rows_unique(&rows, how, err) < 0) {
        return -ENOMEM;
    }
    *ret = rows;
    return 0;
}

void text_rows_put(const struct text_rows *rows, struct metric_writer *out)
{
    for (size_t i = 0; i < rows->n; i++) {
        metric_put_values(out, 1, text_row(rows, i), rows->width);
    }
}
