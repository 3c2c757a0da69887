# shellcheck shell=bash
# The node: its namespaces and network, containerd, and the kubelet.

# Programs of the node write to these under fixed names; the holder's mounts put ours in their place.
fixed_folders=(/var/lib/cni /var/lib/kubelet /var/log/containers /var/log/pods /usr/libexec/kubernetes)

# A folder of the machine that has to exist to be mounted upon; what is made is noted for `down`.
make_folder() {
    local path=$1 missing=()
    while [ ! -e "$path" ]; do
        missing=("$path" "${missing[@]}")
        path=$(dirname "$path")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        mkdir -p "$1"
        printf '%s\n' "${missing[@]}" >>"$run_dir/made-folders"
    fi
}

# One process holds the network and the mount namespace. The mounts are shared inside (hostPath with
# HostToContainer asks for that) and private towards the machine, so that nothing mounted for a pod
# outlives the cluster.
start_holder() {
    local path
    if daemon_running holder; then
        return
    fi
    if ! has_node; then
        start_daemon holder unshare --net sleep infinity
        wait_for holder 10 holder_has_network
        return
    fi
    for path in "${fixed_folders[@]}"; do
        mkdir -p "$data_dir/fixed$path"
        make_folder "$path"
    done
    # shellcheck disable=SC2016
    start_daemon holder unshare --net --mount --propagation private bash -c '
        mount --make-rshared / && for path in "${@:2}"; do
            mount --bind "$1/fixed$path" "$path" || exit 1
        done && touch "$1/holder-ready" && exec sleep infinity' \
        holder "$data_dir" "${fixed_folders[@]}"
    wait_for holder 10 test -e "$data_dir/holder-ready"
}

# unshare(1) is this shell's network until it has called unshare(2).
holder_has_network() {
    ! [ "/proc/$(daemon_pid holder)/ns/net" -ef /proc/self/ns/net ]
}

start_network() {
    if in_node ip link show kg0 >/dev/null 2>&1; then
        return
    fi
    in_node bash -ec "
        ip link set lo up
        ip link add kg0 type veth peer name kg1
        ip addr add $CLUSTER_NODE_IP/24 dev kg0
        ip link set kg0 up
        ip link set kg1 up
        ip route add default dev kg0
        ip addr add $CLUSTER_SERVICE_IP/32 dev lo
        echo 1 >/proc/sys/net/ipv4/ip_forward"
}

write_containerd_config() {
    local socket=$1
    mkdir -p "$run_dir/cni"
    cat >"$run_dir/containerd.toml" <<END
version = 2
root = "$data_dir/containerd"
state = "$(dirname "$socket")"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
address = "$socket"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "$CLUSTER_DOMAIN/pause:1"
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$run_dir/cni"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
END
    cat >"$run_dir/cni/10-kubegauge.conflist" <<END
{"cniVersion": "0.4.0", "name": "kubegauge", "plugins": [
  {"type": "bridge", "bridge": "kgbr0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$data_dir/cni",
            "ranges": [[{"subnet": "$CLUSTER_POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
}

start_containerd() {
    local socket
    socket=$(containerd_socket)
    if daemon_running containerd; then
        return
    fi
    if [ -S "$socket" ] && in_node ctr --address "$socket" --connect-timeout 1s version >/dev/null 2>&1; then
        fail "another containerd serves $socket; stop it, or use --containerd-socket"
    fi
    mkdir -p "$(dirname "$socket")"
    printf '%s\n' "$socket" >"$run_dir/containerd-socket"
    write_containerd_config "$socket"
    start_in_node containerd containerd --config "$run_dir/containerd.toml"
}

# The kubelet exits when the runtime does not answer at once, so the CRI is asked first. Debian has
# no crictl; a plug-in in state "ok" is what ctr can tell.
containerd_ready() {
    ctr plugins ls | grep -q '^io.containerd.grpc.v1 *cri .* ok'
}

write_kubelet_config() {
    mkdir -p "$run_dir/static-pods" "$data_dir/kubelet" "$data_dir/volume-plugins"
    printf 'nameserver 127.0.0.1\n' >"$run_dir/resolv.conf"
    cat >"$run_dir/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 0.0.0.0
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true, cacheTTL: 1s}
  x509: {clientCAFile: $pki_dir/ca.crt}
authorization:
  mode: Webhook
  webhook: {cacheAuthorizedTTL: 1s, cacheUnauthorizedTTL: 1s}
tlsCertFile: $pki_dir/kubelet-server.crt
tlsPrivateKeyFile: $pki_dir/kubelet-server.key
containerRuntimeEndpoint: unix://$(containerd_socket)
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
staticPodPath: $run_dir/static-pods
resolvConf: $run_dir/resolv.conf
volumePluginDir: $data_dir/volume-plugins
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
imageGCHighThresholdPercent: 100
maxPods: 200
featureGates: {KubeletCrashLoopBackOffMax: true}
crashLoopBackOff: {maxContainerRestartPeriod: 10s}
END
}

start_kubelet() {
    write_kubelet_config
    start_in_node kubelet "$tools_dir/kubelet" --config="$run_dir/kubelet.yaml" \
        --kubeconfig="$run_dir/kubelet.kubeconfig" --root-dir="$data_dir/kubelet" \
        --cert-dir="$data_dir/kubelet/pki" --hostname-override="$CLUSTER_NODE" \
        --node-ip="$CLUSTER_NODE_IP"
}

node_ready() {
    [ "$(kubectl get node "$CLUSTER_NODE" -o \
        'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
}

default_account_there() {
    kubectl get serviceaccount default
}
