#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The directions of the house, as the compiler sees them: every header compiles alone, and
# what a target does not link it cannot include. Wants CC, and INCLUDES, the folder where
# CMake wrote the include path of each target (NAME) and of its users (NAME.shown).
set -uo pipefail
: "${CC:?}" "${INCLUDES:?}"
cd "$(dirname "$0")/../.." || exit 1
passed=0
failed=0
judge() { # whether it went as wanted, what
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$2"
    fi
}
compiles() { # include path, header, more options
    local path=() dir
    while IFS= read -r dir; do
        [ -z "$dir" ] || path+=(-isystem "$dir")
    done < <(tr ';' '\n' <"$INCLUDES/$1")
    printf '#include "%s"\n' "$2" |
        $CC -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror \
            -fsyntax-only "${path[@]}" "${@:3}" -x c - 2>"$INCLUDES/errors"
}
alone() { # include path, header, more options
    compiles "$@"
    judge $? "$2 does not compile alone: $(head -2 "$INCLUDES/errors")"
}
never() { # target, headers...
    local target=$1 header
    shift
    compiles "$target" base/bytes.h # else a broken path would pass all
    judge $? "$target cannot include base/bytes.h"
    for header; do
        ! compiles "$target" "$header" &&
            grep -qE "$header'? *(file not found|:? ?No such file)" "$INCLUDES/errors"
        judge $? "$target can include $header"
    done
}

for header in include/*/*.h; do
    library=${header#include/}
    alone "${library%%/*}.shown" "${header#include/}"
done
while read -r target folder; do
    for header in "$folder"/*.h; do
        [ ! -e "$header" ] || alone "$target" "$header" -I. -iquote "$folder"
    done
done <<'END'
base lib/base
crypto lib/crypto
transport lib/transport
wire lib/wire
mls lib/mls
relay server/core
relay_store server/store
pristan-relay server/uv
client client/core
client_store client/store
tui client/tui
pristan client/uv
END

never base crypto/dh.h transport/link.h wire/request.h mls/group.h
never crypto transport/link.h wire/request.h mls/group.h relay/relay.h
never transport wire/request.h mls/group.h relay/relay.h client/client.h
never wire crypto/dh.h transport/link.h mls/group.h relay/relay.h client/client.h
never mls transport/link.h wire/request.h relay/relay.h client/client.h
never relay mls/group.h client/client.h tui/app.h
never relay_store mls/group.h transport/link.h wire/request.h client/client.h
never pristan-relay mls/group.h wire/request.h client/client.h tui/app.h
never client relay/relay.h client_store/profile.h tui/app.h
never client_store mls/group.h transport/link.h wire/request.h tui/app.h
never tui crypto/dh.h mls/group.h transport/link.h wire/request.h \
    client_store/profile.h relay/relay.h
never pristan mls/group.h wire/request.h transport/link.h relay/relay.h

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
