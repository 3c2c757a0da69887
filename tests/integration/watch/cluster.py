"""A scenario of tests/fake/apiserver.py: objects that change at random, and one kind of fault.

It keeps what a real API server keeps (objects, one resource version for all, a window of past
events), so that a client's copy can be compared with a fresh list for real. For a while after the
first request objects change and faults happen; then both stop.

    KG_FAULT   one of FAULTS
    KG_SEED    of everything random
    KG_ACTIVE  seconds of change and faults
    KG_MUST    "what:times": on a loaded machine, up to MORE seconds more until this has happened

/api/v1/pods   list (pages, continue) and watch (bookmarks, sendInitialEvents), fieldSelector
               spec.nodeName=…; objects stable-N exist all the time
/truth         the whole list at this moment, never with a fault
/control       {"done": no change and no fault any more, "counts": {what happened: how often}}
"""
import collections
import json
import os
import random
import threading
import time

FAULT = os.environ.get("KG_FAULT", "none")
ACTIVE = float(os.environ.get("KG_ACTIVE", "0.8"))
MUST, MUST_TIMES = os.environ.get("KG_MUST", ":0").split(":")
MORE = 20
RANDOM = random.Random(os.environ.get("KG_SEED", "1"))

FAULTS = ("none", "cut", "gone", "bookmarks", "half-closed", "stall", "too-many", "errors", "down",
          "pages", "no-streaming", "ignores-streaming", "old-etcd", "expired", "oversize", "garbage",
          "too-large", "denied", "storm")
STORM = ("cut", "gone", "half-closed", "errors", "expired", "garbage", "too-large")

STABLE = 30                                      # objects that are never deleted
WINDOW = {"gone": 12, "storm": 12, "bookmarks": 150}.get(FAULT, 10000)
PAGE = 7                                         # a server may give less than the limit asked for
WATCH_SECONDS = (0.15, 0.5)                      # a watch's life, instead of minutes
BOOKMARK_SECONDS = 0.06                          # instead of one minute
STALE_SECONDS = 0.2                              # age of what resourceVersion=0 is answered with
OVERSIZE = 9 << 20

if FAULT not in FAULTS:
    raise SystemExit(f"unknown KG_FAULT {FAULT}")

lock = threading.Lock()
counts = collections.Counter()


def chance(probability):
    with lock:
        return RANDOM.random() < probability


def pick(*choices):
    with lock:
        return RANDOM.choice(choices)


def between(low, high):
    with lock:
        return RANDOM.uniform(low, high)


def count(what):
    with lock:
        counts[what] += 1


def opaque(version):
    """Not a number, and not in order as text."""
    return f"{'qxz'[version % 3]}{version}"


