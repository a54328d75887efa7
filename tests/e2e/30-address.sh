# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# How the guest gets and keeps its addresses: DHCP with three real clients, BOOTP, ARP, neighbour discovery and SLAAC.

# A renewal is a unicast UDP datagram to 10.0.2.2 from the leased address, unlike the first exchange.
udhcpc_bound() {
    start_in_guest udhcpc busybox udhcpc -i vde0 -f -n -t 5 -T 1 -s "$E2E/lease.sh"
    wait_for 5 grep -q "lease: bound $GUEST" "$W/udhcpc.log" || { cat "$W/udhcpc.log"; return 1; }
}
udhcpc_renews() {
    kill -USR1 "$(cat "$W/udhcpc.pid")"
    wait_for 5 grep -q "lease: renew $GUEST" "$W/udhcpc.log" || { cat "$W/udhcpc.log"; return 1; }
    grep -q 'sending renew to server 10.0.2.2' "$W/udhcpc.log"
}

# dhclient is told to renew its lease after 2 seconds, and so does so by itself, long before it asks everybody.
dhclient_bound() {
    echo 'supersede dhcp-lease-time 20; supersede dhcp-renewal-time 2; supersede dhcp-rebinding-time 15;' >"$W/dhclient.conf"
    start_in_guest dhclient dhclient -d -4 -cf "$W/dhclient.conf" -lf "$W/dhclient.leases" -pf "$W/dhclient.own" \
        -sf "$E2E/lease.sh" vde0
    wait_for 8 grep -q "DHCPACK of $GUEST from 10.0.2.2" "$W/dhclient.log" || { cat "$W/dhclient.log"; return 1; }
}
dhclient_renews() {
    wait_for 10 twice_acknowledged || { cat "$W/dhclient.log"; return 1; }
    grep 'DHCPREQUEST.* to 10.0.2.2' "$W/dhclient.log" || { cat "$W/dhclient.log"; return 1; }
}
twice_acknowledged() { [ "$(grep -c "DHCPACK of $GUEST from 10.0.2.2" "$W/dhclient.log")" -ge 2 ]; }

# klibc's, which an initramfs has: BOOTP without a vendor field, or DHCP. It sets the address itself, and writes into /run.
ipconfig_gets() {
    guest ip address flush dev vde0 scope global
    guest sh -c "test -d /run/guest || { mount -t tmpfs none /run && mkdir /run/guest; }"
    guest timeout 10 /usr/lib/klibc/bin/ipconfig -c "$1" -t 5 vde0 || return 1
    guest ip -4 -o address show dev vde0 | grep "inet $GUEST/24" || return 1
    guest ip route show default | grep 'via 10.0.2.2'
}

# neighbour ADDRESS MAC: forgotten first, so that it has to be asked for. One datagram towards it is enough.
neighbour() {
    guest ip neighbour flush dev vde0
    guest /usr/bin/python3 "$E2E/peer.py" udp "$1" 9 0.2
    wait_for 3 resolved "$1" "$2" || { guest ip neighbour show dev vde0; return 1; }
}
resolved() { guest ip neighbour show "${1%%%*}" dev vde0 | grep "lladdr $2"; }

# Duplicate address detection, router solicitation and the address from the advertisement, from a link that was down.
slaac() {
    guest ip link set vde0 down
    guest ip link set vde0 up
    wait_for 8 guest_has6 || { guest ip -6 address show dev vde0; return 1; }
    wait_for 3 default6 || { guest ip -6 route; return 1; }
}
default6() { guest ip -6 route show default proto ra | grep 'via fe80::2'; }

rows() {
    try "$1: DHCP, udhcpc gets $GUEST" udhcpc_bound
    try "$1: DHCP, udhcpc renews it by unicast" udhcpc_renews
    stop udhcpc
    try "$1: DHCP, dhclient gets $GUEST" dhclient_bound
    try "$1: DHCP, dhclient renews it by unicast" dhclient_renews
    stop dhclient
    try "$1: DHCP, ipconfig gets $GUEST" ipconfig_gets dhcp
    try "$1: BOOTP, ipconfig gets $GUEST" ipconfig_gets bootp
    try "$1: ARP, 10.0.2.2" neighbour 10.0.2.2 52:55:0a:00:02:02
    try "$1: ARP, 10.0.2.3" neighbour 10.0.2.3 52:55:0a:00:02:03
    try "$1: neighbour discovery, fe80::2" neighbour fe80::2%vde0 52:56:00:00:00:02
    try "$1: neighbour discovery, fd00::3" neighbour fd00::3 52:56:00:00:00:03
    try "$1: SLAAC, prefix fd00:: and default route by router advertisement" slaac
}

internet_up
for side in without behind; do
    case $side in
    without) vnl=slirp:// ;;
    behind) vnl=$(behind "" slirp://) ;;
    esac
    guest_up "$side" "$vnl" || continue
    rows "$side"
    guest_down
done
