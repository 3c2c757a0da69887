"""Scenario for tests/fake/apiserver.py: any resource's objects from the file OBJECTS_FILE, listed once
and then watched in silence.

The file maps "pods" or "namespaces/shop/pods" to {"status": 403} or {"items": [...], "seconds": 0.5}, the
seconds being how long the list takes; what is not in it is an empty list. Its text is read at each
request."""
import json
import os
import time


def handle(request):
    with open(os.environ["OBJECTS_FILE"], encoding="utf-8") as file:
        objects = json.load(file)
    parts = request.path.strip("/").split("/")
    at = 2 if parts[0] == "api" else 3
    known = objects.get("/".join(parts[at:]), {})
    if "status" in known:
        request.status(known["status"], "Forbidden", request.path)
    elif "sendInitialEvents" in request.query:
        request.status(422, "Invalid", "sendInitialEvents is forbidden")
    elif request.query.get("watch") in ("true", "1"):
        request.start()
        request.connection.stall(60)
    else:
        time.sleep(known.get("seconds", 0))
        request.reply(200, {"kind": "List", "apiVersion": "v1", "items": known.get("items", []),
                            "metadata": {"resourceVersion": "7"}})
