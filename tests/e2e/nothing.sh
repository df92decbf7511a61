#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# J-01, J-03, J-04, J-07, J-08: a relay at its most talkative serves the whole story with
# marked values; then everything that it has left anywhere is searched for them. J-02:
# and so is all that the clients have left.
PATH=$PATH:/usr/sbin:/sbin # where an ordinary user does not look for ip
if ! command -v ip >/dev/null; then
    echo "NO IP HERE: clients' addresses are not searched for (apt-get install iproute2)"
elif [ -z "${IN_OWN_NET:-}" ] && unshare --net --map-root-user true 2>/dev/null; then
    # a network of our own, in which clients have an address that can be told from ours
    IN_OWN_NET=1 exec unshare --net --map-root-user "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
: "${SEIZED:?}"
client=127.77.66.55
if [ -n "${IN_OWN_NET:-}" ]; then
    ip link set lo up
    ip route replace local 127.0.0.0/8 dev lo src "$client" table local
    ip route replace local 127.0.0.1 dev lo src "$client" table local
elif command -v ip >/dev/null; then
    echo "NO NETWORK OF OUR OWN HERE: clients' addresses are not searched for"
fi

# --- the story, every word of it marked ---------------------------------------
name=Marked-organiser-Quetzal
second=Marked-volunteer-Wombat
title="Marked circle Okapi"
desk="Marked desk Narwhal"
request="Marked request Axolotl"
answer="Marked answer Pangolin"
note="Marked note Capybara"
said="Marked word Ocelot"
reason="Marked reason Tapir"

mkdir "$dir/cwd" "$dir/home" "$dir/tmp" && cd "$dir/cwd" || exit 1
# whatever a client leaves somewhere else is in here
export HOME=$dir/home TMPDIR=$dir/tmp
unset "${!XDG_@}"
ulimit -c unlimited
start_relay "$dir/relay" 127.0.0.1:0 --log-level debug || exit 1
if [ -n "${IN_OWN_NET:-}" ]; then
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    check "clients have the marked address" grep -q 37424D7F /proc/net/tcp
    exec 3>&-
fi
person a group new "$title" --name "$name" --relay "$relay_link"
check "group new" code_is 0
person a desk open "$desk"
ask_link=$(link_of)
person a link new --uses 3
join_link=$(link_of)
person b knock "$join_link" "$reason" --name "$second"
check "knock" code_is 0
person a approve "$second"
check "approve" code_is 0
person b read
person b say "$said"
check "say" code_is 0
person c ask "$ask_link" "$request"
check "ask" code_is 0
person a cases
person b cases
person b claim 1
check "claim" code_is 0
person b note 1 "$note"
person b answer 1 "$answer"
check "answer" code_is 0
person c read
check "the newcomer reads it" shown "$answer"
person b close 1
for _ in 1 2 3; do person a refresh; done # more epochs
person a remove "$second"
check "remove" code_is 0
kill -USR1 "$relay_pid"
kill -HUP "$relay_pid"
out=$("$RELAY" metrics --data "$dir/relay" 2>&1 </dev/null)
printf '%s\n' "$out" >"$dir/metrics.txt"
check "metrics are there" shown "# EOF"
for words in status what-i-know doctor; do
    "$RELAY" "$words" --data "$dir/relay" >"$dir/$words.txt" 2>&1 </dev/null
done
"$RELAY" status --json --data "$dir/relay" >"$dir/status.json" 2>&1 </dev/null
out=$("$RELAY" backup "$dir/backup" --data "$dir/relay" 2>&1 </dev/null)
code=$?
check "a backup: exit code $code" code_is 0

# --- the seized disk: a copy taken from under the running relay ---------------
cp -r "$dir/relay" "$dir/seized"
for l in en ru; do
    "$RELAY" what-i-know --data "$dir/seized" --language "$l" \
        --control "$dir/nobody.sock" >"$dir/words.$l" 2>"$dir/words.err" </dev/null
    code=$?
    out=$(cat "$dir/words.$l" "$dir/words.err")
    check "what-i-know ($l) on a seized disk: exit code $code" code_is 0
