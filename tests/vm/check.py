"""Holds what the agent served in the cgroup v2 machine against what the files said.

Usage: check.py RESULTS

A script in the guest read every file before and after the scrape, the containers being frozen. A
value must be equal to what the files said when both readings agree, and between the two otherwise.
Prints family by family how many series agree, and fails on any that differ or that are missing.
"""
import collections
import pathlib
import re
import sys

LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
UNLIMITED = 2**62


class Reading:
    """All files of all cgroups at one moment: lines[(cgroup, file)] is a list of lines."""

    def __init__(self, path):
        self.lines = collections.defaultdict(list)
        for line in path.read_text().splitlines():
            cgroup, file, text = line.split("\t", 2)
            self.lines[cgroup, file].append(text)

    def cgroups(self):
        return sorted({cgroup for cgroup, _ in self.lines if cgroup.startswith("/")})

    def has(self, cgroup, file):
        return (cgroup, file) in self.lines

    def one(self, cgroup, file):
        """The only line of a file, or None."""
        lines = self.lines.get((cgroup, file))
        return lines[0] if lines else None

    def number(self, cgroup, file, when_max=0):
        text = self.one(cgroup, file)
        if text is None:
            return None
        return when_max if text == "max" else int(text)

    def key(self, cgroup, file, name):
        """The value of "name value" in a keyed file, or None."""
        for line in self.lines.get((cgroup, file), ()):
            words = line.split()
            if words and words[0].rstrip(":") == name:
                return int(words[1])
        return None

    def pressure(self, cgroup, file, kind):
        for line in self.lines.get((cgroup, file), ()):
            if line.startswith(kind + " "):
                return int(line.rsplit("total=", 1)[1])
        return None

    def io(self, cgroup):
        """(major, minor) -> {key: value} of io.stat."""
        devices = {}
        for line in self.lines.get((cgroup, "io.stat"), ()):
            number, *pairs = line.split()
            devices[tuple(number.split(":"))] = {
                key: int(value) for key, value in (pair.split("=") for pair in pairs)
            }
        return devices

    def interfaces(self, cgroup):
        """(name, numbers) of each line of the network of a cgroup's first process."""
        for line in self.lines.get((cgroup, "netdev"), ()):
            if ":" in line:
                name, rest = line.split(":", 1)
                yield name.strip(), [int(word) for word in rest.split()]


def scaled(value, factor):
    return None if value is None else value * factor


def key(file, name, factor=1.0):
    return lambda r, c, labels: scaled(r.key(c, file, name), factor)


def or_zero(function):
    return lambda r, c, labels: function(r, c, labels) or 0


def usage(r, c, labels):
    if c == "/":  # no memory.current at the root
        return r.key(c, "memory.stat", "anon") + r.key(c, "memory.stat", "file")
    return r.number(c, "memory.current")


def working_set(r, c, labels):
    inactive = r.key(c, "memory.stat", "inactive_file") or 0
    return max(0, usage(r, c, labels) - inactive)


def swap(r, c, labels):
    if c == "/":
        return 1024 * (r.key(c, "meminfo", "SwapTotal") - r.key(c, "meminfo", "SwapFree"))
    return r.number(c, "memory.swap.current") or 0


def memory_limit(r, c, labels):
    if c == "/":
        return 1024 * r.key(c, "meminfo", "MemTotal")
    limit = r.number(c, "memory.max", 0)
    return 0 if limit is None or limit > UNLIMITED else limit


def swap_limit(r, c, labels):
    if c == "/":
        return 1024 * r.key(c, "meminfo", "SwapTotal")
    return r.number(c, "memory.swap.max", 0) or 0


def quota(r, c):
    text = r.one(c, "cpu.max")
    return None if text is None or text.startswith("max") else int(text.split()[0])


def with_quota(function):
    return lambda r, c, labels: None if quota(r, c) is None else function(r, c, labels)


def period(r, c, labels):
    text = r.one(c, "cpu.max")
    return 0 if text is None else int(text.split()[1])


def shares(r, c, labels):
    weight = r.number(c, "cpu.weight")
    return 0 if weight is None else 2 + (weight - 1) * 262142 // 9999


def pressure(file, kind):
    return lambda r, c, labels: scaled(r.pressure(c, file, kind) or 0, 1e-6)


def io(name):
    """The guest's disks, and 0 for the root's file systems, which no disk stands behind."""
    def value(r, c, labels):
        minor = {"/dev/vda": "0", "/dev/vdb": "16"}.get(labels.get("device", "/dev/vda"))
        if minor is None:
            return 0
        for number, numbers in r.io(c).items():
            if number[1] == minor:
                return numbers.get(name)
        return None
    return value


