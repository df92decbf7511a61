#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# What the operator writes: files, environment, options, and their mistakes.
. "$(dirname "$0")/lib.sh"

conf=$dir/relay.conf
# what, line number or nothing, text, the file's content
mistake() {
    local what=$1 line=$2 text=$3
    printf '%b' "$4" >"$conf"
    told "$what" 78 "$text" --config "$conf" --check-config
    check "$what: file and line" shown "$conf${line:+:$line}:"
    told "$what, at the start" 78 "$text" run --config "$conf" \
        --data "$dir/none"
    check "$what: nothing was started" [ ! -e "$dir/none" ]
}
value_is() { # key, value
    out=$(sed -n "s/^#\?$1 = \(.*[^ ]\)  *; .*/\1/p" <<<"$out")
    check "$1 is '$out', not '$2'" [ "$out" = "$2" ]
}

# --- every mistake, with its place ------------------------------------------
mistake "an unknown key" 2 "there is no key message-day" \
    '[retention]\nmessage-day = 3\n'
mistake "a key before any section" 1 "belongs to the section [retention]" \
    'message-days = 3\n'
mistake "a key in another section" 2 "belongs to the section [retention]" \
    '[network]\nmessage-days = 3\n'
mistake "an unknown section" 1 "no section [retentoin]" \
    '[retentoin]\nmessage-days = 3\n'
mistake "a section twice" 5 "is there already" \
    '[retention]\nmessage-days = 3\n\n[network]\n[retention]\nblob-days = 3\n'
mistake "a key twice" 3 "twice" \
    '[retention]\nmessage-days = 3\nmessage-days = 4\n'
mistake "a number that is none" 2 "'3d' is not" \
    '[retention]\nmessage-days = 3d\n'
mistake "a number with a sign" 2 "'-1' is not" '[retention]\nblob-days = -1\n'
mistake "no days at all" 2 "from 1 to 3650 (days)" \
    '[retention]\nmessage-days = 0\n'
mistake "a number over 64 bits" 2 "from 1 to" \
    '[storage]\nspace-mib = 18446744073709551617\n'
mistake "no value" 2 "'' is not" '[retention]\nmessage-days =\n'
mistake "a line without an equals sign" 2 "key = value" \
    '[retention]\nmessage-days\n'
mistake "a line that is too long" 2 "longer than" \
    "[relay]\ndata = /$(printf '%0300d' 0)\n"
mistake "a level that is none" 2 "error, warning, notice, info or debug" \
    '[relay]\nlog-level = loud\n'
mistake "a name to listen at" 2 "'localhost:80' is not" \
    '[network]\nlisten = localhost:80\n'
mistake "an address to listen at twice" 3 "listen has the same address twice; keep one" \
    '[network]\nlisten = 127.0.0.1:8443\nlisten = 127.0.0.1:8443\n'
mistake "twice in one line, in two spellings" 2 "listen has the same address twice" \
    '[network]\nlisten = [::1]:8443, [0:0::1]:8443\n'
mistake "an address in the link twice" 3 "public has the same address twice" \
    '[network]\npublic = Relay.example:443\npublic = relay.example:443\n'
mistake "IPv6 without brackets" 2 "IPv6 in brackets" \
    '[network]\nlisten = ::1:80\n'
mistake "a port that is none" 2 "65535" '[network]\nlisten = 127.0.0.1:65536\n'
mistake "a public address without a port" 2 "'example.org' is not" \
    '[network]\npublic = example.org\n'
mistake "a public address with a path" 2 "'example.org/x:443' is not" \
    '[network]\npublic = example.org/x:443\n'
mistake "a path in quotes" 2 "without quotes" '[relay]\ndata = "/nowhere"\n'
mistake "metrics at no port" 2 "'127.0.0.1:0' is not" '[relay]\nmetrics = 127.0.0.1:0\n'
mistake "a user without a name" 2 "user must be the name of a user" '[relay]\nuser =\n'
mistake "bytes that a terminal would obey" 2 "no key ?[2Jx" '[relay]\n\033[2Jx = 1\n'
mistake "nine places to listen at" 10 "at most 8" \
    "[network]\n$(for i in $(seq 9); do printf 'listen = 127.0.0.1:%d\\n' "$i"
    done)"
mistake "an option of one call as a key" 2 "there is no key check-config" \
    '[relay]\ncheck-config = yes\n'
printf '[retention]\nmessage-days = 0\nnope = 1\nblob-days = x\n' >"$conf"
relay --config "$conf" --check-config
check "all mistakes are told, not only the first" \
    [ "$(grep -c R050 <<<"$out")" -eq 3 ]

