"""Role node: the join of cgroups and pods, their state, and what happens without an API server."""
import json
import os
import subprocess
import sys
import time
import unittest

from kubegauge import (Agent, Folder, SOURCE, clean_environment, container_id, families, fixture,
                       paths, pod_uid, run, samples)


def pod(number, version, restarts=0):
    return {
        "metadata": {"name": "web-%d" % number, "namespace": "shop", "uid": pod_uid(number),
                     "resourceVersion": str(version), "labels": {"team": "blue"},
                     "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet",
                                          "name": "web-5d6f", "uid": "r", "controller": True}]},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "shop/web:1"}]},
        "status": {"phase": "Running", "containerStatuses": [{
            "name": "app", "image": "shop/web:1", "imageID": "sha256:1", "ready": True,
            "restartCount": restarts, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            "containerID": "containerd://" + container_id(number)}]},
    }


class ApiServer:
    """The fake server with pods that the test can change; it may be ended and started again."""

    def __init__(self, folder):
        self.folder, self.version, self.port, self.process = folder, 10, 0, None
        self.set([])
        self.start()

    def set(self, pods):
        self.version += 1
        text = json.dumps({"version": self.version, "pods": pods})
        with open(self.folder + "/pods.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.folder + "/pods.new", self.folder + "/pods.json")

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", SOURCE + "/tests/fake/apiserver.py", "--port", str(self.port),
             "--scenario", SOURCE + "/tests/integration/agent/pods_scenario.py",
             "--log", self.folder + "/requests.log"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PODS_FILE": self.folder + "/pods.json"})
        self.port = int(self.process.stdout.readline())
        with open(self.folder + "/kubeconfig", "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                       "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                       "clusters": [{"name": "c", "cluster": {
                           "server": "http://127.0.0.1:%d" % self.port}}],
                       "users": [{"name": "u", "user": {"token": "t"}}]}, file)

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait(timeout=20)
            self.process = None

    def requests(self):
        with open(self.folder + "/requests.log", encoding="utf-8") as file:
            return [json.loads(line) for line in file]


