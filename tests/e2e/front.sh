#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The relay behind a real nginx and a real caddy with TLS, and tor's check of its settings:
# each with exactly what stands in docs/FRONTS.md, ports and paths replaced.
. "$(dirname "$0")/lib.sh"
: "${SOCKS:?}"
manual=$(dirname "$0")/../../docs/FRONTS.md
PATH=$PATH:/usr/sbin
skipped=0
there() { # program, package
    command -v "$1" >/dev/null && return
    echo "NO ${1^^} HERE: its part is skipped (apt-get install $2)"
    skipped=$((skipped + 1))
    return 1
}
block() { # name: the part of the manual fenced with it
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$manual" | sed '1d;$d'
}
free_port() {
    local p
    for _ in $(seq 50); do
        p=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
    done
}
wait_for() { # port
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.1
    done
    return 1
}
started=()
start() { # log, words...
    "${@:2}" >"$1" 2>&1 </dev/null &
    started+=($!)
    cleanup+=("kill -KILL $!")
}
stop_all() {
    local pid
    for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null; done
    started=()
    cleanup=()
}

if ! command -v openssl >/dev/null; then
    echo "NO OPENSSL HERE: skipped (apt-get install openssl)"
    exit 77
fi
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -keyout "$dir/key.pem" -out "$dir/cert.pem" -subj /CN=relay.example.org \
    -addext subjectAltName=DNS:relay.example.org 2>"$dir/openssl.err" ||
    { cat "$dir/openssl.err"; exit 1; }
mkdir "$dir/www" "$dir/tmp"
echo '<html><body>the site of the front</body></html>' >"$dir/www/index.html"

# One request over TLS to the front; sets out.
ask_front() { # request
    out=$(printf '%s' "$1" | timeout 3 openssl s_client -quiet \
        -connect "127.0.0.1:$front" -servername relay.example.org 2>/dev/null)
}
upgrade=$'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
upgrade+=$'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

# A conversation, the front being up at $front; who is a prefix for its people, and where
# the relay is for them.
talk() { # who, public
    local who=$1
    stop_relay TERM
    start_relay "$dir/relay" "127.0.0.1:$port" --public "wss://$2" || exit 1
    person "$who-a" group new Circle --name A --relay "$relay_link"
    check "$who: a group" code_is 0
    person "$who-a" desk open Desk
    ask=$(link_of)
    person "$who-a" link new
    join=$(link_of)
    person "$who-b" knock "$join" --name B
    check "$who: a knock" code_is 0
    person "$who-a" approve B
    check "$who: approve" code_is 0
    person "$who-a" say "through $who"
    person "$who-b" read
    check "$who: what was said arrives" shown "through $who"
    person "$who-c" ask "$ask" "help through $who"
    check "$who: ask" code_is 0
    person "$who-b" cases
    check "$who: the request arrives" shown "help through $who"
}
# What doctor cannot see behind TLS it says, and the words it gives for a client are
# tried as they stand.
doctored() { # the exit code that the client is to have
    local words
    out=$("$RELAY" doctor --data "$dir/relay")
    check "doctor says what it did not check" grep -qE \
        '^warning +reach .* behind TLS it was not checked whether' <<<"$out"
    words=$(grep -o 'pristan --profile check [^,]*LINK' <<<"$out")
    check "doctor names a way to check it" [ -n "$words" ]
    words=${words/LINK/$relay_link}
    out=$(cd "$dir" && eval "'$PRISTAN' ${words#pristan } --timeout 5" \
        2>&1 </dev/null)
    code=$?
    check "as a client sees it: exit code $code, not $1" code_is "$1"
    out=$("$RELAY" doctor --data "$dir/relay" | grep -o 'pristan --profile [^;]*yes')
    (cd "$dir" && eval "'$PRISTAN' ${out#pristan }" >/dev/null 2>&1 </dev/null)
    check "and nothing of it is left" [ ! -e "$dir/check/state.db" ]
}
strangers() { # who: they see the front's site
    local who=$1
    ask_front $'GET / HTTP/1.1\r\nHost: relay.example.org\r\nConnection: close\r\n\r\n'
    check "$who: the site" shown "the site of the front"
    ask_front $'GET /x HTTP/1.1\r\nHost: relay.example.org\r\nConnection: close\r\n\r\n'
    site=$out
    check "$who: 404" grep -q '^HTTP/1.1 404' <<<"$out"
    ask_front $'GET /x HTTP/1.1\r\nHost: relay.example.org\r\n'"$upgrade"$'\r\n'
    check "$who: an upgrade of a stranger: 404" grep -q '^HTTP/1.1 404' <<<"$out"
    check "$who: the same server says it" \
        [ "$(grep -i '^Server' <<<"$out")" = "$(grep -i '^Server' <<<"$site")" ]
    check "$who: with the same words" \
        [ "$(sed '1,/^\r*$/d' <<<"$out")" = "$(sed '1,/^\r*$/d' <<<"$site")" ]
}

