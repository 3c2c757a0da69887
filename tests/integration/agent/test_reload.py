"""Role cluster in kube-state-metrics' place: its flags and file, telemetry, and files that change while
it serves."""
import http.client
import os
import re
import threading
import time
import unittest

from kubegauge import Agent, Folder, samples
from test_cluster import ApiServer, named


class Scraper(threading.Thread):
    """Scrapes without a pause, and keeps what does not hold."""

    def __init__(self, agent, holds):
        super().__init__(daemon=True)
        self.agent, self.holds = agent, holds
        self.seen, self.scrapes, self.over = [], 0, False

    def run(self):
        while not self.over:
            try:
                status, _, body = self.agent.get("/metrics/state")
                found = self.holds(body.decode()) if status == 200 else "status %d" % status
            except (OSError, http.client.HTTPException) as e:
                found = repr(e)
            self.scrapes += 1
            if found not in self.seen:
                self.seen.append(found)

    def stop(self):
        self.over = True
        self.join(60)


class Reload(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        self.config = self.folder.path + "/config/ksm.yaml"
        os.mkdir(self.folder.path + "/config")

    def serve(self, objects):
        server = ApiServer(self.folder.path, objects)
        self.addCleanup(server.done)
        return server

    def write(self, text):
        with open(self.config + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.config + ".new", self.config)

    def agent(self, *args, **more):
        return Agent("cluster", "--kubeconfig=" + self.folder.path + "/kubeconfig",
                     "--config=" + self.config, *args, **more)

    def wait_for(self, agent, text, path="/metrics/state", seconds=30):
        until = time.monotonic() + seconds
        while text not in agent.text(path):
            self.assertLess(time.monotonic(), until, "no %r:\n%s" % (text, "".join(agent.log)))
            time.sleep(0.02)

    def file_metric(self, agent, kind, name="kubegauge_config_last_reload_successful"):
        found = re.findall(r'%s{type="%s",filename="[^"]*"} (\S+)' % (name, kind),
                           agent.text("/metrics/self"))
        self.assertEqual(len(found), 1)
        return float(found[0])

    def test_no_scrape_misses_a_series_while_another_configuration_is_taken(self):
        pods = {"items": [named("pod", "p%d" % i, "a") for i in range(40)], "seconds": 0.7}
        self.serve({"pods": pods, "nodes": {"items": [named("node", "n1")], "seconds": 0.3}})
        self.write("resources:\n  pods: {}\n")

        def whole(text):
            """Which of the two sets it is; every pod must be in both."""
            n = text.count("\nkube_pod_created{")
            return "%d pods, %d nodes" % (n, text.count("\nkube_node_created{"))

        with self.agent() as agent:
            agent.wait_ready()
            before = self.file_metric(agent, "config", "kube_state_metrics_config_hash")
            scraper = Scraper(agent, whole)
            scraper.start()
            for round in range(3):
                self.write("resources:\n  pods: {}\n  nodes: {}\n")
                self.wait_for(agent, "kube_node_created")
                self.write("resources:\n  pods: {}\n")
                until = time.monotonic() + 30
                while "kube_node_created" in agent.text("/metrics/state"):
                    self.assertLess(time.monotonic(), until)
                    time.sleep(0.02)
            scraper.stop()
            self.assertEqual(sorted(scraper.seen), ["40 pods, 0 nodes", "40 pods, 1 nodes"])
            self.assertGreater(scraper.scrapes, 50)
            self.assertEqual(self.file_metric(agent, "config"), 1)
            self.assertEqual(self.file_metric(agent, "config", "kube_state_metrics_config_hash"),
                             before)
            # A list is selected anew, too.
            self.write("resources:\n  pods: {}\nmetric_denylist:\n  ^kube_pod_cre: {}\n")
            until = time.monotonic() + 30
            while "kube_pod_created" in agent.text("/metrics/state"):
                self.assertLess(time.monotonic(), until)
                time.sleep(0.02)
            self.assertIn("kube_pod_info", agent.text("/metrics/state"))

    def test_a_bad_file_changes_nothing(self):
        self.serve({"pods": {"items": [named("pod", "one", "a")]}})
        self.write("resources:\n  pods: {}\n")
        with self.agent() as agent:
            agent.wait_ready()
            for text, said in (("resources:\n  pods: {}\nmetric_alowlist: {}\n",
                                r"line 3: metric_alowlist: unknown option"),
                               ("resources:\n  pod: {}\n", r"there is no resource"),
                               ("metric_denylist: ['(']\n", r"missing closing parenthesis"),
                               ("resources: [\n", r"line")):
                self.write(text)
                agent.wait_log(r"level=error .*not taken.*" + said, 30)
                self.assertEqual(self.file_metric(agent, "config"), 0)
                self.assertIn("kube_pod_created", agent.text("/metrics/state"))
                agent.log.clear()
            os.unlink(self.config)
            agent.wait_log(r"not taken.*ENOENT", 30)
            self.write("resources:\n  pods: {}\n")
            agent.wait_log("a changed file was read", 30)
            self.assertEqual(self.file_metric(agent, "config"), 1)
            self.assertEqual(
                self.file_metric(agent, "config",
                                 "kube_state_metrics_last_config_reload_successful"), 1)

    def test_what_needs_a_restart_is_named(self):
        self.serve({"pods": {"items": [named("pod", "one", "a")]}})
        self.write("resources: [pods]\nlog.level: info\n")
        with self.agent() as agent:
            agent.wait_ready()
            self.write("resources: [pods]\nstale-after: 9m\nlog.level: debug\n")
            agent.wait_log("takes effect at the next start.*option=stale-after", 30)
            self.assertFalse(any("option=log.level" in line for line in agent.log))
            agent.wait_log("a changed file was read", 30)

    def test_what_changes_nothing_lists_nothing(self):
        server = self.serve({"pods": {"items": [named("pod", "one", "a")]}})
        self.write("resources: [pods]\n")
        with self.agent() as agent:
            agent.wait_ready()
            before = len(server.paths())
            for text in ("# a comment\nresources: [pods]\n", "resources: ['pods']\n"):
                self.write(text)
                agent.wait_log("a changed file was read", 30)
                agent.log.clear()
            time.sleep(0.5)
            self.assertEqual(len(server.paths()), before)
            self.write("resources: [pods]\nmetric-denylist: [x]\n")
            agent.wait_log("a new set of resources is complete", 30)

    def test_a_configmap_is_followed(self):
        self.serve({"pods": {"items": [named("pod", "one", "a")]},
                    "nodes": {"items": [named("node", "n1")]}})
        top = os.path.dirname(self.config)
        for number, kind in ((1, "pods"), (2, "nodes")):
            os.mkdir("%s/..%d" % (top, number))
            with open("%s/..%d/ksm.yaml" % (top, number), "w", encoding="utf-8") as file:
                file.write("resources:\n  %s: {}\n" % kind)
        os.symlink("..1", top + "/..data")
        os.symlink("..data/ksm.yaml", self.config)
        with self.agent() as agent:
            agent.wait_ready()
            self.assertIn("kube_pod_created", agent.text("/metrics/state"))
            os.symlink("..2", top + "/..data_tmp")
            os.rename(top + "/..data_tmp", top + "/..data")
            self.wait_for(agent, "kube_node_created", seconds=10)
            self.assertNotIn("kube_pod_created", agent.text("/metrics/state"))

    def test_another_server_is_taken_over_from(self):
        self.serve({"pods": {"items": [named("pod", "one", "a")]}})
        self.write("resources: [pods]\n")
        other = Folder()
        self.addCleanup(other.done)
        second = ApiServer(other.path, {"pods": {"items": [
            named("pod", "one", "a"), named("pod", "two", "a")], "seconds": 0.5}})
        self.addCleanup(second.done)

        def count(text):
            return text.count("\nkube_pod_created{")

        with self.agent() as agent:
            agent.wait_ready()
            scraper = Scraper(agent, count)
            scraper.start()
            kubeconfig = self.folder.path + "/kubeconfig"
            os.rename(other.path + "/kubeconfig", kubeconfig)
            self.wait_for(agent, 'pod="two"')
            with open(kubeconfig, encoding="utf-8") as file:
                good = file.read()
            with open(kubeconfig, "w", encoding="utf-8") as file:
                file.write(good.replace('"current-context": "c"', '"current-context": "x"'))
            agent.wait_log("not taken.*context", 30)
            self.assertEqual(self.file_metric(agent, "kubeconfig"), 0)
            self.assertEqual(self.file_metric(agent, "config"), 1)
            scraper.stop()
            self.assertEqual(sorted(scraper.seen), [1, 2])

    def test_a_missing_file_may_come_later(self):
        self.serve({"pods": {"items": [named("pod", "one", "a")]},
                    "nodes": {"items": [named("node", "n1")]}})
        with self.agent("--resources=pods", "--continue-without-config") as agent:
            agent.wait_log("configuration file is missing", 10)
            agent.wait_ready()
            self.write("resources: {nodes: {}}\nobject_limit: 9\n")
            self.wait_for(agent, "kube_node_created")


class Telemetry(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)

    def telemetry(self, agent):
        found = agent.wait_log(r'msg="listening for telemetry" address=(\S+):(\d+)', 30)
        other = Agent.__new__(Agent)
        other.host, other.port = found.group(1).strip("[]"), int(found.group(2))
        return other

    def test_flags_of_a_deployment_and_its_second_port(self):
        server = ApiServer(self.folder.path, {
            "pods": {"items": [named("pod", "p%d" % i, "a") for i in range(5)]},
            "horizontalpodautoscalers": {"status": 403}})
        self.addCleanup(server.done)
        with Agent("cluster", "--kubeconfig=" + self.folder.path + "/kubeconfig",
                   "--telemetry-host=127.0.0.1", "--telemetry-port=0", "-v=2",
                   "--enable-gzip-encoding=true", "--use-apiserver-cache", "--object-limit=3",
                   "--resources=pods,horizontalpodautoscalers", "--total-shards=1") as agent:
            agent.wait_log("option has no effect here.*option=v ", 10)
            agent.wait_log("option=use-apiserver-cache", 10)
            agent.wait_ready()
            other = self.telemetry(agent)
            self.assertEqual(other.get("/readyz")[0], 200)
            self.assertEqual(other.get("/livez")[0], 404)
            self.assertEqual(agent.get("/livez")[::2], (200, b"OK"))
            text = agent.text("/metrics")
            self.assertNotIn("kubegauge_", text)
            self.assertNotIn("process_", text)
            self.assertEqual(text.count("\nkube_pod_created{"), 3)
            told = samples(other.text("/metrics"))
            self.assertFalse(any(name.startswith("kube_pod") for name in told))
            list_total = "kube_state_metrics_list_total"
            self.assertEqual(told[list_total + '{resource="*v1.Pod",result="success"}'], "1")
            self.assertEqual(told[list_total + '{resource="*v1.Pod",result="error"}'], "0")
            hpa = 'resource="*v2.HorizontalPodAutoscaler"'
            self.assertGreater(float(told[list_total + "{%s,result=\"error\"}" % hpa]), 0)
            self.assertIn('kube_state_metrics_watch_total{resource="*v1.Pod",result="success"}',
                          told)
            self.assertEqual(told['kube_state_metrics_shard_ordinal{shard_ordinal="0"}'], "0")
            self.assertEqual(told["kube_state_metrics_total_shards"], "1")
            self.assertEqual(told['kube_state_metrics_list_objects{resource="*v1.Pod"}'], "3")
            self.assertEqual(told['kube_state_metrics_list_objects_limit{resource="*v1.Pod"}'],
                             "3")
            self.assertEqual(
                told['kubegauge_dropped_objects_total{resource="pods",reason="limit"}'], "2")
            self.assertTrue(any(name.startswith("kube_state_metrics_build_info{") for name in told))

    def test_livez_fails_with_the_server(self):
        server = ApiServer(self.folder.path, {})
        with Agent("cluster", "--kubeconfig=" + self.folder.path + "/kubeconfig",
                   "--resources=pods") as agent:
            agent.wait_ready()
            self.assertEqual(agent.get("/livez")[0], 200)
            server.done()
            until = time.monotonic() + 40
            while agent.get("/livez")[0] == 200:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.2)
            self.assertEqual(agent.get("/livez")[::2], (503, b"Service Unavailable"))
            self.assertEqual(agent.get("/healthz")[0], 200)


