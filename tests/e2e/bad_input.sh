#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What people get wrong: one clear line, the documented exit code, nothing lost.
. "$(dirname "$0")/lib.sh"

start_relay "$dir/relay" 127.0.0.1:0 || exit 1
person a group new Circle --name A --relay "$relay_link"
check "a group" code_is 0
person a desk open Desk
ask=$(link_of)
person a link new --uses 1
join=$(link_of)
person a say "the text that must stay"

# --- links ---------------------------------------------------------------
refuses "no link at all" 65 "not a pristan link" b ask "hello" "help"
refuses "a web link" 65 "not a pristan link" b ask "https://example.org/" "help"
refuses "a link cut short" 65 "Copy it again" b ask "${ask:0:60}" "help"
last=${ask: -1}
[ "$last" = A ] && other=B || other=A
refuses "one letter wrong" 65 "Copy it again" b ask "${ask%?}$other" "help"
refuses "a join link where an ask link belongs" 65 "" b ask "$join" "help"
refuses "an ask link where a join link belongs" 65 "" b knock "$ask" --name B
refuses "an empty link" 65 "" b ask "" "help"

person a link new --uses 1 --expires 1
short=$(link_of)
sleep 2
refuses "an expired link" 65 "" c knock "$short" --name C
person a links
id=$(sed -n '1s/ .*//p' <<<"$out")
person a link revoke "$id"
check "revoke" code_is 0
refuses "a revoked link" 65 "withdrawn" c knock "$join" --name C

# --- texts ---------------------------------------------------------------
refuses "a text that is not UTF-8" 65 "UTF-8" a say $'\xff\xfe'
refuses "a text with an escape sequence" 65 "control characters" \
    a say $'red \e[31m text'
refuses "a text that turns round" 65 "control characters" \
    a say $'abc \xe2\x80\xae def'
refuses "an empty text" 65 "no text" a say ""
refuses "a text that is too long" 65 "too long" \
    a say "$(head -c 9000 /dev/zero | tr '\0' x)"
refuses "a name with a control character" 65 "control characters" \
    d knock "$ask" --name $'B\tX\e'

# --- calls ---------------------------------------------------------------
refuses "an unknown command" 64 "no such command" a frobnicate
refuses "an unknown option" 64 "" a say hello --frobnicate
refuses "too few words" 64 "usage" a say
refuses "a group that is not there" 66 "no group" a say hello --group Nowhere
refuses "a person who is not there" 66 "nobody" a remove Nobody
refuses "a case that is not there" 66 "no request" a claim 77
refuses "no profile" 66 "" nobody read
refuses "no relay named" 64 "--relay" e group new X --name E
refuses "no name" 64 "--name" e knock "$join"

# --- profiles ------------------------------------------------------------
pass_person() { # passphrase, words...
    local phrase=$1
    shift
    out=$("$PRISTAN" --profile "$dir/secret" --lang en --passphrase-fd 3 "$@" \
        3<<<"$phrase" 2>&1 </dev/null)
    code=$?
}
pass_person "five random words are enough" group new Sealed --name S \
    --relay "$relay_link"
check "a profile with a passphrase" code_is 0
pass_person "another phrase" groups
check "a wrong passphrase: exit code $code" code_is 77
check "a wrong passphrase: the sentence" shown "passphrase is wrong"
pass_person "five random words are enough" groups
check "the right passphrase after a wrong one" shown Sealed
refuses "a passphrase is needed" 77 "passphrase" secret groups

"$PRISTAN" --profile "$dir/a" chat --group Circle >"$dir/chat.out" 2>&1 \
    < <(sleep 30) &
chat=$!
for i in $(seq 100); do
    grep -q 'Type and press' "$dir/chat.out" && break
    sleep 0.1
done
refuses "a profile in use" 78 "Another pristan" a groups
kill "$chat"
wait "$chat" 2>/dev/null

# --- what a conversation is fed with -------------------------------------
chat() { # sets out and code; standard input is the caller's
    out=$(timeout 60 "$PRISTAN" --profile "$dir/a" --lang en chat \
        --group Circle 2>&1)
    code=$?
}
chat </dev/null
check "chat without anything to read: exit code $code" code_is 0
timeout 60 "$PRISTAN" --profile "$dir/a" --lang en chat --group Circle \
    >"$dir/chat.out" 2>&1 <&-
code=$?
check "chat with standard input closed: exit code $code" code_is 0
printf 'said from a file' >"$dir/lines"
chat <"$dir/lines"
check "chat from a file: exit code $code" code_is 0
chat < <(head -c 9000 /dev/zero | tr '\0' x; echo
    head -c 20000 /dev/zero | tr '\0' x; echo)
check "a line that is too long: exit code $code" code_is 0
check "each line that is too long is refused" \
    [ "$(grep -c 'too long' <<<"$out")" -eq 2 ]

mkdir "$dir/elsewhere" && ln -s "$dir/elsewhere" "$dir/linked"
refuses "a profile that is a symbolic link" 73 "cannot be used" \
    linked ask "$ask" "help"

# --- relays --------------------------------------------------------------
stop_relay TERM
check "the relay stops with 0, not $relay_status" [ "$relay_status" -eq 0 ]
start_relay "$dir/relay2" "127.0.0.1:$port" || exit 1
refuses "another relay at the same place" 76 "not the relay" \
    f ask "$ask" "help" --timeout 10
stop_relay TERM
refuses "no relay there" 75 "" a say "said without a relay" --timeout 2
refuses "no relay, nothing to keep" 69 "cannot be reached" a read --timeout 2
start_relay "$dir/relay" "127.0.0.1:$port" || exit 1
person a read
check "nothing was lost" shown "the text that must stay"
check "what was queued has left" shown "said without a relay"
check "the last line of a file counts, its end missing" shown "said from a file"
check "and nothing that was refused is there" \
    [ "$(grep -c ': ' <<<"$out")" -eq 3 ]
stop_relay INT
check "SIGINT is the same orderly stop, not $relay_status" \
    [ "$relay_status" -eq 0 ]
end
