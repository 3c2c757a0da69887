#!/usr/bin/env python3
"""Makes, changes and deletes pods at 100 a second for a while, cuts the agent's connections, and checks
every scrape meanwhile. tests/cluster/tests/churn runs it, and kills the API server meanwhile.
Usage: churn.py SECONDS AGENT-PORT PROXY-PORT STATE-FILE
  The agent reaches the API server through the proxy here. STATE-FILE: "ready" once the markers stand and
  the agent may start, "churning" from the first scrape with all of them; when done, what was counted, as
  JSON. The proxy goes on (without cuts) until the process is ended."""
import collections
import http.client
import json
import random
import re
import socket
import sys
import threading
import time

import api as apis

NS = "churn"
RATE = 100
WORKERS = 6
POPULATION = 600
MARKERS = 150
INTERVAL = 0.4
# A scrape may be behind by what happens while a watch is cut; it never lacks a large part.
LEAST = 0.6
SAMPLE = re.compile(rb'^(kube_pod_(?:info|created|status_phase|restart_policy|labels))\{namespace="churn",pod="([^"]*)",uid="([^"]*)"')


class Proxy(threading.Thread):
    """Plain TCP to the API server; cut() ends all connections in the midst of what they carry."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.lock, self.open, self.cuts, self.bytes = threading.Lock(), set(), 0, 0

    def run(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = socket.create_connection(("192.168.77.1", 443), timeout=5)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
                self.bytes += len(data)
        except OSError:
            pass
        self.end((source, sink))

    def end(self, sockets):
        for each in sockets:
            with self.lock:
                self.open.discard(each)
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def cut(self):
        with self.lock:
            now = list(self.open)
        if now:
            self.cuts += 1
        self.end(now)


def pod(name, labels):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": NS, "labels": {"app": "churn", **labels}},
            "spec": {"nodeName": f"node-{random.randrange(20)}" if random.random() < 0.8 else "",
                     "automountServiceAccountToken": False,
                     "containers": [{"name": c, "image": "example.com/image:1", "resources": {"requests": {"cpu": "100m"}}}
                                    for c in ("main", "side")]}}


def status():
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"status": {"phase": random.choice(("Pending", "Running", "Running", "Failed")), "podIP": "10.0.0.1",
                       "conditions": [{"type": "Ready", "status": random.choice(("True", "False")), "lastTransitionTime": now}],
                       "containerStatuses": [{"name": c, "image": "i", "imageID": "i", "ready": True,
                                              "restartCount": random.randrange(100), "state": {"running": {"startedAt": now}}}
                                             for c in ("main", "side")]}}


class Churn:
    """The pods that come and go. What the API server did while it was killed is not known: a name that is
    there already, or no more, is taken as it is."""

    def __init__(self):
        self.lock, self.names, self.next = threading.Lock(), [], 0
        self.done, self.failed = collections.Counter(), 0
        self.stop = threading.Event()

    def choose(self):
        with self.lock:
            dice = random.random()
            grow = len(self.names) < POPULATION
            if grow and dice < 0.5 or len(self.names) < 10 or dice < 0.2:
                self.next += 1
                self.names.append(f"churn-{self.next}")
                return "create", self.names[-1]
            at = random.randrange(len(self.names))
            if dice > (0.95 if grow else 0.75):
                self.names[at], self.names[-1] = self.names[-1], self.names[at]
                return "delete", self.names.pop()
            return "status" if dice < 0.6 else "labels", self.names[at]

    def act(self, api, what, name):
        patch = "application/strategic-merge-patch+json"
        path = api.path("pods", NS, name)
        if what == "create":
            api.create("pods", pod(name, {}), NS)
        elif what == "delete":
            api.delete("pods", NS, name, 0)
        elif what == "status":
            api.request("PATCH", path + "/status", status(), patch)
        else:
            api.request("PATCH", path, {"metadata": {"labels": {"turn": f"t{random.random()}"}}}, patch)

    def work(self, every):
        api, due = apis.Api(), time.monotonic()
        while not self.stop.is_set():
            due = max(due + every, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))
            what, name = self.choose()
            try:
                self.act(api, what, name)
                self.done[what] += 1
            except apis.Refused as e:
                if e.code not in (404, 409):
                    self.failed += 1
            except (OSError, http.client.HTTPException):
                self.failed += 1
                time.sleep(0.3)


class Scrapes:
    """Each scrape is held against the markers, which nobody changes, and against itself."""

    def __init__(self, port):
        self.port, self.markers = port, None
        self.count, self.faults, self.least, self.slowest = 0, [], None, 0.0

    def take(self):
        begin = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/metrics/state")
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        self.slowest = max(self.slowest, time.monotonic() - begin)
        if answer.status != 200:
            raise OSError(f"status {answer.status}")
        return text

    def fault(self, what):
        self.faults.append(f"{time.strftime('%H:%M:%S')} scrape {self.count}: {what}"[:400])

    def check(self):
        try:
            lines = [line for line in self.take().split(b"\n") if line.startswith(b"kube_")]
        except (OSError, http.client.HTTPException) as e:
            self.fault(f"not answered: {e}")
            return
        self.count += 1
        markers = {line for line in lines if b'="marker-' in line}
        if self.markers is None:
            self.markers = markers
        if markers != self.markers:
            odd = sorted(markers ^ self.markers)
            self.fault(f"{len(self.markers - markers)} marker series missing, {len(markers - self.markers)} new: {odd[0]!r}")
        if len(set(lines)) != len(lines):
            self.fault(f"{len(lines) - len(set(lines))} lines twice")
        pods = collections.defaultdict(dict)
        for line in lines:
            match = SAMPLE.match(line)
            if match:
                pods[match[1]].setdefault(match[2], set()).add(match[3])
        sizes = {name.decode(): len(each) for name, each in pods.items()}
        if len(set(map(frozenset, pods.values()))) != 1:
            self.fault(f"the families do not tell of the same pods: {sizes}")
        for family in pods.values():
            if any(len(uids) > 1 for uids in family.values()):
                self.fault("a pod has series with two uids")
        total = max(sizes.values(), default=0)
        if self.least is not None and total < LEAST * (POPULATION + MARKERS):
            self.fault(f"only {total} pods: {sizes}")
        if self.least is not None or total >= 0.9 * (POPULATION + MARKERS):
            self.least = min(total, self.least or total)


def prepare(api):
    """The markers: pods, and what stands beside them in other resources."""
    api.create("namespaces", {"metadata": {"name": NS}})
    for i in range(MARKERS):
        name = f"marker-{i}"
        made = api.create("pods", pod(name, {"marker": "yes"}), NS)
        api.replace("pods", {**made, **status()}, "status")
        api.create("configmaps", {"metadata": {"name": name}}, NS)
        api.create("services", {"metadata": {"name": name}, "spec": {"clusterIP": "None", "ports": [{"port": 1}]}}, NS)


def say(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    seconds, port, proxy_port, state = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    api = apis.Api()
    prepare(api)
    churn, scrapes, proxy = Churn(), Scrapes(port), Proxy(proxy_port)
    proxy.start()
    say(state, "ready")
    patience = time.monotonic() + 60
    while True:
        try:
            if scrapes.take().count(b'kube_pod_info{namespace="churn",pod="marker-') == MARKERS:
                break
        except (OSError, http.client.HTTPException):
            pass
        if time.monotonic() > patience:
            sys.exit("the agent does not serve the markers")
        time.sleep(0.2)
    workers = [threading.Thread(target=churn.work, args=(WORKERS / RATE,), daemon=True) for _ in range(WORKERS)]
    for each in workers:
        each.start()
    say(state, "churning")

    begin = time.monotonic()
    next_cut = begin + 5
    while (now := time.monotonic()) < begin + seconds:
        scrapes.check()
        if now >= next_cut:
            proxy.cut()
            next_cut = now + random.uniform(2, 8)
        time.sleep(max(0.0, INTERVAL - (time.monotonic() - now)))
    churn.stop.set()
    for each in workers:
        each.join(60)
    say(state, json.dumps({
        "seconds": seconds, "done": sum(churn.done.values()), "by": dict(churn.done), "failed": churn.failed,
        "cuts": proxy.cuts, "proxied_bytes": proxy.bytes, "scrapes": scrapes.count, "marker_series": len(scrapes.markers or ()),
        "least_pods": scrapes.least, "slowest_scrape_s": round(scrapes.slowest, 3), "faults": len(scrapes.faults),
        "first_faults": scrapes.faults[:20]}))
    threading.Event().wait()


if __name__ == "__main__":
    main()
