#include "collectors/ephemeral/pace.h"

#include "base/clock.h"

#include <time.h>

/* A pause comes this often: short enough to look like an even load, long enough to be worth a
 * switch of threads. */
#define SLICE_NS (50 * CLOCK_NS_PER_MS)
#define SLICES_A_SECOND (CLOCK_NS_PER_SEC / SLICE_NS)

/* Of four parts of time, one is worked. */
#define SHARE 4

int pace_init(struct pace *p, uint64_t per_second)
{
    pthread_condattr_t attr;
    *p = (struct pace){ .per_second = KG_MAX(per_second, UINT64_C(1)) };
    int r = pthread_condattr_init(&attr);
    if (r != 0) {
        return -r;
    }
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, &attr);
    pthread_condattr_destroy(&attr);
    p->began_ns = clock_mono_ns();
    return 0;
}

void pace_done(struct pace *p)
{
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
}

bool pace_sleep(struct pace *p, uint64_t until_ns)
{
    const struct timespec until = { .tv_sec = (time_t)(until_ns / CLOCK_NS_PER_SEC),
                                    .tv_nsec = (long)(until_ns % CLOCK_NS_PER_SEC) };
    p->worked_ns += clock_mono_ns() - p->began_ns;
    pthread_mutex_lock(&p->lock);
    while (!p->stop && clock_mono_ns() < until_ns) {
        pthread_cond_timedwait(&p->wake, &p->lock, &until);
    }
    pthread_mutex_unlock(&p->lock);
    p->steps = 0;
    p->began_ns = clock_mono_ns();
    return !p->stop;
}

bool pace_step(void *arg)
{
    struct pace *p = arg;
    uint64_t worked = clock_mono_ns() - p->began_ns;
    p->looks++;
    p->steps++;
    if (p->steps < p->per_second / SLICES_A_SECOND && worked < SLICE_NS / SHARE) {
        return !p->stop;
    }
    uint64_t due = p->steps * CLOCK_NS_PER_SEC / p->per_second;
    return pace_sleep(p, p->began_ns + KG_MAX(due, worked * SHARE));
}

void pace_stop(struct pace *p)
{
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}
