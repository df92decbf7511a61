#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# B-05: the relay's disk has no byte left. Writers are refused, readers are served; a relay that
# is killed there starts again there, and one that stops loses nothing.
. "$(dirname "$0")/lib.sh"

small_disk 8m "$@"

again() { start_relay "$dir/small/relay" "$listen" --ballast-mib 1; }

start_relay "$dir/small/relay" 127.0.0.1:0 --ballast-mib 1 || exit 1
listen=127.0.0.1:$port
person a group new Circle --name A --relay "$relay_link"
person a link new --uses 1
person b knock "$(link_of)" --name b
person a approve b
check "b is let in" code_is 0
person a say "before it was full"
check "a text before" code_is 0

dd if=/dev/zero of="$dir/small/filler" bs=1024 2>/dev/null
person a --timeout 5 say "while it is full"
check "a text on a full disk: exit code $code" code_is 75
check "the operator is not told that it is full" logged_soon R031
told "doctor" 1 "it is running, but refuses writers" doctor --data "$dir/small/relay" \
    --listen "$listen"
told "status" 0 "the last writer was refused, the next one who is not ends this" status \
    --data "$dir/small/relay"
told "a backup" 73 "no room on the disk" backup "$dir/copy" --data "$dir/small/relay"
check "which the log tells in words, too" logged 'R038 .*no room on the disk'
told "doctor where a relay is to be" 1 "free some" doctor --data "$dir/small/other" \
    --listen 127.0.0.1:0
check "sees no other fault in it" [ "$(grep -c 'restore a backup' <<<"$out")" -eq 0 ]
person b read
check "a reader gets nothing on a full disk" shown "before it was full"

stop_relay KILL
check "a relay that was killed does not start on a full disk" again
person b read
check "a reader gets nothing after that" shown "before it was full"
stop_relay TERM
check "a relay does not stop on a full disk: $relay_status" [ "$relay_status" -eq 0 ]
check "a relay that stopped does not start on a full disk" again

rm "$dir/small/filler"
person a --timeout 20 say "after it was full"
check "a text after" code_is 0
told "status when there is room again" 0 "connections:" status --data "$dir/small/relay"
check "is not full" [ "$(grep -c FULL <<<"$out")" -eq 0 ]
person b read
check "what came after is not there" shown "after it was full"
stop_relay TERM
check "the relay does not stop: $relay_status" [ "$relay_status" -eq 0 ]
end