start_relay "$dir/relay" 127.0.0.1:0 || exit 1
# any name leads to the front by this proxy, as in a world where it has that name
start_names() {
    start "$dir/names" "$SOCKS" none "$front"
    for _ in $(seq 100); do
        [ -s "$dir/names" ] && break
        sleep 0.05
    done
    export PRISTAN_PROXY=socks5h://127.0.0.1:$(head -1 "$dir/names")
}
at() { # the manual's names for ports and paths replaced
    sed "s|127.0.0.1:8443|127.0.0.1:$port|; s|/var/www/html|$dir/www|
        s|/etc/letsencrypt.*fullchain.pem|$dir/cert.pem|
        s|/etc/letsencrypt.*privkey.pem|$dir/key.pem|
        s|/var/lib/tor/pristan|$dir/onion|"
}

if there nginx nginx-light; then
    front=$(free_port)
    {
        echo "daemon off; master_process off; pid $dir/nginx.pid;"
        echo "error_log $dir/nginx.log; events { worker_connections 200; }"
        echo "http { types { text/html html; }"
        for what in client_body proxy fastcgi uwsgi scgi; do
            echo "${what}_temp_path $dir/tmp;"
        done
        block nginx | at | sed "s/listen 443 ssl/listen 127.0.0.1:$front ssl/
            /listen \[::\]:443/d"
        echo "}"
    } >"$dir/nginx.conf"
    nginx -v
    start "$dir/nginx.out" nginx -p "$dir" -c "$dir/nginx.conf"
    if wait_for "$front"; then
        talk nginx-by-address "127.0.0.1:$front"
        doctored 0
        start_names
        talk nginx relay.example.org:443
        unset PRISTAN_PROXY
        strangers nginx
    else
        cat "$dir/nginx.out"
        fail "nginx does not start"
    fi
    check "nginx logs nobody" bash -c "! grep -q 127.0.0.1 '$dir/nginx.log'"
    stop_all
fi
if there caddy caddy; then
    front=$(free_port)
    {
        own="\tadmin off\n\tauto_https off\n\tstorage file_system $dir/caddy"
        block caddy | at | sed "1s|^{|{\n$own|
            s|^relay.example.org {|https://relay.example.org:$front {\n\tbind 127.0.0.1\n\ttls $dir/cert.pem $dir/key.pem|"
    } >"$dir/Caddyfile"
    echo "caddy $(caddy version)"
    start "$dir/caddy.out" env HOME="$dir" caddy run --config "$dir/Caddyfile" \
        --adapter caddyfile
    if wait_for "$front"; then
        start_names
        talk caddy relay.example.org:443
        unset PRISTAN_PROXY
        strangers caddy
    else
        cat "$dir/caddy.out"
        fail "caddy does not start"
    fi
    check "caddy logs nobody" bash -c "! grep -q 'remote_ip' '$dir/caddy.out'"
    stop_all
fi
if there tor tor; then
    { block torrc | at; echo "DataDirectory $dir/tor"; } >"$dir/torrc"
    tor --version | head -1
    mkdir -m 700 "$dir/onion" "$dir/tor"
    out=$(timeout 30 tor --verify-config -f "$dir/torrc" --defaults-torrc /dev/null 2>&1)
    code=$?
    check "tor takes the settings" code_is 0
    check "tor warns of nothing" bash -c "! grep -q 'Unrecognized' <<<'${out//\'/}'"
fi
# a link that promises TLS where there is none; and it is kept over a restart
stop_relay TERM
start_relay "$dir/relay" "127.0.0.1:$port" --public "wss://127.0.0.1:$port" || exit 1
out=$("$RELAY" link --data "$dir/relay" 2>&1)
check "the link is the same without the option" shown "$relay_link"
person nobody group new X --name N --relay "$relay_link" --timeout 2
check "TLS where there is none: exit code $code" code_is 75
check "TLS where there is none" shown "cannot be reached"
doctored 75
out=$("$RELAY" --data "$dir/other" --listen wss://127.0.0.1:0 2>&1)
code=$?
check "a relay speaks no TLS itself: exit code $code" code_is 64
stop_relay TERM
check "there was a front" [ "$passed" -gt 0 ]
[ "$skipped" -lt 3 ] || exit 77
end
