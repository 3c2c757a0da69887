"""A Podman of its own: storage, network and cgroups that go with it. Needs root, and to be run under
`unshare --net --mount --propagation private`, which keeps its bridge and its mounts to itself."""
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time

BUSYBOX = "/bin/busybox"
APPLETS = ("sh", "sleep", "cat", "dd", "head", "tr", "httpd", "wget")
IMAGE = "localhost/kubegauge-test:1"
# Raising them is refused where root is not all-powerful.
ULIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
# crun refuses machines that have cgroups of both versions, and systemd may not be there.
RUNTIME = ("--runtime", "runc", "--cgroup-manager", "cgroupfs")


def missing():
    """What is not here and must be, or None."""
    if os.geteuid() != 0:
        return "not root"
    for program in ("podman", "runc", BUSYBOX):
        if not shutil.which(program):
            return "no " + program
    return None


class Podman:
    def __init__(self):
        # Not below /dev/shm, where nothing may be executed on some machines.
        self.top = tempfile.mkdtemp(prefix="kubegauge-podman-")
        # As a pod's begins: tests/cluster/compare is stricter with what is one's own.
        self.parent = "/podman-test-%d" % os.getpid()
        self.socket = self.top + "/podman.sock"
        self.service = None
        self.base = ["podman", "--root", self.top + "/storage", "--runroot", self.top + "/run",
                     "--tmpdir", self.top + "/tmp", "--storage-driver", "vfs",
                     "--events-backend", "file", *RUNTIME]
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.import_image()

    def import_image(self):
        tar = self.top + "/image.tar"
        with tarfile.open(tar, "w") as image:
            image.add(BUSYBOX, "bin/busybox")
            for applet in APPLETS:
                link = tarfile.TarInfo("bin/" + applet)
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                image.addfile(link)
        self("import", "--quiet", tar, IMAGE)

    def __call__(self, *args, check=True):
        done = subprocess.run([*self.base, *args], capture_output=True, text=True, timeout=120,
                              check=False)
        if check and done.returncode != 0:
            raise AssertionError("podman %s: %s" % (" ".join(args), done.stderr))
        return done.stdout.strip()

    def run(self, name, script, *options):
        """Starts a container; returns its id."""
        return self("run", "--detach", "--name", name, "--cgroup-parent", self.parent, *ULIMITS,
                    *options, IMAGE, "/bin/sh", "-c", script)

    def stats(self):
        """{name: what podman stats says}"""
        return {one["name"]: one for one in json.loads(self("stats", "--no-stream", "--format",
                                                            "json"))}

    def start_service(self):
        with open(self.top + "/service.log", "ab") as log:
            self.service = subprocess.Popen(
                [*self.base, "system", "service", "--time=0", "unix://" + self.socket],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while not os.path.exists(self.socket):
            assert time.monotonic() < until, "no socket of podman system service"
            time.sleep(0.05)

    def stop_service(self):
        if self.service:
            self.service.send_signal(signal.SIGTERM)
            self.service.wait(20)
            self.service = None
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    def done(self):
        self.stop_service()
        self("rm", "--force", "--all", "--time", "0", check=False)
        self("rmi", "--force", "--all", check=False)
        self.remove_cgroups()
        shutil.rmtree(self.top)

    def remove_cgroups(self):
        """The parent of the containers' cgroups, in every hierarchy; conmon may still be ending in it."""
        until = time.monotonic() + 10
        tops = ["/sys/fs/cgroup"] + ["/sys/fs/cgroup/" + h for h in os.listdir("/sys/fs/cgroup")]
        left = [top + self.parent for top in tops if os.path.isdir(top + self.parent)]
        while left and time.monotonic() < until:
            for path in list(left):
                for folder, _, _ in os.walk(path, topdown=False):
                    try:
                        os.rmdir(folder)
                    except OSError:
                        break
                else:
                    left.remove(path)
            time.sleep(0.05)
        assert not left, "cgroups are left: " + " ".join(left)
