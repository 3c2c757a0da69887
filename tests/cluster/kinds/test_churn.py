"""The checks of a scrape find what they are there for."""
import unittest

import churn


def scrape(markers=churn.MARKERS, others=churn.POPULATION, without="", uid="u", extra=()):
    lines = list(extra)
    for i in range(markers + others):
        name = f"marker-{i}" if i < markers else f"churn-{i}"
        for family in ("info", "created", "status_phase", "restart_policy", "labels"):
            if (name, family) != (without, "created"):
                lines.append(f'kube_pod_{family}{{namespace="churn",pod="{name}",uid="{uid}-{i}"}} 1')
    return "\n".join(["# TYPE kube_pod_info gauge", *lines, ""]).encode()


class Checks(unittest.TestCase):
    def faults(self, *texts):
        scrapes = churn.Scrapes(0)
        scrapes.take = lambda: texts[scrapes.count]
        for _ in texts:
            scrapes.check()
        return scrapes.faults

    def test_whole(self):
        self.assertEqual(self.faults(scrape(), scrape(others=500), scrape()), [])

    def test_marker_missing(self):
        self.assertIn("marker series missing", self.faults(scrape(), scrape(markers=churn.MARKERS - 1))[0])

    def test_marker_of_another_life(self):
        self.assertIn("marker series missing", self.faults(scrape(), scrape(uid="v"))[0])

    def test_marker_in_part(self):
        self.assertIn("1 marker series missing", self.faults(scrape(), scrape(without="marker-3"))[0])

    def test_pod_in_part(self):
        self.assertIn("the same pods", self.faults(scrape(), scrape(without=f"churn-{churn.MARKERS + 7}"))[0])

    def test_twice(self):
        line = f'kube_pod_info{{namespace="churn",pod="churn-{churn.MARKERS}",uid="u-{churn.MARKERS}"}} 1'
        self.assertIn("1 lines twice", self.faults(scrape(), scrape(extra=[line]))[0])

    def test_two_lives(self):
        line = f'kube_pod_info{{namespace="churn",pod="churn-{churn.MARKERS}",uid="other"}} 1'
        self.assertIn("two uids", self.faults(scrape(), scrape(extra=[line]))[0])

    def test_large_part_missing(self):
        self.assertIn("only", self.faults(scrape(), scrape(others=100))[0])

    def test_nothing(self):
        self.assertGreaterEqual(len(self.faults(scrape(), b"")), 2)


if __name__ == "__main__":
    unittest.main()
