"""What the cluster role costs with a number of pods: start-up, memory, scrapes beside the floor,
several scrapers at once. tests/bench/crowd_api.c makes the pods up, or a real cluster has them."""
import gzip
import re
import subprocess
import time
import zlib
from contextlib import ExitStack
from pathlib import Path

from crowd import Crowd, Role, cpu_seconds, private, status
from scrapes import Floor, Line, Scraper, SETTLE_SECONDS, at_once, beside_slow, run_in_turns

REST_SECONDS = 2
SCRAPERS = (1, 4, 16)
SLOW = 4
CODINGS = ("gzip", "zstd")
MANY_PODS, FEW_ROUNDS = 50000, 3  # so many pods are scraped no more often: each round takes half a minute
AT_ONCE_MB = 5000  # more at once takes so long that the server cuts scrapers off as slow
RESTARTED = re.compile(rb'kube_pod_container_status_restarts_total\{.*container="app"')


def cache_mb(role):
    body = role.get("/metrics/self")[1].decode()
    return float(re.search(r"^kubegauge_gzip_cache_bytes (\S+)$", body, re.M).group(1)) / 1e6


def start_up(role, pods):
    """Until the first answer that has every pod."""
    first, body = role.wait_full(pods)
    figures = {"pods": pods, "first whole answer s": first, "start-up CPU s": cpu_seconds(role.pid),
               "start-up peak MB": status(role.pid)["VmHWM"], "body MB": len(body) / 1e6,
               "series": sum(1 for line in body.splitlines() if line.startswith(b"kube_"))}
    time.sleep(REST_SECONDS)
    figures["resident, cold MB"] = status(role.pid)["VmRSS"]
    return figures


def coding_lines(crowd, pods, coding, role, bare):
    """Lines of one coding: pieces are up to date, then a share of the pods changes as a container's
    restart changes one, or is replaced."""
    client = Scraper(role.port, coding)

    def after(command=None, share=0):
        def before():
            time.sleep(SETTLE_SECONDS)
            client.scrape()
            if command:
                crowd.tell(f"{command} {max(1, pods * share // 100)}")
        return before

    return [
        Line(coding, role.pid, client, after()),
        Line(f"{coding}, 1 % changed", role.pid, client, after("change", 1)),
        Line(f"{coding}, 10 % changed", role.pid, client, after("change", 10)),
        Line(f"{coding}, 1 % replaced", role.pid, client, after("replace", 1)),
        Line(f"{coding}, no cache", bare.pid, Scraper(bare.port, coding)),
    ]


def plain_lines(role, floor):
    return [
        Line("plain", role.pid, Scraper(role.port, "identity")),
        Line("plain, floor", floor.pid, Scraper(floor.port, "identity")),
        Line("gzip, floor", floor.pid, Scraper(floor.port, "gzip")),
    ]


def crowds_of(role, floor, rounds, sizes):
    """Seconds until so many scrapers at once are all served, and the floor's. sizes: MB of an answer by way."""
    found = {}
    for way, encoding in (("plain", "identity"), ("gzip", "gzip")):
        counts = [count for count in SCRAPERS if count * sizes[way] < AT_ONCE_MB]
        for count in counts:
            found[f"{way}, {count} at once"] = (at_once(role.port, encoding, count, rounds),
                                                at_once(floor.port, encoding, count, rounds))
        if max(SCRAPERS) not in counts:
            continue
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


def bodies_of(role):
    """The answers, of which that with gzip must be the plain one."""
    packed, plain = role.get("/metrics/state", "gzip")[1], role.get("/metrics/state")[1]
    if gzip.decompress(packed) != plain:
        raise SystemExit("the body with gzip is not the plain body")
    return plain, packed


def read_costs(reader, port):
    """CPU seconds that Prometheus's decoders take for the bodies, by coding."""
    said = subprocess.run([reader], input=f"cost http://127.0.0.1:{port}/metrics/state\n", text=True,
                          stdout=subprocess.PIPE, check=True).stdout.split()
    if said[:1] != ["gzip"]:
        raise SystemExit(" ".join(said))
    return {said[i]: float(said[i + 2]) for i in (0, 3)}


def memory_after(role):
    """After all those changes, which leave holes in the heap, and a rest."""
    time.sleep(REST_SECONDS)
    return {"resident MB": status(role.pid)["VmRSS"], "private MB": private(role.pid),
            "gzip cache MB": cache_mb(role)}


def measure(programs, pods, rounds, reader=None):
    """All figures of one number of pods. programs: of kubegauge, crowd_api, memory_server. The roles:
    one that is asked for gzip as Prometheus asks, one for zstd, one that keeps no pieces."""
    kubegauge, crowd_api, memory_server = programs
    if pods >= MANY_PODS:
        rounds = min(rounds, FEW_ROUNDS)
    with ExitStack() as stack:
        crowd = stack.enter_context(Crowd(crowd_api, pods))
        role = stack.enter_context(Role(kubegauge, crowd.port))
        figures = start_up(role, pods)
        other = stack.enter_context(Role(kubegauge, crowd.port))
        bare = stack.enter_context(Role(kubegauge, crowd.port, "--web.gzip-cache=0"))
        other.wait_full(pods)
        bare.wait_full(pods)
        plain, packed = bodies_of(role)
        floor = stack.enter_context(Floor(memory_server, plain, packed))
        figures["gzip MB"], figures["zlib 6 MB"] = len(packed) / 1e6, len(zlib.compress(plain, 6)) / 1e6
        figures["zstd MB"] = len(other.get("/metrics/state", "zstd")[1]) / 1e6
        if reader:
            figures["read"] = read_costs(reader, other.port)
        del plain, packed
        time.sleep(REST_SECONDS)
        figures["private, warm MB"] = private(role.pid)
        figures["lines"] = run_in_turns(
            plain_lines(role, floor) + coding_lines(crowd, pods, "gzip", role, bare) +
            coding_lines(crowd, pods, "zstd", other, bare), rounds)
        figures["at once"] = crowds_of(role, floor, rounds, {"plain": figures["body MB"], "gzip": figures["gzip MB"]})
        figures.update(memory_after(role))
        figures["resident, no cache MB"] = status(bare.pid)["VmRSS"]
        figures["relist peak MB"] = relist_peak(crowd, role)
        return figures


def measure_real(kubegauge, kubeconfig, pods, rounds):
    """Those figures that a real cluster with so many pods can give."""
    with Role(kubegauge, None, kubeconfig=kubeconfig) as role:
        figures = start_up(role, pods)
        lines = [Line("plain", role.pid, Scraper(role.port, "identity")),
                 Line("gzip", role.pid, Scraper(role.port, "gzip"))]
        figures["lines"] = run_in_turns(lines, rounds)
        figures.update(memory_after(role))
        return figures
