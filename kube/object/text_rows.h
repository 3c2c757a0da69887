/* text_rows.h — series whose labels are texts of the object and whose value is 1, as a table.
 * Uses: base, metrics, kube/object/meta, jansson.  Threads: any.  Owner: the decode arena.
 *
 * A list of an object (ports, addresses, tolerations) becomes one row an element, one column a
 * label. Most such lists may hold the same element twice; a series must not stand twice. */
#ifndef KG_KUBE_TEXT_ROWS_H
#define KG_KUBE_TEXT_ROWS_H

#include "kube/object/meta.h"

struct text_rows {
    struct str *cells;
    size_t n, width;
};

/* An empty table with room for max rows. Sets *ret. Errors: -ENOMEM. */
int text_rows_init(struct text_rows *ret, size_t max, size_t width, const struct kube_decode *how,
                   struct err *err) KG_MUST_CHECK;

/* Appends a row; there must be room for it. text_rows_add(&rows, text…): as many as `width`. */
void text_rows_add_cells(struct text_rows *rows, const struct str *cells, size_t n);
#define text_rows_add(rows, ...)                                                                   \
    text_rows_add_cells((rows), (const struct str[]){ __VA_ARGS__ },                               \
                        sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

/* Drops every row that equals an earlier one; the others keep their order. Costs a sort.
 * Errors: -ENOMEM. */
int text_rows_unique(struct text_rows *rows, const struct kube_decode *how,
                     struct err *err) KG_MUST_CHECK;

/* The different texts of an array (NULL: none) as rows of one column: the elements that are texts,
 * or that member of those that are objects when `member` is not NULL. Sets *ret. Errors: -ENOMEM.
 */
int text_rows_of_array(const json_t *array, const char *member, const struct kube_decode *how,
                       struct text_rows *ret, struct err *err) KG_MUST_CHECK;

/* The texts of row i. */
const struct str *text_row(const struct text_rows *rows, size_t i);

/* Puts one series of value 1 a row; its cells are the own labels. */
void text_rows_put(const struct text_rows *rows, struct metric_writer *out);

#endif
