#include "collectors/cgroup/cgroup_read.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_mounts.h"
#include "collectors/cgroup/cgroup_reader.h"
#include "collectors/scan.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* Beyond this a v1 limit means none: the kernel shows LONG_MAX cut to a page. */
#define NO_LIMIT (UINT64_C(1) << 62)

/* In this order, the debug files of a scheduler first: the plain ones are there besides. */
static const struct blkio_files schedulers[] = {
    { "blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_serviced_recursive",
      "blkio.bfq.io_service_time_recursive", "blkio.bfq.io_merged_recursive",
      "blkio.bfq.io_queued_recursive" },
    { "blkio.io_service_bytes_recursive", "blkio.io_serviced_recursive",
      "blkio.io_service_time_recursive", "blkio.io_merged_recursive", "blkio.io_queued_recursive" },
};
static const struct blkio_files throttles[] = {
    { "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive", NULL,
      NULL, NULL },
    { "blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced", NULL, NULL, NULL },
};

/* The name, or NULL when the root of the hierarchy does not have it: no cgroup has it then. */
static const char *if_there(int dir_fd, const char *name)
{
    return name && faccessat(dir_fd, name, F_OK, 0) == 0 ? name : NULL;
}

static void choose_blkio(int dir_fd, const struct blkio_files *sets, size_t n,
                         struct blkio_files *ret)
{
    for (size_t i = 0; i < n && !ret->bytes; i++) {
        ret->bytes = if_there(dir_fd, sets[i].bytes);
        ret->ios = if_there(dir_fd, sets[i].ios);
        ret->service_time = if_there(dir_fd, sets[i].service_time);
        ret->merged = if_there(dir_fd, sets[i].merged);
        ret->queued = if_there(dir_fd, sets[i].queued);
    }
}

static void look_at_machine(struct cgroup_reader *r)
{
    char path[PATH_MAX], byte[512];
    struct str text;
    if (r->version == CGROUP_V1) {
        auto_close int dir_fd = file_join(path, sizeof(path), r->env->cgroupfs, "blkio") < 0
                                    ? -1
                                    : file_open_dir_at(AT_FDCWD, path);
        if (dir_fd >= 0) {
            choose_blkio(dir_fd, schedulers, KG_ARRAY_LEN(schedulers), &r->scheduler);
            choose_blkio(dir_fd, throttles, KG_ARRAY_LEN(throttles), &r->throttle);
        }
        return;
    }
    /* With psi=0 the file is there and says EOPNOTSUPP. */
    r->has_psi = file_join(path, sizeof(path), r->env->cgroupfs, "cpu.pressure") == 0 &&
                 file_read_text_at(AT_FDCWD, path, byte, sizeof(byte), &text) == 0;
}

/* "btime 1795224180" of /proc/stat, down to the minute as the peer has it. */
static uint64_t boot_minute(struct cgroup_reader *r)
{
    auto_buf struct buf text = BUF_INIT(4 * MIB);
    if (r->procfs_fd < 0 || file_read(r->procfs_fd, "stat", &text, NULL) < 0) {
        return 0;
    }
    struct scan at = scan_of(buf_str(&text));
    uint64_t sec;
    while (!scan_end(&at)) {
        if (scan_literal(&at, STR("btime ")) && scan_u64(&at, &sec)) {
            return sec - sec % 60;
        }
        scan_skip_line(&at);
    }
    return 0;
}

static void open_procfs(struct cgroup_reader *r)
{
    r->procfs_fd = file_open_dir_at(AT_FDCWD, r->env->procfs);
    if (r->procfs_fd >= 0) {
        r->meminfo_fd = file_open_read_at(r->procfs_fd, "meminfo");
    }
}

