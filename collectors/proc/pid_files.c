#include "collectors/proc/proc_parse.h"

#include "base/num.h"
#include "collectors/scan.h"

int proc_parse_open_files_limit(struct str text, int64_t *ret_soft)
{
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        if (!scan_literal(&at, STR("Max open files"))) {
            scan_skip_line(&at);
            continue;
        }
        scan_blanks(&at);
        uint64_t soft;
        if (scan_literal(&at, STR("unlimited"))) {
            *ret_soft = -1;
            return 0;
        }
        if (!scan_u64(&at, &soft) || soft > INT64_MAX || !scan_char(&at, ' ')) {
            return -EBADMSG;
        }
        *ret_soft = (int64_t)soft;
        return 0;
    }
    return -EBADMSG;
}

/* "1 (systemd) S 0 1 1 …": what follows the last bracket begins with field 3. */
static int field_of_stat(struct str text, int which, struct str *ret)
{
    ssize_t bracket = str_rfind(text, ')');
    struct str rest = str_from(text, bracket < 0 ? text.n : (size_t)bracket + 1);
    struct str word = str_word(&rest);
    for (int field = 3; field < which; field++) {
        word = str_word(&rest);
    }
    *ret = str_trim(word);
    return str_empty(*ret) ? -EBADMSG : 0;
}

int proc_parse_start_ticks(struct str text, uint64_t *ret)
{
    struct str word;
    int r = field_of_stat(text, 22, &word);
    return r < 0 ? r : num_scan_u64(word, ret) < 0 ? -EBADMSG : 0;
}

int proc_parse_state(struct str text, char *ret_state, uint64_t *ret_threads)
{
    struct str state, threads;
    if (field_of_stat(text, 3, &state) < 0 || state.n != 1 ||
        field_of_stat(text, 20, &threads) < 0 || num_scan_u64(threads, ret_threads) < 0) {
        return -EBADMSG;
    }
    *ret_state = state.p[0];
    return 0;
}
