"""Role node: the claims of its pods, from the pod's spec and the runtime's record to /metrics/volumes."""
import json
import os
import sys
import time
import unittest

from kubegauge import Agent, Folder, SOURCE, container_id, fixture, paths, samples, write
from test_node import ApiServer, pod

sys.path.insert(0, SOURCE + "/tests/fake")
import fusefs  # noqa: E402

TASKS = "run/containerd/io.containerd.runtime.v2.task/k8s.io/"
LABELS = '{namespace="shop",persistentvolumeclaim="%s"}'


def pod_with_claims(number, version, path="/data"):
    shop = pod(number, version)
    shop["spec"]["volumes"] = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-1"}},
        {"name": "cache", "ephemeral": {"volumeClaimTemplate": {}}},
        {"name": "config", "configMap": {"name": "web"}}]
    shop["spec"]["containers"][0]["volumeMounts"] = [
        {"name": "data", "mountPath": path}, {"name": "config", "mountPath": "/etc/web"},
        {"name": "cache", "mountPath": "/cache"}]
    return shop


class Volumes(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        fixture(self.folder.path, 2)
        self.api = ApiServer(self.folder.path)
        self.addCleanup(self.api.stop)
        self.root = dict(arg.split("=", 1) for arg in paths(self.folder.path))["--path.rootfs"]
        os.makedirs(self.root + "/mnt/disk", exist_ok=True)
        self.record(1, {"/data": "/mnt/disk", "/cache": "/mnt/none", "/etc/web": "/mnt/disk"})

    def record(self, number, mounts):
        write(f"{self.root}/{TASKS}{container_id(number)}/config.json", json.dumps({
            "mounts": [{"destination": to, "source": source} for to, source in mounts.items()],
            "annotations": {"io.kubernetes.cri.container-type": "container"}}))

    def agent(self, *args, env=None):
        agent = Agent("node", "--node=n1", "--kubeconfig=" + self.folder.path + "/kubeconfig",
                      *paths(self.folder.path), *args, env=env)
        self.addCleanup(agent.__exit__, None, None, None)
        agent.wait_ready()
        return agent

    def check(self, text):
        values = samples(text)
        disk = os.statvfs(self.root + "/mnt/disk")
        data = LABELS % "data-web-1"
        self.assertEqual(float(values["kubelet_volume_stats_capacity_bytes" + data]),
                         disk.f_blocks * disk.f_frsize)
        self.assertEqual(float(values["kubelet_volume_stats_inodes" + data]), disk.f_files)
        self.assertEqual(float(values["kubegauge_volume_shares_device" + data]), 1)
        self.assertIn('kubegauge_volume_stats_missing{namespace="shop",'
                      'persistentvolumeclaim="web-1-cache",reason="error"} 1', text)
        self.assertNotIn("kubelet_volume_stats_capacity_bytes" + LABELS % "web-1-cache", values)

    def test_a_claim_of_a_pod(self):
        self.api.set([pod_with_claims(1, 11), pod(2, 12)])
        agent = self.agent()
        text = agent.text("/metrics/volumes")
        self.check(text)
        self.assertNotRegex(text, "(?m)^(container|node|kube)_")
        self.check(agent.text("/metrics"))
        self.check(agent.text("/metrics?collect[]=volumes"))
        for other in ("/metrics/cadvisor", "/metrics/node", "/metrics?collect[]=meminfo"):
            self.assertNotIn("kubelet_volume", agent.text(other))
        agent.text("/metrics")
        own = samples(agent.text("/metrics/self"))
        self.assertEqual(float(own['kubegauge_collector_success{collector="volumes"}']), 1)
        self.assertEqual(float(own['kubegauge_group_objects{group="volumes"}']), 2)

    def test_off(self):
        self.api.set([pod_with_claims(1, 11)])
        self.assertEqual(self.agent("--no-collector.volumes").text("/metrics/volumes").strip(), "")

    @unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse"), "needs root and FUSE")
    def test_a_claim_that_hangs(self):
        fusefs.own_namespace()
        os.makedirs(self.root + "/mnt/none")
        server = fusefs.FuseFs(self.root + "/mnt/disk", self.root + "/mnt/none")
        self.addCleanup(server.unmount)
        self.addCleanup(server.end)
        self.api.set([pod_with_claims(1, 11)])
        agent = self.agent(env={"ASAN_OPTIONS": "detect_leaks=0"})  # it would wait for the thread
        self.addCleanup(server.end)
        cache, data = LABELS % "web-1-cache", LABELS % "data-web-1"
        values = samples(agent.text("/metrics/volumes"))
        self.assertEqual(float(values["kubelet_volume_stats_capacity_bytes" + cache]), 1000 * 4096)
        self.assertEqual(float(values["kubelet_volume_stats_used_bytes" + cache]), 600 * 4096)
        self.assertEqual(float(values["kubelet_volume_stats_available_bytes" + cache]), 300 * 4096)

        server.hang(".")
        missing = 'kubegauge_volume_stats_missing%s,reason="timeout"}' % cache[:-1]
        for number in range(10):
            began = time.monotonic()
            values = samples(agent.text("/metrics"))
            # Of one second a part, once; the rest is what sanitizers and other tests take.
            self.assertLess(time.monotonic() - began, 2.5 if number == 0 else 1)
            self.assertEqual(values[missing], "1")
            self.assertNotIn("kubelet_volume_stats_capacity_bytes" + cache, values)
            self.assertIn("kubelet_volume_stats_capacity_bytes" + data, values)
            self.assertIn("machine_cpu_cores", agent.text("/metrics/cadvisor"))
        self.assertEqual(server.asked, {"."})
        self.assertEqual(agent.get("/readyz")[0], 200)

        server.release()
        for _ in range(100):
            values = samples(agent.text("/metrics/volumes"))
            if missing not in values:
                break
            time.sleep(0.05)
        self.assertIn("kubelet_volume_stats_capacity_bytes" + cache, values)


if __name__ == "__main__":
    unittest.main()
