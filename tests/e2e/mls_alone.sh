#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# lib/mls as a stranger meets it: built and installed as its README says, moved
# elsewhere, and used with pkg-config and with CMake. The README's program is
# compiled against what was installed, and says what the README says.
set -uo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
readme=$source/lib/mls/README.md
dir=$(mktemp -d "${TMPDIR:-/tmp}/pristan-alone.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
# those of whoever runs the tests
unset PKG_CONFIG_PATH CFLAGS LDFLAGS CC CCACHE_BASEDIR
passed=0
failed=0

# what, command...
check() {
    if "${@:2}" >"$dir/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$1"
        sed 's/^/    /' "$dir/said" | head -30
    fi
}
not() { ! "$@"; }
refuse() { check "$1" not "${@:2}"; }

block() { # the README's code of this language
    awk -v l="\`\`\`$1" '$0 == l { f = 1; next } /^```$/ { f = 0 } f' "$readme"
}

install_it() { # the commands of the README, in this order
    local commands
    commands=$(block sh | grep '^cmake ' |
        sed "s|build/mls|$dir/build|g; s|#.*||; s|--install.*|& --prefix $dir/first|")
    [ "$(wc -l <<<"$commands")" -eq 3 ] || return 1
    (cd "$source" && set -e && eval "$commands") || return 1
    mkdir "$dir/elsewhere" && mv "$dir/first" "$dir/elsewhere/mls"
}
flags() { pkg-config "$@" pristan-mls; }
compile() { # sources, more words
    cc -std=c17 -Wall -Wextra -Wpedantic -Werror $(flags --cflags) "$@" \
        $(flags --libs)
}
talks() { # program: says what the README says
    (cd "$dir/clean" && "$@" >../heard 2>&1) && diff "$dir/heard" "$dir/text"
}

declared() { # every function that the installed headers declare
    printf '#include "%s"\n' $(cd "$include" && ls */*.h) >"$dir/all.c"
    gcc -std=c17 $(flags --cflags) -aux-info "$dir/aux" -c -o /dev/null \
        "$dir/all.c" &&
        sed -nE "s@^/\* [^:]*/include/pristan/.* extern .*[ *]([a-z0-9_]+) \(.*@\1@p" \
            "$dir/aux" | sort
}
exported() { nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort; }
exports_are_declared() {
    declared >"$dir/declared" && exported >"$dir/exported" &&
        [ "$(wc -l <"$dir/exported")" -gt 80 ] &&
        diff "$dir/declared" "$dir/exported"
}
only_family_names() {
    ! exported | grep -vE '^(mls|pristan)_'
}
header_alone() { # name
    printf '#include <%s>\n#include "%s"\nint main(void) { return 0; }\n' \
        "$1" "$1" >"$dir/header.c"
    cc -std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror \
        $(flags --cflags) -fsyntax-only "$dir/header.c"
}
no_trace() { # of where it was built
    ! grep -rlF -e "$source" -e "$dir" "$dir/elsewhere"
}

check 'install as the README says' install_it
[ "$failed" -eq 0 ] || { echo "$passed passed, $failed failed"; exit 1; }
root=$dir/elsewhere/mls
include=$root/include/pristan
archive=$root/lib/libpristan-mls.a
export PKG_CONFIG_PATH=$root/lib/pkgconfig
mkdir "$dir/clean"
block c >"$dir/clean/talk.c"
block text >"$dir/text"

cd "$dir/clean" || exit 1
check 'the example compiles' compile talk.c -o talk
check 'the example says what it should' talks ./talk
check 'the example keeps no memory' compile -g -fsanitize=address,undefined \
    talk.c -o talk_checked
check 'the example, with sanitizers' talks ./talk_checked
check 'declared is what is exported' exports_are_declared
check 'names of the family' only_family_names
for header in $(cd "$include" && ls */*.h); do
    check "$header alone" header_alone "$header"
done
check 'no trace of where it was built' no_trace

# A program with such names of its own.
cat >own.c <<'C'
void buf_free(void) {}
void bytes_equal(void) {}
void random_bytes(void) {}
void mem_wipe(void) {}
void hash_sha256(void) {}
void map_get(void) {}
C
check 'names of a program' cc talk.c own.c -o own $(flags --cflags --libs)
check 'the example beside them' talks ./own

cat >CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.18)
project(talk C)
find_package(pristan-mls 0.1 REQUIRED)
add_executable(talk talk.c)
target_link_libraries(talk PRIVATE pristan::mls)
C
check 'with CMake' cmake -S . -B cmake "-DCMAKE_PREFIX_PATH=$root"
check 'with CMake, built' cmake --build cmake
check 'with CMake, run' talks cmake/talk

# That this can fail.
sed 's/mls_group_encrypt(/mls_group_encript(/' talk.c >spelt.c
refuse 'a mistake in the example is found' compile spelt.c -o spelt
sed 's/Sleep well/Sleep/' talk.c >other.c
check 'another example compiles' compile other.c -o other
refuse 'other words are found' talks ./other

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