class Node(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        fixture(self.folder.path, 2)
        self.api = ApiServer(self.folder.path)
        self.addCleanup(self.api.stop)

    def agent(self, *args, env=None):
        agent = Agent("node", "--node=n1", "--kubeconfig=" + self.folder.path + "/kubeconfig",
                      *paths(self.folder.path), *args, env=env)
        self.addCleanup(agent.__exit__, None, None, None)
        return agent

    def wait_for(self, what, seconds=30):
        until = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), until, what.__doc__ or "nothing came of it")
            time.sleep(0.1)

    def labelled(self, agent):
        series = samples(agent.text("/metrics/cadvisor"))
        return [k for k in series if k.startswith("container_memory_usage_bytes{") and
                'container="app"' in k and 'pod="web-' in k and 'namespace="shop"' in k and
                'image="shop/web:1"' in k]

    def restarts(self, agent):
        series = samples(agent.text("/metrics/state"))
        return {k: v for k, v in series.items()
                if k.startswith("kube_pod_container_status_restarts_total{")}

    def test_joins_and_serves_state(self):
        self.api.set([pod(0, 1), pod(1, 1, restarts=3)])
        agent = self.agent("--container-labels=team,owner,node")
        self.assertIn("resource pods: ready", agent.wait_ready())
        found = self.labelled(agent)
        self.assertEqual(len(found), 2, found)
        for series in found:
            for label in ('label_team="blue"', 'owner_kind="ReplicaSet"', 'owner_name="web-5d6f"',
                          'node="n1"'):
                self.assertIn(label, series)
        self.assertEqual(sorted(self.restarts(agent).values()), ["0", "3"])
        whole = families(agent.text("/metrics"))
        self.assertIn("kube_pod_info", whole)
        self.assertIn("container_memory_usage_bytes", whole)
        only = families(agent.text("/metrics?resources=pods"))
        self.assertTrue(only and all(f.startswith("kube_pod_") for f in only), only)
        self.assertFalse([f for f in families(agent.text("/metrics?exclude_resources=pods"))
                          if f.startswith("kube_")])
        requests = self.api.requests()
        for request in requests:
            self.assertIn("fieldSelector=spec.nodeName%3Dn1", request["target"])
            self.assertRegex(request["headers"]["user-agent"], r"^kubegauge/\d")
        own = samples(agent.text("/metrics/self"))
        self.assertEqual(own['kubegauge_watch_synced{resource="pods"}'], "1")
        self.assertEqual(own['kubegauge_objects{resource="pods"}'], "2")
        self.assertEqual(own['kubegauge_watch_age_seconds{resource="pods"}'], "0")

    def test_follows_changes(self):
        self.api.set([pod(0, 1)])
        agent = self.agent()
        agent.wait_ready()
        self.assertEqual(len(self.labelled(agent)), 1)
        self.api.set([pod(0, 2, restarts=7), pod(1, 1)])
        self.wait_for(lambda: sorted(self.restarts(agent).values()) == ["0", "7"])
        self.wait_for(lambda: len(self.labelled(agent)) == 2)
        self.api.set([pod(1, 1)])
        self.wait_for(lambda: list(self.restarts(agent).values()) == ["0"])

    def test_lives_without_the_api_server(self):
        self.api.set([pod(0, 1), pod(1, 1)])
        agent = self.agent("--stale-after=14s")
        agent.wait_ready()
        self.assertEqual(len(self.labelled(agent)), 2)
        self.api.stop()
        body = agent.wait_ready(40, want=503)
        self.assertRegex(body, r"(?m)^resource pods: stale, \d+s old: ")
        self.assertEqual(agent.get("/healthz")[0], 200)
        own = samples(agent.text("/metrics/self"))
        self.assertGreater(float(own['kubegauge_watch_age_seconds{resource="pods"}']), 9)
        self.assertEqual(len(self.labelled(agent)), 2)
        self.wait_for(lambda: not self.restarts(agent))
        self.assertEqual(len(self.labelled(agent)), 2)
        self.api.set([pod(0, 2, restarts=1), pod(1, 1)])
        self.api.start()
        agent.wait_ready(60)
        self.assertEqual(sorted(self.restarts(agent).values()), ["0", "1"])
        own = samples(agent.text("/metrics/self"))
        self.assertEqual(own['kubegauge_watch_age_seconds{resource="pods"}'], "0")

    def test_starts_without_the_api_server(self):
        self.api.set([pod(0, 1)])
        self.api.stop()
        agent = self.agent()
        body = agent.wait_ready(10, want=503)
        self.assertIn("resource pods: not complete yet", body)
        self.assertEqual(self.labelled(agent), [])
        self.assertIn("container_memory_usage_bytes", families(agent.text("/metrics")))
        self.api.start()
        agent.wait_ready(60)
        self.assertEqual(len(self.labelled(agent)), 1)

    def test_no_pod_state(self):
        self.api.set([pod(0, 1)])
        agent = self.agent("--no-pod-state")
        agent.wait_ready()
        self.assertEqual(len(self.labelled(agent)), 1)
        self.assertEqual(agent.text("/metrics/state"), "")

    def test_role_node_is_taken_by_itself(self):
        self.api.set([pod(0, 1)])
        agent = Agent(*paths(self.folder.path), env={
            "KUBEGAUGE_NODE": "n1", "KUBEGAUGE_KUBECONFIG": self.folder.path + "/kubeconfig"})
        with agent:
            agent.wait_ready()
            self.assertIn("kube_pod_info", families(agent.text("/metrics")))

    def test_labels_allowlist(self):
        self.api.set([pod(0, 1)])
        agent = self.agent("--metric-labels-allowlist=pods=[team]", "--metric-denylist=restarts")
        agent.wait_ready()
        text = agent.text("/metrics/state")
        self.assertIn('label_team="blue"', text)
        self.assertNotIn("restarts", text)

    def test_refuses_bad_options(self):
        good = "--kubeconfig=" + self.folder.path + "/kubeconfig"
        for args, says in (
                (["--kubeconfig=/nonexistent/k"], "--kubeconfig"),
                ([good, "--context=other"], "other"),
                ([good, "--metric-labels-allowlist=pods=["], "--metric-labels-allowlist"),
                ([good, "--metric-annotations-allowlist=podz=[a]"], "podz"),
                ([good, "--container-labels=a,a"], "--container-labels"),
                ([good, "--apiserver=nowhere"], "--apiserver")):
            code, out, err = run("node", "--node=n1", *args)
            self.assertEqual((code, out), (2, ""), err)
            self.assertIn(says, err)
        self.assertNotIn("KUBERNETES_SERVICE_HOST", clean_environment())


if __name__ == "__main__":
    unittest.main()
