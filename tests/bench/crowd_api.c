/* crowd_api.c — an API server of made-up objects in any number, for measuring who watches them.
 *   crowd_api FOLDER [PODS] [--no-fields] [--no-streaming]
 * It listens on a free port of 127.0.0.1, says the port on a line of its own, and serves pods, the
 * nodes they stand on, 40 namespaces, and nothing of any other kind: lists in pages, streaming
 * lists and watches (HTTP/1.1, a thread a connection). Lines on standard input: "pods N" makes or
 * removes pods until there are N, "churn R" changes R a second from then on (one in ten is replaced
 * by a new one), "change N" changes the status of N pods at once, as a container's restart does,
 * "replace N" replaces N by new ones, "expire" changes all pods and ends every watch with 410, so
 * that all is listed anew; each is answered by a line "ok". The end of the input ends the program.
 *
 * Uses: base.  Threads: see struct crowd.  Owner: tests/bench. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/num.h"
#include "tests/bench/crowd_objects.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PODS_MAX 1000000
#define EVENTS_MAX (8 * PODS_MAX)
#define FIRST_VERSION 1000 /* event k makes version FIRST_VERSION + k + 1 */
#define SEND_BYTES (64 * KIB)
#define REQUEST_BYTES (16 * KIB)
#define BOOKMARK_NS (20 * CLOCK_NS_PER_SEC)

struct pod {
    uint16_t restarts, life;
    bool there;
};

struct event {
    uint32_t pod : 30, type : 2;
};

enum { EVENT_ADDED, EVENT_MODIFIED, EVENT_DELETED };
static const char *const event_names[] = { "ADDED", "MODIFIED", "DELETED" };

/* All the state, of all threads, under one lock. */
static struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t happened;
    struct pod *pods;     /* PODS_MAX */
    struct event *events; /* EVENTS_MAX */
    uint32_t n_events;
    uint32_t n_pods; /* numbers below it are there */
    uint64_t oldest; /* version: watches from before it end with 410 */
    uint32_t churn;  /* events a second */
    bool streaming;
} crowd = { .lock = PTHREAD_MUTEX_INITIALIZER, .streaming = true };

struct request {
    int fd;
    enum crowd_kind kind;
    bool known, watch, initial;
    uint64_t limit, at, version; /* at: number of the first object; version: of the list */
    struct buf out;              /* body that is not sent yet */
    bool gone;
};

static uint64_t version_now(void)
{
    return FIRST_VERSION + crowd.n_events;
}

/* Under the lock. */
static void happen(uint32_t pod, unsigned type)
{
    if (crowd.n_events < EVENTS_MAX) {
        crowd.events[crowd.n_events++] = (struct event){ pod & 0x3fffffff, type & 3 };
    }
}

