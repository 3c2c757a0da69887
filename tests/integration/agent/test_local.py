"""Role local beside a container engine that tells, lies, is silent, goes and comes back."""
import http.server
import json
import os
import socket
import socketserver
import threading
import time
import unittest

from kubegauge import Agent, Folder, V2_FILES, container_id, fixture, paths, samples, write

WEB, DB, LATE = container_id(100), container_id(101), container_id(102)
SECONDS = 20


def container(number, name, **more):
    """What the engine tells of a container in detail."""
    return {"Id": container_id(number), "Name": "/" + name, "Created": "2026-11-21T08:00:00Z",
            "State": {"Pid": 4000 + number, "StartedAt": "2026-11-21T09:00:00.5Z"},
            "RestartCount": 0, "HostConfig": {"NetworkMode": "default"},
            "Config": {"Image": "registry.example/%s:1" % name,
                       "Labels": {"com.docker.compose.project": "shop",
                                  "com.docker.compose.service": name},
                       "Env": ["TIER=gold", "SECRET=no"]}} | more


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The part of Docker's API that is asked for, on a unix socket."""
    daemon_threads = True

    def __init__(self, path):
        self.path = path
        self.containers = {}
        self.answers = {}  # path: (status, body) in place of the right ones; None: no answer
        self.asked = []
        self.connections = []
        if os.path.exists(path):
            os.unlink(path)
        super().__init__(path, Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01},
                         daemon=True).start()

    def add(self, one):
        self.containers[one["Id"]] = one

    def answer(self, path):
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/containers/json":
            rows = [{"Id": c["Id"], "Names": [c["Name"]], "Status": "Up 5 seconds"}
                    for c in self.containers.values()]
            return 200, json.dumps(rows).encode()
        one = self.containers.get(path.split("/")[2])
        if path.startswith("/containers/") and path.endswith("/json") and one:
            return 200, json.dumps(one).encode()
        return 404, b'{"message":"no such container"}'

    def process_request(self, request, client_address):
        self.connections.append(request)
        super().process_request(request, client_address)

    def end(self):
        self.shutdown()
        for one in self.connections:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed by the other side
        self.server_close()
        os.unlink(self.path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer = self.server.answer(self.path)
        if answer is None:
            time.sleep(SECONDS)
            return
        status, body = answer
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except BrokenPipeError:
            pass  # an answer that is too large is not taken to its end

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass


def make_cgroup(top, path):
    for name, text in V2_FILES.items():
        write(top + "/sys/fs/cgroup" + path + "/" + name,
              text.format(cpu=5000000, user=3000000, system=2000000, memory=4194304))


class Local(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.done)
        self.top = fixture(self.folder.path)
        self.socket = self.folder.path + "/docker.sock"
        for number, path in ((100, "/system.slice/docker-%s.scope"), (101, "/docker/%s")):
            make_cgroup(self.top, path % container_id(number))

    def agent(self, *more):
        return Agent("local", *paths(self.top), "--docker=unix://" + self.socket, "--podman=",
                     "--engine-interval=1s", *more)

    def engine(self):
        engine = Engine(self.socket)
        self.addCleanup(lambda: os.path.exists(self.socket) and engine.end())
        engine.add(container(100, "web"))
        engine.add(container(101, "db"))
        return engine

    def wait(self, agent, check):
        """Reads until check(labels of the container's series by id) is true; returns the text."""
        until = time.monotonic() + SECONDS
        while True:
            text = agent.text("/metrics/cadvisor")
            if check(text):
                return text
            if time.monotonic() > until:
                rows = [r for r in samples(text) if r.startswith("container_last_seen")]
                raise AssertionError("not seen; there are:\n" + "\n".join(rows))
            time.sleep(0.05)

    def wait_name(self, agent, name):
        return self.wait(agent, lambda text: 'name="%s"' % name in text)

    def test_names_images_labels_and_times(self):
        engine = self.engine()
        engine.containers[WEB]["State"]["Health"] = {"Status": "healthy"}
        engine.containers[WEB]["RestartCount"] = 2
        with self.agent("--env-metadata-whitelist=TIER") as agent:
            series = samples(self.wait_name(agent, "db"))
            labels = ('container="",container_env_tier="gold",'
                      'container_label_com_docker_compose_project="shop",'
                      'container_label_com_docker_compose_service="web",'
                      'container_label_restartcount="2",id="/system.slice/docker-%s.scope",'
                      'image="registry.example/web:1",name="web",namespace="",pod=""' % WEB)
            self.assertEqual(series["container_memory_usage_bytes{%s}" % labels], "4.194304e+06")
            self.assertEqual(series["container_health_state{%s}" % labels], "1")
            self.assertEqual(float(series["container_creation_time_seconds{%s}" % labels]),
                             1795248000)
            self.assertEqual(float(series["container_start_time_seconds{%s}" % labels]), 1795251600)
            self.assertNotIn("SECRET", "".join(series))
            self_text = agent.text("/metrics/self")
            self.assertIn('kubegauge_engine_up{engine="docker"} 1', self_text)
            self.assertIn('kubegauge_engine_containers{engine="docker"} 2', self_text)
            self.assertNotIn('engine="podman"', self_text)
            # Other cgroups, of pods too, are as they were.
            self.assertIn('name="%s"' % container_id(0), "".join(series))

    def test_chosen_labels_only(self):
        self.engine()
        with self.agent("--no-store-container-labels",
                        "--whitelisted-container-labels=com.docker.compose.project",
                        "--docker-only") as agent:
            text = self.wait_name(agent, "web")
            self.assertIn('container_label_com_docker_compose_project="shop"', text)
            self.assertNotIn("compose_service", text)
            self.assertNotIn('id="/system.slice"', text)
            self.assertNotIn('id="/docker"', text)
            self.assertIn('id="/"', text)

    def test_new_renamed_and_removed(self):
        engine = self.engine()
        engine.containers[WEB]["State"]["Health"] = {"Status": "healthy"}
        with self.agent() as agent:
            self.wait_name(agent, "web")
            asked = len(engine.asked)
            engine.add(container(102, "late"))
            make_cgroup(self.top, "/docker/" + LATE)
            self.wait_name(agent, "late")
            self.assertIn("/containers/%s/json" % LATE, engine.asked[asked:])
            engine.containers[LATE]["Name"] = "/renamed"
            text = self.wait_name(agent, "renamed")
            self.assertNotIn('name="late"', text)
            engine.containers[WEB]["State"]["Health"] = {"Status": "unhealthy"}
            self.wait(agent, lambda t: any(
                r.startswith("container_health_state{") and 'name="web"' in r and v == "0"
                for r, v in samples(t).items()))
            # A container that ends is gone with its cgroup, whatever the engine still says.
            for name in V2_FILES:
                os.unlink(self.top + "/sys/fs/cgroup/docker/%s/%s" % (LATE, name))
            os.rmdir(self.top + "/sys/fs/cgroup/docker/" + LATE)
            self.assertNotIn(LATE, agent.text("/metrics/cadvisor"))

    def test_the_socket_goes_and_comes_back(self):
        with self.agent() as agent:
            agent.wait_log("no container engine here", SECONDS)
            text = agent.text("/metrics/cadvisor")
            self.assertIn('image="",name="%s"' % WEB, text)
            self.assertIn("ready", agent.wait_ready())
            engine = self.engine()
            self.wait_name(agent, "web")
            engine.end()
            agent.wait_log("the socket is gone", SECONDS)
            # What has a name keeps it; what is new is there by its id.
            make_cgroup(self.top, "/docker/" + LATE)
            text = agent.text("/metrics/cadvisor")
            self.assertIn('name="web"', text)
            self.assertIn('image="",name="%s"' % LATE, text)
            self.assertIn('kubegauge_engine_up{engine="docker"} 0', agent.text("/metrics/self"))
            engine = self.engine()
            engine.add(container(102, "late"))
            self.wait_name(agent, "late")
            lines = "".join(agent.log)
            self.assertEqual(lines.count("the socket is gone"), 1)
        self.assertIn("recovered", "".join(agent.log))

    def test_bad_answers_cost_names_only(self):
        engine = self.engine()
        detail = "/containers/%s/json"
        for bad in (b"", b"[", b"7", b'{"message":"x"}', b"\xff\xfe", b"[" * 100000,
                    b'{"Id":"%s","Name":"/db"}' % DB.encode(),
                    b'{"Id":"%s","Name":"/%s"}' % (WEB.encode(), b"x" * (5 << 20))):
            engine.answers[detail % WEB] = (200, bad)
            with self.agent() as agent:
                text = self.wait_name(agent, "db")
                self.assertIn('image="",name="%s"' % WEB, text)
                agent.wait_log("does not tell of a container", SECONDS)
        del engine.answers[detail % WEB]
        engine.answers["/containers/json"] = (500, b'{"message":"out of order"}')
        with self.agent() as agent:
            agent.wait_log("out of order", SECONDS)
            del engine.answers["/containers/json"]
            self.wait_name(agent, "web")

    def test_an_engine_that_hangs_keeps_nobody_waiting(self):
        engine = self.engine()
        engine.answers["/containers/%s/json" % WEB] = None
        with self.agent() as agent:
            self.wait_name(agent, "db")
            began = time.monotonic()
            text = agent.text("/metrics")
            self.assertLess(time.monotonic() - began, 5)
            self.assertIn('image="",name="%s"' % WEB, text)

    def test_not_a_socket_is_refused(self):
        from kubegauge import run
        for text in ("tcp://localhost:2375", "docker.sock", "unix://" + "/x" * 100):
            code, _, error = run("local", "--docker=" + text)
            self.assertEqual(code, 2)
            self.assertIn("--docker", error)


if __name__ == "__main__":
    unittest.main()
