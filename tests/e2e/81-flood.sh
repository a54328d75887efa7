# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# A guest that sends a million frames, each of which is to be recorded: the record stays within its bounds and the counts
# are exact, while what the host opened goes on. And one that sends more than the record holds to as many ports as it tells apart:
# what it did before and what it does then stay on record.

SHOTS=1000000
LOG_SIZE=1048576
log=$W/flood.pcapng
events=$W/flood.json

flood() { guest timeout 60 /usr/bin/python3 "$E2E/peer.py" flood "$FAR4" 5000 "$SHOTS"; }

# What the guest's kernel could not hand to its link never was a frame.
dropped() { guest ip -j -s link show dev vde0 | jq '.[0].stats64.tx.dropped'; }

flood_beside_a_forward() {
    start_in_guest echo socat TCP4-LISTEN:9000,fork,reuseaddr EXEC:cat,nofork
    wait_for 3 guest_listens 9000
    flood >"$W/flood.log" 2>&1 &
    flooding=$!
    sleep 0.3
    # The guest's own queue is full, and its kernel drops segments, too: they are sent again after 1 s, 3 s, 7 s.
    while kill -0 "$flooding" 2>/dev/null; do
        same "$(echo hello | timeout 20 socat -t 20 - TCP:127.0.0.1:9000)" hello || return 1
    done
    cat "$W/flood.log"
    wait "$flooding" && dropped >"$W/dropped"
}

last_stats() { grep -h '"event_type":"stats"' "$W"/flood*.json | jq -s 'sort_by(.timestamp)[-1].stats'; }

# each_is_counted OTHERS: of what was dropped, up to OTHERS frames were not of the flood.
each_is_counted() {
    last_stats | tee "$W/stats.out" | jq -e --argjson sent "$((SHOTS - $(cat "$W/dropped")))" --argjson others "$1" \
        '.blocked["udp-new"] >= $sent and .blocked["udp-new"] <= $sent + $others
            and ([.blocked[]] | add) == .recorded + .suppressed + .lost and .lost == 0' ||
        { cat "$W/stats.out" "$W/dropped"; return 1; }
}

# What the notes count is what the statistics say.
notes_add_up() {
    noted=$(for file in "$W"/flood*.pcapng; do
        tshark -r "$file" -Y 'frame.comment contains "note=suppressed"' -T fields -e frame.comment 2>/dev/null
    done | sed -n 's/.* count=\([0-9]*\).*/\1/p' | awk '{ s += $1 } END { print s + 0 }')
    same "$noted suppressed" "$(jq .suppressed "$W/stats.out") suppressed"
}

within_bounds() {
    ls -l "$W"/flood*.*
    for file in "$W"/flood*.pcapng "$W"/flood*.json; do
        [ "$(stat -c %s "$file")" -le "$LOG_SIZE" ] || { echo "$file is longer"; return 1; }
    done
    same "$(find "$W" -name 'flood*.pcapng' | wc -l) captures, $(find "$W" -name 'flood*.json' | wc -l) event files" \
        "3 captures, 3 event files"
}

all_read() {
    for file in "$W"/flood*.pcapng; do
        tshark -r "$file" >/dev/null 2>"$W/tshark.err" || { cat "$W/tshark.err"; return 1; }
    done
    for file in "$W"/flood*.json; do jq -e .event_type "$file" >/dev/null || return 1; done
}

internet_up
if guest_up flood "$(behind "log=\"$log\"/events=\"$events\"/log-size=\"$LOG_SIZE\"/log-files=\"2\"/log-sample=\"0\"" \
    slirp:///tcpfwd=127.0.0.1:9000:10.0.2.15:9000)"; then
    try "a flood beside a forwarded connection reaches nobody" silent flood_beside_a_forward
    stop echo
    guest_down
    try "each frame is counted, once" each_is_counted 200
    try "the files are within their bounds" within_bounds
    try "all of them read" all_read
fi

# With the bounds that nobody sets, what is not recorded whole is told in sum.
events=$W/flood.json
rm -f "$W"/flood*.json "$W"/flood*.pcapng
if guest_up sampled "$(behind "log=\"$W/flood.pcapng\"/events=\"$events\"" slirp://)"; then
    try "a flood reaches nobody" silent flood
    dropped >"$W/dropped" || :
    guest_down
    try "each frame is counted, once, in the default" each_is_counted 0
    try "and the notes in the capture add up to it" notes_add_up
fi

# attempts: how many connections to port 4433 and 4434 the captures tell of.
attempts() {
    for file in "$W"/swept*.pcapng; do
        tshark -r "$file" -Y 'frame.comment contains "reason=tcp-new" and tcp.dstport in {4433, 4434}' -T fields -e tcp.dstport \
            2>/dev/null
    done | sort -u | tr '\n' ' '
}

# Before the flood, and after it.
attempt() { guest timeout 5 /usr/bin/python3 "$E2E/peer.py" tcp "$FAR4" "$1" 1 || :; }

# 53 MB, where the files hold 4.
sweep() { guest timeout 90 /usr/bin/python3 "$E2E/peer.py" sweep "$FAR4" 4096 9 1400; }

all_of_it() {
    attempt 4433
    sweep || return 1
    sleep 2 # in which a little of the budget comes back
    attempt 4434
}

both_are_there() {
    ls -l "$W"/swept*
    same "connections to $(attempts)" "connections to 4433 4434 "
}

# Some of the flood is there whole, some cut to its headers, with a comment that says so.
flood_is_cut() {
    for file in "$W"/swept*.pcapng; do
        tshark -r "$file" -Y 'frame.comment contains " cut=headers " and frame.cap_len == 60 and frame.len == 1442' 2>/dev/null
    done >"$W/cut.out"
    [ "$(wc -l <"$W/cut.out")" -gt 100 ] || { cat "$W/cut.out"; return 1; }
}

if guest_up swept "$(behind "log=\"$W/swept.pcapng\"/log-size=\"$LOG_SIZE\"" slirp://)"; then
    try "a flood to 4096 ports reaches nobody" silent all_of_it
    guest_down
    try "what was tried before it and after it is on record" both_are_there
    try "later frames of it are cut to their headers" flood_is_cut
fi
