"""Shards of a StatefulSet as processes of this machine, with a kubelet's part played for their pods,
and a real Prometheus over them. To be run in the test cluster's network (tests/cluster/in)."""

import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

NAMESPACE = "monitoring"
NODE = "shards"
FIRST_PORT = 19100
PROMETHEUS = "http://127.0.0.1:19090"
INTERVAL = 5.0


def call(method, url, body=None, kind="application/json", timeout=20):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        text = answer.read()
    return json.loads(text) if text[:1] in (b"{", b"[") else text.decode()


def eventually(seconds, what, condition):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


class Cluster:
    """The API server, by a proxy of kubectl that knows the credentials."""

    def __init__(self, port=18001):
        self.base = f"http://127.0.0.1:{port}"
        self.proxy = subprocess.Popen(["kubectl", "proxy", f"--port={port}"],
                                      stdout=subprocess.DEVNULL)
        eventually(20, "kubectl proxy answers", lambda: self.try_get("/readyz") is not None)

    def close(self):
        self.proxy.terminate()
        self.proxy.wait()

    def get(self, path):
        return call("GET", self.base + path)

    def try_get(self, path):
        try:
            return self.get(path)
        except (OSError, urllib.error.HTTPError):
            return None

    def post(self, path, body):
        return call("POST", self.base + path, body)

    def ensure(self, path, body):
        try:
            self.post(path, body)
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise

    def patch(self, path, body):
        return call("PATCH", self.base + path, body, "application/merge-patch+json")

    def delete(self, path, grace=None):
        query = "" if grace is None else f"?gracePeriodSeconds={grace}"
        try:
            return call("DELETE", self.base + path + query)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return None


class Shards:
    """A StatefulSet whose pods are processes: bound to a node that nobody keeps, started when they are
    there, called ready when /readyz says so, told to end by SIGTERM, gone when the process is."""

    def __init__(self, cluster, program, folder, name="kubegauge", policy="OrderedReady", flags=()):
        self.cluster, self.program, self.name = cluster, program, name
        self.folder, self.flags = pathlib.Path(folder), list(flags)
        self.processes, self.by_uid, self.ready, self.ended = {}, {}, set(), []
        self.stop, self.failed = threading.Event(), None
        pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
        self.pods_path = pods
        self.set_path = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/{name}"
        labels = {"app": name}
        spec = {
            "terminationGracePeriodSeconds": 90,
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "kubegauge", "image": "kubegauge"}],
        }
        cluster.ensure("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        cluster.ensure("/api/v1/nodes", {"metadata": {"name": NODE}})
        cluster.delete(self.set_path)
        cluster.post(f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets", {
            "metadata": {"name": name},
            "spec": {"replicas": 0, "serviceName": name, "podManagementPolicy": policy,
                     "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": spec}},
        })
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def port(self, ordinal):
        return FIRST_PORT + ordinal

    def run(self):
        while not self.stop.is_set():
            try:
                self.step()
            except (OSError, urllib.error.HTTPError) as error:
                if getattr(error, "code", 0) not in (0, 404, 409):
                    self.failed = error
            self.stop.wait(0.1)

    def step(self):
        query = urllib.parse.quote(f"app={self.name}")
        pods = self.cluster.get(f"{self.pods_path}?labelSelector={query}")["items"]
        for pod in pods:
            self.tend(pod)
        self.write_targets()

    def tend(self, pod):
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        ordinal = int(name.rsplit("-", 1)[1])
        path = f"{self.pods_path}/{name}"
        process = self.by_uid.get(uid)
        if "deletionTimestamp" in pod["metadata"]:
            if process and process.poll() is None:
                if not getattr(process, "told", False):
                    process.told = True
                    process.send_signal(signal.SIGTERM)
            else:
                self.processes.pop(ordinal, None)
                self.ready.discard(uid)
                self.cluster.delete(path, grace=0)
        elif "nodeName" not in pod["spec"]:
            self.cluster.post(path + "/binding", {
                "metadata": {"name": name}, "target": {"kind": "Node", "name": NODE}})
        elif process is None or process.poll() is not None:
            self.by_uid[uid] = self.processes[ordinal] = self.start(ordinal, name)
        elif uid not in self.ready and self.is_ready(ordinal):
            self.cluster.patch(path + "/status", {"status": {
                "phase": "Running", "podIP": "127.0.0.1",
                "conditions": [{"type": "Ready", "status": "True"}]}})
            self.ready.add(uid)

    def start(self, ordinal, name):
        log = open(self.folder / f"{name}.log", "ab")
        command = [self.program, "cluster", f"--kubeconfig={os.environ['KUBECONFIG']}",
                   f"--web.listen-address=127.0.0.1:{self.port(ordinal)}",
                   f"--pod={name}", f"--pod-namespace={NAMESPACE}", *self.flags]
        with log:
            return subprocess.Popen(command, stderr=log, stdout=log)

    def is_ready(self, ordinal):
        try:
            call("GET", f"http://127.0.0.1:{self.port(ordinal)}/readyz", timeout=2)
            return True
        except (OSError, urllib.error.HTTPError):
            return False

    def write_targets(self):
        """What a Prometheus that discovers pods would know: those that run."""
        targets = [f"127.0.0.1:{self.port(o)}" for o in sorted(self.processes)]
        text = json.dumps([{"targets": targets}])
        path = self.folder / "targets.json"
        if not path.exists() or path.read_text() != text:
            path.with_suffix(".new").write_text(text)
            path.with_suffix(".new").rename(path)

    def scale(self, replicas):
        self.cluster.patch(self.set_path, {"spec": {"replicas": replicas}})

    def roll_out(self):
        """Has the controller replace every pod, the last one first, each when the one before is
        ready."""
        self.cluster.patch(self.set_path, {"spec": {"template": {"metadata": {
            "annotations": {"at": str(time.time())}}}}})

    def is_rolled_out(self):
        found = self.cluster.get(self.set_path)
        status = found["status"]
        return (status.get("observedGeneration") == found["metadata"]["generation"] and
                status.get("currentRevision") == status.get("updateRevision") and
                status.get("readyReplicas", 0) == found["spec"]["replicas"])

    def metrics(self, ordinal):
        return call("GET", f"http://127.0.0.1:{self.port(ordinal)}/metrics/self", timeout=10)

    def is_settled(self, replicas):
        if sorted(self.processes) != list(range(replicas)):
            return False
        try:
            texts = [self.metrics(o) for o in range(replicas)]
        except (OSError, urllib.error.HTTPError):
            return False
        return all('kubegauge_shard_phase{phase="settled"} 1' in t and
                   f"\nkubegauge_total_shards {replicas}\n" in t and
                   f"\nkubegauge_shards_wanted {replicas}\n" in t for t in texts)

    def settle(self, replicas, seconds=150):
        eventually(seconds, f"{replicas} shards serve", lambda: self.is_settled(replicas))
        if self.failed:
            raise self.failed

    def close(self):
        self.stop.set()
        self.thread.join()
        for process in self.by_uid.values():
            if process.poll() is None:
                process.kill()
            process.wait()


