"""The compressed answer as its readers read it: Go with Prometheus's parser, Prometheus itself, curl,
while objects change."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request

from kubegauge import Folder, SOURCE

sys.path.insert(0, SOURCE + "/tests/bench")
from crowd import Crowd, Role  # noqa: E402

PODS = 500
TOOLS = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                     "kubegauge/bin")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Gzip(unittest.TestCase):
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
        """The number of series, which is the same in both formats, plain and with gzip. Between two
        of the four the state may change; what is wrong for good stays wrong."""
        until = time.monotonic() + 30
        while True:
            said = read("same " + url)
            counts = said.split()
            if "wrong" not in said and counts == counts[:1] * 4:
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
        plain = subprocess.run(["curl", "-sS", url], stdout=subprocess.PIPE, check=True).stdout
        for _ in range(2):
            packed = subprocess.run(["curl", "-sS", "--compressed", url], stdout=subprocess.PIPE,
                                    check=True).stdout
            self.assertTrue(plain == packed)

    def test_prometheus_scrapes_it(self):
        program = shutil.which("prometheus")
        if not program:
            print("SKIPPED: no prometheus")
            self.skipTest("no prometheus")
        role = self.role()
        port = free_port()
        with open(self.folder.path + "/prometheus.yaml", "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "2s", "scrape_timeout": "2s"},
                       "scrape_configs": [{"job_name": "state", "metrics_path": "/metrics/state",
                                           "static_configs": [
                                               {"targets": ["127.0.0.1:%d" % role.port]}]}]}, file)
        with open(self.folder.path + "/log", "wb") as log:
            process = subprocess.Popen(
                [program, "--config.file=" + self.folder.path + "/prometheus.yaml",
                 "--storage.tsdb.path=" + self.folder.path + "/tsdb",
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

        self.crowd.tell("churn 40")
        until = time.monotonic() + 60
        while (ask("count_over_time(up[1h])") or 0) < 8:
            self.assertLess(time.monotonic(), until, "Prometheus does not scrape")
            time.sleep(0.5)
        self.crowd.tell("churn 0")
        self.settle(role)
        time.sleep(5)
        self.assertEqual(ask("count(kube_pod_info)"), PODS)
        self.assertEqual(ask("scrape_samples_scraped"),
                         sum(1 for line in role.get("/metrics/state")[1].splitlines()
                             if not line.startswith(b"#")))
        self.assertGreaterEqual(ask("sum_over_time(up[1h])"), ask("count_over_time(up[1h])") - 1)
        self.assertEqual(ask("up"), 1)


if __name__ == "__main__":
    unittest.main()
