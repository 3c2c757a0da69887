#include "agent/cluster/shard_record.h"

#include "base/num.h"

#include <inttypes.h>

/* "key=value" words. */
static struct str word_value(struct str text, struct str key)
{
    for (struct str word = str_word(&text); word.n; word = str_word(&text)) {
        struct str name = str_cut(&word, '=');
        if (str_eq(name, key)) {
            return word;
        }
    }
    return (struct str){ 0 };
}

/* A number up to most. */
static bool word_number(struct str text, struct str key, uint64_t most, uint64_t *ret)
{
    return num_scan_u64(word_value(text, key), ret) == 0 && *ret <= most;
}

static bool word_division(struct str text, struct str key, struct shard_division *ret)
{
    return shard_division_parse(word_value(text, key), LIMIT_SHARDS, ret) == 0;
}

int shard_epoch_parse(struct str text, struct shard_epoch *ret)
{
    uint64_t n, committed;
    struct shard_division division;
    *ret = (struct shard_epoch){ 0 };
    if (!word_number(text, STR("n"), UINT64_MAX - 1, &n) || n == 0 ||
        !word_division(text, STR("shards"), &division) || division.total == 0 ||
        !word_number(text, STR("committed"), 1, &committed)) {
        return -EBADMSG;
    }
    *ret = (struct shard_epoch){ n, division, committed == 1 };
    return 0;
}

static void read_scrapers(struct str list, struct shard_record *ret)
{
    while (list.n && ret->n_scrapers < SHARD_SCRAPERS_MAX) {
        uint64_t id;
        if (num_scan_hex(str_cut(&list, ','), &id) == 0) {
            ret->scrapers[ret->n_scrapers++] = id;
        }
    }
}

int shard_record_parse(struct str text, struct shard_record *ret)
{
    uint64_t seen, leaving = 0;
    *ret = (struct shard_record){ 0 };
    if (!word_division(text, STR("serves"), &ret->serves) ||
        !word_division(text, STR("warm"), &ret->warm) ||
        !word_number(text, STR("seen"), 1, &seen) ||
        str_copy(ret->uid, sizeof(ret->uid), word_value(text, STR("uid"))) < 0) {
        *ret = (struct shard_record){ 0 };
        return -EBADMSG;
    }
    ret->present = true;
    ret->seen = seen == 1;
    ret->leaving = word_number(text, STR("leaving"), 1, &leaving) && leaving == 1;
    read_scrapers(word_value(text, STR("scrapers")), ret);
    return 0;
}

void shard_epoch_print(const struct shard_epoch *epoch, struct buf *out)
{
    buf_addf(out, "n=%" PRIu64 " shards=", epoch->n);
    shard_division_print(epoch->division, out);
    buf_addf(out, " committed=%d", epoch->committed);
}

void shard_record_print(const struct shard_record *record, struct buf *out)
{
    buf_addf(out, "uid=%s serves=", record->uid);
    shard_division_print(record->serves, out);
    buf_add_c(out, " warm=");
    shard_division_print(record->warm, out);
    buf_addf(out, " seen=%d%s", record->seen, record->leaving ? " leaving=1" : "");
    for (size_t i = 0; i < record->n_scrapers; i++) {
        buf_addf(out, "%s%016" PRIx64, i ? "," : " scrapers=", record->scrapers[i]);
    }
}

bool shard_record_same(const struct shard_record *a, const struct shard_record *b)
{
    bool same = a->present == b->present && strcmp(a->uid, b->uid) == 0 &&
                shard_division_same(a->serves, b->serves) &&
                shard_division_same(a->warm, b->warm) && a->leaving == b->leaving &&
                a->seen == b->seen && a->n_scrapers == b->n_scrapers;
    for (size_t i = 0; same && i < a->n_scrapers; i++) {
        same = a->scrapers[i] == b->scrapers[i];
    }
    return same;
}

bool shard_ordinal(struct str pod, struct str stateful_set, unsigned *ret)
{
    uint64_t n;
    if (!str_eat(&pod, stateful_set) || !str_eat(&pod, STR("-")) || num_scan_u64(pod, &n) < 0 ||
        n >= LIMIT_SHARDS) {
        return false;
    }
    *ret = (unsigned)n;
    return true;
}
