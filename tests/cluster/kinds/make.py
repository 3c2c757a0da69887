#!/usr/bin/env python3
"""Makes at least one object of each kind in the test cluster's API server, with the states that a kubelet
and controllers would bring about. Run it as: tests/cluster/in tests/cluster/kinds/make.py"""
import sys

import api as apis
import objects
import objects_pods


def act(api, plural, o, how):
    """What is done with a made object besides writing its status."""
    meta = o["metadata"]
    if how.get("approval"):
        o = {**o, "status": {**o.get("status", {}), **how["approval"]}}
        o = api.replace(plural, o, "approval")
    if how.get("ephemeral"):
        o["spec"]["ephemeralContainers"] = [{"name": how["ephemeral"], "image": "busybox"}]
        o = api.replace(plural, o, "ephemeralcontainers")
    if how.get("delete"):
        api.delete(plural, meta.get("namespace"), meta["name"], how.get("grace"))
        o = api.request("GET", api.path(plural, meta.get("namespace"), meta["name"]))
    if how.get("status"):
        kept = o.get("status", {}).get("conditions", []) if how.get("approval") else []
        o["status"] = {**o.get("status", {}), **how["status"]}
        o["status"]["conditions"] = kept + how["status"].get("conditions", [])
        if not o["status"]["conditions"]:
            del o["status"]["conditions"]
        o = api.replace(plural, o, "status")
    if how.get("resize"):
        o["spec"]["containers"][0]["resources"] = how["resize"]
        api.replace(plural, o, "resize")


def main():
    api = apis.Api()
    made, refused = 0, []
    for plural, o, how in objects.objects(api):
        try:
            act(api, plural, api.create(plural, o, o["metadata"].get("namespace")), how or {})
            made += 1
        except apis.Refused as e:
            refused.append(f"{plural} {o['metadata']['name'][:40]}: {e}")
    for key, o in objects_pods.stored():
        apis.store(key, o)
        made += 1
    print(f"{made} objects made")
    for each in refused:
        print(f"refused: {each}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
