"""Functions that the project does not call, each with what to use instead."""
import re

import tree

BANNED = {
    "sprintf": "snprintf or buf_addf: no bound",
    "vsprintf": "vsnprintf: no bound",
    "strcpy": "str_copy: no bound",
    "strcat": "buf_add: no bound",
    "strncpy": "str_copy: may leave the end open",
    "strtok": "str_cut: hidden state",
    "gets": "never",
    "atoi": "num_scan_i64: no error",
    "atol": "num_scan_i64: no error",
    "atof": "num_scan_double: no error",
    "strtol": "num_scan_i64: takes blanks, signs and rests",
    "strtoll": "num_scan_i64: takes blanks, signs and rests",
    "strtoul": "num_scan_u64: takes negative numbers",
    "strtoull": "num_scan_u64: takes negative numbers",
    "strtod": "num_scan_double: takes hex, blanks and rests",
    "sscanf": "str_cut and num_scan: undefined on overflow",
    "fscanf": "file_read and num_scan",
    "scanf": "file_read and num_scan",
    "strerror": "err_set_errno: not thread-safe",
    "perror": "err_set_errno and a log line",
    "localtime": "clock_format_rfc3339: not thread-safe",
    "gmtime": "clock_format_rfc3339: not thread-safe",
    "ctime": "clock_format_rfc3339",
    "exit": "return from main: destructors are skipped",
    "abort": "return an error",
    "system": "never: starts a shell",
    "popen": "never: starts a shell",
    "alloca": "arena_alloc: no bound",
    "setlocale": "never: numbers are printed for machines",
    "rand": "a seeded generator of one's own",
    "usleep": "a timer of the loop",
    "strdup": "str_dup",
}

# (file, function): where the wrapper itself must call it.
ALLOWED = {
    ("base/num.c", "strtod"),
}

CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
USED = set()


def object_to(path, text):
    for match in CALL.finditer(tree.without_comments(text)):
        name = match.group(1)
        if (str(path), name) in ALLOWED:
            USED.add((str(path), name))
            continue
        line = text.count("\n", 0, match.start()) + 1
        yield f"{path}:{line}: {name}(): {BANNED[name]}"


files = list(tree.sources())
objections = [o for path, text in files for o in object_to(path, text)]
objections += [f"{path}: the exception for {name}() is not used" for path, name in ALLOWED - USED]
tree.finish("banned", objections, len(files))
