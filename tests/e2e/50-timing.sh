# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# How soon the guest learns that it was refused: at once with action=reject, never with action=drop. Measured in
# the guest around the system calls.

limit_ms=50

ask() { guest /usr/bin/python3 "$E2E/peer.py" "$@"; }

# each_time OUTCOME KIND ARGUMENT…: five tries, the slowest counts.
each_time() {
    wanted=$1
    shift
    for _ in 1 2 3 4 5; do ask "$@"; done >"$W/tries"
    cat "$W/tries"
    awk -v wanted="$wanted" -v limit="$limit_ms" '
        $1 !~ "^(" wanted ")$" || $2 > limit { bad = 1 }
        END { exit bad || NR != 5 }' "$W/tries"
}

# once OUTCOME KIND ARGUMENT…
once() {
    wanted=$1
    shift
    saw=$(ask "$@")
    echo "$saw"
    [ "${saw%% *}" = "$wanted" ]
}

internet_up

if guest_up without slirp://; then
    try "without: TCP is answered" each_time answered tcp "$FAR4" 80
    try "without: TCP is answered (IPv6)" each_time answered tcp "$FAR6" 80
    try "without: UDP is answered" each_time answered udp "$FAR4" 5000
    try "without: the other name is answered" each_time NOERROR dns 10.0.2.3 denied.test A
    guest_down
fi

if guest_up reject "$(behind 'resolve="allowed.test"' slirp://)"; then
    at_once="within $limit_ms ms"
    try "reject: TCP, connection refused $at_once" silent each_time ECONNREFUSED tcp "$FAR4" 80
    try "reject: TCP, connection refused $at_once (IPv6)" silent each_time ECONNREFUSED tcp "$FAR6" 80
    try "reject: TCP to an address that nobody has, the same" each_time ECONNREFUSED tcp 203.0.113.9 80
    # Linux reports ICMP "administratively prohibited" as EHOSTUNREACH, the same of ICMPv6 as EACCES.
    try "reject: UDP, administratively prohibited $at_once" silent each_time EHOSTUNREACH udp "$FAR4" 5000
    try "reject: UDP, administratively prohibited $at_once (IPv6)" silent each_time EACCES udp "$FAR6" 5000
    try "reject: another name, NXDOMAIN $at_once" each_time NXDOMAIN dns 10.0.2.3 denied.test A
    try "reject: another name, NXDOMAIN $at_once (IPv6)" each_time NXDOMAIN dns fd00::3 denied.test A
    try "reject: a listed name is answered $at_once" each_time NOERROR dns 10.0.2.3 allowed.test A
    guest_down
fi

if guest_up drop "$(behind 'resolve="allowed.test"/action="drop"' slirp://)"; then
    try "drop: TCP times out" silent once timeout tcp "$FAR4" 80 2
    try "drop: TCP times out (IPv6)" silent once timeout tcp "$FAR6" 80 2
    try "drop: UDP is not answered" silent once timeout udp "$FAR4" 5000 1
    try "drop: UDP is not answered (IPv6)" silent once timeout udp "$FAR6" 5000 1
    try "drop: another name is not answered" once timeout dns 10.0.2.3 denied.test A 1
    try "drop: a listed name is answered" each_time NOERROR dns 10.0.2.3 allowed.test A
    guest_down
fi
