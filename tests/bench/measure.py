#!/usr/bin/env python3
"""Measures programs that serve metrics: resident memory, CPU while idle, and what a scrape costs.

Reads a JSON list of {"name", "pid", "url", "headers", "ca", "cert", "key", "floor"} from standard input;
prints one with the figures. Idle CPU of all is taken in the same stretch of time, then each is scraped in
turn. "floor" is a command that does one round of the least work there is for each line it is sent, and
answers with what it took: its rounds take turns with the scrapes of its subject.
"""
import http.client
import json
import ssl
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit


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
    """A connection that is kept over the scrapes, as Prometheus keeps its own."""
    url = urlsplit(subject["url"])
    if url.scheme == "http":
        return http.client.HTTPConnection(url.netloc, timeout=60)
    context = ssl.create_default_context(cafile=subject["ca"])
    context.load_cert_chain(subject["cert"], subject["key"])
    return http.client.HTTPSConnection(url.netloc, timeout=60, context=context)


def scrape(subject, connection):
    """Seconds and bytes. The body is read as it comes and thrown away: what a client makes of it is not
    what is measured."""
    start = time.monotonic()
    connection.request("GET", urlsplit(subject["url"]).path, headers=subject.get("headers", {}))
    answer = connection.getresponse()
    size = 0
    while piece := answer.read1(1 << 20):
        size += len(piece)
    took = time.monotonic() - start
    if answer.status != 200:
        raise SystemExit(f"{subject['url']}: status {answer.status}")
    return took, size


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
        self.process.stdin.close()
        self.process.wait(timeout=10)
        return {key: statistics.median(r[key] for r in self.rounds) for key in self.rounds[0]}


def main():
    idle_seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30
    scrapes = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    subjects = json.load(sys.stdin)
    connections = [connect(s) for s in subjects]
    for subject, connection in zip(subjects, connections):
        scrape(subject, connection)
    time.sleep(2)
    before = [(cpu_seconds(s["pid"]), time.monotonic()) for s in subjects]
    time.sleep(idle_seconds)
    for subject, (cpu, at) in zip(subjects, before):
        subject["idle"] = (cpu_seconds(subject["pid"]) - cpu) / (time.monotonic() - at)
    for subject, connection in zip(subjects, connections):
        times, costs = [], []
        floor = Floor(subject["floor"]) if "floor" in subject else None
        for _ in range(scrapes):
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
            subject["floor"] = floor.done()
        for key in ("ca", "cert", "key", "headers"):
            subject.pop(key, None)
    json.dump(subjects, sys.stdout)


if __name__ == "__main__":
    main()
