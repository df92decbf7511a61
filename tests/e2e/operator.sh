#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What an operator does with a relay: how is it, what does it hold, a copy, moving
# house, figures, what is wrong.
. "$(dirname "$0")/lib.sh"
: "${TALK:?}" "${NO_CIPHER:?}"
awk_file=$(dirname "$0")/openmetrics.awk

talk() { out=$(printf "$1" | "$TALK" "${2:-$dir/data/control}" 2>&1); }
valid() { awk -f "$awk_file"; }

told "status without a relay" 69 "no relay answers" status --data "$dir/data"
told "what-i-know without a folder" 66 "" what-i-know --data "$dir/data"
told "a link of nothing" 66 "R049 the relay has not run here yet" link --data "$dir/data"
told "a backup of nothing" 66 "" backup "$dir/copy" --data "$dir/data"
told "metrics without a relay" 69 "no relay answers" metrics \
    --data "$dir/data"

start_relay "$dir/data" 127.0.0.1:0 --metrics "$dir/metrics" \
    --log-level debug || exit 1
link=$relay_link
first_port=$port
person a group new Circle --name A --relay "$link"
for i in $(seq 12); do person a say "text number $i"; done
check "a group with texts" code_is 0

# --- status, what-i-know ------------------------------------------------------
data=(--data "$dir/data")
told "status" 0 "connections:" status "${data[@]}"
check "with its space" grep -qE '^used: +[0-9]+ MiB of 2048 MiB' <<<"$out"
check "and the last clearing out" shown "cleared out:"
told "status as JSON" 0 '"connections":0' status --json "${data[@]}"
check "one line, versioned" grep -qE '^\{"v":1,"version":"[0-9.]+".*\}$' \
    <<<"$out"
check "it has counted" grep -qE '"appended":1[2-9],' <<<"$out"
told "what-i-know while it runs" 0 "All that this relay holds" \
    what-i-know "${data[@]}"
live=$out
told "in Russian" 0 "Всё, что хранит" what-i-know "${data[@]}" --language ru
check "the socket is for its owner alone" \
    [ "$(stat -c '%a %F' "$dir/data/control")" = "600 socket" ]

# --- bad peers of the control socket ---------------------------------------------
talk 'frobnicate\n'
check "an unknown question" grep -q '^no 64 ' <<<"$out"
talk "$(head -c 3000 /dev/zero | tr '\0' x)"
check "a question that is too long gets no answer" [ -z "$out" ]
talk 'status\nstatus\nstatus\n'
check "one question, one answer" [ "$(grep -c '^ok ' <<<"$out")" -eq 1 ]
talk '\0\xff\n'
check "bytes that are no words" grep -q '^no 64 ' <<<"$out"
out=$("$TALK" "$dir/data/control" hold 12 5)
check "more than eight at once are sent away, $out" [ "$out" -eq 4 ]
"$TALK" "$dir/data/control" hold 8 18 >"$dir/held" &
holder=$!
sleep 0.5
person a say "said while eight hold the socket"
check "the relay serves meanwhile" code_is 0
wait "$holder"
check "and slow ones are dropped" [ "$(cat "$dir/held")" -eq 8 ]
told "then there is room again" 0 "connections:" status "${data[@]}"

# --- metrics --------------------------------------------------------------------
talk 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' "$dir/metrics"
check "GET /metrics" grep -q '^HTTP/1.1 200 OK' <<<"$out"
check "its type" shown \
    'Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8'
body=$(sed '1,/^\r*$/d' <<<"$out")
out=$(valid <<<"$body")
check "the format holds" [ $? -eq 0 ]
talk 'GET / HTTP/1.1\r\n\r\n' "$dir/metrics"
check "another place" grep -q '^HTTP/1.1 404' <<<"$out"
talk 'POST /metrics HTTP/1.1\r\n\r\n' "$dir/metrics"
check "another method" grep -q '^HTTP/1.1 405' <<<"$out"
relay metrics "${data[@]}"
check "printed once" valid <<<"$out"
check "single events do not show" shown 'pristan_relay_appended_total 0'
for fault in '/EOF/d' 's/_total 0/_total 7/' 's/reason=/channel=/' \
    's/le="+Inf"} 0/le="+Inf"} 3/' 's/^# TYPE .*uptime.*//' \
    's/pristan_relay_sessions 0/pristan_relay_sessions x/'; do
    out=$(sed "$fault" <<<"$body" | valid)
    check "the check of the format sees $fault" [ $? -ne 0 ]
