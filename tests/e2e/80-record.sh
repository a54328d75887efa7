# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The record of what was blocked: whole, once, private, and there after a crash. A capture in the guest is the judge.
#
#   guest - vdens - vde_switch - vde_plug - plugin - slirp

# shellcheck source=tests/e2e/noise.sh
. "$E2E/noise.sh"

judge() { /usr/bin/python3 "$E2E/judge.py" "$@"; }

plug_up() {
    start plug vde_plug "vde://$W/switch.sock" \
        "$(behind "resolve=\"allowed.test\"/log=\"$1\"/log-sample=0" slirp://)"
    wait_for 3 test -s "$1"
}

# private FILE: readable by its owner alone, and a file of its own.
private() { same "$(stat -c '%a %F' "$1")" '600 regular file'; }

# tshark and tcpdump read the file without complaint, and agree on how much is in it.
readable() {
    by_tshark=$(tshark -r "$1" -T fields -e frame.number 2>"$W/tshark.err" | wc -l)
    by_tcpdump=$(read_capture "$1" 2>"$W/tcpdump.err" | grep -c '^[0-9][0-9]:')
    cat "$W/tshark.err" "$W/tcpdump.err"
    if grep -Ei 'cut short|truncated|damaged|corrupt' "$W/tshark.err" "$W/tcpdump.err"; then return 1; fi
    same "$by_tcpdump frames" "$by_tshark frames" && [ "$by_tshark" -gt 0 ]
}

# Blocked datagrams are easy to count. shots FILE: how many of them a log holds.
shoot() { guest /usr/bin/python3 "$E2E/peer.py" shoot "$FAR4" 5000 "$1"; }
shots() { read_capture "$1" "udp dst port 5000" 2>/dev/null | grep -c '^[0-9][0-9]:'; }

# killed: every frame up to the kill is there, though nobody had the time to close the file.
killed() {
    before=$(shots "$log")
    shoot 200
    # The last one has left the guest; let it arrive.
    sleep 0.2
    stop plug KILL
    same "$(($(shots "$log") - before)) more" "200 more" && readable "$log"
}

appends() {
    before=$(shots "$log")
    plug_up "$log" || { cat "$W/plug.log"; return 1; }
    sleep 0.2
    shoot 10
    sleep 0.2
    same "$(($(shots "$log") - before)) more" "10 more" && readable "$log"
}

# A tail cut off by a crash is taken away: one frame less, and then what is new.
mends() {
    stop plug
    shots_before=$(shots "$log")
    size=$(stat -c %s "$log")
    truncate -s $((size - 5)) "$log"
    plug_up "$log" || { cat "$W/plug.log"; return 1; }
    sleep 0.2
    shoot 10
    sleep 0.2
    same "$(shots "$log") shots" "$((shots_before - 1 + 10)) shots" && readable "$log"
}

# refuses LOG: vde_plug says in one line why, and does not start.
refuses() {
    code=0
    timeout 5 vde_plug "$(behind "log=\"$1\"" null://)" </dev/null >"$W/plug.err" 2>&1 || code=$?
    cat "$W/plug.err"
    if [ "$code" -eq 0 ] || [ "$code" -ge 124 ]; then
        echo "vde_plug started (status $code)"
        return 1
    fi
    same "$(grep -c "^egress: .*$1" "$W/plug.err") lines of ours with its name" "1 lines of ours with its name"
}

refuses_symlink() {
    ln -sf "$W/target.pcap" "$W/link.pcap"
    refuses "$W/link.pcap" || return 1
    [ ! -e "$W/target.pcap" ] || { echo "and yet its target was made"; return 1; }
}

refuses_foreign() {
    echo "dear diary" >"$W/diary.pcap"
    refuses "$W/diary.pcap" || return 1
    same "$(cat "$W/diary.pcap")" "dear diary"
}

refuses_fifo() {
    [ -p "$W/fifo.pcap" ] || mkfifo "$W/fifo.pcap"
    refuses "$W/fifo.pcap"
}

log=$W/blocked.pcap
internet_up
start_switch switch
plug_up "$log" || { check "the plug starts" cat "$W/plug.log" "$log"; exit 0; }

if guest_up behind "vde://$W/switch.sock"; then
    sniff_in=guest sniff sent vde0
    try "the guest makes its noise" noise
    sleep 0.3
    cp "$log" "$W/copy.pcap"
    stop sent
    try "the log is its owner's alone" private "$log"
    try "tshark and tcpdump read the log" readable "$W/copy.pcap"
    try "each blocked frame is there once, whole, and with its time" \
        judge record "$W/sent.pcap" "$W/copy.pcap" allowed.test
    try "one log, one writer: a second plug on it is refused" refuses "$log"
    try "kill -9 loses nothing" killed
    try "a restart appends" appends
    try "a torn tail is mended on restart" mends
    guest_down
    stop plug
    try "after a proper end the log reads" readable "$log"
fi
try "a symbolic link is refused" refuses_symlink
try "a file that is no capture is refused and kept" refuses_foreign
try "a pipe is refused" refuses_fifo
