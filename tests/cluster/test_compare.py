#!/usr/bin/env python3
"""Tests of the comparison itself: that it sees each kind of difference, and none where there is none."""
import importlib.machinery
import importlib.util
import io
import re
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("compare", str(HERE / "compare"))
compare = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", loader))
loader.exec_module(compare)

ID = "/kubepods/burstable/pod1/c1"
LABELS = f'container="app",id="{ID}",image="i",name="c1",namespace="ns",pod="p"'


def text(cpu, memory, shares=512, stamp=None, labels=LABELS, extra=""):
    at = f" {stamp}" if stamp is not None else ""
    return (f"# TYPE container_cpu_usage_seconds_total counter\n"
            f'container_cpu_usage_seconds_total{{cpu="total",{labels}}} {cpu}{at}\n'
            f"# TYPE container_memory_usage_bytes gauge\n"
            f"container_memory_usage_bytes{{{labels}}} {memory}{at}\n"
            f"# TYPE container_spec_cpu_shares gauge\n"
            f"container_spec_cpu_shares{{{labels}}} {shares}\n{extra}")


BEFORE = text(10, 5e6, stamp=1000)
AFTER = text(12, 5.1e6, stamp=9000)


def differing(ours, before=BEFORE, after=AFTER, exempt=None):
    later = compare.Later(5000)
    later.add(compare.parse(after))
    _, _, rows = compare.compare(compare.parse(before), compare.parse(ours), later.families, exempt or {})
    return [row.name for row in rows if row.differing and row.exempt is None]


class Compare(unittest.TestCase):
    def test_agrees(self):
        self.assertEqual(differing(text(11, 5.05e6)), [])
        self.assertEqual(differing(text(10, 5e6)), [])
        self.assertEqual(differing(text(12, 5.1e6)), [])

    def test_counter_outside(self):
        self.assertEqual(differing(text(12.01, 5e6)), ["container_cpu_usage_seconds_total"])
        self.assertEqual(differing(text(9.99, 5e6)), ["container_cpu_usage_seconds_total"])

    def test_gauge_outside(self):
        self.assertEqual(differing(text(11, 9e6)), ["container_memory_usage_bytes"])
        self.assertEqual(differing(text(11, 1e6)), ["container_memory_usage_bytes"])

    def test_specification_not_equal(self):
        self.assertEqual(differing(text(11, 5e6, shares=513)), ["container_spec_cpu_shares"])

    def test_label_sets(self):
        other = LABELS.replace('image="i"', 'image="j"')
        self.assertEqual(len(differing(text(11, 5e6, labels=other))), 3)
        missing = text(11, 5e6).replace('cpu="total",', "")
        self.assertEqual(differing(missing), ["container_cpu_usage_seconds_total"])

    def test_family_of_one_side(self):
        more = f"# TYPE container_new_total counter\ncontainer_new_total{{{LABELS}}} 1\n"
        self.assertEqual(differing(text(11, 5e6, extra=more)), ["container_new_total"])
        less = re.sub(r".*container_spec_cpu_shares.*\n", "", text(11, 5e6))
        self.assertEqual(differing(less), ["container_spec_cpu_shares"])

    def test_type(self):
        ours = text(11, 5e6).replace("usage_bytes gauge", "usage_bytes counter")
        self.assertIn("container_memory_usage_bytes", differing(ours))

    def test_exempt_by_name_and_pattern(self):
        rows = {re.compile("container_spec_[a-z_0-9]*$"): "why"}
        self.assertEqual(differing(text(11, 5e6, shares=1), exempt=rows), [])

    def test_stale_sample_is_waited_for(self):
        later = compare.Later(5000)
        later.add(compare.parse(text(11, 5e6, stamp=4000)))
        self.assertEqual(later.fresh, set())
        later.add(compare.parse(AFTER))
        self.assertEqual(later.fresh, {ID})
        later.add(compare.parse(text(99, 5e6, stamp=20000)))
        cpu = later.families["container_cpu_usage_seconds_total"].series
        self.assertEqual([value for value, _ in cpu.values()], [12.0])

    def test_nothing_in_common_is_a_failure(self):
        other = text(11, 5e6, labels=LABELS.replace(ID, "/kubepods/burstable/pod2/c9"))
        later = compare.Later(5000)
        later.add(compare.parse(AFTER))
        out = compare.compare(compare.parse(BEFORE), compare.parse(other), later.families, {})
        self.assertEqual(out[0], set())
        out = compare.compare(compare.parse(BEFORE), compare.parse(text(11, 5e6)), later.families, {})
        self.assertEqual(compare.report(*out, io.StringIO()), 0)
        self.assertEqual(compare.report(set(), set(), out[2], io.StringIO()), 1)

    def test_gauge_of_a_quiet_cgroup_is_exact(self):
        before, after = text(10, 5e6, stamp=1000), text(10, 5e6, stamp=9000)
        self.assertEqual(differing(text(10, 5e6), before, after), [])
        self.assertEqual(differing(text(10, 5e6 + 4096), before, after),
                         ["container_memory_usage_bytes"])

    def test_gauge_that_moved_may_fit_another_time(self):
        def rows(ours):
            later = compare.Later(5000)
            later.add(compare.parse(AFTER))
            return compare.compare(compare.parse(BEFORE), compare.parse(ours), later.families, {})[2]

        first = rows(text(11, 9e6))
        self.assertTrue(compare.only_moved(first))
        self.assertEqual(compare.forgive(first, rows(text(11, 9e6))), [])
        self.assertTrue(compare.only_moved(first))
        other_id = rows(text(11, 5e6, labels=LABELS.replace(ID, "/kubepods/burstable/pod2/c9")))
        self.assertEqual(compare.forgive(first, other_id), [])
        self.assertEqual(len(compare.forgive(first, rows(text(11, 5.05e6)))), 1)
        self.assertEqual([row.name for row in first if row.differing], [])
        self.assertFalse(compare.only_moved(first))

    def test_nothing_but_a_gauge_gets_another_try(self):
        for ours in (text(13, 9e6), text(11, 9e6, shares=1), text(11, 9e6, labels=LABELS + ',x="y"')):
            later = compare.Later(5000)
            later.add(compare.parse(AFTER))
            rows = compare.compare(compare.parse(BEFORE), compare.parse(ours), later.families, {})[2]
            self.assertFalse(compare.only_moved(rows))

    def test_parse_refuses_what_is_no_sample(self):
        with self.assertRaises(ValueError):
            compare.parse("container_x{a=b} 1\n")
        with self.assertRaises(ValueError):
            compare.parse('a{x="1"} 1\na{x="1"} 2\n')
        parsed = compare.parse('a{x="q\\"{},\\\\"} 1.5e+06 77\n')["a"].series
        self.assertEqual(parsed, {frozenset({("x", 'q\\"{},\\\\')}): (1.5e6, 77)})

    def test_differences_table(self):
        rows = compare.exemptions(compare.DIFFERENCES)
        for pattern, why in rows.items():
            self.assertTrue(why, f"{pattern.pattern} has no reason")


if __name__ == "__main__":
    unittest.main()