static void send_all(struct request *q, struct str text)
{
    while (text.n && !q->gone) {
        ssize_t n = send(q->fd, text.p, text.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        q->gone = n <= 0;
        text = n > 0 ? str_from(text, (size_t)n) : text;
    }
}

/* Sends what has gathered as a chunk. */
static void flush(struct request *q)
{
    char head[32];
    if (q->out.n) {
        int n = snprintf(head, sizeof(head), "%zx\r\n", q->out.n);
        buf_add(&q->out, STR("\r\n"));
        send_all(q, (struct str){ head, (size_t)n });
        send_all(q, buf_str(&q->out));
        buf_clear(&q->out);
    }
}

static uint32_t count_of(enum crowd_kind kind)
{
    switch (kind) {
    case CROWD_PODS:
        return crowd.n_pods;
    case CROWD_NODES:
        return (crowd.n_pods + CROWD_PODS_PER_NODE - 1) / CROWD_PODS_PER_NODE;
    case CROWD_NAMESPACES_KIND:
        return CROWD_NAMESPACES;
    case CROWD_NONE:
        break;
    }
    return 0;
}

/* Under the lock. */
static struct crowd_object object_of(enum crowd_kind kind, uint32_t number, uint64_t version)
{
    struct crowd_object o = { .number = number, .version = version };
    if (kind == CROWD_PODS) {
        o.restarts = crowd.pods[number].restarts;
        o.life = crowd.pods[number].life;
    }
    return o;
}

static struct crowd_object locked_object(enum crowd_kind kind, uint32_t number, uint64_t version)
{
    pthread_mutex_lock(&crowd.lock);
    struct crowd_object o = object_of(kind, number, version);
    pthread_mutex_unlock(&crowd.lock);
    return o;
}

static void serve_page(struct request *q)
{
    uint32_t n = count_of(q->kind), end = n;
    if (q->limit && q->at + q->limit < n) {
        end = (uint32_t)(q->at + q->limit);
    }
    buf_addf(&q->out,
             "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":"
             "\"%" PRIu64 "\"",
             q->version);
    if (end < n) {
        buf_addf(&q->out, ",\"continue\":\"%" PRIu32 "-%" PRIu64 "\"", end, q->version);
    }
    buf_add(&q->out, STR("},\"items\":["));
    for (uint32_t i = (uint32_t)q->at; i < end && !q->gone; i++) {
        struct crowd_object o = locked_object(q->kind, i, q->version);
        buf_add(&q->out, i > q->at ? STR(",") : STR(""));
        crowd_add(&q->out, q->kind, &o);
        if (q->out.n >= SEND_BYTES) {
            flush(q);
        }
    }
    buf_add(&q->out, STR("]}\n"));
    flush(q);
    send_all(q, STR("0\r\n\r\n"));
}

static void add_event(struct request *q, const char *type, const struct crowd_object *o)
{
    buf_addf(&q->out, "{\"type\":\"%s\",\"object\":", type);
    crowd_add(&q->out, q->kind, o);
    buf_add(&q->out, STR("}\n"));
    if (q->out.n >= SEND_BYTES) {
        flush(q);
    }
}

static void add_bookmark(struct request *q, uint64_t version, bool end_of_list)
{
    buf_addf(&q->out,
             "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%" PRIu64
             "\"%s}}}\n",
             version,
             end_of_list ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
    flush(q);
}

/* Waits for events after *ret_seen, at most until the next bookmark. */
static uint32_t wait_events(uint32_t seen, uint64_t until_ns)
{
    struct timespec at = { .tv_sec = (time_t)(until_ns / CLOCK_NS_PER_SEC),
                           .tv_nsec = (long)(until_ns % CLOCK_NS_PER_SEC) };
    pthread_mutex_lock(&crowd.lock);
    int r = 0;
    while (crowd.n_events == seen && r == 0) {
        r = pthread_cond_timedwait(&crowd.happened, &crowd.lock, &at);
    }
    uint32_t n = crowd.n_events;
    pthread_mutex_unlock(&crowd.lock);
    return n;
}

static bool is_expired(uint32_t seen)
{
    pthread_mutex_lock(&crowd.lock);
    bool expired = FIRST_VERSION + seen < crowd.oldest;
    pthread_mutex_unlock(&crowd.lock);
    return expired;
}

static void serve_watch(struct request *q)
{
    uint64_t from = q->version;
    if (q->initial) {
        uint32_t n = count_of(q->kind);
        for (uint32_t i = 0; i < n && !q->gone; i++) {
            struct crowd_object o = locked_object(q->kind, i, from);
            add_event(q, event_names[EVENT_ADDED], &o);
        }
        add_bookmark(q, from, true);
    }
    uint32_t seen = (uint32_t)(from > FIRST_VERSION ? from - FIRST_VERSION : 0);
    while (!q->gone) {
        uint32_t now = wait_events(seen, clock_mono_ns() + BOOKMARK_NS);
        bool quiet = now == seen;
        if (is_expired(seen)) {
            buf_add(&q->out, STR("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":"
                                 "410,\"reason\":\"Expired\"}}\n"));
            flush(q);
            send_all(q, STR("0\r\n\r\n"));
            return;
        }
        for (; q->kind == CROWD_PODS && seen < now && !q->gone; seen++) {
            struct event event = crowd.events[seen];
            struct crowd_object o = locked_object(q->kind, event.pod, FIRST_VERSION + seen + 1);
            /* A pod that was replaced since went with its old uid. */
            o.life -= event.type == EVENT_DELETED && crowd.pods[event.pod].there ? 1 : 0;
            add_event(q, event_names[event.type], &o);
        }
        seen = now;
        if (quiet) {
            add_bookmark(q, FIRST_VERSION + seen, false);
        }
        flush(q);
    }
}

static uint64_t number_of(struct str query, const char *name, uint64_t other)
{
    ssize_t at = str_search(query, str_of(name));
    uint64_t value = 0;
    if (at < 0) {
        return other;
    }
    struct str rest = str_from(query, (size_t)at + strlen(name));
    size_t n = 0;
    while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9') {
        n++;
    }
    return num_scan_u64(str_head(rest, n), &value) == 0 ? value : other;
}

static void read_request(struct request *q, struct str target)
{
    static const struct {
        const char *path;
        enum crowd_kind kind;
    } kinds[] = {
        { "/api/v1/pods", CROWD_PODS },
        { "/api/v1/nodes", CROWD_NODES },
        { "/api/v1/namespaces", CROWD_NAMESPACES_KIND },
    };
    ssize_t mark = str_find(target, '?');
    struct str path = mark < 0 ? target : str_head(target, (size_t)mark);
    struct str query = mark < 0 ? STR("") : str_from(target, (size_t)mark);
    for (size_t i = 0; i < KG_ARRAY_LEN(kinds); i++) {
        q->kind = str_eq_c(path, kinds[i].path) ? kinds[i].kind : q->kind;
    }
    q->known = str_starts(path, STR("/api/v1/")) || str_starts(path, STR("/apis/"));
    q->watch = str_search(query, STR("watch=true")) >= 0;
    q->initial = str_search(query, STR("sendInitialEvents=true")) >= 0;
    q->limit = number_of(query, "limit=", 0);
    q->at = number_of(query, "continue=", 0);
    pthread_mutex_lock(&crowd.lock);
    q->version = version_now();
    pthread_mutex_unlock(&crowd.lock);
    ssize_t token = str_search(query, STR("continue="));
    if (token >= 0) {
        q->version = number_of(str_from(query, (size_t)token), "-", q->version);
    } else if (q->watch && !q->initial) {
        q->version = number_of(query, "resourceVersion=", q->version);
    }
}

static void refuse(struct request *q, const char *status, const char *code)
{
    char answer[256];
    int n = snprintf(answer, sizeof(answer),
                     "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
                     "{\"kind\":\"Status\",\"code\":%s}",
                     status, strlen("{\"kind\":\"Status\",\"code\":}") + strlen(code), code);
    send_all(q, (struct str){ answer, (size_t)n });
}

static void answer(struct request *q, struct str head)
{
    struct str line = str_line(&head);
    if (!str_eat(&line, STR("GET "))) {
        refuse(q, "405 Method Not Allowed", "405");
        return;
    }
    ssize_t end = str_find(line, ' ');
    read_request(q, end < 0 ? line : str_head(line, (size_t)end));
    if (!q->known) {
        refuse(q, "404 Not Found", "404");
        return;
    }
    if (q->initial && !crowd.streaming) {
        refuse(q, "400 Bad Request", "400");
        return;
    }
    send_all(q, STR("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n"));
    if (q->watch) {
        serve_watch(q);
    } else {
        serve_page(q);
    }
}

/* A connection: requests one after the other. */
static void *serve(void *arg)
{
    char head[REQUEST_BYTES];
    size_t n = 0;
    struct request q = { .fd = (int)(intptr_t)arg, .out = BUF_INIT(64 * MIB) };
    while (!q.gone && n < sizeof(head)) {
        ssize_t got = recv(q.fd, head + n, sizeof(head) - n, 0);
        if (got <= 0) {
            break;
        }
        n += (size_t)got;
        ssize_t end = str_search((struct str){ head, n }, STR("\r\n\r\n"));
        if (end >= 0) {
            answer(&q, (struct str){ head, (size_t)end });
            n -= (size_t)end + 4;
            memmove(head, head + end + 4, n);
            q = (struct request){ .fd = q.fd, .out = q.out, .gone = q.gone };
        }
    }
    buf_done(&q.out);
    close(q.fd);
    return NULL;
}

static void *accept_all(void *arg)
{
    int listener = (int)(intptr_t)arg, one = 1;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;
        if (fd >= 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
            if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) {
                pthread_detach(thread);
            } else {
                close(fd);
            }
        }
    }
    return NULL;
}

