# shellcheck shell=bash
# What the tests in the cluster share: the agent, the workloads, Prometheus, and questions to them.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
for part in common daemon packages pki control node images cleanup machine; do
    . "$here/lib/$part.sh"
done
unset part

# Usage: eventually SECONDS COMMAND...; for what a controller does in its own time.
eventually() {
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        if [ "$SECONDS" -ge "$limit" ]; then
            return 1
        fi
        sleep 0.5
    done
}

need_cluster() {
    daemon_running holder && daemon_running kubelet ||
        fail "the cluster is not up: tests/cluster/up (and tests/cluster/demo for agent and workloads)"
}

# For what asks the API server only: a control plane will do.
need_api_server() {
    daemon_running holder && kubectl get --raw /readyz >/dev/null 2>&1 ||
        fail "the API server is not up: tests/cluster/up, or up --control-plane"
}

helm() {
    in_node env HELM_CACHE_HOME="$run_dir/helm" HELM_CONFIG_HOME="$run_dir/helm" \
        HELM_DATA_HOME="$run_dir/helm" "$tools_dir/helm" --kubeconfig "$kubeconfig" "$@"
}

# Usage: agent_pod [COMPONENT]; one pod's name, of the node's agent or of the cluster's; not of one that is
# about to end.
agent_pod() {
    kubectl -n monitoring get pods \
        -l "app.kubernetes.io/name=kubegauge,app.kubernetes.io/component=${1:-node}" \
        --field-selector=status.phase=Running -o json 2>/dev/null |
        jq -re '[.items[] | select(.metadata.deletionTimestamp | not)][0].metadata.name // empty'
}

pod_ip() {
    kubectl -n "$1" get pod "$2" -o 'jsonpath={.status.podIP}'
}

# The agent's address is kept: it must be known while the API server is away.
agent_url() {
    local pod ip
    if [ ! -s "$run_dir/agent-url" ]; then
        pod=$(agent_pod) && ip=$(pod_ip monitoring "$pod") && [ -n "$ip" ] || return 1
        printf 'http://%s:9095\n' "$ip" >"$run_dir/agent-url"
    fi
    cat "$run_dir/agent-url"
}

agent_get() {
    in_node curl -sf -m "${CLUSTER_TIMEOUT:-20}" "$(agent_url)$1"
}

show_agent() {
    kubectl -n monitoring get pods -o wide >&2 || true
    kubectl -n monitoring describe pods -l app.kubernetes.io/name=kubegauge 2>/dev/null |
        sed -n '/^Events:/,$p' >&2 || true
    kubectl -n monitoring logs -l app.kubernetes.io/name=kubegauge --tail 30 >&2 || true
}

# Usage: install_agent [HELM VALUES...]; the command of the README, plus the one thing about this node
# that Kubernetes does not tell: the image of its sandboxes.
install_agent() {
    agent_image
    rm -f "$run_dir/agent-url"
    if ! helm upgrade --install kubegauge "$project_root/helm/kubegauge" -n monitoring \
        --create-namespace --wait --timeout 60s \
        --set sandboxImage="$CLUSTER_DOMAIN/pause:1" "$@" >"$log_dir/helm.log" 2>&1; then
        show_log helm
        show_agent
        fail "helm install failed"
    fi
    # helm takes a DaemonSet for ready while its one pod is replaced.
    local daemon_set
    for daemon_set in $(kubectl -n monitoring get daemonset -l app.kubernetes.io/name=kubegauge -o name); do
        kubectl -n monitoring rollout status "$daemon_set" --timeout=60s >>"$log_dir/helm.log" 2>&1 || {
            show_agent
            fail "$daemon_set is not replaced"
        }
    done
}

apply() {
    eventually 20 kubectl_quiet apply "$@" || {
        kubectl apply "$@" >&2 || true
        fail "the API server does not take $*"
    }
}

kubectl_quiet() {
    kubectl "$@" >/dev/null 2>&1
}

start_workloads() {
    apply -f "$here/workloads/finance-tracker.yaml" -f "$here/workloads/shapes.yaml"
    cp "$here/workloads/static.yaml" "$run_dir/static-pods/"
}

start_prometheus() {
    prometheus_image
    apply -f "$here/prometheus/prometheus.yaml"
}

prometheus_url() {
    if [ ! -s "$run_dir/prometheus-url" ]; then
        printf 'http://%s:9090\n' "$(pod_ip monitoring prometheus)" >"$run_dir/prometheus-url"
    fi
    cat "$run_dir/prometheus-url"
}

# Usage: query PROMQL; the result's elements, one JSON object a line.
query() {
    local answer
    answer=$(in_node curl -sS -m 20 --data-urlencode "query=$1" "$(prometheus_url)/api/v1/query") ||
        return 1
    if [ "$(jq -r .status <<<"$answer")" != success ]; then
        printf 'cluster: Prometheus refuses %s: %s\n' "$1" "$answer" >&2
        return 1
    fi
    jq -c '.data.result[]' <<<"$answer"
}

target_up() {
    [ "$(query 'up{job="kubegauge"}' 2>/dev/null | jq -r '.value[1]')" = 1 ]
}

pods_running() {
    ! kubectl get pods -A --no-headers 2>/dev/null | grep -qE 'Pending|ContainerCreating|Init:|PodInitializing'
}

# The agent's process as this machine numbers it: the first of the container's cgroup named kubegauge.
agent_pid() {
    local id pid
    id=$(kubectl -n monitoring get pod "$(agent_pod "${1:-node}")" -o 'jsonpath={.status.containerStatuses[0].containerID}')
    for pid in $(cat /sys/fs/cgroup/memory/kubepods/*/*/"${id#*//}"/cgroup.procs \
        /sys/fs/cgroup/kubepods/*/*/"${id#*//}"/cgroup.procs 2>/dev/null); do
        if [ "$(cat "/proc/$pid/comm")" = kubegauge ]; then
            printf '%s\n' "$pid"
            return
        fi
    done
    return 1
}

# Usage: elements QUERY JQ-EXPRESSION...; fails with the whole answer when the expression is not true.
expect() {
    local promql=$1 condition=$2 answer
    answer=$(query "$promql" | jq -s .) || fail "no answer to $promql"
    jq -e "$condition" <<<"$answer" >/dev/null || {
        jq -c '.[]' <<<"$answer" | head -20 >&2
        fail "the answer to $promql does not hold: $condition"
    }
}
