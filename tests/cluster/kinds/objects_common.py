"""Parts of the objects that the test makes."""
NS = "kinds"
LIMITED = "n" * 63  # where limits and quotas stand in no pod's way
T = [f"2026-01-02T03:04:{second:02d}Z" for second in range(5, 15)]
LONG = ".".join(["l" * 63] * 3 + ["o" * 61])  # 253 characters, as long as a name may be
DOOMED = {"delete": True}
AWKWARD = {"example.com/quotes": 'say "hi" \\ back', "example.com/lines": "one\ntwo\ttab\r", "example.com/unicode":
           "weiß ☃ 日本 \U0001f600", "example.com/json": '{"a":[1,"\\n"]}', "fooBar": "camel", "foo_bar": "snake", "foo-bar": "dash",
           "empty": ""}
LABELS = {"app": "kinds", "app.kubernetes.io/name": "kinds", "teamName": "A.b-c_d", "team-name": "", "team.name": "x",
          "k" * 63: "v" * 63, ".".join(["d" * 63] * 3) + "/" + "x" * 63: "long"}


def meta(name, namespace=NS, labels=None, annotations=None, owners=0, finalizer=False):
    m = {"name": name, "labels": {**LABELS, **(labels or {})}, "annotations": {**AWKWARD, **(annotations or {})}}
    if namespace:
        m["namespace"] = namespace
    if owners:
        m["ownerReferences"] = [{"apiVersion": "example.com/v1", "kind": f"Owner{i}", "name": f"owner-{i}", "uid": f"uid-{i}",
                                 **({"controller": True} if i == 1 else {})} for i in range(1, owners + 1)]
    if finalizer:
        m["finalizers"] = ["example.com/keep"]
    return m


def conditions(**types):
    """Type=status or Type=(status, reason)."""
    return [{"type": type_, "status": each if isinstance(each, str) else each[0],
             "reason": "Test" if isinstance(each, str) else each[1], "message": "", "lastTransitionTime": T[i]}
            for i, (type_, each) in enumerate(types.items())]


def selector():
    return {"matchLabels": {"app": "kinds"}}


def pod_template(**spec):
    return {"metadata": {"labels": {"app": "kinds"}}, "spec": {"containers": [{"name": "main", "image": "busybox"}], **spec}}
