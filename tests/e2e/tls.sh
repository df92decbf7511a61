#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# A link that leads over TLS to somebody who is no relay: a sentence, an exit code, and
# soon, whatever that server does.
. "$(dirname "$0")/lib.sh"
: "${TLS_SERVER:?}"

start_relay "$dir/relay" 127.0.0.1:0 || exit 1
stop_relay TERM

server=
cleanup+=(stop_server)
stop_server() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
}
# mode, exit code, what is said
meets() {
    local since took
    rm -f "$dir/port"
    "$TLS_SERVER" "$1" >"$dir/port" 2>"$dir/server.err" &
    server=$!
    out=$("$RELAY" link --data "$dir/relay" --public "wss://127.0.0.1:$(first_line "$dir/port")")
    relay_link=$(link_of)
    since=$SECONDS
    person "$1" group new Circle --name A --relay "$relay_link" --timeout 2
    took=$((SECONDS - since))
    check "$1: exit code $code, not $2" code_is "$2"
    check "$1: does not say '$3'" shown "$3"
    check "$1: more than a few lines" one_line 3 # the new profile, the fault, what waits
    check "$1: took $took s" [ "$took" -le 10 ]
    stop_server
}
unreachable="The relay cannot be reached."
# no handshake
for mode in plain alert cut old chain stall half; do meets "$mode" 75 "$unreachable"; done
# a good one, by a certificate that is another's and over, and then
for mode in rubbish bye half-answer endless mute renegotiate bad-gateway; do
    meets "$mode" 75 "$unreachable"
done
meets web 76 "not the relay in your link"
end
