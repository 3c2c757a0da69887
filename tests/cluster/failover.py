#!/usr/bin/env python3
"""Two replicas under a real Prometheus, one of which is killed, ended and started again, over and over.

    failover.py --program KUBEGAUGE --prometheus PROMETHEUS --work FOLDER [--rounds N] [--interval S]
                [--pods N] [--namespace NS] [--apiserver-pid PID]

Runs in the network of a control plane (tests/cluster/in), whose KUBECONFIG it uses. Prometheus
scrapes both replicas by several jobs, each of which has its own times (and asks for something of
its own, so that the replicas can tell them apart). Rounds alternate between SIGKILL and SIGTERM of
the one that leads, at a time that differs each round; the process is started again a few seconds
later. After all of them Prometheus is asked, in steps of 50 ms over the whole window: for each job,
was any pod's kube_pod_info there twice, and for how long were there less than all of them. The
first must be never, the second at most an interval, for each of the rounds; and a standby that
comes back must not take the lease.

Then the one that leads is cut off from the API server, which the other one is not: as if it had been
killed, though it runs. Then it stands still (SIGSTOP) for longer than the lease, and goes on: the gap is
longer then, but nothing may be there twice. And with --apiserver-pid the API server stands still for
as long: nothing may change at all.

Exit code 0 when all held. Prints a line for each round.
"""
import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

JOBS = 6
JITTER = 0.1  # of two scrapes and the steps in which Prometheus is asked
LEASE_SECONDS = 15  # --lease-duration
STEP = 0.05


def say(text):
    print(text, flush=True)


def get(url, timeout=5):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read().decode()


def eventually(seconds, what, check):
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            if check():
                return
        except OSError as e:
            last = e
        time.sleep(0.05)
    raise SystemExit(f"in vain for {seconds} s: {what} ({last})")