class Cluster:
    """The objects, their versions, and the window of past events."""

    def __init__(self):
        self.changed = threading.Condition()
        self.objects, self.version = {}, 1000
        self.history = []                        # (version, old or None, new or None)
        self.oldest = self.version               # a watch from before it is gone
        self.stale = (0.0, [], 0)
        self.tokens = {}
        with self.changed:
            for i in range(STABLE):
                self.put(f"stable-{i}")

    def put(self, name, node=None):
        old = self.objects.get(name)
        self.version += 1
        text = pick("", 'quotes " and \\ ', "brackets }]{[", "ünïcödé ☃ \U0001f600", "\n\t\x01",
                    '"managedFields":[') * pick(1, 3)
        new = {"kind": "Pod", "apiVersion": "v1",
               "metadata": {"name": name, "namespace": "default",
                            "uid": old["metadata"]["uid"] if old else f"uid-{name}-{self.version}",
                            "resourceVersion": opaque(self.version),
                            "annotations": {"text": text},
                            "managedFields": [{"fieldsV1": {"f:a]}": {"k:{\"x\":1}": {}}}}] * 2},
               "spec": {"nodeName": node or (old or {}).get("spec", {}).get("nodeName", "a")}}
        self.objects[name] = new
        self.remember(old, new)
        return new

    def delete(self, name):
        self.version += 1
        old = self.objects.pop(name)
        gone = {**old, "metadata": {**old["metadata"], "resourceVersion": opaque(self.version)}}
        self.remember(gone, None)

    def remember(self, old, new):
        self.history.append((self.version, old, new))
        while len(self.history) > WINDOW:
            self.oldest = self.history.pop(0)[0]
            count("forgotten")
        self.changed.notify_all()

    def snapshot(self, selector):
        with self.changed:
            items = [o for _, o in sorted(self.objects.items()) if matches(o, selector)]
            return items, self.version

    def stale_snapshot(self, selector):
        """What a cache that lags behind has."""
        taken, items, version = self.stale
        if not version or time.monotonic() - taken > STALE_SECONDS:
            items, version = self.snapshot(None)
            self.stale = (time.monotonic(), items, version)
        return [o for o in items if matches(o, selector)], version

    def events_after(self, version, until):
        """The events after version, at least one unless the time comes first; None: gone."""
        with self.changed:
            while True:
                if version < self.oldest:
                    return None
                events = [e for e in self.history if e[0] > version]
                left = until - time.monotonic()
                if events or left <= 0:
                    return events
                self.changed.wait(left)


def matches(obj, selector):
    return obj is not None and (not selector or
                                selector == f"spec.nodeName={obj['spec']['nodeName']}")


