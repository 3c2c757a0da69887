"""Scrapes programs in turns, round by round, each over one connection that is kept, so that all meet the
same load. Each is asked as Prometheus asks, with gzip, and without; after each scrape of the first comes a
round of its floor, a command that reads the same files (pread_loop.c).

Usage: rounds.py ROUNDS [--json | --check] FLOOR NAME PID URL [NAME PID URL ...]
Prints a Markdown table of medians, or the rows of tests/bench/bench as JSON. With --check it fails when the
first takes more than a quarter of another's CPU or time with gzip: the target is a fifth, and other
programs' load blurs that.
"""
import json
import statistics
import sys
import time

from measure import Floor, connect, cpu_seconds, memory, scrape

WARM_UP = 5
PAUSE_SECONDS = 0.1
TARGET, WANTED = 5, 4
WAYS = {"gzip": {"Accept-Encoding": "gzip"}, "plain": {}}


def measure(subjects, floor, rounds):
    for number in range(rounds + WARM_UP):
        for subject in subjects:
            for way, headers in WAYS.items():
                before = cpu_seconds(subject["pid"])
                took, size = scrape({**subject, "headers": headers}, subject["connection"])
                # What a program does after its answer (collecting garbage) is of the scrape, too.
                time.sleep(PAUSE_SECONDS)
                if number >= WARM_UP:
                    subject[way].append((took * 1e3, (cpu_seconds(subject["pid"]) - before) * 1e3, size / 1024))
        floor.round()
        time.sleep(PAUSE_SECONDS)


def medians(subject, way):
    return [statistics.median(column) for column in zip(*subject[way])]


def print_table(subjects, floor, rounds):
    print(f"| {rounds} scrapes in turns | resident, MB | private, MB | scrape, ms | CPU a scrape, ms "
          "| body, KB | scrape, ratio | CPU, ratio |\n|---|---|---|---|---|---|---|---|")
    for way in WAYS:
        ours = medians(subjects[0], way)
        for subject in subjects:
            ms, cpu_ms, size = medians(subject, way)
            used = memory(subject["pid"])
            print(f"| {subject['name']}, {way} | {used['VmRSS']:.1f} | {used['RssAnon']:.1f} | {ms:.2f} "
                  f"| {cpu_ms:.2f} | {size:.0f} | {ms / ours[0]:.1f} | {cpu_ms / ours[1]:.1f} |")
    ours = medians(subjects[0], "plain")
    print(f"| pread of {floor['files']:.0f} files that it keeps open | | | {floor['ms']:.2f} | {floor['cpu_ms']:.2f} "
          f"| {floor['bytes'] / 1024:.0f} | {floor['ms'] / ours[0]:.2f} | {floor['cpu_ms'] / ours[1]:.2f} |")


def entries(subjects, floor):
    us, peer = subjects[0], subjects[1]
    for way in WAYS:
        ours, theirs = medians(us, way), medians(peer, way)
        for at, what, least in ((0, "ms", floor["ms"]), (1, "CPU ms", floor["cpu_ms"])):
            yield {"name": f"{way} scrape, {what}", "ours": ours[at], "floor": least,
                   "peer": [peer["name"], theirs[at]]}
    yield {"name": "resident, MB", "ours": memory(us["pid"])["VmRSS"],
           "peer": [peer["name"], memory(peer["pid"])["VmRSS"]]}


def faults(subjects):
    ours = medians(subjects[0], "gzip")
    for subject in subjects[1:]:
        theirs = medians(subject, "gzip")
        ratios = theirs[0] / ours[0], theirs[1] / ours[1]
        if min(ratios) < WANTED:
            yield (f"{subject['name']} takes {ratios[0]:.1f} times as long and {ratios[1]:.1f} times the CPU, "
                   f"wanted {TARGET} times, {WANTED} at least")


def main():
    flags = [a for a in sys.argv[1:] if a.startswith("--")]
    rounds, floor, *rest = [a for a in sys.argv[1:] if not a.startswith("--")]
    subjects = [{"name": name, "pid": int(pid), "url": url, **{way: [] for way in WAYS}}
                for name, pid, url in zip(rest[::3], rest[1::3], rest[2::3])]
    for subject in subjects:
        subject["connection"] = connect(subject)
    floor = Floor(floor.split())
    measure(subjects, floor, int(rounds))
    least = floor.done()
    if "--json" in flags:
        json.dump(list(entries(subjects, least)), sys.stdout)
    else:
        print_table(subjects, least, rounds)
    wrong = list(faults(subjects)) if "--check" in flags else []
    sys.exit("; ".join(wrong) or 0)


if __name__ == "__main__":
    main()
