"""What the cluster role costs with a number of pods: start-up, memory, scrapes beside the floor,
several scrapers at once. tests/bench/crowd_api.c makes the pods up."""
import gzip
import re
import time
import zlib
from pathlib import Path

from crowd import Crowd, Role, cpu_seconds, private, status
from scrapes import Client, Floor, Line, SETTLE_SECONDS, at_once, beside_slow, run_in_turns

REST_SECONDS = 2
SCRAPERS = (1, 4, 16)
SLOW = 4
RESTARTED = re.compile(rb'kube_pod_container_status_restarts_total\{.*container="app"')


def value_of(role, name):
    body = role.get("/metrics/self")[1].decode()
    return float(re.search(rf"^{name} (\S+)$", body, re.M).group(1))


def start_up(role, pods):
    """Until the first answer that has every pod. Returns the figures and the body."""
    first, body = role.wait_full(pods)
    figures = {"first whole answer s": first, "start-up CPU s": cpu_seconds(role.pid),
               "start-up peak MB": status(role.pid)["VmHWM"], "body MB": len(body) / 1e6,
               "series": sum(1 for line in body.splitlines() if line.startswith(b"kube_"))}
    time.sleep(REST_SECONDS)
    return figures, body


def lines_of(crowd, pods, role, bare, floor):
    """The lines of the table that scrapes make; changes are those of restarted containers."""

    def after(command, share):
        return lambda: crowd.tell(f"{command} {max(1, pods * share // 100)}")

    packed = Client(role.port, "gzip")

    def unchanged():
        time.sleep(SETTLE_SECONDS)
        packed.scrape()

    return [
        Line("plain", role.pid, Client(role.port, "identity")),
        Line("plain, floor", floor.pid, Client(floor.port, "identity")),
        Line("gzip", role.pid, packed, unchanged),
        Line("gzip, floor", floor.pid, Client(floor.port, "gzip")),
        Line("gzip, 1 % changed", role.pid, packed, after("change", 1)),
        Line("gzip, 10 % changed", role.pid, packed, after("change", 10)),
        Line("gzip, 1 % replaced", role.pid, packed, after("replace", 1)),
        Line("gzip, no cache", bare.pid, Client(bare.port, "gzip")),
    ]


def crowds_of(role, floor, rounds):
    """Seconds until so many scrapers at once are all served, and the floor's."""
    found = {}
    for way, encoding in (("plain", "identity"), ("gzip", "gzip")):
        for count in SCRAPERS:
            found[f"{way}, {count} at once"] = (at_once(role.port, encoding, count, rounds),
                                                at_once(floor.port, encoding, count, rounds))
        alone, beside = beside_slow(role.port, encoding, max(SCRAPERS) - SLOW, SLOW, rounds)
        found[f"{way}, {max(SCRAPERS) - SLOW} beside {SLOW} slow ones"] = (beside, alone)
    return found


def relist_peak(crowd, role):
    """Highest memory, MB, while all is listed anew and every pod has changed."""
    Path(f"/proc/{role.pid}/clear_refs").write_text("5")  # the highest is from now on
    crowd.tell("expire")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        body = role.get("/metrics")[1]
        changed = [line for line in body.splitlines() if RESTARTED.match(line)]
        if changed and not any(line.endswith(b" 0") for line in changed):
            return status(role.pid)["VmHWM"]
        time.sleep(0.2)
    raise SystemExit("not all was listed anew")


def sizes_of(role):
    """The answer with gzip, which must be the plain one, beside zlib's level 6 over the whole."""
    packed, plain = role.get("/metrics/state", "gzip")[1], role.get("/metrics/state")[1]
    if gzip.decompress(packed) != plain:
        raise SystemExit("the body with gzip is not the plain body")
    return plain, packed, {"gzip MB": len(packed) / 1e6, "zlib 6 MB": len(zlib.compress(plain, 6)) / 1e6}


def measure(programs, pods, rounds, flags=()):
    """All figures of one number of pods. programs: of kubegauge, crowd_api, memory_server."""
    kubegauge, crowd_api, memory_server = programs
    with Crowd(crowd_api, pods) as crowd, Role(kubegauge, crowd.port, *flags) as role:
        figures, _ = start_up(role, pods)
        figures["pods"] = pods
        figures["resident, cold MB"] = status(role.pid)["VmRSS"]
        with Role(kubegauge, crowd.port, "--web.gzip-cache=0", *flags) as bare:
            bare.wait_full(pods)
            plain, packed, sizes = sizes_of(role)
            figures.update(sizes)
            with Floor(memory_server, plain, packed) as floor:
                del plain, packed
                figures["lines"] = run_in_turns(lines_of(crowd, pods, role, bare, floor), rounds)
                figures["at once"] = crowds_of(role, floor, rounds)
            time.sleep(REST_SECONDS)
            figures["resident, no cache MB"] = status(bare.pid)["VmRSS"]
        figures["resident MB"], figures["private MB"] = status(role.pid)["VmRSS"], private(role.pid)
        figures["gzip cache MB"] = value_of(role, "kubegauge_gzip_cache_bytes") / 1e6
        figures["relist peak MB"] = relist_peak(crowd, role)
        return figures
