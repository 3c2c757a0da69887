"""How values and labels of kube_* series are written: read anew from the reference's rules, in other
words and another language than the agent's, so that one checks the other."""
import datetime
import re
from fractions import Fraction
from math import ceil, floor

SUFFIXES = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1),
            "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12),
            "P": Fraction(10**15), "E": Fraction(10**18), "Ki": Fraction(2**10), "Mi": Fraction(2**20),
            "Gi": Fraction(2**30), "Ti": Fraction(2**40), "Pi": Fraction(2**50), "Ei": Fraction(2**60)}
QUANTITY = re.compile(r"^([+-]?)(\d*\.?\d*)(?:[eE]([+-]?\d+)|([numkMGTPE]i?|Ki|))$")


def quantity(text):
    """The exact number that a quantity's text means."""
    match = QUANTITY.match(str(text))
    if not match or not re.search(r"\d", match[2]):
        raise ValueError(f"no quantity: {text!r}")
    number = Fraction(match[2] if match[2][0] != "." else "0" + match[2])
    scale = Fraction(10) ** int(match[3]) if match[3] else SUFFIXES[match[4] or ""]
    return number * scale * (-1 if match[1] == "-" else 1)


def away_from_zero(number):
    return ceil(number) if number > 0 else floor(number)


def whole(text):
    return float(away_from_zero(quantity(text)))


def milli(text):
    return float(away_from_zero(quantity(text) * 1000)) / 1000


def exact(text):
    return float(quantity(text))


def seconds(text):
    """Whole Unix seconds of an RFC 3339 time in UTC, a fraction dropped."""
    text = re.sub(r"\.\d+", "", text)
    when = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    return int(when.timestamp())


def number(value):
    """The shortest digits that give the double back; with an exponent below 1e-4 and from 1e6 on."""
    value = float(value)
    if value == 0:
        return "0"
    digits = repr(value)
    sign = "-" if digits[0] == "-" else ""
    mantissa, _, exponent = digits.lstrip("-").partition("e")
    before, _, after = mantissa.partition(".")
    shift = int(exponent or 0) + len(before)
    raw = before + after
    lead = len(raw) - len(raw.lstrip("0"))
    shift -= lead
    raw = raw.strip("0")
    power = shift - 1
    if power < -4 or power >= 6:
        tail = "." + raw[1:] if len(raw) > 1 else ""
        return f"{sign}{raw[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if shift <= 0:
        return f"{sign}0.{'0' * -shift}{raw}"
    raw = raw.ljust(shift, "0")
    return sign + raw[:shift] + ("." + raw[shift:] if len(raw) > shift else "")


def escape(value):
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def label_name(prefix, key):
    name = re.sub(r"[^A-Za-z0-9_]", "_", key)
    return prefix + re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def label_pairs(prefix, labels):
    """The labels that Kubernetes labels become: in the order of their keys; names that meet are numbered."""
    names, used = [], {}

    def free(name, n):
        while f"{name}_conflict{n}" in used:
            n += 1
        return n

    count = {}
    keys = sorted(labels, key=lambda key: key.encode())
    for at, key in enumerate(keys):
        name = label_name(prefix, key)
        if name in count:
            n = free(name, count[name] + 1)
        elif name in used:
            first = used.pop(name)
            used[name] = None
            n = free(name, 1)
            names[first] = f"{name}_conflict{n}"
            used[names[first]] = first
            n = free(name, n + 1)
        else:
            names.append(name)
            used[name] = at
            continue
        count[name] = n
        names.append(f"{name}_conflict{n}")
        used[names[-1]] = at
    return [(name, labels[key]) for name, key in zip(names, keys)]


def resource_unit(name, pods=False):
    """(unit, value of a quantity) of a resource that has series, else None."""
    if name == "cpu":
        return "core", milli
    if name in ("storage", "ephemeral-storage", "memory") or \
            name.startswith(("hugepages-", "attachable-volumes-")):
        return "byte", whole
    if name == "pods" and pods:
        return "integer", whole
    part = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
    domain = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
    if "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.") and \
            re.fullmatch(f"{domain}/{part}", "requests." + name) and len(name.split("/")[0]) <= 244:
        return "integer", whole
    return None
