#include "agent/http/scrape_clock.h"

#include "base/clock.h"
#include "base/hash.h"

#include <pthread.h>

/* Times kept of each scraper: enough for a median that one odd scrape does not move. */
#define TIMES_MAX 8

/* Intervals are whole seconds nearly always; what is that close to some is. */
#define ROUND_NS CLOCK_NS_PER_SEC
#define ROUND_SLACK_NS (50 * CLOCK_NS_PER_MS)

/* Who stays away for so many intervals is gone. */
#define GONE_INTERVALS 5
#define GONE_LEAST_NS CLOCK_NS_PER_SEC

/* Scrapes come late by jitter, never early: the earliest of the last few says when they are due. */
#define EXPECTED_OF 4

struct known {
    struct scraper seen;
    uint64_t times[TIMES_MAX]; /* the oldest first */
    size_t n_times;
};

struct scrape_clock {
    pthread_mutex_t lock;
    struct known all[LIMIT_SCRAPERS];
    size_t n;
    uint64_t noted;
};

/* The text, and what no text of UTF-8 has between it and the next. */
static uint64_t hash_part(uint64_t h, struct str s)
{
    return hash_str(hash_str(h, s), STR("\xff"));
}

uint64_t scraper_id(struct str address, struct str user_agent, struct str path, struct str query)
{
    uint64_t h = hash_part(hash_part(HASH_START, address), user_agent);
    h = hash_part(hash_part(h, path), query);
    return h ? h : 1;
}

struct scrape_clock *scrape_clock_new(void)
{
    struct scrape_clock *c = calloc(1, sizeof(*c));
    if (c) {
        pthread_mutex_init(&c->lock, NULL);
    }
    return c;
}

void scrape_clock_free(struct scrape_clock *c)
{
    if (c) {
        pthread_mutex_destroy(&c->lock);
        free(c);
    }
}

static bool is_gone(const struct scraper *s, uint64_t now_ns)
{
    uint64_t stays =
        s->interval_ns ? KG_MAX(s->interval_ns * GONE_INTERVALS, GONE_LEAST_NS) : SCRAPER_ONCE_NS;
    return now_ns > s->last_ns && now_ns - s->last_ns > stays;
}

static void forget_gone(struct scrape_clock *c, uint64_t now_ns)
{
    for (size_t i = c->n; i-- > 0;) {
        if (is_gone(&c->all[i].seen, now_ns)) {
            c->all[i] = c->all[--c->n];
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t median_interval(const struct known *k)
{
    uint64_t between[TIMES_MAX];
    size_t n = k->n_times - 1;
    for (size_t i = 0; i < n; i++) {
        between[i] = k->times[i + 1] - k->times[i];
    }
    qsort(between, n, sizeof(between[0]), by_value);
    /* Of two the shorter: a scrape that was missed doubles one. */
    uint64_t interval = between[(n - 1) / 2];
    uint64_t rounded = (interval + ROUND_NS / 2) / ROUND_NS * ROUND_NS;
    uint64_t off = interval > rounded ? interval - rounded : rounded - interval;
    return rounded && off <= ROUND_SLACK_NS ? rounded : interval;
}

static uint64_t expected(const struct known *k, uint64_t interval_ns)
{
    uint64_t last = k->times[k->n_times - 1], earliest = last;
    for (size_t back = 1; back < EXPECTED_OF && back < k->n_times; back++) {
        uint64_t due = k->times[k->n_times - 1 - back] + back * interval_ns;
        /* Far from the last one: the scraper has changed its time, or missed one. */
        if (due < earliest && last - due < interval_ns / 10) {
            earliest = due;
        }
    }
    return earliest;
}

static void estimate(struct known *k)
{
    struct scraper *s = &k->seen;
    s->interval_ns = k->n_times > 1 ? median_interval(k) : 0;
    s->expected_ns = s->interval_ns ? expected(k, s->interval_ns) : s->last_ns;
}

/* The scraper's record, a new one if need be. */
static struct known *find(struct scrape_clock *c, uint64_t id)
{
    struct known *oldest = &c->all[0];
    for (size_t i = 0; i < c->n; i++) {
        struct known *k = &c->all[i];
        if (k->seen.id == id) {
            return k;
        }
        oldest = k->seen.last_ns < oldest->seen.last_ns ? k : oldest;
    }
    struct known *k = c->n < LIMIT_SCRAPERS ? &c->all[c->n++] : oldest;
    *k = (struct known){ .seen = { .id = id } };
    return k;
}

static void add_time(struct known *k, uint64_t at_ns)
{
    if (k->n_times && at_ns <= k->times[k->n_times - 1]) {
        return; /* two answers at a time: they end in any order */
    }
    if (k->n_times == TIMES_MAX) {
        memmove(k->times, k->times + 1, (TIMES_MAX - 1) * sizeof(k->times[0]));
        k->n_times--;
    }
    k->times[k->n_times++] = at_ns;
}

void scrape_clock_note(struct scrape_clock *c, uint64_t id, struct str address, uint64_t began_ns,
                       bool with_objects)
{
    pthread_mutex_lock(&c->lock);
    forget_gone(c, began_ns);
    struct known *k = find(c, id);
    struct scraper *s = &k->seen;
    if (!s->address[0] && str_copy(s->address, sizeof(s->address), address) < 0) {
        s->address[0] = '?'; /* no address is so long */
    }
    c->noted++;
    s->n++;
    s->last_ns = KG_MAX(s->last_ns, began_ns);
    uint64_t *kind_ns = with_objects ? &s->with_ns : &s->without_ns;
    *kind_ns = KG_MAX(*kind_ns, began_ns);
    add_time(k, began_ns);
    estimate(k);
    pthread_mutex_unlock(&c->lock);
}

uint64_t scrape_clock_noted(struct scrape_clock *c)
{
    pthread_mutex_lock(&c->lock);
    uint64_t noted = c->noted;
    pthread_mutex_unlock(&c->lock);
    return noted;
}

void scrape_clock_snapshot(struct scrape_clock *c, uint64_t now_ns, struct scrape_snapshot *ret)
{
    pthread_mutex_lock(&c->lock);
    forget_gone(c, now_ns);
    ret->n = 0;
    for (size_t i = 0; i < c->n; i++) {
        ret->scrapers[ret->n++] = c->all[i].seen;
    }
    pthread_mutex_unlock(&c->lock);
}

bool scrape_all_without_since(const struct scrape_snapshot *s, uint64_t since_ns)
{
    bool all = true;
    for (size_t i = 0; i < s->n; i++) {
        const struct scraper *one = &s->scrapers[i];
        all &= one->interval_ns == 0 ||
               (one->without_ns >= since_ns && one->without_ns > one->with_ns);
    }
    return all;
}

uint64_t scraper_next_ns(const struct scraper *s, uint64_t after_ns)
{
    if (s->interval_ns == 0) {
        return 0;
    }
    if (after_ns < s->expected_ns) {
        return s->expected_ns;
    }
    return s->expected_ns + ((after_ns - s->expected_ns) / s->interval_ns + 1) * s->interval_ns;
}
