"""A client that is kept over the scrapes, as Prometheus keeps its own. What comes is read into one buffer and looked
at no further than to find its end: what a client makes of it is not what is measured, and http.client would take as
long over an answer of megabytes as it takes to make it."""
import re
import socket
import time
from urllib.parse import urlsplit

BUFFER = 1 << 20
LAST_CHUNK = b"\r\n0\r\n\r\n"
TIMEOUT_SECONDS = 60


class Client:
    """One connection, made with the first request: the server closes one that says nothing for too long.
    context: of TLS, for https."""

    def __init__(self, url, context=None):
        self.url, self.context, self.socket = urlsplit(url), context, None
        self.buffer = bytearray(BUFFER)

    def connect(self):
        port = self.url.port or (443 if self.context else 80)
        self.socket = socket.create_connection((self.url.hostname, port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context:
            self.socket = self.context.wrap_socket(self.socket, server_hostname=self.url.hostname)

    def ask(self, headers):
        if not self.socket:
            self.connect()
        lines = [f"GET {self.url.path} HTTP/1.1", f"Host: {self.url.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())

    def receive(self):
        got = self.socket.recv_into(self.buffer)
        if got == 0:
            raise SystemExit(f"{self.url.geturl()}: the connection was closed within an answer")
        return got

    def get(self, headers):
        """Seconds, and bytes of the body with the lines between its chunks."""
        start = time.monotonic()
        self.ask(headers)
        head = b""
        while b"\r\n\r\n" not in head:
            head += bytes(self.buffer[:self.receive()])
        head, _, body = head.partition(b"\r\n\r\n")
        if head.split()[1] != b"200":
            raise SystemExit(f"{self.url.geturl()}: {head.splitlines()[0].decode()}")
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        size, tail = len(body), body[-len(LAST_CHUNK):]
        while size < int(length[1]) if length else not tail.endswith(LAST_CHUNK):
            got = self.receive()
            size += got
            tail = (tail + bytes(self.buffer[max(0, got - len(LAST_CHUNK)):got]))[-len(LAST_CHUNK):]
        return time.monotonic() - start, size

    def close(self):
        self.socket.close()