class Proxy:
    """A replica's way to the API server (HTTP CONNECT), which can be cut."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.is_cut, self.sockets = False, set()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def cut(self, is_cut):
        self.is_cut = is_cut
        for s in list(self.sockets) if is_cut else []:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head and not self.is_cut:
                if not (data := client.recv(4096)):
                    return
                head += data
            if self.is_cut:
                return
            host, port = head.split()[1].decode().rsplit(":", 1)
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                self.sockets |= {client, server}
                back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
                back.start()
                self.pump(client, server)
                back.join()
                self.sockets -= {client, server}


class Replica:
    """One process, as its pod would run it."""

    def __init__(self, options, name, address):
        self.options, self.name, self.address = options, name, address
        self.process = None
        self.proxy = Proxy()

    def start(self):
        log = open(os.path.join(self.options.work, self.name + ".log"), "ab")
        self.process = subprocess.Popen(
            [self.options.program, "cluster", "--kubeconfig", os.environ["KUBECONFIG"],
             "--web.listen-address", self.address, "--lease-identity", self.name,
             "--lease-namespace", self.options.namespace, "--leader-elect",
             "--resources", "pods,deployments,replicasets,namespaces,configmaps"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env=os.environ | {"https_proxy": self.proxy.url})
        log.close()

    def metric(self, name):
        for line in get(f"http://{self.address}/metrics/self").splitlines():
            if line.startswith(name + "{") or line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    def ready(self):
        return "ready\n" in get(f"http://{self.address}/readyz")

    def leads(self):
        return self.metric("kubegauge_leader") == 1

    def end(self, how):
        self.process.send_signal(how)
        began = time.monotonic()
        self.process.wait(60)
        return time.monotonic() - began


class Prometheus:
    def __init__(self, options, replicas):
        self.options = options
        self.url = "http://127.0.0.1:9190"
        targets = json.dumps([r.address for r in replicas])
        config = f"global: {{scrape_interval: {options.interval}s, scrape_timeout: {options.interval}s}}\n"
        config += "scrape_configs:\n"
        for job in range(JOBS):
            config += (f"- job_name: job{job}\n  metrics_path: /metrics/state\n"
                       f"  params: {{job: ['{job}']}}\n"
                       f"  static_configs: [{{targets: {targets}}}]\n")
        path = os.path.join(options.work, "prometheus.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        log = open(os.path.join(options.work, "prometheus.log"), "wb")
        self.process = subprocess.Popen(
            [options.prometheus, "--config.file", path, "--web.listen-address", "127.0.0.1:9190",
             "--storage.tsdb.path", os.path.join(options.work, "tsdb"), "--log.level=warn"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()

    def query(self, text, **arguments):
        kind = "query_range" if "start" in arguments else "query"
        query = urllib.parse.urlencode({"query": text} | arguments)
        answer = json.loads(get(f"{self.url}/api/v1/{kind}?{query}", 60))
        return answer["data"]["result"]

    def all_jobs_have(self, n):
        result = self.query("count by (job) (count by (job, uid) (kube_pod_info))")
        return len(result) == JOBS and all(float(r["value"][1]) == n for r in result)

    def scrapes(self, address, start, end):
        """Times of the last scrapes of a replica, by job."""
        result = self.query(f'timestamp(up{{instance="{address}"}})', start=start, end=end, step=1)
        return {r["metric"]["job"]: sorted({float(v[1]) for v in r["values"]}) for r in result}


def series(prometheus, text, start, end):
    """{job: {step: value}} in pieces that Prometheus takes."""
    values = {}
    piece = 10000 * STEP
    while start < end:
        until = min(start + piece, end)
        for r in prometheus.query(text, start=start, end=until, step=STEP):
            values.setdefault(r["metric"]["job"], {}).update(
                {round(float(t) / STEP): float(v) for t, v in r["values"]})
        start = until
    return values


def longest(steps):
    """Seconds that the longest run of steps next to each other lasts."""
    best = run = 0
    before = None
    for step in sorted(steps):
        run = run + 1 if before is not None and step == before + 1 else 1
        best = max(best, run)
        before = step
    return best * STEP


def kubectl(*arguments, text=None):
    subprocess.run(["kubectl", *arguments], check=True, input=text, text=True,
                   stdout=subprocess.DEVNULL)


def make_objects(options):
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": options.namespace}}]
    for i in range(options.pods):
        objects.append({"apiVersion": "v1", "kind": "Pod",
                        "metadata": {"name": f"pod-{i}", "namespace": options.namespace},
                        "spec": {"containers": [{"name": "c", "image": "none"}],
                                 "automountServiceAccountToken": False}})
    for i in range(options.pods // 4):
        labels = {"app": f"d-{i}"}
        objects.append({"apiVersion": "apps/v1", "kind": "Deployment",
                        "metadata": {"name": f"d-{i}", "namespace": options.namespace},
                        "spec": {"replicas": 0, "selector": {"matchLabels": labels},
                                 "template": {"metadata": {"labels": labels}, "spec": {
                                     "containers": [{"name": "c", "image": "none"}]}}}})
    kubectl("apply", "-f", "-", text=json.dumps(objects[0]))
    end = time.monotonic() + 30
    while subprocess.run(["kubectl", "-n", options.namespace, "get", "serviceaccount", "default"],
                         check=False, capture_output=True).returncode:
        if time.monotonic() > end:
            raise SystemExit("no service account")
        time.sleep(0.2)
    kubectl("apply", "-f", "-", text=json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": objects}))


def round_of(options, prometheus, replicas, number):
    """One failover. Returns what the analysis needs."""
    how = signal.SIGKILL if number % 3 != 2 else signal.SIGTERM
    leader = next(r for r in replicas if r.leads())
    other = next(r for r in replicas if r is not leader)
    taken = other.metric("kubegauge_lease_acquisitions_total")
    # At another place of the interval each time.
    part = (number * 0.381966) % 1
    time.sleep(options.interval - time.time() % options.interval + part * options.interval)
    start = time.time()
    lasted = leader.end(how)
    eventually(5, "the other one leads", other.leads)
    took = time.time() - start
    # The new process is there before, or after, its predecessor's next scrape.
    time.sleep(random.choice([0.05, 1, options.interval]))
    leader.start()
    eventually(20, "the killed one is back", leader.ready)
    time.sleep(3.2 * options.interval)
    assert other.leads() and not leader.leads(), "the lease has gone back"
    assert other.metric("kubegauge_lease_acquisitions_total") == taken + 1
    eventually(options.interval, "all pods in all jobs",
               lambda: prometheus.all_jobs_have(options.pods))
    return {"number": number, "how": how.name, "leader": leader, "other": other, "start": start,
            "end": time.time() - options.interval / 2, "lasted": lasted, "took": took}


def cut_leader_off(options, prometheus, replicas):
    """It serves on until the other one, whose lease it then is, tells it."""
    leader = next(r for r in replicas if r.leads())
    other = next(r for r in replicas if r is not leader)
    start = time.time()
    leader.proxy.cut(True)
    try:
        eventually(LEASE_SECONDS + 5, "the other one leads", other.leads)
        took = time.time() - start
        eventually(2, "the one that is cut off knows", lambda: not leader.leads())
        time.sleep(3 * options.interval)
        assert other.leads() and not leader.leads()
    finally:
        leader.proxy.cut(False)
    time.sleep(2 * options.interval)
    assert other.leads() and not leader.leads(), "the lease has gone back"
    return {"number": "-", "how": "isolation", "leader": leader, "other": other, "start": start,
            "end": time.time() - options.interval / 2, "lasted": 0, "took": took}


def freeze_leader(options, prometheus, replicas):
    """It keeps its connections, but answers nothing; after that it is a standby."""
    leader = next(r for r in replicas if r.leads())
    other = next(r for r in replicas if r is not leader)
    start = time.time()
    leader.process.send_signal(signal.SIGSTOP)
    try:
        eventually(LEASE_SECONDS + 5, "the other one leads", other.leads)
        took = time.time() - start
        eventually(2 * options.interval, "all pods in all jobs",
                   lambda: prometheus.all_jobs_have(options.pods))
    finally:
        leader.process.send_signal(signal.SIGCONT)
    time.sleep(3 * options.interval)
    assert other.leads() and not leader.leads(), "the lease has gone back"
    return {"number": "-", "how": "SIGSTOP", "leader": leader, "other": other, "start": start,
            "end": time.time() - options.interval / 2, "lasted": 0, "took": took,
            "gap": LEASE_SECONDS + 2 * options.interval}


def freeze_apiserver(options, replicas):
    leader = next(r for r in replicas if r.leads())
    other = next(r for r in replicas if r is not leader)
    transitions = leader.metric("kubegauge_lease_acquisitions_total")
    start = time.time()
    os.kill(options.apiserver_pid, signal.SIGSTOP)
    try:
        time.sleep(3 * LEASE_SECONDS)
        assert leader.leads() and not other.leads(), "the lease went without an API server"
    finally:
        os.kill(options.apiserver_pid, signal.SIGCONT)
    time.sleep(2 * LEASE_SECONDS)
    assert leader.leads() and not other.leads(), "the lease went when the API server came back"
    assert leader.metric("kubegauge_lease_acquisitions_total") == transitions
    return {"number": "-", "how": "no API server beside", "leader": leader, "other": other,
            "start": start, "end": time.time() - options.interval / 2, "lasted": 0, "took": 0,
            "gap": 0}


def judge(options, prometheus, done):
    """Looks at one round's window. Returns whether it was as it must be."""
    start, end = done["start"] - options.interval, done["end"]
    there = series(prometheus, "count by (job) (count by (job, uid) (kube_pod_info))", start, end)
    most = series(prometheus, "max by (job) (count by (job, uid) (kube_pod_info))", start, end)
    total = series(prometheus, "count by (job) (kube_pod_info)", start, end)
    good, gaps, doubles, partial = True, [], [], 0
    for job in sorted(there):
        steps = range(round(start / STEP) + 1, round(end / STEP) - 1)
        missing = [s for s in steps if there[job].get(s, 0) < options.pods]
        twice = [s for s in steps if most[job].get(s, 0) > 1]
        partial += sum(0 < total[job].get(s, 0) < options.pods for s in steps)
        gaps.append(longest(missing))
        doubles.append(longest(twice))
    good = max(gaps) <= done.get("gap", options.interval) + JITTER and max(doubles) == 0 and partial == 0 \
        and len(there) == JOBS
    say(f"round {done['number']!s:>2} {done['how']} of {done['leader'].name}: the other leads after "
        f"{done['took'] * 1000:4.0f} ms, the end took {done['lasted']:4.1f} s; gaps "
        f"{' '.join(f'{g:.2f}' for g in gaps)} s, doubled {' '.join(f'{d:.2f}' for d in doubles)} s"
        f"{'' if good else '  <-- not good'}")
    return good, gaps, doubles


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--prometheus", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--interval", type=int, default=5)
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--namespace", default="failover")
    parser.add_argument("--apiserver-pid", type=int)
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    make_objects(options)
    port = random.randrange(9300, 9999)  # the times of a target follow from its address
    replicas = [Replica(options, "replica-a", f"127.0.0.1:{port}"),
                Replica(options, "replica-b", f"127.0.0.2:{port}")]
    prometheus = None
    try:
        for r in replicas:
            r.start()
        for r in replicas:
            eventually(20, f"{r.name} is ready", r.ready)
        eventually(20, "one leads", lambda: any(r.leads() for r in replicas))
        prometheus = Prometheus(options, replicas)
        eventually(60, "all pods in all jobs", lambda: prometheus.all_jobs_have(options.pods))
        time.sleep(2 * options.interval)
        rounds = [round_of(options, prometheus, replicas, i) for i in range(options.rounds)]
        time.sleep(options.interval)
        others = [cut_leader_off(options, prometheus, replicas)]
        eventually(20, "both are ready", lambda: all(r.ready() for r in replicas))
        others += [freeze_leader(options, prometheus, replicas)]
        if options.apiserver_pid:
            others.append(freeze_apiserver(options, replicas))
        time.sleep(options.interval)
        results = [judge(options, prometheus, done) for done in rounds]
        gaps = [g for _, of_round, _ in results for g in of_round]
        doubles = [d for _, _, of_round in results for d in of_round]
        say(f"{len(rounds)} rounds, {JOBS} jobs: longest gap {max(gaps):.2f} s of an interval of "
            f"{options.interval} s, mean {sum(gaps) / len(gaps):.2f} s; longest doubled "
            f"{max(doubles):.2f} s")
        results += [judge(options, prometheus, done) for done in others]
        return 0 if all(good for good, _, _ in results) else 1
    finally:
        for process in [r.process for r in replicas] + [prometheus and prometheus.process]:
            if process and process.poll() is None:
                process.kill()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
