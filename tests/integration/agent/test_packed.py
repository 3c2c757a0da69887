"""The compressed answer as its readers read it: Go with Prometheus's decoders and parser, Prometheus
itself, curl, while objects change."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request

from kubegauge import SOURCE, UNPACK, Folder

sys.path.insert(0, SOURCE + "/tests/bench")
from crowd import Crowd, Role  # noqa: E402

PODS = 500
TOOLS = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                     "kubegauge/bin")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Packed(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        self.crowd = Crowd(os.environ["KG_CROWD_API"], PODS)
        self.addCleanup(self.crowd.__exit__)

    def role(self, *flags):
        role = Role(os.environ["KUBEGAUGE"], self.crowd.port, *flags)
        self.addCleanup(role.__exit__)
        role.wait_full(PODS)
        return role

    def reader(self):
        if not shutil.which("go") and not os.path.exists(TOOLS + "/exposition"):
            print("SKIPPED: no Go to build the reader with")
            self.skipTest("no Go")
        subprocess.run([SOURCE + "/tests/cluster/build-tools", "exposition"], check=True,
                       stdout=subprocess.DEVNULL)
        process = subprocess.Popen([TOOLS + "/exposition"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)

        def end():
            process.stdin.close()
            process.stdout.close()
            process.wait(30)

        def read(line):
            process.stdin.write(line + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        self.addCleanup(end)
        return read

    def settle(self, role):
        """Waits until what was told to the API server has been published."""
        before = None
        until = time.monotonic() + 30
        while True:
            self.assertLess(time.monotonic(), until)
            now = role.get("/metrics/state")[1]
            if now == before:
                return
            before = now
            time.sleep(0.3)

    def same(self, read, url):
        """The number of series, which is the same in both formats, plain and compressed. Between two
        of the six the state may change; what is wrong for good stays wrong."""
        until = time.monotonic() + 30
        while True:
            said = read("same " + url)
            counts = said.split()
            if "wrong" not in said and counts == counts[:1] * 6:
                return int(counts[0])
            self.assertLess(time.monotonic(), until, said)
            time.sleep(0.5)

    def read_in_churn(self, role):
        read = self.reader()
        url = "http://127.0.0.1:%d/metrics" % role.port
        self.assertGreater(self.same(read, url + "/state"), 40 * PODS)
        for change in ("change 5", "replace 5", "change 150", "pods 430", "pods 500", "expire"):
            self.crowd.tell(change)
            self.settle(role)
            self.assertGreater(self.same(read, url + "/state"), 30 * PODS)
        for query in ("?resources=pods", "?resources=nodes,namespaces", "?exclude_resources=pods",
                      "?name[]=kube_pod_info&name[]=kube_pod_status_ready"):
            self.assertGreater(self.same(read, url + "/state" + query), 0)
        self.crowd.tell("churn 150")
        for _ in range(8):
            said = read(url)  # whole, legal, and nothing twice
            self.assertNotIn("wrong", said)
            self.assertGreater(min(int(n) for n in said.split()), 40 * PODS)

    def test_go_reads_what_is_kept(self):
        role = self.role()
        self.read_in_churn(role)
        own = role.get("/metrics/self")[1].decode()
        self.assertRegex(own, r"\nkubegauge_gzip_pieces_reused_total [1-9]\d{2,}\n")
        self.assertRegex(own, r"\nkubegauge_gzip_pieces_refused_total 0\n")

    def test_go_reads_what_has_no_room(self):
        role = self.role("--web.gzip-cache=100Ki")
        self.read_in_churn(role)
        self.assertRegex(role.get("/metrics/self")[1].decode(),
                         r"\nkubegauge_gzip_pieces_refused_total [1-9]\d+\n")

    def test_go_reads_what_is_never_kept(self):
        role = self.role("--web.gzip-cache=0")
        self.read_in_churn(role)
        self.assertNotIn("kubegauge_gzip", role.get("/metrics/self")[1].decode())

    def test_curl_reads_it(self):
        role = self.role()
        self.settle(role)
        url = "http://127.0.0.1:%d/metrics/state" % role.port

        def curl(*options):
            return subprocess.run(["curl", "-sS", *options, url], stdout=subprocess.PIPE,
                                  check=True).stdout

        plain = curl()
        for _ in range(2):
            for coding in ("gzip", "zstd"):
                self.assertTrue(plain == curl("--compressed", "-H", "Accept-Encoding: " + coding))
            self.assertTrue(plain == curl("--compressed"))
            self.assertTrue(len(curl("-H", "Accept-Encoding: zstd")) < len(plain) / 5)

    def test_who_reads_slowly_gets_one_state(self):
        """Those who read on while objects change get what was there when they began, in each coding."""
        role = self.role()
        self.settle(role)
        plain = role.get("/metrics/state")[1]
        slow = {}
        for coding in UNPACK:
            connection = http.client.HTTPConnection("127.0.0.1", role.port, timeout=60)
            connection.request("GET", "/metrics/state", headers={"Accept-Encoding": coding})
            answer = connection.getresponse()
            slow[coding] = (connection, answer, answer.read(1000))
        for change in ("change 200", "replace 50", "pods 300"):
            self.crowd.tell(change)
            self.settle(role)
            for coding, unpack in UNPACK.items():
                self.assertEqual(unpack(role.get("/metrics/state", coding)[1]),
                                 role.get("/metrics/state")[1])
        for coding, (connection, answer, begun) in slow.items():
            self.assertEqual(UNPACK[coding](begun + answer.read()), plain)
            connection.close()

    def prometheus(self, name, role, *command):
        """Starts one that scrapes the role; what asks it for the value of a query, None for none."""
        folder, port = self.folder.path + "/" + name, free_port()
        os.mkdir(folder)
        with open(folder + "/prometheus.yaml", "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "2s", "scrape_timeout": "2s"},
                       "scrape_configs": [{"job_name": "state", "metrics_path": "/metrics/state",
                                           "static_configs": [
                                               {"targets": ["127.0.0.1:%d" % role.port]}]}]}, file)
        with open(folder + "/log", "wb") as log:
            process = subprocess.Popen(
                [*command, "--config.file=" + folder + "/prometheus.yaml",
                 "--storage.tsdb.path=" + folder + "/tsdb",
                 "--web.listen-address=127.0.0.1:%d" % port], stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def ask(query):
            url = "http://127.0.0.1:%d/api/v1/query?%s" % (
                port, urllib.parse.urlencode({"query": query}))
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    found = json.load(answer)["data"]["result"]
            except OSError:
                return None
            return float(found[0]["value"][1]) if found else None

        return ask

    def test_prometheus_scrapes_it(self):
        """Debian's with gzip, and a new one with zstd, at the same time."""
        role, asks = self.role(), {}
        if shutil.which("prometheus"):
            asks["gzip"] = self.prometheus("gzip", role, "prometheus")
        if os.path.exists(TOOLS + "/prometheus"):
            asks["zstd"] = self.prometheus("zstd", role, TOOLS + "/prometheus",
                                           "--enable-feature=zstd-scrape")
        if len(asks) < 2:
            print("SKIPPED: not both a prometheus and a new one (tests/cluster/build-tools prometheus)")
        self.crowd.tell("churn 40")
        until = time.monotonic() + 60
        for ask in asks.values():
            while (ask("count_over_time(up[1h])") or 0) < 8:
                self.assertLess(time.monotonic(), until, "Prometheus does not scrape")
                time.sleep(0.5)
        self.crowd.tell("churn 0")
        self.settle(role)
        time.sleep(5)
        series = sum(1 for line in role.get("/metrics/state")[1].splitlines()
                     if not line.startswith(b"#"))
        encodings = dict(re.findall(r'\nkubegauge_scrapes_by_encoding_total{encoding="(\w+)"} (\d+)',
                                    role.get("/metrics/self")[1].decode()))
        for coding, ask in asks.items():
            self.assertEqual(ask("count(kube_pod_info)"), PODS)
            self.assertEqual(ask("scrape_samples_scraped"), series)
            self.assertGreaterEqual(ask("sum_over_time(up[1h])"), ask("count_over_time(up[1h])") - 1)
            self.assertEqual(ask("up"), 1)
            self.assertGreaterEqual(int(encodings[coding]), 8)


if __name__ == "__main__":
    unittest.main()
