"""A FUSE file system that can hang: a server of /dev/fuse that shows a folder, read-only, and keeps back
the answers about paths that it is told to. Needs root, and is to be used in a mount namespace of its own.

Layout of the messages: include/uapi/linux/fuse.h of Linux, protocol 7.31."""
import ctypes
import errno
import os
import select
import stat
import struct
import threading

CLONE_NEWNS, MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 0x20000, 1, 2, 4, 0x4000, 0x40000
MNT_DETACH = 2
LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS = 25, 26, 27, 28, 29, 34
NO_ANSWER = (FORGET, 36, 42)  # FORGET, INTERRUPT, BATCH_FORGET
DIRECT_IO = 1
libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))


def own_namespace():
    """Mounts of this process and its children are seen by nobody else from now on."""
    _check(libc.unshare(CLONE_NEWNS), "unshare")
    _check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate")


class FuseFs:
    """Mounts folder `shown` at `target`. dead: not even the first request is read.

    hang(path) keeps back all answers about a path ("." is the mount's root, where statfs asks) until
    release(). end() ends the server as a crash does: who waits gets an error. Then unmount()."""

    def __init__(self, shown, target, dead=False):
        self.shown, self.target = shown, target
        self.paths, self.numbers = {1: "."}, {".": 1}
        self.hung, self.kept, self.asked = set(), [], set()
        self.lock = threading.Lock()
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = "fd=%d,rootmode=40555,user_id=0,group_id=0,allow_other" % self.fd
        _check(libc.mount(b"hung", target.encode(), b"fuse", MS_RDONLY | MS_NOSUID | MS_NODEV,
                          options.encode()), "mount fuse")
        self.wake, self.waker = os.pipe()
        self.thread = None if dead else threading.Thread(target=self._serve, daemon=True)
        if self.thread:
            self.thread.start()

    def hang(self, *paths):
        with self.lock:
            self.hung = set(paths)
            self.asked = set()

    def release(self):
        """Answers what was kept back, and all from now on."""
        with self.lock:
            self.hung = set()
            kept, self.kept = self.kept, []
        for request in kept:
            self._answer(*request)

    def end(self):
        if self.fd >= 0:
            os.write(self.waker, b"x")
            if self.thread:
                self.thread.join()
            os.close(self.fd)
            self.fd = -1
            os.close(self.wake)
            os.close(self.waker)

    def unmount(self):
        libc.umount2(self.target.encode(), MNT_DETACH)

    def _serve(self):
        while True:
            if self.wake in select.select([self.fd, self.wake], [], [])[0]:
                return
            try:
                data = os.read(self.fd, 1 << 18)
            except OSError as error:
                if error.errno == errno.ENODEV:  # unmounted
                    return
                continue  # the one who asked went away meanwhile
            _, opcode, unique, node = struct.unpack_from("<IIQQ", data)
            body = data[40:]
            path = self.paths.get(node, ".")
            if opcode == LOOKUP:
                path = os.path.normpath(path + "/" + body.rstrip(b"\0").decode())
            with self.lock:
                if path in self.hung and opcode in (READ, STATFS):
                    self.asked.add(path)
                    self.kept.append((opcode, unique, path, body))
                    continue
            self._answer(opcode, unique, path, body)

    def _answer(self, opcode, unique, path, body):
        if opcode in NO_ANSWER:
            return
        try:
            data, error = self._reply(opcode, path, body), 0
        except OSError as fault:
            data, error = b"", -fault.errno
        try:
            os.write(self.fd, struct.pack("<IiQ", 16 + len(data), error, unique) + data)
        except OSError:
            pass  # the one who asked went away meanwhile

    def _attributes(self, path):
        info = os.stat(self.shown + "/" + path)
        return struct.pack("<6Q10I", self._number(path), info.st_size, 0, 0, 0, 0, 0, 0, 0,
                           (info.st_mode & ~0o222) | 0o444, 1, 0, 0, 0, 4096, 0)

    def _number(self, path):
        if path not in self.numbers:
            self.numbers[path] = len(self.numbers) + 1
            self.paths[self.numbers[path]] = path
        return self.numbers[path]

    def _reply(self, opcode, path, body):
        if opcode == INIT:
            return struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 16, 12, 4096, 1, 0, 0, 0, *[0] * 7)
        if opcode == LOOKUP:
            attributes = self._attributes(path)
            return struct.pack("<QQQQII", self._number(path), 0, 0, 0, 0, 0) + attributes
        if opcode == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self._attributes(path)
        if opcode in (OPEN, OPENDIR):
            return struct.pack("<QII", 0, DIRECT_IO if opcode == OPEN else 0, 0)
        if opcode in (READ, READDIR):
            offset, size = struct.unpack_from("<QI", body, 8)
            if opcode == READDIR:
                return self._entries(path, offset, size)
            with open(self.shown + "/" + path, "rb") as file:
                return os.pread(file.fileno(), size, offset)
        if opcode == STATFS:
            return struct.pack("<5Q4I6I", 1000, 400, 300, 50, 20, 4096, 255, 4096, 0, *[0] * 6)
        if opcode in (RELEASE, RELEASEDIR, FLUSH, ACCESS):
            return b""
        raise OSError(errno.ENOSYS, "not served")

    def _entries(self, path, offset, size):
        data = b""
        names = [".", ".."] + sorted(os.listdir(self.shown + "/" + path))
        for number, name in list(enumerate(names))[offset:]:
            full = os.path.join(self.shown, path, name)
            kind = stat.S_IFMT(os.stat(full).st_mode) >> 12
            raw = name.encode()
            entry = struct.pack("<QQII", number + 1, number + 1, len(raw), kind) + raw
            entry += b"\0" * (-len(entry) % 8)
            if len(data) + len(entry) > size:
                break
            data += entry
        return data