done
for i in $(seq 100); do printf 'line %d\n' "$i"; done >"$dir/lines"
out=$("$PRISTAN" --profile "$dir/a" --lang en chat --group Circle 2>&1 \
    <"$dir/lines")
code=$?
check "a hundred lines of a file leave: exit code $code" code_is 0
relay metrics "${data[@]}"
check "a hundred events do" grep -qE 'appended_total 1[0-9]0$' <<<"$out"
check "and the histogram is told" \
    grep -qE 'acknowledge_seconds_count [1-9][0-9]*$' <<<"$out"
check "in a form that holds" valid <<<"$out"

# --- doctor ---------------------------------------------------------------------
at="127.0.0.1:$port"
told "doctor" 0 "this relay answers at $at" doctor "${data[@]}" --listen "$at"
check "it sees the port" grep -q "^ok  *port .*$at is listened at" <<<"$out"
told "doctor as JSON" 0 '"check":"reach","verdict":"ok"' doctor --json \
    "${data[@]}" --listen "$at"
check "one object a line" [ "$(grep -cv '^{"v":1,.*}$' <<<"$out")" -eq 0 ]
told "an address where nobody is" 1 "nobody answers" doctor "${data[@]}" \
    --listen "$at" --public 127.0.0.1:1
told "a name that is none" 1 "has no address" doctor "${data[@]}" \
    --listen "$at" --public no-such-name.invalid:443
# addresses that lead nowhere, wherever the link came from
told "a link to this machine alone" 0 "R051 the link holds an address that nobody on the internet" \
    link "${data[@]}"
check "it is printed all the same" shown "$link"
check "and which address it is" grep -q 'R051.*: 127\.0\.0\.1$' <<<"$out"
check "on standard error" [ "$("$RELAY" invite "${data[@]}" 2>/dev/null)" = "$link" ]
for host in 10.1.2.3 100.64.0.1 100.127.255.255 127.8.8.8 169.254.1.1 172.16.0.1 172.31.255.1 \
    192.0.2.2 192.168.1.1 198.19.0.1 198.51.100.7 203.0.113.9 0.0.0.0 240.0.0.1 localhost \
    '[::1]' '[::]' '[fe80::1]' '[febf::1]' '[fc00::1]' '[fd12::1]' '[2001:db8::1]' \
    '[::ffff:10.0.0.1]'; do
    told "a link to $host" 0 "R051" link "${data[@]}" --public "$host:443"
done
for host in 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.3.1 \
    192.167.0.1 198.20.0.1 203.0.114.1 relay.example.org 10.example.org '[2001:db9::1]' \
    '[2a00::1]' abc.onion; do
    told "a link to $host" 0 "pristan:" link "${data[@]}" --public "$host:443"
    check "a link to $host is warned of" one_line
done
told "doctor and a private address" 0 "it holds 127.0.0.1, which nobody on the internet can reach" \
    doctor "${data[@]}" --listen "$at"
mkdir "$dir/conf.d"
touch "$dir/conf" "$dir/conf.d/10.conf"
told "doctor names the files" 0 "files read: 2 ($dir/conf, $dir/conf.d/10.conf)" \
    doctor --config "$dir/conf" "${data[@]}" --listen "$at"
told "the disk of a folder that is not there" 0 \
    "MiB are free at $dir, where $dir/not/there/ will be made" \
    doctor --data "$dir/not/there/" --listen 127.0.0.1:0 --space-mib 64 --ballast-mib 1
check "which is not made" [ ! -e "$dir/not" ]
out=$(cd "$dir" && "$RELAY" doctor --data not/there --listen 127.0.0.1:0 2>&1)
check "and when its path is relative" shown "MiB are free at ., where not/there will be made"
default=/etc/pristan/relay.conf
if [ ! -e $default ] && [ ! -e $default.d ]; then
    out=$("$relay_itself" doctor "${data[@]}" --listen "$at" 2>&1)
    check "doctor without any" shown "no configuration file was found, neither $default nor one in"
    check "names none as read" [ "$(grep -c 'files read' <<<"$out")" -eq 0 ]
fi
mkdir -m 0755 "$dir/open"
told "a folder for everybody" 1 "chmod 0700" doctor --data "$dir/open" \
    --listen 127.0.0.1:0
mkdir -m 0500 "$dir/shut"
told "a folder that its own user cannot write in" 1 "may not use $dir/shut (mode 500)" \
    doctor --data "$dir/shut" --listen 127.0.0.1:0
told "a page that is not there" 1 "$dir/none.html cannot be read" doctor "${data[@]}" \
    --listen "$at" --web-page "$dir/none.html"
