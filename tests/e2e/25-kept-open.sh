# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# A guest that keeps things open: windows of 0 and of one byte, FINs that it acknowledges and never answers, its own
# ahead of missing bytes, every second byte of a window, idle streams to the resolver. The host's forwards, memory and
# descriptors must not notice.
#
# EGRESS_SECONDS  how long; default: 40, and with it a table and few descriptors that are soon short. 1800 is a campaign.

seconds=${EGRESS_SECONDS:-40}
# With 5 connections of each round kept open: a round is as long as the campaign's, or as short as 10 s of patience allow.
if [ "$seconds" -ge 600 ]; then flows=64 pause=3; else flows=64 pause=4; fi

nested=slirp:///tcpfwd=127.0.0.1:7000:$GUEST:7000
for port in 7001 7002 7003 7004 7005; do nested=$nested,127.0.0.1:$port:$GUEST:$port; done

# vdens serves the guest in a process of its own, which has the plug; the other waits for it.
host_program() {
    for pid in "$(cat "$W/vdens.pid")" $(pgrep -P "$(cat "$W/vdens.pid")"); do
        grep -q slirp "/proc/$pid/maps" 2>/dev/null && echo "$pid" && return
    done
}

# Of what was seen each second.
most() { awk -v f="$1" '$f > m { m = $f } END { print m + 0 }' "$W/watch.log"; }
first() { awk -v f="$1" 'NR == 1 { print $f }' "$W/watch.log"; }
at_most() { echo "$1, at most $2"; [ "$1" -le "$2" ]; }
all_succeed() { /usr/bin/python3 "$E2E/liar.py" host "$seconds" "$pause" 7000; }

internet_up
ulimit -S -n 128
start vdens vdens "$(behind "resolve=\"allowed.test\"/flows=\"$flows\"" "$nested")" sh "$E2E/guest.sh" "$W" "$((seconds + 600))"
wait_for 5 test -s "$W/guest.pid" || die "no guest" vdens
ulimit -S -n 1024
start_in_guest liar /usr/bin/python3 "$E2E/liar.py" guest vde0
wait_for 5 grep -q ready "$W/liar.log" || die "no liar" liar
start watch /usr/bin/python3 "$E2E/liar.py" watch "$(host_program)"
wait_for 5 test -s "$W/watch.log" || die "nothing to watch" vdens

try "every connection of the host's succeeds beside a guest that keeps others open, $seconds s" all_succeed
stop watch
try "the host program has few sockets" at_most "$(most 1)" 96
try "the host program's memory stays within 16 MB of its start" at_most "$(($(most 2) - $(first 2)))" 16384
stop liar
guest_down
