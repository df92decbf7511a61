#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A-25: names without an address, or with several of which one is good, a portal that
# wants a room number, a network in which large packets vanish. A client says what is
# wrong, tries again further and further apart, and is in nobody's way meanwhile.
. "$(dirname "$0")/lib.sh"
: "${BAD_NETWORK:?}" "${NAMES_LIB:?}"

# kind [port]: sets bad, a port, and bad_pid; a line for each connection goes to
# $dir/KIND.log
start_bad() {
    rm -f "$dir/$1.log" # of one before
    "$BAD_NETWORK" "$@" >"$dir/$1.log" 2>&1 &
    bad_pid=$!
    cleanup+=("kill -KILL $bad_pid")
    bad=$(first_line "$dir/$1.log")
}

# public address: sets relay_link to one that leads there
link_by() {
    start_relay "$dir/relay" 127.0.0.1:0 --public "$1" || exit 1
    stop_relay TERM
}

# seconds that a command of "person" has been on a processor go to $dir/worked
timed() {
    local TIMEFORMAT='%U %S'
    { time person "$@"; } 2>"$dir/worked"
}
little_work() { awk '{ exit !($1 + $2 < 2) }' "$dir/worked"; }

# kind, address: a group by that way; then a look at it that is in no hurry: sets tries
meets() {
    local kind=$1 before
    link_by "$2"
    person "$kind" group new Circle --name A --relay "$relay_link" --timeout 2
    check "a25 $kind: what is asked for is kept: exit code $code" code_is 75
    check "a25 $kind: and it is said why" shown "cannot be reached"
    touch "$dir/$kind.log"
    before=$(wc -l <"$dir/$kind.log")
    timed "$kind" read --timeout 6
    check "a25 $kind: exit code $code" code_is 69
    check "a25 $kind: one sentence" one_line 1
    check "a25 $kind: a clear one" shown "cannot be reached"
    check "a25 $kind: a busy loop, $(cat "$dir/worked")" little_work
    tries=$(($(wc -l <"$dir/$kind.log") - before))
    echo "$kind: $tries connections, on a processor for $(cat "$dir/worked") s"
}

meets name no-such-name.invalid:443

# of several addresses one leads to the relay: IPv6 that is promised and not there, say
named() { # who, words...: a person for whom the relay's name has these addresses
    ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 LD_PRELOAD=$NAMES_LIB \
        NAME=relay.example ADDRESSES=$addresses person "$@"
}
start_relay "$dir/relay" 127.0.0.1:0 || exit 1
relay_link=$("$RELAY" --data "$dir/relay" link --public "relay.example:$port")
addresses="::1 127.0.0.3 127.0.0.1 127.0.0.2"
named several group new Circle --name A --relay "$relay_link" --timeout 10
check "a25 several: the one that answers is found: exit code $code" code_is 0
addresses="::1 127.0.0.3 127.0.0.2"
named several read --timeout 2
check "a25 several: none answers: exit code $code" code_is 69
check "a25 several: and it is said so" shown "cannot be reached"
stop_relay TERM

# behind TLS it is a broken connection, and that may end
start_bad portal
meets portal "wss://127.0.0.1:$bad"
# apart: 250 ms, 500 ms, 1 s, 2 s, 4 s at least
check "a25 portal: $tries connections" [ "$tries" -ge 2 -a "$tries" -le 6 ]
# in the clear it is somebody else
link_by "127.0.0.1:$bad"
timed clear group new Circle --name A --relay "$relay_link"
check "a25 another answers: exit code $code" code_is 76
check "a25 another answers: it is said so" shown "not the relay in your link"
check "a25 another answers: a busy loop, $(cat "$dir/worked")" little_work

# a conversation outlasts it: until somebody has logged in, and the relay is there
soon() { # text, file: waits at most 30 s
    for _ in $(seq 300); do
        grep -qF -- "$1" "$2" && return
        sleep 0.1
    done
    return 1
}
stays() { # who, words: starts them, on a terminal that is $dir/WHO.keys
    mkfifo "$dir/$1.keys"
    "$PRISTAN" --profile "$dir/$1" --lang en "${@:2}" --timeout 2 \
        >"$dir/$1.seen" 2>&1 <"$dir/$1.keys" &
    stays_pid=$!
    cleanup+=("kill -KILL $stays_pid")
}
start_relay "$dir/relay" 127.0.0.1:0 || exit 1
person hotel group new Circle --name A --relay "$relay_link"
check "a25 hotel: a group" code_is 0
stop_relay TERM
start_bad portal "$port"
check "a25 hotel: the portal has the relay's place" [ "$bad" = "$port" ]
stays hotel chat
exec 4>"$dir/hotel.keys"
check "a25 hotel: it is said who answers" soon "not the relay in your link" "$dir/hotel.seen"
check "a25 hotel: and that it goes on" soon "Trying again by itself" "$dir/hotel.seen"
echo "from the hotel" >&4
sleep 5 # longer than --timeout
check "a25 hotel: it stays" kill -0 "$stays_pid"
tries=$(grep -c 'a connection' "$dir/portal.log")
check "a25 hotel: it tries, further and further apart: $tries" \
    [ "$tries" -ge 3 -a "$tries" -le 6 ]
check "a25 hotel: and says so once" [ "$(grep -c 'C001' "$dir/hotel.seen")" -eq 1 ]
kill -KILL "$bad_pid"
start_relay "$dir/relay" "127.0.0.1:$port" || exit 1
check "a25 hotel: the relay is there again" soon "The relay is there again" "$dir/hotel.seen"
check "a25 hotel: what was typed leaves" soon "you: from the hotel" "$dir/hotel.seen"
echo /quit >&4
exec 4>&-
wait "$stays_pid"
code=$?
out=$(cat "$dir/hotel.seen")
check "a25 hotel: all of it: exit code $code" code_is 0
stop_relay TERM

start_bad silent
meets silent "127.0.0.1:$bad"
check "a25 silent: one connection waits, $tries" [ "$tries" -eq 1 ]
end
