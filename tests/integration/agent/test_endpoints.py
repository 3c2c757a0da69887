"""Every endpoint, format, coding and query parameter, over plain sockets where bytes matter."""
import http.client
import unittest

from kubegauge import (UNPACK, Agent, Folder, container_id, families, fixture, paths, pod_uid,
                       samples)

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
METRICS = ["/metrics", "/metrics/cadvisor", "/metrics/state", "/metrics/node", "/metrics/volumes",
           "/metrics/self"]


def raw(agent, request):
    """Sends bytes, returns all that comes back until the agent closes."""
    with agent.connect() as wire:
        wire.sendall(request)
        answer = b""
        while True:
            data = wire.recv(65536)
            if not data:
                return answer
            answer += data


def chunks(body):
    """The chunks of a chunked body, whose framing must be exact."""
    while True:
        line, _, body = body.partition(b"\r\n")
        size = int(line, 16)
        if size == 0:
            assert body == b"\r\n", body
            return
        assert body[size:size + 2] == b"\r\n", "chunk of %d" % size
        yield body[:size]
        body = body[size + 2:]


class Endpoints(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.done)
        fixture(cls.folder.path)
        cls.agent = Agent("local", *paths(cls.folder.path))
        cls.agent.wait_ready()

    @classmethod
    def tearDownClass(cls):
        with cls.agent:
            pass

    def test_serves_what_the_fixture_holds(self):
        series = samples(self.agent.text("/metrics/cadvisor"))
        path = "/kubepods/pod%s/%s" % (pod_uid(1), container_id(1))
        found = [v for k, v in series.items()
                 if k.startswith("container_cpu_usage_seconds_total{") and 'id="%s"' % path in k]
        self.assertEqual(found, ["6"])

    def test_all_is_the_sum_of_its_parts(self):
        parts = set()
        for path in METRICS[1:]:
            parts |= families(self.agent.text(path))
        whole = families(self.agent.text("/metrics"))
        self.assertEqual({f for f in whole if "last_scrape" not in f},
                         {f for f in parts if "last_scrape" not in f})
        self.assertIn("kubegauge_build_info", whole)
        self.assertIn("process_resident_memory_bytes", whole)

    def test_formats(self):
        for path in METRICS:
            status, headers, body = self.agent.get(path, {"Accept": "text/plain"})
            self.assertEqual((status, headers["content-type"]), (200, TEXT))
            self.assertNotIn(b"# EOF", body)
            status, headers, body = self.agent.get(
                path, {"Accept": "application/openmetrics-text; version=1.0.0"})
            self.assertEqual((status, headers["content-type"]), (200, OPEN))
            self.assertTrue(body.endswith(b"# EOF\n"))
            self.assertEqual(headers["vary"], "Accept, Accept-Encoding")

    def test_compression(self):
        self.agent.text("/metrics")
        plain = families(self.agent.text("/metrics"))
        for accept, coding in (("gzip", "gzip"), ("zstd", "zstd"), ("zstd,gzip", "zstd"),
                               ("gzip, deflate, br, zstd", "gzip"), ("zstd;q=0, *", "gzip")):
            for path in METRICS:
                status, headers, body = self.agent.get(path, {"Accept-Encoding": accept})
                self.assertEqual((status, headers["content-encoding"]), (200, coding))
                self.assertEqual(headers["vary"], "Accept, Accept-Encoding")
                text = UNPACK[coding](body).decode()
                if path == "/metrics":
                    self.assertEqual(families(text), plain)
                status, headers, body = self.agent.get(path, {"Accept-Encoding": accept}, "HEAD")
                self.assertEqual((status, headers["content-encoding"], body), (200, coding, b""))
        for refused in ("gzip;q=0", "identity", "gzip;q=0.1, identity;q=1", "zstd;q=0",
                        "zstd;q=0.1, identity"):
            _, headers, _ = self.agent.get("/metrics", {"Accept-Encoding": refused})
            self.assertNotIn("content-encoding", headers)
            self.assertEqual(headers["vary"], "Accept, Accept-Encoding")
        own = samples(self.agent.text("/metrics/self"))
        for coding in ("gzip", "zstd", "identity"):
            self.assertGreater(
                int(own['kubegauge_scrapes_by_encoding_total{encoding="%s"}' % coding]), 5)

    def wire(self, request):
        """What comes first, in one piece, and all of it until the connection is closed."""
        with self.agent.connect() as wire:
            wire.sendall(request)
            first = wire.recv(1 << 20)
            data = first
            while True:
                more = wire.recv(1 << 20)
                if not more:
                    return first, data
                data += more

    def test_compressed_bodies_begin_with_the_headers(self):
        """Prometheus takes an empty body of zstd for a whole one: there is none, not even where the
        connection breaks behind the headers."""
        for accept, begin in (("zstd", b"\x28\xb5\x2f\xfd"), ("gzip", b"\x1f\x8b\x08")):
            first, data = self.wire(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                    b"Accept-Encoding: %s\r\n\r\n" % accept.encode())
            _, _, body = first.partition(b"\r\n\r\n")
            size, _, piece = body.partition(b"\r\n")
            self.assertRegex(size, b"^[0-9a-f]+$")
            self.assertTrue(piece.startswith(begin), first[:400])
            self.assertTrue(data.endswith(b"\r\n0\r\n\r\n"))

    def test_compression_without_chunks(self):
        for coding, unpack in UNPACK.items():
            _, data = self.wire(b"GET /metrics HTTP/1.0\r\nAccept-Encoding: %s\r\n\r\n"
                                % coding.encode())
            head, _, body = data.partition(b"\r\n\r\n")
            self.assertIn(b"content-encoding: " + coding.encode(), head)
            self.assertIn("kubegauge_build_info", families(unpack(body).decode()))

    def test_head(self):
        for path in METRICS + ["/", "/healthz", "/readyz", "/nothing"]:
            head = self.agent.get(path, method="HEAD")
            get = self.agent.get(path)
            self.assertEqual(head[0], get[0])
            self.assertEqual(head[2], b"")
            for name in ("content-type", "content-length", "transfer-encoding"):
                self.assertEqual(head[1].get(name), get[1].get(name))

    def test_other_methods(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            status, headers, _ = self.agent.get("/metrics", method=method, body=b"x=1")
            self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"), method)

    def test_unknown_path_lists_the_endpoints(self):
        for path in ("/nothing", "/metrics/", "/metrics/cadvisor/x", "/metricsx"):
            status, _, body = self.agent.get(path)
            self.assertEqual(status, 404)
            self.assertIn(b"\n/metrics/cadvisor ", body)

    def test_page_links_every_endpoint(self):
        status, headers, body = self.agent.get("/")
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
        for path in METRICS + ["/healthz", "/readyz"]:
            self.assertIn(b'href="%s"' % path.encode(), body)
            self.assertEqual(self.agent.get(path)[0], 200)

    def test_collect_and_exclude(self):
        get = self.agent.get
        only = families(self.agent.text("/metrics?collect[]=machine"))
        self.assertIn("machine_cpu_cores", only)
        self.assertFalse([f for f in only if f.startswith(("container_cpu", "kubegauge_"))])
        encoded = families(self.agent.text("/metrics?collect%5B%5D=machine"))
        self.assertEqual(encoded, only)
        without = families(self.agent.text("/metrics?exclude[]=machine"))
        self.assertNotIn("machine_cpu_cores", without)
        self.assertIn("container_cpu_usage_seconds_total", without)
        self.assertIn("kubegauge_build_info", without)
        self.assertEqual(get("/metrics?collect[]=machine&exclude[]=container")[0], 400)
        status, _, body = get("/metrics?collect[]=nonsense")
        self.assertEqual((status, b"nonsense" in body), (400, True))
        for path in ("/metrics", "/metrics/node"):
            self.assertEqual(get(path + "?collect[]=meminfo&exclude[]=stat")[0], 400)
            self.assertEqual(get(path + "?collect[]=meminfo&collect[]=nonsense")[0], 400)
            self.assertEqual(get(path + "?collect[]=interrupts")[0], 400)  # it is off
            both = families(self.agent.text(path + "?collect[]=meminfo&collect[]=time"))
            self.assertLess({"node_memory_MemTotal_bytes", "node_time_seconds"}, both)
            self.assertNotIn("node_boot_time_seconds", both)
            # As there, what is not here or off may be left out.
            rest = families(self.agent.text(path + "?exclude[]=meminfo&exclude[]=nonsense&exclude[]=interrupts"))
            self.assertIn("node_boot_time_seconds", rest)
            self.assertNotIn("node_memory_MemTotal_bytes", rest)
        self.assertEqual(get("/metrics?resources=" + ",".join("r%d" % i for i in range(257)))[0], 400)

    def test_resources_and_names(self):
        self.assertEqual(self.agent.text("/metrics?resources=nonsense"), "")
        self.assertEqual(self.agent.text("/metrics/state?resources="), "")
        whole = families(self.agent.text("/metrics"))
        self.assertEqual(families(self.agent.text("/metrics?exclude_resources=pods")), whole)
        named = families(self.agent.text("/metrics?name[]=machine_cpu_cores&name[]=process_open_fds"))
        self.assertEqual(named, {"machine_cpu_cores", "process_open_fds"})

    def test_chunks_are_framed_exactly(self):
        answer = raw(self.agent, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(b"transfer-encoding: chunked", head)
        self.assertNotIn(b"server:", head.lower())
        text = b"".join(chunks(body))
        self.assertTrue(samples(text.decode()))

    def test_http_1_0_gets_no_chunks(self):
        answer = raw(self.agent, b"GET /metrics HTTP/1.0\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertNotIn(b"chunked", head)
        self.assertTrue(body.startswith(b"# HELP "), body[:40])
        self.assertTrue(samples(body.decode()))

    def test_connections_are_kept(self):
        client = http.client.HTTPConnection(self.agent.host, self.agent.port, timeout=60)
        local = None
        for path in METRICS * 3 + ["/nothing", "/healthz"]:
            client.request("GET", path)
            answer = client.getresponse()
            answer.read()
            local = local or client.sock.getsockname()
            self.assertEqual(client.sock.getsockname(), local, path)
        client.close()

    def test_pipelined_requests_are_answered_in_order(self):
        request = b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n"
        answer = raw(self.agent, request % (b"/metrics", b"") + request % (b"/healthz", b"") +
                     request % (b"/nothing", b"Connection: close\r\n"))
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 2)
        self.assertLess(answer.index(b"\r\n\r\nok\n"), answer.index(b"HTTP/1.1 404"))

    def test_garbage_ends_the_connection_only(self):
        for request in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a" * 70000,
                        b"GET /%zz HTTP/1.1\r\n\r\n", b"GET " + b"/a" * 20000 + b" HTTP/1.1\r\n\r\n",
                        b"FROB / HTTP/1.1\r\n\r\n"):
            try:
                raw(self.agent, request)
            except ConnectionError:
                pass
        self.assertEqual(self.agent.get("/healthz")[0], 200)

    def test_self_metrics_count_scrapes(self):
        def count():
            return samples(self.agent.text("/metrics/self"))
        before = count()
        self.agent.text("/metrics/cadvisor")
        after = count()
        key = 'kubegauge_scrapes_total{endpoint="/metrics/cadvisor"}'
        self.assertEqual(float(after[key]), float(before[key]) + 1)
        self.assertEqual(after["kubegauge_scrapes_in_progress"], "1")
        self.assertEqual(after['kubegauge_collector_success{collector="container"}'], "1")
        self.assertEqual(after["kubegauge_ready"], "1")
        self.assertGreater(float(after["process_resident_memory_bytes"]), 1e6)
        sent = 'kubegauge_scrape_bytes_total{endpoint="/metrics/cadvisor"}'
        self.assertGreater(float(after[sent]), float(before[sent]) + 1000)


if __name__ == "__main__":
    unittest.main()
