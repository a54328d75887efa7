# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154  # name, W and E2E are set by inside.sh
# Checks, and processes that are ended by their own pid.

# check WHAT COMMAND…: one line of the report. COMMAND says by its exit status whether WHAT holds; what it prints
# is shown only when it does not.
check() {
    what=$1
    shift
    status=0
    ("$@") >"$W/check.out" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        echo "ok      $name: $what"
        return 0
    fi
    echo "FAILED  $name: $what"
    echo "        ran: $*"
    echo "        status $status, saw:"
    tail -n 25 "$W/check.out" | cut -c1-200 | sed 's/^/          /'
    return 1
}

# Scenarios go on after a failed check unless the rest makes no sense without it.
try() { check "$@" || :; }

# die WHY JOB: the stage itself could not be set; show the end of that job's log.
die() {
    echo "FAILED  $name: cannot set the stage: $1"
    tail -n 5 "$W/$2.log" | sed 's/^/          /'
    exit 0
}

# start NAME COMMAND…: in the background, with its output in $W/NAME.log and its pid in $W/NAME.pid.
start() {
    job=$1
    shift
    "$@" >"$W/$job.log" 2>&1 </dev/null &
    echo $! >"$W/$job.pid"
}

# A zombie is gone: it only waits for this shell to notice.
alive() {
    [ -s "$W/$1.pid" ] || return 1
    case $(ps -o stat= -p "$(cat "$W/$1.pid")") in '' | Z*) return 1 ;; esac
}
gone() { ! alive "$1"; }

# stop NAME [SIGNAL]: and wait until it is gone, by force if it takes more than 3 seconds.
stop() {
    [ -s "$W/$1.pid" ] || return 0
    pid=$(cat "$W/$1.pid")
    kill "-${2:-TERM}" "$pid" 2>/dev/null || :
    wait_for 3 gone "$1" || kill -KILL "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
    rm -f "$W/$1.pid"
}

stop_all() {
    for file in "$W"/guest.pid "$W"/*.pid; do
        [ -s "$file" ] && stop "$(basename "$file" .pid)"
    done
    return 0
}

# wait_for SECONDS COMMAND…: until COMMAND succeeds, at most that long.
wait_for() {
    tries=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

# same WHAT EXPECTED: says both when they differ.
same() {
    [ "$1" = "$2" ] && return 0
    printf 'expected: %s\nsaw:      %s\n' "$2" "$1"
    return 1
}
