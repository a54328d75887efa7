# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# What the guest may open: addresses and ports by `allow`, less those of `block`. The far end's log is the judge.

OTHER4=198.51.100.8
OTHER6=2001:db8::8
STRANGER4=198.51.100.9
ip link set lo up
for address in "$OTHER4/32" "$STRANGER4/32"; do ip address add "$address" dev lo; done
ip address add "$OTHER6/128" dev lo nodad

# web ADDRESS PORT: a real client, and one arrival at the far end.
web() {
    before=$(far_count "tcp $2 ")
    guest curl -sS -m 5 "http://$1:$2/" | grep -q 'far end here' || return 1
    [ "$(far_count "tcp $2 ")" -eq $((before + 1)) ]
}
refused_web() {
    code=0
    guest curl -sS -m 5 "http://$1:$2/" || code=$?
    same "curl exit $code" "curl exit 7"
}
blocked_web() { silent refused_web "$@"; }

datagram() { guest /usr/bin/python3 "$E2E/peer.py" udp "$1" "$2" 3 | grep '^answered'; }
rejected_datagram() {
    saw=$(guest /usr/bin/python3 "$E2E/peer.py" udp "$1" "$2" 1)
    echo "$saw"
    case $saw in EHOSTUNREACH* | EACCES*) ;; *) return 1 ;; esac
}
blocked_datagram() { silent rejected_datagram "$@"; }

# large ADDRESS PORT: a datagram that goes and comes in fragments.
large() { guest /usr/bin/python3 "$E2E/peer.py" big "$1" "$2" 4000; }

# Each way, with windows, closes and all. More at once, and slirp alone locks up with vdens.
bulk() { guest /usr/bin/python3 "$E2E/peer.py" bulk "$1" 9000 4 40000; }

looked_up() { guest dig +short +time=2 +tries=1 @10.0.2.3 "$1" | grep -qx "$FAR4"; }
not_looked_up() {
    saw=$(guest dig +noall +comments +time=2 +tries=1 @10.0.2.3 "$1")
    echo "$saw"
    echo "$saw" | grep -q NXDOMAIN && ! asked "$1"
}

# stranger_heard [ADDRESS PORT]: the guest wrote to the far end (from ADDRESS and PORT); somebody else answers to the
# port that it came from.
stranger_heard() {
    rm -f "$W/hears.log"
    start_in_guest hears /usr/bin/python3 "$E2E/peer.py" hear "$FAR4" 5000 2 "$@"
    wait_for 3 grep -q heard "$W/hears.log"
    port=$(sed -n 's/^arrived udp 5000 from [^ ]* \([0-9]*\) .*/\1/p' "$W/far.log" | tail -n 1)
    echo psst | socat - "UDP4-SENDTO:$FAR4:$port,bind=$STRANGER4"
    wait_for 4 gone hears || :
    cat "$W/hears.log"
    grep -q "heard $FAR4" "$W/hears.log" || return 2
    grep -q "heard $STRANGER4" "$W/hears.log"
}
no_stranger_heard() {
    code=0
    stranger_heard "$@" || code=$?
    same "$code" 1
}

# forward_used: the host's UDP forward to port 5001 of the guest answers; nobody has the port afterwards.
forward_used() {
    rm -f "$W/served.log"
    start_in_guest served /usr/bin/python3 "$E2E/peer.py" serve "$W/served.log" udp:5001
    wait_for 5 grep -q ready "$W/served.log"
    peer udp 127.0.0.1 9001 3 | grep '^answered' || return 1
    stop served
}

internet_up
start echo-end /usr/bin/python3 "$E2E/peer.py" serve "$W/echo.far" echo:9000
wait_for 5 grep -q ready "$W/echo.far" || die "no echo" echo-end

allow="$FAR4:80,5000,9000 $OTHER4:80,8080/tcp [$FAR6]:80,5000 [$OTHER6/127]:80/tcp"
# The other address of the guest's, whose port 5001 no forward is for.
SPARE4=10.0.2.99
forward=slirp:///udpfwd=127.0.0.1:9001:$GUEST:5001
block="$OTHER4:8080 [$OTHER6] sub.allowed.test"

if guest_up without slirp://; then
    try "without: a stranger is heard where the guest wrote to another" stranger_heard
    guest_down
fi

if guest_up without "$forward"; then
    guest ip address add "$SPARE4/24" dev vde0
    try "without: the host's UDP forward works" forward_used
    try "without: a stranger is heard at the forward's port of another address" stranger_heard "$SPARE4" 5001
    guest_down
fi

