# shellcheck shell=bash
# The images the cluster runs, made of this machine's own files: there is no registry here.

image_cache=$cache_dir/images
image_tools=$project_root/manifests/image

import_image() {
    ctr images import "$1" >>"$log_dir/import.log" 2>&1 || {
        show_log import
        fail "containerd refused the image $1"
    }
}

# Usage: have_image NAME:TAG SOURCE...; true when the packed image is newer than each source.
fresh_image() {
    local tar=$1 source
    shift
    [ -e "$tar" ] || return 1
    for source in "$@"; do
        [ "$tar" -nt "$source" ] || return 1
    done
}

# The sandbox's program: it waits to be killed and reaps what its children leave.
pause_image() {
    local tar=$image_cache/pause.tar stage=$image_cache/pause
    if ! fresh_image "$tar" "$cluster_root/images/pause.c"; then
        mkdir -p "$stage"
        gcc -Os -static -s -o "$stage/pause" "$cluster_root/images/pause.c"
        "$image_tools/pack" "$CLUSTER_DOMAIN/pause:1" "$stage" "$tar" /pause
    fi
    import_image "$tar"
}

# Every applet by its name, and a web server's folder, so that a pod's command reads as usual.
busybox_image() {
    local tar=$image_cache/busybox.tar stage=$image_cache/busybox applet
    if ! fresh_image "$tar" /bin/busybox; then
        rm -rf "$stage"
        mkdir -p "$stage/bin" "$stage/tmp" "$stage/etc"
        cp /bin/busybox "$stage/bin/busybox"
        for applet in $(/bin/busybox --list); do
            [ "$applet" = busybox ] || ln -s busybox "$stage/bin/$applet"
        done
        "$image_tools/pack" "$CLUSTER_DOMAIN/busybox:1" "$stage" "$tar" /bin/sh
    fi
    import_image "$tar"
}

prometheus_image() {
    local tar=$image_cache/prometheus.tar stage=$image_cache/prometheus
    if ! fresh_image "$tar" "$tools_dir/prometheus"; then
        mkdir -p "$image_cache"
        "$image_tools/stage" "$tools_dir/prometheus" "$stage"
        "$image_tools/pack" "$CLUSTER_DOMAIN/prometheus:1" "$stage" "$tar" /usr/bin/prometheus
    fi
    import_image "$tar"
}

# The agent under the chart's own default name, so that `helm install` needs no value set.
agent_image() {
    local program=${KG_PROGRAM:-$project_root/build/release/kubegauge} version
    local tar=$run_dir/kubegauge.tar stage=$run_dir/kubegauge-stage
    [ -x "$program" ] || fail "$program is not built: cmake --preset release && cmake --build --preset release"
    version=$(sed -n 's/^appVersion: *"\?\([^"]*\)"\?$/\1/p' "$project_root/helm/kubegauge/Chart.yaml")
    if ! fresh_image "$tar" "$program"; then
        "$image_tools/stage" "$program" "$stage"
        "$image_tools/pack" "docker.io/library/kubegauge:$version" "$stage" "$tar" /usr/bin/kubegauge
    fi
    import_image "$tar"
}
