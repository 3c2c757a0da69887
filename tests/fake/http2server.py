#!/usr/bin/env python3
"""The least HTTP/2 server that a client can be tested against: TLS, many streams on a connection.

    http2server.py --cert PEM --key PEM --script WORD,WORD,…

It listens on 127.0.0.1, prints its port, and ends with its standard input. Requests are not read
(that would take HPACK): the n-th one, over all connections, gets what the n-th word says, and those
after the last word what the last one says:

    ok      a 200 with a body that tells connection and stream: {"connection": 1, "stream": 3}
    stall   a 200 with its headers, then nothing on this stream
    rst     a 200, a piece of body, then RST_STREAM
    goaway  a 200 with its body, then GOAWAY, and the connection is closed
    cut     a 200, a piece of body, then the connection is closed
    dead    nothing, and nothing more on this connection, which stays open
"""
import argparse
import json
import os
import socket
import ssl
import struct
import sys
import threading

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
ACK = END_STREAM = 1
END_HEADERS = 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STATUS_200 = b"\x88"  # RFC 7541, appendix A: index 8 is ":status: 200"
CANCEL = 8


class Server:
    def __init__(self, options):
        self.words = options.script.split(",")
        self.lock = threading.Lock()
        self.requests = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(options.cert, options.key)
        self.context.set_alpn_protocols(["h2"])
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)

    def next_word(self):
        with self.lock:
            word = self.words[min(self.requests, len(self.words) - 1)]
            self.requests += 1
            return word

    def run(self):
        print(self.listener.getsockname()[1], flush=True)
        number = 0
        while True:
            sock, _ = self.listener.accept()
            number += 1
            threading.Thread(target=self.serve, args=(number, sock), daemon=True).start()

    def serve(self, number, raw):
        try:
            with self.context.wrap_socket(raw, server_side=True) as sock:
                Connection(self, number, sock).run()
        except (OSError, EOFError):
            pass
        finally:
            raw.close()


class Connection:
    def __init__(self, server, number, sock):
        self.server, self.number, self.sock = server, number, sock
        self.dead = False

    def read(self, n):
        data = b""
        while len(data) < n:
            piece = self.sock.recv(n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def frame(self, kind, flags, stream, payload=b""):
        head = struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream)
        self.sock.sendall(head + payload)

    def run(self):
        self.read(len(PREFACE))
        self.frame(SETTINGS, 0, 0)
        while True:
            head = self.read(9)
            length = int.from_bytes(head[:3], "big")
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            payload = self.read(length)
            if self.dead:
                continue
            if kind == SETTINGS and not flags & ACK:
                self.frame(SETTINGS, ACK, 0)
            elif kind == PING and not flags & ACK:
                self.frame(PING, ACK, 0, payload)
            elif kind == HEADERS:
                self.answer(stream, self.server.next_word())

    def answer(self, stream, word):
        if word == "dead":
            self.dead = True
            return
        self.frame(HEADERS, END_HEADERS, stream, STATUS_200)
        body = json.dumps({"connection": self.number, "stream": stream}).encode()
        if word in ("ok", "goaway"):
            self.frame(DATA, END_STREAM, stream, body)
        elif word in ("rst", "cut"):
            self.frame(DATA, 0, stream, body[:5])
        if word == "rst":
            self.frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))
        elif word == "goaway":
            self.frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0))
        if word in ("goaway", "cut"):
            self.close()
            raise EOFError

    def close(self):
        """Ends our side and waits for the peer's: closing while something unread is there would send a
        reset, which takes what we sent last away from a peer that has not read it yet."""
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.settimeout(5)
        while self.sock.recv(4096):
            pass


def end_with_stdin():
    while os.read(0, 4096):
        pass
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--script", default="ok")
    server = Server(parser.parse_args())
    threading.Thread(target=end_with_stdin, daemon=True).start()
    server.run()


if __name__ == "__main__":
    sys.exit(main())
