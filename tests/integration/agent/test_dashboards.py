"""Every metric and label that stock dashboards, rules and alerts rely on is served: by the program's
own tables, and by live answers as far as fixtures go."""
import glob
import os
import re
import unittest

import dashboards
from kubegauge import Agent, SOURCE, Folder, fixture, paths, run, write
from test_node import ApiServer, pod

# Not served, and why that is right or when it ends. One that is served after all fails the test.
OTHER_SYSTEM = "Darwin's and the BSDs' memory; Linux has node_memory_MemTotal_bytes and the like"
NOT_SERVED = {
    "node_memory_available_bytes": OTHER_SYSTEM,
    "node_memory_compressed_bytes": OTHER_SYSTEM,
    "node_memory_internal_bytes": OTHER_SYSTEM,
    "node_memory_purgeable_bytes": OTHER_SYSTEM,
    "node_memory_total_bytes": OTHER_SYSTEM,
    "node_memory_wired_bytes": OTHER_SYSTEM,
}

# Served only with an option; the labels are then those that the user chose.
BY_OPTION = {("kube_persistentvolumeclaim_labels", "label_excluded_from_alerts"):
             "--metric-labels-allowlist names the labels"}

# No series without what the fixtures do not have.
NO_POD = "needs pods and their network namespaces: tests/cluster has them"
NOT_LIVE = {
    r"container_network_.*": NO_POD,
    r"node_systemd_.*": "needs systemd's bus, and is off by default as in node_exporter",
    r"kubelet_volume_stats_.*": "needs a claim and its mount: test_volumes.py has them",
}


def tables():
    """{metric: labels} of the program's tables, as it prints them."""
    code, text, errors = run("--print-docs=metrics")
    assert code == 0, errors
    rows = re.findall(r"(?m)^\| `(\w+)` \| \w+ \| ([^|]*) \|", text)
    return {name: {label.strip() for label in labels.split(",") if label.strip()}
            for name, labels in rows}


def series_of(text, into):
    """Adds the label sets of an exposition: {metric: [labels with a value]}."""
    for name, labels in re.findall(r"(?m)^(\w+)(?:\{(.*)\})? \S+$", text):
        into.setdefault(name, []).append(set(re.findall(r'(\w+)="[^"]', labels)))


def machines(folder):
    """Options for each made-up machine, each with a fixture's cgroups, and for this machine."""
    yield ["--kmsg="]
    cgroup = next(p for p in paths(folder) if p.startswith("--path.cgroup="))
    for root in sorted(glob.glob(SOURCE + "/tests/fixtures/node/*")):
        yield ["--kmsg=", cgroup, "--path.procfs=" + root + "/proc",
               "--path.sysfs=" + root + "/sys", "--path.rootfs=" + root]


def live(folder):
    series = {}
    for options in machines(folder):
        with Agent("local", *options) as agent:
            series_of(agent.text("/metrics/node"), series)
    with Agent("node", "--node=n1", "--kubeconfig=" + folder + "/kubeconfig", *paths(folder)) as agent:
        agent.wait_ready()
        series_of(agent.text("/metrics/cadvisor"), series)
    for path in sorted(glob.glob(SOURCE + "/tests/fixtures/kube/*/*.json")):
        code, text, _ = run("render", "-f", path, "--metric-labels-allowlist=*=[*]",
                            "--resources=" + os.path.basename(os.path.dirname(path)))
        if code == 0:
            series_of(text, series)
    return series


class Dashboards(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        wanted = dashboards.fixture()
        cls.wanted = {metric: labels for metrics in wanted.values()
                      for metric, labels in metrics.items()}
        assert len(cls.wanted) > 100, "the fixture has %d metrics" % len(cls.wanted)

    def test_tables(self):
        have, faults = tables(), []
        for metric, labels in self.wanted.items():
            if metric in NOT_SERVED:
                if metric in have:
                    faults.append(metric + " is served: its exception is not needed")
            elif metric not in have:
                faults.append(metric + " is in no table")
            else:
                missing = {label for label in labels - have[metric]
                           if (metric, label) not in BY_OPTION}
                if missing:
                    faults.append(f"{metric} lacks {sorted(missing)}")
        self.assertEqual(faults, [])

    def test_live(self):
        folder = Folder()
        self.addCleanup(folder.done)
        fixture(folder.path)
        write(folder.path + "/sys/block/sda/dev", "8:0\n")
        api = ApiServer(folder.path)
        self.addCleanup(api.stop)
        api.set([pod(number, 10) for number in range(2)])
        have, faults = live(folder.path), []
        for metric, labels in self.wanted.items():
            excused = metric in NOT_SERVED or any(re.fullmatch(p, metric) for p in NOT_LIVE)
            labels = {label for label in labels if (metric, label) not in BY_OPTION}
            if excused:
                continue
            if metric not in have:
                faults.append(metric + " is in no answer")
            elif not labels <= set().union(*have[metric]):
                faults.append(f"{metric} lacks {sorted(labels - set().union(*have[metric]))}")
        self.assertEqual(faults, [])


if __name__ == "__main__":
    unittest.main()