# the name of an onion service is for tor alone
told "an onion service" 0 "Name.Onion:80 is an onion service: it was not looked up" doctor \
    "${data[@]}" --listen "$at" --public Name.Onion:80
check "has no line about its address" [ "$(grep -cE '^[A-Za-z]+ +name ' <<<"$out")" -eq 0 ]
if command -v strace >/dev/null; then
    ASAN_OPTIONS=detect_leaks=0 strace -f -o "$dir/calls" -e trace=network \
        "$RELAY" doctor "${data[@]}" --listen "$at" --public name.onion:80 >"$dir/seen" 2>&1
    check "strace saw it" grep -q 'onion service' "$dir/seen"
    check "and no name server was asked" \
        [ "$(grep -cE 'onion|htons\(53\)' "$dir/calls")" -eq 0 ]
else
    echo "NO STRACE HERE: who is asked is not seen (apt-get install strace)"
fi
told "another relay's port" 1 "taken by something else" doctor \
    --data "$dir/none" --listen "$at"
# who may not look into the folder is told that, and nothing about what is in it
if [ "$(id -u)" -eq 0 ]; then
    mkdir -m 0755 "$dir/lent"
    cp "$relay_itself" "$dir/lent/relay"
    : >"$dir/lent/empty.conf"
    lent=("$dir/lent/relay" --config "$dir/lent/empty.conf")
    chmod 0711 "$dir"
    out=$(setpriv --reuid 65534 --regid 65534 --clear-groups \
        "${lent[@]}" doctor "${data[@]}" --listen "$at" 2>&1)
    code=$?
    check "doctor by somebody else: exit code $code" code_is 1
    check "it says who may" shown "as the relay's user or as root"
    check "and knows nothing of the rest" \
        [ "$(grep -cE 'none is running|from a backup|first start|taken by' <<<"$out")" -eq 0 ]
    # a socket that they see, and that refuses them: it is not as if there were none
    stranger() {
        out=$(cd /; setpriv --reuid 65534 --regid 65534 --clear-groups \
            "${lent[@]}" "$@" --listen "$at" 2>&1)
        code=$?
    }
    mkdir -m 0755 "$dir/run"
    ln "$dir/data/control" "$dir/run/control"
    stranger doctor --data "$dir/lent/none" --control "$dir/run/control"
    check "doctor at a socket that refuses: says so" grep -qE \
        "^warning +relay .*run/control is there, but refuses you: run this as" <<<"$out"
    check "and nothing else of it" [ "$(grep -cE 'R0[0-9]+|none is running|taken by' <<<"$out")" -eq 0 ]
    stranger status --data "$dir/lent/none" --control "$dir/run/control"
    check "status there: exit code $code, not 77" code_is 77
    check "says the same" shown "R029 the relay's folder or control socket refuses you"
    stranger backup /dev/null --data "$dir/lent/none" --control "$dir/run/control"
    check "backup there: exit code $code, not 77" code_is 77
    check "says the same" shown "R029 the relay's folder or control socket refuses you"
    # nor a folder of which they may see no more than that it is there
    for words in link what-i-know "backup /dev/null"; do
        stranger $words --data "$dir/data"
        check "$words of a folder that refuses: exit code $code, not 77" code_is 77
        check "$words: says as whom to ask" shown "refuses you; ask as root (sudo)"
        check "$words: and not that it is damaged" [ "$(grep -cE 'R01[0-9]' <<<"$out")" -eq 0 ]
    done
    # the same of an installed relay that nobody named
    installed() { # words...
        out=$(unshare --mount sh -c 'mount -t tmpfs none /var/lib && \
            mkdir /var/lib/pristan-relay && mount --bind "$1" /var/lib/pristan-relay && cd / && shift && exec setpriv --reuid 65534 --regid 65534 \
            --clear-groups env -u XDG_STATE_HOME -u STATE_DIRECTORY HOME=/nonexistent "$@"' \
            sh "$dir/data" "$dir/lent/relay" "$@" 2>&1)
        code=$?
    }
    if unshare --mount true 2>/dev/null; then
        for words in status link "backup /dev/null" what-i-know; do
            installed $words
            check "$words of an installed relay: exit code $code, not 77" code_is 77
            check "$words: says as whom to ask" \
                shown "ask as root (sudo) or as the relay's user: /var/lib/pristan-relay"
        done
    else
        echo "CANNOT MOUNT HERE: an installed relay is not tried"
    fi
    chmod 0700 "$dir"
else
    echo "not root: doctor by somebody else is not tried"
