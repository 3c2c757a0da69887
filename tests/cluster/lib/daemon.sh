# shellcheck shell=bash
# Background programs of the cluster: each has a log and a file with its pid and start time, because
# a pid alone may belong to somebody else by the time `down` reads it.

# Field 22 of /proc/PID/stat, counted after the program's name, which may hold spaces.
process_start() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086
    set -- $stat
    [ "$1" != Z ] || return 1
    printf '%s\n' "${20}"
}

daemon_pid() {
    local pid start
    [ -e "$pid_dir/$1" ] || return 1
    read -r pid start <"$pid_dir/$1"
    [ "$(process_start "$pid")" = "$start" ] || return 1
    printf '%s\n' "$pid"
}

daemon_running() {
    daemon_pid "$1" >/dev/null
}

# Usage: start_daemon NAME COMMAND...
start_daemon() {
    local name=$1 pid
    shift
    if daemon_running "$name"; then
        return
    fi
    KUBEGAUGE_CLUSTER=$run_dir setsid "$@" </dev/null >>"$log_dir/$name.log" 2>&1 9>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(process_start "$pid")" >"$pid_dir/$name"
    disown "$pid"
}

start_in_node() {
    local name=$1
    shift
    start_daemon "$name" nsenter -t "$(daemon_pid holder)" --net --mount -- "$@"
}

# Ends a daemon and waits until it is gone: the API server keeps its port for seconds.
stop_daemon() {
    local name=$1 pid tries
    if pid=$(daemon_pid "$name"); then
        kill "$pid" 2>/dev/null
        for ((tries = 0; tries < ${2:-100}; tries++)); do
            daemon_running "$name" || break
            sleep 0.1
        done
        if daemon_running "$name"; then
            kill -KILL "$pid" 2>/dev/null
            while daemon_running "$name"; do
                sleep 0.05
            done
        fi
    fi
    rm -f "$pid_dir/$name"
}

# Usage: wait_for COMPONENT SECONDS COMMAND...; shows the end of that component's log when in vain.
wait_for() {
    local component=$1 limit=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ -e "$pid_dir/$component" ] && ! daemon_running "$component"; then
            show_log "$component"
            fail "$component ended while waiting for: $*"
        fi
        if [ "$SECONDS" -ge "$limit" ]; then
            show_log "$component"
            fail "in vain: $*"
        fi
        sleep 0.1
    done
}

show_log() {
    if [ -s "$log_dir/$1.log" ]; then
        printf -- '--- the end of %s\n' "$log_dir/$1.log" >&2
        tail -n "${2:-25}" "$log_dir/$1.log" | cut -c -400 >&2
        printf -- '---\n' >&2
    fi
}
