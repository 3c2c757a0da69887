"""Where the agent's CPU time goes while it is scraped, by perf's samples of the CPU clock: the kernel's by system
call, the rest by thread, since one reads and another renders and sends.

Usage: profile.py PID URL FILE [SCRAPES]
"""
import collections
import re
import shutil
import subprocess
import sys
import time
from urllib.parse import urlsplit

from measure import connect, scrape

# By the first row of which a function stands in the stack.
KERNEL = [(kind, re.compile(pattern)) for kind, pattern in (
    ("pread", r"sys_pread64"),
    ("fstat of processes' descriptor folders", r"sys_newfstat|sys_statx"),
    ("links of processes' descriptors", r"sys_readlink|sys_getdents|sys_getsockopt"),
    ("opening, reading and closing other files", r"sys_open|sys_close|sys_read$|ksys_read"),
    ("sending", r"sys_send|sys_write"),
    ("waiting and waking", r"sys_poll|sys_ppoll|sys_epoll|sys_futex|sys_recv|sys_timerfd"),
)]
THREADS = {
    "node": "user code that reads, parses and gathers",
    "http": "user code that renders and serves",
}


def kind_of(thread, stack):
    for kind, pattern in KERNEL:
        if any(pattern.search(symbol) for symbol in stack):
            return kind
    if any("entry_SYSCALL" in symbol or "do_syscall" in symbol for symbol in stack):
        return "entering and leaving the kernel"
    if any(symbol.startswith("asm_") for symbol in stack):
        return "interrupts"
    return THREADS.get(thread, "other threads")


def samples(file):
    """Each sample's thread and symbols, innermost first."""
    text = subprocess.run(["perf", "script", "-i", file, "-F", "comm,ip,sym"], capture_output=True, text=True,
                          check=True).stdout
    for block in text.split("\n\n"):
        thread, *lines = block.strip().splitlines() or [""]
        symbols = [words[1] for words in (line.split(None, 1) for line in lines) if len(words) > 1]
        if symbols:
            yield thread.strip(), symbols


def main():
    pid, url, file = sys.argv[1:4]
    if not shutil.which("perf"):
        raise SystemExit("there is no perf: install linux-perf")
    scrapes = int(sys.argv[4]) if len(sys.argv) > 4 else 60
    subject = {"url": url}
    connection = connect(subject)
    scrape(subject, connection)
    recorder = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "10000", "-g", "-p", pid, "-o", file],
                                stderr=subprocess.DEVNULL)
    time.sleep(1)
    for _ in range(scrapes):
        scrape(subject, connection)
        time.sleep(0.45)
    recorder.send_signal(2)
    recorder.wait(timeout=60)
    kinds, leaves, n = collections.Counter(), collections.Counter(), 0
    for thread, stack in samples(file):
        kinds[kind_of(thread, stack)] += 1
        leaves[stack[0]] += 1
        n += 1
    if n == 0:
        raise SystemExit("perf has no samples: it may not look at the process")
    print(f"\n| {scrapes} scrapes of {urlsplit(url).path}, {n} samples by perf | share of CPU, % |\n|---|---|")
    for kind, count in kinds.most_common():
        print(f"| {kind} | {100 * count / n:.1f} |")
    print("\nInnermost: " + ", ".join(f"{symbol} {100 * count / n:.1f} %" for symbol, count in leaves.most_common(20)))


if __name__ == "__main__":
    main()
