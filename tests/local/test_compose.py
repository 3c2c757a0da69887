"""examples/compose: its file by the reader that docker compose has, its Prometheus by promtool, and the
whole of it as far as it goes without images: the program with the arguments and the view of the machine
that the file gives it, beside real Podman containers, scraped by a real Prometheus, which answers every
query of the dashboards."""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request

SOURCE = os.environ["KG_SOURCE_DIR"]
sys.path.insert(0, SOURCE + "/tests/integration/agent")

import kubegauge
from podman import Podman, missing

COMPOSE = SOURCE + "/examples/compose"
TARGET = "host.docker.internal:9095"
SECONDS = 30
INTERVAL = 1

# Queries that have an answer only on some machines, or when something is wrong.
MAY_BE_EMPTY = {
    "containers/Disk read": "nothing was read from a disk",
    "containers/Disk written": "nothing was written to a disk",
    "machine/Waiting for CPU, memory and disks (pressure)": "a kernel without PSI",
    "machine/Disks, time in use": "a machine without disks",
    "machine/Disks, read and written": "a machine without disks",
    "machine/Network, received and sent": "only lo is here",
}


def dashboards():
    for path in sorted(glob.glob(COMPOSE + "/grafana/dashboards/*.json")):
        with open(path, encoding="utf-8") as file:
            yield os.path.basename(path)[:-5], json.load(file)


def queries():
    """{"dashboard/panel": [expression]}"""
    return {"%s/%s" % (name, panel["title"]): [target["expr"] for target in panel["targets"]]
            for name, board in dashboards() for panel in board["panels"]}