fi
mkdir -m 0700 "$dir/other"
(umask 077 && head -c 32 /dev/urandom >"$dir/other/relay.key")
chmod 0644 "$dir/other/relay.key"
told "a key for everybody" 1 "others may read relay.key: chmod 0600" doctor \
    --data "$dir/other" --listen 127.0.0.1:0
chmod 0600 "$dir/other/relay.key"
told "somebody else at the address" 1 "not this relay answers" doctor \
    --data "$dir/other" --listen 127.0.0.1:0 --public "$at"

# --- a copy while it runs, and moving house ---------------------------------------
told "a backup while it runs" 0 "copy is whole" backup "$dir/copy" "${data[@]}"
check "it is its owner's alone" [ "$(stat -c %a "$dir/copy")" = 600 ]
check "nothing is left in the folder" \
    [ -z "$(ls "$dir/data" | grep -i -E 'backup|part')" ]
"$RELAY" backup - "${data[@]}" --quiet >"$dir/copy2" 2>"$dir/err"
check "and to standard output" [ -s "$dir/copy2" -a ! -s "$dir/err" ]
told "a place that cannot be written" 73 "nowhere" backup \
    "$dir/nowhere/copy" "${data[@]}"
told "a backup into a folder" 73 "" backup "$dir/open" "${data[@]}"
mkfifo "$dir/pipe"
told "a pipe is not replaced by a copy" 73 "exists" backup "$dir/pipe" \
    "${data[@]}"
ln -s "$dir/elsewhere" "$dir/a-link"
told "nor a link" 73 "exists" backup "$dir/a-link" "${data[@]}"
check "both are there still" [ -p "$dir/pipe" -a -L "$dir/a-link" ]
touch "$dir/copy4.part"
chmod 666 "$dir/copy4.part"
told "a part that anybody may read" 0 "copy is whole" backup "$dir/copy4" \
    "${data[@]}"
check "holds no key" [ "$(stat -c %a "$dir/copy4")" = 600 ]
out=$(ulimit -f 8 && "$RELAY" backup "$dir/copy5" "${data[@]}" 2>&1)
code=$?
check "files may not grow: exit code $code, not 74" code_is 74
check "and no half is left" [ ! -e "$dir/copy5" -a ! -e "$dir/copy5.part" ]
told "the folder of a running relay" 73 "R039 nothing was restored" \
    restore "$dir/copy" "${data[@]}"
told "the same" 73 "holds a relay already" \
    restore "$dir/copy" "${data[@]}"
stop_relay TERM
check "nothing is said of a folder that is its own" [ "$(grep -c R052 "$dir/relay.log")" -eq 0 ]
# J-01: nothing about anyone in the log of all this, at its lowest level: after
# the link and the addresses there are sentences with codes and nothing else
j01_bare() {
    grep -vE 'listening on|^pristan:' "$1" | grep -vE \
        '^pristan-relay: R0[0-9][0-9] [^0-9]*[0-9]*[^0-9]*$' ||
        grep -oE '[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+:[0-9]+|pristan:[A-Za-z0-9_-]+' \
            <(grep -vE 'listening on|^pristan:' "$1")
}
check "j01 debug lines were written" \
    grep -q 'R008 asked through the control socket' "$dir/relay.log"
out=$(j01_bare "$dir/relay.log")
check "j01 the debug log names nobody" [ -z "$out" ]
check "the socket is gone with it" [ ! -e "$dir/data/control" ]
told "what-i-know while it is stopped" 0 "All that this relay holds" \
    what-i-know "${data[@]}"
told "a backup while it is stopped" 0 "copy is whole" backup "$dir/copy3" \
    "${data[@]}"
told "doctor while it is stopped" 0 "none is running" doctor "${data[@]}" \
    --listen 127.0.0.1:0
out=$(LD_PRELOAD="$NO_CIPHER" \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
    timeout 10 "$RELAY" run --data "$dir/unused" --listen 127.0.0.1:0 2>&1)
code=$?
check "without a cipher: exit code $code, not 70" code_is 70
check "it is the library that is told of" shown "R048 libsodium or OpenSSL"
told "a descriptor that nobody opened" 64 "no such descriptor" run \
    --ready-fd 5 --data "$dir/unused" --listen 127.0.0.1:0
mkfifo "$dir/page.pipe"
out=$(timeout 10 "$RELAY" --web-page "$dir/page.pipe" --data "$dir/unused" \
    --listen 127.0.0.1:0 2>&1)
code=$?
check "a page that is a pipe without a writer: $code" code_is 66
out=$(timeout 10 "$RELAY" --web-page /dev/zero --data "$dir/unused" \
    --listen 127.0.0.1:0 2>&1)
