"""Scenario for tests/fake/apiserver.py: pods that stand in the file PODS_FILE, listed and watched.

The file holds {"version": N, "pods": [...]}; a change of it becomes watch events. A streaming list is
refused, as an older server does."""
import json
import os
import time

BOOKMARK_SECONDS = 0.5


def load():
    with open(os.environ["PODS_FILE"], encoding="utf-8") as file:
        return json.load(file)


def event(request, kind, item):
    request.chunk(json.dumps({"type": kind, "object": item}).encode() + b"\n")


def watch(request):
    known = None
    request.start()
    spoke = time.monotonic()
    while True:
        state = load()
        now = {p["metadata"]["uid"]: p for p in state["pods"]}
        if known is None:
            # Whoever watches from an older version gets everything as changed: the same end.
            known = now if request.query.get("resourceVersion") == str(state["version"]) else {}
        for uid, pod in now.items():
            if known.get(uid) != pod:
                event(request, "MODIFIED" if uid in known else "ADDED", pod)
        for uid, pod in known.items():
            if uid not in now:
                event(request, "DELETED", pod)
        known = now
        if time.monotonic() - spoke > BOOKMARK_SECONDS:
            event(request, "BOOKMARK", {"kind": "Pod", "apiVersion": "v1", "metadata": {
                "resourceVersion": str(state["version"])}})
            spoke = time.monotonic()
        request.connection.stall(0.05)


def handle(request):
    if request.path != "/api/v1/pods":
        request.status(404, "NotFound", request.path)
    elif "sendInitialEvents" in request.query:
        request.status(422, "Invalid", "sendInitialEvents is forbidden")
    elif request.query.get("watch") in ("true", "1"):
        watch(request)
    else:
        state = load()
        request.reply(200, {"kind": "PodList", "apiVersion": "v1", "items": state["pods"],
                            "metadata": {"resourceVersion": str(state["version"])}})
