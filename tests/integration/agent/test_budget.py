#!/usr/bin/env python3
"""The budget of role cluster, against an API server of many objects: what does not fit is left out
whole and says so, and comes back when it fits again."""
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["KG_SOURCE_DIR"], "tests", "bench"))
import crowd  # pylint: disable=wrong-import-position

PROGRAM = os.environ["KUBEGAUGE"]
CROWD_API = os.environ["KG_CROWD_API"]
PODS = 2000
SECONDS = 60


def value(text, name, **labels):
    for line in text.splitlines():
        if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    return None


def count(text, name):
    return len(re.findall(rf"^{name}\{{", text, re.M))


class Budget(unittest.TestCase):
    def until(self, role, what):
        """The first answer for which what() holds; the answers before it."""
        end, seen = time.monotonic() + SECONDS, []
        while time.monotonic() < end:
            seen.append(role.get("/metrics")[1].decode())
            if what(seen[-1]):
                return seen
            time.sleep(0.05)
        raise AssertionError("never: the log says\n" + role.log_so_far())

    def left_out(self, text):
        return value(text, "kubegauge_resource_left_out", resource="pods")

    def whole(self, pods):
        with crowd.Crowd(CROWD_API, pods) as api, crowd.Role(PROGRAM, api.port) as role:
            role.wait_full(pods)
            text = role.get("/metrics")[1].decode()
            self.assertEqual(self.left_out(text), 0)
            return (sum(value(text, "kubegauge_store_bytes", resource=r) for r in
                        ("pods", "nodes", "namespaces")), crowd.status(role.pid)["VmRSS"])

    def test_half_of_what_it_takes(self):
        need, resident = self.whole(PODS)
        with crowd.Crowd(CROWD_API, PODS) as api, \
                crowd.Role(PROGRAM, api.port, f"--max-bytes={int(need / 2)}") as role:
            text = self.until(role, lambda t: self.left_out(t) == 1 and value(
                t, "kubegauge_resource_left_out_objects", resource="pods") == PODS)[-1]
            self.assertEqual(count(text, "kube_pod_info"), 0)
            self.assertEqual(count(text, "kube_node_info"), PODS // 100)
            self.assertEqual(count(text, "kube_namespace_created"), 40)
            self.assertEqual(value(text, "kubegauge_resource_left_out", resource="nodes"), 0)
            # Nearly all would fit: memory is that of the half, and not of the peak of trying.
            self.assertLess(crowd.status(role.pid)["VmHWM"], resident)
            code, ready = role.get("/readyz")
            self.assertEqual(code, 200)
            self.assertIn(f"resource pods: ready: left out, the budget has no room for its {PODS} "
                          "objects", ready.decode())
            role.wait_log(r"level=warn .*the budget has no room.*resource=pods", SECONDS)

            api.tell("pods 600")
            seen = self.until(role, lambda t: self.left_out(t) == 0 and
                              count(t, "kube_pod_info") == 600)
            # None of the answers before had a part of the pods.
            self.assertEqual({count(t, "kube_pod_info") for t in seen}, {0, 600})
            role.wait_log(r"the budget has room for a resource again.*resource=pods", SECONDS)

            api.tell(f"pods {PODS}")
            text = self.until(role, lambda t: self.left_out(t) == 1)[-1]
            self.assertEqual(count(text, "kube_pod_info"), 0)
            self.assertEqual(value(text, "kubegauge_resource_sheddings_total", resource="pods"), 2)
            held = sum(value(text, "kubegauge_store_bytes", resource=r) for r in
                       ("pods", "nodes", "namespaces"))
            self.assertLess(held, need / 2)

    def test_limits_of_objects_and_series(self):
        for flag in ("--max-objects=1000", "--max-series=20000"):
            with crowd.Crowd(CROWD_API, PODS) as api, crowd.Role(PROGRAM, api.port, flag) as role:
                text = self.until(role, lambda t: self.left_out(t) == 1)[-1]
                self.assertEqual(count(text, "kube_pod_info"), 0)
                self.assertEqual(count(text, "kube_node_info"), PODS // 100)


if __name__ == "__main__":
    unittest.main()
