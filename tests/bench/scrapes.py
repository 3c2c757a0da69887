"""Scrapers for the benches: clients that read and look at nothing, the floor that they read from
memory, lines of a table whose rounds take turns, scrapers at once, and slow ones."""
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from crowd import cpu_seconds

BUFFER = 1 << 20
SETTLE_SECONDS = 0.5


class Client:
    """One connection, over which bodies are read as fast as they come. It is made with the first request: the
    server closes one that says nothing for too long."""

    def __init__(self, port, encoding, path="/metrics/state"):
        self.port, self.socket = port, None
        self.request = (f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {encoding}\r\n"
                        "User-Agent: bench\r\n\r\n").encode()
        self.buffer = bytearray(BUFFER)

    def ask(self):
        if not self.socket:
            self.socket = socket.create_connection(("127.0.0.1", self.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(self.request)

    def scrape(self):
        """(seconds, bytes with headers and chunk lines)"""
        start, size, tail = time.monotonic(), 0, b""
        self.ask()
        while not tail.endswith(b"0\r\n\r\n"):
            got = self.socket.recv_into(self.buffer)
            if got == 0:
                raise SystemExit("the connection was closed within an answer")
            size += got
            tail = (tail + bytes(self.buffer[max(0, got - 5):got]))[-5:]
        return time.monotonic() - start, size

    def close(self):
        self.socket.close()


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
        self.times, self.costs, self.size = [], [], 0

    def round(self):
        if self.before:
            self.before()
            time.sleep(SETTLE_SECONDS)
        cpu = cpu_seconds(self.pid)
        took, self.size = self.client.scrape()
        time.sleep(0.02)
        self.times.append(took)
        self.costs.append(cpu_seconds(self.pid) - cpu)

    def figures(self):
        """Seconds. The least CPU time is what other programs have disturbed least."""
        return {"time": statistics.median(self.times), "cpu": statistics.median(self.costs),
                "least cpu": min(self.costs), "MB": self.size / 1e6}


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
        self.client, self.over = Client(port, encoding), threading.Event()
        self.client.ask()

    def run(self):
        while not self.over.wait(1):
            if not self.client.socket.recv(1):
                break
        self.client.close()


def at_once(port, encoding, count, rounds):
    """Median over rounds of the time in which `count` scrapers that begin together are all served."""
    clients = [Client(port, encoding) for _ in range(count)]
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
