# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The disk is full, and then it is not: filtering goes on, and what is missing is counted and said where it is missing.

disk=$W/disk
log=$disk/full.pcapng
events=$W/full.json

shoot() { guest /usr/bin/python3 "$E2E/peer.py" flood "$FAR4" 5000 "$1"; }

# Until nothing more fits in.
fill() {
    dd if=/dev/zero of="$disk/ballast" bs=4096 2>"$W/dd.log" && return 1
    [ "$(stat -f -c %a "$disk")" -eq 0 ]
}

goes_on() {
    shoot 20000 || return 1
    # The record has not grown, and the frames are refused as before.
    same "$(stat -c %s "$log") bytes" "$1 bytes" || return 1
    since=$(date +%s%N)
    guest sh -c "! timeout 3 curl -s -m 2 http://$FAR4:8080/" || return 1
    took=$((($(date +%s%N) - since) / 1000000))
    [ "$took" -lt 1000 ] || { echo "refused after $took ms"; return 1; }
    same "$(echo hello | timeout 20 socat -t 20 - TCP:127.0.0.1:9000)" hello
}

# lost_note: how many the capture says it lacks.
lost_note() {
    tshark -r "$log" -Y 'frame.comment contains "note=lost"' -T fields -e frame.comment 2>/dev/null |
        sed -n 's/.* count=\([0-9]*\).*/\1/p' | awk '{ s += $1 } END { print s + 0 }'
}

said_once_there_is_room() {
    rm "$disk/ballast"
    shoot 10
    # What waited goes first, as soon as something is written.
    wait_for 5 noted
    tshark -r "$log" >/dev/null
}
noted() { [ "$(lost_note)" -gt 0 ]; }

adds_up() {
    stats=$(jq -s -c '[.[] | select(.event_type == "stats")][-1].stats' "$events")
    echo "$stats"
    echo "$stats" | jq -e --argjson lost "$(lost_note)" \
        '([.blocked[]] | add) == .recorded + .suppressed + .lost and .lost > 0 and .lost == $lost'
}

internet_up
mkdir "$disk"
mount -t tmpfs -o size=256k none "$disk"
if guest_up full "$(behind "log=\"$log\"/events=\"$events\"/log-sample=\"0\"" \
    slirp:///tcpfwd=127.0.0.1:9000:10.0.2.15:9000)"; then
    start_in_guest echo socat TCP4-LISTEN:9000,fork,reuseaddr EXEC:cat,nofork
    wait_for 3 guest_listens 9000
    shoot 100 >"$W/shots" 2>&1
    sleep 0.3
    try "the disk is full" fill
    # What is open may still get the rest of its last page.
    shoot 2000 >>"$W/shots" 2>&1
    sleep 1.5
    try "filtering goes on, with nobody told" silent goes_on "$(stat -c %s "$log")"
    try "what is missing is said in the capture once there is room" said_once_there_is_room
    stop echo
    guest_down
    try "the counters add up, with what was lost" adds_up
    try "and stderr says so, in one line" sh -c 'grep "^egress: log .* blocked frames are not in it" "$1" && [ "$(grep -c ^egress: "$1")" -eq 1 ]' sh "$W/vdens.log"
fi
umount "$disk"
