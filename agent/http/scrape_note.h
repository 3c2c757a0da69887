/* scrape_note.h — what a holder tells its successor about who scrapes it: one text in its lease,
 * and at /scrapes whenever a scrape has ended.
 * Uses: base, agent/http/scrape_clock.  Threads: any.  Owner: none.
 *
 * "9f3c…:1250:5000 …": scraper, milliseconds since its last scrape was due, its interval. Ages, not
 * times, since two machines' clocks are not to be compared. */
#ifndef KG_AGENT_SCRAPE_NOTE_H
#define KG_AGENT_SCRAPE_NOTE_H

#include "agent/http/object_gate.h"
#include "agent/http/scrape_clock.h"

/* Writes the scrapers with a known interval into out, by their last scrape that had objects; those
 * that do not fit are left out. */
void scrape_note_write(const struct scrape_snapshot *s, uint64_t now_ns, char *out, size_t size);

/* Reads a note that was seen at seen_ns, and sets for each scraper when it comes to the writer for
 * the first time after gone_ns. Returns how many; what cannot be read is passed over. */
size_t scrape_note_read(struct str note, uint64_t seen_ns, uint64_t gone_ns,
                        struct object_gate_opening *out, size_t max);

/* As scrape_note_read, of a note that was written whenever a scrape had ended: a scrape that it
 * does not tell of, but that was due before gone_ns, has failed, so that its time is set. */
size_t scrape_note_read_exact(struct str note, uint64_t seen_ns, uint64_t gone_ns,
                              struct object_gate_opening *out, size_t max);

/* Whether the scrapers differ so much from those of the note written at written_ns that a successor
 * would be misled: other ones, another interval, or due at another time by more than slack_ns. */
bool scrape_note_is_outdated(struct str note, uint64_t written_ns, const struct scrape_snapshot *s,
                             uint64_t slack_ns);

#endif
