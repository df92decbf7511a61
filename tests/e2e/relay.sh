#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The relay as its operator meets it.
. "$(dirname "$0")/lib.sh"

out=$("$RELAY" --help)
code=$?
check "--help" code_is 0
check "--help names its options" shown "--listen"
out=$("$RELAY" --version)
code=$?
check "--version" code_is 0
check "--version, first line" grep -qE '^pristan-relay [0-9]+\.[0-9]+\.[0-9]+$' \
    <<<"$out"
out=$("$RELAY" --frobnicate 2>&1)
code=$?
check "an unknown option: exit code $code" code_is 64
out=$("$RELAY" --data "$dir/relay" --listen nowhere 2>&1)
code=$?
check "a listen address that is none: exit code $code" code_is 64

start_relay "$dir/relay" 127.0.0.1:0 || exit 1
first=$relay_link
check "the first start prints a link" [ -n "$first" ]
check "the key is readable by its owner only" \
    [ -z "$(find "$dir/relay" -type f -perm /077)" ]
out=$("$RELAY" --data "$dir/relay" --listen 127.0.0.1:0 2>&1)
code=$?
check "two relays on one folder: the second refuses, not $code" \
    [ "$code" -ne 0 ]
check "and says why" one_line 2
check "and the first goes on" kill -0 "$relay_pid"

# a browser, a scanner and a stranger meet a web server
out=$(exec 3<>"/dev/tcp/127.0.0.1/$port" &&
    printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&3 && timeout 3 head -1 <&3)
check "plain GET" shown "HTTP/1.1 200"
out=$(exec 3<>"/dev/tcp/127.0.0.1/$port" &&
    printf 'SSH-2.0-OpenSSH_9.2\r\n\r\n' >&3 && timeout 3 head -1 <&3)
check "an SSH banner" shown "HTTP/1.1 400"
stop_relay TERM
check "SIGTERM: exit code $relay_status" [ "$relay_status" -eq 0 ]
start_relay "$dir/relay" "127.0.0.1:$port" --connections 3000 || exit 1
check "a24: the table of descriptors need not grow with connections" \
    [ "$(sed -n 's/^FDSize:\t//p' "/proc/$relay_pid/status")" -ge 3000 ]
check "the second start has the same key" \
    [ "$(cut -c1-50 <<<"$relay_link")" = "$(cut -c1-50 <<<"$first")" ]
stop_relay INT
check "SIGINT: exit code $relay_status" [ "$relay_status" -eq 0 ]
check "nothing about people is in its log" \
    bash -c "! grep -qE '127\.0\.0\.1:[0-9]+ *(connected|->)' '$dir/relay.log'"
out=$("$RELAY" what-i-know --data "$dir/relay" 2>&1)
code=$?
check "what-i-know: exit code $code" code_is 0

# P1: the relay neither links nor holds anything of MLS
out=$(nm -C "$relay_itself" 2>/dev/null | grep -E ' mls_' | head -3)
check "the relay holds MLS code" [ -z "$out" ]
# its sealing is OpenSSL's; of OpenSSL it has that and no TLS
needed=$(readelf -dW "$relay_itself" | grep NEEDED)
check "the relay links libcrypto" grep -q 'libcrypto\.so' <<<"$needed"
check "the relay links no libssl" bash -c "! grep -q 'libssl' <<<'$needed'"
check "the relay fetches a cipher" bash -c "nm '$relay_itself' | grep -q ' EVP_CIPHER_fetch'"
check "a person's program does not" bash -c "! nm '$PRISTAN' | grep -q ' EVP_CIPHER_fetch'"
check "nm sees its symbols" bash -c "nm '$relay_itself' | grep -q ' relay_feed_bytes'"
end
