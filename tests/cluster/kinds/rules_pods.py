"""Which samples a pod must have. See rules.py."""
import ipaddress

from rules_common import get, owners, resource_list, statuses, text
from values import label_pairs, milli, seconds, whole

NEVER = "0001-01-01T00:00:00Z"


def container_states(prefix, containers):
    for c in containers:
        label = [("container", c["name"])]
        for state in ("waiting", "running", "terminated"):
            inside = get(c, "state." + state)
            yield f"{prefix}_status_{state}", label, int(inside is not None)
            if inside is not None and state != "running":
                yield f"{prefix}_status_{state}_reason", label + [("reason", inside.get("reason", ""))], 1
            if inside is not None and state != "waiting":
                yield f"{prefix}_state_started", label, seconds(inside.get("startedAt") or NEVER)
        last = get(c, "lastState.terminated")
        if last is not None:
            yield f"{prefix}_status_last_terminated_reason", label + [("reason", last.get("reason", ""))], 1
            yield f"{prefix}_status_last_terminated_exitcode", label, last["exitCode"]
            yield f"{prefix}_status_last_terminated_timestamp", label, seconds(last.get("finishedAt") or NEVER)
        yield f"{prefix}_status_ready", label, int(c["ready"])
        yield f"{prefix}_status_restarts_total", label, c["restartCount"]


def container_infos(prefix, specs, states, policy):
    by_name = {c["name"]: c for c in reversed(states)}
    for c in specs:
        if c["name"] in by_name:
            state = by_name[c["name"]]
            labels = [("container", c["name"]), ("image_spec", c["image"]), ("image", state["image"]),
                      ("image_id", state["imageID"]), ("container_id", state.get("containerID", ""))]
            if policy:
                labels.append(("restart_policy", c.get("restartPolicy", "")))
            yield prefix + "_info", labels, 1


def containers(o):
    node = [("node", text(get(o, "spec.nodeName")))]
    for prefix, spec, status in (("container", "containers", "containerStatuses"),
                                 ("init_container", "initContainers", "initContainerStatuses")):
        specs, states = get(o, "spec." + spec, []), get(o, "status." + status, [])
        yield from container_states(prefix, states)
        yield from container_infos(prefix, specs, states, prefix.startswith("init"))
        for c in specs:
            for field in ("limits", "requests"):
                yield from resource_list(f"{prefix}_resource_{field}", get(c, "resources." + field, {}),
                                         [("container", c["name"])] + node)
    ends = [get(c, "state.terminated.finishedAt") for c in get(o, "status.containerStatuses", [])]
    ends = [seconds(end) for end in ends if end]
    if ends and max(ends) > 0:
        yield "completion_time", [], max(ends)


def volumes(o):
    for v in get(o, "spec.volumes", []):
        claim = v.get("persistentVolumeClaim")
        if claim is None and "ephemeral" not in v:
            continue
        name = f"{o['metadata']['name']}-{v['name']}" if claim is None else claim["claimName"]
        labels = [("volume", v["name"]), ("persistentvolumeclaim", name), ("ephemeral", text(claim is None))]
        yield "spec_volumes_persistentvolumeclaims_info", labels, 1
        yield "spec_volumes_persistentvolumeclaims_readonly", labels, int(bool(claim and claim.get("readOnly")))


def claims(o):
    made = {s["name"]: s.get("resourceClaimName", "") for s in get(o, "status.resourceClaimStatuses", [])}
    for c in get(o, "spec.resourceClaims", []):
        template = c.get("resourceClaimTemplateName", "")
        name = made.get(c["name"], "") if template else c.get("resourceClaimName", "")
        if template or name:
            yield "resourceclaim_info", [("claim_name", c["name"]), ("resourceclaim_name", name),
                                         ("resourceclaim_template_name", template)], 1


REASONS = ("Evicted", "NodeAffinity", "NodeLost", "PreemptionByScheduler", "SchedulingGated", "Shutdown",
           "TerminationByKubelet", "UnexpectedAdmissionError")
DISRUPTIONS = ("PreemptionByScheduler", "DeletionByTaintManager", "EvictionByEvictionAPI", "DeletionByPodGC",
               "TerminationByKubelet")


