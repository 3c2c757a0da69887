# shellcheck shell=bash
# What the cluster could leave on the machine, as text: the same before `up` and after `down`.

machine_state() {
    printf '## mounts\n'
    awk '{ print $5, $9, $10 }' /proc/self/mountinfo | sort
    printf '## links\n'
    ip -o link | awk -F': ' '{ print $2 }' | sort
    printf '## folders\n'
    # Build trees and caches are not the cluster's; these are where programs of a node write.
    printf "%s\n" /run/* /run/netns/* /run/containerd/* /var/lib/* /var/lib/cni/* /var/log/* /usr/libexec/* \
        /etc/cni/* /opt/cni | grep -v '^/run/kubegauge-cluster.lock$' || true
    printf '## cgroups\n'
    find /sys/fs/cgroup -maxdepth 2 -type d -name '*kube*'
    printf '## sysctls\n'
    local name
    for name in "${changed_sysctls[@]}"; do
        printf '%s %s\n' "$name" "$(cat "/proc/sys/$name" 2>/dev/null)"
    done
    printf '## programs\n'
    # Zombies wait for the machine's first process to reap them and are no program any more.
    ps -eo stat=,comm= | awk '$1 !~ /^Z/ { print $2 }' |
        grep -E '^(etcd|kube|containerd|runc|pause|prometheus|kubegauge)' | sort | uniq -c || true
}
