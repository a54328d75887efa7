# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The host program is killed in the middle of a flood, again and again: the record reads each time, and is appended to.
#
#   guest - vdens - vde_switch - vde_plug - plugin - slirp
#
# EGRESS_KILLS says how often; 5 by default.

log=$W/killed.pcapng
events=$W/killed.json

plug_up() {
    start plug vde_plug "vde://$W/switch.sock" \
        "$(behind "log=\"$log\"/events=\"$events\"/log-size=\"4M\"/log-files=\"2\"/log-sample=\"0\"" slirp://)"
    wait_for 3 test -s "$events" && wait_for 3 alive plug
}


# Each file to its end, without a complaint. An event file may end in half a line; the next open cuts it off.
reads() {
    for file in "$W"/killed*.pcapng; do
        tshark -r "$file" >/dev/null 2>"$W/tshark.err" || { cat "$W/tshark.err"; ls -l "$W"/killed*; return 1; }
        if grep -Ei 'cut short|truncated|damaged|corrupt' "$W/tshark.err"; then return 1; fi
    done
    for file in "$W"/killed*.json; do
        grep -c . "$file" >"$W/lines"
        head -c "$(($(stat -c %s "$file") - $(tail -n 1 "$file" | wc -c)))" "$file" | jq -e .event_type >/dev/null || return 1
    done
}

# A moment from 20 ms to 520 ms from now.
some_time() { sleep "0.$(awk -v r="$(od -An -N2 -tu2 /dev/urandom)" 'BEGIN { printf "%03d", 20 + r % 500 }')"; }

killed_and_again() {
    kills=0
    while [ "$kills" -lt "${EGRESS_KILLS:-5}" ]; do
        before=$(grep -ch '"message":"start"' "$W"/killed*.json 2>/dev/null | awk '{ s += $1 } END { print s + 0 }')
        plug_up || { cat "$W/plug.log"; return 1; }
        some_time
        stop plug KILL
        reads || { echo "after kill $kills"; return 1; }
        after=$(grep -ch '"message":"start"' "$W"/killed*.json | awk '{ s += $1 } END { print s + 0 }')
        # A start is one more line, unless the file that held older ones was rotated away meanwhile.
        [ "$after" -gt "$before" ] || [ -e "$W/killed.2.json" ] || { echo "no start in kill $kills"; return 1; }
        kills=$((kills + 1))
    done
    echo "$kills kills"
    grown=$(find "$W" -name 'killed*.pcapng' -size +64k | wc -l)
    [ "$grown" -gt 0 ] || { echo "there was no flood"; ls -l "$W"; return 1; }
}

internet_up
start_switch switch
plug_up || { check "the plug starts" cat "$W/plug.log" "$log"; exit 0; }
if guest_up behind "vde://$W/switch.sock"; then
    # The guest goes on sending while nobody is there to answer its ARP.
    guest ip neighbour replace 10.0.2.2 lladdr 52:55:0a:00:02:02 dev vde0 nud permanent
    start_in_guest flood /usr/bin/python3 "$E2E/peer.py" flood "$FAR4" 5000 100000000
    stop plug KILL
    try "after each SIGKILL in a flood the record reads, and a restart appends" killed_and_again
    stop flood
    plug_up
    sleep 0.3
    stop plug
    try "after a proper end it reads" reads
fi
