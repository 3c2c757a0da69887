"""What the whole program says of a fixture, line by line, and what promtool says of that.

The golden file is written anew with KG_UPDATE_GOLDEN=1."""
import os
import re
import shutil
import subprocess
import time
import unittest

from kubegauge import Agent, Folder, SOURCE, fixture, paths

GOLDEN = SOURCE + "/tests/golden/agent/"

# What differs from run to run or from machine to machine: clocks, and the disk under the fixture.
VOLATILE = re.compile(r"^(container_last_seen|container_(?:start|creation)_time_seconds|container_fs_\w+)[{ ]")

# Names that the peers have, and that dashboards use.
PEERS_NAMES = [
    "cadvisor_version_info label names should be written in 'snake_case' not 'camelCase'",
    "container_cpu_load_d_average_10s metric names should not contain abbreviated units",
    'container_fs_inodes_total non-counter metrics should not have "_total" suffix',
    'container_memory_failcnt counter metrics should have "_total" suffix',
]


def stable(text):
    lines = []
    for line in text.splitlines():
        if VOLATILE.match(line):
            line = line.rpartition(" ")[0] + " V"
        line = re.sub(r'kernelVersion="[^"]*"', 'kernelVersion="V"', line)
        lines.append(line + "\n")
    return "".join(lines)


class Golden(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.done)
        fixture(cls.folder.path)
        cls.agent = Agent("local", *paths(cls.folder.path), "--sample-interval=100ms")
        cls.agent.wait_ready()
        cls.wait_for_peaks()

    @classmethod
    def wait_for_peaks(cls):
        """Of CPU they are there with the second sample."""
        until = time.monotonic() + 30
        while "kubegauge_container_cpu_usage_peak_cores{" not in cls.agent.text("/metrics/cadvisor"):
            if time.monotonic() > until:
                raise AssertionError("no peak of CPU within 30 s")
            time.sleep(0.05)

    @classmethod
    def tearDownClass(cls):
        with cls.agent:
            pass

    def same(self, name, text):
        path = GOLDEN + name
        if os.environ.get("KG_UPDATE_GOLDEN"):
            os.makedirs(GOLDEN, exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read())

    def test_text(self):
        text = self.agent.text("/metrics/cadvisor")
        self.same("cgroup-v2.txt", re.sub(r"(?m)^container_fs_.*\n", "", stable(text)))

    def test_openmetrics(self):
        text = self.agent.text("/metrics/cadvisor?name[]=container_cpu_usage_seconds_total"
                               "&name[]=container_memory_failcnt&name[]=machine_cpu_cores",
                               {"Accept": "application/openmetrics-text;version=1.0.0"})
        self.same("cgroup-v2.openmetrics.txt", text)

    def test_own_families(self):
        text = self.agent.text("/metrics/self")
        self.same("self-families.txt", "".join(
            line + "\n" for line in text.splitlines() if line.startswith("# ")))

    def test_promtool(self):
        promtool = shutil.which("promtool")
        if not promtool:
            print("SKIPPED: no promtool")
            self.skipTest("no promtool")
        for path in ("/metrics", "/metrics/cadvisor", "/metrics/self"):
            done = subprocess.run([promtool, "check", "metrics"], capture_output=True, text=True,
                                  input=self.agent.text(path), timeout=60, check=False)
            said = set((done.stdout + done.stderr).splitlines())
            said = {line for line in said if not line.startswith("node_")}  # node_exporter's names
            self.assertLessEqual(said, set(PEERS_NAMES), path)
            self.assertIn(done.returncode, (0, 3), done.stderr)


if __name__ == "__main__":
    unittest.main()
