#include "collectors/proc/proc_parse.h"

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

/* "1 (systemd) S 0 1 1 …": counted from behind the last bracket, fields 3 to 21 come before. */
int proc_parse_start_ticks(struct str text, uint64_t *ret)
{
    ssize_t bracket = str_rfind(text, ')');
    if (bracket < 0) {
        return -EBADMSG;
    }
    struct str rest = str_from(text, (size_t)bracket + 1);
    for (int field = 3; field < 22; field++) {
        if (str_empty(str_word(&rest))) {
            return -EBADMSG;
        }
    }
    struct str word = str_word(&rest);
    struct scan at = scan_of(word);
    uint64_t ticks;
    if (!scan_u64(&at, &ticks) || !scan_end(&at)) {
        return -EBADMSG;
    }
    *ret = ticks;
    return 0;
}
