"""Scrapers for the benches: clients that read and look at nothing, the floor that they read from
memory, lines of a table whose rounds take turns, scrapers at once, and slow ones."""
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from client import Client
from crowd import cpu_seconds

SETTLE_SECONDS = 0.5


class Scraper(Client):
    """Asks the role or its floor on a port for one coding."""

    def __init__(self, port, encoding, path="/metrics/state"):
        super().__init__(f"http://127.0.0.1:{port}{path}")
        self.headers = {"Accept-Encoding": encoding, "User-Agent": "bench"}

    def scrape(self):
        return self.get(self.headers)


class Floor:
    """The same bytes from memory, plain and with gzip, by the same server: memory_server.c."""

    def __init__(self, program, plain, packed):
        self.folder = tempfile.TemporaryDirectory(prefix="kubegauge-bench-")
        files = [Path(self.folder.name) / name for name in ("plain", "gzip")]
        files[0].write_bytes(plain)
        files[1].write_bytes(packed)
        self.process = subprocess.Popen([program, *files], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline())
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)
        self.folder.cleanup()


class Line:
    """What is done before each scrape, and what the scrapes took."""

    def __init__(self, name, pid, client, before=None):
        self.name, self.pid, self.client, self.before = name, pid, client, before
        self.times, self.costs = [], []

    def round(self):
        if self.before:
            self.before()
            time.sleep(SETTLE_SECONDS)
        cpu = cpu_seconds(self.pid)
        took, _ = self.client.scrape()
        time.sleep(0.02)
        self.times.append(took)
        self.costs.append(cpu_seconds(self.pid) - cpu)

    def figures(self):
        """Seconds. The least CPU time is what other programs have disturbed least."""
        return {"time": statistics.median(self.times), "least cpu": min(self.costs)}


def run_in_turns(lines, rounds):
    """Each line's figures by its name, of rounds that take turns and so meet the same load."""
    for _ in range(rounds):
        for line in lines:
            line.round()
    for line in lines:
        line.client.close()
    return {line.name: line.figures() for line in lines}


class Slow(threading.Thread):
    """Reads a byte a second until told to stop."""

    def __init__(self, port, encoding):
        super().__init__(daemon=True)
        self.client, self.over = Scraper(port, encoding), threading.Event()
        self.client.ask(self.client.headers)

    def run(self):
        while not self.over.wait(1):
            if not self.client.socket.recv(1):
                break
        self.client.close()


def at_once(port, encoding, count, rounds):
    """Median over rounds of the time in which `count` scrapers that begin together are all served."""
    clients = [Scraper(port, encoding) for _ in range(count)]
    times = []
    for _ in range(rounds):
        gate = threading.Barrier(count + 1)

        def scrape(client, gate=gate):
            gate.wait()
            client.scrape()

        threads = [threading.Thread(target=scrape, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        gate.wait()
        start = time.monotonic()
        for thread in threads:
            thread.join()
        times.append(time.monotonic() - start)
    for client in clients:
        client.close()
    return statistics.median(times)


def beside_slow(port, encoding, count, slow, rounds):
    """As at_once, without and with `slow` clients that read a byte a second: (alone, beside them)."""
    alone = at_once(port, encoding, count, rounds)
    threads = [Slow(port, encoding) for _ in range(slow)]
    for thread in threads:
        thread.start()
    time.sleep(SETTLE_SECONDS)
    beside = at_once(port, encoding, count, rounds)
    for thread in threads:
        thread.over.set()
    for thread in threads:
        thread.join()
    return alone, beside
