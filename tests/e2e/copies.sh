#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What is left when a copy cannot be finished: the target is closed, full, a pipe or a
# device, the command is interrupted or killed. And what must not be taken for a relay:
# a database without its log (B-06), links in the data folder.
. "$(dirname "$0")/lib.sh"
: "${SLOW:?}"

data=$dir/data
relay_program=$RELAY
start_relay "$data" 127.0.0.1:0 || exit 1
listen=127.0.0.1:$port
first_link=$relay_link

not_shown() { ! shown "$1"; }
no_copy() { # what: after a backup that failed
    check "$1: exit code $code, not 74" code_is 74
    check "$1: it is called whole" not_shown whole
    check "$1: a copy stays in the data folder" \
        [ -z "$(ls "$data" | grep -E 'backup|part')" ]
}
output_fails() {
    out=$("$RELAY" --data "$data" backup - 2>&1 >&- </dev/null)
    code=$?
    no_copy "$1, standard output is closed"
    out=$("$RELAY" --data "$data" backup - 2>&1 >/dev/full </dev/null)
    code=$?
    no_copy "$1, standard output is full"
    out=$({ "$RELAY" --data "$data" backup - 2>&3 </dev/null |
        head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"; } 3>&1)
    code=$?
    no_copy "$1, who reads goes away"
    told "$1, a device" 73 "exists" backup /dev/full --data "$data"
}
output_fails "a running relay"

# while FILE.part is being synced
interrupted() { # what, signal, exit code
    : >"$dir/slow"
    SLOW_SYNC="$dir/slow" LD_PRELOAD="$SLOW" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
        "$relay_program" --data "$data" backup "$dir/copy" >/dev/null 2>&1 &
    local pid=$!
    for i in $(seq 100); do [ -e "$dir/copy.part" ] && break; sleep 0.05; done
    check "$1: nothing was begun" [ -e "$dir/copy.part" ]
    check "$1: half a copy has its name" [ ! -e "$dir/copy" ]
    kill -"$2" "$pid"
    sleep 0.2
    check "$1: half a copy has its name after the signal" [ ! -e "$dir/copy" ]
    rm "$dir/slow"
    wait "$pid"
    code=$?
    check "$1: exit code $code, not $3" code_is "$3"
}
whole() { # what
    told "$1" 0 restored restore "$dir/copy" --data "$dir/try"
    rm -rf "$dir/try" "$dir/copy"
}
interrupted "killed" KILL 137
check "killed: the part is there" [ -e "$dir/copy.part" ]
told "over what was killed" 0 "copy is whole" backup "$dir/copy" --data "$data"
check "over what was killed: the part is gone" [ ! -e "$dir/copy.part" ]
whole "what is made over it restores"
interrupted "interrupted" TERM 143
check "interrupted: a part is left" [ ! -e "$dir/copy.part" ]
[ ! -e "$dir/copy" ] || whole "what had its name when it ended is whole"

person a group new Circle --name A --relay "$relay_link"
person a say "before the log went"
check "a text" code_is 0
stop_relay KILL
check "there is a log after a kill" [ -e "$data/relay.db-wal" ]
mkdir "$dir/hand"
cp "$data"/relay.db "$data"/relay.key "$dir/hand"
told "B-06, a database copied without its log" 74 R016 run --data "$dir/hand" \
    --listen 127.0.0.1:0
told "B-06, again" 74 R016 what-i-know --data "$dir/hand"
check "B-06: a log was made" [ ! -e "$dir/hand/relay.db-wal" ]
cp "$data"/relay.db-wal "$dir/hand"
told "B-06, with its log" 0 "" what-i-know --data "$dir/hand"
check "B-06: whoever only looks changes the log" \
    cmp -s "$data/relay.db-wal" "$dir/hand/relay.db-wal"
check "B-06: whoever only looks changes the database" \
    cmp -s "$data/relay.db" "$dir/hand/relay.db"
start_relay "$dir/hand" 127.0.0.1:0 || fail "B-06: does not start with its log"
stop_relay TERM
check "B-06: an orderly end leaves a log" [ ! -e "$dir/hand/relay.db-wal" ]
told "B-06, it needs none now" 0 "" what-i-know --data "$dir/hand"
mv "$data/relay.db-wal" "$dir/kept"
told "B-06, the log is gone" 74 "restore a backup" run --data "$data" \
    --listen 127.0.0.1:0
mv "$dir/kept" "$data/relay.db-wal"
start_relay "$data" "$listen" || fail "B-06: does not start with its log"
stop_relay TERM
output_fails "a stopped relay"

# who types nothing can still be interrupted
mkfifo "$dir/pipe"
sleep 30 >"$dir/pipe" &
writer=$!
timeout -s INT 2 "$RELAY" --data "$dir/new" restore - <"$dir/pipe" >/dev/null 2>&1
code=$?
kill "$writer"
wait "$writer" 2>/dev/null
check "a restore that waits for input: $code" code_is 124
check "an interrupted restore leaves something" [ -z "$(ls "$dir/new")" ]

linked() { # name: is refused, and nothing is made where it leads
    mkdir "$dir/linked"
    cp "$data"/relay.* "$dir/linked"
    rm -f "$dir/linked/$1"
    ln -s "$dir/elsewhere" "$dir/linked/$1"
    told "a link for $1" "$2" "$3" run --data "$dir/linked" --listen 127.0.0.1:0
    check "a link for $1 was followed" [ ! -e "$dir/elsewhere" ]
    rm -r "$dir/linked"
}
for name in relay.db relay.db-wal ballast; do linked "$name" 78 R018; done
linked relay.key 73 R014

# a key that is gone is not made anew under the links that are out
mv "$data/relay.key" "$dir/kept"
before=$(ls -l --time-style=full-iso "$data" | grep -v ballast)
told "the key is gone" 78 "R019 a relay has worked here" run --data "$data" \
    --listen 127.0.0.1:0
check "the key is gone: something was changed" \
    [ "$(ls -l --time-style=full-iso "$data" | grep -v ballast)" = "$before" ]
told "the key is gone, a link" 78 R019 link --data "$data"
told "the key is gone, a backup" 78 R019 backup "$dir/copy" --data "$data"
told "the key is gone, doctor" 1 "put relay.key back" doctor --data "$data" \
    --listen 127.0.0.1:0
mkdir "$dir/begun"
cp "$data/relay.db" "$dir/begun" # the link is forgotten, what it holds is not
told "a database without key and address" 78 R019 run --data "$dir/begun" \
    --listen 127.0.0.1:0
mv "$dir/kept" "$data/relay.key"
start_relay "$data" "$listen" || fail "it does not start with its key put back"
check "the link is another" [ "$relay_link" = "$first_link" ]
told "a copy of it" 0 "copy is whole" backup "$dir/copy" --data "$data"
stop_relay TERM
rm "$dir/begun"/*
told "a copy into the folder left behind" 0 restored restore "$dir/copy" \
    --data "$dir/begun"
start_relay "$dir/begun" "$listen" || fail "what was restored does not start"
check "a restored relay has another link" [ "$relay_link" = "$first_link" ]
stop_relay TERM
mv "$data" "$dir/moved"
ln -s "$dir/moved" "$data"
told "the folder itself may be a link" 0 "" what-i-know --data "$data"
end
