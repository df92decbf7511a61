#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A sync fails once (B-04), the relay's and the commands': in a sweep, in a checkpoint,
# in a backup, in a restore. Each ends with 74 and says why; nothing is called done that
# is not, and what was there before is there afterwards.
. "$(dirname "$0")/lib.sh"
: "${FAULTS_LIB:?}"

data=$dir/relay
relay_on_bad_disk "$dir"

fails() { printf '%s' "$1" >"$dir/faults.sync"; } # which file's next sync
not_shown() { ! shown "$1"; }
not_logged() { ! logged "$1"; }
failed() { [ ! -e "$dir/faults.sync" ]; }
gone_soon() {
    local i
    for i in $(seq 200); do
        kill -0 "$relay_pid" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

start_relay "$data" 127.0.0.1:0 || exit 1
listen=127.0.0.1:$port
person a group new Circle --name A --relay "$relay_link"
check "a group" code_is 0
person a say "before"
check "a text before" code_is 0
stop_relay TERM
check "stops with $relay_status" [ "$relay_status" -eq 0 ]

# The first that a relay writes is a sweep, and the first checkpoint comes with it.
ends() { # what, the file whose sync fails
    fails "$2"
    start_relay "$data" "$listen"
    if gone_soon; then pass; else fail "$1: the relay goes on"; stop_relay KILL; fi
    wait "$relay_pid"
    relay_status=$?
    relay_pid=
    check "$1: no sync failed" failed
    check "$1: exit code $relay_status, not 74" [ "$relay_status" -eq 74 ]
    check "$1: it is not told" grep -q R030 "$dir/relay.log"
}
ends "a sweep" relay/relay.db-wal
check "a sweep: the log is gone" [ -e "$data/relay.db-wal" ]
ends "a checkpoint" relay/relay.db
check "a checkpoint: the log is gone" [ -e "$data/relay.db-wal" ]

start_relay "$data" "$listen" || exit 1
person a --timeout 20 say "after two failures"
check "a text after two failures" code_is 0

# of the running relay: the copy is given up, the service goes on
backup_fails() { # what, the file whose sync fails
    fails "$2"
    told "$1" 74 "" backup "$dir/copy" --data "$data"
    check "$1: no sync failed" failed
    check "$1: it is called whole" not_shown whole
    check "$1: something is left" [ -z "$(ls "$dir"/copy* "$data"/*backup* 2>/dev/null)" ]
}
backup_fails "a copy in the data folder" relay/relay.backup.new
backup_fails "a copy where it is wanted" "$dir/copy.part"
person a --timeout 20 say "after a copy failed"
check "the relay ends with a copy that failed" code_is 0
told "a copy" 0 "copy is whole" backup "$dir/copy" --data "$data"
cp "$dir/copy" "$dir/older"
fails "$dir"
told "the name of a copy" 74 "" backup "$dir/copy" --data "$data"
check "the name of a copy: no sync failed" failed

# while it stops: all that was acknowledged is in the log
fails relay/relay.db
stop_relay TERM
check "stopping: no sync failed" failed
check "stopping: exit code $relay_status, not 74" [ "$relay_status" -eq 74 ]
check "stopping: it is not told" logged R030
check "stopping: it is called stopped" not_logged R003
start_relay "$data" "$listen" || exit 1
person a --timeout 20 say "after it stopped"
check "a text after a stop that failed" code_is 0
stop_relay TERM
check "stops again with $relay_status" [ "$relay_status" -eq 0 ]
backup_fails_stopped() {
    rm -f "$dir/copy"
    backup_fails "a copy while it is stopped" relay/relay.backup.new
}
backup_fails_stopped

n=0
restore_fails() { # what, the file whose sync fails, in the new folder
    n=$((n + 1))
    fails "$dir/new$n/$2"
    mkdir -p "$dir/new$n"
    told "$1" 74 "" restore "$dir/older" --data "$dir/new$n"
    check "$1: no sync failed" failed
    check "$1: it is called restored" not_shown restored
    told "$1: again" 0 "restored" restore "$dir/older" --data "$dir/new$n"
    told "$1: afterwards" 0 "" what-i-know --data "$dir/new$n"
    rm -rf "$dir/new$n"
}
restore_fails "a restored database" relay.db.new
restore_fails "a restored key" relay.key.new
end
