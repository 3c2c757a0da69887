/* node_xfs_*: /sys/fs/xfs/DEVICE/stats/stats, a line a group: "extent_alloc 92447 97589 92448
 * 93751". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define VALUES 39
#define COLUMNS 7

struct xfs_sample {
    uint64_t present;
    struct str device;
    uint64_t v[VALUES];
};

static void xfs_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct xfs_sample *)sample)->device);
}

static const struct metric_family rows[VALUES] = {
    NODE_VALUE(struct xfs_sample, "node_xfs_allocation_btree_compares_total", COUNTER, BIT(0), v[0],
               1, "/sys/fs/xfs/*/stats/stats abt", "Comparisons in the B-trees of free space."),
    NODE_VALUE(struct xfs_sample, "node_xfs_allocation_btree_lookups_total", COUNTER, BIT(1), v[1],
               1, "/sys/fs/xfs/*/stats/stats abt", "Lookups in the B-trees of free space."),
    NODE_VALUE(struct xfs_sample, "node_xfs_allocation_btree_records_deleted_total", COUNTER,
               BIT(2), v[2], 1, "/sys/fs/xfs/*/stats/stats abt",
               "Records taken out of the B-trees of free space."),
    NODE_VALUE(struct xfs_sample, "node_xfs_allocation_btree_records_inserted_total", COUNTER,
               BIT(3), v[3], 1, "/sys/fs/xfs/*/stats/stats abt",
               "Records put into the B-trees of free space."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_map_btree_compares_total", COUNTER, BIT(4), v[4],
               1, "/sys/fs/xfs/*/stats/stats bmbt", "Comparisons in B-trees of block maps."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_map_btree_lookups_total", COUNTER, BIT(5), v[5],
               1, "/sys/fs/xfs/*/stats/stats bmbt", "Lookups in B-trees of block maps."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_map_btree_records_deleted_total", COUNTER, BIT(6),
               v[6], 1, "/sys/fs/xfs/*/stats/stats bmbt",
               "Records taken out of B-trees of block maps."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_map_btree_records_inserted_total", COUNTER,
               BIT(7), v[7], 1, "/sys/fs/xfs/*/stats/stats bmbt",
               "Records put into B-trees of block maps."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_mapping_extent_list_compares_total", COUNTER,
               BIT(8), v[8], 1, "/sys/fs/xfs/*/stats/stats blk_map",
               "Comparisons in extent lists."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_mapping_extent_list_deletions_total", COUNTER,
               BIT(9), v[9], 1, "/sys/fs/xfs/*/stats/stats blk_map",
               "Entries taken out of extent lists."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_mapping_extent_list_insertions_total", COUNTER,
               BIT(10), v[10], 1, "/sys/fs/xfs/*/stats/stats blk_map",
               "Entries put into extent lists."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_mapping_extent_list_lookups_total", COUNTER,
               BIT(11), v[11], 1, "/sys/fs/xfs/*/stats/stats blk_map", "Lookups in extent lists."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_mapping_reads_total", COUNTER, BIT(12), v[12], 1,
               "/sys/fs/xfs/*/stats/stats blk_map", "Block map operations for reads."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_mapping_unmaps_total", COUNTER, BIT(13), v[13], 1,
               "/sys/fs/xfs/*/stats/stats blk_map", "Blocks unmapped."),
    NODE_VALUE(struct xfs_sample, "node_xfs_block_mapping_writes_total", COUNTER, BIT(14), v[14], 1,
               "/sys/fs/xfs/*/stats/stats blk_map", "Block map operations for writes."),
    NODE_VALUE(struct xfs_sample, "node_xfs_directory_operation_create_total", COUNTER, BIT(15),
               v[15], 1, "/sys/fs/xfs/*/stats/stats dir", "Names made in folders."),
    NODE_VALUE(struct xfs_sample, "node_xfs_directory_operation_getdents_total", COUNTER, BIT(16),
               v[16], 1, "/sys/fs/xfs/*/stats/stats dir", "Times a folder was listed."),
    NODE_VALUE(struct xfs_sample, "node_xfs_directory_operation_lookup_total", COUNTER, BIT(17),
               v[17], 1, "/sys/fs/xfs/*/stats/stats dir",
               "Names looked up in folders, cache misses of the kernel only."),
    NODE_VALUE(struct xfs_sample, "node_xfs_directory_operation_remove_total", COUNTER, BIT(18),
               v[18], 1, "/sys/fs/xfs/*/stats/stats dir", "Names removed from folders."),
    NODE_VALUE(struct xfs_sample, "node_xfs_extent_allocation_blocks_allocated_total", COUNTER,
               BIT(19), v[19], 1, "/sys/fs/xfs/*/stats/stats extent_alloc", "Blocks allocated."),
    NODE_VALUE(struct xfs_sample, "node_xfs_extent_allocation_blocks_freed_total", COUNTER, BIT(20),
               v[20], 1, "/sys/fs/xfs/*/stats/stats extent_alloc", "Blocks freed."),
    NODE_VALUE(struct xfs_sample, "node_xfs_extent_allocation_extents_allocated_total", COUNTER,
               BIT(21), v[21], 1, "/sys/fs/xfs/*/stats/stats extent_alloc", "Extents allocated."),
    NODE_VALUE(struct xfs_sample, "node_xfs_extent_allocation_extents_freed_total", COUNTER,
               BIT(22), v[22], 1, "/sys/fs/xfs/*/stats/stats extent_alloc", "Extents freed."),
    NODE_VALUE(struct xfs_sample, "node_xfs_inode_operation_attempts_total", COUNTER, BIT(23),
               v[23], 1, "/sys/fs/xfs/*/stats/stats ig", "Inodes looked for in the cache."),
    NODE_VALUE(struct xfs_sample, "node_xfs_inode_operation_attribute_changes_total", COUNTER,
               BIT(24), v[24], 1, "/sys/fs/xfs/*/stats/stats ig",
               "Times attributes of an inode were changed."),
    NODE_VALUE(struct xfs_sample, "node_xfs_inode_operation_duplicates_total", COUNTER, BIT(25),
               v[25], 1, "/sys/fs/xfs/*/stats/stats ig",
               "Inodes that another had put into the cache meanwhile."),
    NODE_VALUE(struct xfs_sample, "node_xfs_inode_operation_found_total", COUNTER, BIT(26), v[26],
               1, "/sys/fs/xfs/*/stats/stats ig", "Inodes found in the cache."),
    NODE_VALUE(struct xfs_sample, "node_xfs_inode_operation_missed_total", COUNTER, BIT(27), v[27],
               1, "/sys/fs/xfs/*/stats/stats ig", "Inodes not found in the cache."),
    NODE_VALUE(struct xfs_sample, "node_xfs_inode_operation_reclaims_total", COUNTER, BIT(28),
               v[28], 1, "/sys/fs/xfs/*/stats/stats ig",
               "Inodes put out of the cache to free memory."),
    NODE_VALUE(struct xfs_sample, "node_xfs_inode_operation_recycled_total", COUNTER, BIT(29),
               v[29], 1, "/sys/fs/xfs/*/stats/stats ig",
               "Inodes found in the cache while they were being reused."),
    NODE_VALUE(struct xfs_sample, "node_xfs_read_calls_total", COUNTER, BIT(30), v[30], 1,
               "/sys/fs/xfs/*/stats/stats rw", "Calls of read(2) on files."),
    NODE_VALUE(struct xfs_sample, "node_xfs_vnode_active_total", COUNTER, BIT(31), v[31], 1,
               "/sys/fs/xfs/*/stats/stats vnodes", "Vnodes that are not on a free list."),
    NODE_VALUE(struct xfs_sample, "node_xfs_vnode_allocate_total", COUNTER, BIT(32), v[32], 1,
               "/sys/fs/xfs/*/stats/stats vnodes", "Calls of vn_alloc."),
    NODE_VALUE(struct xfs_sample, "node_xfs_vnode_get_total", COUNTER, BIT(33), v[33], 1,
               "/sys/fs/xfs/*/stats/stats vnodes", "Calls of vn_get."),
    NODE_VALUE(struct xfs_sample, "node_xfs_vnode_hold_total", COUNTER, BIT(34), v[34], 1,
               "/sys/fs/xfs/*/stats/stats vnodes", "Calls of vn_hold."),
    NODE_VALUE(struct xfs_sample, "node_xfs_vnode_reclaim_total", COUNTER, BIT(35), v[35], 1,
               "/sys/fs/xfs/*/stats/stats vnodes", "Calls of vn_reclaim."),
    NODE_VALUE(struct xfs_sample, "node_xfs_vnode_release_total", COUNTER, BIT(36), v[36], 1,
               "/sys/fs/xfs/*/stats/stats vnodes", "Calls of vn_rele."),
    NODE_VALUE(struct xfs_sample, "node_xfs_vnode_remove_total", COUNTER, BIT(37), v[37], 1,
               "/sys/fs/xfs/*/stats/stats vnodes", "Calls of vn_remove."),
    NODE_VALUE(struct xfs_sample, "node_xfs_write_calls_total", COUNTER, BIT(38), v[38], 1,
               "/sys/fs/xfs/*/stats/stats rw", "Calls of write(2) on files."),
};