if guest_up behind "$(behind "allow=\"$FAR4:5000/udp\"" "$forward")"; then
    guest ip address add "$SPARE4/24" dev vde0
    try "behind: the host's UDP forward works" forward_used
    try "behind: no stranger is heard at the forward's port of another address" no_stranger_heard "$SPARE4" 5001
    try "behind: the host's UDP forward works still" forward_used
    guest_down
fi

# The host's loopback, behind slirp: an open port of it at which slirp knows nothing of the guest's.
start loopback /usr/bin/python3 "$E2E/peer.py" serve "$W/loopback.far" tcp:8081
wait_for 5 grep -q ready "$W/loopback.far" || die "no server on loopback" loopback
# Slirp says of two addresses alone that they are its own; who owns the guest needs not ask.
by_gateway() {
    for address in fd00::dead fd00::1:2:3 fd00::ffff:ffff:ffff:ffff; do
        guest ip -6 route add "$address/128" via fd00::2 dev vde0
    done
}
loopback() {
    before=$(grep -c '^arrived' "$W/loopback.far")
    guest curl -sS -m 5 "http://$1:8081/" >/dev/null || return 1
    [ "$(grep -c '^arrived' "$W/loopback.far")" -gt "$before" ]
}
refused_loopback() {
    before=$(grep -c '^arrived' "$W/loopback.far")
    refused_web "$1" 8081 || return 1
    same "$(grep -c '^arrived' "$W/loopback.far")" "$before"
}

if guest_up without slirp://; then
    by_gateway
    try "without: the host's loopback is open, IPv4 (curl)" loopback 10.0.2.2
    try "without: the host's loopback is open at any address, IPv6 (curl)" loopback "[fd00::dead]"
    guest_down
fi

if guest_up behind "$(behind 'allow="0.0.0.0/0:8081 [::]/0:8081 10.0.0.0/8:8081 [fd00::]/8:8081"' slirp://)"; then
    by_gateway
    try "behind: all addresses are not the host, IPv4 (curl)" refused_loopback 10.0.2.2
    for address in fd00::2 fd00::dead fd00::ffff:ffff:ffff:ffff; do
        try "behind: all addresses are not the host, $address (curl)" refused_loopback "[$address]"
    done
    guest_down
fi

if guest_up behind "$(behind 'allow="[fd00::dead]:8081 [::]/0:8081"/block="[fd00::2]"' slirp://)"; then
    by_gateway
    for address in 10.0.2.2 "[fd00::2]" "[fd00::dead]" "[fd00::1:2:3]"; do
        try "behind: one address of the host's blocked is all blocked, $address (curl)" refused_loopback "$address"
    done
    guest_down
fi

if guest_up behind "$(behind 'allow="10.0.2.2:8081"' slirp://)"; then
    by_gateway
    for address in 10.0.2.2 "[fd00::2]" "[fd00::dead]"; do
        try "behind: one address of the host's allowed is all allowed, $address (curl)" loopback "$address"
    done
    guest_down
fi

if guest_up behind "$(behind "resolve=\"allowed.test *.allowed.test\"/allow=\"$allow\"/block=\"$block\"" slirp://)"; then
    sniff far-side lo
    try "behind: an allowed port, TCP, IPv4 (curl)" web "$FAR4" 80
    try "behind: an allowed port, TCP, by a name that resolves to it (curl)" web allowed.test 80
    try "behind: an allowed port, TCP, IPv6 (curl)" web "[$FAR6]" 80
    try "behind: an allowed port, TCP, 4 connections at once, each its own echo" bulk "$FAR4"
    try "behind: an allowed port, UDP, IPv4" datagram "$FAR4" 5000
    try "behind: an allowed port, UDP, IPv6" datagram "$FAR6" 5000
    try "behind: an allowed port, UDP in fragments" large "$FAR4" 5000
    try "behind: another port of an allowed address, TCP (curl)" blocked_web "$FAR4" 8080
    try "behind: another port of an allowed address, UDP, IPv6" blocked_datagram "$FAR6" 8080
    try "behind: another address with an allowed port, TCP (curl)" blocked_web 10.0.2.2 80
    try "behind: another protocol of an allowed port, UDP" blocked_datagram "$OTHER4" 80
    try "behind: another address of the same list, TCP (curl)" web "$OTHER4" 80
    try "behind: what is blocked of what is allowed, TCP (curl)" blocked_web "$OTHER4" 8080
    try "behind: what is blocked of what is allowed, TCP, IPv6 (curl)" blocked_web "[$OTHER6]" 80
    try "behind: a name below what resolves is looked up" looked_up deep.er.allowed.test
    try "behind: a name that is blocked is not" not_looked_up sub.allowed.test
    try "behind: no stranger is heard where the guest wrote to another" no_stranger_heard
    stop far-side
    try "behind: nothing went to a port that is not allowed" no_frames far-side dst port 8080
    guest_down
fi
