#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What a program printed has arrived, or it says that it has not: standard output is
# full, closed, or whoever read it has gone.
. "$(dirname "$0")/lib.sh"

# who has gone is a fact before the program begins
mkfifo "$dir/pipe"
into_nobody() {
    exec 8<>"$dir/pipe" 9>"$dir/pipe" 8<&-
    "$@" >&9 2>"$dir/said" </dev/null
    code=$?
    exec 9>&-
}
says_so() { # what, text
    out=$(cat "$dir/said")
    check "$1: exit code $code, not 74" code_is 74
    check "$1: does not say '$2'" shown "$2"
    check "$1: more than one line" one_line
}
# text, words...
lost() {
    local text=$1 what
    shift
    what="$(basename "$1") ${*:2}"
    "$@" >/dev/full 2>"$dir/said" </dev/null
    code=$?
    says_so "$what, full" "$text"
    "$@" >&- 2>"$dir/said" </dev/null
    code=$?
    says_so "$what, closed" "$text"
    into_nobody "$@"
    says_so "$what, nobody reads" "$text"
}
relay_loses() { lost R028 "$RELAY" "$@" --data "$dir/data"; }

for words in --help --version help version 'status --help' 'config example' \
    'config show' 'config show --json' doctor 'doctor --json'; do
    relay_loses $words
done
start_relay "$dir/data" 127.0.0.1:0 || exit 1
for words in status 'status --json' what-i-know metrics link 'link --json' \
    doctor; do
    relay_loses $words
done

person a group new Circle --name A --relay "$relay_link"
person a say "one line"
check "a group" code_is 0
person_loses() {
    lost "standard output" "$PRISTAN" --profile "$dir/a" --lang en "$@"
}
for words in --help --version groups 'groups --json' read 'members --json'; do
    person_loses $words
done
"$PRISTAN" --profile "$dir/a" --lang ru --version 2>"$dir/said" >/dev/full
out=$(cat "$dir/said")
check "in Russian" shown "Стандартный вывод"
# what prints nothing has lost nothing, and what failed says why it failed
"$RELAY" config check >&- 2>"$dir/said" </dev/null
code=$?
check "nothing was to be printed: $code" code_is 0
check "nor said" [ ! -s "$dir/said" ]
"$PRISTAN" --profile "$dir/a" frobnicate >&- 2>/dev/null </dev/null
code=$?
check "a word of no sense stays one: $code" code_is 64
stop_relay TERM

relay_loses what-i-know
relay_loses link
told "a copy" 0 "copy is whole" backup "$dir/copy" --data "$dir/data"
"$RELAY" restore "$dir/copy" --data "$dir/new" >/dev/full 2>&1
code=$?
check "a restore says what it did beside its output: $code" code_is 0

# a relay serves whether or not its link was read
serves() { # what
    local i
    for i in $(seq 100); do
        grep -q 'R001 started' "$dir/relay.log" && break
        sleep 0.05
    done
    told "$1: it runs" 0 connections: status --data "$dir/data"
    check "$1: it says so" [ "$(grep -c R028 "$dir/relay.log")" -eq 1 ]
    stop_relay TERM
    check "$1: its end is $relay_status" [ "$relay_status" -eq 0 ]
}
"$RELAY" --data "$dir/data" --listen 127.0.0.1:0 >/dev/full 2>"$dir/relay.log" &
relay_pid=$!
serves "a relay, full"
"$RELAY" --data "$dir/data" --listen 127.0.0.1:0 >&- 2>"$dir/relay.log" &
relay_pid=$!
serves "a relay, closed"
end