class Queries(unittest.TestCase):
    def test_resources_as_kube_state_metrics_has_them(self):
        folder = Folder()
        self.addCleanup(folder.done)
        server = ApiServer(folder.path, {
            "namespaces/a/pods": {"items": [named("pod", "one", "a")]},
            "namespaces/b/pods": {"items": [named("pod", "two", "b")]},
            "nodes": {"items": [named("node", "n1")]}})
        self.addCleanup(server.done)
        with Agent("cluster", "--kubeconfig=" + folder.path + "/kubeconfig",
                   "--resources=pods,nodes", "--namespaces=a,b") as agent:
            agent.wait_ready()

            def kinds(query):
                text = agent.text("/metrics?" + query)
                return "".join(sorted(kind for kind, mark in (
                    ("1", 'pod="one"'), ("2", 'pod="two"'), ("n", "kube_node_created{"),
                    ("s", "kubegauge_")) if mark in text))

            for query, want in (("", "12ns"), ("resources=pods", "12"), ("resources=", ""),
                                ("resources=unknown", ""), ("resources=pods,unknown", "12"),
                                ("resources=pods&resources=nodes", "12n"),
                                ("resources=%20nodes%20,pods", "12n"),
                                ("exclude_resources=pods", "ns"),
                                ("exclude_resources=unknown", "12ns"),
                                ("resources=pods,nodes&exclude_resources=pods", "n")):
                self.assertEqual(kinds(query), want, query)
            self.assertEqual(agent.get("/metrics?resources=")[::2], (200, b""))


if __name__ == "__main__":
    unittest.main()