def blkio(r, c, labels):
    numbers = r.io(c).get((labels["major"], labels["minor"]), {})
    return numbers.get({"Read": "rbytes", "Write": "wbytes"}[labels["operation"]])


def threads(r, c, labels):
    if c == "/":
        return len(r.lines.get((c, "cgroup.procs"), ()))
    return r.number(c, "pids.current")


def processes(r, c, labels):
    return len(r.lines.get((c, "cgroup.procs"), ()))


def over_processes(what):
    def value(r, c, labels):
        return sum(int(r.one(pid, what) or 0) for pid in r.lines.get((c, "cgroup.procs"), ()))
    return value


def start_time(r, c, labels):
    boot = int(r.one("/", "now")) - int(r.one("/", "uptime"))
    return max(boot // 60 * 60, min(int(text) for text in r.lines[c, "born"]))


def last_seen(r, c, labels):
    return int(r.one("/", "now"))


def nofile(r, c, labels):
    """Only what has a first process has limits; slices and pods have none."""
    return r.number(c, "nofile") if c == "/" or re.search("[0-9a-f]{64}", c) else None


def file_system(file, column, unit):
    def value(r, c, labels):
        if c != "/" or labels.get("device", "/mnt") != "/mnt":
            return None
        return int(r.one("/", file).split()[column]) * unit
    return value


def network(column):
    def value(r, c, labels):
        for name, numbers in r.interfaces(c):
            if name == labels["interface"]:
                return numbers[column]
        return None
    return value


FAMILIES = {
    "container_cpu_usage_seconds_total": key("cpu.stat", "usage_usec", 1e-6),
    "container_cpu_user_seconds_total": key("cpu.stat", "user_usec", 1e-6),
    "container_cpu_system_seconds_total": key("cpu.stat", "system_usec", 1e-6),
    "container_cpu_cfs_periods_total": with_quota(key("cpu.stat", "nr_periods")),
    "container_cpu_cfs_throttled_periods_total": with_quota(key("cpu.stat", "nr_throttled")),
    "container_cpu_cfs_throttled_seconds_total": with_quota(key("cpu.stat", "throttled_usec", 1e-6)),
    "container_cpu_cfs_burst_periods_total": with_quota(or_zero(key("cpu.stat", "nr_bursts"))),
    "container_cpu_cfs_burst_seconds_total": with_quota(or_zero(key("cpu.stat", "burst_usec", 1e-6))),
    "container_spec_cpu_quota": lambda r, c, labels: quota(r, c),
    "container_spec_cpu_period": period,
    "container_spec_cpu_shares": shares,
    "container_memory_usage_bytes": usage,
    "container_memory_working_set_bytes": working_set,
    "container_memory_rss": key("memory.stat", "anon"),
    "container_memory_cache": key("memory.stat", "file"),
    "container_memory_mapped_file": key("memory.stat", "file_mapped"),
    "container_memory_swap": swap,
    "container_memory_kernel_usage": key("memory.stat", "kernel"),
    "container_memory_failcnt": or_zero(key("memory.events", "max")),
    "container_memory_events_high_total": key("memory.events", "high"),
    "container_memory_events_max_total": key("memory.events", "max"),
    "container_memory_file_dirty_bytes": key("memory.stat", "file_dirty"),
    "container_memory_file_writeback_bytes": key("memory.stat", "file_writeback"),
    "container_memory_pgscan_total": key("memory.stat", "pgscan"),
    "container_memory_pgsteal_total": key("memory.stat", "pgsteal"),
    "container_memory_workingset_refault_anon_total": key("memory.stat", "workingset_refault_anon"),
    "container_memory_workingset_refault_file_total": key("memory.stat", "workingset_refault_file"),
    "container_memory_max_usage_bytes": lambda r, c, labels: r.number(c, "memory.peak") or 0,
    "container_memory_total_active_file_bytes": key("memory.stat", "active_file"),
    "container_memory_total_inactive_file_bytes": key("memory.stat", "inactive_file"),
    "container_memory_failures_total": lambda r, c, labels: r.key(c, "memory.stat", labels["failure_type"]),
    "container_spec_memory_limit_bytes": memory_limit,
    "container_spec_memory_swap_limit_bytes": swap_limit,
    "container_spec_memory_reservation_limit_bytes": lambda r, c, labels: r.number(c, "memory.min") or 0,
    "container_fs_reads_bytes_total": io("rbytes"),
    "container_fs_writes_bytes_total": io("wbytes"),
    "container_fs_reads_total": io("rios"),
    "container_fs_writes_total": io("wios"),
    "container_blkio_device_usage_total": blkio,
    "container_threads": threads,
    "container_threads_max": lambda r, c, labels: r.number(c, "pids.max") or 0,
    "container_processes": processes,
    "container_file_descriptors": over_processes("fds"),
    "container_sockets": over_processes("sockets"),
    "container_ulimits_soft": nofile,
    "container_start_time_seconds": start_time,
    "container_creation_time_seconds": start_time,
    "container_last_seen": last_seen,
    "container_health_state": lambda r, c, labels: -1,
    "container_cpu_load_average_10s": lambda r, c, labels: 0,
    "container_cpu_load_d_average_10s": lambda r, c, labels: 0,
    "container_tasks_state": lambda r, c, labels: 0,
    "container_fs_usage_bytes": file_system("mnt", 2, 1024),
    "container_fs_limit_bytes": file_system("mnt", 1, 1024),
    "container_fs_inodes_total": file_system("mnt_inodes", 1, 1),
    "container_fs_inodes_free": file_system("mnt_inodes", 3, 1),
    "container_oom_events_total": or_zero(key("memory.events", "oom_kill")),
    "container_pressure_cpu_waiting_seconds_total": pressure("cpu.pressure", "some"),
    "container_pressure_cpu_stalled_seconds_total": pressure("cpu.pressure", "full"),
    "container_pressure_memory_waiting_seconds_total": pressure("memory.pressure", "some"),
    "container_pressure_memory_stalled_seconds_total": pressure("memory.pressure", "full"),
    "container_pressure_io_waiting_seconds_total": pressure("io.pressure", "some"),
    "container_pressure_io_stalled_seconds_total": pressure("io.pressure", "full"),
    "container_network_receive_bytes_total": network(0),
    "container_network_receive_packets_total": network(1),
    "container_network_receive_errors_total": network(2),
    "container_network_receive_packets_dropped_total": network(3),
    "container_network_transmit_bytes_total": network(8),
    "container_network_transmit_packets_total": network(9),
    "container_network_transmit_errors_total": network(10),
    "container_network_transmit_packets_dropped_total": network(11),
}

# Served beside the cgroups' families: not from a cgroup's files, compared on the real cluster.
ELSEWHERE = re.compile(r"machine_\w+|cadvisor_version_info|container_scrape_error|container_fs_.*|"
                       r"kubegauge_container_\w+")

# An OOM kill is counted once for the killed container; the files of its parents add their children's.
OWN_ONLY = {"container_oom_events_total"}


def parse(path):
    for line in path.read_text().splitlines():
        match = SAMPLE.match(line)
        if match and not line.startswith("#"):
            name, labels, value = match.groups()
            yield name, dict(LABEL.findall(labels or "")), float(value)


# The reading script and the client of the scrape are processes of the root cgroup themselves, each
# there while the other is not: by so much may the root's gauges stand beside the files.
ROOT_SLACK = {
    "container_processes": 4,
    "container_threads": 4,
    "container_file_descriptors": 40,
    "container_sockets": 4,
    "container_memory_usage_bytes": 2 << 20,
    "container_memory_working_set_bytes": 2 << 20,
    "container_memory_rss": 2 << 20,
    "container_memory_mapped_file": 2 << 20,
    "container_memory_cache": 2 << 20,
    "container_memory_kernel_usage": 2 << 20,
    "container_memory_total_active_file_bytes": 2 << 20,
    "container_memory_total_inactive_file_bytes": 2 << 20,
}


def agrees(name, cgroup, value, low, high):
    if low is None or high is None:
        return False
    low, high = sorted((low, high))
    slack = 1e-9 * max(abs(low), abs(high), 1)
    if cgroup == "/":
        slack += ROOT_SLACK.get(name, 0)
    return low - slack <= value <= high + slack


def quota_objections(path):
    """A folder of 50 times 64 KiB in a file of two names: its project's quota must say what du says."""
    said = {words[0]: [int(word) for word in words[1:]] for words in map(str.split, path.open())}
    print(f"project quota: {said}")
    expected = {"without_project": [-61], "filled": [0], "part": [-61], "without_right": [-1],
                "by_quota": [0, said["du"][1] * 1024, 4 - 1], "by_walk": said["by_quota"]}
    return [f"quota: {key} is {said.get(key)}, not {value}" for key, value in expected.items()
            if said.get(key) != value] + (["quota: nothing was filled"] if said["du"][1] < 3200 else [])


def peak_objections(results, before, after):
    """The containers of the digits a and b burn what their quota of a fifth of a core allows, until they are
    frozen; the greatest use in a second is seen then. Memory was never less at its peak than it is now."""
    peaks = collections.defaultdict(dict)
    for name, labels, value in parse(results / "metrics"):
        if name.startswith("kubegauge_container_") and "id" in labels:
            peaks[labels["id"]][name] = value
    wrong = []
    for cgroup in after.cgroups():
        cpu = peaks[cgroup].get("kubegauge_container_cpu_usage_peak_cores")
        memory = peaks[cgroup].get("kubegauge_container_memory_usage_peak_bytes")
        if cpu is None or not 0 <= cpu < 2.1:  # the machine has two processors
            wrong.append(f"{cgroup}: peak of CPU {cpu}")
        elif re.search("a{64}$|b{64}.scope$", cgroup) and not 0.1 < cpu < 0.3:
            wrong.append(f"{cgroup}: peak of CPU {cpu}, with a quota of 0.2")
        if cgroup == "/" or not after.has(cgroup, "memory.current"):
            if memory is not None:
                wrong.append(f"{cgroup}: peak of memory {memory}, and no memory.current")
        elif memory is None or memory < min(r.number(cgroup, "memory.current") for r in (before, after)):
            wrong.append(f"{cgroup}: peak of memory {memory}, {after.number(cgroup, 'memory.current')} now")
    print(f"peaks of {len(peaks)} cgroups")
    return wrong


def must_have_network(r, cgroup):
    """The root and the sandboxes, which the scenario makes of the digits c and 9."""
    return cgroup == "/" or re.search("c{64}|9{64}", cgroup)


def main():
    results = pathlib.Path(sys.argv[1])
    before, after = Reading(results / "before"), Reading(results / "after")
    table = collections.defaultdict(collections.Counter)
    wrong, served = [], set()
    for name, labels, value in parse(results / "metrics"):
        function = FAMILIES.get(name)
        cgroup = labels.get("id")
        if function is None and not ELSEWHERE.fullmatch(name):
            wrong.append(f"{name}: served, but no rule says what it should be")
        if function is None or (name in OWN_ONLY and not re.search(r"[0-9a-f]{64}", cgroup)):
            continue
        served.add((name, cgroup))
        low, high = function(before, cgroup, labels), function(after, cgroup, labels)
        table[name]["series"] += 1
        table[name]["exact" if low == high else "bracketed"] += 1
        if not agrees(name, cgroup, value, low, high):
            table[name]["differ"] += 1
            wrong.append(f"{name}{labels}: served {value!r}, the files said {low!r} and {high!r}")
    # What the files have and the agent does not serve.
    for name, function in FAMILIES.items():
        for cgroup in after.cgroups():
            if name.startswith(("container_blkio", "container_memory_failures")):
                continue
            if name.startswith("container_network") and not must_have_network(after, cgroup):
                continue
            labels = {"interface": "dummy0" if cgroup == "/" else "eth0"}
            if function(after, cgroup, labels) is not None and (name, cgroup) not in served:
                if not (name in OWN_ONLY or (name == "container_cpu_usage_seconds_total" and
                                             function(after, cgroup, labels) == 0)):
                    wrong.append(f"{name}: no series for {cgroup}")
                    table[name]["missing"] += 1
    print(f"{'family':55} {'series':>7} {'exact':>7} {'between':>7} {'differ':>7} {'missing':>7}")
    for name in sorted(FAMILIES):
        counts = table[name]
        print(f"{name:55} {counts['series']:7} {counts['exact']:7} {counts['bracketed']:7}"
              f" {counts['differ']:7} {counts['missing']:7}")
        if not counts["series"]:
            wrong.append(f"{name}: no series at all")
    wrong += peak_objections(results, before, after)
    wrong += quota_objections(results / "quota")
    for line in wrong:
        print(line)
    killed = [v for n, l, v in parse(results / "metrics")
              if n == "container_oom_events_total" and "cri-containerd-" + "d" * 64 in l.get("id", "")]
    if killed != [1.0]:
        wrong.append(f"OOM events of the killed container: {killed}, not [1.0]")
        print(wrong[-1])
    if not (results / "exit").exists():
        wrong.append("the agent did not end with 0 after SIGTERM")
        print(wrong[-1])
    print(f"{sum(c['series'] for c in table.values())} series, {len(wrong)} objections")
    sys.exit(1 if wrong else 0)


main()
