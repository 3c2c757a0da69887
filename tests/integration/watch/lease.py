"""One Lease as an API server keeps it, for test_lease_client.c: list, watch, get, create, merge
patch with a precondition. GET /control?do=X: "refuse" and "accept" writes (403), "lose" the answer
of the next write, "down" and "up" (every request ends without an answer), "now" tells the lease."""
import json
import threading

changed = threading.Condition()
lease = None  # the object
version = 100
events = []  # (version, type, object)
mode = {"refuse": False, "lose": False, "down": False}
PATH = "/apis/coordination.k8s.io/v1/namespaces/ns/leases"


def publish(kind, value):
    global lease, version
    version += 1
    value["metadata"]["resourceVersion"] = str(version)
    lease = None if kind == "DELETED" else value
    events.append((version, kind, json.loads(json.dumps(value))))
    changed.notify_all()


def merge(target, patch):
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


def watch(request):
    at = int(request.query["resourceVersion"])
    request.start()
    while True:
        with changed:
            while not mode["down"] and not any(v > at for v, _, _ in events):
                changed.wait(0.2)
            if mode["down"]:
                request.connection.cut()
            fresh = [e for e in events if e[0] > at]
        for at, kind, value in fresh:
            request.chunk(json.dumps({"type": kind, "object": value}).encode() + b"\n")


def write(request):
    if mode["refuse"]:
        request.status(403, "Forbidden", "not you")
        return False
    body = json.loads(request.body)
    if request.method == "POST":
        if lease:
            request.status(409, "AlreadyExists", "it is there")
            return False
        publish("ADDED", body)
    else:
        if not lease:
            request.status(404, "NotFound", "no lease")
            return False
        if body["metadata"].pop("resourceVersion") != lease["metadata"]["resourceVersion"]:
            request.status(409, "Conflict", "it has changed")
            return False
        value = json.loads(json.dumps(lease))
        merge(value, body)
        publish("MODIFIED", value)
    return True


def control(request):
    what = request.query["do"]
    with changed:
        if what == "refuse" or what == "accept":
            mode["refuse"] = what == "refuse"
        elif what == "down" or what == "up":
            mode["down"] = what == "down"
            changed.notify_all()
        elif what == "lose":
            mode["lose"] = True
        elif what == "take":
            value = json.loads(json.dumps(lease))
            value["spec"]["holderIdentity"] = "other_1"
            value["spec"]["renewTime"] = "t" + str(version)
            publish("MODIFIED", value)
        elif what == "free":
            value = json.loads(json.dumps(lease))
            value["spec"].pop("holderIdentity")
            publish("MODIFIED", value)
        elif what == "remove":
            publish("DELETED", lease)
        request.reply(200, lease or {})


def handle(request):
    if request.path == "/control":
        control(request)
        return
    if mode["down"]:
        request.connection.cut()
    if request.query.get("watch"):
        watch(request)
        return
    with changed:
        if request.method in ("POST", "PATCH"):
            if not write(request):
                return
            if mode["lose"]:
                mode["lose"] = False
                request.connection.cut()
            request.reply(201 if request.method == "POST" else 200, lease)
        elif request.path == PATH:
            assert request.query["fieldSelector"] == "metadata.name=kubegauge"
            request.reply(200, {"kind": "LeaseList", "metadata": {"resourceVersion": str(version)},
                                "items": [lease] if lease else []})
        elif lease:
            request.reply(200, lease)
        else:
            request.status(404, "NotFound", "no lease")