/* Under the lock. */
static void change_one(uint32_t i, bool replace)
{
    struct pod *pod = &crowd.pods[i];
    if (replace) {
        happen(i, EVENT_DELETED);
        pod->life++;
        pod->restarts = 0;
        happen(i, EVENT_ADDED);
    } else {
        pod->restarts++;
        happen(i, EVENT_MODIFIED);
    }
}

static void *churn(void *arg)
{
    const struct timespec step = { .tv_nsec = 10 * 1000 * 1000 };
    uint64_t due = 0, made = 0; /* in hundredths of an event; events */
    uint32_t seed = 1;
    (void)arg;
    for (;;) {
        nanosleep(&step, NULL);
        pthread_mutex_lock(&crowd.lock);
        due += crowd.churn;
        for (; due >= 100 && crowd.n_pods; due -= 100) {
            seed = seed * 1664525 + 1013904223;
            change_one((uint32_t)((uint64_t)seed * crowd.n_pods >> 32), made++ % 10 == 9);
        }
        pthread_cond_broadcast(&crowd.happened);
        pthread_mutex_unlock(&crowd.lock);
    }
    return NULL;
}

static void set_pods(uint32_t n)
{
    pthread_mutex_lock(&crowd.lock);
    for (; crowd.n_pods > n; crowd.n_pods--) {
        crowd.pods[crowd.n_pods - 1].there = false;
        happen(crowd.n_pods - 1, EVENT_DELETED);
    }
    for (; crowd.n_pods < n; crowd.n_pods++) {
        struct pod *pod = &crowd.pods[crowd.n_pods];
        pod->there = true;
        pod->life++;
        pod->restarts = 0;
        happen(crowd.n_pods, EVENT_ADDED);
    }
    pthread_cond_broadcast(&crowd.happened);
    pthread_mutex_unlock(&crowd.lock);
}