class Prometheus:
    def __init__(self, folder, jobs=1):
        """Each job has times of its own, and is another scraper to the shards."""
        folder = pathlib.Path(folder)
        config = folder / "prometheus.yml"
        text = f"global: {{scrape_interval: {INTERVAL:.0f}s, scrape_timeout: {INTERVAL:.0f}s}}\n"
        text += "scrape_configs:\n"
        for job in range(jobs):
            text += f"""  - job_name: kubegauge-{job}
    honor_labels: true
    params: {{exclude_resources: [none-{job}]}}
    file_sd_configs: [{{files: ["{folder}/targets.json"], refresh_interval: 5s}}]
"""
        config.write_text(text)
        with open(folder / "prometheus.log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb",
                 "--web.listen-address=127.0.0.1:19090"], stdout=log, stderr=log)
        eventually(30, "Prometheus is ready", self.is_ready)

    @staticmethod
    def is_ready():
        try:
            call("GET", PROMETHEUS + "/-/ready", timeout=2)
            return True
        except (OSError, urllib.error.HTTPError):
            return False

    @staticmethod
    def instant(query):
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": query})
        return call("GET", PROMETHEUS + path)["data"]["result"]

    @staticmethod
    def window(query, start, end, step):
        path = "/api/v1/query_range?" + urllib.parse.urlencode(
            {"query": query, "start": start, "end": end, "step": step})
        return call("GET", PROMETHEUS + path, timeout=120)["data"]["result"]

    def close(self):
        self.process.terminate()
        self.process.wait()


def gaps_and_doubles(start, end, objects, step=0.1):
    """Over the window, by what a query at each time shows: the longest time that an object is missing,
    and for how many objects and times there are two."""
    rows = Prometheus.window('count by (job, uid) (kube_pod_info{namespace="load"})', start, end, step)
    times = round((end - start) / step) + 1
    longest, doubled = 0.0, 0
    if len(rows) != objects:
        raise AssertionError(f"{len(rows)} of {objects} objects were seen at all")
    for row in rows:
        seen = [round((t - start) / step) for t, _ in row["values"]]
        doubled += sum(1 for _, n in row["values"] if float(n) > 1)
        edges = [-1, *seen, times]
        longest = max(longest, max(b - a - 1 for a, b in zip(edges, edges[1:])) * step)
    return longest, doubled


def doubled_series(start, end):
    """Of every series, not of one family: those that two shards show at the same time."""
    series = '{__name__=~"kube_.+",__name__!~"kube_state_metrics_.+"}'
    query = f'count without (instance) (label_replace({series}, "family", "$1", "__name__", "(.+)")) > 1'
    rows = Prometheus.window(query, start, end, 1)
    return sum(len(row["values"]) for row in rows), [row["metric"] for row in rows[:3]]
