# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# What the guest may look up. The judge of what left is the resolver's own log, and a capture between slirp and it.

# Answers, as the real clients print them.
dig_says() {
    expected=$1
    shift
    same "$(guest dig +short +tries=1 +time=3 "$@")" "$expected"
}
kdig_says() {
    expected=$1
    shift
    same "$(guest kdig +short +retry=0 +time=3 "$@")" "$expected"
}
# Two queries on one connection; the second for the same name or another one.
kept_open() {
    guest kdig +short +retry=0 +time=3 +tcp +keepopen @10.0.2.3 allowed.test A allowed.test AAAA >"$W/said"
    same "$(cat "$W/said")" "$(printf '%s\n%s' "$FAR4" "$FAR6")"
}
second_name() { guest /usr/bin/python3 "$E2E/peer.py" dnstcp 10.0.2.3 allowed.test "$1" >"$W/said" 2>&1; cat "$W/said"; }
second_name_answered() { same "$(second_name "$1")" "$(printf 'NOERROR\nNOERROR')" && asked "$1"; }
second_name_never_arrives() {
    same "$(second_name "$1")" "$(printf 'NOERROR\nNXDOMAIN')" || return 1
    if asked "$1"; then echo "the second was asked for"; return 1; fi
}

getent_says() { guest getent ahosts "$1" | grep -qF "$FAR4" && guest getent ahosts "$1" | grep -qF "$FAR6"; }
nslookup_says() { guest busybox nslookup "$1" 10.0.2.3 | grep -qF "Address: $FAR4"; }

# The answer repeats the question as it was asked, letter case included: resolvers that randomise it insist on that.
case_kept() { guest dig +tries=1 +time=3 @10.0.2.3 AlLoWeD.TeSt A | grep '^AlLoWeD\.TeSt\.'; }

# All at once, each from a socket of its own.
# shellcheck disable=SC2016
fifty() {
    guest sh -c 'for n in $(seq 50); do dig +short +tries=2 +time=3 @10.0.2.3 allowed.test & done; wait' >"$W/fifty"
    same "$(grep -cF "$FAR4" "$W/fifty")" 50
}

# refused_name NAME CLIENT…: NXDOMAIN, and no server has heard of it.
refused_name() {
    refused=$1
    shift
    guest "$@" "$refused" >"$W/said" 2>&1
    cat "$W/said"
    grep -q 'status: NXDOMAIN' "$W/said" || return 1
    if asked "$refused"; then echo "but it was asked for"; return 1; fi
}

# Another server is another service: nothing at all reaches it.
other_server() {
    saw=$(guest dig +tries=1 +time=2 "@$1" allowed.test)
    echo "$saw"
    if echo "$saw" | grep -q 'status: NOERROR'; then return 1; fi
    if grep 'query\[' "$W/elsewhere.log"; then return 1; fi
}
other_server_answers() { dig_says "$FAR4" "@$1" allowed.test; }

# A refused name and a listed one on one connection: both are answered, in whatever order.
refused_and_listed() {
    guest kdig +retry=0 +time=3 +tcp +keepopen "$@" denied.test A allowed.test A denied.test AAAA allowed.test AAAA >"$W/said"
    cat "$W/said"
    same "$(grep -c 'status: NXDOMAIN' "$W/said")" 2 || return 1
    same "$(grep -cF -e "$FAR4" -e "$FAR6" "$W/said")" 2 || return 1
    if asked denied.test; then echo "but it was asked for"; return 1; fi
}

# glibc over TCP: what getaddrinfo says, EAI_NONAME being what programs do not try again.
over_tcp_glibc_says() {
    guest env RES_OPTIONS=use-vc /usr/bin/python3 "$E2E/peer.py" getaddrinfo "$1" >"$W/said" 2>&1
    same "$(cat "$W/said")" "$2"
}

