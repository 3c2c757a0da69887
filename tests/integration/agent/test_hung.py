"""What hangs costs a scrape the deadline at most, and its own samples alone: file systems whose server
does not answer, and a sysfs one of whose files does not come back. FUSE servers stand for both, in a mount
namespace of the test's own, which takes root. (Kernels of test machines often have no NFS client; to statfs
a hung FUSE mount is what a dead NFS server is: a call that does not come back.)"""
import os
import shutil
import statistics
import sys
import tempfile
import time
import unittest

from kubegauge import Agent, Folder, SOURCE, fixture, paths, samples

sys.path.insert(0, SOURCE + "/tests/fake")
import fusefs  # noqa: E402

DEADLINE = 2.0
SLACK = 1.0  # sanitizers, and other tests beside this
LAPTOP = SOURCE + "/tests/fixtures/node/laptop/sys"
ERROR = 'node_filesystem_device_error{device="hung",device_error="%s",fstype="fuse",mountpoint="%s"}'
TIMEOUT, CUT_OFF = "mountpoint timeout", "transport endpoint is not connected"

# A file of each collector that may ask hardware.
SLOW = {
    "cpufreq": "devices/system/cpu/cpu1/cpufreq/scaling_cur_freq",
    "hwmon": "class/hwmon/hwmon0/temp1_input",
    "netclass": "class/net/wlan0/operstate",
    "powersupplyclass": "class/power_supply/BAT0/capacity",
    "thermal_zone": "class/thermal/thermal_zone0/temp",
}


def threads(agent):
    return len(os.listdir("/proc/%d/task" % agent.process.pid))


class Hung(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            print("SKIPPED: FUSE mounts need root and /dev/fuse")
            raise unittest.SkipTest("no FUSE")
        fusefs.own_namespace()

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        self.top = fixture(self.folder.path)
        # Not in /dev/shm: mounts below /dev are not taken.
        self.servers = []
        self.mounts = tempfile.mkdtemp(prefix="kubegauge-test-")
        self.addCleanup(shutil.rmtree, self.mounts)
        # The mounts of the agent's own namespace, which is this one.
        os.makedirs(self.top + "/proc/1")
        os.symlink("/proc/self/mountinfo", self.top + "/proc/1/mountinfo")

    def mount(self, name, shown, dead=False):
        target = self.mounts + "/" + name
        os.makedirs(target)
        fs = fusefs.FuseFs(shown, target, dead)
        self.servers.append(fs)
        self.addCleanup(fs.unmount)
        self.addCleanup(fs.end)
        return fs

    def agent(self, *options):
        args = [p for p in paths(self.top) if not p.startswith("--path.rootfs")]
        agent = Agent("local", *args, "--collector.deadline=%gs" % DEADLINE, *options,
                      env={"ASAN_OPTIONS": "detect_leaks=0"})  # it stops all threads, and waits for that
        self.addCleanup(agent.__exit__, None, None, None)
        self.addCleanup(lambda: [fs.end() for fs in self.servers])  # first: nothing ends what hangs
        return agent

    def scrape(self, agent, path="/metrics/node"):
        began = time.monotonic()
        text = agent.text(path)
        self.assertLess(time.monotonic() - began, DEADLINE + SLACK)
        return samples(text)

    def successes(self, series):
        return {name: series['node_scrape_collector_success{collector="%s"}' % name] for name in
                (*SLOW, "filesystem", "meminfo", "stat")}

    def wait_for(self, what, seconds=20):
        until = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), until, "nothing came of it")
            time.sleep(0.1)

    def test_mounts_that_hang(self):
        hung = {"one": self.mount("hung-one", self.top), "two": self.mount("hung-two", self.top)}
        dead = self.mount("hung-dead", self.top, dead=True)
        alive = self.mount("alive", self.top)
        target = {name: fs.target for name, fs in {**hung, "dead": dead, "alive": alive}.items()}
        for fs in hung.values():
            fs.hang(".")
        agent = self.agent()
        first = self.scrape(agent)
        for name in ("one", "two", "dead"):
            self.assertEqual(first[ERROR % (TIMEOUT, target[name])], "1")
        self.assertEqual(first[ERROR % ("", target["alive"])], "0")
        self.assertEqual(set(self.successes(first).values()) - {"0"}, {"1"})
        self.assertEqual(self.successes(first)["filesystem"], "1")
        size = 'node_filesystem_size_bytes{device="hung",device_error="",fstype="fuse",mountpoint="%s"}'
        self.assertEqual(float(first[size % target["alive"]]), 1000 * 4096)
        self.assertIn("node_memory_MemTotal_bytes", first)
        self.assertEqual({fs for fs in hung.values() if fs.asked != {"."}}, set())

        # From then on they are not asked, and cost neither time nor threads.
        before = threads(agent)
        times = []
        for _ in range(30):
            began = time.monotonic()
            again = self.scrape(agent)
            times.append(time.monotonic() - began)
            self.assertEqual(again[ERROR % (TIMEOUT, target["one"])], "1")
        self.assertLess(statistics.median(times), DEADLINE / 4)
        self.scrape(agent, "/metrics/cadvisor")
        self.assertLessEqual(threads(agent), before)

        # One answers again; another's server dies, and then its mount goes.
        hung["one"].release()
        self.wait_for(lambda: ERROR % ("", target["one"]) in self.scrape(agent))
        self.assertIn(size % target["one"], self.scrape(agent))
        hung["two"].end()
        self.wait_for(lambda: ERROR % (CUT_OFF, target["two"]) in self.scrape(agent))
        hung["two"].unmount()
        self.wait_for(lambda: not any(target["two"] in name for name in self.scrape(agent)))
        self.assertLess(threads(agent), before)

        # It ends in time with one that never came back.
        self.assertIn(ERROR % (TIMEOUT, target["dead"]), self.scrape(agent))
        began = time.monotonic()
        self.assertEqual(agent.end(), 0)
        self.assertLess(time.monotonic() - began, 10)

    def test_a_file_of_sysfs_that_hangs(self):
        fs = self.mount("hung-sys", LAPTOP)
        agent = self.agent("--path.sysfs=" + fs.target)
        healthy = self.scrape(agent)
        self.assertEqual(set(self.successes(healthy).values()), {"1"})
        for name, path in SLOW.items():
            with self.subTest(name):
                fs.hang(path)
                for _ in range(3):
                    series = self.scrape(agent)
                    failed = {n for n, ok in self.successes(series).items() if ok == "0"}
                    self.assertEqual(failed, {name})
                self.assertEqual(fs.asked, {path})
                lost = {s.partition("{")[0] for s in set(healthy) - set(series)}
                self.assertTrue(lost)
                fs.release()
                self.wait_for(lambda: set(self.successes(self.scrape(agent)).values()) == {"1"})
                missing = set(healthy) - set(self.scrape(agent))
                self.assertEqual({s for s in missing if not s.startswith("node_scrape")}, set())

        # All of them at once: no more than the deadline, and a thread each.
        before = threads(agent)
        fs.hang(*SLOW.values())
        for _ in range(30):
            series = self.scrape(agent)
        self.assertEqual({n for n, ok in self.successes(series).items() if ok == "0"}, set(SLOW))
        self.assertLessEqual(threads(agent), before + len(SLOW) + 1)
        fs.release()
        self.wait_for(lambda: set(self.successes(self.scrape(agent)).values()) == {"1"})
        self.wait_for(lambda: threads(agent) <= before + 1)


if __name__ == "__main__":
    unittest.main()
