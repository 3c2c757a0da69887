"""Every file of every made-up machine, spoilt in one way after another: the agent stays up (the sanitizers
look on), says which collectors failed, and what it serves is an exposition that Prometheus can read."""
import os
import random
import re
import shutil
import subprocess
import unittest

from kubegauge import Agent, Folder, SOURCE, fixture, samples

MACHINES = SOURCE + "/tests/fixtures/node/"
KINDS = {"numa": "processors on many nodes, bonds, memory controllers", "old-kernel": "fewer fields and files",
         "laptop": "batteries, sensors, frequencies", "storage": "md arrays and many disks",
         "vm-nothing": "a machine with next to nothing", "garbage": "noise everywhere"}


def replace_numbers(data, by):
    return re.sub(rb"\d+", by, data)


def noise(data):
    return random.Random(len(data)).randbytes(max(len(data), 300))


SPOIL = {
    "empty": lambda data: b"",
    "half": lambda data: data[:len(data) // 2],
    "without its end": lambda data: data.rstrip()[:-1],
    "noise": noise,
    "NUL bytes": lambda data: data.replace(b" ", b"\0"),
    "huge numbers": lambda data: replace_numbers(data, b"99999999999999999999999999"),
    "largest numbers": lambda data: replace_numbers(data, b"18446744073709551615"),
    "negative numbers": lambda data: replace_numbers(data, b"-7"),
    "no numbers": lambda data: replace_numbers(data, b"x"),
    "hexadecimal": lambda data: replace_numbers(data, b"0xffffffffffffffff"),
    "one long line": lambda data: data.replace(b"\n", b" ") * (200000 // (len(data) + 1) + 1),
    "many lines": lambda data: data * (100000 // (len(data) + 1) + 1),
    "quotes and backslashes": lambda data: re.sub(rb"[A-Za-z]", b'"\\\\\xff', data),
    "blank lines": lambda data: data.replace(b"\n", b"\n\n"),
}


def spoil(root, how):
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                data = file.read()
            with open(path, "wb") as file:
                file.write(how(data))


class Garbage(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        self.promtool = shutil.which("promtool")
        self.assertTrue(self.promtool, "no promtool (package prometheus)")

    def check(self, root):
        agent = Agent("local", "--kmsg=", "--path.procfs=" + root + "/proc", "--path.sysfs=" + root + "/sys",
                      "--path.rootfs=" + root, "--path.cgroup=" + root + "/sys/fs/cgroup")
        with agent:
            text = agent.text("/metrics")
            agent.text("/metrics")  # nothing may depend on the first time
        done = subprocess.run([self.promtool, "check", "metrics"], input=text.encode(), capture_output=True,
                              check=False)
        self.assertNotIn(b"error while linting", done.stderr, text)
        self.assertIn(done.returncode, (0, 3))  # 3: names that promtool finds unusual
        found = samples(text)
        return {s for s in found if s.startswith("node_scrape_collector_success")}

    def test_all_kinds_of_machine_are_there(self):
        self.assertEqual(set(os.listdir(MACHINES)), set(KINDS))

    def test_every_file_spoilt(self):
        for machine in KINDS:
            for number, (name, how) in enumerate(SPOIL.items()):
                with self.subTest(machine=machine, spoilt=name):
                    root = "%s/%s-%d" % (self.folder.path, machine, number)
                    fixture(root)  # its cgroups
                    shutil.copytree(MACHINES + machine, root, dirs_exist_ok=True)
                    spoil(root, how)
                    self.assertTrue(self.check(root))
                    shutil.rmtree(root)


if __name__ == "__main__":
    unittest.main()
