# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Events: a line of JSON for what was tried, asked and opened. jq reads them, as those do who collect EVE.

events=$W/events.json
log=$W/events.pcapng

# has FILTER: some line of the file satisfies it.
has() {
    jq -n -e "[inputs | select($1)] | length > 0" "$events" >/dev/null && return 0
    tail -n 5 "$events"
    return 1
}

# Each line by itself is one object with the fields that all of EVE has.
all_json() {
    wrong=$(while IFS= read -r line; do
        printf '%s\n' "$line" | jq -e '(.timestamp | test("^[0-9-]+T[0-9:.]+[+-][0-9]{4}$")) and (.event_type | length > 0)
            and .vm == "guest-1" and .in_iface == "guest-1"' >/dev/null || printf '%s\n' "$line"
    done <"$events")
    same "$wrong" '' && [ "$(wc -l <"$events")" -gt 5 ]
}

try_much() {
    guest timeout 3 curl -s -m 2 "http://$FAR4/" || :
    guest timeout 3 curl -g -s -m 2 "http://[$FAR6]/" || :
    guest /usr/bin/python3 "$E2E/peer.py" udp "$FAR4" 5000 1 || :
    guest timeout 3 curl -s -m 2 "http://denied.test/" || :
    guest timeout 3 dig +time=1 +tries=1 @10.0.2.3 allowed.test || :
    guest timeout 3 dig +time=1 +tries=1 @10.0.2.3 'quo"te\\.x<b>.test' || :
}

forwarded() {
    start_in_guest echo socat TCP4-LISTEN:9000,fork,reuseaddr EXEC:cat,nofork
    wait_for 3 guest_listens 9000
    same "$(echo hello | socat -t 5 - TCP:127.0.0.1:9000)" hello
}

# A connection of the host's: who opened it, how much went either way (frames, not payload), and that it is over.
flow_told() {
    has '.event_type == "flow_start" and .dest_ip == "10.0.2.15" and .dest_port == 9000 and .proto == "TCP"' &&
        has '.event_type == "flow" and .dest_port == 9000 and .flow.bytes_toserver > 150 and .flow.bytes_toserver < 1500
            and .flow.bytes_toclient > 150 and .flow.bytes_toclient < 1500'
}

# A flow starts with the frame that is told of then, and its end says the same moment.
starts_agree() {
    jq -s -e '[.[] | select(.event_type == "flow_start")] as $starts | [.[] | select(.event_type == "flow")] as $over
        | ($over | length) > 0 and ($starts | all(.flow.start == .timestamp))
            and ($over | all(. as $e | $starts | any(.src_ip == $e.src_ip and .src_port == $e.src_port
                and .dest_ip == $e.dest_ip and .dest_port == $e.dest_port and .flow.start == $e.flow.start)))' "$events" ||
        { grep '"flow' "$events"; return 1; }
}

# The sum of what is blocked is what is recorded and what is only counted.
adds_up() {
    jq -s -e '[.[] | select(.event_type == "stats")][-1].stats
        | ([.blocked[]] | add) as $all | $all > 5 and $all == .recorded + .suppressed + .lost and .lost == 0' "$events" ||
        { grep '"stats"' "$events"; return 1; }
}

# Every drop names its packet: the same addresses and ports are in the capture under that number.
linked() {
    jq -r 'select(.pcap_cnt and .src_port) | [.pcap_cnt, .src_ip, .src_port, .dest_ip, .dest_port] | map(tostring) | join(" ")' \
        "$events" >"$W/linked"
    [ "$(wc -l <"$W/linked")" -gt 3 ] || { echo "too few"; cat "$W/linked"; return 1; }
    tshark -r "$log" -T fields -E separator=' ' -e frame.number -e ip.src -e ipv6.src -e udp.srcport -e tcp.srcport \
        -e ip.dst -e ipv6.dst -e udp.dstport -e tcp.dstport 2>/dev/null | tr -s ' ' | sed 's/ $//' >"$W/packets"
    same "$(grep -Fvx -f "$W/packets" "$W/linked")" ''
}

# A listener gets what a file would; when it goes, nothing stops.
to_listener() {
    start collector socat -u UNIX-LISTEN:"$W/collector.sock" OPEN:"$W/collected",creat,append
    wait_for 3 test -S "$W/collector.sock"
    guest_up socket "$(behind "events=\"unix:$W/collector.sock\"" slirp://)" || return 1
    guest timeout 3 curl -s -m 2 "http://$FAR4/" || :
    wait_for 3 grep -q '"drop"' "$W/collected" || { cat "$W/collected" "$W/collector.log"; return 1; }
    stop collector
    since=$(date +%s%N)
    silent guest sh -c "! timeout 3 curl -s -m 2 http://$FAR4:8080/" || return 1
    took=$((($(date +%s%N) - since) / 1000000))
    [ "$took" -lt 1500 ] || { echo "refused after $took ms"; return 1; }
    guest_down
    jq -e .event_type "$W/collected" >/dev/null
}

internet_up
if guest_up file "$(behind "resolve=\"allowed.test\"/vm=\"guest-1\"/log=\"$log\"/events=\"$events\"" \
    slirp:///tcpfwd=127.0.0.1:9000:10.0.2.15:9000)"; then
    try "a forwarded connection works" forwarded
    try "attempts reach nobody" silent try_much
    stop echo
    guest_down
    try "each line is an object with what all of EVE has" all_json
    try "TCP to an address: a drop, refused" \
        has ".event_type == \"drop\" and .dest_ip == \"$FAR4\" and .dest_port == 80 and .proto == \"TCP\" and .reason == \"tcp-new\"
            and .drop.syn and .verdict == {action: \"drop\", reject: [\"tcp-reset\"]}"
    try "the same over IPv6" has ".event_type == \"drop\" and .dest_ip == \"$FAR6\" and .reason == \"tcp-new\""
    try "UDP to an address: a drop" \
        has ".event_type == \"drop\" and .dest_port == 5000 and .proto == \"UDP\" and .reason == \"udp-new\""
    try "a denied name: a DNS event, answered NXDOMAIN" \
        has '.event_type == "dns" and .dns.rrname == "denied.test" and .dns.rrtype == "A" and .reason == "dns-name"
            and .rule == "resolve" and .verdict == {action: "drop", reject: ["dns-nxdomain"]}'
    try "a listed name: a DNS event that passed" \
        has '.event_type == "dns" and .dns.rrname == "allowed.test" and .verdict.action == "pass" and .reason == null'
    try "a name of odd bytes is one string" has '.dns.rrname | strings | startswith("quo\\034te") and endswith(".test")'
    try "a flow of the host's is told of, with its bytes" flow_told
    try "when it started is when its first frame came, to the microsecond" starts_agree
    try "it says when it started and stopped" \
        has '.event_type == "engine" and .engine.message == "start" and .engine.mode == "enforce"'
    try "and that it ended" has '.event_type == "engine" and .engine.message == "stop"'
    try "the counters add up" adds_up
    try "each event's packet is in the capture under its number" linked
    try "the file is its owner's alone" same "$(stat -c '%a %F' "$events")" '600 regular file'
fi
try "a listener on a socket gets them, and may go away" to_listener
