# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Connections to a resolver: slirp has a socket for each, for as long as it likes. Whatever the guest does with them, there
# are no more than their places, and the host's forwards work: the host program has room for 128 descriptors.

PLACES=24

descriptors() { find "/proc/$(cat "$W/vdens.pid")/fd" -type l | wc -l; }
forwarded() { same "$(echo hello | socat -t 5 - TCP:127.0.0.1:9000)" hello; }
forwards_work() { for _ in $(seq 20); do forwarded || return 1; done; }

# What there is besides, and no more than the places; for three seconds, in which slirp's half of a connection shows.
few_descriptors() {
    most=0
    for _ in $(seq 30); do
        now=$(descriptors)
        [ "$now" -le "$most" ] || most=$now
        sleep 0.1
    done
    echo "$most descriptors, $before before"
    # A forward that works meanwhile has two.
    [ "$most" -le $((before + PLACES + 2)) ]
}
many_descriptors() {
    # With a socket for each connection there is no room for others.
    [ "$(descriptors)" -gt $((before + 2 * PLACES)) ]
}

# A resolver that is not there: who connects to it waits.
nowhere() {
    ip tuntap add dev nowhere mode tun
    ip address add 192.0.2.1/24 dev nowhere
    ip link set nowhere up
    echo 'nameserver 192.0.2.53' >"$W/resolv.conf"
}
answers() { same "$(guest kdig +short +retry=0 +time=3 +tcp @10.0.2.3 allowed.test)" "$FAR4"; }

# stage SIDE VNL: a guest that serves one port to the host.
stage() {
    guest_up "$1" "$2" || return 1
    start_in_guest echo socat TCP4-LISTEN:9000,fork,reuseaddr,backlog=64 EXEC:cat,nofork
    wait_for 5 guest_listens 9000
    before=$(descriptors)
}
end_stage() { stop idle; stop echo; guest_down; }

nested=slirp:///tcpfwd=127.0.0.1:9000:$GUEST:9000
internet_up
ulimit -n 128

if stage behind "$(behind 'resolve="allowed.test"' "$nested")"; then
    start_in_guest idle /usr/bin/python3 "$E2E/peer.py" dnsopen 10.0.2.3 100 idle
    wait_for 10 grep -q opened "$W/idle.log"
    try "behind: 100 idle connections to a resolver are $PLACES sockets" few_descriptors
    try "behind: forwards work meanwhile" forwards_work
    stop idle
    # They are closed one after the other, as they get places.
    try "behind: once they are closed, a look-up over TCP is answered" wait_for 8 answers
    guest /usr/bin/python3 "$E2E/peer.py" dnsopen 10.0.2.3 200 reset
    try "behind: 200 connections opened and reset are $PLACES sockets at most" few_descriptors
    try "behind: then, a look-up over TCP is answered" wait_for 5 answers
    end_stage
fi

nowhere
if stage without "$nested"; then
    guest /usr/bin/python3 "$E2E/peer.py" dnsopen 10.0.2.3 100 reset
    try "without: connections that a guest resets stay slirp's while they connect" many_descriptors
    end_stage
fi
if stage "behind, resolver dead" "$(behind 'resolve="allowed.test"' "$nested")"; then
    guest /usr/bin/python3 "$E2E/peer.py" dnsopen 10.0.2.3 200 reset
    try "behind, resolver dead: 200 connections opened and reset are $PLACES sockets" few_descriptors
    guest /usr/bin/python3 "$E2E/peer.py" dnsopen 10.0.2.3 200 reset
    try "behind, resolver dead: and 200 more" few_descriptors
    try "behind, resolver dead: forwards work meanwhile" forwards_work
    end_stage
fi
