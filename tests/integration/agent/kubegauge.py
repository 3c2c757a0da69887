"""The program under test, run on a fixture, and a client that shows what went over the wire."""
import http.client
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib

PROGRAM = os.environ["KUBEGAUGE"]
SOURCE = os.environ["KG_SOURCE_DIR"]
START_SECONDS = 30
SANITIZER_MARKS = ("AddressSanitizer", "ThreadSanitizer", "runtime error:", "LeakSanitizer")

V2_FILES = {
    "cpu.stat": "usage_usec {cpu}\nuser_usec {user}\nsystem_usec {system}\nnr_periods 20\n"
                "nr_throttled 4\nthrottled_usec 150000\nnr_bursts 1\nburst_usec 500\n",
    "cpu.max": "50000 100000\n",
    "cpu.weight": "20\n",
    "memory.current": "{memory}\n",
    "memory.peak": "8388608\n",
    "memory.max": "16777216\n",
    "memory.min": "0\n",
    "memory.swap.current": "0\n",
    "memory.swap.max": "max\n",
    "memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n",
    "memory.stat": "anon 2097152\nfile 1048576\nkernel 65536\nfile_mapped 524288\n"
                   "active_file 262144\ninactive_file 786432\npgfault 1000\npgmajfault 10\n",
    "io.stat": "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n",
    "pids.current": "3\n",
    "pids.max": "max\n",
    "cgroup.procs": "",
    "cgroup.controllers": "cpu io memory pids\n",
}


def container_id(number):
    return "%064x" % (0xc0ffee + number)


def pod_uid(number):
    return "00000000-0000-4000-8000-%012d" % number


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def fixture(top, containers=2):
    """A machine with cgroup v2 and one pod a container, by the cgroupfs driver."""
    cgroup = top + "/sys/fs/cgroup"
    paths = ["", "/kubepods"]
    for number in range(containers):
        pod = "/kubepods/pod" + pod_uid(number)
        paths += [pod, pod + "/" + container_id(number)]
    for number, path in enumerate(paths):
        values = {"cpu": 1000000 * (number + 1), "user": 600000 * (number + 1),
                  "system": 400000 * (number + 1), "memory": 4194304 + 4096 * number}
        for name, text in V2_FILES.items():
            write(cgroup + path + "/" + name, text.format(**values))
    write(top + "/proc/stat", "cpu  1 2 3 4\nbtime 1700000000\n")
    write(top + "/proc/meminfo", "MemTotal:  16384 kB\nMemFree:  8192 kB\nSwapTotal:  0 kB\n")
    write(top + "/proc/cpuinfo", "processor\t: 0\ncpu MHz\t: 2000.000\nphysical id\t: 0\n"
                                 "core id\t: 0\n\n")
    write(top + "/proc/mounts", "/dev/sda1 / ext4 rw 0 0\n")
    write(top + "/proc/diskstats", "   8       0 sda 10 0 80 5 20 0 160 10 0 15 15 0 0 0 0 0 0\n")
    write(top + "/proc/version", "Linux version 6.1.0-test\n")
    write(top + "/proc/sys/kernel/random/boot_id", "b0071d00-0000-4000-8000-000000000000\n")
    write(top + "/sys/devices/system/cpu/online", "0\n")
    write(top + "/rootfs/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    write(top + "/rootfs/etc/os-release", 'PRETTY_NAME="Test Linux 1"\n')
    return top


def paths(top):
    return ["--path.procfs=" + top + "/proc", "--path.sysfs=" + top + "/sys",
            "--path.cgroup=" + top + "/sys/fs/cgroup", "--path.rootfs=" + top + "/rootfs",
            "--kmsg="]


class Folder:
    """A temporary folder for a test class."""

    def __init__(self):
        # In memory where there is such a place: a large fixture is ten thousand small files.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.path = tempfile.mkdtemp(prefix="kubegauge-test-", dir=memory)

    def done(self):
        shutil.rmtree(self.path)


def run(*args, stdin=b"", env=None):
    """Runs the program to its end; (code, stdout, stderr)."""
    done = subprocess.run([PROGRAM, *args], input=stdin, capture_output=True, timeout=120,
                          env={**clean_environment(), **(env or {})}, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def clean_environment():
    return {k: v for k, v in os.environ.items()
            if not k.startswith("KUBEGAUGE_") and not k.startswith("KUBERNETES_")}


class Agent:
    """A running agent. Use as a context: leaving it ends the process and looks at its exit."""

    def __init__(self, *args, address="127.0.0.1:0", env=None):
        self.log = []
        self.process = subprocess.Popen(
            [PROGRAM, *args, "--web.listen-address=" + address], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**clean_environment(), **(env or {})})
        self.ended = False
        found = self.wait_log(r"msg=listening address=(\S+):(\d+)", START_SECONDS)
        self.host, self.port = found.group(1).strip("[]"), int(found.group(2))

    def wait_log(self, pattern, seconds):
        """Waits for a log line; returns the match."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in self.log:
                found = re.search(pattern, line)
                if found:
                    return found
            if not select.select([self.process.stderr], [], [], until - time.monotonic())[0]:
                continue
            data = os.read(self.process.stderr.fileno(), 65536).decode(errors="replace")
            if not data:
                raise AssertionError("the agent ended:\n" + "".join(self.log))
            self.log += data.splitlines(keepends=True)
        raise AssertionError("no log line %r in:\n%s" % (pattern, "".join(self.log)))

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, seconds=30):
        """Ends it with SIGTERM and returns the exit code; its log is complete then."""
        if not self.ended:
            self.ended = True
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            try:
                rest = self.process.communicate(timeout=seconds)[1]
            except subprocess.TimeoutExpired:
                self.process.kill()
                rest = self.process.communicate()[1]
                raise AssertionError("the agent did not end:\n" + rest.decode()) from None
            self.log += rest.decode(errors="replace").splitlines(keepends=True)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        code = self.end()
        text = "".join(self.log)
        if code != 0 or any(mark in text for mark in SANITIZER_MARKS):
            sys.stderr.write(text)
            raise AssertionError("the agent ended with %d" % code) from value

    def connect(self, seconds=60):
        return socket.create_connection((self.host, self.port), timeout=seconds)

    def get(self, path, headers=None, method="GET", body=None):
        """One request on a connection of its own: (status, headers, body)."""
        client = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            client.request(method, path, body=body, headers=headers or {})
            answer = client.getresponse()
            return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), \
                answer.read()
        finally:
            client.close()

    def text(self, path, headers=None):
        status, _, body = self.get(path, headers)
        assert status == 200, "%s: %d %s" % (path, status, body[:300])
        return body.decode()

    def wait_ready(self, seconds=30, want=200):
        until = time.monotonic() + seconds
        while True:
            status, _, body = self.get("/readyz")
            if status == want:
                return body.decode()
            if time.monotonic() > until:
                raise AssertionError("/readyz stays %d: %s" % (status, body.decode()))
            time.sleep(0.1)

    def cpu_seconds(self):
        """Processor time of the agent, as the kernel has it."""
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def samples(text):
    """{series: value} of an exposition."""
    series = {}
    for line in text.split("\n"):  # a label value may hold other characters that end lines
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            assert name not in series, "twice: " + name
            series[name] = value
    return series


def families(text):
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}


def unzstd(data):
    """Whole zstd frames, with nothing behind them."""
    done = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def gunzip(data):
    """Exactly one gzip member, complete."""
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    text = unpacker.decompress(data) + unpacker.flush()
    assert unpacker.eof and not unpacker.unused_data, "not one whole gzip member"
    return text


UNPACK = {"gzip": gunzip, "zstd": unzstd}
