# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Resolvers that cannot be reached: one of a family that the host has none of, and one that is down. A look-up
# goes on to the next, or fails, at once; and many that ask the same are all answered.

resolvers=fd00::3,10.0.2.3

# in_time MOST COMMAND…: whether COMMAND takes fewer milliseconds than MOST; glibc gives a server 5000. Returns what it does.
in_time() {
    most=$1 before=$(date +%s%N) rc=0
    shift
    "$@" || rc=$?
    took=$((($(date +%s%N) - before) / 1000000))
    echo "status $rc after $took ms"
    [ "$took" -lt "$most" ] && return "$rc"
}

looks_up() { guest getent ahostsv4 allowed.test; }
looks_up_all() { for _ in 1 2 3; do guest getent ahosts allowed.test || return 1; done; }
fails() { ! looks_up; }

# Forty at once: all of the guest's clients that wait for one answer get it.
all_are_answered() {
    guest sh -c 'for n in 1 2 3 4 5 6 7 8 9 10; do for m in 1 2 3 4; do
        dig +short +tries=1 +timeout=3 @10.0.2.3 allowed.test & done; done; wait' >"$W/many" 2>&1
    same "$(grep -cx "$FAR4" "$W/many")" 40
}

# Each client has a port of its own. How many sockets slirp has for them: with the plugin's own ports 12 at most.
forty_names() {
    guest sh -c 'for n in $(seq 40); do dig +short +tries=1 +timeout=3 @10.0.2.3 n$n.allowed.test & done; wait' >"$W/names" 2>&1
    ss -Huapn | grep '"vdens"' >"$W/sockets" || :
    echo "$(wc -l <"$W/sockets") sockets"
}
many_sockets() { forty_names && [ "$(wc -l <"$W/sockets")" -ge 40 ]; }
few_sockets() { forty_names && [ "$(wc -l <"$W/sockets")" -ge 6 ] && [ "$(wc -l <"$W/sockets")" -le 24 ]; }

each_side() {
    printf 'nameserver 127.0.0.1\n' >"$W/resolv.conf"
    try "$1: the host has IPv4 resolvers only: the look-up goes on to the next at once" in_time 2500 looks_up
    try "$1: so does each of several, of both types" in_time 2500 looks_up_all
    try "$1: forty that ask at once are all answered" all_are_answered
}

# Without the plugin slirp's error comes from 127.0.0.1, of which a guest can make nothing: it waits.
resolver_down() {
    stop dns
    try "$1: the resolver is down: the look-up fails at once" in_time 2500 fails
    dns_server dns 127.0.0.1,::1
    wait_for 5 grep -q started "$W/dns.log"
    try "$1: it is there again: the look-up is answered" in_time 2500 looks_up
}

internet_up

if guest_up without slirp://; then
    each_side without
    try "without: forty clients are forty sockets of slirp's" many_sockets
    guest_down
fi
if guest_up behind "$(behind 'resolve="allowed.test *.allowed.test"' slirp://)"; then
    each_side behind
    try "behind: forty clients are 24 sockets at most" few_sockets
    resolver_down behind
    guest_down
fi
