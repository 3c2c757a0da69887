#include "collectors/cgroup/peaks.h"

#define SLOTS (PEAK_BUCKETS + 1)
#define MICRO 1000000

static unsigned slot_of(uint64_t bucket)
{
    return (unsigned)(bucket % SLOTS);
}

static bool has(const struct cgroup_peaks *p, enum peak_of of, unsigned slot)
{
    return p->has[of] & (1u << slot);
}

static void slide(struct cgroup_peaks *p, uint64_t bucket)
{
    uint64_t ahead = KG_MIN(bucket - p->newest, (uint64_t)SLOTS);
    uint16_t stay = UINT16_MAX;
    for (uint64_t i = 0; i < ahead; i++) {
        stay &= (uint16_t) ~(1u << slot_of(bucket - i));
    }
    for (int of = 0; of < PEAKS_OF; of++) {
        p->has[of] &= stay;
    }
    p->newest = bucket;
}

void peak_note(struct cgroup_peaks *p, enum peak_of of, uint64_t bucket, uint64_t value)
{
    if (bucket > p->newest) {
        slide(p, bucket);
    }
    unsigned slot = slot_of(p->newest);
    if (!has(p, of, slot) || value > p->most[slot][of]) {
        p->most[slot][of] = value;
        p->has[of] |= (uint16_t)(1u << slot);
    }
}

bool peak_wants(const struct cgroup_peaks *p, enum peak_of of, uint64_t bucket)
{
    return bucket > p->newest || !has(p, of, slot_of(p->newest));
}

bool peak_most(const struct cgroup_peaks *p, enum peak_of of, uint64_t bucket, uint64_t *ret)
{
    bool any = false;
    uint64_t most = 0;
    for (uint64_t back = 0; back < SLOTS && back <= p->newest; back++) {
        uint64_t number = p->newest - back;
        if (bucket > number && bucket - number > PEAK_BUCKETS) {
            break;
        }
        if (has(p, of, slot_of(number))) {
            most = KG_MAX(most, p->most[slot_of(number)][of]);
            any = true;
        }
    }
    if (any) {
        *ret = most;
    }
    return any;
}

bool cpu_meter_take(struct cpu_meter *m, uint64_t used_ns, uint64_t at_ns, uint64_t least_ns,
                    uint64_t *ret_microcores)
{
    bool goes_on = m->is_set && used_ns >= m->used_ns && at_ns > m->at_ns;
    if (goes_on && at_ns - m->at_ns < least_ns) {
        return false;
    }
    if (goes_on) {
        double cores = (double)(used_ns - m->used_ns) / (double)(at_ns - m->at_ns);
        *ret_microcores = (uint64_t)(cores * MICRO + 0.5);
    }
    *m = (struct cpu_meter){ .is_set = true, .used_ns = used_ns, .at_ns = at_ns };
    return goes_on;
}
