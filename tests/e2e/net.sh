# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154  # name, W and E2E are set by inside.sh
# The little internet of a scenario, the guest that is plugged into it, and what both of them saw.
#
# slirp opens its sockets in the scenario's own network namespace. Addresses on its loopback interface are
# therefore "the internet": whoever listens there is the far end.

FAR4=198.51.100.7
FAR6=2001:db8::7
# shellcheck disable=SC2034
GUEST=10.0.2.15

peer() { /usr/bin/python3 "$E2E/peer.py" "$@"; }

# The far end answers TCP and UDP on every address, and writes each arrival into $W/far.log.
# dns.log is the log of the resolver that slirp asks, elsewhere.log that of a server it has no business with.
internet_up() {
    ip link set lo up
    ip address add "$FAR4/32" dev lo
    ip address add "$FAR6/128" dev lo nodad
    printf 'nameserver 127.0.0.1\nnameserver ::1\n' >"$W/resolv.conf"
    mount --bind "$W/resolv.conf" /etc/resolv.conf
    dns_server dns 127.0.0.1,::1
    dns_server elsewhere "$FAR4,$FAR6"
    start far-end /usr/bin/python3 "$E2E/peer.py" serve "$W/far.log" tcp:80 tcp:8080 udp:80 udp:5000
    wait_for 5 grep -q ready "$W/far.log" || die "no far end" far-end
    wait_for 5 grep -q started "$W/dns.log" || die "no resolver" dns
    wait_for 5 grep -q started "$W/elsewhere.log" || die "no second name server" elsewhere
}

# dns_server NAME ADDRESSES [OPTION…]: in the foreground (the only mode that changes no user id), every query in its log.
dns_server() {
    set -- "$@" --host-record="allowed.test,$FAR4,$FAR6" --host-record="sub.allowed.test,$FAR4,$FAR6" \
        --host-record="deep.er.allowed.test,$FAR4" --host-record="denied.test,$FAR4,$FAR6" \
        --host-record="notallowed.test,$FAR4" --host-record="allowed.test.denied.test,$FAR4" \
        --txt-record=allowed.test,smuggled --txt-record=denied.test,smuggled
    server=$1 listen=$2
    shift 2
    start "$server" dnsmasq --no-daemon --conf-file=/dev/null --pid-file= \
        --no-resolv --no-hosts --bind-interfaces --listen-address="$listen" --log-queries --log-facility=- "$@"
}

# The two sides of every comparison. behind OPTIONS NESTED is a VNL with the plugin in it.
behind() {
    if [ "${EGRESS_LEAVE_OUT:-0}" = 1 ]; then echo "$2"; else echo "egress://[$1]{$2}"; fi
}

# guest_up WHAT VNL: a guest in vdens, with its name servers in the order of $resolvers, its address taken by DHCP, its IPv6 address by router advertisement.
# A guest without a network would seem perfectly blocked, so this is a check of its own.
guest_up() {
    start vdens vdens -R "${resolvers:-10.0.2.3,fd00::3}" "$2" sh "$E2E/guest.sh" "$W"
    check "$1: the guest gets its addresses" guest_addressed && return 0
    sed 's/^/          /' "$W/vdens.log"
    guest_down
    return 1
}

guest_addressed() {
    wait_for 5 test -s "$W/guest.pid" || { echo "no guest"; return 1; }
    guest busybox udhcpc -i vde0 -f -q -n -t 5 -T 1 -s "$E2E/lease.sh" || return 1
    wait_for 6 guest_has6 || { guest ip -6 address show dev vde0; return 1; }
}

guest_has6() { guest ip -6 -o address show dev vde0 scope global -tentative | grep -q fd00:; }

# Runs a command in the guest. Paths are absolute there: the guest has its own mount namespace.
guest() { nsenter -t "$(cat "$W/guest.pid")" -U -n -m --preserve-credentials -- "$@"; }

# The same in the background. (start needs a program, not a function: a function's pid would be a shell's.)
start_in_guest() {
    inside_job=$1
    shift
    start "$inside_job" nsenter -t "$(cat "$W/guest.pid")" -U -n -m --preserve-credentials -- "$@"
}

guest_listens() { guest ss -Hltn "sport = :$1" | grep -q .; }

# vdens ends with its command, and its plug with it.
guest_down() {
    stop guest
    wait_for 3 gone vdens || :
    stop vdens
}

# far_count [PATTERN]: how many arrivals the far end has seen.
# shellcheck disable=SC2120
far_count() { grep -c "^arrived .*${1:-}" "$W/far.log" || :; }

# asked NAME: whether any server was asked for it.
asked() { grep -Eqi "query\[[A-Za-z0-9=]*\] $1 from" "$W/dns.log" "$W/elsewhere.log"; }

# silent COMMAND…: succeeds if COMMAND does, and the far end saw nothing of it.
# shellcheck disable=SC2119
silent() {
    before=$(far_count)
    "$@" || return 1
    # What was let through has arrived by now: everything is on one machine, and the queue drains in order.
    sleep 0.1
    after=$(far_count)
    [ "$before" = "$after" ] && return 0
    echo "the far end saw:"
    tail -n $((after - before)) "$W/far.log"
    return 1
}

# start_switch NAME [OPTION…]: a vde_switch that is a hub, so that a sniffer sees every frame; $W/NAME.sock.
# It reads commands from its standard input and ends with it: give it one that stays open.
start_switch() {
    switch=$1
    shift
    [ -p "$W/never" ] || mkfifo "$W/never"
    # One that was killed has left its socket.
    rm -rf "$W/$switch.sock"
    # shellcheck disable=SC2016
    start "$switch" sh -c 'never=$1; shift; exec "$@" 0<>"$never"' sh "$W/never" \
        vde_switch -x -s "$W/$switch.sock" "$@"
    wait_for 5 test -S "$W/$switch.sock/ctl" || die "no switch" "$switch"
}

# sniff NAME INTERFACE [FILTER…]: capture whole frames into $W/NAME.pcap. With sniff_in=guest, the guest's.
sniff() {
    sniffer=$1 interface=$2
    shift 2
    # dumpcap and not tcpdump: as root tcpdump insists on becoming another user, and there is none in here.
    filter=
    [ $# -eq 0 ] || filter="-f $*"
    "start${sniff_in:+_in_guest}" "$sniffer" dumpcap -q -P -B 16 -i "$interface" -w "$W/$sniffer.pcap" ${filter:+"$filter"}
    wait_for 5 grep -q '^File:' "$W/$sniffer.log" || die "no capture on $interface" "$sniffer"
}

# read_capture FILE [FILTER…]: with the real tcpdump, as nobody for the same reason.
read_capture() {
    capture=$1
    shift
    unshare -U tcpdump -n -e -r "$capture" "$@"
}

# frames NAME [FILTER…]: what a sniffer has seen, one line per frame.
frames() {
    captured=$1
    shift
    read_capture "$W/$captured.pcap" "$@" 2>/dev/null
}

# no_frames NAME [FILTER…]: succeeds if there is none.
no_frames() {
    seen=$(frames "$@")
    [ -z "$seen" ] && return 0
    echo "$seen"
    return 1
}
