#!/usr/bin/env python3
"""Measures programs that serve metrics: resident memory, CPU while idle, and what a scrape costs.

Reads a JSON list of {"name", "pid", "url", "headers", "ca", "cert", "key", "floor"} from standard input;
prints one with the figures. Idle CPU of all is taken in the same stretch of time; so is, if asked for, what
they take while each is scraped every 15 s with gzip, as by a Prometheus: all of it, also what a program does
between its scrapes. Then each is scraped in turn. "floor" is a command that does one round of the least work
there is for each line it is sent, and answers with what it took: its rounds take turns with the scrapes of its
subject.
"""
import json
import ssl
import statistics
import subprocess
import sys
import time
from pathlib import Path

from client import Client


def cpu_seconds(pid):
    """Time on a CPU of all threads, in ns from the scheduler: clock ticks are too coarse here."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def memory(pid):
    fields = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "RssAnon", "VmHWM"):
            fields[name] = int(value.split()[0]) / 1024
    return fields


def connect(subject):
    context = None
    if subject["url"].startswith("https:"):
        context = ssl.create_default_context(cafile=subject["ca"])
        context.load_cert_chain(subject["cert"], subject["key"])
    return Client(subject["url"], context)


def scrape(subject, client):
    """Seconds and bytes."""
    return client.get(subject.get("headers", {}))


EVERY_SECONDS = 15


class Floor:
    """The command of a subject's floor, and the rounds that it did."""

    def __init__(self, command):
        self.rounds = []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.rounds.append(json.loads(self.process.stdout.readline()))

    def done(self):
        """Medians of the rounds."""
        self.process.stdin.close()
        self.process.wait(timeout=10)
        return {key: statistics.median(r[key] for r in self.rounds) for key in self.rounds[0]}

    def times(self, key, taken):
        """Median of what each scrape took, in s, over the round that took its turn: what disturbs one of them
        mostly disturbs the other."""
        return statistics.median(t * 1e3 / r[key] for t, r in zip(taken, self.rounds))


def rate_of(subjects, seconds, between):
    """Seconds of CPU a second of each; between() is called meanwhile, with the time that is left."""
    before = [(cpu_seconds(s["pid"]), time.monotonic()) for s in subjects]
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        between(left)
    return [(cpu_seconds(s["pid"]) - cpu) / (time.monotonic() - at) for s, (cpu, at) in zip(subjects, before)]


def measure_regular(subjects, seconds):
    """Of each process once, whatever it serves."""
    first = list({s["pid"]: s for s in reversed(subjects)}.values())
    connections = [connect(s) for s in first]

    def scrape_all(left):
        began = time.monotonic()
        for subject, connection in zip(first, connections):
            scrape({**subject, "headers": {"Accept-Encoding": "gzip"}}, connection)
        time.sleep(max(0, min(left, EVERY_SECONDS) - (time.monotonic() - began)))

    scrape_all(EVERY_SECONDS)
    rates = {s["pid"]: rate for s, rate in zip(first, rate_of(first, seconds, scrape_all))}
    for subject in subjects:
        subject["regular"] = rates[subject["pid"]]


def main():
    idle_seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    scrapes = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    regular_seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 0
    subjects = json.load(sys.stdin)
    for subject in subjects:
        scrape(subject, connect(subject))
    time.sleep(2)
    for subject, rate in zip(subjects, rate_of(subjects, idle_seconds, time.sleep)):
        subject["idle"] = rate
    if regular_seconds:
        measure_regular(subjects, regular_seconds)
    for subject in subjects:
        # The kubelet closes one that nothing has come over for 90 s.
        connection = connect(subject)
        scrape(subject, connection)
        times, costs = [], []
        floor = Floor(subject["floor"]) if "floor" in subject else None
        for _ in range(2 * scrapes if floor else scrapes):
            cpu, at = cpu_seconds(subject["pid"]), time.monotonic()
            took, size = scrape(subject, connection)
            time.sleep(0.05)
            costs.append(cpu_seconds(subject["pid"]) - cpu
                         - subject["idle"] * (time.monotonic() - at))
            times.append(took)
            time.sleep(0.2)
            if floor:
                floor.round()
                time.sleep(0.25)
        subject.update(scrape_ms=statistics.median(times) * 1e3, cpu_ms=statistics.median(costs) * 1e3,
                       scrape_ms_worst=max(times) * 1e3, bytes=size, memory=memory(subject["pid"]))
        if floor:
            subject["floor"] = {**floor.done(), "times_ms": floor.times("ms", times),
                                "times_cpu_ms": floor.times("cpu_ms", costs)}
        for key in ("ca", "cert", "key", "headers"):
            subject.pop(key, None)
    json.dump(subjects, sys.stdout)


if __name__ == "__main__":
    main()
