# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The whole chain through a real switch, with a sniffer on it, while a noisy guest tries everything: what is on the
# wire, what the log says, and what arrived.
#
#   guest - vdens - plugin - vde_switch - vde_plug - slirp - the far end
#                                 \ tap, sniffer

# shellcheck source=tests/e2e/noise.sh
. "$E2E/noise.sh"

chain_up() {
    start_switch switch -t snif0
    # The tap is there to listen: without an address and without ARP it has nothing to say itself.
    ip link set snif0 addrgenmode none
    ip link set snif0 arp off promisc on up
    start slirp vde_plug \
        "slirp:///tcpfwd=127.0.0.1:9000:$GUEST:9000/udpfwd=127.0.0.1:9001:$GUEST:9001" "vde://$W/switch.sock"
    sniff wire snif0
}

chain_down() {
    for part in wire slirp switch; do stop "$part"; done
}

servers_up() {
    start_in_guest echo socat TCP4-LISTEN:9000,fork,reuseaddr EXEC:cat,nofork
    start_in_guest udp-echo /usr/bin/python3 "$E2E/peer.py" serve "$W/udp-echo.far" udp:9001
    wait_for 5 grep -q ready "$W/udp-echo.far"
    wait_for 5 guest_listens 9000
}
servers_down() { stop echo; stop udp-echo; }

forwards_work() {
    same "$(echo hello | timeout 5 socat -t 3 - TCP:127.0.0.1:9000)" hello
    peer echoes 127.0.0.1 9001 3 5
}

heard_nothing() { silent noise; }
wire_is_dirty() { ! judge wire "$W/wire.pcap" allowed.test; }
wire_is_clean() { judge wire "$W/wire.pcap" allowed.test; }
judge() { /usr/bin/python3 "$E2E/judge.py" "$@"; }

internet_up

chain_up
if guest_up without "vde://$W/switch.sock"; then
    servers_up
    try "without: forwards work through the switch" forwards_work
    try "without: the guest makes its noise" noise
    stop wire
    try "without: the noise is on the wire" wire_is_dirty
    try "without: it reaches the far end" test "$(far_count)" -gt 5
    try "without: the other name is asked for" asked denied.test
    servers_down
    guest_down
fi
chain_down
for server in dns elsewhere; do stop "$server"; done
dns_server dns 127.0.0.1,::1
dns_server elsewhere "$FAR4,$FAR6"

chain_up
vnl=$(behind "resolve=\"allowed.test\"/log=\"$W/blocked.pcap\"" "vde://$W/switch.sock")
if guest_up behind "$vnl"; then
    servers_up
    try "behind: forwards work through the switch" forwards_work
    sniff_in=guest sniff sent vde0
    try "behind: nothing of the noise reaches the far end" heard_nothing
    try "behind: forwards work after the noise" forwards_work
    sleep 0.3
    stop sent
    cp "$W/blocked.pcap" "$W/copy.pcap" || :
    stop wire
    try "behind: on the wire are only ARP, ND, DHCP, DNS for the listed name, and answers" wire_is_clean
    if asked denied.test; then other=yes; else other=no; fi
    try "behind: the other name is never asked for" same "$other" no
    try "behind: every frame is either in the log, once and whole, or let through" \
        judge record "$W/sent.pcap" "$W/copy.pcap" "$W/wire.pcap" allowed.test
    servers_down
    guest_down
fi
chain_down