struct cgroup_reader *cgroup_reader_new(const struct collector_env *env,
                                        enum cgroup_version version, struct err *err)
{
    struct cgroup_reader *r = calloc(1, sizeof(*r));
    if (!r) {
        err_set(err, ENOMEM, "cgroup reader: out of memory");
        return NULL;
    }
    r->env = env;
    r->version = version;
    r->procfs_fd = r->meminfo_fd = -1;
    buf_init(&r->disks_text, 4 * MIB);
    r->text_size = LIMIT_CGROUP_FILE_BYTES;
    r->text = malloc(r->text_size);
    r->io = calloc(LIMIT_CGROUP_DEVICES, sizeof(*r->io));
    r->net = calloc(LIMIT_NET_INTERFACES, sizeof(*r->net));
    r->disks = calloc(LIMIT_BLOCK_DEVICES, sizeof(*r->disks));
    r->fds = calloc(CG_FDS_PLACES, sizeof(*r->fds));
    r->pids = calloc(LIMIT_PIDS_PER_CGROUP, sizeof(*r->pids));
    r->devices = devices_new(env->sysfs);
    r->filesystems = filesystems_new(env);
    if (!r->text || !r->io || !r->net || !r->disks || !r->fds || !r->pids || !r->devices ||
        !r->filesystems) {
        cgroup_reader_free(r);
        err_set(err, ENOMEM, "cgroup reader: out of memory");
        return NULL;
    }
    long ticks = sysconf(_SC_CLK_TCK);
    r->ticks_per_sec = ticks > 0 ? (uint64_t)ticks : 100;
    open_procfs(r);
    r->knows_open_files = cg_knows_open_files(r);
    r->own_pid = cg_own_pid(r);
    r->boot_time_sec = boot_minute(r);
    look_at_machine(r);
    return r;
}

void cgroup_reader_free(struct cgroup_reader *r)
{
    if (!r) {
        return;
    }
    int fds[] = { r->procfs_fd, r->meminfo_fd };
    for (size_t i = 0; i < KG_ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(r->text);
    free(r->io);
    free(r->net);
    free(r->disks);
    buf_done(&r->disks_text);
    cg_forget_fds(r);
    free(r->fds);
    free(r->pids);
    devices_free(r->devices);
    filesystems_free(r->filesystems);
    free(r);
}

/* diskstats of a machine with many disks is larger than a cgroup file. */
static size_t read_disks(struct cgroup_reader *r)
{
    size_t n = 0;
    buf_clear(&r->disks_text);
    if (r->procfs_fd < 0 || file_read(r->procfs_fd, "diskstats", &r->disks_text, NULL) < 0) {
        return 0;
    }
    int e = proc_parse_diskstats(buf_str(&r->disks_text), r->disks, LIMIT_BLOCK_DEVICES, &n);
    if (e == -EBADMSG) {
        r->stats.malformed++;
    }
    return n;
}

int cgroup_reader_begin(struct cgroup_reader *r, struct arena *mem)
{
    struct str text;
    r->fs = NULL;
    r->n_fs = 0;
    r->meminfo = (struct meminfo){ 0 };
    if (r->meminfo_fd >= 0 && file_pread_text(r->meminfo_fd, r->text, r->text_size, &text) == 0 &&
        proc_parse_meminfo(text, &r->meminfo) < 0) {
        r->stats.malformed++;
    }
    size_t n = read_disks(r);
    devices_refresh(r->devices, r->disks, n);
    return filesystems_read(r->filesystems, mem, r->disks, n, r->devices, &r->fs, &r->n_fs);
}

static void note_failure(struct cg_source *s, int r)
{
    s->failed = true;
    s->error = s->error ? s->error : r;
}

bool cg_text(struct cg_source *s, enum cgroup_controller controller, enum cgroup_file file,
             const char *name, struct str *ret)
{
    if (s->gone) {
        return false;
    }
    int r = cgroup_entry_read(s->entry, controller, file, name, s->reader->text,
                              s->reader->text_size, ret);
    if (r == -ENODEV || r == -ENOENT) {
        s->gone = r;
    } else if (r < 0 && r != -ENODATA && r != -EOPNOTSUPP) {
        /* EOPNOTSUPP: pressure is not accounted for this cgroup */
        note_failure(s, r);
    }
    return r == 0;
}

bool cg_understood(struct cg_source *s, int r)
{
    if (r < 0) {
        s->reader->stats.malformed++;
        note_failure(s, r);
    }
    return r >= 0;
}

bool cg_value(struct cg_source *s, enum cgroup_controller controller, enum cgroup_file file,
              const char *name, uint64_t *ret)
{
    struct str text;
    return cg_text(s, controller, file, name, &text) && cg_understood(s, cg_parse_value(text, ret));
}

uint64_t cg_limit(uint64_t value)
{
    return value > NO_LIMIT ? 0 : value;
}

int cg_take_io(struct cg_source *s, struct arena *mem, size_t n, struct cgroup_sample *ret)
{
    const struct cgroup_reader *r = s->reader;
    if (n == 0) {
        return 0;
    }
    struct cgroup_io *io = ARENA_ARRAY(mem, n, struct cgroup_io);
    if (!io) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        io[i] = r->io[i];
        struct str mounted = filesystems_device(r->filesystems, io[i].major, io[i].minor);
        struct str name = devices_name(r->devices, io[i].major, io[i].minor);
        /* The peer looks into its mount table first for "/" only. */
        bool by_mount = !str_empty(mounted) && (cg_is_root(s) || str_empty(name));
        if (arena_str(mem, by_mount ? mounted : name, &io[i].device) < 0) {
            return -ENOMEM;
        }
    }
    ret->io = io;
    ret->n_io = n;
    return 0;
}

