# SPDX-License-Identifier: AGPL-3.0-or-later
# For tests on real programs. Sourced; wants PRISTAN and RELAY, the programs.
# Everything is in one folder that goes at the end; what was started is stopped by its
# pid.
set -uo pipefail
: "${PRISTAN:?}" "${RELAY:?}"
export LC_ALL=C.UTF-8
# The programs forbid being traced, which the leak checker would have to do.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0
dir=$(mktemp -d "${TMPDIR:-/tmp}/pristan-e2e.XXXXXX")
# Neither what is configured on this machine nor what is in the environment counts: RELAY
# is from here on one with an empty file of its own, which a --config after it replaces.
unset "${!PRISTAN_RELAY_@}" PRISTAN_PROXY PRISTAN_PROFILE
relay_itself=$RELAY
RELAY=$dir/pristan-relay
own_relay() { # what runs it, if not the shell alone: makes RELAY
    : >"$dir/empty.conf"
    cat >"$RELAY" <<END
#!/bin/sh
${1:-exec} '$relay_itself' --config '$dir/empty.conf' "\$@"
END
    chmod +x "$RELAY"
}
own_relay
passed=0
failed=0
relay_pid=
relay_status=

finish() {
    [ -z "$relay_pid" ] || kill -KILL "$relay_pid" 2>/dev/null
    for clean in "${cleanup[@]:-true}"; do $clean; done
    rm -rf "$dir"
}
cleanup=()
trap finish EXIT
trap 'exit 130' INT TERM

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$*"
    [ -z "${out:-}" ] || printf '%s\n' "$out" | sed 's/^/    /' | head -20
}
# what, condition...
check() {
    local what=$1
    shift
    if "$@"; then pass; else fail "$what"; fi
}
end() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
    exit
}

# the folder from where faults.c takes its orders: makes RELAY one whose disk obeys them
relay_on_bad_disk() {
    RELAY=$dir/relay-on-bad-disk
    own_relay "exec env ASAN_OPTIONS=\"\$ASAN_OPTIONS:verify_asan_link_order=0\" \
        FAULTS='$1' LD_PRELOAD='$FAULTS_LIB'"
}

# size, the script's own words: $dir/small is a file system that only the script sees, which
# begins anew for that
small_disk() {
    local size=$1 own=(unshare --mount)
    shift
    if [ -z "${IN_OWN_MOUNTS:-}" ]; then
        "${own[@]}" true 2>/dev/null || own+=(--map-root-user)
        if ! "${own[@]}" true 2>/dev/null; then
            echo "CANNOT MAKE A SMALL FILE SYSTEM HERE: skipped"
            exit 77
        fi
        rm -r "$dir"
        export RELAY=$relay_itself
        IN_OWN_MOUNTS=1 exec "${own[@]}" "$0" "$@"
    fi
    mkdir "$dir/small"
    mount -t tmpfs -o size="$size" none "$dir/small" || exit 77
    cleanup+=("umount $dir/small")
}

# file: its first line, when there is one: the port of a program that was just started
first_line() {
    local i
    for i in $(seq 200); do
        [ -s "$1" ] && break
        sleep 0.05
    done
    head -1 "$1"
}

# what the relay has logged since it was started
logged() { grep -q "$1" "$dir/relay.log"; }
logged_soon() {
    local i
    for i in $(seq 50); do
        logged "$1" && return
        sleep 0.1
    done
    return 1
}

# folder, listen address, more options: sets relay_pid, port and relay_link
start_relay() {
    local data=$1 listen=$2 i
    shift 2
    : >"$dir/relay.log"
    "$RELAY" --data "$data" --listen "$listen" "$@" >"$dir/relay.log" 2>&1 &
    relay_pid=$!
    for i in $(seq 300); do
        grep -q 'listening on' "$dir/relay.log" && break
        kill -0 "$relay_pid" 2>/dev/null || break
        sleep 0.05
    done
    port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' \
        "$dir/relay.log" | head -1)
    relay_link=$(grep -o 'pristan:[A-Za-z0-9_-]*' "$dir/relay.log" | head -1)
    [ -n "$port" ] || { cat "$dir/relay.log"; return 1; }
}
stop_relay() { # signal
    kill -"${1:-TERM}" "$relay_pid"
    wait "$relay_pid" 2>/dev/null
    relay_status=$?
    relay_pid=
}

# who, words...: sets out and code
person() {
    local who=$1
    shift
    out=$("$PRISTAN" --profile "$dir/$who" --lang en "$@" 2>&1 </dev/null)
    code=$?
}
code_is() { [ "$code" -eq "$1" ]; }
one_line() { [ "$(printf '%s' "$out" | grep -c '')" -le "${1:-1}" ]; }
shown() { grep -qF -- "$1" <<<"$out"; }
link_of() { grep -o 'pristan:[A-Za-z0-9_-]*' <<<"$out" | head -1; }

relay() { # words...: sets out and code
    out=$("$RELAY" "$@" 2>&1 </dev/null)
    code=$?
}
# what, exit code, text that must be shown, words...
told() {
    local what=$1 want=$2 text=$3
    shift 3
    relay "$@"
    check "$what: exit code $code, not $want" code_is "$want"
    check "$what: does not say '$text'" shown "$text"
}

# what, exit code, text that must be shown, then the command's words
refuses() {
    local what=$1 want=$2 text=$3
    shift 3
    person "$@"
    check "$what: exit code $code, not $want" code_is "$want"
    check "$what: more than one line" one_line 2
    check "$what: does not say '$text'" shown "$text"
}
