# shellcheck shell=bash
# What the machine looked like before, and the way back to it.

changed_sysctls=(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes)

# The kubelet sets these for the whole machine.
save_sysctls() {
    local name
    if [ -e "$run_dir/sysctls" ]; then
        return
    fi
    for name in "${changed_sysctls[@]}"; do
        if [ -e "/proc/sys/$name" ]; then
            printf '%s %s\n' "$name" "$(cat "/proc/sys/$name")"
        fi
    done >"$run_dir/sysctls.new"
    mv "$run_dir/sysctls.new" "$run_dir/sysctls"
}

restore_sysctls() {
    local name value
    if [ ! -e "$run_dir/sysctls" ]; then
        return
    fi
    while read -r name value; do
        if [ "$(cat "/proc/sys/$name")" != "$value" ]; then
            printf '%s\n' "$value" >"/proc/sys/$name"
        fi
    done <"$run_dir/sysctls"
}

# Every pid of the cluster: daemons and what they started carry a mark in their environment (shims have
# left their parents), and what runs in pods is in their cgroups. A cluster without a node has no pods:
# those of the machine are another's.
cluster_pids() {
    local file
    grep -lzxF "KUBEGAUGE_CLUSTER=$run_dir" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3 || true
    has_node || return 0
    pod_cgroups | while read -r file; do
        cat "$file/cgroup.procs" 2>/dev/null || true
    done
}

# Deepest first, as rmdir wants them.
pod_cgroups() {
    local root
    for root in /sys/fs/cgroup/*/kubepods /sys/fs/cgroup/kubepods; do
        if [ -d "$root" ]; then
            find "$root" -depth -type d 2>/dev/null
        fi
    done
}

kill_cluster_pids() {
    local pids tries
    for ((tries = 0; tries < 50; tries++)); do
        mapfile -t pids < <(cluster_pids | sort -un)
        if [ ${#pids[@]} -eq 0 ]; then
            return
        fi
        kill -KILL "${pids[@]}" 2>/dev/null || true
        sleep 0.1
    done
    fail "these processes do not end: ${pids[*]}"
}

remove_cgroups() {
    local path tries
    for ((tries = 0; tries < 50; tries++)); do
        pod_cgroups | while read -r path; do
            rmdir "$path" 2>/dev/null || true
        done
        if [ -z "$(pod_cgroups)" ]; then
            return
        fi
        sleep 0.1
    done
    fail "these cgroups do not go: $(pod_cgroups | head -3 | tr '\n' ' ')"
}

# The names that CNI leaves in /run/netns: the namespaces were mounted in the holder's mounts only,
# so what is left on the machine is an empty file for each.
remove_netns_files() {
    local file
    if [ ! -e "$run_dir/netns-before" ]; then
        return
    fi
    for file in /run/netns/cni-*; do
        if [ -e "$file" ] && ! grep -qxF "$file" "$run_dir/netns-before"; then
            umount "$file" 2>/dev/null || true
            rm -f "$file"
        fi
    done
    if [ -e "$run_dir/netns-made" ]; then
        rmdir /run/netns 2>/dev/null || true
    fi
}

note_netns_files() {
    local file
    if [ -e "$run_dir/netns-before" ]; then
        return
    fi
    [ -d /run/netns ] || touch "$run_dir/netns-made"
    for file in /run/netns/cni-*; do
        if [ -e "$file" ]; then
            printf '%s\n' "$file"
        fi
    done >"$run_dir/netns-before"
}

# containerd keeps shim sockets under /run/containerd/s whatever its own state folder is.
note_containerd_folders() {
    local path top
    if [ -e "$run_dir/containerd-folders" ]; then
        return
    fi
    for path in "$(dirname "$(containerd_socket)")" /run/containerd; do
        top=
        while [ ! -e "$path" ]; do
            top=$path
            path=$(dirname "$path")
        done
        [ -z "$top" ] || printf '%s\n' "$top"
    done >"$run_dir/containerd-folders"
}

remove_folders() {
    local path
    if [ -e "$run_dir/containerd-folders" ]; then
        while read -r path; do
            rm -rf --one-file-system "$path"
        done <"$run_dir/containerd-folders"
    fi
    if [ -e "$run_dir/made-folders" ]; then
        sort -ru "$run_dir/made-folders" | while read -r path; do
            rmdir "$path" 2>/dev/null || true
        done
    fi
    rm -rf --one-file-system "$data_dir" "$run_dir"
}

cluster_down() {
    local daemon
    # The kubelet first: it would restart what ends after it.
    for daemon in kubelet scheduler controller-manager; do
        stop_daemon "$daemon" 20
    done
    kill_cluster_pids
    # And those that a test started without the mark in their environment.
    for daemon in "$pid_dir"/*; do
        stop_daemon "$(basename "$daemon")" 20
    done
    if has_node; then
        remove_cgroups
    fi
    restore_sysctls
    remove_netns_files
    remove_folders
}
