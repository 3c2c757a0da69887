# shellcheck shell=bash
# The Debian packages the cluster runs, installed when missing, without leaving their units running.

cluster_packages=(busybox-static containerd containernetworking-plugins curl etcd-server gcc iproute2
    jq libc6-dev openssl procps prometheus python3 runc util-linux)
cluster_units=(containerd.service etcd.service prometheus.service prometheus-node-exporter.service)

install_packages() {
    local missing=() package
    for package in "${cluster_packages[@]}"; do
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
        *" ${unit%.service} "* | *" ${unit%.service}-server "*)
            systemctl disable --now "$unit" >/dev/null 2>&1 || true
            ;;
        esac
    done
}

install_tools() {
    "$cluster_root/build-tools" >/dev/null
}
