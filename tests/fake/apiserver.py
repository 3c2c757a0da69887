#!/usr/bin/env python3
"""A small API server that misbehaves on demand, for the integration tests.

    apiserver.py [--port 0] [--scenario FILE] [--cert PEM --key PEM [--client-ca PEM]]
                 [--tokens FILE] [--log FILE]

It listens on 127.0.0.1, prints the port on a line of its own, serves each connection in a thread
(HTTP/1.1, kept alive), and ends when its standard input does, so that a test that dies takes it
along.

--tokens FILE: the bearer tokens that are good now, one a line, read at each request; any other
request gets a 401. --log FILE: one JSON line a request (connection number, method, path, headers,
server name of the handshake, subject of the client's certificate).

A scenario says what is answered. As JSON it is a list of rules; for a request the first one counts
whose "path" begins the request's path, whose "method" (absent: any) and "query" (a map; null: must
be absent) agree, and whose "times" is not used up:

    {"path": "/api/v1/pods", "method": "GET", "query": {"watch": "true"}, "times": 1,
     "before": [...], "status": 200, "headers": {"Retry-After": "1"},
     "steps": [{"send": "text"}, {"json": {...}}, {"fill": 1000000}, {"file": "a.json"},
               {"sleep": 0.5}, {"stall": 60}, {"cut": true}, {"reset": true}, {"half_close": true},
               {"echo": true}],
     "length": true, "cut_at": 100}

Steps run in order; those of "before" run before the head and send bytes as they are. Without "length" the body is chunked; with it, the steps' bytes are collected
and sent with Content-Length. cut_at ends the connection after so many bytes of the body. json adds
a newline. stall holds the connection silent until the peer goes or the seconds are over. reset
sends RST. half_close ends our side and reads on. echo sends the request as the log has it.

As Python (FILE ends in .py) the scenario defines handle(request), and may keep what state it likes;
Request below is what it gets. Paths that no rule takes get a Status with code 404.
"""
import argparse
import collections
import importlib.util
import json
import os
import select
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

REASONS = {200: "OK", 201: "Created", 302: "Found", 400: "Bad Request", 401: "Unauthorized",
           403: "Forbidden", 404: "Not Found", 409: "Conflict", 410: "Gone",
           429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}
HEAD_MAX = 65536


class Gone(Exception):
    """The connection is over, by either side's doing."""


