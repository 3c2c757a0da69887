# shellcheck shell=bash
# What the cluster could leave on the machine, as text: the same before `up` and after `down`.

# Folders of other clusters, which come and go beside this one.
other_clusters() {
    local shape path
    for shape in /run/*/shape /var/lib/*/shape; do
        path=${shape%/shape}
        if [ -e "$shape" ] && [ "$path" != "$run_dir" ] && [ "$path" != "$data_dir" ]; then
            printf '%s\n%s.lock\n' "$path" "$path"
        fi
    done
}

machine_state() {
    local name pid
    printf '## mounts\n'
    awk '{ print $5, $9, $10 }' /proc/self/mountinfo | sort
    printf '## links\n'
    ip -o link | awk -F': ' '{ print $2 }' | sort
    printf '## folders\n'
    # Build trees and caches are not the cluster's; these are where programs of a node write.
    printf "%s\n" /run/* /run/netns/* /run/containerd/* /var/lib/* /var/lib/cni/* /var/log/* /usr/libexec/* \
        /etc/cni/* /opt/cni | grep -v '^/run/kubegauge-cluster\.' |
        grep -vxF "$(other_clusters)" || true
    printf '## cgroups\n'
    find /sys/fs/cgroup -maxdepth 2 -type d -name 'kubepods*'
    printf '## sysctls\n'
    for name in "${changed_sysctls[@]}"; do
        printf '%s %s\n' "$name" "$(cat "/proc/sys/$name" 2>/dev/null)"
    done
    printf '## programs\n'
    cluster_pids | while read -r pid; do
        cat "/proc/$pid/comm" 2>/dev/null || true
    done
}
