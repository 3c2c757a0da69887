#!/usr/bin/env python3
"""Compares what is served for the objects of a cluster with what the reference's rules say, sample by
sample, and lists which families have samples.
Usage: expect.py [--update] OBJECTS.json SERVED.txt METRICS.md
  OBJECTS.json  from kubectl get -o json;  METRICS.md  from kubegauge --print-docs=metrics
  --update      writes samples.golden: how many samples each family has for the objects that make.py makes,
                so that objects and rules cannot lose any together
The names, types and labels are held against reference/ksm/families.tsv below KG_SHARED, where it is."""
import collections
import csv
import json
import os
import re
import sys

import rules
from values import escape, number

SAMPLE = re.compile(r"^(kube_[a-z0-9_]+)\{(.*)\} (\S+)$")
LABEL = re.compile(r'([a-zA-Z0-9_]+)="((?:[^"\\\n]|\\.)*)"(?:,|$)')
PLURALS = {
    "Endpoints": "endpoints", "Ingress": "ingresses", "IngressClass": "ingressclasses", "StorageClass": "storageclasses",
    "NetworkPolicy": "networkpolicies", "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "MutatingAdmissionPolicy": "mutatingadmissionpolicies"}


def plural(kind):
    return PLURALS.get(kind, kind.lower() + "s")


def expected_lines(items):
    """Line -> the object it is for."""
    lines = {}
    for o in items:
        for family, labels, value in rules.KINDS[plural(o["kind"])].samples(o):
            pairs = ",".join(f'{name}="{escape(text)}"' for name, text in labels)
            line = f"{family}{{{pairs}}} {number(value)}"
            lines.setdefault(line, f"{o['kind']} {o['metadata'].get('namespace', '')}/{o['metadata']['name'][:40]}")
    return lines


def served_lines(text):
    # Text of labels may hold any character but the newline, among them those that splitlines() ends a line at.
    lines = [line for line in text.split("\n") if line.startswith("kube_")]
    twice = [line for line, n in collections.Counter(lines).items() if n > 1]
    return set(lines), twice


def reference(path):
    """family -> (type, labels, optional prefixes of labels), or None."""
    if not os.path.exists(path):
        print(f"skipped: names, types and labels against the reference: no {path}")
        return None
    with open(path, encoding="utf-8") as file:
        return {row["metric_name"]: (row["type"], row["labels"].split(","))
                for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def label_faults(name, labels, wanted):
    """The labels of a sample are those of the table, in its order; `x?` may be missing, `x_*?` repeat."""
    at = 0
    for want in wanted:
        optional, want = want.endswith("?"), want.rstrip("?")
        if want.endswith("*"):
            while at < len(labels) and labels[at].startswith(want[:-1]):
                at += 1
        elif at < len(labels) and labels[at] == want:
            at += 1
        elif not optional:
            return f"{name}: no label {want} after {labels[:at]}"
    return f"{name}: unknown label {labels[at]}" if at < len(labels) else None


def table_faults(served, text, table):
    types = dict(re.findall(r"^# TYPE (kube_\S+) (\S+)$", text, re.M))
    faults = set()
    for line in served:
        match = SAMPLE.match(line)
        if not match:
            faults.add(f"no sample: {line[:200]}")
            continue
        name, labels = match[1], [label[0] for label in LABEL.findall(match[2])]
        if name not in table:
            faults.add(f"{name}: not in the reference")
        else:
            faults.add(label_faults(name, labels, table[name][1]))
            if types.get(name) != table[name][0]:
                faults.add(f"{name}: is a {types.get(name)}, the reference has a {table[name][0]}")
    return sorted(faults - {None})


def made(o):
    """By make.py, not by the API server itself."""
    meta = o["metadata"]
    return "example.com/unicode" in (meta.get("annotations") or {}) or meta["name"].startswith("stored")


def golden_faults(items, update):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples.golden")
    counts = collections.Counter(line.split("{", 1)[0] for line in expected_lines(filter(made, items)))
    text = "".join(f"{name} {n}\n" for name, n in sorted(counts.items()))
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(path, encoding="utf-8") as file:
        golden = file.read()
    return [f"samples.golden: {line}" for line in sorted(set(golden.splitlines()) ^ set(text.splitlines()))]


def main():
    update = "--update" in sys.argv
    objects, served_file, docs = [each for each in sys.argv[1:] if each != "--update"]
    with open(objects, encoding="utf-8") as file:
        items = json.load(file)["items"]
    with open(served_file, encoding="utf-8", newline="\n") as file:
        text = file.read()
    with open(docs, encoding="utf-8") as file:
        families = set(re.findall(r"^\| `(kube_[a-z0-9_]+)`", file.read(), re.M))
    table = reference(os.path.join(os.environ.get("KG_SHARED", "/work/shared"), "reference/ksm/families.tsv"))

    expected = expected_lines(items)
    served, twice = served_lines(text)
    faults = [f"twice: {line[:300]}" for line in twice]
    faults += [f"missing, for {expected[line]}: {line[:300]}" for line in sorted(expected.keys() - served)]
    faults += [f"not expected: {line[:300]}" for line in sorted(served - expected.keys())]
    faults += golden_faults(items, update)
    if table:
        faults += table_faults(served, text, table)
        faults += [f"{name}: only in the {'reference' if name in table else 'agent'}" for name in sorted(families ^ table.keys())]
    samples = collections.Counter(line.split("{", 1)[0] for line in served)
    missing_kinds = sorted(rules.KINDS.keys() - {plural(o["kind"]) for o in items})
    faults += [f"no object of {kind}" for kind in missing_kinds]
    without = sorted(families - samples.keys())
    faults += [f"{name}: without a sample" for name in without]

    for name in sorted(families - set(without)):
        print(f"{samples[name]:6} {name}")
    print(f"{len(families) - len(without)} families with samples, {len(without)} without; "
          f"{len(items)} objects of {len(rules.KINDS) - len(missing_kinds)} kinds; {len(served)} samples")
    for fault in faults[:60]:
        print(fault, file=sys.stderr)
    if faults:
        print(f"{len(faults)} faults", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
