"""Role local and the standalone cAdvisor side by side, with real Podman containers: families, label sets
and values of the cgroups that both know, by the comparison that the cluster's tests use."""
import importlib.machinery
import importlib.util
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

SOURCE = os.environ["KG_SOURCE_DIR"]
sys.dont_write_bytecode = True
sys.path.insert(0, SOURCE + "/tests/integration/agent")

from kubegauge import Agent
from podman import IMAGE, Podman, missing

loader = importlib.machinery.SourceFileLoader("compare", SOURCE + "/tests/cluster/compare")
compare = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", loader))
loader.exec_module(compare)

SECONDS = 60

# Families that may differ, each with its reason; docs/differences.md has them, too.
DIFFERENCES = {
    r"container_(processes|sockets|threads|threads_max|file_descriptors|ulimits_soft)$":
        "there only with the metric set process",
    r"container_pressure_\w+$": "on cgroup v1 there is none; there 0",
    r"container_memory_(events_\w+|file_\w+|pgscan_total|pgsteal_total|workingset_\w+)$":
        "on cgroup v1 there is none; there 0",
    r"container_fs_\w+$": "containers have none here; of / see the kubelet's",
}


def normal(families, parent):
    """As Prometheus sees them, which knows no empty labels; a cgroup's processors summed up. Of the
    machine's cgroups "/" and those of the test: others may come and go, or be a cluster's."""
    for name, family in families.items():
        series = {}
        for key, (value, stamp) in family.series.items():
            labels = {k: v for k, v in dict(key).items() if v}
            if not (labels.get("id", "/") + "/").startswith(("//", parent + "/")):
                continue
            if name == "container_cpu_usage_seconds_total":
                labels["cpu"] = "total"
            one = frozenset(labels.items())
            series[one] = (value + series.get(one, (0, 0))[0], stamp)
        family.series = series
    return families


class SideBySide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.podman = Podman()
        cls.addClassCleanup(cls.podman.done)
        labels = ("--label", "com.docker.compose.project=shop", "--label", "a-b=1", "--label",
                  "Other/Label=x")
        cls.ids = {
            "web": cls.podman.run("web", "httpd -h / && while :; do :; done", "--cpus", "0.5",
                                  "--memory", "64m", *labels),
            "side": cls.podman.run("side", "sleep 100000", "--network", "container:web"),
            "alone": cls.podman.run("alone", "while :; do :; done", "--cpus", "0.2"),
        }
        cls.podman.start_service()
        cls.start_peer()

    @classmethod
    def start_peer(cls):
        tools = subprocess.run([SOURCE + "/tests/cluster/build-tools", "cadvisor-podman"],
                               check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            cls.url = "http://127.0.0.1:%d/metrics" % free.getsockname()[1]
        with open(cls.podman.top + "/cadvisor.log", "wb") as log:
            peer = subprocess.Popen([tools + "/cadvisor-podman", "--all", "--listen",
                                     cls.url.split("/")[2], "--podman=unix://" + cls.podman.socket],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        cls.addClassCleanup(peer.wait, 30)
        cls.addClassCleanup(peer.send_signal, signal.SIGTERM)

    def theirs(self):
        with urllib.request.urlopen(self.url, timeout=20) as answer:
            return normal(compare.parse(answer.read().decode()), self.podman.parent)

    def wait_theirs(self):
        until = time.monotonic() + SECONDS
        while True:
            try:
                families = self.theirs()
                if all(any(dict(k).get("name") == name for k in
                           families["container_cpu_usage_seconds_total"].series)
                       for name in ("web", "alone")):
                    return families
            except (OSError, KeyError):
                pass  # it is not up yet
            assert time.monotonic() < until, "cAdvisor does not tell of the containers"
            time.sleep(0.2)

    def read_three(self, agent):
        """Theirs, ours, and theirs of a later time of every cgroup."""
        before = self.wait_theirs()
        ours = normal(compare.parse(agent.text("/metrics/cadvisor")), self.podman.parent)
        later = compare.Later(time.time() * 1000 + 500)
        wanted = compare.ids_of(before) & compare.ids_of(ours)
        until = time.monotonic() + SECONDS
        while wanted - later.fresh:
            assert time.monotonic() < until, "not read again: %s" % sorted(wanted - later.fresh)[:5]
            time.sleep(1)
            now = self.theirs()
            later.add(now)
            wanted &= compare.ids_of(now)
        return before, ours, later.families

    def test_families_labels_and_values(self):
        with Agent("local", "--docker=", "--podman=unix://" + self.podman.socket) as agent:
            while 'name="alone"' not in agent.text("/metrics/cadvisor"):
                time.sleep(0.1)
            before, ours, after = self.read_three(agent)
        exempt = {re.compile(pattern): why for pattern, why in DIFFERENCES.items()}
        ids, quiet, rows = compare.compare(before, ours, after, exempt)
        containers = {i for i in ids for one in self.ids.values() if one in i}
        self.assertEqual(len(containers), 3)
        self.assertTrue({"/", self.podman.parent} < ids)  # not containers alone
        out = io.StringIO()
        compare.report(ids, quiet, rows, out)
        print(out.getvalue())
        self.assertEqual([row.name for row in rows if row.differing and row.exempt is None], [])
        agreeing = {row.name: len(row.agreeing) for row in rows}
        for family in ("container_cpu_usage_seconds_total", "container_memory_usage_bytes",
                       "container_network_receive_bytes_total", "container_last_seen",
                       "container_spec_memory_limit_bytes", "container_health_state"):
            self.assertGreater(agreeing[family], 0, family)
        # The labels of containers exactly, name for name.
        web = [dict(key) for key in before["container_last_seen"].series
               if dict(key).get("name") == "web"]
        self.assertEqual(web, [dict(key) for key in ours["container_last_seen"].series
                               if dict(key).get("name") == "web"])
        self.assertEqual(web[0]["container_label_Other_Label"], "x")
        self.assertEqual(web[0]["image"], IMAGE)
        # Times of containers are the engine's in both.
        for family in ("container_start_time_seconds", "container_creation_time_seconds"):
            for key, (value, _) in before[family].series.items():
                if dict(key).get("name") in self.ids:
                    self.assertEqual(ours[family].series[key][0], value, family)


if __name__ == "__main__":
    why = missing()
    if why:
        print("SKIPPED: %s" % why)
        sys.exit(77)
    unittest.main()
