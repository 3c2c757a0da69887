#include "metrics/block.h"

/* The common labels' text with their ends, or none of a block that is not there. */
static struct str common_part(const struct block *block, const struct metric_plan *plan)
{
    size_t n_ends = plan->subject->sorted_labels ? plan->layout.n : 0;
    return (struct str){ (const char *)block->data + plan->n_rows * block->width,
                         n_ends * sizeof(uint32_t) + block->common_n };
}

static struct str row_part(const struct block *block, struct str common, size_t row)
{
    size_t start = row ? block_end(block, row - 1) : 0;
    return (struct str){ common.p + common.n + start, block_end(block, row) - start };
}

static void mark_all(const struct block *block, const struct metric_plan *plan, bool *differ)
{
    for (size_t row = 0; block && row < plan->n_rows; row++) {
        differ[row] |= block_has_row(block, row);
    }
}

void block_mark_rows(const struct block *a, const struct block *b, const struct metric_plan *plan,
                     bool *differ)
{
    if (a == b) {
        return;
    }
    struct str common_a = { 0 }, common_b = { 0 };
    if (a && b) {
        common_a = common_part(a, plan);
        common_b = common_part(b, plan);
    }
    if (!a || !b || !str_eq(common_a, common_b)) {
        mark_all(a, plan, differ);
        mark_all(b, plan, differ);
        return;
    }
    for (size_t row = 0; row < plan->n_rows; row++) {
        differ[row] |= !str_eq(row_part(a, common_a, row), row_part(b, common_b, row));
    }
}
