# shellcheck shell=bash
# Names, addresses and folders of the test cluster, and the helpers every other file here uses.
# Sourced by the commands of tests/cluster; `cluster_root` is the folder of those commands.

cluster_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project_root=$(cd "$cluster_root/../.." && pwd)

# What differs between two clusters is here, so that a second shape is a matter of variables.
CLUSTER_NODE=${CLUSTER_NODE:-node1}
CLUSTER_NODE_IP=${CLUSTER_NODE_IP:-192.168.77.1}
CLUSTER_SERVICE_IP=10.96.0.1
CLUSTER_SERVICE_CIDR=10.96.0.0/16
CLUSTER_POD_CIDR=${CLUSTER_POD_CIDR:-10.244.0.0/24}
CLUSTER_DOMAIN=kubegauge.test

# Two folders: what goes with a reboot, and what may be large.
run_dir=${KG_CLUSTER_DIR:-${XDG_RUNTIME_DIR:-/run}/kubegauge-cluster}
data_dir=${KG_CLUSTER_DATA:-/var/lib/kubegauge-cluster}
cache_dir=${XDG_CACHE_HOME:-$HOME/.cache}/kubegauge
tools_dir=$cache_dir/bin
log_dir=$run_dir/log
pid_dir=$run_dir/pid
pki_dir=$run_dir/pki
kubeconfig=$run_dir/admin.kubeconfig

say() {
    if [ -z "${CLUSTER_QUIET:-}" ]; then
        printf 'cluster: %s\n' "$*" >&2
    fi
}

fail() {
    printf 'cluster: %s\n' "$*" >&2
    exit 1
}

# What the cluster is made of: "node" (all of it) or "control-plane" (API server and controllers only).
# Of the running cluster, or of the one about to start.
cluster_shape() {
    if [ -e "$run_dir/shape" ]; then
        cat "$run_dir/shape"
    else
        printf '%s\n' "${CLUSTER_SHAPE:-node}"
    fi
}

has_node() {
    [ "$(cluster_shape)" = node ]
}

# The containerd socket of the running cluster, or of the one about to start.
containerd_socket() {
    if [ -n "${CLUSTER_CONTAINERD_SOCKET:-}" ]; then
        printf '%s\n' "$CLUSTER_CONTAINERD_SOCKET"
    elif [ -e "$run_dir/containerd-socket" ]; then
        cat "$run_dir/containerd-socket"
    else
        printf '/run/containerd/containerd.sock\n'
    fi
}

# One command at a time works on the cluster: two of them would start two of everything.
take_lock() {
    mkdir -p "$(dirname "$run_dir")"
    exec 9>"$run_dir.lock"
    flock -w 300 9 || fail "another tests/cluster command has held $run_dir.lock for five minutes"
}

# Runs a command where the node lives: its network, and the mounts containerd and kubelet share.
in_node() {
    nsenter -t "$(daemon_pid holder)" --net --mount --wd="$PWD" "$@"
}

kubectl() {
    in_node "$tools_dir/kubectl" --kubeconfig "$kubeconfig" "$@"
}

ctr() {
    in_node ctr --address "$(containerd_socket)" --namespace k8s.io "$@"
}
