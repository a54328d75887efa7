# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Tunnels over DNS and ICMP, each with its real far end. Without the plugin they come up, behind it they do not.

IODINE_FAR=198.51.100.8
DNS2TCP_FAR=198.51.100.9

tunnels_far_ends() {
    ip address add "$IODINE_FAR/32" dev lo
    ip address add "$DNS2TCP_FAR/32" dev lo
    # Its own device in the far end's namespace: 10.99.0.1.
    start iodined iodined -f -c -P secret -l "$IODINE_FAR" 10.99.0.1/27 tunnel.denied.test
    printf 'listen = %s\nport = 53\ndomain = other.denied.test\nresources = web:127.0.0.1:80\n' \
        "$DNS2TCP_FAR" >"$W/dns2tcpd.conf"
    start dns2tcpd dns2tcpd -F -d 1 -f "$W/dns2tcpd.conf"
    # The resolver that slirp asks knows both as name servers.
    stop dns
    dns_server dns 127.0.0.1,::1 --server="/tunnel.denied.test/$IODINE_FAR" --server="/other.denied.test/$DNS2TCP_FAR"
    # libslirp sends echo requests on ping sockets, which need leave. ptunnel answers them, and not the kernel.
    { echo '0 0' >/proc/sys/net/ipv4/ping_group_range && echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all; } 2>"$W/ping.log"
    start ptunneld stdbuf -oL ptunnel -v 4
    sleep 0.5
    for far_end in iodined dns2tcpd ptunneld; do alive "$far_end" || die "no far end for a tunnel" "$far_end"; done
}

# carries TUNNEL COMMAND…: whether it is as it should be on this side.
carries() {
    tunnel=$1
    shift
    if "$@"; then state=up; else state=down; fi
    case $side in without) wanted=up ;; behind) wanted=down ;; esac
    tail -n 5 "$W/$tunnel.log"
    same "$state" "$wanted"
}

# A page of the far end's through a port that a tunnel's near end listens on.
page_at() { wait_for 2 guest_listens "$1" && guest curl -sS -m 2 "http://127.0.0.1:$1/" | grep -q 'far end here'; }
iodine_up() {
    wait_for 4 grep -q 'Connection setup complete' "$W/$tunnel.log" &&
        guest curl -sS -m 3 http://10.99.0.1/ | grep -q 'far end here'
}

# tunnel NAME COMMAND…: its near end in the guest.
tunnel() {
    mark "$1"
    start_in_guest "$@"
}

iodine_tunnel() {
    iodine_name=$1
    shift
    tunnel "$iodine_name" iodine -f -P secret "$@" tunnel.denied.test
    try "$side: $iodine_name is $(fate)" carries "$iodine_name" iodine_up
    stop "$iodine_name"
}

dns2tcp_tunnel() {
    tunnel "$1" dns2tcpc -c -k '' -r web -z other.denied.test -l 2222 "$2"
    try "$side: $1 is $(fate)" carries "$1" page_at 2222
    stop "$1"
}

# libslirp hands the guest one answer for each request, and ptunnel's far end needs more: what comes up is the way out.
ptunnel_up() {
    wait_for 2 guest_listens 2223
    guest curl -sS -m 2 http://127.0.0.1:2223/
    [ "$(ptunnel_sessions)" -gt "$sessions" ]
}
ptunnel_sessions() { grep -c 'Starting new session' "$W/ptunneld.log" || :; }

ptunnel_tunnel() {
    sessions=$(ptunnel_sessions)
    tunnel ptunnel stdbuf -oL ptunnel -v 4 -p "$FAR4" -lp 2223 -da 127.0.0.1 -dp 80
    try "$side: ptunnel is $(fate)" carries ptunnel ptunnel_up
    stop ptunnel
}

fate() { if [ "$side" = without ]; then echo up; else echo down; fi; }

all_tunnels() {
    iodine_tunnel "iodine-resolver" 10.0.2.3
    dns2tcp_tunnel "dns2tcp-resolver" 10.0.2.3
    ptunnel_tunnel
    [ -z "${EGRESS_QUICK:-}" ] || return 0
    iodine_tunnel "iodine-direct" "$IODINE_FAR"
    dns2tcp_tunnel "dns2tcp-direct" "$DNS2TCP_FAR"
}
