#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The relay under a service manager: notices, the watchdog, sockets handed over,
# reading the configuration again.
. "$(dirname "$0")/lib.sh"
: "${MANAGER:?}" "${SLOW:?}"

manager=
pid=
cleanup+=(stop_manager)
stop_manager() {
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
    pid=
}
said() { grep -qE -- "$1" "$dir/said"; }
# file, pattern, how many times: waits at most 20 s
wait_in() {
    local i
    for i in $(seq 400); do
        [ "$(grep -cE -- "$2" "$1")" -ge "${3:-1}" ] && return 0
        sleep 0.05
    done
    return 1
}
wait_said() { wait_in "$dir/said" "$@"; }
# NOTIFY, what is handed over..., -- words of the relay
managed() {
    local words=()
    while [ "$1" != -- ]; do words+=("$1"); shift; done
    shift
    : >"$dir/said"
    "$MANAGER" "${words[@]}" -- "$RELAY" "$@" >"$dir/said" 2>"$dir/err" &
    manager=$!
    wait_said '^pid '
    pid=$(sed -n 's/^pid //p' "$dir/said")
}
ended() { # exit code
    wait "$manager"
    out=$(cat "$dir/said" "$dir/err")
    pid=
    said "^exit $1\$"
}
conf=$dir/relay.conf
printf '[retention]\nmessage-days = 5\n' >"$conf"
words=(--config "$conf" --data "$dir/data" --listen 127.0.0.1:0)

# --- notices ------------------------------------------------------------------
managed "$dir/notify" -- "${words[@]}"
check "READY at a path" wait_said '^notify READY=1$'
check "with a status" said '^notify STATUS=serving; connections 0'
kill -HUP "$pid"
check "RELOADING" wait_said '^notify RELOADING=1$'
check "with its moment" wait_said '^notify MONOTONIC_USEC=[0-9]+$'
usec=$(sed -n 's/.*MONOTONIC_USEC=//p' "$dir/said")
up=$(cut -d. -f1 /proc/uptime)
check "which is the machine's clock ($usec)" \
    [ $((usec / 1000000 - up)) -ge -5 -a $((usec / 1000000 - up)) -le 5 ]
check "and READY again" wait_said '^notify READY=1$' 2
kill -USR1 "$pid"
check "SIGUSR1 logs a line" wait_in "$dir/err" 'R007 status: serving; conn'
kill -TERM "$pid"
check "an orderly end" ended 0
check "STOPPING" said '^notify STOPPING=1$'
check "in this order" [ "$(grep -oE 'READY|RELOADING|STOPPING' "$dir/said" |
    tr '\n' ' ')" = "READY RELOADING READY STOPPING " ]
check "and only one" [ "$(grep -c R007 "$dir/err")" -eq 1 ]

managed "@pristan-test-$$" -- "${words[@]}"
check "READY in the abstract space" wait_said '^notify READY=1$'
kill -INT "$pid"
check "SIGINT is the same end" ended 0
NOTIFY_SOCKET=nowhere timeout 20 "$RELAY" "${words[@]}" >"$dir/relay.log" 2>&1 &
relay_pid=$!
wait_in "$dir/relay.log" R001
check "an address that makes no sense is told" grep -q R026 "$dir/relay.log"
check "and the relay runs all the same" grep -q R001 "$dir/relay.log"
stop_relay TERM

# --- the watchdog ---------------------------------------------------------------
export WATCHDOG_USEC=1000000
managed "$dir/notify" -- "${words[@]}"
check "the watchdog is fed" wait_said '^notify WATCHDOG=1$' 4
kill -STOP "$pid"
sleep 1
before=$(grep -c WATCHDOG "$dir/said")
sleep 1.5
check "not by a process that stands still" \
    [ "$(grep -c WATCHDOG "$dir/said")" -eq "$before" ]
kill -CONT "$pid"
check "and again when it goes on" wait_said '^notify WATCHDOG=1$' $((before + 2))
kill -TERM "$pid"
check "an end" ended 0
# B-04's neighbour: a disk that does not come back
export LD_PRELOAD=$SLOW SLOW_SYNC=$dir/slow
ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
    managed "$dir/notify" -- "${words[@]}"
unset LD_PRELOAD
wait_said '^notify WATCHDOG=1$' 2
link=$("$RELAY" "${words[@]}" link)
person p group new G --name N --relay "$link"
check "a group" code_is 0
touch "$dir/slow"
"$PRISTAN" --profile "$dir/p" --lang en say "what waits" --timeout 20 \
    >/dev/null 2>&1 </dev/null &
client=$!
check "a store that hangs is told" wait_in "$dir/err" R036
before=$(grep -c WATCHDOG "$dir/said")
sleep 2
check "and does not feed it" \
    [ "$(grep -c WATCHDOG "$dir/said")" -eq "$before" ]
