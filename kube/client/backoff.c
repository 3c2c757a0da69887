#include "kube/client/backoff.h"

#include "base/clock.h"

#include <string.h>

/* 2^20 times the first delay is beyond any maximum, and far from overflow. */
#define DOUBLINGS_MAX 20

void backoff_good(struct backoff *b, uint64_t now_ns)
{
    if (b->good_since_ns == 0) {
        b->good_since_ns = now_ns;
    }
}

/* splitmix64 (Steele, Lea, Flood 2014): enough for jitter, and the same on every machine. */
uint64_t backoff_random(struct backoff *b, uint64_t n)
{
    uint64_t z = b->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return n ? (z ^ (z >> 31)) % n : 0;
}

uint64_t backoff_fault(struct backoff *b, enum backoff_fault kind, int64_t retry_after_ms,
                       uint64_t now_ns)
{
    if (b->good_since_ns && now_ns - b->good_since_ns >= b->times.steady_ns) {
        memset(b->doublings, 0, sizeof(b->doublings));
    }
    b->good_since_ns = 0;
    if (kind != BACKOFF_NET) {
        b->doublings[BACKOFF_NET] = 0;
    }
    uint64_t delay = b->times.first_ns << KG_MIN(b->doublings[kind], (unsigned)DOUBLINGS_MAX);
    delay = KG_MIN(delay, b->times.max_ns[kind]);
    delay = delay / 2 + backoff_random(b, delay + 1);
    if (retry_after_ms > 0) {
        uint64_t asked =
            KG_MIN((uint64_t)retry_after_ms, b->times.retry_after_max_ns / CLOCK_NS_PER_MS) *
            CLOCK_NS_PER_MS;
        /* Never sooner than asked, and not all at that very moment. */
        delay = KG_MAX(delay, asked + backoff_random(b, b->times.first_ns));
    }
    b->doublings[kind]++;
    return now_ns + delay;
}
