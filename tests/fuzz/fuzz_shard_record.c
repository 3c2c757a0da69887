/* fuzz_shard_record.c — any text as an annotation of a shard: what is read is within its limits,
 * and is the same when it is written and read again. */
#include "agent/cluster/shard_record.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    struct shard_epoch epoch, epoch_again;
    struct shard_record record, record_again;
    struct buf out = BUF_INIT(1024), again = BUF_INIT(1024);
    if (shard_epoch_parse(text, &epoch) == 0) {
        shard_epoch_print(&epoch, &out);
        require(epoch.division.total > 0 && epoch.division.total <= LIMIT_SHARDS,
                "a total within its limit");
        require(shard_epoch_parse(buf_str(&out), &epoch_again) == 0, "an epoch is read again");
        shard_epoch_print(&epoch_again, &again);
        require(str_eq(buf_str(&again), buf_str(&out)), "the same epoch");
    }
    buf_clear(&out);
    if (shard_record_parse(text, &record) == 0) {
        shard_record_print(&record, &out);
        require(record.serves.total <= LIMIT_SHARDS && record.n_scrapers <= SHARD_SCRAPERS_MAX,
                "limits");
        require(shard_record_parse(buf_str(&out), &record_again) == 0, "a record is read again");
        require(shard_record_same(&record, &record_again), "the same record");
    }
    buf_done(&again);
    buf_done(&out);
    return 0;
}
