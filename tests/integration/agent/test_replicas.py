"""Two replicas and scrapers that keep time as Prometheus does: from one scrape on which the old
replica fails, or has no objects, the new one has them, and not in a single scrape before."""
import http.client
import signal
import threading
import time
import unittest

from kubegauge import Agent, Folder, samples
from test_cluster import ApiServer, named

INTERVAL = 1.0
OBJECT = 'kube_pod_created{namespace="a",pod="one"'

# Scrapers, each with its own time of the interval for each of the replicas.
OFFSETS = [(0.0, 0.5), (0.3, 0.0), (0.6, 0.85)]
PHASE = 0.8  # at which the old one is ended


class Scraper(threading.Thread):
    """Scrapes one replica in a fixed rhythm; notes what each scrape showed."""

    def __init__(self, name, agent, offset):
        super().__init__(daemon=True)
        self.name, self.agent, self.offset = name, agent, offset
        self.seen = []  # (time, True with objects, False without or failed)
        self.ends = threading.Event()
        self.start()

    def once(self):
        client = http.client.HTTPConnection(self.agent.host, self.agent.port, timeout=INTERVAL)
        try:
            client.request("GET", "/metrics/state", headers={"User-Agent": self.name})
            answer = client.getresponse()
            return answer.status == 200 and OBJECT in answer.read().decode()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def run(self):
        due = (time.time() // INTERVAL + 1) * INTERVAL + self.offset
        while not self.ends.wait(max(0, due - time.time())):
            began = time.time()
            self.seen.append((began, self.once()))
            due += INTERVAL


class Replicas(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        self.server = ApiServer(self.folder.path, {
            "pods": {"items": [named("pod", "one", "a")]}}, "replicas_scenario.py")
        self.addCleanup(self.server.done)

    def agent(self, name, *args):
        return Agent("cluster", "--kubeconfig=" + self.folder.path + "/kubeconfig",
                     "--resources=pods", "--leader-elect", "--lease-namespace=ns",
                     "--lease-identity=" + name, "--lease-duration=6s",
                     "--lease-renew-interval=2s", *args)

    def leads(self, agent):
        return samples(agent.text("/metrics/self"))['kubegauge_leader{lease="kubegauge"}'] == "1"

    def wait_leads(self, agent, seconds=10):
        until = time.monotonic() + seconds
        while not self.leads(agent):
            self.assertLess(time.monotonic(), until, "".join(agent.log))
            time.sleep(0.01)

    def check(self, old, new, ended):
        """Of one scraper: what it saw of both around the end of the old one."""
        gone = next((t for t, shown in old.seen if t > ended and not shown), None)
        self.assertIsNotNone(gone, old.name)
        self.assertLess(gone - ended, INTERVAL + 0.2)
        self.assertTrue(all(shown for t, shown in old.seen if ended - 2 * INTERVAL < t < gone))
        before = [t - gone for t, shown in new.seen if t < gone and shown]
        after = [t - gone for t, shown in new.seen if t > gone and not shown]
        self.assertEqual((before, after), ([], []), old.name)
        self.assertGreater(len([t for t, _ in new.seen if t > gone]), 1)

    def hand_over(self, how):
        """The leader gets the signal; returns it, its successor and how long its end took."""
        a, b = self.agent("pod-a"), self.agent("pod-b")
        self.addCleanup(b.end)
        self.addCleanup(a.end)
        a.wait_ready()
        b.wait_ready()
        self.wait_leads(a if self.leads(a) else b)
        old, new = (a, b) if self.leads(a) else (b, a)
        self.assertIn("lease kubegauge: standby, pod-", new.wait_ready())
        self.assertNotIn("kube_pod", new.text("/metrics"))
        pairs = [(Scraper("scraper-%d" % i, old, of_old), Scraper("scraper-%d" % i, new, of_new))
                 for i, (of_old, of_new) in enumerate(OFFSETS)]
        try:
            time.sleep(6 * INTERVAL)
            # Not within a few milliseconds of a scrape, when it is chance whether that succeeds.
            time.sleep((PHASE - time.time()) % INTERVAL)
            ended = time.time()
            old.signal(how)
            old.process.wait(timeout=20)
            took = time.time() - ended
            self.wait_leads(new, 3)
            time.sleep(max(0, 4 * INTERVAL - took))
        finally:
            for s in sum(pairs, ()):
                s.ends.set()
            for s in sum(pairs, ()):
                s.join()
        for of_old, of_new in pairs:
            self.check(of_old, of_new, ended)
        return old, new, took

    def test_a_replica_is_killed(self):
        old, new, _ = self.hand_over(signal.SIGKILL)
        new.wait_log("its holder is dead", 1)
        # It is started again, and stands by.
        with self.agent("pod-b" if "holder=pod-b" in "".join(new.log) else "pod-a") as again:
            again.wait_ready()
            self.assertFalse(self.leads(again))
            self.assertTrue(self.leads(new))
        self.assertEqual(old.process.returncode, -signal.SIGKILL)

    def test_a_replica_is_told_to_end(self):
        old, new, took = self.hand_over(signal.SIGTERM)
        new.wait_log("its holder left", 1)
        self.assertEqual(old.process.returncode, 0)
        # It waited for its scrapers, and no longer.
        self.assertLess(took, 2 * INTERVAL)

    def test_alone(self):
        with self.agent("pod-a") as agent:
            self.assertIn("lease kubegauge: leading", agent.wait_ready())
            self.assertIn(OBJECT, agent.text("/metrics"))
            began = time.monotonic()
        self.assertLess(time.monotonic() - began, 3)  # nobody scrapes: nobody is waited for
        with self.agent("pod-b") as agent:  # the lease was given back
            agent.wait_ready(3)
        a = self.agent("pod-c")
        a.wait_ready()
        a.signal(signal.SIGKILL)
        a.process.wait()
        a.end()
        with self.agent("pod-c") as agent:  # the same pod: not another one's lease
            agent.wait_ready(3)


if __name__ == "__main__":
    unittest.main()
