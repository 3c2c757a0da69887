"""Many scrapers at a time, slow and broken ones among them: they hold up nobody, and cost little."""
import os
import signal
import socket
import threading
import time
import unittest

from kubegauge import UNPACK, Agent, Folder, fixture, paths, samples

# Large enough that sockets' buffers (a few MB) do not swallow an answer whole.
CONTAINERS = 400
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


class SlowReader:
    """Asks for a scrape and takes one byte a second of it, through a small window."""

    def __init__(self, agent, request=REQUEST):
        self.wire = socket.socket()
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.wire.settimeout(30)
        self.wire.connect((agent.host, agent.port))
        self.wire.sendall(request)
        self.ended, self.begun, self.first = threading.Event(), threading.Event(), b""
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            while len(self.first) < len(b"HTTP/1.1 200") and (more := self.wire.recv(1)):
                self.first += more
            self.begun.set()
            while not self.ended.is_set() and self.wire.recv(1):
                self.ended.wait(1)
        except OSError:
            pass

    def was_cut(self):
        """Whether the agent closed the connection before the answer's end."""
        self.ended.set()
        self.thread.join()
        data = b""
        try:
            while True:
                more = self.wire.recv(1 << 20)
                if not more:
                    break
                data = data[-10:] + more
        except ConnectionError:
            return True
        return not data.endswith(b"\r\n0\r\n\r\n")

    def close(self):
        self.ended.set()
        self.thread.join()
        self.wire.close()


