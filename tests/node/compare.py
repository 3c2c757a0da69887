"""Compares /metrics/node with the real node_exporter, family by family, on the same machine.

Reads ours, theirs, ours: a family's label sets must be those of theirs, and each value must be theirs
or lie between our two readings (moving values are read at three times). Prints a line a family.
Exceptions, with their reasons, stand in tests/node/exceptions.txt and docs/differences.md; one that
is not needed fails the comparison as well.

Usage: compare.py OURS_URL THEIRS_URL [--rounds N]: a family that differs is looked at again in
later rounds, because a value may move forth and back between two readings.
"""
import argparse
import pathlib
import re
import sys
import urllib.request

SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)",?')


def fetch(url):
    text = urllib.request.urlopen(url, timeout=30).read().decode()
    families, types = {}, {}
    for line in text.split("\n"):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            types[name] = kind
        elif line and not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            # Prometheus takes a label with an empty value for none.
            key = tuple(sorted((k, v) for k, v in LABEL.findall(labels or "") if v))
            series = families.setdefault(name, {})
            if key in series:
                raise SystemExit(f"{url}: {name}{dict(key)} stands twice")
            series[key] = float(value)
    return families, types


def exceptions(path):
    found = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, what, reason = line.split(None, 2)
            found[name] = (what, reason)
    return found


# What the act of reading changes: the peer's own files, sockets and threads are among what it counts.
MOVED_BY_READING = {
    "node_filefd_allocated": 256,
    "node_netstat_Tcp_CurrEstab": 16,
    "node_processes_state": 64,
    "node_processes_threads_state": 64,
    "node_procs_running": 64,
    "node_sockstat_TCP_alloc": 64,
    "node_sockstat_TCP_inuse": 64,
    "node_sockstat_sockets_used": 64,
}


def near(a, b):
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def judge(name, before, theirs, after):
    """What is wrong with a family; [] when nothing is. Series may come and go between readings."""
    faults = []
    for key in sorted(set(theirs) - set(before) - set(after)):
        faults.append(f"missing {dict(key)}")
    for key in sorted((set(before) & set(after)) - set(theirs)):
        faults.append(f"not in theirs {dict(key)}")
    for key in sorted(set(theirs) & set(before) & set(after)):
        a, b, c = before[key], theirs[key], after[key]
        slack = MOVED_BY_READING.get(name, 0)
        if not (near(a, b) or near(c, b) or min(a, c) - slack <= b <= max(a, c) + slack):
            faults.append(f"{dict(key)}: {a!r} .. {c!r}, theirs {b!r}")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    allowed = exceptions(pathlib.Path(__file__).with_name("exceptions.txt"))
    used, verdicts, kinds = set(), {}, {}
    for _ in range(options.rounds):
        before, our_types = fetch(options.ours)
        theirs, their_types = fetch(options.theirs)
        after, _ = fetch(options.ours)
        for name in sorted(set(theirs) | set(after)):
            if not name.startswith("node_"):
                continue
            if verdicts.get(name) == []:
                continue
            if name not in theirs:
                verdicts[name] = ["not in theirs"]
                continue
            if name not in after:
                verdicts[name] = ["missing"]
                continue
            kinds[name] = (our_types.get(name), their_types.get(name))
            verdicts[name] = judge(name, before.get(name, {}), theirs[name], after[name])
            if kinds[name][0] != kinds[name][1]:
                verdicts[name].append(f"type {kinds[name][0]}, theirs {kinds[name][1]}")
    failed = 0
    for name, faults in sorted(verdicts.items()):
        what, reason = allowed.get(name, (None, None))
        if not faults:
            print(f"same    {name}")
        elif what:
            used.add(name)
            print(f"except  {name}: {reason}")
        else:
            failed += 1
            print(f"DIFFERS {name}: " + "; ".join(faults[:3]) +
                  (f" and {len(faults) - 3} more" if len(faults) > 3 else ""))
    for name in sorted(set(allowed) - used):
        failed += 1
        print(f"UNUSED  {name}: the exception is not needed")
    print(f"{len(verdicts)} families, {failed} differ, {len(used)} excepted")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
