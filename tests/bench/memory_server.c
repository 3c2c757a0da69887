/* memory_server.c — the floor of a scrape: the agent's own HTTP server, but the body is a file's
 * bytes, from memory.
 *   memory_server PLAIN [GZIP]   answers every request with the bytes of PLAIN, or those of GZIP to
 *                                who takes gzip; says its port on a line of its own, and ends when
 *                                its standard input does.
 * The functions of agent/http/answer.h are these here; all else of the server is the agent's.
 *
 * Uses: base, agent/http.  Threads: the server's, main.  Owner: tests/bench. */
#include "agent/http/answer.h"
#include "agent/http/server.h"
#include "base/file.h"
#include "base/limits.h"

#include <stdio.h>

#define BODY_MAX (2048 * MIB)
#define TIMEOUT_NS (60 * UINT64_C(1000000000))

static struct buf plain = BUF_INIT(BODY_MAX), packed = BUF_INIT(BODY_MAX);

void answer_begin(struct service *s, const struct request *request, uint64_t now_ns,
                  struct answer *a)
{
    *a = (struct answer){ .service = s, .began_ns = now_ns, .status = 200 };
    a->state = ANSWER_SCRAPE;
    a->content_type = "text/plain";
    a->coding = packed.n ? negotiate_coding(request->accept_encoding) : PACK_NONE;
}

bool answer_poll(struct answer *a, uint64_t now_ns)
{
    (void)a, (void)now_ns;
    return true;
}

int answer_scratch_init(struct answer_scratch *scratch)
{
    *scratch = (struct answer_scratch){ 0 };
    return 0;
}

void answer_scratch_done(struct answer_scratch *scratch)
{
    (void)scratch;
}

int answer_next(struct answer *a, struct answer_scratch *scratch, struct buf *out)
{
    (void)scratch;
    struct str left = str_from(buf_str(a->coding == PACK_NONE ? &plain : &packed), a->sent_bytes);
    struct str piece = str_head(left, LIMIT_SCRAPE_PIECE_BYTES);
    buf_add(out, piece);
    a->sent_bytes += piece.n;
    return buf_failed(out) ? buf_failed(out) : piece.n < left.n;
}

void answer_done(struct answer *a, uint64_t now_ns)
{
    (void)now_ns;
    *a = (struct answer){ 0 };
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    if (argc < 2 || argc > 3 || file_read(AT_FDCWD, argv[1], &plain, &err) < 0 ||
        (argc == 3 && file_read(AT_FDCWD, argv[2], &packed, &err) < 0)) {
        fprintf(stderr, "usage: memory_server PLAIN [GZIP]: %s\n", err_text(&err));
        return 2;
    }
    static struct health health;
    static struct service service = { .health = &health };
    const struct server_config config = { .listen_address = "127.0.0.1:0",
                                          .telemetry_address = "",
                                          .write_timeout_ns = TIMEOUT_NS,
                                          .idle_timeout_ns = TIMEOUT_NS,
                                          .service = &service };
    struct server *server = server_new(&config, &err);
    if (!server || server_start(server, &err) < 0) {
        fprintf(stderr, "memory_server: %s\n", err_text(&err));
        return 1;
    }
    struct str port = str_of(server_address(server));
    port = str_from(port, (size_t)(str_rfind(port, ':') + 1));
    printf(STR_FMT "\n", STR_ARG(port));
    fflush(stdout);
    while (getchar() != EOF) {
    }
    server_stop(server, 0);
    server_free(server);
    return 0;
}