class Slow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.done)
        fixture(cls.folder.path, CONTAINERS)

    def agent(self, *args):
        agent = Agent("local", *paths(self.folder.path), *args)
        self.addCleanup(agent.__exit__, None, None, None)
        agent.wait_ready()
        return agent

    def test_slow_scrapers_hold_up_nobody(self):
        agent = self.agent()
        began = time.monotonic()
        size = len(agent.text("/metrics"))
        alone = time.monotonic() - began
        self.assertGreater(size, 4 << 20)
        slow = [SlowReader(agent) for _ in range(4)]
        results, times = [], []

        def scrape(coding):
            start = time.monotonic()
            status, _, body = agent.get("/metrics", {"Accept-Encoding": coding})
            times.append(time.monotonic() - start)
            text = UNPACK[coding](body) if coding in UNPACK else body
            results.append((status, len(samples(text.decode())) > CONTAINERS * 20))

        threads = [threading.Thread(target=scrape, args=(("identity", "gzip", "zstd")[i % 3],))
                   for i in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [(200, True)] * 12)
        # Twelve share two processors with their clients; a slow one in the way would take minutes.
        self.assertLess(max(times), 12 * alone + 5)
        own = samples(agent.text("/metrics/self"))
        self.assertEqual(own["kubegauge_scrapes_in_progress"], "5")
        # A slow reader holds a reference and what its socket did not take, not a body.
        for reader in slow:
            reader.close()
        self.wait_idle(agent)

    def wait_idle(self, agent):
        until = time.monotonic() + 20
        while samples(agent.text("/metrics/self"))["kubegauge_scrapes_in_progress"] != "1":
            self.assertLess(time.monotonic(), until, "scrapes of closed connections stay")
            time.sleep(0.1)

    def test_readings_are_shared_by_those_that_wait(self):
        agent = self.agent()
        bodies = []
        threads = [threading.Thread(target=lambda: bodies.append(agent.text("/metrics/cadvisor")))
                   for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = [{k: v for k, v in samples(b).items() if "last_seen" in k} for b in bodies]
        distinct = {tuple(sorted(s.items())) for s in seen}
        self.assertLess(len(distinct), 16)

    def test_one_scrape_too_many_gets_503(self):
        agent = self.agent("--max-concurrent-scrapes=2")
        slow = [SlowReader(agent), SlowReader(agent)]
        for reader in slow:
            self.assertTrue(reader.begun.wait(20))
            self.assertEqual(reader.first, b"HTTP/1.1 200")
        status, headers, _ = agent.get("/metrics")
        self.assertEqual((status, headers["retry-after"]), (503, "1"))
        self.assertEqual(agent.get("/healthz")[0], 200)
        for reader in slow:
            reader.close()
        until = time.monotonic() + 20
        while agent.get("/metrics")[0] != 200:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)
        own = samples(agent.text("/metrics/self"))
        self.assertGreaterEqual(float(own["kubegauge_scrapes_rejected_total"]), 1)

    def test_only_so_many_slow_scrapes_are_kept(self):
        agent = self.agent()
        older = [SlowReader(agent) for _ in range(4)]
        self.wait_in_progress(agent, 4)
        newer = [SlowReader(agent) for _ in range(8)]  # LIMIT_SLOW_SCRAPES
        until = time.monotonic() + 30
        while self.own(agent, "kubegauge_scrapes_cut_total") < 4:
            self.assertLess(time.monotonic(), until, "nobody was cut off")
            time.sleep(0.2)
        time.sleep(2.5)  # nobody else is
        self.assertEqual(self.own(agent, "kubegauge_scrapes_cut_total"), 4)
        self.assertEqual(self.own(agent, "kubegauge_scrapes_in_progress"), 9)
        self.assertEqual([reader.was_cut() for reader in older], [True] * 4)
        for reader in older + newer:
            reader.close()
        self.wait_idle(agent)

    def own(self, agent, name):
        return float(samples(agent.text("/metrics/self"))[name])

    def wait_in_progress(self, agent, count):
        until = time.monotonic() + 20
        while self.own(agent, "kubegauge_scrapes_in_progress") != count + 1:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def test_a_scraper_that_takes_nothing_is_cut_off(self):
        agent = self.agent("--web.write-timeout=2s")
        reader = SlowReader(agent)
        time.sleep(6)
        self.assertTrue(reader.was_cut())
        reader.close()
        self.wait_idle(agent)
        own = samples(agent.text("/metrics/self"))
        self.assertEqual(own['kubegauge_scrapes_failed_total{endpoint="/metrics"}'], "1")

    def test_idle_connections_are_closed(self):
        agent = self.agent("--web.idle-timeout=1s")
        with agent.connect(20) as wire:
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            data = b""
            while True:
                more = wire.recv(4096)
                if not more:
                    break
                data += more
            self.assertIn(b"200 OK", data)

    def test_half_sent_requests_are_closed(self):
        agent = self.agent()
        with agent.connect(40) as wire:
            wire.sendall(b"GET /metrics HTT")
            self.assertEqual(wire.recv(1), b"")

    def test_clients_cost_no_processor_time_while_they_wait(self):
        """A socket that stays readable in the middle of an answer must not make the loop turn."""
        agent = self.agent()
        half_closed = SlowReader(agent)
        half_closed.wire.shutdown(socket.SHUT_WR)
        pipelined = SlowReader(agent)
        time.sleep(0.5)
        pipelined.wire.sendall(REQUEST * 3)
        quiet = agent.connect()
        time.sleep(3)
        before = agent.cpu_seconds()
        time.sleep(4)
        used = agent.cpu_seconds() - before
        half_closed.close()
        pipelined.close()
        quiet.close()
        self.assertLess(used, 1.0)

    def test_sigterm_lets_a_running_scrape_end(self):
        agent = self.agent()
        wire = socket.socket()
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(30)
        wire.connect((agent.host, agent.port))
        wire.sendall(REQUEST)
        data = wire.recv(1000)
        agent.signal(signal.SIGTERM)
        agent.wait_log("msg=ending signal=SIGTERM", 10)
        time.sleep(0.5)
        with self.assertRaises(OSError):
            agent.connect(5).recv(1)
        while True:
            more = wire.recv(1 << 16)
            if not more:
                break
            data += more
        self.assertTrue(data.endswith(b"\r\n0\r\n\r\n"))
        began = time.monotonic()
        self.assertEqual(agent.end(), 0)
        self.assertLess(time.monotonic() - began, 5)

    def test_sigterm_waits_for_a_stuck_scrape_a_few_seconds_only(self):
        agent = self.agent()
        reader = SlowReader(agent)
        time.sleep(1)
        began = time.monotonic()
        self.assertEqual(agent.end(), 0)
        self.assertLess(time.monotonic() - began, 15)
        reader.close()

    def test_sighup_is_nothing_and_sigint_ends(self):
        agent = self.agent()
        agent.signal(signal.SIGHUP)
        time.sleep(0.3)
        self.assertEqual(agent.get("/healthz")[0], 200)
        agent.signal(signal.SIGINT)
        agent.wait_log("msg=ending signal=SIGINT", 10)
        self.assertEqual(agent.end(), 0)

    def test_more_connections_than_the_limit_are_refused(self):
        agent = self.agent()
        wires = []
        try:
            for _ in range(512 + 40):
                wires.append(agent.connect(5))
            for wire in wires:
                wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            served = 0
            for wire in wires:
                try:
                    served += wire.recv(100).startswith(b"HTTP/1.1 200")
                except OSError:
                    pass
            self.assertGreaterEqual(served, 500)
            self.assertLessEqual(served, 512)
        finally:
            for wire in wires:
                wire.close()
        until = time.monotonic() + 20
        while True:
            try:
                own = samples(agent.text("/metrics/self"))
                break
            except OSError:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.2)
        self.assertGreaterEqual(float(own["kubegauge_connections_refused_total"]), 40)


if __name__ == "__main__":
    assert os.path.exists(os.environ["KUBEGAUGE"])
    unittest.main()