printf '[storage]\nspace-mib = 8\n' >"$conf"
told "more ballast than space" 78 \
    "$conf:2: space-mib makes no sense: ballast-mib (16) has to be smaller than space-mib (8)" \
    --config "$conf" --check-config

mkdir "$conf.d"
printf '[retention]\nmessage-days = 3\n' >"$conf"
printf '[retention]\nfrobnicate = 3\n' >"$conf.d/20-own.conf"
told "a mistake in a drop-in" 78 "$conf.d/20-own.conf:2:" --config "$conf" \
    --check-config
rm "$conf.d/20-own.conf"
told "no mistake" 0 "" --config "$conf" --check-config
check "no mistake is no word" [ -z "$out" ]
told "a file that is not there" 66 "cannot be opened" --config "$dir/no.conf" \
    --check-config
told "a folder for a file" 78 "not a file" --config "$dir" --check-config
mkdir "$dir/deep" && chmod 0 "$dir/deep"
[ "$(id -u)" -eq 0 ] || told "a file that may not be read" 78 \
    "cannot be opened" --config "$dir/deep/x" --check-config
PRISTAN_RELAY_MESSAGE_DAYS=x told "a mistake in the environment" 78 \
    "PRISTAN_RELAY_MESSAGE_DAYS" config
PRISTAN_RELAY_MESAGE_DAYS=3 told "a variable that is no setting" 78 \
    "no setting belongs" config

# --- words ----------------------------------------------------------------------
told "an unknown command" 64 "no such command" frobnicate
told "an unknown option" 64 "no such option" --frobnicate
told "a short option" 64 "two hyphens" -d /
told "an option without its value" 64 "needs a value" --data
told "an option's bad value" 64 "from 1 to 3650" --message-days 0
told "a switch's bad value" 64 "yes or no" --quiet=maybe
told "one word too many" 64 "too many" link now
told "an option of another command" 64 "does not belong" link --ready-fd 3
told "a word that config does not know" 64 "config example" config nonsense
for i in $("$RELAY" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
    told "help of $i" 0 "Usage: pristan-relay" "$i" --help
done

# --- which one counts -------------------------------------------------------------
printf '[retention]\nmessage-days = 3 ; three\n[network]\nlisten = %s\n%s\n' \
    127.0.0.1:1 '  127.0.0.1:2' >"$conf"
printf '[retention]\nmessage-days = 4\nblob-days = 5\n' >"$conf.d/10-a.conf"
printf '[retention]\nmessage-days = 6\n[network]\nlisten = [::1]:3\n' \
    >"$conf.d/20-b.conf"
printf 'not read' >"$conf.d/README"
relay --config "$conf" config show
value_is message-days 6
relay --config "$conf" config show
value_is blob-days 5
relay --config "$conf" config show
check "and its origin" shown "; $conf.d/10-a.conf:3"
check "defaults are told" grep -qE '^letter-days = 3  *; default$' <<<"$out"
value_is listen "[::1]:3"
rm "$conf.d/20-b.conf"
relay --config "$conf" config show
value_is listen "127.0.0.1:1 127.0.0.1:2"
export PRISTAN_RELAY_MESSAGE_DAYS=7
relay --config "$conf" config show
check "a variable's origin" shown "; PRISTAN_RELAY_MESSAGE_DAYS"
value_is message-days 7
relay config show --config "$conf" --message-days 8 --message-days=9
check "an option's origin" shown "; --message-days"
value_is message-days 9
unset PRISTAN_RELAY_MESSAGE_DAYS
PRISTAN_RELAY_LISTEN="127.0.0.1:4,127.0.0.1:5" relay --config "$conf" config
value_is listen "127.0.0.1:4 127.0.0.1:5"
relay --config "$conf" config show --json
check "as JSON" shown \
    '{"section":"retention","key":"message-days","value":"4","origin":"'
check "one object, versioned" grep -q '^{"v":1,.*}$' <<<"$out"

# --- what is printed can be read again ----------------------------------------
relay --config "$conf" config show
before=$out
sed 's/ *;.*//' <<<"$before" >"$dir/shown.conf"
relay --config "$dir/shown.conf" config show
check "what is shown, read again, is the same" \
    [ "$(sed 's/ *;.*//' <<<"$out")" = "$(sed 's/ *;.*//' <<<"$before")" ]
"$RELAY" config example >"$dir/example.conf"
told "the example file has no mistake" 0 "" --config "$dir/example.conf" \
    --check-config
check "and sets nothing" bash -c "! grep -q '^[a-z]' '$dir/example.conf'"
# every key at its default, once the # is gone
sed 's/^#\([a-z-]* = [^A-Z]*\)$/\1/' "$dir/example.conf" >"$dir/full.conf"
told "its keys are taken" 0 "" --config "$dir/full.conf" --check-config
relay config show --config "$dir/full.conf"
full=$(sed 's/ *;.*//' <<<"$out")
relay config show --config "$dir/example.conf"
check "and are the defaults" [ "$full" = "$(sed 's/ *;.*//' <<<"$out")" ]
check "every key is in it" [ "$(grep -c '^#*[a-z-]* =' <<<"$full")" -eq \
    "$(grep -c '^#[a-z-]* = ' "$dir/example.conf")" ]

# --- the manual tells of everything ------------------------------------------
top=$(dirname "$0")/../..
manual=$top/docs/OPERATING.md
for i in $(sed -n 's/.*\/\* \(R[0-9]\{3\}\).*/\1/p' "$top/server/uv/log.h"); do
    check "the manual has $i" grep -qE "^\|.* ?$i ?.*\|.*\|.*\|" "$manual"
done
for i in $("$RELAY" --help | sed -n 's/^  *\([0-9]\{1,2\}\)  [a-z].*/\1/p'); do
    check "the manual has exit code $i" grep -q "^| $i | " "$manual"
done
for i in $("$RELAY" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
    check "the manual has the command $i" grep -qE "^\| .*\`$i[ \`]" "$manual"
done
relay config show
for i in $(sed -n 's/^#*\([a-z-]*\) = .*; default.*/\1/p' <<<"$out"); do
    check "the manual has the key $i" grep -qE -- "^\| \`.*\`$i\`" "$manual"
done
while read -r key value; do
    check "the manual has $key's default, $value" \
        grep -qF -e "\`$key\` ($value)" -e "\`$key\` ($value," "$manual"
done < <(sed -n 's/^\([a-z-]*\) = \([^ ]*[^ ]\) *; default$/\1 \2/p' <<<"$out" |
    grep -vE '^(data|control) ')

# --- what shells offer -------------------------------------------------------------
"$top/tools/completion" "$RELAY" pristan-relay "$dir/shells"
for i in bash zsh fish; do
    case $i in zsh) file=_pristan-relay ;; *) file=pristan-relay.$i ;; esac
    check "completion for $i has each command, invite too" bash -c \
        "for c in invite \$('$RELAY' --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
            grep -qw -- \"\$c\" '$dir/shells/$file' || exit 1; done"
    ! command -v $i >/dev/null || check "in its own words" $i -n "$dir/shells/$file"
