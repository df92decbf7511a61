#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# K-02, K-04: what people run is hardened and has no doors for tests.
set -uo pipefail
release=${PRISTAN_RELEASE:-}
if [ -z "$release" ] || [ ! -x "$release/client/pristan" ]; then
    echo "NO RELEASE BUILD HERE: skipped (./dev test makes one)"
    exit 77
fi
if "$(dirname "$0")/../../tools/hardening" \
    "$release/client/pristan" "$release/server/pristan-relay"; then
    echo "1 passed, 0 failed"
else
    echo "0 passed, 1 failed"
    exit 1
fi
