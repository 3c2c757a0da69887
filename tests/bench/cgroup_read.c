/* cgroup_read.c — what reading this machine's cgroups costs above a loop that only preads the same
 * descriptors. Prints medians in microseconds: the bare loop, the cgroup files read and parsed, and
 * whole readings with processes, limits and network.
 * Uses: collectors.  Threads: one.  Owner: none.  Usage: cgroup_read [CGROUPFS] */
#include "base/clock.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_reader.h"

#include <stdio.h>
#include <unistd.h>

#define ROUNDS 101

enum what { BARE, FILES, WHOLE, WHATS };

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static size_t pread_all(const struct cgroup_entry *e, char *text, size_t size)
{
    size_t n = 0;
    for (int f = 0; f < CGF_FILES; f++) {
        if (e->fd[f] >= 0 && pread(e->fd[f], text, size, 0) >= 0) {
            n++;
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    static char text[65536];
    static uint64_t took[WHATS][ROUNDS];
    const struct collector_env env = {
        .procfs = "/proc",
        .sysfs = "/sys",
        .cgroupfs = argc > 1 ? argv[1] : "/sys/fs/cgroup",
        .rootfs = "/",
        .kubelet = "/var/lib/kubelet",
        .cgroup_root = "",
        .kmsg = "",
        .sandbox_image = "",
        .all_cgroups = true,
    };
    const struct cgroup_tree_config config = { env.cgroupfs, "", true };
    struct err err = { 0 };
    struct arena mem;
    size_t cgroups = 0, files = 0;
    struct cgroup_tree *tree = cgroup_tree_new(&config, &err);
    struct cgroup_reader *reader =
        tree ? cgroup_reader_new(&env, cgroup_tree_version(tree), &err) : NULL;
    if (!reader) {
        fprintf(stderr, "%s\n", err_text(&err));
        return 1;
    }
    arena_init(&mem, LIMIT_NODE_ARENA_BYTES);
    /* The first round opens the files. Until a cgroup is some seconds old, what it lacks is looked
     * for again in every reading: the second one, after that time, remembers it. */
    for (int round = -2; round < ROUNDS; round++) {
        if (round == -1) {
            usleep((useconds_t)(CGROUP_YOUNG_NS / 1000 + 100000));
        }
        for (int what = WHATS - 1; what >= 0; what--) {
            arena_reset(&mem, LIMIT_NODE_ARENA_BYTES);
            if (cgroup_reader_begin(reader, &mem) < 0) {
                return 1;
            }
            uint64_t start = clock_mono_ns();
            size_t at = 0;
            struct cgroup_entry *e;
            cgroups = files = 0;
            while ((e = cgroup_tree_next(tree, &at))) {
                struct cgroup_sample sample = { 0 };
                struct cg_source source = { .reader = reader, .entry = e };
                cgroups++;
                if (what == WHOLE) {
                    (void)cgroup_read(reader, e, &mem, &sample, NULL);
                } else if (what == BARE) {
                    files += pread_all(e, text, sizeof(text));
                } else if (reader->version == CGROUP_V1) {
                    (void)cgroup_v1_read(&source, &mem, &sample);
                } else {
                    (void)cgroup_v2_read(&source, &mem, &sample);
                }
            }
            if (round >= 0) {
                took[what][round] = clock_mono_ns() - start;
            }
        }
    }
    for (int what = 0; what < WHATS; what++) {
        qsort(took[what], ROUNDS, sizeof(took[what][0]), by_value);
    }
    printf("{\"cgroups\": %zu, \"files\": %zu, \"bare_us\": %.1f, \"files_us\": %.1f, "
           "\"whole_us\": %.1f}\n",
           cgroups, files, (double)took[BARE][ROUNDS / 2] / 1e3,
           (double)took[FILES][ROUNDS / 2] / 1e3, (double)took[WHOLE][ROUNDS / 2] / 1e3);
    arena_done(&mem);
    cgroup_reader_free(reader);
    cgroup_tree_free(tree);
    return 0;
}