done
check "it counts what is there" grep -qE 'Sealed messages: [1-9]' "$dir/words.en"
out=$("$SEIZED" tables "$dir/seized/relay.db" "$dir/words.en" "$dir/words.ru" 2>&1)
code=$?
printf '%s\n' "$out"
check "the tables: exit code $code" code_is 0

# --- no core is dumped --------------------------------------------------------
out=$(grep 'Max core file size' "/proc/$relay_pid/limits")
check "the limit of cores" grep -qE 'size +0 +0 ' <<<"$out"
kill -ABRT "$relay_pid"
out=$(wait "$relay_pid" 2>&1)
relay_pid=
out=$(find "$dir" -name 'core*' -o -name '*.core' | head -3)
check "a core was dumped" [ -z "$out" ]
cp -r "$dir/relay" "$dir/aborted"
cp "$dir/relay.log" "$dir/first.log"
start_relay "$dir/relay" 127.0.0.1:0 --log-level debug || exit 1
stop_relay TERM

# --- the search ---------------------------------------------------------------
hex() { od -An -v -tx1 | tr -d ' \n'; }
pattern() { printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | hex)"; }
{
    for word in Quetzal Wombat Okapi Narwhal Axolotl Pangolin Capybara Ocelot Tapir; do
        pattern "$word" "$word"
    done
    pattern Marked Marked-
    # what a link opens: the secret behind kind, key and card, in base64url
    for link in "$ask_link" "$join_link"; do
        secret=$(printf '%s==' "${link#pristan:}" | tr -- '-_' '+/' |
            base64 -d 2>/dev/null | tail -c +50 | head -c 16 | hex)
        printf 'secret of a link\t%s\n' "$secret"
    done
    if [ -n "${IN_OWN_NET:-}" ]; then
        pattern "a client's address" "$client"
        printf "a client's address, mapped\tffff7f4d4237\n"
        printf "a client's address, raw\t7f4d4237\n"
    fi
    person a groups --json
    grep -oE '"(id|group)":"[0-9a-f]{16,}"' <<<"$out" | sed 's/.*:"\(.*\)"/group id\t\1/'
} >"$dir/patterns"
check "patterns are whole" bash -c "! grep -qvE '^[^	]+	([0-9a-f]{2}){4,}$' '$dir/patterns'"
# J-02: a client writes into its profile alone, where all is sealed
out=$(find "$dir/cwd" "$dir/home" "$dir/tmp" -mindepth 1)
check "j02 nothing outside the profiles" [ -z "$out" ]
mapfile -t theirs < <(find "$dir"/[abc] -type f)
check "j02 three profiles, ${#theirs[@]} files" [ "${#theirs[@]}" -ge 6 ]
mapfile -t left < <(find "$dir/relay" "$dir/seized" "$dir/aborted" "$dir/backup" -type f \
    ! -name ballast -size +0; ls "$dir"/*.log "$dir"/*.txt "$dir"/*.json "$dir"/words.*)
# what is found when it is there
{ printf 'x%s' "$said"; printf '%s' "$said" | base64; printf '%s' "$said" | hex
    printf 'yz%s' "$said" | base64; printf '%s' "$said" | rev; } >"$dir/planted"
out=$("$SEIZED" find "$dir/patterns" "$dir/planted")
check "a planted word is found in five forms" \
    [ "$(grep -c 'Ocelot' <<<"$out")" -eq 7 ] # base64 in both its alphabets
out=$("$SEIZED" find "$dir/patterns" "${left[@]}")
code=$?
tail -1 <<<"$out"
check "nothing is found" code_is 0
out=$("$SEIZED" find "$dir/patterns" "${theirs[@]}")
code=$?
tail -1 <<<"$out"
check "j02 nothing is found in the profiles" code_is 0
check "a log was searched" grep -q 'R00' "$dir/relay.log"
end
