"""Role cluster: many resources and namespaces side by side, and resources that are refused."""
import json
import os
import subprocess
import sys
import time
import unittest

from kubegauge import Agent, Folder, SOURCE, families


def named(kind, name, namespace=None, **more):
    uid = "%s-%s-%s" % (kind, namespace or "", name)
    metadata = {"name": name, "uid": uid, "resourceVersion": "5",
                "creationTimestamp": "2026-01-01T00:00:00Z"}
    if namespace:
        metadata["namespace"] = namespace
    return {"metadata": metadata, **more}


class ApiServer:
    """The fake server with objects that the test can change between lists."""

    def __init__(self, folder, objects, scenario="cluster_scenario.py"):
        self.folder = folder
        self.set(objects)
        self.process = subprocess.Popen(
            [sys.executable, "-B", SOURCE + "/tests/fake/apiserver.py", "--scenario",
             SOURCE + "/tests/integration/agent/" + scenario,
             "--log", folder + "/requests.log"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "OBJECTS_FILE": folder + "/objects.json"})
        port = int(self.process.stdout.readline())
        with open(folder + "/kubeconfig", "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                       "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                       "clusters": [{"name": "c", "cluster": {
                           "server": "http://127.0.0.1:%d" % port}}],
                       "users": [{"name": "u", "user": {"token": "t"}}]}, file)

    def set(self, objects):
        with open(self.folder + "/objects.new", "w", encoding="utf-8") as file:
            json.dump(objects, file)
        os.rename(self.folder + "/objects.new", self.folder + "/objects.json")

    def paths(self):
        with open(self.folder + "/requests.log", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        return [line["target"].split("?")[0] for line in lines]

    def done(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


class Cluster(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)

    def serve(self, objects):
        server = ApiServer(self.folder.path, objects)
        self.addCleanup(server.done)
        return server

    def agent(self, *args):
        return Agent("cluster", "--kubeconfig=" + self.folder.path + "/kubeconfig", *args)

    def test_namespaces_read_as_one(self):
        server = self.serve({
            "namespaces/a/pods": {"items": [named("pod", "one", "a")]},
            "namespaces/b/pods": {"items": [named("pod", "two", "b")], "seconds": 0.5},
            "nodes": {"items": [named("node", "n1")]}})
        with self.agent("--resources=pods,nodes", "--namespaces=a,b") as agent:
            agent.wait_ready()
            text = agent.text("/metrics/state")
            self.assertIn('kube_pod_created{namespace="a",pod="one"', text)
            self.assertIn('kube_pod_created{namespace="b",pod="two"', text)
            self.assertIn('kube_node_created{node="n1"}', text)
            self.assertEqual(text.count("# TYPE kube_pod_created "), 1)
            names = [line.split("{")[0] for line in text.splitlines() if not line.startswith("#")]
            runs = [n for i, n in enumerate(names) if i == 0 or names[i - 1] != n]
            self.assertEqual(len(runs), len(set(runs)), "a family is in two places")
            self.assertNotIn("kube_pod", agent.text("/metrics/state?resources=nodes"))
            self.assertIn('kubegauge_objects{resource="pods"} 2', agent.text("/metrics/self"))
        self.assertNotIn("/api/v1/pods", server.paths())
        self.assertNotIn("/api/v1/namespaces/a/nodes", server.paths())

    def test_a_slow_resource_holds_up_no_other(self):
        self.serve({"pods": {"items": [named("pod", "one", "a")], "seconds": 5},
                    "nodes": {"items": [named("node", "n1")]}})
        with self.agent("--resources=pods,nodes") as agent:
            until = time.monotonic() + 4
            while "kube_node_created" not in agent.text("/metrics/state"):
                self.assertLess(time.monotonic(), until, "the nodes wait for the pods")
                time.sleep(0.05)
            status, _, body = agent.get("/readyz")
            self.assertEqual(status, 503)
            self.assertIn(b"resource nodes: ready", body)
            self.assertIn(b"resource pods: not complete yet", body)
            agent.wait_ready()
            self.assertIn("kube_pod_created", agent.text("/metrics/state"))

    def test_a_refused_resource_holds_up_nothing(self):
        server = self.serve({"secrets": {"status": 403}, "leases": {"status": 404},
                             "namespaces/b/pods": {"status": 403},
                             "namespaces/a/pods": {"items": [named("pod", "one", "a")]},
                             "nodes": {"items": [named("node", "n1")]}})
        with self.agent("--resources=secrets,nodes") as agent:
            ready = agent.wait_ready()
            self.assertIn("resource nodes: ready\n", ready)
            self.assertRegex(ready, "resource secrets: refused by the API server: .*HTTP status 403")
            text = agent.text("/metrics")
            self.assertIn("kube_node_created", text)
            self.assertIn('kubegauge_resource_available{resource="secrets"} 0', text)
            self.assertIn('kubegauge_resource_available{resource="nodes"} 1', text)
            time.sleep(3)
        told = [line for line in agent.log if "secrets" in line]
        self.assertEqual(len(told), 1, told)
        self.assertIn("level=warn", told[0])
        with self.agent("--resources=leases") as agent:
            self.assertIn("HTTP status 404", agent.wait_ready())
        with self.agent("--resources=pods", "--namespaces=a,b") as agent:
            agent.wait_ready()
            self.assertIn('pod="one"', agent.text("/metrics/state"))
            server.set({"namespaces/b/pods": {"items": [named("pod", "two", "b")]}})
            agent.wait_log("resource is no longer refused", 30)

    def test_every_default_resource_is_asked_for_once(self):
        server = self.serve({})
        with self.agent() as agent:
            agent.wait_ready()
            self.assertEqual(families(agent.text("/metrics/state")), set())
        lists = [p for p in server.paths()]
        for path in ("/apis/apps/v1/deployments", "/api/v1/pods", "/apis/batch/v1/cronjobs",
                     "/apis/coordination.k8s.io/v1/leases"):
            self.assertIn(path, lists)
        for path in ("/api/v1/secrets", "/api/v1/configmaps", "/api/v1/endpoints"):
            self.assertNotIn(path, lists)


if __name__ == "__main__":
    unittest.main()