static void take_earlier(const struct stat *st, uint64_t *sec)
{
    uint64_t then = st->st_mtim.tv_sec > 0 ? (uint64_t)st->st_mtim.tv_sec : 0;
    *sec = KG_MIN(*sec, then);
}

static void take_times(const struct cg_source *s, enum cgroup_controller c, uint64_t *sec)
{
    const struct cgroup_entry *e = s->entry;
    const struct cgroup_mounts *m = e->mounts;
    bool v2 = s->reader->version == CGROUP_V2;
    struct stat st;
    auto_close int opened = e->dir_fd[c] < 0 && m->root_fd[c] >= 0
                                ? file_open_dir_at(m->root_fd[c], cgroup_relative(e->path))
                                : -1;
    int dir_fd = opened >= 0 ? opened : e->dir_fd[c];
    if (dir_fd < 0 || fstat(dir_fd, &st) < 0) {
        return;
    }
    take_earlier(&st, sec);
    if (fstatat(dir_fd, v2 ? "cgroup.events" : "cgroup.clone_children", &st, 0) == 0) {
        take_earlier(&st, sec);
    }
}

/* The folder's time moves when a child is made, that of a file nobody writes to does not: the
 * earliest of both, over all controllers that the peer looks at. */
static void read_start_time(const struct cg_source *s, struct cgroup_sample *ret)
{
    static const enum cgroup_controller looked_at[] = {
        CG_CPU, CG_CPUACCT, CG_MEMORY_CONTROLLER, CG_BLKIO, CG_PIDS_CONTROLLER, CG_DEVICES,
    };
    struct cgroup_entry *e = s->entry;
    size_t n = s->reader->version == CGROUP_V2 ? 1 : KG_ARRAY_LEN(looked_at);
    uint64_t sec = UINT64_MAX;
    for (size_t i = 0; e->start_time_sec == 0 && i < n; i++) {
        take_times(s, looked_at[i], &sec);
    }
    if (sec != UINT64_MAX) {
        e->start_time_sec = KG_MAX(sec, s->reader->boot_time_sec);
    }
    ret->start_time_sec = e->start_time_sec;
    ret->present |= e->start_time_sec ? CG_START_TIME : 0;
}

int cgroup_read(struct cgroup_reader *r, struct cgroup_entry *e, struct arena *mem,
                struct cgroup_sample *ret, struct err *err)
{
    struct cg_source s = { .reader = r, .entry = e };
    int code =
        r->version == CGROUP_V2 ? cgroup_v2_read(&s, mem, ret) : cgroup_v1_read(&s, mem, ret);
    if (code == 0 && !s.gone) {
        code = cg_read_processes(&s, mem, ret);
    }
    if (s.gone) {
        return err_set_errno(err, -s.gone, "cgroup %s", e->path);
    }
    if (code < 0) {
        return err_set(err, ENOMEM, "cgroup %s: out of memory", e->path);
    }
    ret->memory_working_set = ret->memory_usage > ret->memory_inactive_file
                                  ? ret->memory_usage - ret->memory_inactive_file
                                  : 0;
    if (ret->present & CG_STATS) {
        ret->present |= CG_KUBELET | CG_OOM;
        ret->last_seen_sec = (double)(uint64_t)clock_unix_sec();
    }
    if (cg_is_root(&s)) {
        ret->fs = r->fs;
        ret->n_fs = r->n_fs;
    }
    read_start_time(&s, ret);
    return s.error ? err_set_errno(err, -s.error, "cgroup %s: a file cannot be read", e->path) : 0;
}

struct cgroup_reader_stats cgroup_reader_stats(const struct cgroup_reader *r)
{
    struct cgroup_reader_stats stats = r->stats;
    stats.stuck_mounts = filesystems_stuck(r->filesystems);
    return stats;
}
