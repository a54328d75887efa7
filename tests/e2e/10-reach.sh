# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# What the guest opens: TCP and UDP, by name and by address, IPv4 and IPv6, to the internet and to the host.
# Without the plugin all of it arrives; behind it none of it does. The far end is the judge.

# web ADDRESS: a real client. blocked_web wants it refused, and at once: curl's 7 is "connection refused".
web() {
    before=$(far_count "tcp 80")
    guest curl -sS -m 5 "http://$1/" | grep -q 'far end here' || return 1
    [ "$(far_count "tcp 80")" -eq $((before + 1)) ]
}
refused_web() {
    code=0
    guest curl -sS -m 5 "http://$1/" || code=$?
    same "curl exit $code" "curl exit 7"
}
blocked_web() { silent refused_web "$1"; }

# netcat ADDRESS PORT: TCP without HTTP.
netcat() { guest sh -c "echo hello | ncat -w 3 $1 $2" | grep -q 'far end here'; }
refused_netcat() {
    guest sh -c "echo hello | ncat -w 3 $1 $2" 2>"$W/said" && { echo "ncat succeeded"; return 1; }
    cat "$W/said"
    grep -q refused "$W/said"
}
blocked_netcat() { silent refused_netcat "$@"; }

# datagram ADDRESS: sent and answered; blocked_datagram wants an ICMP error, which is what reject promises.
datagram() { guest /usr/bin/python3 "$E2E/peer.py" udp "$1" 5000 3 | grep '^answered'; }
rejected_datagram() {
    saw=$(guest /usr/bin/python3 "$E2E/peer.py" udp "$1" 5000 1)
    echo "$saw"
    # Linux says EHOSTUNREACH for ICMP "filtered" and EACCES for ICMPv6 "administratively prohibited".
    case $saw in EHOSTUNREACH* | EACCES*) ;; *) return 1 ;; esac
}
blocked_datagram() { silent rejected_datagram "$1"; }

# broadcast: nobody may answer one with an ICMP error, so it is the far end alone who tells.
shout() { guest sh -c "echo hello | socat - UDP4-DATAGRAM:255.255.255.255:5000,broadcast,so-bindtodevice=vde0"; }
broadcast() {
    before=$(far_count "udp 5000")
    shout
    wait_for 2 test_count $((before + 1))
}
test_count() { [ "$(far_count "udp 5000")" -eq "$1" ]; }
blocked_broadcast() { silent shout; }

# pinged ADDRESS: slirp answers for the host itself. The far end does not log echoes, so the capture tells.
pinged() { guest ping -c 1 -W 2 "$1"; }
no_ping() { if guest ping -c 2 -i 0.2 -W 1 "$1"; then return 1; fi; }

rows() {
    side=$1 verb=$2
    guest ip neighbour replace fd00::77 lladdr 52:56:00:00:00:02 dev vde0
    try "$side: guest to internet, TCP, by name (curl)" "${verb}web" allowed.test
    try "$side: guest to internet, TCP, hardcoded IPv4 (curl)" "${verb}web" "$FAR4"
    try "$side: guest to internet, TCP, hardcoded IPv6 (curl)" "${verb}web" "[$FAR6]"
    try "$side: guest to internet, TCP, port 8080 (ncat)" "${verb}netcat" "$FAR4" 8080
    try "$side: guest to internet, TCP, port 8080, IPv6 (ncat)" "${verb}netcat" "$FAR6" 8080
    try "$side: guest to internet, UDP, IPv4" "${verb}datagram" "$FAR4"
    try "$side: guest to internet, UDP, IPv6" "${verb}datagram" "$FAR6"
    try "$side: guest to the host's loopback, 10.0.2.2, TCP (curl)" "${verb}web" 10.0.2.2
    try "$side: guest to the host's loopback, 10.0.2.2, UDP" "${verb}datagram" 10.0.2.2
    try "$side: guest to the host's loopback, fd00::2, TCP (curl)" "${verb}web" "[fd00::2]"
    try "$side: guest to the host's loopback, fd00::2, UDP" "${verb}datagram" fd00::2
    # slirp takes every address of its IPv6 prefix, and the broadcast address, for the host's loopback.
    try "$side: guest to the host's loopback, fd00::77, TCP (curl)" "${verb}web" "[fd00::77]"
    try "$side: guest to the host's loopback, fd00::77, UDP" "${verb}datagram" fd00::77
    try "$side: guest to the host's loopback, 255.255.255.255, UDP (socat)" "${verb}broadcast"
}

internet_up

if guest_up without slirp://; then
    rows without ""
    try "without: ping 10.0.2.2 is answered" pinged 10.0.2.2
    guest_down
fi

# The name stays resolvable: what is blocked is the connection, whatever the guest knows about addresses.
if guest_up behind "$(behind 'resolve="allowed.test"' slirp://)"; then
    sniff far-side lo
    rows behind blocked_
    try "behind: ping 10.0.2.2 is not answered" no_ping 10.0.2.2
    stop far-side
    try "behind: no packet but DNS went out of slirp" no_frames far-side not port 53
    guest_down
fi
