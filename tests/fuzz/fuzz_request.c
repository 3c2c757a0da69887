/* What a client sends and we take apart ourselves: Accept, Accept-Encoding, query parameters; and
 * what users write: durations, sizes, addresses. One line of the input each. */
#include "agent/http/listen.h"
#include "agent/http/negotiate.h"
#include "agent/http/query.h"
#include "agent/options/duration.h"

#define ARGS_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_query(struct str rest)
{
    struct query query;
    struct str args[ARGS_MAX];
    size_t n = 0;
    while (rest.p && n < ARGS_MAX) {
        args[n++] = str_cut(&rest, '&');
    }
    if (query_parse(args, n, &query, NULL) == 0) {
        for (size_t i = 0; i < query.n_items; i++) {
            if (!query_has(&query, (enum query_list)query.list_of[i], query.items[i])) {
                abort();
            }
        }
    }
    query_done(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { (const char *)data, size };
    struct negotiated format;
    char host[64], port[8];
    uint64_t number;
    negotiate_format(str_line(&rest), &format);
    (void)negotiate_coding(str_line(&rest));
    check_query(str_line(&rest));
    if (duration_parse(str_line(&rest), &number) == 0 && number > INT64_MAX) {
        abort();
    }
    if (size_parse(str_line(&rest), &number) > 0) {
        abort();
    }
    char *address = str_dup(str_line(&rest));
    if (address) {
        (void)listen_parse(address, host, sizeof(host), port, sizeof(port), NULL);
        free(address);
    }
    return 0;
}