def services():
    """The services of the compose file as docker compose understands them."""
    tool = subprocess.run([SOURCE + "/tests/cluster/build-tools", "compose-go"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip() + "/compose-go"
    done = subprocess.run([tool, "-format", "json", COMPOSE + "/docker-compose.yml"], cwd=COMPOSE,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)["services"]


class Files(unittest.TestCase):
    def setUp(self):
        self.services = services()

    def source_of(self, service, target):
        """The folder of the example that stands there in the container."""
        for mount in self.services[service]["volumes"]:
            rest = os.path.relpath(target, mount["target"])
            if mount["type"] == "bind" and not rest.startswith(".."):
                return os.path.normpath(os.path.join(mount["source"], rest))
        self.fail("%s: nothing is mounted at %s" % (service, target))

    def test_what_is_mounted_is_there(self):
        for service, definition in self.services.items():
            for mount in definition.get("volumes", []):
                if mount["type"] == "bind":
                    self.assertTrue(os.path.isdir(mount["source"]), mount["source"])
        build = self.services["kubegauge"]["build"]
        self.assertEqual(os.path.normpath(build["context"]), os.path.normpath(SOURCE))
        self.assertTrue(os.path.exists(os.path.join(build["context"], build["dockerfile"])))

    def test_grafana_finds_its_dashboards(self):
        def text(path):
            with open(self.source_of("grafana", path), encoding="utf-8") as file:
                return file.read()
        provisioning = "/etc/grafana/provisioning"
        folder = re.search(r"path: (\S+)", text(provisioning + "/dashboards/kubegauge.yml")).group(1)
        self.assertTrue(glob.glob(self.source_of("grafana", folder) + "/*.json"))
        home = self.services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertTrue(os.path.exists(self.source_of("grafana", home)), home)
        source = text(provisioning + "/datasources/prometheus.yml")
        uid = re.search(r"uid: (\S+)", source).group(1)
        host, port = re.search(r"url: http://(\w+):(\d+)", source).groups()
        self.assertIn(int(port), [one["target"] for one in self.services[host]["ports"]])
        seen = set()
        for name, board in dashboards():
            self.assertNotIn(board["uid"], seen)
            seen.add(board["uid"])
            uses = [panel["datasource"] for panel in board["panels"]]
            uses += [target["datasource"] for panel in board["panels"] for target in panel["targets"]]
            uses += [variable["datasource"] for variable in board["templating"]["list"]]
            for use in uses:
                self.assertEqual(use, {"type": "prometheus", "uid": uid}, name)

    def test_prometheus_takes_its_configuration(self):
        done = subprocess.run(["promtool", "check", "config", COMPOSE + "/prometheus/prometheus.yml"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Running(unittest.TestCase):
    """Everything in the namespaces of the test: its mounts and ports go with it."""

    @classmethod
    def setUpClass(cls):
        cls.services = services()
        cls.podman = Podman()
        cls.addClassCleanup(cls.podman.done)
        cls.podman.start_service()
        cls.start_containers()
        cls.start_agent()
        cls.start_prometheus()

    @classmethod
    def start_containers(cls):
        labels = ("--label", "com.docker.compose.project=shop", "--label",
                  "com.docker.compose.service=web", "--label", "com.example.other=1")
        check = ("--health-cmd", "true", "--health-interval", "disable")
        cls.podman.run("shop-web-1", "httpd -h /; while :; do :; done", "--cpus", "0.5", "--memory",
                       "64m", *labels, *check)
        cls.podman.run("alone", "sleep 100000")

    @classmethod
    def start_agent(cls):
        """In the image's file system, with the machine below /host as the file mounts it; the mounts
        are in a namespace that ends with the program."""
        root = cls.podman.top + "/image"
        subprocess.run([SOURCE + "/manifests/image/stage", kubegauge.PROGRAM, root], check=True)
        definition = cls.services["kubegauge"]
        mounts = [(mount["source"], mount["target"]) for mount in definition["volumes"]]
        # What an engine mounts in every container; the file's device is in it.
        mounts += [("/proc", "/proc"), ("/dev", "/dev")]
        for device in definition["devices"]:
            assert device["source"] == device["target"] and os.path.exists(device["source"])
        steps = []
        for source, target in mounts:
            os.makedirs(root + target)
            steps.append("mount --rbind %s %s" % (source, root + target))
        wrapper = cls.podman.top + "/in-image"
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexec unshare --mount --propagation private sh -c '%s && "
                       "exec chroot %s /usr/bin/kubegauge \"$@\"' sh \"$@\"\n"
                       % (" && ".join(steps), root))
        os.chmod(wrapper, 0o755)
        kubegauge.PROGRAM = wrapper
        # The engine of the test is not where a machine's own would be.
        usual = "--podman=unix:///host/run/podman/podman.sock"
        assert usual in definition["command"]
        cls.agent = kubegauge.Agent(*[
            arg if arg != usual else "--podman=unix:///host" + cls.podman.socket
            for arg in definition["command"]])
        cls.addClassCleanup(cls.agent.__exit__, None, None, None)

    @classmethod
    def start_prometheus(cls):
        with open(COMPOSE + "/prometheus/prometheus.yml", encoding="utf-8") as file:
            text = file.read()
        assert text.count(TARGET) == 3
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            cls.port = free.getsockname()[1]
        text = text.replace(TARGET, "127.0.0.1:%d" % cls.agent.port)
        text = text.replace("localhost:9090", "127.0.0.1:%d" % cls.port)
        text = re.sub(r"scrape_interval: \S+", "scrape_interval: %ds" % INTERVAL, text)
        folder = cls.podman.top + "/prometheus"
        os.makedirs(folder)
        with open(folder + "/prometheus.yml", "w", encoding="utf-8") as file:
            file.write(text)
        with open(folder + "/log", "wb") as log:
            process = subprocess.Popen(
                ["prometheus", "--config.file=" + folder + "/prometheus.yml",
                 "--storage.tsdb.path=" + folder + "/data",
                 "--web.listen-address=127.0.0.1:%d" % cls.port],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        cls.addClassCleanup(process.wait, 30)
        cls.addClassCleanup(process.send_signal, signal.SIGTERM)

    def ask(self, path, **query):
        url = "http://127.0.0.1:%d/api/v1/%s?%s" % (self.port, path, urllib.parse.urlencode(query))
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError("%s: %s" % (query, error.read().decode())) from error

    def wait(self, what, check):
        until = time.monotonic() + SECONDS
        while True:
            try:
                result = check()
            except OSError:
                result = None  # it is not up yet
            if result:
                return result
            assert time.monotonic() < until, "no " + what
            time.sleep(0.2)

    def wait_scrapes(self):
        """Until a rate over four intervals has something to be made of."""
        self.wait("scrapes", lambda: min(
            [float(r["value"][1]) for r in self.results("count_over_time(up[1m])")] or [0]) > 5)

    def results(self, expression):
        expression = expression.replace("$__rate_interval", "%ds" % (INTERVAL * 4))
        expression = expression.replace("$project", ".*")
        assert "$" not in expression, expression
        return self.ask("query", query=expression)["result"]

    def test_every_target_is_up(self):
        def healths():
            targets = self.ask("targets")["activeTargets"]
            return {t["labels"]["job"]: t["health"] for t in targets}
        want = dict.fromkeys(("cadvisor", "node", "kubegauge", "prometheus"), "up")
        self.wait("target that is up", lambda: healths() == want)

    def test_every_query_of_the_dashboards_has_an_answer(self):
        self.wait_scrapes()
        empty = {title for title, expressions in queries().items()
                 if not all(self.results(expression) for expression in expressions)}
        self.assertEqual(empty - set(MAY_BE_EMPTY), set())

    def test_containers_are_there_by_name(self):
        def found():
            return {(r["metric"]["name"],
                     r["metric"].get("container_label_com_docker_compose_service"))
                    for r in self.results('container_last_seen{name!=""}')}
        self.wait("names", lambda: {("shop-web-1", "web"), ("alone", None)} <= found())
        # Only the labels that the file names.
        labels = self.results('container_last_seen{name="shop-web-1"}')[0]["metric"]
        self.assertFalse([label for label in labels if label.startswith("container_label_com_ex")])
        values = self.ask("label/container_label_com_docker_compose_project/values")
        self.assertEqual(values, ["shop"])

    def test_values_are_the_machines(self):
        with open("/proc/meminfo", encoding="utf-8") as file:
            total = int(file.readline().split()[1]) * 1024
        for query in ('node_memory_MemTotal_bytes{job="node"}',
                      'machine_memory_bytes{job="cadvisor"}'):
            result = self.wait(query, lambda q=query: self.results(q))
            self.assertEqual(float(result[0]["value"][1]), total)
        roots = self.wait("root", lambda: self.results(
            'node_filesystem_size_bytes{job="node", mountpoint="/"}'))
        self.assertEqual(float(roots[0]["value"][1]),
                         os.statvfs("/").f_blocks * os.statvfs("/").f_frsize)


if __name__ == "__main__":
    why = missing() or next(("no " + p for p in ("promtool", "prometheus") if not shutil.which(p)),
                            None)
    if why:
        print("SKIPPED: %s" % why)
        sys.exit(77)
    unittest.main()
