#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# J-09, J-06: a client behind a SOCKS5 proxy, as Tor is one. The name of the relay goes
# to the proxy and to nobody else, and each connection has a name of its own there.
. "$(dirname "$0")/lib.sh"
: "${SOCKS:?}"
onion=abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion
start_proxy() { # method: sets proxy; its lines go to $dir/proxy.METHOD
    "$SOCKS" "$1" "$port" >"$dir/proxy.$1" 2>&1 &
    cleanup+=("kill -KILL $!")
    proxy=socks5h://127.0.0.1:$(first_line "$dir/proxy.$1")
}
start_relay "$dir/relay" 127.0.0.1:0 --public "$onion:80" || exit 1
start_proxy name
person a group new Circle --name A --relay "$relay_link" --proxy "$proxy"
check "a group by the proxy" code_is 0
person a link new --proxy "$proxy"
join=$(link_of)
person b knock "$join" --name B --proxy "$proxy"
check "a knock" code_is 0
person a approve B --proxy "$proxy"
export PRISTAN_PROXY=$proxy
person a say "through the proxy"
person b read
check "what was said arrives, the proxy being in the environment" \
    shown "through the proxy"
unset PRISTAN_PROXY
sed 1d "$dir/proxy.name" >"$dir/asked"
check "the proxy was asked for the name" grep -q " $onion 80\$" "$dir/asked"
check "and for nothing else" bash -c "! grep -qv ' $onion 80\$' '$dir/asked'"
check "each connection has a name of its own" \
    [ "$(cut -d' ' -f1,2 "$dir/asked" | sort | uniq -d | wc -l)" -eq 0 ]
check "names tell nothing" \
    bash -c "! grep -qvE '^[a-p]{16} [a-p]{16} ' '$dir/asked'"
echo "$(wc -l <"$dir/asked") connections"

if ! command -v strace >/dev/null; then
    echo "NO STRACE HERE: calls are not looked at (apt-get install strace)"
elif [ "$(id -u)" -ne 0 ]; then # it may not read the client's memory, where addresses are
    echo "NO ROOT HERE: whom the client calls is not looked at (run this as root)"
else
    strace -f -o "$dir/calls" -e trace=connect,sendto,sendmsg,openat \
        "$PRISTAN" --profile "$dir/b" --proxy "$proxy" read >/dev/null 2>&1 </dev/null
    check "the trace saw the proxy" grep -q "htons(${proxy##*:})" "$dir/calls"
    out=$(grep -E 'sin6?_port=' "$dir/calls" | grep -v "htons(${proxy##*:})")
    check "somebody else was called" [ -z "$out" ]
    out=$(grep -E 'resolv.conf|nsswitch|/etc/hosts|nscd' "$dir/calls")
    check "a resolver was asked" [ -z "$out" ]
fi

start_proxy none
person a read --proxy "$proxy"
check "a proxy that wants no name" code_is 0
for method in refuse nonsense silent cut odd flood; do
    start_proxy "$method"
    refuses "a proxy that says: $method" 69 "cannot be reached" \
        a read --proxy "$proxy" --timeout 2
done
person a read --timeout 2
check "without the proxy the name leads nowhere: $code" [ "$code" -ne 0 ]
for bad in socks5://127.0.0.1:9050 socks5h://localhost:9050 socks5h://127.0.0.1 \
    socks5h://127.0.0.1:0 socks5h://127.0.0.1:99999 socks5h://:9050 \
    socks5h://::1:9050 socks5h://[127.0.0.1]:9050 socks5h://name:word@127.0.0.1:9050 nothing; do
    refuses "$bad" 64 "socks5h://" a read --proxy "$bad"
done
stop_relay TERM
end
