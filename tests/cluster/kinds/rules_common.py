"""What the rules of several kinds share. See rules.py."""
from values import label_name, label_pairs, resource_unit, seconds


def get(o, path, default=None):
    for key in path.split("."):
        o = o.get(key) if isinstance(o, dict) else None
        if o is None:
            return default
    return o


def text(value):
    """A field as a label: "" when it is not there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def created(o):
    if get(o, "metadata.creationTimestamp"):
        yield "created", [], seconds(o["metadata"]["creationTimestamp"])


def deleted(o):
    if get(o, "metadata.deletionTimestamp"):
        yield "deletion_timestamp", [], seconds(o["metadata"]["deletionTimestamp"])


def meta_labels(o):
    """With every key allowed."""
    yield "labels", label_pairs("label_", get(o, "metadata.labels", {})), 1
    yield "annotations", label_pairs("annotation_", get(o, "metadata.annotations", {})), 1


def owners(o, controller=True):
    for owner in get(o, "metadata.ownerReferences", []) or [None]:
        labels = [("owner_kind", owner["kind"] if owner else ""), ("owner_name", owner["name"] if owner else "")]
        if controller:
            labels.append(("owner_is_controller", text(bool(owner.get("controller"))) if owner else ""))
        yield "owner", labels, 1


def statuses(family, labels, status, label):
    for each in ("True", "False", "Unknown"):
        yield family, labels + [(label, each.lower())], int(status == each)


def conditions(family, o):
    seen = set()
    for c in get(o, "status.conditions", []):
        if c["type"] not in seen:
            yield from statuses(family, [("condition", c["type"])], c["status"], "status")
        seen.add(c["type"])


def resource_list(family, quantities, labels, pods=False):
    for name, value in quantities.items():
        rule = resource_unit(name, pods)
        if not rule:
            continue
        unit, read = rule
        if pods:  # a node's: fractions are kept
            from values import milli as read
        yield family, labels + [("resource", sanitised(name)), ("unit", unit)], read(value)


def sanitised(name):
    return "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)


__all__ = ["conditions", "created", "deleted", "get", "label_name", "label_pairs", "meta_labels", "owners",
           "resource_list", "statuses", "text"]
