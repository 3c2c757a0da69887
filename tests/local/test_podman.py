"""Role local beside real Podman containers: names by its Docker-compatible socket, values against
`podman stats`, and ids when there is no socket."""
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["KG_SOURCE_DIR"], "tests/integration/agent"))

from kubegauge import Agent, samples
from podman import IMAGE, Podman, missing

SECONDS = 20
MIB = 1 << 20
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def compose(service):
    return ("--label", "com.docker.compose.project=shop",
            "--label", "com.docker.compose.service=" + service)


def series(text):
    """[(family, labels, value)] of container_* series."""
    found = []
    for name, value in samples(text).items():
        family, _, labels = name.partition("{")
        if family.startswith("container_"):
            found.append((family, dict(LABEL.findall(labels)), float(value)))
    return found


def value_of(rows, family, **wanted):
    """The value of the one series with these labels; None when there is none."""
    found = [value for name, labels, value in rows
             if name == family and wanted.items() <= labels.items()]
    assert len(found) <= 1, "%s%s: %d series" % (family, wanted, len(found))
    return found[0] if found else None


def names(rows):
    return {labels["name"] for family, labels, _ in rows
            if family == "container_last_seen" and labels["name"]}


def size(text):
    """"356.4kB", with what its last digit may hide, in bytes."""
    number, unit = re.fullmatch(r"([\d.]+)([kMG]?i?B)", text).groups()
    factor = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]
    return float(number) * factor, factor * 10 ** -(len(number.partition(".")[2] or ""))


