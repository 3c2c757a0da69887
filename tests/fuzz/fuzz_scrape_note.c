/* fuzz_scrape_note.c — any text as a holder's note: openings lie after the time asked for, and what
 * is written is read back. */
#include "agent/http/scrape_note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint64_t now_ns = UINT64_C(3600) * 1000000000;
    struct str note = { (const char *)data, size };
    struct object_gate_opening got[LIMIT_SCRAPERS];
    struct scrape_snapshot seen = { .n = 0 };
    size_t n = scrape_note_read(note, now_ns, now_ns + 1, got, LIMIT_SCRAPERS);
    for (size_t i = 0; i < n; i++) {
        if (got[i].from_ns <= now_ns + 1 || got[i].from_ns > now_ns + 1 + SCRAPER_ONCE_NS) {
            abort();
        }
        seen.scrapers[seen.n++] = (struct scraper){
            .id = got[i].id,
            .interval_ns = 1000000000,
            .expected_ns = now_ns,
        };
    }
    scrape_note_is_outdated(note, now_ns, &seen, 1000);
    char text[LIMIT_LEASE_NOTE_BYTES];
    scrape_note_write(&seen, now_ns, text, sizeof(text));
    if (scrape_note_read(str_of(text), now_ns, now_ns, got, LIMIT_SCRAPERS) != n) {
        abort();
    }
    return 0;
}
