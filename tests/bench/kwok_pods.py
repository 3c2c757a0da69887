#!/usr/bin/env python3
"""Makes NODES nodes that kwok keeps and PODS pods of two containers on them, and waits for all pods
to run: kwok_pods.py PODS NODES. Run it through tests/cluster/in."""
import json
import re
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cluster" / "kinds"))
import api as apis  # pylint: disable=wrong-import-position

CONNECTIONS = 12
RUN_SECONDS = 600
NAMESPACES = 40


def pod(number, nodes):
    """What the pods of crowd_api look like when they are posted."""
    text = "".join((HERE / "crowd" / "pod.json").read_text().splitlines())
    values = {"d": number // 10, "h": f"{number:05x}", "t": number % NAMESPACES, "m": "00",
              "q": number // 10 % 7, "o": number % nodes}
    o = json.loads(re.sub(r"\$([a-zA-Z])", lambda m: str(values.get(m.group(1), "")), text
                          .replace('"resourceVersion":"$v",', "").replace('"restartCount":$r', '"x":0')))
    metadata, spec = o["metadata"], o["spec"]
    for key in ("uid", "creationTimestamp", "generation", "generateName"):
        metadata.pop(key)
    for key in ("priority", "preemptionPolicy", "serviceAccount"):
        spec.pop(key)
    spec["automountServiceAccountToken"] = False
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def node(number):
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": f"node-{number}", "labels": {"type": "kwok"},
                         "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "status": {"capacity": {"cpu": "32", "memory": "256Gi", "pods": "110"},
                       "allocatable": {"cpu": "32", "memory": "256Gi", "pods": "110"}}}


def each(items, make):
    """make(api, item) for all, over several connections."""
    items, faults = list(items), []

    def work(share):
        api = apis.Api()
        for item in share:
            try:
                make(api, item)
            except apis.Refused as e:
                if e.code != 409:
                    faults.append(str(e))
                    return

    threads = [threading.Thread(target=work, args=(items[i::CONNECTIONS],))
               for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise SystemExit(faults[0])


def main():
    pods, nodes = int(sys.argv[1]), int(sys.argv[2])
    start = time.monotonic()
    each(range(NAMESPACES), lambda a, i: a.request("POST", "/api/v1/namespaces", {
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{i}"}}))
    each(range(nodes), lambda a, i: a.request("POST", "/api/v1/nodes", node(i)))
    each(range(pods), lambda a, i: a.request(
        "POST", f"/api/v1/namespaces/team-{i % NAMESPACES}/pods", pod(i, nodes)))
    print(f"posted in {time.monotonic() - start:.0f} s", flush=True)
    api = apis.Api()
    while time.monotonic() < start + RUN_SECONDS:
        waiting = api.request("GET", "/api/v1/pods?limit=1&fieldSelector=status.phase!=Running")
        if not waiting["items"]:
            print(f"all run after {time.monotonic() - start:.0f} s")
            return
        time.sleep(2)
    raise SystemExit("not all pods run")


if __name__ == "__main__":
    main()
