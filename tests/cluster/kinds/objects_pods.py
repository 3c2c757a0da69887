"""The pods that the test makes. See objects.py."""
from objects_common import DOOMED, LONG, NS, T, conditions, meta

ENDED = {"exitCode": 137, "reason": "OOMKilled", "startedAt": T[2], "finishedAt": T[3]}


def container(name, **more):
    return {"name": name, "image": "example.com/image:1", **more}


def container_status(name, state, ready=False, restarts=0, **more):
    return {"name": name, "image": "example.com/image@sha256:1", "imageID": "sha256:1", "ready": ready,
            "restartCount": restarts, "state": state, "containerID": "containerd://" + name, **more}


def full():
    resources = {"limits": {"cpu": "1500m", "memory": "1.5Gi", "ephemeral-storage": "1G", "hugepages-2Mi": "4Mi",
                            "example.com/gpu": "2"},
                 "requests": {"cpu": "1m", "memory": "100M", "ephemeral-storage": "1k"}}
    spec = {
        "nodeName": "node-a", "serviceAccountName": "default", "schedulerName": "other", "runtimeClassName": "kinds",
        "priorityClassName": "kinds", "nodeSelector": {"kinds": "yes", "a.b/c": "d"},
        "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"}] * 2 +
                       [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}],
        "volumes": [{"name": "claim", "persistentVolumeClaim": {"claimName": "full", "readOnly": True}},
                    {"name": "other", "persistentVolumeClaim": {"claimName": "old"}}, {"name": "empty", "emptyDir": {}},
                    {"name": "own", "ephemeral": {"volumeClaimTemplate": {"spec": {
                        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}}],
        "resourceClaims": [{"name": "direct", "resourceClaimName": "claim"}, {"name": "made", "resourceClaimTemplateName": "t"},
                           {"name": "waiting", "resourceClaimTemplateName": "t"}],
        "initContainers": [container("setup", resources={"limits": {"cpu": "1"}, "requests": {"memory": "1Mi"}}),
                           container("sidecar", restartPolicy="Always", resources=resources), container("stuck")],
        "containers": [container("main", resources=resources), container("crashing"), container("ended"), container("unknown"), container("timeless"),
                       container("c" * 63)]}
    status = {
        "phase": "Running", "hostIP": "192.168.0.1", "podIP": "10.1.0.5", "startTime": T[0],
        "hostIPs": [{"ip": "192.168.0.1"}], "podIPs": [{"ip": "10.1.0.5"}, {"ip": "fd00::5"}],
        "conditions": conditions(PodReadyToStartContainers="True", Initialized="True", Ready="True", ContainersReady="True",
                                 PodScheduled="True"),
        "resourceClaimStatuses": [{"name": "made", "resourceClaimName": "full-made-x"}],
        "initContainerStatuses": [
            container_status("setup", {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": T[1], "finishedAt": T[2]}}, True),
            container_status("sidecar", {"running": {"startedAt": T[1]}}, True, 3, started=True, lastState={"terminated": ENDED}),
            container_status("stuck", {"waiting": {"reason": "PodInitializing"}})],
        "containerStatuses": [
            container_status("main", {"running": {"startedAt": T[1]}}, True, 2, started=True, lastState={"terminated": ENDED}),
            container_status("crashing", {"waiting": {"reason": 'Crash "Loop"', "message": "x"}}, restarts=2**31 - 1,
                             lastState={"terminated": {**ENDED, "reason": "", "exitCode": 1}}),
            container_status("ended", {"terminated": {**ENDED, "reason": "Error"}}), container_status("unknown", {"waiting": {}}),
            container_status("timeless", {"terminated": {"exitCode": 1}}, lastState={"terminated": {"exitCode": 2}})]}
    return {"metadata": meta("full", owners=2), "spec": spec}, {"status": status, "ephemeral": "debugger"}


def simple(name, phase, state=None, spec=None, **status):
    made = {"phase": phase, "conditions": conditions(PodScheduled="True"), **status}
    if state:
        made["containerStatuses"] = [container_status("main", state)]
    return "pods", {"metadata": meta(name), "spec": {"nodeName": "node-a", "containers": [container("main")], **(spec or {})}}, {
        "status": made}


def objects():
    yield "priorityclasses", {"metadata": {"name": "kinds"}, "value": 7}, None
    yield "runtimeclasses", {"metadata": {"name": "kinds"}, "handler": "runc", "overhead": {
        "podFixed": {"cpu": "250m", "memory": "120Mi"}}}, None
    yield "pods", *full()
    ended = {"terminated": ENDED}
    yield simple("evicted", "Failed", ended, reason="Evicted", message="The node was low")
    yield simple("odd-reason", "Failed", ended, reason="Something \\else")
    yield simple("finished", "Succeeded", {"terminated": {**ENDED, "exitCode": 0, "reason": "Completed"}})
    yield simple("unknown", "Unknown", {"running": {"startedAt": T[0]}})
    yield simple("disrupted", "Running", conditions=conditions(
        DisruptionTarget=("True", "EvictionByEvictionAPI"), Ready="False", PodScheduled="True"))
    yield simple("disrupted-otherwise", "Running", conditions=conditions(DisruptionTarget=("True", "NobodyKnows")))
    yield simple("unschedulable", "Pending", spec={"nodeName": ""}, conditions=conditions(
        PodScheduled=("False", "Unschedulable"), Ready="Unknown"))
    gated = {"schedulingGates": [{"name": "example.com/gate"}], "containers": [container("main")]}
    yield "pods", {"metadata": meta("gated"), "spec": gated}, None
    guaranteed = {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}}
    yield "pods", {"metadata": meta("resized"), "spec": {"nodeName": "node-a", "containers": [container("main", **guaranteed)]}}, {
        "status": {"phase": "Running", "containerStatuses": [container_status("main", {"running": {"startedAt": T[1]}},
                                                                              True, started=True, **guaranteed)]},
        "resize": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "2", "memory": "1Gi"}}}
    host = {"hostNetwork": True, "containers": [container("main", ports=[{"containerPort": 80}])]}
    yield simple("host-network", "Running", spec=host, hostIP="fd00::1", podIP="fd00::1", hostIPs=[{"ip": "fd00::1"}],
                 podIPs=[{"ip": "fd00::1"}])
    yield "pods", {"metadata": meta("never-seen"), "spec": {"containers": [container("main")], "restartPolicy": "OnFailure"}}, None
    yield "pods", {"metadata": meta(LONG), "spec": {"containers": [container("main")]}}, None
    many = {f"example.com/label-{i}": f"value-{i}" for i in range(200)}
    yield "pods", {"metadata": meta("many-labels", labels=many), "spec": {"containers": [container("main")]}}, None
    for name, node in (("leaving-bound", "node-a"), ("leaving", "")):
        pod = {"metadata": meta(name, finalizer=True), "spec": {"nodeName": node, "containers": [container("main")]}}
        yield "pods", pod, {**DOOMED, "grace": 30}


def stored():
    """(key in etcd, object): what the API server would not take now."""
    yield f"pods/{NS}/stored", {
        "apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": "stored", "namespace": NS, "uid": "u-stored", "labels": {
                "quote": 'say "hi"', "back": "a\\b", "line": "one\ntwo", "größe": "weiß ☃", "": "no key"}},
        "spec": {"containers": [], "nodeName": 'node "x"', "tolerations": []}}
    for name, schedule, zone in (("stored-bad", "61 * * * *", None), ("stored-zone", "@daily", "Nowhere/Else")):
        yield f"cronjobs/{NS}/{name}", {
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {
                "name": name, "namespace": NS, "uid": "u-" + name, "creationTimestamp": T[0]},
            "spec": {"schedule": schedule, "concurrencyPolicy": "Allow", "jobTemplate": {},
                     **({"timeZone": zone} if zone else {})}}
