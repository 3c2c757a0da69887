#include "agent/cluster/shard_division.h"

#include "base/num.h"

unsigned shard_neighbour(unsigned index, unsigned total)
{
    return index + 1 < total ? index + 1 : 0;
}

struct shard_share shard_share_of(struct shard_division d, unsigned index)
{
    if (index >= d.total || d.away == index + 1) {
        return (struct shard_share){ 0 };
    }
    bool has_more = d.away && shard_neighbour(d.away - 1, d.total) == index;
    return (struct shard_share){ d.total, index, has_more ? d.away : 0 };
}

bool shard_division_same(struct shard_division a, struct shard_division b)
{
    return a.total == b.total && a.away == b.away;
}

bool shard_share_same(struct shard_share a, struct shard_share b)
{
    return a.total == b.total && (a.total == 0 || (a.index == b.index && a.more == b.more));
}

bool shard_share_has(struct shard_share big, struct shard_share small)
{
    if (small.total == 0) {
        return true;
    }
    if (big.total == 1 || (big.total == 2 && big.more)) {
        return true;
    }
    /* What an index had with one shard less, it has, or the last one does. */
    if (small.total + 1 == big.total && big.more == big.total && small.more == 0) {
        return small.index == big.index;
    }
    /* With more shards an index has a part of what it had with fewer (kube/client/shard.h). */
    return big.total && small.total >= big.total && small.index == big.index &&
           (small.more == 0 || small.more == big.more);
}

struct shard_share shard_share_from_kube(const struct kube_shard *shard)
{
    return (struct shard_share){ shard->total, shard->index, shard->more };
}

int shard_division_parse(struct str text, unsigned most, struct shard_division *ret)
{
    uint64_t total, away = 0;
    *ret = (struct shard_division){ 0 };
    struct str first = str_cut(&text, '-');
    bool has_away = text.p != NULL;
    if (num_scan_u64(first, &total) < 0 || total > most ||
        (has_away && (num_scan_u64(text, &away) < 0 || away >= total || total < 2))) {
        return -EBADMSG;
    }
    *ret = (struct shard_division){ (unsigned)total, has_away ? (unsigned)away + 1 : 0 };
    return 0;
}

void shard_division_print(struct shard_division d, struct buf *out)
{
    buf_add_u64(out, d.total);
    if (d.away) {
        buf_addf(out, "-%u", d.away - 1);
    }
}