def state(o):
    status = o.get("status") or {}
    by_type = {c["type"]: c for c in reversed(status.get("conditions") or [])}
    if status.get("phase"):
        for phase in ("Pending", "Succeeded", "Failed", "Unknown", "Running"):
            yield "status_phase", [("phase", phase)], int(status["phase"] == phase)
    if status.get("qosClass"):
        for qos in ("BestEffort", "Burstable", "Guaranteed"):
            yield "status_qos_class", [("qos_class", qos)], int(status["qosClass"] == qos)
    for type_, family in (("Ready", "status_ready"), ("PodScheduled", "status_scheduled")):
        if type_ in by_type:
            yield from statuses(family, [], by_type[type_]["status"], "condition")
    for type_, status_, family in (("Ready", "True", "ready"), ("Initialized", "True", "initialized"),
                                   ("ContainersReady", "True", "container_ready"), ("PodScheduled", "True", "scheduled"),
                                   ("PodScheduled", "False", "unscheduled")):
        c = by_type.get(type_, {})
        if c.get("status") == status_ and c.get("lastTransitionTime"):
            yield f"status_{family}_time", [], seconds(c["lastTransitionTime"])
    if get(by_type, "PodScheduled.status") == "False":
        yield "status_unschedulable", [], 1
    reasons = {status.get("reason")} | {c.get("reason") for c in status.get("conditions") or []}
    reasons |= {get(c, "state.terminated.reason") for c in status.get("containerStatuses") or []}
    for reason in REASONS:
        if reason in reasons:
            yield "status_reason", [("reason", reason)], 1
    if status.get("reason") and status["reason"] not in REASONS:
        yield "status_reason", [("reason", "Other")], 1
    if "DisruptionTarget" in by_type:
        reason = by_type["DisruptionTarget"].get("reason")
        yield "status_disruption_reason", [("reason", reason if reason in DISRUPTIONS else "Other")], 1
    if status.get("startTime"):
        yield "start_time", [], seconds(status["startTime"])


def spec(o):
    s = o["spec"]
    for resource, family, read in (("cpu", "overhead_cpu_cores", milli), ("memory", "overhead_memory_bytes", whole)):
        if resource in (s.get("overhead") or {}):
            yield family, [], read(s["overhead"][resource])
    yield "restart_policy", [("type", text(s.get("restartPolicy")))], 1
    if s.get("runtimeClassName") is not None:
        yield "runtimeclass_name_info", [("runtimeclass_name", s["runtimeClassName"])], 1
    seen = set()
    for t in s.get("tolerations") or []:
        labels = [(name, text(t.get(name))) for name in ("key", "operator", "value", "effect")]
        labels.append(("toleration_seconds", text(t.get("tolerationSeconds"))))
        if tuple(labels) not in seen:
            yield "tolerations", labels, 1
        seen.add(tuple(labels))
    yield "nodeselectors", label_pairs("nodeselector_", s.get("nodeSelector") or {}), 1
    yield "service_account", [("service_account", text(s.get("serviceAccountName")))], 1
    yield "scheduler", [("name", text(s.get("schedulerName")))], 1


def identity(o):
    by = next((r for r in get(o, "metadata.ownerReferences", []) if r.get("controller")), {})
    s = o["spec"]
    yield "info", [("host_ip", text(get(o, "status.hostIP"))), ("pod_ip", text(get(o, "status.podIP"))),
                   ("node", text(s.get("nodeName"))), ("created_by_kind", by.get("kind", "")),
                   ("created_by_name", by.get("name", "")), ("priority_class", text(s.get("priorityClassName"))),
                   ("host_network", text(bool(s.get("hostNetwork"))))], 1
    for each in get(o, "status.podIPs", []):
        try:
            address = ipaddress.ip_address(each["ip"])
        except ValueError:
            continue
        four = address.version == 4 or address.ipv4_mapped is not None
        yield "ips", [("ip", each["ip"]), ("ip_family", "4" if four else "6")], 1


def pods(o):
    for rules in (identity, owners, spec, state, containers, volumes, claims):
        yield from rules(o)
