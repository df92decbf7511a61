#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The relay's disk is full (B-05), and fails once (B-04): what people see, what the
# operator sees, and what is there afterwards. B-09: a second relay on one folder.
. "$(dirname "$0")/lib.sh"
: "${FAULTS_LIB:?}"

data=$dir/relay
relay_program=$RELAY
relay_on_bad_disk "$data"

used() { cat "$data"/relay.db "$data"/relay.db-wal "$data"/ballast 2>/dev/null | wc -c; }
alive() { kill -0 "$relay_pid" 2>/dev/null; }

start_relay "$data" 127.0.0.1:0 --ballast-mib 1 || exit 1
listen=127.0.0.1:$port
person a group new Circle --name A --relay "$relay_link"
check "a group" code_is 0
person a link new --uses 1
join=$(link_of)
person b knock "$join" --name b
person a approve b
person b read
check "b is in" code_is 0
person a say "before it was full"
check "a text before" code_is 0

used >"$data/faults.limit"
refused=0
for i in $(seq 20); do
    person a --timeout 5 say "while it is full $i"
    [ "$code" -eq 0 ] || { refused=1; break; }
done
check "a writer is told nothing when the disk is full" [ "$refused" -eq 1 ]
check "the operator is not told that it is full" logged_soon R031
check "a full disk ends the relay" alive
person b --timeout 5 read
check "a reader gets nothing while the disk is full" \
    shown "before it was full"
check "a reader ends the relay on a full disk" alive

echo $(($(used) + 64000000)) >"$data/faults.limit"
person a --timeout 20 say "after it was full"
check "a text after" code_is 0
check "the operator is not told of room" logged_soon R032
person b read
check "b reads what came after" shown "after it was full"
rm "$data/faults.limit"

second=$("$relay_program" --data "$data" --listen 127.0.0.1:0 2>&1)
code=$?
check "a second relay: exit code $code, not 75" code_is 75
check "a second relay does not say why: $second" grep -q R011 <<<"$second"
person a say "unharmed by the second"
check "the first is harmed by the second" code_is 0

: >"$data/faults.sync"
person a --timeout 3 say "while the disk fails"
for i in $(seq 100); do alive || break; sleep 0.1; done
if alive; then
    fail "the relay goes on after a failed sync"
    kill -KILL "$relay_pid"
else
    pass
fi
wait "$relay_pid"
relay_status=$?
relay_pid=
check "after a failed sync: exit code $relay_status, not 74" \
    [ "$relay_status" -eq 74 ]
check "a failed sync is not told" logged R030

start_relay "$data" "$listen" --ballast-mib 1 || exit 1
person a --timeout 20 say "after it failed"
check "a text after the restart" code_is 0
person b read
for text in "unharmed by the second" "while the disk fails" "after it failed"; do
    check "b does not read '$text'" shown "$text"
done
person b read --last 1000
for text in "before it was full" "after it was full" "while the disk fails"; do
    n=$(grep -cF -- "$text" <<<"$out")
    check "'$text' is there $n times" [ "$n" -eq 1 ]
done
stop_relay TERM
check "the relay stops with $relay_status" [ "$relay_status" -eq 0 ]
end
