#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# F-07: the disk of a profile is full. One clear line, exit code 74, nothing lost.
. "$(dirname "$0")/lib.sh"

small_disk 3m "$@"

start_relay "$dir/relay" 127.0.0.1:0 || exit 1
person small/a group new Circle --name A --relay "$relay_link"
check "a group on a small disk" code_is 0
person small/a say "before"
check "a text before" code_is 0
dd if=/dev/zero of="$dir/small/filler" bs=4096 2>/dev/null
refuses "a full disk" 74 "disk" small/a say "while it is full"
rm "$dir/small/filler"
person small/a say "after"
check "a text after" code_is 0
person small/a read
check "what was said before is there" shown "before"
check "what is said after is there" shown "after"
check "what was refused was not half sent" \
    bash -c "! grep -q 'while it is full' <<<'$out'"
stop_relay TERM
end
