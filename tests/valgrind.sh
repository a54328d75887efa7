#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Open, every way that an open can fail, traffic, and close, under valgrind: no invalid access, nothing
# uninitialized used, no memory and no descriptor left.
#
#   tests/valgrind.sh BUILDDIR [NAME…]    after make check TESTS=
#
# NAME is as in check_opens; by default the programs that run the whole module. Needs a build without
# sanitizers. Prints one line for each program, then `N passed, N failed`.
set -eu

[ $# -gt 0 ] || { sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 2; }
build=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- check_opens check_egress check_threads

# Some tests look for their data from the top of the sources.
top_srcdir=$(cd "$(dirname "$0")/.." && pwd)
# Programs that Check runs in one process: what it forks would be judged one by one, and never at its end.
CK_FORK=no
export top_srcdir CK_FORK
unset CK_RUN_SUITE CK_RUN_CASE

# After so many seconds a program hangs.
limit=600
log=$(mktemp "${TMPDIR:-/tmp}/egress-valgrind.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP

# "nouserintercepts" lets a program's own malloc be called, as check_opens needs; without "fair-sched" one of
# several threads may wait for ever.
under_valgrind() {
    timeout --kill-after=10 "$limit" valgrind --quiet --error-exitcode=99 --num-callers=20 --keep-debuginfo=yes \
        --leak-check=full --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible \
        --track-fds=yes --soname-synonyms=somalloc=nouserintercepts --fair-sched=yes "$1" >"$log" 2>&1 </dev/null
}

# How many descriptors are open at the end that the program was not started with.
left_open() {
    awk '/^==[0-9]+== Open / { getline from; n += from !~ /inherited from parent/ } END { print n + 0 }' "$log"
}

# why STATUS: what is wrong with what has run, or nothing.
why() {
    if [ "$1" -ne 0 ]; then
        echo "status $1"
    elif ! grep -q '^100%: Checks: [1-9]' "$log"; then
        echo "it ran no checks"
    elif [ "$(left_open)" -ne 0 ]; then
        echo "it leaves $(left_open) descriptors open"
    fi
}

passed=0 failed=0
for name; do
    program=$build/tests/$name
    [ -x "$program" ] || { echo "$program is not there: make check TESTS= first" >&2; exit 2; }
    begun=$(date +%s)
    status=0
    under_valgrind "$program" || status=$?
    wrong=$(why "$status")
    if [ -z "$wrong" ]; then
        passed=$((passed + 1))
        echo "$name: $(sed -n 's/^100%: //p' "$log"), $(($(date +%s) - begun)) s"
    else
        failed=$((failed + 1))
        tail -n 60 "$log" | sed 's/^/    /'
        echo "FAILED: $name under valgrind: $wrong"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
