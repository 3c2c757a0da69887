"""The API server of made-up objects and the cluster role on it, for benchmarks and tests."""
import http.client
import os
import re
import select
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
START_SECONDS = 120

KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: u, user: {{}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
"""


def status(pid):
    """Resident, anonymous and highest resident memory, in MB of 10^6 bytes."""
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "RssAnon", "VmHWM"):
            found[name] = int(value.split()[0]) * 1024 / 1e6
    return found


def private(pid):
    total = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Private_Clean:", "Private_Dirty:")):
            total += int(line.split()[1]) * 1024 / 1e6
    return total


def cpu_seconds(pid):
    """Of all threads, in ns from the scheduler: clock ticks are too coarse here."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


class Crowd:
    """The API server of made-up objects."""

    def __init__(self, program, pods, *flags):
        self.process = subprocess.Popen([program, str(HERE / "crowd"), str(pods), *flags],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n", line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


class Role:
    """The cluster role; its log is kept from the pipe's buffer, so that it never waits."""

    def __init__(self, program, port, *flags, kubeconfig=None):
        self.folder = tempfile.TemporaryDirectory(prefix="kubegauge-bench-")
        config = kubeconfig or Path(self.folder.name) / "kubeconfig"
        if not kubeconfig:
            config.write_text(KUBECONFIG.format(port=port))
        clean = {k: v for k, v in os.environ.items() if not k.startswith("KUBEGAUGE_")}
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [program, "cluster", f"--kubeconfig={config}", "--web.listen-address=127.0.0.1:0",
             *flags], stderr=subprocess.PIPE, env=clean)
        self.pid = self.process.pid
        self.log = ""
        found = self.wait_log(r"msg=listening address=\S+?:(\d+)", START_SECONDS)
        self.port = int(found.group(1))

    def read_log(self, seconds):
        """Reads what there is of the log; whether more may come."""
        stream = self.process.stderr
        if select.select([stream], [], [], seconds)[0]:
            piece = os.read(stream.fileno(), 65536)
            self.log += piece.decode(errors="replace")
            return bool(piece)
        return True

    def log_so_far(self):
        self.read_log(0)
        return self.log

    def wait_log(self, pattern, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = re.search(pattern, self.log)
            if found:
                return found
            if not self.read_log(0.05):
                break
        raise SystemExit(f"no {pattern!r} in the log:\n{self.log}")

    def get(self, path, encoding="identity", connection=None):
        """(status, body, its bytes on the wire)"""
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Accept-Encoding": encoding})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def wait_full(self, pods, seconds=START_SECONDS):
        """The first answer that has all pods, and when it was there, from the start on."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.get("/readyz")[0] == 200:
                code, body = self.get("/metrics")
                at = time.monotonic() - self.started
                if code == 200 and body.count(b"\nkube_pod_info{") == pods:
                    return at, body
            self.read_log(0.01)
        raise SystemExit(f"never all of {pods} pods; the log:\n{self.log}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        self.folder.cleanup()
