# shellcheck shell=bash
# Keys and certificates of one cluster life, and the kubeconfigs that carry them.

# Usage: make_cert NAME SUBJECT [EXTENSIONS]; signed by ca, valid two days.
make_cert() {
    local name=$1 subject=$2 extensions=${3:-extendedKeyUsage=clientAuth} ca=${4:-ca}
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$subject" \
        -keyout "$pki_dir/$name.key" -out "$pki_dir/$name.csr" 2>/dev/null
    openssl x509 -req -in "$pki_dir/$name.csr" -CA "$pki_dir/$ca.crt" -CAkey "$pki_dir/$ca.key" \
        -CAcreateserial -days 2 -extfile <(printf '%s\n' "$extensions") \
        -out "$pki_dir/$name.crt" 2>/dev/null
    rm -f "$pki_dir/$name.csr"
}

make_ca() {
    openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=$2" -keyout "$pki_dir/$1.key" -out "$pki_dir/$1.crt" 2>/dev/null
}

make_kubeconfig() {
    local name=$1 server=$2 file=$3
    cat >"$file" <<END
apiVersion: v1
kind: Config
clusters:
- name: kubegauge
  cluster:
    server: $server
    certificate-authority: $pki_dir/ca.crt
users:
- name: $name
  user:
    client-certificate: $pki_dir/$name.crt
    client-key: $pki_dir/$name.key
contexts:
- name: kubegauge
  context: {cluster: kubegauge, user: $name}
current-context: kubegauge
END
}

make_pki() {
    local names
    if [ -e "$pki_dir/done" ]; then
        return
    fi
    mkdir -p "$pki_dir"
    chmod 700 "$pki_dir"
    make_ca ca kubegauge-test-ca
    make_ca front-ca kubegauge-test-front-ca
    names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
    names=$names,IP:127.0.0.1,IP:$CLUSTER_SERVICE_IP,IP:$CLUSTER_NODE_IP
    make_cert apiserver /CN=kube-apiserver \
        "extendedKeyUsage=serverAuth"$'\n'"subjectAltName=$names"
    make_cert kubelet-server "/CN=$CLUSTER_NODE" \
        "extendedKeyUsage=serverAuth"$'\n'"subjectAltName=DNS:$CLUSTER_NODE,IP:$CLUSTER_NODE_IP"
    make_cert admin /O=system:masters/CN=admin
    make_cert apiserver-kubelet /O=system:masters/CN=apiserver-kubelet
    make_cert controller-manager /CN=system:kube-controller-manager
    make_cert scheduler /CN=system:kube-scheduler
    make_cert kubelet "/O=system:nodes/CN=system:node:$CLUSTER_NODE"
    make_cert front-client /CN=front-proxy-client extendedKeyUsage=clientAuth front-ca
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 \
        -out "$pki_dir/service-account.key" 2>/dev/null
    openssl pkey -in "$pki_dir/service-account.key" -pubout -out "$pki_dir/service-account.pub"
    make_kubeconfig admin "https://$CLUSTER_NODE_IP" "$kubeconfig"
    make_kubeconfig controller-manager "https://$CLUSTER_NODE_IP" "$run_dir/controller-manager.kubeconfig"
    make_kubeconfig scheduler "https://$CLUSTER_NODE_IP" "$run_dir/scheduler.kubeconfig"
    make_kubeconfig kubelet "https://$CLUSTER_NODE_IP" "$run_dir/kubelet.kubeconfig"
    touch "$pki_dir/done"
}
