/* node_processes_*: how many processes and threads there are and in which states, from
 * /proc/PID/stat and, of those with several threads, /proc/PID/task/TID/stat. Their number makes
 * it slow on a busy machine, so it is off unless asked for and read aside. */
#include "base/file.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"
#include "collectors/proc/dents.h"
#include "collectors/proc/proc_parse.h"

#include <stdio.h>
#include <unistd.h>

#define MAX_PROCESSES BIT(0)
#define MAX_THREADS BIT(1)
#define LETTERS 128

struct processes_sample {
    uint64_t present;
    uint64_t max_processes, max_threads, pids, threads;
    uint64_t states[LETTERS], thread_states[LETTERS]; /* by the letter of the state */
};

static void put_letters(const uint64_t *counts, struct metric_writer *out)
{
    for (size_t i = 0; i < LETTERS; i++) {
        char letter = (char)i;
        if (counts[i]) {
            metric_put(out, (double)counts[i], (struct str){ &letter, 1 });
        }
    }
}

static void put_states(const void *sample, struct metric_writer *out)
{
    put_letters(((const struct processes_sample *)sample)->states, out);
}

static void put_thread_states(const void *sample, struct metric_writer *out)
{
    put_letters(((const struct processes_sample *)sample)->thread_states, out);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct processes_sample, "node_processes_max_processes", GAUGE, MAX_PROCESSES,
               max_processes, 1, "/proc/sys/kernel/pid_max", "Process ids that there can be."),
    NODE_VALUE(struct processes_sample, "node_processes_max_threads", GAUGE, MAX_THREADS,
               max_threads, 1, "/proc/sys/kernel/threads-max", "Threads that there can be."),
    NODE_VALUE(struct processes_sample, "node_processes_pids", GAUGE, 0, pids, 1, "/proc/PID",
               "Processes."),
    NODE_SERIES("node_processes_state", GAUGE, 0, put_states, METRIC_LABELS("state"),
                "/proc/PID/stat state",
                "Processes in each state; a state that none is in is left out."),
    NODE_VALUE(struct processes_sample, "node_processes_threads", GAUGE, 0, threads, 1,
               "/proc/PID/stat num_threads", "Threads of all processes."),
    NODE_SERIES("node_processes_threads_state", GAUGE, 0, put_thread_states,
                METRIC_LABELS("thread_state"), "/proc/PID/task/TID/stat state",
                "Threads in each state; a state that none is in is left out."),
};

NODE_SUBJECT(processes_subject, "node_processes", struct processes_sample, rows);

struct processes {
    int procfs;
    void *limits; /* NULL: none can be read */
};

static void processes_stop(void *state)
{
    struct processes *p = state;
    kg_close_cleanup(&p->procfs);
    node_numbers_stop(p->limits);
    free(p);
}

static int processes_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    static const char *const paths[] = { "sys/kernel/pid_max", "sys/kernel/threads-max", NULL };
    struct processes *p = calloc(1, sizeof(*p));
    if (!p) {
        return node_no_memory(err, "processes");
    }
    p->procfs = node_dir_open(env->procfs, ".", err);
    int r = p->procfs < 0 ? p->procfs : node_numbers_start(env->procfs, paths, &p->limits, err);
    if (r < 0) {
        processes_stop(p);
        return r;
    }
    *ret_state = p;
    return 0;
}

/* Errors: -ENOENT, -ESRCH it has ended · those of file_read_text_at · -EBADMSG. */
static int read_stat(int fd, const char *id, char *ret_state, uint64_t *ret_threads)
{
    char path[288], text[1024];
    struct str stat = { 0 };
    snprintf(path, sizeof(path), "%s/stat", id);
    int r = file_read_text_at(fd, path, text, sizeof(text), &stat);
    return r < 0 ? r : proc_parse_state(stat, ret_state, ret_threads);
}

static bool has_ended(int r)
{
    return r == -ENOENT || r == -ESRCH;
}

static bool is_id(const char *name)
{
    return name[0] >= '0' && name[0] <= '9';
}

static int count_threads(const struct processes *p, const char *pid, struct processes_sample *s)
{
    char path[288];
    snprintf(path, sizeof(path), "%s/task", pid);
    auto_close int fd = file_open_dir_at(p->procfs, path);
    if (fd < 0) {
        return fd;
    }
    struct dents dents;
    dents_init(&dents, fd);
    int r = 0;
    const char *tid;
    while ((tid = dents_next(&dents, &r)) != NULL) {
        char letter;
        uint64_t unused;
        int failed = is_id(tid) ? read_stat(fd, tid, &letter, &unused) : -ENOENT;
        if (failed < 0 && !has_ended(failed)) {
            return failed;
        }
        if (failed >= 0) {
            s->thread_states[letter & (LETTERS - 1)]++;
        }
    }
    return r;
}

static int count_process(const struct processes *p, const char *pid, struct processes_sample *s)
{
    char letter;
    uint64_t threads;
    int r = read_stat(p->procfs, pid, &letter, &threads);
    if (r < 0) {
        return r;
    }
    s->pids++;
    s->threads += threads;
    s->states[letter & (LETTERS - 1)]++;
    if (threads > 1) {
        return count_threads(p, pid, s);
    }
    s->thread_states[letter & (LETTERS - 1)]++;
    return 0;
}

static int processes_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct processes *p = state;
    uint64_t limits[NODE_NUMBERS_MAX], present;
    struct processes_sample *s = metric_sink_add(sink, &processes_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    int limit = node_numbers_read(p->limits, limits, &present, err);
    s->present = limit < 0 ? 0 : present;
    s->max_processes = limits[0];
    s->max_threads = limits[1];
    struct dents dents;
    dents_init(&dents, p->procfs);
    int r = lseek(p->procfs, 0, SEEK_SET) < 0 ? -errno : 0;
    const char *pid;
    while (r >= 0 && (pid = dents_next(&dents, &r)) != NULL) {
        int failed = is_id(pid) ? count_process(p, pid, s) : 0;
        if (failed < 0 && !has_ended(failed)) {
            return err_set_errno(err, -failed, "processes: %s", pid);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "processes: the folder of processes") : limit;
}

static const struct metric_subject *const subjects[] = { &processes_subject, NULL };

const struct collector collector_processes = {
    .name = "processes",
    .subjects = subjects,
    .may_block = true,
    .start = processes_start,
    .read = processes_read,
    .stop = processes_stop,
};
