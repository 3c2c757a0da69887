"""Scrapes programs in turns, round by round, each over one connection that is kept, so that all meet the
same load; prints a Markdown table of medians. Each is asked as Prometheus asks, with gzip, and without.

Usage: rounds.py ROUNDS [--check] NAME PID URL [NAME PID URL ...]
With --check it fails when the first takes more than a fifth of another's CPU or time with gzip.
"""
import statistics
import sys
import time

from measure import connect, cpu_seconds, memory, scrape

WARM_UP = 5
PAUSE_SECONDS = 0.1
WANTED = 5
WAYS = {"gzip": {"Accept-Encoding": "gzip"}, "plain": {}}


def measure(subjects, rounds):
    for number in range(rounds + WARM_UP):
        for subject in subjects:
            for way, headers in WAYS.items():
                before = cpu_seconds(subject["pid"])
                took, size = scrape({**subject, "headers": headers}, subject["connection"])
                # What a program does after its answer (collecting garbage) is of the scrape, too.
                time.sleep(PAUSE_SECONDS)
                if number >= WARM_UP:
                    subject[way].append((took * 1e3, (cpu_seconds(subject["pid"]) - before) * 1e3, size / 1024))


def main():
    check = "--check" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    rounds, rest = int(arguments[0]), arguments[1:]
    subjects = [{"name": name, "pid": int(pid), "url": url, **{way: [] for way in WAYS}}
                for name, pid, url in zip(rest[::3], rest[1::3], rest[2::3])]
    for subject in subjects:
        subject["connection"] = connect(subject)
    measure(subjects, rounds)
    print(f"| {rounds} scrapes in turns | resident, MB | private, MB | scrape, ms | CPU a scrape, ms "
          "| body, KB | scrape, ratio | CPU, ratio |\n|---|---|---|---|---|---|---|---|")
    faults = []
    for way in WAYS:
        ours = None
        for subject in subjects:
            ms, cpu_ms, size = (statistics.median(column) for column in zip(*subject[way]))
            ours = ours or (ms, cpu_ms)
            ratios = ms / ours[0], cpu_ms / ours[1]
            used = memory(subject["pid"])
            print(f"| {subject['name']}, {way} | {used['VmRSS']:.1f} | {used['RssAnon']:.1f} | {ms:.2f} "
                  f"| {cpu_ms:.2f} | {size:.0f} | {ratios[0]:.1f} | {ratios[1]:.1f} |")
            if check and way == "gzip" and subject is not subjects[0] and min(ratios) < WANTED:
                faults.append(f"{subject['name']} takes {ratios[0]:.1f} times as long and {ratios[1]:.1f} times "
                              f"the CPU, wanted {WANTED} times")
    sys.exit("; ".join(faults) or 0)


if __name__ == "__main__":
    main()
