/* fuzz_mountinfo.c — the table of mounts on any bytes: what is taken has a path below the root. */
#include "collectors/node/mount_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct node_filter all;
    static const struct mount_rules rules = { &all, &all, "/host" };
    struct mount *list = NULL;
    struct err err = { 0 };
    struct arena mem;
    size_t n = 0;
    arena_init(&mem, 64 * MIB);
    int r =
        mount_table_parse((struct str){ (const char *)data, size }, &rules, &mem, &list, &n, &err);
    if (r < 0 && err.code == 0) {
        abort();
    }
    for (size_t i = 0; r >= 0 && i < n; i++) {
        struct str path = str_of(list[i].path);
        if (!str_eat(&path, STR("/host/")) || str_empty(list[i].mountpoint) ||
            str_empty(list[i].fstype)) {
            abort();
        }
    }
    arena_done(&mem);
    return 0;
}