static void expire(void)
{
    pthread_mutex_lock(&crowd.lock);
    for (uint32_t i = 0; i < crowd.n_pods; i++) {
        crowd.pods[i].restarts++;
    }
    happen(0, EVENT_MODIFIED);
    crowd.oldest = version_now();
    pthread_cond_broadcast(&crowd.happened);
    pthread_mutex_unlock(&crowd.lock);
}

/* Changes n pods that are far from each other, other ones each time. */
static void change(uint32_t n, bool replace)
{
    static uint32_t next;
    pthread_mutex_lock(&crowd.lock);
    for (uint32_t i = 0; i < n && crowd.n_pods; i++) {
        next = (next + 2654435761U % crowd.n_pods) % crowd.n_pods;
        change_one(next, replace);
    }
    pthread_cond_broadcast(&crowd.happened);
    pthread_mutex_unlock(&crowd.lock);
}

/* Does what one line says; false when that is nothing known. */
static bool obey_line(struct str line)
{
    uint64_t n = 0;
    struct str rest = line;
    if (str_eq(line, STR("expire"))) {
        expire();
        return true;
    }
    while (rest.n && *rest.p != ' ') {
        rest = str_from(rest, 1);
    }
    struct str verb = str_head(line, line.n - rest.n);
    if (num_scan_u64(str_trim(rest), &n) < 0 || n > PODS_MAX) {
        return false;
    }
    if (str_eq(verb, STR("pods"))) {
        set_pods((uint32_t)n);
    } else if (str_eq(verb, STR("churn"))) {
        pthread_mutex_lock(&crowd.lock);
        crowd.churn = (uint32_t)n;
        pthread_mutex_unlock(&crowd.lock);
    } else if (str_eq(verb, STR("change")) || str_eq(verb, STR("replace"))) {
        change((uint32_t)n, str_eq(verb, STR("replace")));
    } else {
        return false;
    }
    return true;
}

static void obey(void)
{
    char line[64];
    while (fgets(line, sizeof(line), stdin)) {
        puts(obey_line(str_trim(str_of(line))) ? "ok" : "what?");
        fflush(stdout);
    }
}

static int listen_free(unsigned *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 256) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) < 0) {
        perror("crowd_api");
        return -1;
    }
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static int init(void)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&crowd.happened, &monotonic);
    pthread_condattr_destroy(&monotonic);
    crowd.pods = calloc(PODS_MAX, sizeof(*crowd.pods));
    crowd.events = calloc(EVENTS_MAX, sizeof(*crowd.events));
    return crowd.pods && crowd.events ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    uint64_t n = 10000;
    bool fields = true, legal = argc > 1;
    for (int i = 2; i < argc; i++) {
        if (str_eq_c(str_of(argv[i]), "--no-fields")) {
            fields = false;
        } else if (str_eq_c(str_of(argv[i]), "--no-streaming")) {
            crowd.streaming = false;
        } else {
            legal = legal && num_scan_u64(str_of(argv[i]), &n) == 0 && n <= PODS_MAX;
        }
    }
    unsigned port;
    pthread_t thread;
    if (!legal || crowd_read(argv[1], fields, &err) < 0 || init() < 0) {
        fprintf(stderr, "usage: crowd_api FOLDER [PODS] [--no-fields] [--no-streaming] %s\n",
                err_text(&err));
        return 2;
    }
    int listener = listen_free(&port);
    if (listener < 0) {
        return 1;
    }
    set_pods((uint32_t)n);
    crowd.n_events = 0; /* the first ones were always there */
    if (pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)listener) != 0 ||
        pthread_create(&thread, NULL, churn, NULL) != 0) {
        return 1;
    }
    printf("%u\n", port);
    fflush(stdout);
    obey();
    return 0;
}
