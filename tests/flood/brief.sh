#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Each flood, small and short: closing, memory, descriptors, recovery, and that nothing
# of the other clients is lost. Latency is ./dev flood's business. Memory is judged on
# what people run, if PRISTAN_RELEASE says where that is.
#
#     brief.sh [SCENARIO...]
set -euo pipefail
: "${FLOOD:?}" "${RELAY:?}"
export ASAN_OPTIONS=detect_leaks=0
release=${PRISTAN_RELEASE:+$PRISTAN_RELEASE/server/pristan-relay}
if [ -n "$release" ] && [ -x "$release" ]; then
    exec "$FLOOD" --relay "$release" --brief --seconds 2 --connections 10000 "$@"
fi
exec "$FLOOD" --relay "$RELAY" --brief --any-memory --seconds 2 --connections 300 "$@"