done
offers() { # words...: sets out
    out=$(cd "$dir/shells" && . ./pristan-relay.bash && COMP_WORDS=("$@") &&
        COMP_CWORD=$(($# - 1)) && _pristan_relay && echo "${COMPREPLY[*]}")
}
offers pristan-relay inv
check "invite" [ "$out" = invite ]
offers pristan-relay --data x restore pristan-relay.b
check "a file to restore" [ "$out" = pristan-relay.bash ]
offers pristan-relay status ''
check "no second command" [ -z "$out" ]
out=$("$top/tools/manual" "$top/docs/man/pristan-relay.8.in" "$RELAY")
for i in $("$RELAY" --help | sed -n 's/^  *\([0-9]\{1,2\}\)  [a-z].*/\1/p'); do
    check "the manual page has exit code $i" grep -qx ".It $i" <<<"$out"
done

# --- it is used ----------------------------------------------------------------
printf '[relay]\ndata = %s\n[network]\nlisten = 127.0.0.1:0\n' "$dir/data" \
    >"$conf"
rm -r "$conf.d"
"$RELAY" --config "$conf" >"$dir/relay.log" 2>&1 &
relay_pid=$!
for i in $(seq 300); do
    grep -q 'listening on 127' "$dir/relay.log" && break
    sleep 0.05
done
check "a relay with nothing but its file" \
    grep -q 'listening on 127' "$dir/relay.log"
stop_relay TERM
JOURNAL_STREAM=1:1 relay --config "$dir/no.conf"
check "for the journal, each line has its priority" \
    grep -q '^<3>pristan-relay: R050 ' <<<"$out"
start_relay "$dir/data" 127.0.0.1:0 --log-level error || exit 1
stop_relay TERM
check "a level leaves out what is less" \
    bash -c "! grep -q 'R00[123]' '$dir/relay.log'"
start_relay "$dir/data" 127.0.0.1:0 || exit 1
stop_relay TERM
check "and notices are told by default" grep -q 'R001' "$dir/relay.log"
relay --data "$dir/data" invite
check "invite prints the link" shown pristan:
relay --data "$dir/data" link --json
check "link --json" grep -q '^{"v":1,"link":"pristan:' <<<"$out"
end
