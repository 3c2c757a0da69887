#include "kube/client/shard.h"

#include "base/hash.h"

#include <inttypes.h>

uint64_t kube_shard_hash(struct str uid)
{
    return hash_str(HASH_START, uid);
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

/* The hash in units of 2^32: all lengths below are in them. */
#define UNITS (UINT64_C(1) << 32)

unsigned kube_shard_of_ranges(uint64_t hash, unsigned total)
{
    uint64_t at = hash >> 32; /* in its owner's share, whose ranges stand behind one another */
    unsigned owner = 0;
    for (uint64_t n = 1; n < total; n++) {
        /* From n to n + 1 shards: what is beyond `keep` goes to shard n, shard 0's end first. */
        uint64_t had = UNITS / n, keep = UNITS / (n + 1);
        if (at >= keep) {
            at = owner * (had - keep) + (at - keep);
            owner = (unsigned)n;
        }
    }
    return owner;
}

bool kube_shard_has(const struct kube_shard *shard, struct str uid)
{
    if (!kube_shard_divides(shard)) {
        return true;
    }
    uint64_t hash = kube_shard_hash(uid);
    unsigned owner = shard->by == KUBE_SHARD_JUMP ? kube_shard_jump(hash, shard->total)
                                                  : kube_shard_of_ranges(hash, shard->total);
    return owner == shard->index || owner + 1 == shard->more;
}

/* Room for the ranges of one share: N and one for each that a cut falls into. */
#define RANGES_MAX ((size_t)4 * KUBE_SHARD_SELECTOR_TOTAL)

struct range {
    uint64_t first, n;
};

struct share {
    struct range ranges[RANGES_MAX];
    size_t n;
};

static void share_add(struct share *s, struct range r)
{
    struct range *last = s->n ? &s->ranges[s->n - 1] : NULL;
    if (last && last->first + last->n == r.first) {
        last->n += r.n;
    } else if (s->n < RANGES_MAX) {
        s->ranges[s->n++] = r;
    }
}

/* Moves what is beyond keep to the end of another share. */
static void share_cut(struct share *from, uint64_t keep, struct share *to)
{
    size_t kept = 0;
    uint64_t at = 0;
    for (size_t i = 0; i < from->n; i++) {
        struct range r = from->ranges[i];
        uint64_t stays = at >= keep ? 0 : KG_MIN(r.n, keep - at);
        at += r.n;
        if (stays) {
            from->ranges[kept++] = (struct range){ r.first, stays };
        }
        if (stays < r.n) {
            share_add(to, (struct range){ r.first + stays, r.n - stays });
        }
    }
    from->n = kept;
}

static void print_ranges(const struct share *s, struct buf *out)
{
    for (size_t i = 0; i < s->n; i++) {
        uint64_t first = s->ranges[i].first, end = first + s->ranges[i].n;
        buf_addf(out, "%sshardRange(object.metadata.uid, '0x%016" PRIx64 "', '",
                 out->n ? " || " : "", first << 32);
        if (end == UNITS) {
            buf_add_c(out, "0x10000000000000000"); /* 2^64 is the one number of 17 digits */
        } else {
            buf_addf(out, "0x%016" PRIx64, end << 32);
        }
        buf_add_c(out, "')");
    }
}

void kube_shard_selector(const struct kube_shard *shard, struct buf *out)
{
    if (!kube_shard_divides(shard) || shard->by != KUBE_SHARD_RANGE ||
        shard->total > KUBE_SHARD_SELECTOR_TOTAL) {
        return;
    }
    struct share *shares = calloc(shard->total, sizeof(*shares));
    if (!shares) {
        out->failed = -ENOMEM;
        return;
    }
    share_add(&shares[0], (struct range){ 0, UNITS });
    for (unsigned n = 1; n < shard->total; n++) {
        for (unsigned i = 0; i < n; i++) {
            share_cut(&shares[i], UNITS / (n + 1), &shares[n]);
        }
    }
    print_ranges(&shares[shard->index], out);
    if (shard->more) {
        print_ranges(&shares[shard->more - 1], out);
    }
    free(shares);
}
