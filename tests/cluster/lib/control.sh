# shellcheck shell=bash
# etcd, the API server (also alone, for the tests of an outage), controller manager and scheduler.

start_etcd() {
    start_in_node etcd "$tools_dir/etcd" --name kubegauge --data-dir "$data_dir/etcd" --unsafe-no-fsync \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --log-level warn
}

etcd_answers() {
    in_node curl -sf -m 2 http://127.0.0.1:2379/health
}

# Usage: keep_flags NAME FLAGS; more flags for a program of this cluster, one word each. They are kept,
# because a test that starts the program again wants it as it was.
keep_flags() {
    if [ ! -e "$run_dir/$1-flags" ]; then
        printf '%s\n' "$2" >"$run_dir/$1-flags"
    fi
}

kept_flags() {
    tr -s ' \n' '\n' <"$run_dir/$1-flags" | sed '/^$/d'
}

start_apiserver() {
    local more=()
    keep_flags apiserver "${CLUSTER_APISERVER_FLAGS:-}"
    mapfile -t more < <(kept_flags apiserver)
    start_in_node apiserver "$tools_dir/kube-apiserver" \
        --etcd-servers=http://127.0.0.1:2379 --secure-port=443 --bind-address=0.0.0.0 \
        --advertise-address="$CLUSTER_NODE_IP" --service-cluster-ip-range="$CLUSTER_SERVICE_CIDR" \
        --endpoint-reconciler-type=none --authorization-mode=Node,RBAC \
        --enable-admission-plugins=NodeRestriction --kubelet-preferred-address-types=InternalIP \
        --allow-privileged=true --profiling=false \
        --client-ca-file="$pki_dir/ca.crt" \
        --tls-cert-file="$pki_dir/apiserver.crt" --tls-private-key-file="$pki_dir/apiserver.key" \
        --kubelet-client-certificate="$pki_dir/apiserver-kubelet.crt" \
        --kubelet-client-key="$pki_dir/apiserver-kubelet.key" \
        --service-account-issuer=https://kubernetes.default.svc \
        --service-account-key-file="$pki_dir/service-account.pub" \
        --service-account-signing-key-file="$pki_dir/service-account.key" \
        --requestheader-client-ca-file="$pki_dir/front-ca.crt" \
        --requestheader-allowed-names=front-proxy-client \
        --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
        --requestheader-extra-headers-prefix=X-Remote-Extra- \
        --proxy-client-cert-file="$pki_dir/front-client.crt" \
        --proxy-client-key-file="$pki_dir/front-client.key" --enable-aggregator-routing=true "${more[@]}"
}

apiserver_ready() {
    in_node curl -sf -m 2 --cacert "$pki_dir/ca.crt" "https://$CLUSTER_NODE_IP/readyz"
}

api_start() {
    start_apiserver
    wait_for apiserver 60 apiserver_ready
}

api_stop() {
    stop_daemon apiserver 300
}

# One machine, one of each: there is nobody to elect a leader among.
start_controllers() {
    local more=()
    keep_flags controllers "${CLUSTER_CONTROLLER_FLAGS:-}"
    mapfile -t more < <(kept_flags controllers)
    start_in_node controller-manager "$tools_dir/kube-controller-manager" \
        --kubeconfig="$run_dir/controller-manager.kubeconfig" --leader-elect=false --profiling=false \
        --use-service-account-credentials=true --root-ca-file="$pki_dir/ca.crt" \
        --service-account-private-key-file="$pki_dir/service-account.key" --concurrent-deployment-syncs=2 \
        "${more[@]}"
}

start_scheduler() {
    start_in_node scheduler "$tools_dir/kube-scheduler" \
        --kubeconfig="$run_dir/scheduler.kubeconfig" --leader-elect=false --profiling=false
}
