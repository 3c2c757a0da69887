#include "kube/client/shard.h"

#include <inttypes.h>

uint64_t kube_shard_hash(struct str uid)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < uid.n; i++) {
        hash = (hash ^ (unsigned char)uid.p[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

unsigned kube_shard_jump(uint64_t key, unsigned total)
{
    int64_t bucket = 0, next = 0;
    while (next < (int64_t)total) {
        bucket = next;
        key = key * UINT64_C(2862933555777941757) + 1;
        next = (int64_t)((double)(bucket + 1) *
                         ((double)(INT64_C(1) << 31) / (double)((key >> 33) + 1)));
    }
    return (unsigned)bucket;
}

void kube_shard_range(const struct kube_shard *shard, uint64_t *ret_first, uint64_t *ret_last)
{
    if (!kube_shard_divides(shard)) {
        *ret_first = 0;
        *ret_last = UINT64_MAX;
        return;
    }
    /* 2^64 / total; the last range takes what is left over. */
    uint64_t total = shard->total;
    uint64_t span = UINT64_MAX / total + (UINT64_MAX % total == total - 1 ? 1 : 0);
    *ret_first = span * shard->index;
    *ret_last = shard->index + 1 == total ? UINT64_MAX : *ret_first + span - 1;
}

bool kube_shard_has(const struct kube_shard *shard, struct str uid)
{
    if (!kube_shard_divides(shard)) {
        return true;
    }
    uint64_t hash = kube_shard_hash(uid);
    if (shard->by == KUBE_SHARD_JUMP) {
        return kube_shard_jump(hash, shard->total) == shard->index;
    }
    uint64_t first, last;
    kube_shard_range(shard, &first, &last);
    return hash >= first && hash <= last;
}

void kube_shard_selector(const struct kube_shard *shard, struct buf *out)
{
    if (!kube_shard_divides(shard) || shard->by != KUBE_SHARD_RANGE) {
        return;
    }
    uint64_t first, last;
    kube_shard_range(shard, &first, &last);
    buf_addf(out, "shardRange(object.metadata.uid, '0x%016" PRIx64 "', '", first);
    if (last == UINT64_MAX) {
        buf_add_c(out, "0x10000000000000000"); /* 2^64 is the one number of 17 digits */
    } else {
        buf_addf(out, "0x%016" PRIx64, last + 1);
    }
    buf_add_c(out, "')");
}
