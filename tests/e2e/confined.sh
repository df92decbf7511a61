#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The relay as people run it, with Landlock and seccomp in force, does all that the
# sanitized one does. Its own tests see that nothing more is allowed.
set -uo pipefail
here=$(dirname "$0")
release=${PRISTAN_RELEASE:-}
if [ ! -x "$release/server/pristan-relay" ]; then
    echo "NO RELEASE BUILD HERE: skipped (./dev test makes one)"
    exit 77
fi
export PRISTAN=$release/client/pristan RELAY=$release/server/pristan-relay
status=0
for name in relay operator; do
    "$here/$name.sh" || status=1
done
. "$here/lib.sh"
# a container may have a filter of its own
filters() { sed -n 's/^Seccomp_filters:.\([0-9]*\)$/\1/p' "/proc/$1/status"; }
around=$(filters self)
start_relay "$dir/data" 127.0.0.1:0
about=$(cat "/proc/$relay_pid/status")
check 'there is a system call filter' grep -q '^Seccomp:.2$' <<<"$about"
check 'of its own' [ "$(filters "$relay_pid")" -eq $((around + 1)) ]
check 'nothing new may be gained' grep -q '^NoNewPrivs:.1$' <<<"$about"
check 'no capability is left' grep -q '^CapPrm:.0*$' <<<"$about"
check 'nor one that can be used' grep -q '^CapEff:.0*$' <<<"$about"
stop_relay TERM
check 'it stops in an orderly way' [ "$relay_status" -eq 0 ]
start_relay "$dir/data" 127.0.0.1:0 --no-sandbox
check 'it runs without, by a flag' [ "$(filters "$relay_pid")" -eq "$around" ]
stop_relay TERM

# a file that is named from where it was started: what a reload reads is within reach
mkdir -p "$dir/conf.d" "$dir/relay.conf.d" "$dir/below"
printf '[retention]\nmessage-days = 5\n' >"$dir/relay.conf"
reloaded() { # the folder it starts in, the file as named there
    cd "$1" || return 1
    start_relay "$dir/data" 127.0.0.1:0 --config "$2"
    cd - >/dev/null || return 1
    printf '[network]\nweb-page = %s\n' "${2%relay.conf}page.html" \
        >"$dir/relay.conf.d/page.conf"
    printf '<p>mine</p>' >"$dir/page.html.new"
    mv "$dir/page.html.new" "$dir/page.html"
    sed 's/5/6/' "$dir/relay.conf" >"$dir/relay.conf.new"
    mv "$dir/relay.conf.new" "$dir/relay.conf"
    kill -HUP "$relay_pid"
    for _ in $(seq 100); do
        grep -qE 'R00[45]' "$dir/relay.log" && break
        sleep 0.1
    done
    out=$(cat "$dir/relay.log")
    stop_relay TERM
    rm "$dir/relay.conf.d/page.conf" "$dir/page.html"
    sed -i 's/6/5/' "$dir/relay.conf"
    shown 'R004 the configuration was read again; taken over: web-page, message-days'
}
check 'a configuration file in . is read again' reloaded "$dir" relay.conf
check 'and one beside it' reloaded "$dir/below" ../relay.conf
check 'and one named in full' reloaded "$dir/below" "$dir/relay.conf"
[ "$status" -eq 0 ] || fail 'the confined relay fails a test'
end