check "while the loop answers" timeout 15 "$RELAY" "${words[@]}" status \
    >/dev/null
rm "$dir/slow"
check "it is fed when the disk is back" wait_said '^notify WATCHDOG=1$' \
    $((before + 2))
wait "$client"
check "and what waited was stored" [ $? -eq 0 ]
kill -TERM "$pid"
check "an end" ended 0
unset WATCHDOG_USEC SLOW_SYNC

# --- sockets that are handed over ---------------------------------------------
answers() { # file descriptor 3 is connected
    printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&3
    out=$(timeout 15 head -1 <&3)
    exec 3>&-
    shown "HTTP/1.1 200"
}
managed "$dir/notify" tcp tcp6 "unix:$dir/web" -- "${words[@]}"
check "READY with sockets" wait_said '^notify READY=1$'
port=$(sed -n '1s/^port //p' "$dir/said")
port6=$(sed -n '2s/^port //p' "$dir/said")
exec 3<>"/dev/tcp/127.0.0.1/$port" && check "IPv4 answers" answers
exec 3<>"/dev/tcp/::1/$port6" && check "IPv6 answers" answers
if command -v curl >/dev/null; then
    out=$(timeout 5 curl -s -o /dev/null -w '%{http_code}' \
        --unix-socket "$dir/web" http://x/)
    check "a local socket answers: $out" shown 200
else
    echo "NO CURL HERE: the local socket is not asked (apt-get install curl)"
fi
out=$(cat "$dir/said")
check "they are announced" shown "listening on 127.0.0.1:$port"
check "the local one too" shown "listening on a local socket"
check "nothing else is listened at" \
    [ "$(grep -c 'listening on' <<<"$out")" -eq 3 ]
link=$("$RELAY" "${words[@]}" link)
person q ask "$link" "help"
check "a link of a relay is no desk: exit code $code" code_is 65
person q group new G2 --name N --relay "$link"
check "a client gets through: exit code $code" code_is 0
told "doctor" 0 "the service manager's sockets are used instead of 127.0.0.1:1" doctor \
    --data "$dir/data" --listen 127.0.0.1:1
kill -TERM "$pid"
check "an end" ended 0
managed "$dir/notify" tcp other -- "${words[@]}"
check "sockets for another process are left alone" wait_said 'READY=1'
check "and the settings count" bash -c \
    "! grep -q 'listening on 127.0.0.1:$(sed -n 's/^port //p' "$dir/said")\$' \
    '$dir/said'"
kill -TERM "$pid"
check "an end" ended 0
managed "$dir/notify" file -- "${words[@]}"
check "what is no socket is refused" ended 69
check "with a sentence" shown R025

# --- many signals ---------------------------------------------------------------
# Whoever presses Ctrl-C again and again, or a manager that is in a hurry: the end is
# an orderly one all the same, also while everything is being closed.
bad=
for round in $(seq 50); do
    : >"$dir/relay.log"
    "$RELAY" "${words[@]}" >"$dir/relay.log" 2>&1 &
    relay_pid=$!
    wait_in "$dir/relay.log" R001
    while kill -TERM "$relay_pid" && kill -INT "$relay_pid" &&
        kill -HUP "$relay_pid" && kill -USR1 "$relay_pid"; do :; done 2>/dev/null
    wait "$relay_pid"
    relay_status=$?
    relay_pid=
    [ "$relay_status" -eq 0 ] || bad="$bad $round:$relay_status"
done
check "an orderly end under many signals:$bad" [ -z "$bad" ]
check "which is told once" [ "$(grep -c R003 "$dir/relay.log")" -eq 1 ]

# --- few descriptors ------------------------------------------------------------
for n in 12 16 32 64 127; do
    out=$(ulimit -n $n && timeout 20 "$RELAY" "${words[@]}" 2>&1)
    check "no start with $n descriptors" [ $? -eq 78 ]
    check "and what is too low" shown "R046 too few descriptors"
    check "by how much" shown "$n are allowed, at least 128 are needed"
    check "and what to do" shown "LimitNOFILE= in the unit, or ulimit -Hn"
    out=$(ulimit -n $n && "$RELAY" "${words[@]}" doctor)
    check "doctor calls that wrong" [ $? -eq 1 ]
    check "and says the same" grep -qE "^WRONG +limits +$n descriptors" <<<"$out"
done
: >"$dir/relay.log"
(ulimit -n 128 && exec "$RELAY" "${words[@]}" --connections 200) \
    >"$dir/relay.log" 2>&1 &
relay_pid=$!
check "128 will do" wait_in "$dir/relay.log" R001
check "but that it is few is told" grep -q 'R047 .* 128 are allowed, 264' \
    "$dir/relay.log"
out=$("$RELAY" "${words[@]}" status)
check "and it serves" shown "connections:"
stop_relay TERM
: >"$dir/relay.log"
(ulimit -n 128 && exec "$RELAY" "${words[@]}" --connections 100) \
    >"$dir/relay.log" 2>&1 &
relay_pid=$!
check "few connections need few" wait_in "$dir/relay.log" R001
check "and nothing is told of them" bash -c "! grep -q R047 '$dir/relay.log'"
stop_relay TERM

# --- the folder's own folders ---------------------------------------------------
# what root makes above it its user has to pass through; what anybody else makes is theirs
[ "$(id -u)" -eq 0 ] && above=755 || above=700
(umask 002 && exec "$RELAY" --data "$dir/one/two/data" --listen 127.0.0.1:0) \
    >"$dir/relay.log" 2>&1 &
relay_pid=$!
wait_in "$dir/relay.log" R001
stop_relay TERM
out=$(stat -c %a "$dir/one" "$dir/one/two" "$dir/one/two/data" \
    "$dir/one/two/data/relay.key" | tr '\n' ' ')
check "folders above may be passed, the data is nobody else's" \
    [ "$out" = "$above $above 700 600 " ]

# --- the configuration is read again --------------------------------------------
page() {
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
    out=$(timeout 15 cat <&3)
    exec 3>&-
}
reload() { # a pattern that the log must then show
    : >"$dir/relay.log"
    kill -HUP "$relay_pid"
    wait_in "$dir/relay.log" "$1"
    out=$(cat "$dir/relay.log")
    grep -qE "$1" "$dir/relay.log"
}
: >"$dir/relay.log"
"$RELAY" "${words[@]}" >>"$dir/relay.log" 2>&1 &
relay_pid=$!
wait_in "$dir/relay.log" R001
port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' \
    "$dir/relay.log" | tail -1)
check "nothing changed is told so" reload 'R004 .*: nothing changed'
printf '<p>mine</p>' >"$dir/page.html"
printf '[relay]\nmetrics = %s\n[retention]\nmessage-days = 6\n[network]\n%s\n' \
    "$dir/metrics" "web-page = $dir/page.html" >"$conf"
printf 'public = relay.example:443\nconnections = 100\n' >>"$conf"
check "a good file is taken over" reload \
    'R004 .*: public, web-page, message-days$'
check "what needs a restart is told" reload 'R006 .*: metrics, connections$'
page
check "the page is the new one" shown mine
check "a confined relay opens no new place" [ ! -e "$dir/metrics" ]
out=$("$RELAY" --config "$conf" --data "$dir/data" link)
other=$("$RELAY" --config "$conf" --data "$dir/data" link --public x.example:1)
check "the link has the new address" [ -n "$out" -a "$out" != "$link" -a \
    "$out" != "$other" ]
printf '[relay]\nmetrics = off\n[retention]\nmessage-days = 0\nnonsense = 1\n' \
    >"$conf"
check "a bad file is refused" reload 'R005 .*mistakes: 2$'
check "each mistake is told" [ "$(grep -c R050 <<<"$out")" -eq 2 ]
page
check "and everything stays as it was" shown mine
printf '[network]\nweb-page = %s\n' "$dir/none.html" >"$conf"
check "a page that is not there refuses all of it" reload 'R005'
check "and says which" shown "R021"
mkdir "$dir/site"
printf '<p>of elsewhere</p>' >"$dir/site/page.html"
printf '[retention]\nmessage-days = 9\n[network]\nweb-page = %s\n' \
    "$dir/site/page.html" >"$conf"
check "what is not set any more waits for a restart" reload 'R006 .*: public'
check "what else changed counts, wherever the page is" logged 'R004 .*message-days$'
waits=$(grep -c 'R006 .*: public, web-page$' "$dir/relay.log")
page
if [ "$waits" -eq 1 ]; then
    check "where it may not look it does not, and the old page stays" shown mine
else
    check "a relay that is not confined takes it" shown 'of elsewhere'
fi
link=$("$RELAY" --config "$conf" --data "$dir/data" link)
check "an address that is not set any more stays" reload 'R004 .*: nothing changed'
check "and that is told" reload 'R006 .*: public'
check "as it is" [ "$("$RELAY" --config "$conf" --data "$dir/data" link)" = "$link" ]
printf '[relay]\nlog-level = error\n' >"$conf"
kill -HUP "$relay_pid"
sleep 0.5
: >"$dir/relay.log"
kill -USR1 "$relay_pid"
sleep 0.3
check "a level counts at once" [ ! -s "$dir/relay.log" ]
page
check "the page is the dull one again" shown "It works"
stop_relay TERM
check "SIGTERM after all of it: $relay_status" [ "$relay_status" -eq 0 ]
end
