"""What stock dashboards, rules and alerts rely on: tests/fixtures/dashboards.txt, its source, and why
some of it is not a target's to serve."""
import os
import re

from kubegauge import SOURCE

FIXTURE = SOURCE + "/tests/fixtures/dashboards.txt"
REFERENCE = os.environ.get("KG_SHARED", SOURCE + "/../shared") + "/reference/mixins/mixin_metrics.txt"

# Headings of the reference that are ours to serve, and what our sections are called.
ORIGINS = {"cadvisor": "cadvisor", "kubelet volume stats": "volumes",
           "kube-state-metrics": "state", "node-exporter": "node"}

# Labels that no target writes: the scrape adds them.
SCRAPED = {
    "cluster": "an external label, or one that relabelling adds; one cluster has none",
    "endpoint": "the operator's, from the port's name",
    "instance": "of each scrape: the target's address, or what relabelling makes of it",
    "job": "of each scrape",
    "metrics_path": "the operator's relabelling of __metrics_path__",
}

# Labels that an expression groups by, but that another of its metrics, or an earlier rule, brings:
# the reference lists labels an expression, not a metric.
POD_TO_NODE = "joined from kube_pod_info, or of the pod's target"
WORKLOAD = "of the rule namespace_workload_pod:kube_pod_owner:relabel"
RENAMED = "label_replace of owner_name makes it"
JOINED = {
    r"container_(cpu|memory)_.*": {"node": POD_TO_NODE},
    r"container_(memory|network)_.*": {"workload": WORKLOAD, "workload_type": WORKLOAD},
    r"kube_(job|pod|replicaset)_owner": {
        "job_name": RENAMED, "replicaset": RENAMED, "workload": RENAMED, "workload_type": RENAMED,
        "pod": "of kube_pod_owner"},
    r"kube_pod_(info|container_resource_.*)": {"workload": WORKLOAD, "workload_type": WORKLOAD},
    r"kube_pod_(info|status_phase)": {"container": "of kube_pod_container_*"},
    r"kube_pod_status_.*": {"owner_kind": "of kube_pod_owner"},
    r"kubelet_volume_stats_.*": {"node": "the operator's, of the target; it is aggregated away"},
    r"node_cpu_seconds_total": {
        "namespace": "of node_namespace_pod:kube_pod_info:", "node": POD_TO_NODE,
        "pod": "the operator's, of the exporter's pod"},
    r"node_load1": {"cpu": "of node_cpu_seconds_total", "mode": "of node_cpu_seconds_total"},
    r"node_md_disks_required": {"state": "of node_md_disks, by ignoring(state)"},
}


def labels_of(matchers, grouped):
    """The labels of a line of the reference: 'a(="x" =~"y; z"); b(!="")', 'grp: a,b'."""
    names = re.findall(r"(?:^|; )(\w+)\(", matchers)
    names += grouped.removeprefix("grp: ").split(",")
    return {name for name in names if name and name != "-"}


def joined(metric, label):
    return any(label in labels for pattern, labels in JOINED.items() if re.fullmatch(pattern, metric))


def derive(path):
    """{section: {metric: labels that the target must have}} of the reference."""
    wanted, section = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            heading = re.match(r"## (.*?)( \(.*\))? — ", line)
            if line.startswith("## "):
                section = ORIGINS.get(heading[1]) if heading else None
            elif section and " | " in line:
                metric, _, matchers, grouped = line.rstrip("\n").split(" | ")
                labels = labels_of(matchers, grouped) - set(SCRAPED)
                wanted.setdefault(section, {})[metric] = {
                    label for label in labels if not joined(metric, label)}
    return wanted


def text_of(wanted):
    lines = ["# What kubernetes-mixin, node-mixin and kube-prometheus-stack ask of a node's and a cluster's",
             "# state: metric, then the labels that the target itself must have. Written by",
             "# KG_UPDATE_GOLDEN=1 tests/integration/agent/test_dashboards_reference.py."]
    for section, metrics in wanted.items():
        lines.append(f"## {section}")
        lines += [" ".join([metric, *sorted(labels)]) for metric, labels in metrics.items()]
    return "\n".join(lines) + "\n"


def fixture():
    wanted, section = {}, None
    with open(FIXTURE, encoding="utf-8") as file:
        for line in file:
            if line.startswith("## "):
                section = line[3:].strip()
            elif not line.startswith("#"):
                metric, *labels = line.split()
                wanted.setdefault(section, {})[metric] = set(labels)
    return wanted