class Connection:
    """One accepted connection: bytes in, bytes out, and the ways to end it."""

    def __init__(self, number, sock):
        self.number, self.sock = number, sock
        self.server_name = None
        self.pending = b""

    def read_head(self):
        while b"\r\n\r\n" not in self.pending:
            try:
                piece = self.sock.recv(65536)
            except OSError as e:
                raise Gone from e
            if not piece or len(self.pending) > HEAD_MAX:
                raise Gone
            self.pending += piece
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        return head.decode("latin-1")

    def read_body(self, length):
        while len(self.pending) < length:
            try:
                piece = self.sock.recv(65536)
            except OSError as e:
                raise Gone from e
            if not piece:
                raise Gone
            self.pending += piece
        body, self.pending = self.pending[:length], self.pending[length:]
        return body

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Gone from e

    def client_subject(self):
        if not isinstance(self.sock, ssl.SSLSocket):
            return None
        cert = self.sock.getpeercert() or {}
        names = [value for part in cert.get("subject", ()) for key, value in part
                 if key == "commonName"]
        return names[0] if names else None

    def stall(self, seconds):
        """Silence until the peer ends the connection or the time is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.sock], [], [], left)[0]:
                try:
                    piece = self.sock.recv(4096)
                except OSError as e:
                    raise Gone from e
                if not piece:
                    raise Gone
                self.pending += piece

    def reset(self):
        raw = self.sock
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
        raise Gone

    def cut(self):
        """Ends the connection as a proxy that dies does: FIN, no TLS farewell."""
        raise Gone

    def half_close(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as e:
            raise Gone from e
        self.stall(60)
        raise Gone


class Request:
    """One request, and the answer to it."""

    def __init__(self, connection, head):
        lines = head.split("\r\n")
        self.connection = connection
        self.method, self.target, _ = lines[0].split(" ", 2)
        split = urllib.parse.urlsplit(self.target)
        self.path = split.path
        self.query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = connection.read_body(int(self.headers.get("content-length", 0)))
        self.chunked = False
        self.left = None  # bytes of the body until the cut

    def as_dict(self):
        return {"connection": self.connection.number, "method": self.method, "target": self.target,
                "headers": self.headers, "body": self.body.decode("utf-8", "replace"),
                "server_name": self.connection.server_name,
                "client": self.connection.client_subject()}

    def start(self, status=200, headers=None, length=None):
        """Sends the head; chunk() and end() follow unless length is 0."""
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
        every = {"Content-Type": "application/json"} | (headers or {})
        if length is None:
            every["Transfer-Encoding"] = "chunked"
        else:
            every["Content-Length"] = str(length)
        self.chunked = length is None
        lines += [f"{name}: {value}" for name, value in every.items()]
        self.connection.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def chunk(self, data):
        """Sends bytes of the body, up to the cut."""
        cut = self.left is not None and len(data) >= self.left
        if cut:
            data = data[:self.left]
        elif self.left is not None:
            self.left -= len(data)
        if data:
            framed = b"%x\r\n%s\r\n" % (len(data), data) if self.chunked else data
            self.connection.send(framed)
        if cut:
            self.connection.cut()

    def end(self):
        if self.chunked:
            self.connection.send(b"0\r\n\r\n")

    def reply(self, status=200, body=b"", headers=None):
        """A whole answer; body is bytes, text, or what becomes JSON."""
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.start(status, headers, len(body))
        self.chunk(body)

    def status(self, code, reason="", message="", headers=None):
        """The Status object with which Kubernetes refuses."""
        self.reply(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                          "message": message, "reason": reason, "code": code}, headers)


class Rules:
    """A JSON scenario."""

    def __init__(self, rules, folder):
        self.rules, self.folder = rules, folder
        self.used = collections.Counter()
        self.lock = threading.Lock()

    def find(self, request):
        with self.lock:
            for number, rule in enumerate(self.rules):
                if not request.path.startswith(rule.get("path", "/")):
                    continue
                if request.method != rule.get("method", request.method):
                    continue
                wanted = rule.get("query", {}).items()
                if any(request.query.get(name) != value for name, value in wanted):
                    continue
                if self.used[number] >= rule.get("times", float("inf")):
                    continue
                self.used[number] += 1
                return rule
        return None

    def data(self, request, step):
        """The bytes of a step that sends some, else None."""
        if "send" in step:
            return step["send"].encode()
        if "json" in step:
            return json.dumps(step["json"]).encode() + b"\n"
        if "fill" in step:
            return b"x" * step["fill"]
        if "file" in step:
            with open(os.path.join(self.folder, step["file"]), "rb") as file:
                return file.read()
        if "echo" in step:
            return json.dumps(request.as_dict()).encode()
        return None

    def act(self, request, step):
        if "sleep" in step:
            time.sleep(step["sleep"])
        elif "stall" in step:
            request.connection.stall(step["stall"])
        elif "reset" in step:
            request.connection.reset()
        elif "cut" in step:
            request.connection.cut()
        elif "half_close" in step:
            request.connection.half_close()
        else:
            raise ValueError(f"unknown step {step}")

    def handle(self, request):
        rule = self.find(request)
        if rule is None:
            request.status(404, "NotFound", f"no rule for {request.target}")
            return
        steps = rule.get("steps", [])
        request.left = rule.get("cut_at")
        for step in rule.get("before", []):
            data = self.data(request, step)
            if data is None:
                self.act(request, step)
            else:
                request.connection.send(data)
        length = None
        if rule.get("length"):
            length = sum(len(self.data(request, step) or b"") for step in steps)
        request.start(rule.get("status", 200), rule.get("headers"), length)
        for step in steps:
            data = self.data(request, step)
            if data is None:
                self.act(request, step)
            else:
                request.chunk(data)
        request.end()


def load_scenario(path):
    if path is None:
        return Rules([], ".").handle
    if path.endswith(".py"):
        spec = importlib.util.spec_from_file_location("scenario", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.handle
    with open(path, encoding="utf-8") as file:
        return Rules(json.load(file), os.path.dirname(path)).handle


class Server:
    def __init__(self, options):
        self.options = options
        self.handle = load_scenario(options.scenario)
        self.lock = threading.Lock()
        self.log = open(options.log, "a", encoding="utf-8") if options.log else None
        self.context = self.make_context() if options.cert else None
        self.listener = socket.create_server(("127.0.0.1", options.port), backlog=64)

    def make_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.options.cert, self.options.key)
        if self.options.client_ca:
            context.load_verify_locations(self.options.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def encrypt(self, connection):
        names = []
        # The callback belongs to the context: one for each connection keeps the names apart.
        context = self.make_context()
        context.sni_callback = lambda _sock, name, _context: names.append(name)
        try:
            connection.sock = context.wrap_socket(connection.sock, server_side=True,
                                                  suppress_ragged_eofs=True)
        except (OSError, ssl.SSLError) as e:
            raise Gone from e
        connection.server_name = names[0] if names else None

    def is_authorized(self, request):
        if not self.options.tokens:
            return True
        with open(self.options.tokens, encoding="utf-8") as file:
            good = ["Bearer " + line.strip() for line in file if line.strip()]
        return request.headers.get("authorization") in good

    def write_log(self, request):
        if self.log:
            with self.lock:
                self.log.write(json.dumps(request.as_dict()) + "\n")
                self.log.flush()

    def serve(self, connection):
        raw = connection.sock
        try:
            if self.context:
                self.encrypt(connection)
            while True:
                request = Request(connection, connection.read_head())
                self.write_log(request)
                if self.is_authorized(request):
                    self.handle(request)
                else:
                    request.status(401, "Unauthorized", "Unauthorized")
        except Gone:
            pass
        finally:
            connection.sock.close()
            raw.close()

    def run(self):
        print(self.listener.getsockname()[1], flush=True)
        number = 0
        while True:
            sock, _ = self.listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number += 1
            threading.Thread(target=self.serve, args=(Connection(number, sock),),
                             daemon=True).start()


def end_with_stdin():
    while os.read(0, 4096):
        pass
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--scenario")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--client-ca")
    parser.add_argument("--tokens")
    parser.add_argument("--log")
    server = Server(parser.parse_args())
    threading.Thread(target=end_with_stdin, daemon=True).start()
    server.run()


if __name__ == "__main__":
    sys.exit(main())
