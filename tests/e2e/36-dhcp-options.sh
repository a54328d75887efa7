# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# A server that gives an address to a class of clients only, as some networks have it: what a guest says of itself
# reaches it where the policy trusts the guest with it, and only there.
#
#   guest - vdens - plugin - vde_switch - dnsmasq

SERVER=10.0.2.2

network_up() {
    rm -f "$W/leases"
    start_switch switch -t net0
    wait_for 5 ip link show net0 || die "no tap" switch
    ip address add "$SERVER/24" dev net0
    ip link set net0 up
    start dhcp dnsmasq --no-daemon --conf-file=/dev/null --pid-file= --port=0 --bind-interfaces --interface=net0 \
        --log-dhcp --log-facility=- --dhcp-authoritative --no-ping --dhcp-leasefile="$W/leases" --dhcp-vendorclass=set:known,udhcp \
        --dhcp-range=tag:known,"$GUEST",10.0.2.40,255.255.255.0,2m --dhcp-option=option:ntp-server,10.0.2.9
    wait_for 5 grep -q 'sockets bound' "$W/dhcp.log" || die "no DHCP server" dhcp
}

# ask VNL: one client, four tries; its script says all that it was given.
ask() {
    start guest vdens "$1" sh "$E2E/station.sh" "$W" "" -t 4 -T 1 -O ntpsrv -x hostname:smuggler
    : >"$W/go"
    wait_for 12 gone guest
    cat "$W/guest.log"
    grep -q 'lease: bound' "$W/guest.log"
}
refused() { ! ask "$1"; }
said() { grep -q "$1" "$W/dhcp.log" || { cat "$W/dhcp.log"; return 1; }; }
never_said() { ! grep "$1" "$W/dhcp.log"; }

network_up
try "without: the server takes the class" ask "vde://$W/switch.sock"
try "without: it hears the guest's name" said 'client provides name: smuggler'
stop dhcp
stop switch

network_up
try "behind: nothing is trusted, no class, no address" refused "$(behind "" "vde://$W/switch.sock")"
try "behind: the server has heard of it" said 'DHCPDISCOVER'
try "behind: nobody heard its name" never_said 'smuggler'
try "behind: a class is trusted, an address" ask "$(behind 'dhcp-options="60"' "vde://$W/switch.sock")"
try "behind: still nobody heard its name" never_said 'smuggler'
try "behind: it was given no time server" never_said 'option: 42'
try "behind: a name and a time server, too" ask "$(behind 'dhcp-options="12,42 60"' "vde://$W/switch.sock")"
try "behind: now the name is heard" said 'client provides name: smuggler'
try "behind: now the time server is given" said 'option: 42'
