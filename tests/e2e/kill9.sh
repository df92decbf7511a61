#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# B-03: the relay is killed with signal 9 under load, again and again. Every text that
# was acknowledged is there afterwards, once, in one order for everybody.
. "$(dirname "$0")/lib.sh"
cycles=${CYCLES:-8}

start_relay "$dir/relay" 127.0.0.1:0 || exit 1
listen=127.0.0.1:$port
person a group new Circle --name A --relay "$relay_link"
person a link new --uses 3
join=$(link_of)
for who in b c; do
    person "$who" knock "$join" --name "$who"
    person a approve "$who"
    person "$who" read
    check "$who is in" code_is 0
done

: >"$dir/acked"
: >"$dir/said"
writer() { # who: talks until told to stop
    local n=0 text
    while [ ! -e "$dir/stop" ]; do
        n=$((n + 1))
        text="load $1 $n"
        echo "$text" >>"$dir/said"
        "$PRISTAN" --profile "$dir/$1" --lang en --timeout 20 say "$text" \
            >/dev/null 2>&1 </dev/null && echo "$text" >>"$dir/acked"
    done
}
writer a &
writers=($!)
writer b &
writers+=($!)
writer c &
writers+=($!)
for i in $(seq "$cycles"); do
    sleep "1.$((RANDOM % 9))"
    kill -KILL "$relay_pid"
    wait "$relay_pid" 2>/dev/null
    relay_pid=
    start_relay "$dir/relay" "$listen" || { fail "start after kill $i"; break; }
done
sleep 1
touch "$dir/stop"
wait "${writers[@]}"

texts() {
    "$PRISTAN" --profile "$dir/$1" --json read --last 100000 2>/dev/null \
        </dev/null | sed -n 's/.*"kind":"text".*"text":"\([^"]*\)".*/\1/p'
}
# twice, so that what was still queued has left before anybody counts
for who in a b c a b c; do texts "$who" >"$dir/$who.texts"; done
for who in a b c; do
    grep '^load' "$dir/$who.texts" >"$dir/$who.load"
    lost=$(sort "$dir/acked" | comm -23 - <(sort "$dir/$who.load") | wc -l)
    doubled=$(sort "$dir/$who.load" | uniq -d | wc -l)
    strange=$(sort -u "$dir/$who.load" | comm -13 <(sort "$dir/said") - | wc -l)
    check "$who: $lost acknowledged texts are lost" [ "$lost" -eq 0 ]
    check "$who: $doubled texts are doubled" [ "$doubled" -eq 0 ]
    check "$who: $strange texts that nobody wrote" [ "$strange" -eq 0 ]
done
check "b sees another order than a" cmp -s "$dir/a.load" "$dir/b.load"
check "c sees another order than a" cmp -s "$dir/a.load" "$dir/c.load"
acked=$(wc -l <"$dir/acked")
check "only $acked texts were acknowledged" [ "$acked" -ge "$cycles" ]
echo "$cycles kills, $acked texts acknowledged"
end