class Churn(threading.Thread):
    """Changes the objects at random for the active time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.end = None
        with lock:
            self.random = random.Random(RANDOM.random())

    def begin(self):
        with lock:
            if self.end is None:
                self.end = time.monotonic() + ACTIVE
                self.start()

    def is_active(self):
        if self.end is None:
            return False
        owing = MUST and counts[MUST] < int(MUST_TIMES)
        return time.monotonic() < self.end + (MORE if owing else 0)

    def change(self):
        draw = self.random
        if FAULT == "bookmarks":                 # nothing that the selector lets through
            cluster.put(f"other-{draw.randrange(40)}", "b")
            return
        name = f"pod-{draw.randrange(60)}"
        if draw.random() < 0.2:
            cluster.put(f"stable-{draw.randrange(STABLE)}")
        elif name in cluster.objects and draw.random() < 0.4:
            cluster.delete(name)
        else:                                    # a pod moves from no node to one, or is elsewhere
            cluster.put(name, draw.choice(["a", "a", "a", "b", ""]))

    def run(self):
        big = 0
        while self.is_active():
            with cluster.changed:
                for _ in range(self.random.randrange(1, 6)):
                    self.change()
                if FAULT == "oversize" and big < 4 and self.random.random() < 0.1:
                    big += 1
                    count("oversize")
                    name = self.random.choice(["pod-big", "stable-0" if big < 3 else "pod-big"])
                    cluster.put(name)["spec"]["big"] = "x" * OVERSIZE
                elif FAULT == "oversize" and self.random.random() < 0.1:
                    cluster.put("stable-0")
            time.sleep(self.random.uniform(0, 0.02))
        with cluster.changed:
            if FAULT == "oversize":
                cluster.put("stable-0")


cluster = Cluster()
churn = Churn()


def has_fault(name):
    return churn.is_active() and (FAULT == name or (FAULT == "storm" and name in STORM))


def wants(name, probability):
    """Whether this fault happens now: the first times for sure, so that no run is without it."""
    return has_fault(name) and (counts[name] < 2 or chance(probability))


def status(code, reason="", message="for the test", **more):
    return {"kind": "Status", "apiVersion": "v1", "metadata": more.pop("metadata", {}),
            "status": "Failure", "code": code, "reason": reason, "message": message, **more}


GARBAGE = (b"<html>502 Bad Gateway</html>", b"\0\0\0", b'{"type":"WHAT","object":{}}\n',
           b'{"type":"ADDED","object":{"metadata":{"name":"\xff"}}}\n', b"]]]", b'{"type":"ADDED"}\n')


class Watch:
    """One watch request."""

    def __init__(self, request):
        self.request, self.query = request, request.query
        self.selector = self.query.get("fieldSelector")
        self.until = time.monotonic() + between(*WATCH_SECONDS)
        self.bookmarks = self.query.get("allowWatchBookmarks") == "true"
        self.version = 0
        self.events_left = pick(0, 1, 3, 10, 30)  # until a fault inside the stream

    def send(self, kind, obj):
        self.faults()
        indent = pick(None, None, None, 1)
        data = json.dumps({"type": kind, "object": obj}, indent=indent, ensure_ascii=chance(0.5))
        self.request.chunk(data.encode() + pick(b"\n", b"\n", b"", b" \r\n"))

    def faults(self):
        """Faults between two events of a stream."""
        self.events_left -= 1
        if self.events_left >= 0:
            return
        if has_fault("stall"):
            count("stall")
            self.request.connection.stall(30)
        if wants("half-closed", 0.3):
            count("half-closed")
            self.request.connection.half_close()
        if wants("garbage", 0.3):
            count("garbage")
            self.request.chunk(pick(*GARBAGE))

    def bookmark(self, version, end=False):
        annotations = {"annotations": {"k8s.io/initial-events-end": "true"}} if end else {}
        count("bookmarks")
        self.send("BOOKMARK", {"kind": "Pod", "apiVersion": "v1",
                               "metadata": {"resourceVersion": opaque(version), **annotations}})

    def refuse(self):
        """True when the request is answered by an error."""
        if self.query.get("sendInitialEvents") == "true" and FAULT in ("no-streaming", "pages"):
            count("no-streaming")
            self.request.reply(422, status(422, "Invalid", "sendInitialEvents is forbidden"))
            return True
        if "resourceVersion" in self.query and wants("too-large", 0.5):
            count("too-large")
            causes = {"causes": [{"reason": "ResourceVersionTooLarge"}], "retryAfterSeconds": 0}
            self.request.reply(504, status(504, "Timeout", "Too large resource version",
                                           details=causes))
            return True
        return False

    def gone(self):
        count("gone")
        answer = status(410, pick("Expired", "Gone"), "too old resource version")
        if self.request.chunked:
            self.request.chunk(json.dumps({"type": "ERROR", "object": answer}).encode())
            self.request.end()
        else:
            self.request.reply(410, answer)

    def initial_events(self):
        if FAULT == "old-etcd" and self.query.get("sendInitialEvents") == "true":
            count("old-etcd")
            self.send("ERROR", status(500, "InternalError", "RequestWatchProgress is disabled"))
            self.until = 0
            return
        items, self.version = cluster.snapshot(self.selector)
        for item in items:
            self.send("ADDED", item)
        if FAULT == "ignores-streaming":         # a server from before the feature
            count("ignores-streaming")
            self.until = time.monotonic() + 30
            self.bookmarks = False
            self.request.connection.stall(30)
        elif self.query.get("sendInitialEvents") == "true":
            count("streaming")
            self.bookmark(self.version, True)

    def send_event(self, event):
        version, old, new = event
        was, is_in = matches(old, self.selector), matches(new, self.selector)
        if is_in:
            self.send("MODIFIED" if was else "ADDED", new)
        elif was:
            self.send("DELETED", old if new is None else
                      {**old, "metadata": {**old["metadata"], "resourceVersion": opaque(version)}})
        self.version = version

    def run(self):
        if self.refuse():
            return
        asked = self.query.get("resourceVersion", "")
        if asked:
            self.version = int(asked[1:])
            count("resumed")
            if wants("gone", 0.1) or (self.version < cluster.oldest and chance(0.5)):
                self.gone()                      # at once, or as an event further down
                return
        self.request.start()
        if not asked:
            self.initial_events()
        next_bookmark = time.monotonic() + BOOKMARK_SECONDS
        while time.monotonic() < self.until:
            events = cluster.events_after(self.version, min(self.until, next_bookmark))
            if events is None:
                self.gone()
                return
            for event in events:
                self.send_event(event)
            if self.bookmarks and time.monotonic() >= next_bookmark:
                self.bookmark(self.version)
                next_bookmark = time.monotonic() + BOOKMARK_SECONDS
            if churn.is_active() and chance(0.05):
                time.sleep(0.03)                 # falls behind; the window moves on
        self.request.end()


def list_pods(request):
    query = request.query
    selector = query.get("fieldSelector")
    token = query.get("continue")
    if token:
        if wants("expired", 0.5):
            count("expired")
            fresh = {"continue": "of-another-list", "resourceVersion": ""}
            request.reply(410, status(410, "Expired", "The provided continue parameter is too old",
                                      metadata=fresh))
            return
        if token not in cluster.tokens:
            request.reply(400, status(400, "BadRequest", "continue key is not valid"))
            return
        items, version = cluster.tokens[token]
    elif query.get("resourceVersion") == "0":
        items, version = cluster.stale_snapshot(selector)
    else:
        items, version = cluster.snapshot(selector)
    metadata = {"resourceVersion": opaque(version)}
    limit = min(int(query.get("limit", "0")) or len(items), PAGE)
    if "limit" in query and len(items) > limit:
        with lock:
            token = f"t{len(cluster.tokens)}+/="
            cluster.tokens[token] = (items[limit:], version)
        metadata["continue"] = token
        items = items[:limit]
        count("pages")
    body = [("kind", "PodList"), ("apiVersion", "v1"), ("metadata", metadata), ("items", items)]
    if chance(0.3):
        body.reverse()
    data = json.dumps(dict(body), indent=pick(None, 2), ensure_ascii=chance(0.5)).encode()
    request.start()
    for at in range(0, len(data), 3000):
        request.chunk(data[at:at + 3000])
    request.end()


too_many = {"until": 0.0}


def refuse(request):
    """Faults before any answer. True when the request is answered."""
    if FAULT == "too-many":
        with lock:                               # 0.05: the clocks of two processes' sleeps
            if time.monotonic() < too_many["until"] - 0.05:
                counts["too-early"] += 1
        if wants("too-many", 0.7):
            count("too-many")
            with lock:
                too_many["until"] = time.monotonic() + 1
            request.reply(429, status(429, "TooManyRequests"), {"Retry-After": "1"})
            return True
    if wants("errors", 0.5):
        count("errors")
        code = pick(500, 502, 503, 504)
        request.reply(code, pick(status(code, "InternalError"), "<html>no JSON</html>", b""))
        return True
    if wants("denied", 0.6):
        count("denied")
        code = pick(403, 404)
        request.reply(code, status(code, "Forbidden"))
        return True
    if has_fault("down"):
        count("down")
        pick(request.connection.cut, request.connection.reset)()
    if wants("cut", 0.8):
        count("cut")
        request.left = int(between(1, pick(100, 3000, 20000)))
        if chance(0.3):
            request.connection.cut = request.connection.reset
    return False


def handle(request):
    if request.path == "/control":
        with lock:
            request.reply(200, {"done": churn.end is not None and not churn.is_alive(),
                                "counts": dict(counts)})
    elif request.path == "/truth":
        items, version = cluster.snapshot(request.query.get("fieldSelector"))
        request.reply(200, {"metadata": {"resourceVersion": opaque(version)}, "items": items})
    elif request.path == "/api/v1/pods":
        churn.begin()
        if refuse(request):
            return
        if request.query.get("watch") == "true":
            Watch(request).run()
        else:
            list_pods(request)
    else:
        request.status(404, "NotFound", request.path)
