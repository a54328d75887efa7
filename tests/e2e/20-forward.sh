# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# What the host opens: slirp's TCP and UDP forwards, with and without the plugin. What goes
# wrong in a stateful filter (a window, a close, a retransmission, two flows mixed up) shows in bulk and in numbers.

sum_of() { sha256sum | cut -d' ' -f1; }
connect() { socat -t 20 - "TCP:127.0.0.1:$1"; }

# Three servers in the guest: 9000 echoes, 9002 answers with the checksum of what it got, 9003 sends a file.
# nofork hands the connection itself to the command: with a socat in between an echo of this size can lock up.
guest_servers() {
    start_in_guest echo socat TCP4-LISTEN:9000,fork,reuseaddr,backlog=64 EXEC:cat,nofork
    start_in_guest sink socat TCP4-LISTEN:9002,fork,reuseaddr EXEC:sha256sum,nofork
    start_in_guest source socat TCP4-LISTEN:9003,fork,reuseaddr EXEC:"cat $W/big",nofork
    start_in_guest udp-echo /usr/bin/python3 "$E2E/peer.py" serve "$W/udp-echo.far" udp:9001
    wait_for 5 grep -q ready "$W/udp-echo.far"
    wait_for 5 listening
}
listening() { [ "$(guest ss -Hltn | grep -c ':900[023] ')" -eq 3 ]; }

short() { same "$(echo hello | connect 9000)" hello; }
upload() { same "$(connect 9002 <"$W/big" | cut -d' ' -f1)" "$big_sum"; }
download() { same "$(connect 9003 </dev/null | sum_of)" "$big_sum"; }

# four COMMAND: that many of it at once; each has to succeed.
four() {
    running=
    for _ in 1 2 3 4; do
        "$@" &
        running="$running $!"
    done
    for pid in $running; do wait "$pid" || return 1; done
}

tcp_clients() { peer bulk 127.0.0.1 9000 "$1" "$2"; }

one_after_another() { for n in $(seq 50); do same "$n: $(echo "$n" | connect 9000)" "$n: $n" || return 1; done; }

# The guest closes first, and the host sees the end of the stream rather than an error.
closed_by_guest() {
    guest sh -c 'echo bye | timeout 10 socat -u - TCP4-LISTEN:9004,reuseaddr' &
    wait_for 3 guest_listens 9004
    same "$(socat -u TCP:127.0.0.1:9004 -)" bye
    wait $!
}

# Nobody listens: the guest's own kernel refuses, and its RST reaches the host.
refused_by_guest() {
    code=0
    timeout 3 socat -u TCP:127.0.0.1:9005 - >"$W/said" 2>&1 || code=$?
    cat "$W/said"
    # slirp accepts before it asks the guest, so a refusal shows as a reset or an early end, but never as a wait.
    [ "$code" -ne 124 ] || { echo "still waiting after 3 s"; return 1; }
}

# Larger than the link: in fragments both ways.
udp_fragments() { peer big 127.0.0.1 9001 "$1" "$1" "$1"; }

udp_clients() { peer echoes 127.0.0.1 9001 "$1" "$2"; }

rows() {
    try "$1: forwarded TCP, a line there and back" short
    try "$1: forwarded TCP, 10 MB host to guest, same checksum" upload
    try "$1: forwarded TCP, 10 MB guest to host, same checksum" download
    try "$1: forwarded TCP, 10 MB host to guest, 4 connections at once" four upload
    try "$1: forwarded TCP, 10 MB guest to host, 4 connections at once" four download
    try "$1: forwarded TCP, 32 connections at once, each its own echo" tcp_clients 32 4000
    try "$1: forwarded TCP, 50 connections one after another" one_after_another
    try "$1: forwarded TCP, the guest closes first" closed_by_guest
    try "$1: forwarded TCP, a port where nobody listens is refused by the guest" refused_by_guest
    try "$1: forwarded UDP, one client" udp_clients 1 20
    for size in 3000 8000 20000; do
        try "$1: forwarded UDP, datagrams of $size bytes there and back" udp_fragments "$size"
    done
    try "$1: forwarded UDP, 8 clients at once, each gets its own" udp_clients 8 20
}

internet_up
head -c 10000000 /dev/urandom >"$W/big"
big_sum=$(sum_of <"$W/big")
nested=slirp:///tcpfwd=127.0.0.1:9000:$GUEST:9000
for port in 9002 9003 9004 9005; do nested=$nested,127.0.0.1:$port:$GUEST:$port; done
nested=$nested/udpfwd=127.0.0.1:9001:$GUEST:9001

for side in without behind; do
    case $side in
    without) vnl=$nested ;;
    behind) vnl=$(behind "" "$nested") ;;
    esac
    guest_up "$side" "$vnl" || continue
    guest_servers
    rows "$side"
    for server in echo sink source udp-echo; do stop "$server"; done
    guest_down
done
