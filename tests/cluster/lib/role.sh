# shellcheck shell=bash
# Role cluster against a control plane of its own: for the tests that need objects, not pods that run.

role_port=9095
role_program=${KG_PROGRAM:-$project_root/build/release/kubegauge}
all_resources=$(cd "$cluster_root/kinds" && python3 -Bc 'import rules; print(",".join(sorted(rules.KINDS)))')
everything=(--metric-labels-allowlist='*=[*]' --metric-annotations-allowlist='*=[*]' --metric-opt-in-list=.)

# Usage: own_control_plane NAME; from here on, the cluster of this test is that control plane, and it
# goes when the test ends.
own_control_plane() {
    [ -x "$role_program" ] || fail "no $role_program: cmake --build --preset release, or set KG_PROGRAM"
    export KG_CLUSTER_DIR=$run_dir-$1 KG_CLUSTER_DATA=$data_dir-$1
    . "$cluster_root/lib/common.sh"
    "$cluster_root/down" --quiet
    trap '[ $? = 0 ] || show_log role; "$cluster_root/down" --quiet' EXIT
    "$cluster_root/up" --control-plane --quiet
}

# Usage: start_role [NAME [PORT [OPTION...]]]
start_role() {
    local name=${1:-role} port=${2:-$role_port}
    start_in_node "$name" "$role_program" cluster --kubeconfig="$kubeconfig" --resources="$all_resources" \
        --web.listen-address="127.0.0.1:$port" "${everything[@]}" "${@:3}"
    wait_for "$name" 60 in_node curl -sf -m 5 "http://127.0.0.1:$port/readyz"
}

# Usage: served [PORT]; the series of objects.
served() {
    in_node curl -sf -m 20 "http://127.0.0.1:${1:-$role_port}/metrics/state" | grep -a '^\(# [A-Z]* \)\?kube_'
}

# Objects and what is served for them, at one moment: the API server renews leases of its own, so both
# are taken again until the objects did not change meanwhile, nor had just changed.
# Usage: take_both OBJECTS-FILE SERVED-FILE
take_both() {
    local tries
    for ((tries = 0; tries < 20; tries++)); do
        kubectl get "$all_resources" -A -o json >"$1" 2>/dev/null
        sleep 1.5
        served >"$2"
        kubectl get "$all_resources" -A -o json >"$1.after" 2>/dev/null
        if cmp -s "$1" "$1.after"; then
            rm "$1.after"
            return
        fi
    done
    fail "the objects change all the time: $(diff "$1" "$1.after" | head -20)"
}