code=$?
check "a page without an end: exit code $code, not 66" code_is 66
start_relay "$dir/unused" 127.0.0.1:0 --ready-fd 2 || exit 1
for i in 1 2 3; do sleep 0.1; exec 7<>"/dev/tcp/127.0.0.1/$port"; exec 7>&-; done
stop_relay TERM
check "a standard descriptor stays the log's" grep -q 'R003 stopped' "$dir/relay.log"
port=$first_port
told "no words for backup" 64 "a word is missing" backup
told "restore: no such file" 66 "no such file" restore "$dir/copy9" \
    --data "$dir/new"
told "restore: no copy" 65 "no copy of a relay" restore "$dir/lines" \
    --data "$dir/new"
head -c 20000 "$dir/copy" >"$dir/short"
told "restore: a copy cut short" 65 "" restore "$dir/short" --data "$dir/new"
check "a restore that failed leaves the folder that it made" [ ! -e "$dir/new" ]
"$RELAY" restore - --data "$dir/new" <"$dir/short" >/dev/null 2>&1
check "and so does one from standard input" [ ! -e "$dir/new" ]
mkdir "$dir/new"
told "restore: into a folder that is there" 65 "" restore "$dir/short" --data "$dir/new"
check "which stays" [ -d "$dir/new" ]
rmdir "$dir/new"
told "restore: a relay is there" 73 "holds a relay already" \
    restore "$dir/copy" "${data[@]}"
check "and nothing was made" [ ! -e "$dir/new/relay.db" ]
out=$("$RELAY" restore - --data "$dir/new" <"$dir/copy2" 2>&1)
code=$?
check "restore from standard input: $code" code_is 0
check "leaves nothing else" [ ! -e "$dir/new/restore.part" ]
told "its link before it has run" 66 "R049 the relay has not run here yet" link --data "$dir/new"
if [ "$(id -u)" -eq 0 ]; then
    mkdir -m 0700 "$dir/theirs"
    chown 65534:65534 "$dir/theirs"
    told "root restores into the folder of another" 0 "" \
        restore "$dir/copy2" --data "$dir/theirs"
    check "whose it is then" [ "$(stat -c %u "$dir/theirs/relay.db" \
        "$dir/theirs/relay.key" | sort -u)" = 65534 ]
    told "doctor on that" 0 "ok       folder" doctor --data "$dir/theirs" \
        --listen 127.0.0.1:0
    chown 0 "$dir/theirs/relay.db"
    told "a file of root's in it" 1 "$dir/theirs/relay.db belongs to somebody else" doctor \
        --data "$dir/theirs" --listen 127.0.0.1:0
    told "which a relay cannot use" 74 "R010" run --data "$dir/theirs" --listen 127.0.0.1:0
    chown 65534 "$dir/theirs/relay.db"
    told "doctor and a user that is not there" 1 "no user nobody-of-this-name" doctor \
        --user nobody-of-this-name --data "$dir/theirs" --listen 127.0.0.1:0
    told "a user that is not there" 78 "cannot become the relay's user" run \
        --user nobody-of-this-name --data "$dir/theirs" --listen 127.0.0.1:0
fi
start_relay "$dir/new" "127.0.0.1:$port" || exit 1
check "the link is the same" [ "$relay_link" = "$link" ]
person a read
check "the texts are there" shown "line 100"
person a say "after moving house"
check "and it goes on" code_is 0
stop_relay KILL
chmod 0755 "$dir/new"
start_relay "$dir/new" "127.0.0.1:$port" || exit 1
check "a folder that others may look into is told of" \
    grep -q "R052 others of this machine may look into.*: $dir/new$" "$dir/relay.log"
chmod 0700 "$dir/new"
told "a socket left by a killed relay is no hindrance" 0 "connections:" \
    status --data "$dir/new"
stop_relay TERM
printf 'precious' >"$dir/file"
start_relay "$dir/new" "127.0.0.1:$port" --control "$dir/no/control" \
    --metrics "$dir/no/metrics" || exit 1
check "without folders for its sockets it runs" logged R001
check "and says so" [ "$(grep -cE 'R023|R024' "$dir/relay.log")" -eq 2 ]
stop_relay TERM
start_relay "$dir/new" "127.0.0.1:$port" --control "$dir/file" || exit 1
check "a file in the socket's place stays" [ "$(cat "$dir/file")" = precious ]
check "and that is told" grep -q R023 "$dir/relay.log"
stop_relay TERM
told "metrics for the network are refused" 64 "127.0.0.1:PORT" --metrics \
    0.0.0.0:9464 --data "$dir/new"

end
