#include "agent/node/node_aside.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/thread.h"

#include <pthread.h>
#include <time.h>

#define STACK_BYTES (256 * KIB)

/* A thread that stays so long with one job is left to it, and another goes on with the queue. */
#define PATIENCE_NS (20 * CLOCK_NS_PER_MS)

/* What is not there is looked for again so often, where --rescan-interval is not known. */
#define RESCAN_NS (60 * CLOCK_NS_PER_SEC)

enum job_state { JOB_IDLE, JOB_QUEUED, JOB_RUNNING, JOB_DONE };

struct aside_job {
    struct aside *a;
    const struct collector *collector;
    struct collector_env env;
    struct aside_job *next; /* in the queue */
    enum job_state state;
    bool late;   /* given up: the result is not wanted */
    bool orphan; /* freed while it ran: the thread frees it */

    /* Of the thread while it runs, else of the node loop. */
    struct metric_sink *sink;
    void *collector_state;
    bool started;
    uint64_t absent_until_ns; /* there is no such source; not looked for before then */
    struct err absent;
    struct aside_result result;
};

struct aside {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    unsigned refs; /* the owner and each thread */
    struct aside_job *queue, **last;
    size_t pending; /* jobs that were submitted and are neither done nor given up */
    size_t n_threads, n_waiting;
    uint64_t progress; /* jobs that were taken from the queue */
    bool quit;
};

struct aside *aside_new(void)
{
    struct aside *a = calloc(1, sizeof(*a));
    if (!a) {
        return NULL;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->work, NULL);
    pthread_cond_init(&a->done, &attr);
    pthread_condattr_destroy(&attr);
    a->refs = 1;
    a->last = &a->queue;
    return a;
}

/* Called with the lock held; gives it back. */
static void unref(struct aside *a)
{
    bool last = --a->refs == 0;
    pthread_mutex_unlock(&a->lock);
    if (last) {
        pthread_mutex_destroy(&a->lock);
        pthread_cond_destroy(&a->work);
        pthread_cond_destroy(&a->done);
        free(a);
    }
}

void aside_free(struct aside *a)
{
    if (a) {
        pthread_mutex_lock(&a->lock);
        a->quit = true;
        pthread_cond_broadcast(&a->work);
        unref(a);
    }
}

struct aside_job *aside_job_new(struct aside *a, const struct collector *collector,
                                const struct collector_env *env,
                                const struct metric_selection *selection, struct err *err)
{
    struct aside_job *job = calloc(1, sizeof(*job));
    if (!job) {
        err_set(err, ENOMEM, "%s: out of memory", collector->name);
        return NULL;
    }
    job->a = a;
    job->collector = collector;
    job->env = *env;
    job->sink = metric_sink_new(selection, err);
    if (!job->sink) {
        free(job);
        return NULL;
    }
    return job;
}

static void job_destroy(struct aside_job *job)
{
    if (job->started && job->collector->stop) {
        job->collector->stop(job->collector_state);
    }
    metric_sink_free(job->sink);
    free(job);
}

void aside_job_free(struct aside_job *job)
{
    if (!job) {
        return;
    }
    pthread_mutex_lock(&job->a->lock);
    bool running = job->state == JOB_RUNNING;
    job->orphan = running;
    pthread_mutex_unlock(&job->a->lock);
    if (!running) {
        job_destroy(job);
    }
}

/* Most machines lack most of the sources: to look for all of them at each reading would cost as
 * much as reading those that are there. */
static int job_start(struct aside_job *job, uint64_t now_ns, struct err *err)
{
    if (now_ns < job->absent_until_ns) {
        *err = job->absent;
        return -ENODATA;
    }
    int r = job->collector->start(&job->env, &job->collector_state, err);
    job->started = r >= 0;
    if (r == -ENODATA) {
        job->absent = *err;
        job->absent_until_ns = now_ns + (job->env.rescan_ns ? job->env.rescan_ns : RESCAN_NS);
    }
    return r;
}

static void job_run(struct aside_job *job)
{
    struct aside_result *result = &job->result;
    uint64_t began = clock_mono_ns();
    *result = (struct aside_result){ .r = metric_sink_begin(job->sink, &result->err) };
    if (result->r >= 0 && !job->started) {
        result->r = job_start(job, began, &result->err);
    }
    if (result->r >= 0) {
        result->r = job->collector->read(job->collector_state, job->sink, &result->err);
    }
    result->duration_ns = clock_mono_ns() - began;
}