# A resolver of the guest's own that asks over TCP: refused names must not have it take its upstream for dead.
start_unbound() {
    cat >"$W/unbound.conf" <<END
server:
    interface: 127.0.0.1
    port: 5300
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "$W"
    pidfile: ""
    use-syslog: no
    module-config: "iterator"
    local-zone: "test." nodefault
    use-caps-for-id: yes
    tcp-upstream: yes
    cache-min-ttl: 0
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    do-not-query-localhost: no
forward-zone:
    name: "."
    forward-addr: 10.0.2.3
END
    start_in_guest unbound /usr/sbin/unbound -c "$W/unbound.conf"
    wait_for 5 guest_listens 5300 || die "no unbound" unbound
}
unbound_says() { same "$(guest dig +tries=1 +time="$1" -p 5300 @127.0.0.1 "$2" | sed -n 's/.*status: \([A-Z]*\).*/\1/p')" "$3"; }
# Five listed names between five times as many that are refused, twenty rounds of them, all in flight together.
unbound_mixed() {
    # shellcheck disable=SC2016
    guest sh -c 'for n in $(seq 20); do for name in no$n.denied.test a$n.no.test b$n.no.test c$n.no.test d$n.no.test \
        allowed.test; do dig +tries=1 +time=4 -p 5300 @127.0.0.1 $name | grep -o "status: [A-Z]*" & done; done; wait' >"$W/mixed"
    sort "$W/mixed" | uniq -c
    same "$(grep -c NXDOMAIN "$W/mixed")" 100 && same "$(grep -c NOERROR "$W/mixed")" 20
}
unbound_row() {
    start_unbound
    try "$1: unbound over TCP: a listed name" unbound_says 3 allowed.test NOERROR
    if [ "$1" = behind ]; then
        try "behind: unbound over TCP: a name not listed" unbound_says 3 denied.test NXDOMAIN
        try "behind: unbound over TCP: a listed name at once after it" unbound_says 1 allowed.test NOERROR
        try "behind: unbound over TCP: 120 look-ups at once, of which 20 are of a listed name" unbound_mixed
        try "behind: unbound over TCP: a listed name at once after these" unbound_says 1 allowed.test NOERROR
    fi
    stop unbound
}

empty_answer() {
    guest dig +tries=1 +time=3 @10.0.2.3 allowed.test TXT >"$W/said"
    cat "$W/said"
    grep -q 'status: NOERROR' "$W/said" && grep -q 'ANSWER: 0' "$W/said" || return 1
    if grep 'query\[TXT\]' "$W/dns.log"; then return 1; fi
}

# A cookie or client subnet option is room for the guest's own bytes. (Padding, option 12, takes the place of others in
# queries over TCP.) $W/wire.pcap is what slirp sent on.
laden_query() {
    guest dig +tries=1 +subnet=192.0.2.0/24 +ednsopt=65001:736d7567676c6564 @10.0.2.3 allowed.test
    wait_for 2 wire_has 'udp dst port 53' || { echo "no query on the wire"; return 1; }
    laden=$(tshark -r "$W/wire.pcap" -Y 'dns.flags.response == 0 && dns.opt.code in {0..11, 13..65535}' 2>"$W/tshark.log")
    echo "$laden"
}
wire_has() { frames wire "$@" | grep -q .; }
options_ride_along() { laden_query && [ -n "$laden" ]; }
nothing_rides_along() { laden_query && [ -z "$laden" ]; }

# How many of 400 names that were never asked for before reach a resolver, within a second or two.
new_names() {
    guest /usr/bin/python3 "$E2E/peer.py" dnsnames 10.0.2.3 allowed.test 400
    grep -Eio 'query\[A\] n[0-9]+\.allowed\.test from' "$W/dns.log" | sort -fu | wc -l >"$W/new-names"
    echo "$(cat "$W/new-names") of 400 arrived"
}
names_flow() { new_names && [ "$(cat "$W/new-names")" -eq 400 ]; }
# dns-limit is 120 a minute by default, and a few were asked for before.
names_are_limited() { new_names && [ "$(cat "$W/new-names")" -ge 100 ] && [ "$(cat "$W/new-names")" -le 130 ]; }

# Listed names work on both sides.
listed() {
    try "$1: A over IPv4 (dig, with a cookie)" dig_says "$FAR4" @10.0.2.3 allowed.test
    try "$1: AAAA over IPv4 (dig)" dig_says "$FAR6" @10.0.2.3 allowed.test AAAA
    try "$1: A over IPv6 (dig)" dig_says "$FAR4" @fd00::3 allowed.test
    try "$1: AAAA over IPv6 (dig)" dig_says "$FAR6" @fd00::3 allowed.test AAAA
    try "$1: A without EDNS (dig)" dig_says "$FAR4" +noedns @10.0.2.3 allowed.test
    try "$1: A (kdig)" kdig_says "$FAR4" @10.0.2.3 allowed.test
    try "$1: A with EDNS padding and DNSSEC bits (kdig)" kdig_says "$FAR4" +edns +padding=64 +dnssec @10.0.2.3 allowed.test
    try "$1: A (busybox nslookup)" nslookup_says allowed.test
    try "$1: A and AAAA as glibc asks (getent)" getent_says allowed.test
    try "$1: A over TCP (dig)" dig_says "$FAR4" +tcp @10.0.2.3 allowed.test
    try "$1: AAAA over TCP over IPv6 (dig)" dig_says "$FAR6" +tcp @fd00::3 allowed.test AAAA
    try "$1: A over TCP (kdig)" kdig_says "$FAR4" +tcp @10.0.2.3 allowed.test
    try "$1: two queries on one TCP connection (kdig)" kept_open
    try "$1: a listed name twice on one TCP connection" second_name_answered allowed.test
    try "$1: a listed name as glibc asks over TCP" over_tcp_glibc_says allowed.test "$FAR4 $FAR6"
    unbound_row "$1"
    try "$1: a name below *.allowed.test" dig_says "$FAR4" @10.0.2.3 sub.allowed.test
    try "$1: a name far below *.allowed.test" dig_says "$FAR4" @10.0.2.3 deep.er.allowed.test
    try "$1: letter case in the question is kept" case_kept
    try "$1: 50 lookups at once" fifty
}

