#include "agent/self/process_stats.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/num.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fields as proc(5) numbers them; the third is the first after the last ')'. */
enum {
    FIELD_STATE = 3,
    FIELD_UTIME = 14,
    FIELD_STIME,
    FIELD_THREADS = 20,
    FIELD_START = 22,
    FIELD_VSIZE,
    FIELD_RSS
};

int process_stats_parse(struct str stat, uint64_t btime, long ticks, long page,
                        struct process_stats *ret)
{
    uint64_t fields[FIELD_RSS + 1] = { 0 };
    ssize_t bracket = str_rfind(stat, ')');
    if (bracket < 0 || ticks <= 0) {
        return -EBADMSG;
    }
    struct str rest = str_from(stat, (size_t)bracket + 1);
    str_word(&rest); /* state: a letter */
    for (size_t i = FIELD_STATE + 1; i <= FIELD_RSS; i++) {
        struct str word = str_word(&rest);
        /* ppid, tty and priorities may be negative; none of them is wanted. */
        bool wanted = i == FIELD_UTIME || i == FIELD_STIME || i >= FIELD_THREADS;
        if (num_scan_u64(word, &fields[i]) < 0 && wanted && i != FIELD_THREADS + 1) {
            return -EBADMSG;
        }
    }
    double tick = 1.0 / (double)ticks;
    ret->cpu_seconds = (double)(fields[FIELD_UTIME] + fields[FIELD_STIME]) * tick;
    ret->threads = fields[FIELD_THREADS];
    ret->virtual_bytes = fields[FIELD_VSIZE];
    ret->resident_bytes = fields[FIELD_RSS] * (uint64_t)page;
    ret->present |= PROCESS_CPU | PROCESS_MEMORY;
    if (btime) {
        ret->start_unix_seconds = (double)btime + (double)fields[FIELD_START] * tick;
        ret->present |= PROCESS_START;
    }
    return 0;
}

/* "btime 1763680000" of /proc/stat; 0 when it cannot be read. It never changes. */
static uint64_t boot_time(void)
{
    auto_buf struct buf text = BUF_INIT(4 * MIB);
    uint64_t btime = 0;
    if (file_read(AT_FDCWD, "/proc/stat", &text, NULL) < 0) {
        return 0;
    }
    struct str rest = buf_str(&text);
    while (rest.p) {
        struct str line = str_line(&rest);
        if (str_eat(&line, STR("btime "))) {
            return num_scan_u64(str_trim(line), &btime) < 0 ? 0 : btime;
        }
    }
    return 0;
}

static bool count_fds(uint64_t *ret)
{
    struct stat st;
    /* Since Linux 6.2 the size of the folder is the number of descriptors. */
    if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0) {
        *ret = (uint64_t)st.st_size;
        return true;
    }
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) {
        return false;
    }
    *ret = 0;
    struct dirent *e;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's alone */
    while ((e = readdir(dir))) {
        *ret += e->d_name[0] != '.';
    }
    closedir(dir);
    *ret -= 1; /* the folder's own */
    return true;
}

void process_stats_read(struct process_stats *ret)
{
    static _Atomic uint64_t btime;
    char text[1024];
    struct str stat;
    struct rlimit limit;
    *ret = (struct process_stats){ 0 };
    if (btime == 0) {
        btime = boot_time();
    }
    if (file_read_text_at(AT_FDCWD, "/proc/self/stat", text, sizeof(text), &stat) == 0 &&
        process_stats_parse(stat, btime, sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE), ret) < 0) {
        ret->present = 0;
    }
    if (count_fds(&ret->open_fds)) {
        ret->present |= PROCESS_OPEN_FDS;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        ret->max_fds = limit.rlim_cur;
        ret->present |= PROCESS_MAX_FDS;
    }
    if (getrlimit(RLIMIT_AS, &limit) == 0) {
        ret->max_virtual_bytes = limit.rlim_cur == RLIM_INFINITY ? -1 : (double)limit.rlim_cur;
        ret->present |= PROCESS_MAX_MEMORY;
    }
}