static void take_from_queue(struct aside *a, struct aside_job *job)
{
    for (struct aside_job **link = &a->queue; *link; link = &(*link)->next) {
        if (*link == job) {
            *link = job->next;
            if (a->last == &job->next) {
                a->last = link;
            }
            return;
        }
    }
}

/* Called with the lock held, which is given back while the job runs. */
static void run_next(struct aside *a)
{
    struct aside_job *job = a->queue;
    take_from_queue(a, job);
    job->state = JOB_RUNNING;
    a->progress++;
    pthread_mutex_unlock(&a->lock);
    job_run(job);
    pthread_mutex_lock(&a->lock);
    if (job->orphan) {
        pthread_mutex_unlock(&a->lock);
        job_destroy(job);
        pthread_mutex_lock(&a->lock);
        return;
    }
    job->state = job->late ? JOB_IDLE : JOB_DONE;
    if (!job->late && --a->pending == 0) {
        pthread_cond_signal(&a->done);
    }
}

static void *thread_main(void *arg)
{
    struct aside *a = arg;
    pthread_setname_np(pthread_self(), "node-aside");
    pthread_mutex_lock(&a->lock);
    /* One thread waits for the next reading; what a stuck file has cost beyond that ends. */
    while (!a->quit && (a->queue || a->n_waiting == 0)) {
        if (a->queue) {
            run_next(a);
        } else {
            a->n_waiting++;
            pthread_cond_wait(&a->work, &a->lock);
            a->n_waiting--;
        }
    }
    a->n_threads--;
    unref(a);
    return NULL;
}

/* Called with the lock held. */
static void add_thread(struct aside *a)
{
    if (a->n_threads < LIMIT_BLOCKED_COLLECTORS &&
        thread_start_detached(STACK_BYTES, thread_main, a) == 0) {
        a->n_threads++;
        a->refs++;
    }
}

int aside_submit(struct aside_job *job)
{
    struct aside *a = job->a;
    pthread_mutex_lock(&a->lock);
    bool busy = job->state == JOB_RUNNING;
    if (!busy) {
        job->state = JOB_QUEUED;
        job->late = false;
        job->next = NULL;
        *a->last = job;
        a->last = &job->next;
        a->pending++;
    }
    pthread_mutex_unlock(&a->lock);
    return busy ? -EBUSY : 0;
}

void aside_go(struct aside *a)
{
    pthread_mutex_lock(&a->lock);
    if (a->queue && a->n_waiting == 0) {
        add_thread(a);
    }
    pthread_cond_signal(&a->work);
    pthread_mutex_unlock(&a->lock);
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){ .tv_sec = (time_t)(ns / CLOCK_NS_PER_SEC),
                              .tv_nsec = (long)(ns % CLOCK_NS_PER_SEC) };
}

void aside_wait(struct aside *a, uint64_t deadline_ns)
{
    pthread_mutex_lock(&a->lock);
    uint64_t now = clock_mono_ns(), progress = a->progress;
    while (a->pending > 0 && now < deadline_ns) {
        struct timespec until = timespec_of(KG_MIN(deadline_ns, now + PATIENCE_NS));
        pthread_cond_timedwait(&a->done, &a->lock, &until);
        now = clock_mono_ns();
        if (a->queue && a->progress == progress) {
            add_thread(a);
        }
        progress = a->progress;
    }
    pthread_mutex_unlock(&a->lock);
}

void aside_take(struct aside_job *job, uint64_t taken_ns, struct aside_result *ret)
{
    struct aside *a = job->a;
    pthread_mutex_lock(&a->lock);
    bool done = job->state == JOB_DONE;
    if (!done) {
        if (job->state == JOB_QUEUED) {
            take_from_queue(a, job);
            job->state = JOB_IDLE;
        }
        job->late = true;
        a->pending--;
    }
    pthread_mutex_unlock(&a->lock);
    if (!done) {
        *ret = (struct aside_result){ 0 };
        ret->r = err_set(&ret->err, ETIMEDOUT, "%s: did not answer in time", job->collector->name);
        return;
    }
    *ret = job->result;
    job->state = JOB_IDLE;
    if (ret->r != -ENOMEM && !metric_sink_is_empty(job->sink)) {
        ret->part =
            metric_sink_take(job->sink, job->collector->subjects[0]->part, taken_ns, &ret->err);
        ret->r = ret->part ? ret->r : -ENOMEM;
    }
}
