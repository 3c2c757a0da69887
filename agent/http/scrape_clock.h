/* scrape_clock.h — who scrapes the state of objects, when last, how often, and when again.
 * Uses: base.  Threads: any; a lock is held for a copy.  Owner: the agent.
 *
 * Of answers that may hold object series (/metrics, /metrics/state) each complete one is noted. A
 * handover between replicas or shards asks whether everybody has seen the present state of things,
 * and when the next scrape is due. A scraper is an address with its User-Agent and what it asks
 * for: two jobs of one Prometheus are two scrapers, and keep their own times. */
#ifndef KG_AGENT_SCRAPE_CLOCK_H
#define KG_AGENT_SCRAPE_CLOCK_H

#include "base/limits.h"
#include "base/str.h"

struct scrape_clock;

/* What identifies a scraper, the same in every process that it scrapes. Never 0. */
uint64_t scraper_id(struct str address, struct str user_agent, struct str path, struct str query);

/* One scraper. Times are clock_mono_ns. A scrape's time is when the request was read: what is in
 * the answer was decided at that time or later. */
struct scraper {
    uint64_t id;
    char address[46];     /* as text, without port */
    uint64_t n;           /* answers noted */
    uint64_t last_ns;     /* time of the last one */
    uint64_t with_ns;     /* of the last that held objects; 0: none did */
    uint64_t without_ns;  /* of the last that held none; 0: all did */
    uint64_t interval_ns; /* estimated, from the second scrape on; 0: not known yet */
    uint64_t expected_ns; /* when the last one was due by the ones before: last_ns less jitter */
};

struct scrape_snapshot {
    struct scraper scrapers[LIMIT_SCRAPERS];
    size_t n;
};

/* NULL when out of memory. */
struct scrape_clock *scrape_clock_new(void);
void scrape_clock_free(struct scrape_clock *c); /* NULL is allowed */

/* Notes a complete answer to a request that was read at began_ns. Beyond LIMIT_SCRAPERS the one
 * that was away longest is forgotten. */
void scrape_clock_note(struct scrape_clock *c, uint64_t id, struct str address, uint64_t began_ns,
                       bool with_objects);

/* How many answers were noted ever. */
uint64_t scrape_clock_noted(struct scrape_clock *c);

/* Copies those that still scrape at now_ns: who stayed away for five of its intervals is forgotten,
 * and with only one scrape after SCRAPER_ONCE_NS; so who comes less often than that stays at one.
 */
void scrape_clock_snapshot(struct scrape_clock *c, uint64_t now_ns, struct scrape_snapshot *ret);
#define SCRAPER_ONCE_NS (300 * UINT64_C(1000000000))

/* Whether each scraper of s with a known interval began a scrape at since_ns or later, and got the
 * whole answer, and none with objects since: everybody has ended our series. Also true when there
 * is no such scraper: somebody who looked once is not waited for. */
bool scrape_all_without_since(const struct scrape_snapshot *s, uint64_t since_ns);

/* When the first scrape after after_ns is due; 0 when the interval is not known. */
uint64_t scraper_next_ns(const struct scraper *s, uint64_t after_ns);

#endif