class Local(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.podman = Podman()
        cls.addClassCleanup(cls.podman.done)
        cls.web = cls.podman.run("web", "httpd -h / && while :; do :; done", "--cpus", "0.5",
                                 "--memory", "64m", *compose("web"))
        address = cls.podman("inspect", "--format", "{{.NetworkSettings.IPAddress}}", "web")
        cls.db = cls.podman.run(
            "db", "x=$(head -c 20000000 /dev/zero | tr '\\0' x); "
                  "wget -q -O /dev/null http://%s/bin/busybox; sleep 100000; :" % address,
            *compose("db"))
        cls.podman.run("side", "sleep 100000", "--network", "container:web")
        cls.wait_for_traffic()

    @classmethod
    def wait_for_traffic(cls):
        until = time.monotonic() + SECONDS
        while int(size(cls.podman.stats()["db"]["net_io"].split(" / ")[1])[0]) < MIB:
            assert time.monotonic() < until, "no traffic between the containers"
            time.sleep(0.2)

    def setUp(self):
        self.addCleanup(self.podman.stop_service)

    def agent(self, *more):
        return Agent("local", "--docker=", "--podman=unix://" + self.podman.socket,
                     "--engine-interval=1s", *more)

    def read(self, agent):
        return series(agent.text("/metrics/cadvisor"))

    def wait(self, agent, check):
        until = time.monotonic() + SECONDS
        while True:
            rows = self.read(agent)
            if check(names(rows)):
                return rows
            if time.monotonic() > until:
                raise AssertionError("there are only %s" % sorted(names(rows)))
            time.sleep(0.05)

    def wait_named(self, agent, *wanted):
        return self.wait(agent, lambda found: set(wanted) <= found)

    def test_labels(self):
        self.podman.start_service()
        with self.agent() as agent:
            rows = self.wait_named(agent, "web", "db", "side")
            web = next(labels for family, labels, _ in rows
                       if family == "container_last_seen" and labels["name"] == "web")
            self.assertEqual(
                {key: value for key, value in web.items() if value},
                {"id": "%s/libpod-%s" % (self.podman.parent, self.web), "image": IMAGE,
                 "name": "web", "container_label_com_docker_compose_project": "shop",
                 "container_label_com_docker_compose_service": "web"})
            self.assertEqual(value_of(rows, "container_spec_memory_limit_bytes", name="web"),
                             64 * MIB)
            self.assertEqual(value_of(rows, "container_spec_cpu_quota", name="web"), 50000)
            started = float(self.podman("inspect", "--format", "{{.State.StartedAt.Unix}}", "web"))
            self.assertEqual(value_of(rows, "container_start_time_seconds", name="web"), started)
            # The machine and its other cgroups are there as well.
            self.assertIsNotNone(value_of(rows, "container_memory_usage_bytes", id="/"))
            self.assertIsNotNone(value_of(rows, "container_last_seen", id=self.podman.parent))

    def test_values_against_podman_stats(self):
        self.podman.start_service()
        with self.agent() as agent:
            before = self.wait_named(agent, "web", "db", "side")
            stats = self.podman.stats()
            after = self.read(agent)
            for name in ("web", "db", "side"):
                with self.subTest(container=name):
                    self.compare(name, stats[name], before, after)
            self.assertGreater(value_of(after, "container_memory_rss", name="db"), 19e6)
            self.assertGreater(value_of(after, "container_cpu_cfs_throttled_periods_total",
                                        name="web"), 0)

    def compare(self, name, stats, before, after):
        def both(family, **labels):
            return (value_of(before, family, name=name, **labels),
                    value_of(after, family, name=name, **labels))

        seconds = sum(float(n) * {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6}[unit]
                      for n, unit in re.findall(r"([\d.]+)(h|ms|µs|m|s)", stats["cpu_time"]))
        low, high = both("container_cpu_usage_seconds_total", cpu="total")
        self.assertLessEqual(low, seconds + 1e-6)
        self.assertGreaterEqual(high, seconds - 1e-6)
        if name == "web":
            self.assertGreater(high, low)

        used, digit = size(stats["mem_usage"].split(" / ")[0])
        low, high = both("container_memory_usage_bytes")
        slack = digit + 64 * 4096  # pages that come and go between two readings
        self.assertTrue(min(low, high) - slack <= used <= max(low, high) + slack,
                        "memory %s, ours %d to %d" % (stats["mem_usage"], low, high))

        low, high = both("container_threads")
        self.assertIn(float(stats["pids"]), (low, high))

        # What Podman 4 calls input is what the host's end of the cable received: our transmitted.
        if name == "side":
            self.assertIsNone(value_of(after, "container_network_receive_bytes_total", name=name))
            return
        for text, direction in zip(stats["net_io"].split(" / "), ("transmit", "receive")):
            moved, digit = size(text)
            low, high = both("container_network_%s_bytes_total" % direction, interface="eth0")
            self.assertTrue(low - digit <= moved <= high + digit,
                            "%s %s, ours %d to %d" % (direction, text, low, high))
            self.assertGreater(high, 0)

    def test_without_the_socket_by_id(self):
        with self.agent() as agent:
            rows = self.read(agent)
            self.assertTrue({self.web, self.db} <= names(rows))
            self.assertNotIn("web", names(rows))
            self.assertGreater(value_of(rows, "container_cpu_usage_seconds_total", name=self.web,
                                        cpu="total"), 0)
            self.podman.start_service()
            rows = self.wait_named(agent, "web", "db")
            self.assertFalse({self.web, self.db} & names(rows))

            # It goes: what has a name keeps it, what is new is there by its id; and back.
            self.podman.stop_service()
            late = self.podman.run("late", "sleep 100000")
            self.addCleanup(self.podman, "rm", "--force", "--time", "0", "late", check=False)
            rows = self.wait_named(agent, late)
            self.assertTrue({"web", "db"} <= names(rows))
            self.podman.start_service()
            rows = self.wait_named(agent, "late")
            self.assertNotIn(late, names(rows))

    def test_started_renamed_restarted_and_removed(self):
        self.podman.start_service()
        with self.agent("--docker=unix://" + self.podman.socket) as agent:  # the same engine twice
            self.wait_named(agent, "web")
            one = self.podman.run("first", "sleep 100000")
            self.addCleanup(self.podman, "rm", "--force", "--time", "0", one, check=False)
            self.wait_named(agent, "first")
            self.podman("rename", "first", "second")
            rows = self.wait_named(agent, "second")
            self.assertNotIn("first", names(rows))
            self.podman("restart", "--time", "0", "second")
            rows = self.wait_named(agent, "second")
            self.podman("rm", "--force", "--time", "0", "second")
            rows = self.read(agent)  # at once
            self.assertFalse([labels for _, labels, _ in rows if one in labels.get("id", "")])


if __name__ == "__main__":
    why = missing()
    if why:
        print("SKIPPED: %s" % why)
        sys.exit(77)
    unittest.main()
