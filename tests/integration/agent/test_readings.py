"""What scrapes cost: how many readings of the node they share, counted by the program and by the kernel
as calls of read and pread; and what the sampler tells between them."""
import os
import re
import threading
import time
import unittest

from kubegauge import Agent, Folder, fixture, paths, write

PATHS = ["/metrics/cadvisor", "/metrics/node", "/metrics", "/metrics/cadvisor", "/metrics/node"]


def value(text, pattern):
    """The value of the one sample whose line begins so."""
    found = re.findall(r"(?m)^" + pattern + r"\S* (\S+)$", text)
    if len(found) != 1:
        raise AssertionError("%d samples match %r" % (len(found), pattern))
    return float(found[0])


class Shared(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        fixture(cls.folder.path, containers=20)

    @classmethod
    def tearDownClass(cls):
        cls.folder.done()

    def agent(self, *more):
        return Agent("local", *paths(self.folder.path), "--docker=", "--podman=",
                     "--sample-interval=0", *more)

    def readings(self, agent):
        return value(agent.text("/metrics/self"), "kubegauge_node_readings_total")

    def calls(self, agent):
        with open("/proc/%d/io" % agent.process.pid) as file:
            return int(re.search(r"syscr: (\d+)", file.read()).group(1))

    def cost(self, agent, seconds_apart=0.0):
        """Readings and calls of five servers, each with a path of its own."""
        readings, calls = self.readings(agent), self.calls(agent)
        for path in PATHS:
            agent.text(path)
            time.sleep(seconds_apart)
        calls = self.calls(agent) - calls
        return self.readings(agent) - readings, calls

    def settle(self, agent):
        """Until what all of them ask for is known, and what is kept open is open."""
        for _ in range(2):
            for path in PATHS:
                agent.text(path)

    def test_each_scrape_has_its_own(self):
        with self.agent() as agent:
            self.settle(agent)
            readings, calls = self.cost(agent)
            self.assertEqual(readings, 5)
            self.assertGreater(calls, 5 * 20 * 5)

    def test_five_servers_share_one(self):
        with self.agent("--min-read-interval=2s") as agent:
            self.settle(agent)
            one = self.one_reading(agent)
            for _ in range(3):
                time.sleep(2.1)
                readings, calls = self.cost(agent, 0.1)
                self.assertEqual(readings, 1)
                # The calls that are none of a reading: of the HTTP loop, and the looks at these.
                self.assertLess(calls, one + 200)

    def test_five_servers_at_once_share_one(self):
        with self.agent("--min-read-interval=2s") as agent:
            self.settle(agent)
            time.sleep(2.1)
            before = self.readings(agent)
            threads = [threading.Thread(target=agent.text, args=[path]) for path in PATHS]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(self.readings(agent) - before, 1)

    def one_reading(self, agent):
        time.sleep(2.1)
        before = self.calls(agent)
        agent.text("/metrics")
        return self.calls(agent) - before


class Sampled(unittest.TestCase):
    def test_peaks_are_told_to_all_who_ask(self):
        folder = Folder()
        self.addCleanup(folder.done)
        fixture(folder.path, containers=1)
        cgroup = folder.path + "/sys/fs/cgroup/kubepods"
        with Agent("local", *paths(folder.path), "--docker=", "--podman=", "--sample-interval=100ms",
                   "--peak-window=24s") as agent:
            time.sleep(0.5)
            write(cgroup + "/memory.current", "8000000\n")
            write(cgroup + "/cpu.stat", "usage_usec 9000000\nuser_usec 1\nsystem_usec 1\n")
            time.sleep(0.5)
            write(cgroup + "/memory.current", "1000\n")
            time.sleep(0.5)
            texts = [agent.text(path) for path in ("/metrics/cadvisor", "/metrics")]
            for text in texts:
                self.assertEqual(value(text, r'kubegauge_container_memory_usage_peak_bytes\{[^}]*id="/kubepods"'),
                                 8000000)
                self.assertEqual(value(text, r'container_memory_usage_bytes\{[^}]*id="/kubepods"'), 1000)
                self.assertGreater(value(text, r'kubegauge_container_cpu_usage_peak_cores\{[^}]*id="/kubepods"'), 1)
                self.assertEqual(value(text, "kubegauge_container_peak_window_seconds"), 24)
            self.assertGreater(value(texts[1], "kubegauge_container_samples_total"), 5)
            self.assertGreater(value(texts[1], "kubegauge_container_sample_cpu_seconds_total"), 0)
        self.assertTrue(os.path.isdir(cgroup))


if __name__ == "__main__":
    unittest.main()