NODE_SUBJECT_OF(xfs_subject, "node_xfs", struct xfs_sample, rows, xfs_common,
                METRIC_LABELS("device"));

/* Which row the columns of a line are, plus one; 0: no more of them. */
static const struct {
    struct str name;
    uint8_t rows[COLUMNS];
} lines[] = {
    { STR_INIT("abt"), { 2, 1, 4, 3 } },
    { STR_INIT("bmbt"), { 6, 5, 8, 7 } },
    { STR_INIT("blk_map"), { 13, 15, 14, 11, 10, 12, 9 } },
    { STR_INIT("dir"), { 18, 16, 19, 17 } },
    { STR_INIT("extent_alloc"), { 22, 20, 23, 21 } },
    { STR_INIT("ig"), { 24, 27, 30, 28, 26, 29, 25 } },
    { STR_INIT("rw"), { 39, 31 } },
    { STR_INIT("vnodes"), { 32, 33, 34, 35, 37, 36, 38 } },
};

static int xfs_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "fs/xfs", ret_state, err);
}

static int parse_line(struct str line, struct xfs_sample *s)
{
    struct str name = str_word(&line);
    for (size_t i = 0; i < KG_ARRAY_LEN(lines); i++) {
        if (!str_eq(name, lines[i].name)) {
            continue;
        }
        for (size_t k = 0; k < COLUMNS && lines[i].rows[k]; k++) {
            size_t row = lines[i].rows[k] - 1u;
            if (num_scan_u64(str_word(&line), &s->v[row]) < 0) {
                return -EBADMSG;
            }
            s->present |= BIT(row);
        }
    }
    return 0;
}

static int add_device(int dirfd, struct str device, struct metric_sink *sink, struct err *err)
{
    char path[300];
    struct str text = { 0 };
    auto_buf struct buf content = BUF_INIT(LIMIT_NODE_FILE_BYTES);
    int n = snprintf(path, sizeof(path), STR_FMT "/stats/stats", STR_ARG(device));
    if (n < 0 || (size_t)n >= sizeof(path) || file_read(dirfd, path, &content, NULL) < 0) {
        return 0; /* not a device, or unmounted meanwhile */
    }
    struct xfs_sample *s = metric_sink_add(sink, &xfs_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->device = device;
    text = buf_str(&content);
    while (text.n) {
        if (parse_line(str_line(&text), s) < 0) {
            s->present = 0;
            return err_set(err, EBADMSG, "fs/xfs/%.200s: malformed", path);
        }
    }
    return 0;
}

static int xfs_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(dirfd, metric_sink_arena(sink), &names, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "fs/xfs");
    }
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = add_device(dirfd, names[i], sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &xfs_subject, NULL };

const struct collector collector_xfs = {
    .name = "xfs",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = xfs_start,
    .read = xfs_read,
    .stop = node_dir_stop,
};
