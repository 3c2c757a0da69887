#include "agent/http/scrape_note.h"

#include "base/clock.h"
#include "base/num.h"

#include <stdio.h>

/* What is beyond these was not written by this program. */
#define INTERVAL_MAX_MS (SCRAPER_ONCE_NS / CLOCK_NS_PER_MS)
#define AGE_MAX_MS (10 * INTERVAL_MAX_MS)

struct entry {
    uint64_t id, age_ns, interval_ns;
};

void scrape_note_write(const struct scrape_snapshot *s, uint64_t now_ns, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < s->n; i++) {
        const struct scraper *one = &s->scrapers[i];
        char text[80];
        if (one->interval_ns < CLOCK_NS_PER_MS) {
            continue;
        }
        uint64_t due_ns = one->expected_ns;
        if (one->without_ns > one->with_ns && due_ns > one->interval_ns) {
            due_ns -= one->interval_ns; /* the last one had none: the one before may have had */
        }
        uint64_t age_ns = now_ns > due_ns ? now_ns - due_ns : 0;
        int length =
            snprintf(text, sizeof(text), "%s%016llx:%llu:%llu", n ? " " : "",
                     (unsigned long long)one->id, (unsigned long long)(age_ns / CLOCK_NS_PER_MS),
                     (unsigned long long)(one->interval_ns / CLOCK_NS_PER_MS));
        if (n + (size_t)length < size) {
            memcpy(out + n, text, (size_t)length + 1);
            n += (size_t)length;
        }
    }
}

/* The next readable entry of the note. */
static bool next(struct str *note, struct entry *ret)
{
    for (struct str word = str_word(note); !str_empty(word); word = str_word(note)) {
        uint64_t age_ms, interval_ms;
        struct str id = str_cut(&word, ':');
        struct str age = str_cut(&word, ':');
        if (num_scan_hex(id, &ret->id) == 0 && num_scan_u64(age, &age_ms) == 0 &&
            num_scan_u64(word, &interval_ms) == 0 && interval_ms > 0 &&
            interval_ms <= INTERVAL_MAX_MS && age_ms <= AGE_MAX_MS) {
            ret->age_ns = age_ms * CLOCK_NS_PER_MS;
            ret->interval_ns = interval_ms * CLOCK_NS_PER_MS;
            return true;
        }
    }
    return false;
}

static struct scraper scraper_of(const struct entry *e, uint64_t seen_ns)
{
    return (struct scraper){
        .interval_ns = e->interval_ns,
        .expected_ns = seen_ns > e->age_ns ? seen_ns - e->age_ns : 0,
    };
}

size_t scrape_note_read(struct str note, uint64_t seen_ns, uint64_t gone_ns,
                        struct object_gate_opening *out, size_t max)
{
    struct entry e;
    size_t n = 0;
    while (n < max && next(&note, &e)) {
        struct scraper s = scraper_of(&e, seen_ns);
        out[n++] = (struct object_gate_opening){ e.id, scraper_next_ns(&s, gone_ns) };
    }
    return n;
}

size_t scrape_note_read_exact(struct str note, uint64_t seen_ns, uint64_t gone_ns,
                              struct object_gate_opening *out, size_t max)
{
    struct entry e;
    size_t n = 0;
    while (n < max && next(&note, &e)) {
        struct scraper s = scraper_of(&e, seen_ns);
        uint64_t next_ns =
            scraper_next_ns(&s, gone_ns > e.interval_ns ? gone_ns - e.interval_ns : 0);
        /* The one that it tells of ended well. */
        next_ns = KG_MAX(next_ns, s.expected_ns + s.interval_ns);
        out[n++] = (struct object_gate_opening){ e.id, next_ns };
    }
    return n;
}

static const struct scraper *find(const struct scrape_snapshot *s, uint64_t id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->scrapers[i].id == id) {
            return &s->scrapers[i];
        }
    }
    return NULL;
}

/* How far two series of times with the same interval are apart. */
static uint64_t phase_apart(uint64_t a_ns, uint64_t b_ns, uint64_t interval_ns)
{
    uint64_t apart = (a_ns > b_ns ? a_ns - b_ns : b_ns - a_ns) % interval_ns;
    return KG_MIN(apart, interval_ns - apart);
}

bool scrape_note_is_outdated(struct str note, uint64_t written_ns, const struct scrape_snapshot *s,
                             uint64_t slack_ns)
{
    struct entry e;
    size_t known = 0, n = 0;
    for (size_t i = 0; i < s->n; i++) {
        known += s->scrapers[i].interval_ns >= CLOCK_NS_PER_MS;
    }
    while (next(&note, &e)) {
        const struct scraper *now = find(s, e.id);
        n++;
        if (!now || now->interval_ns / CLOCK_NS_PER_MS != e.interval_ns / CLOCK_NS_PER_MS ||
            phase_apart(now->expected_ns, written_ns - e.age_ns, e.interval_ns) > slack_ns) {
            return true;
        }
    }
    return n != known;
}
