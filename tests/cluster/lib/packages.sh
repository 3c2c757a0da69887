# shellcheck shell=bash
# The Debian packages the cluster runs, installed when missing, without leaving their units running.

control_packages=(curl iproute2 jq openssl procps python3 util-linux)
node_packages=(busybox-static containerd containernetworking-plugins gcc libc6-dev prometheus runc)
cluster_units=(containerd.service prometheus.service prometheus-node-exporter.service)

install_packages() {
    local missing=() wanted=("${control_packages[@]}") package
    if has_node; then
        wanted+=("${node_packages[@]}")
    fi
    for package in "${wanted[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    say "installing ${missing[*]}"
    {
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    } >"$log_dir/apt.log" 2>&1 || {
        show_log apt
        fail "apt-get could not install ${missing[*]}"
    }
    stop_fresh_units "${missing[@]}"
}

# Only units that this installation started: one that ran before belongs to the machine's owner.
stop_fresh_units() {
    local unit
    if ! systemctl is-system-running >/dev/null 2>&1 && [ ! -d /run/systemd/system ]; then
        return
    fi
    for unit in "${cluster_units[@]}"; do
        case " $* " in
        *" ${unit%.service} "*)
            systemctl disable --now "$unit" >/dev/null 2>&1 || true
            ;;
        esac
    done
}

install_tools() {
    local tools=(etcd kubectl kube-apiserver kube-controller-manager kube-scheduler)
    if has_node; then
        tools=(all)
    fi
    "$cluster_root/build-tools" "${tools[@]}" >/dev/null
}
