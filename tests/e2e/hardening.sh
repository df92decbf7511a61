#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# K-02, K-04: what people run is hardened and has no doors for tests, nor the
# crypto of the fuzz targets; and a program that has one is refused.
set -uo pipefail
release=${PRISTAN_RELEASE:-}
if [ -z "$release" ] || [ ! -x "$release/client/pristan" ]; then
    echo "NO RELEASE BUILD HERE: skipped (./dev test makes one)"
    exit 77
fi
hardening="$(dirname "$0")/../../tools/hardening"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }

if "$hardening" "$release/client/pristan" "$release/server/pristan-relay"; then
    ok
else
    bad "what people run"
fi
for door in mem_fail_at random_seed null_crypto_marker; do
    objcopy --add-symbol "$door=.text:0,global" "$release/client/pristan" \
        "$work/pristan" || bad "objcopy $door"
    if "$hardening" "$work/pristan" >"$work/said" 2>&1; then
        bad "k04: a program with $door is let through"
    else
        ok
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