unlisted() {
    try "behind: a name not listed (dig, IPv4) is NXDOMAIN and never sent on" refused_name denied.test dig @10.0.2.3
    try "behind: a name not listed (dig, IPv6) is NXDOMAIN and never sent on" refused_name denied.test dig @fd00::3
    try "behind: a name not listed (kdig) is NXDOMAIN and never sent on" refused_name denied.test kdig @10.0.2.3
    try "behind: AAAA of a name not listed is NXDOMAIN and never sent on" refused_name denied.test dig @10.0.2.3 -t AAAA
    try "behind: a name that only ends alike" refused_name notallowed.test dig @10.0.2.3
    try "behind: a name that only begins alike" refused_name allowed.test.denied.test dig @10.0.2.3
    try "behind: the parent of a listed name" refused_name test dig @10.0.2.3
    try "behind: TXT of a listed name is an empty answer and never sent on" empty_answer
    try "behind: a name not listed over TCP (dig, IPv4) is NXDOMAIN and never sent on" refused_name denied.test dig +tcp @10.0.2.3
    try "behind: a name not listed over TCP (dig, IPv6) is NXDOMAIN and never sent on" refused_name denied.test dig +tcp @fd00::3
    try "behind: a name not listed over TCP (kdig) is NXDOMAIN and never sent on" refused_name denied.test kdig +tcp @10.0.2.3
    try "behind: a name not listed, second on an open TCP connection, is NXDOMAIN" second_name_never_arrives denied.test
    try "behind: refused and listed names on one TCP connection (kdig, IPv4)" refused_and_listed @10.0.2.3
    try "behind: refused and listed names on one TCP connection (kdig, IPv6)" refused_and_listed @fd00::3
    try "behind: a name not listed as glibc asks over TCP is not there" over_tcp_glibc_says denied.test EAI_NONAME
    try "behind: another server, IPv4, is not reached" other_server "$FAR4"
    try "behind: another server, IPv6, is not reached" other_server "$FAR6"
    try "behind: no EDNS option leaves with a query" nothing_rides_along
}

internet_up

if guest_up without slirp://; then
    listed without
    try "without: a name not listed is answered" dig_says "$FAR4" @10.0.2.3 denied.test
    try "without: a name not listed is answered (IPv6)" dig_says "$FAR4" @fd00::3 denied.test
    try "without: a name not listed, second on an open TCP connection, is answered" second_name_answered denied.test
    try "without: TXT is answered" dig_says '"smuggled"' @10.0.2.3 allowed.test TXT
    try "without: 400 new names below a domain are sent on" names_flow
    try "without: another server answers" other_server_answers "$FAR4"
    try "without: another server answers (IPv6)" other_server_answers "$FAR6"
    sniff wire lo port 53
    try "without: EDNS options leave with a query" options_ride_along
    stop wire
    guest_down
fi

# Both resolvers start over, so that what is in their logs was asked behind the plugin.
for server in dns elsewhere; do stop "$server"; done
dns_server dns 127.0.0.1,::1
dns_server elsewhere "$FAR4,$FAR6"

if guest_up behind "$(behind 'resolve="allowed.test *.allowed.test"' slirp://)"; then
    sniff wire lo port 53
    listed behind
    unlisted
    try "behind: of 400 new names below a listed domain a minute's worth is sent on" names_are_limited
    stop wire
    guest_down
fi

# Without a list every name is refused.
if guest_up "behind, no list" "$(behind '' slirp://)"; then
    try "behind, no list: NXDOMAIN, never sent on" refused_name sub.allowed.test.none dig @10.0.2.3
    guest_down
fi
