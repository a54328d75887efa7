# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Run by scripts/demo through inside.sh: the same tries of the same guest, on slirp alone and behind the plugin, and
# for each what came of it, what the far end saw, and what was put on record.

# TITLE, then the command in the guest. The last line that it prints is the outcome.
tries() {
    cat <<END
TCP to the internet, by a name it may look up|curl -sS -m 3 http://allowed.test/
TCP to the internet, hardcoded address|curl -sS -m 3 http://$FAR4/
TCP to the internet, hardcoded IPv6 address|curl -sS -m 3 http://[$FAR6]/
TCP to the host's own loopback, through slirp|curl -sS -m 3 http://10.0.2.2/
UDP to the internet|echo ping | socat -t 1 - UDP4:$FAR4:5000
UDP to the internet, IPv6|echo ping | socat -t 1 - UDP6:[$FAR6]:5000
ICMP echo to the host|ping -c 1 -W 1 10.0.2.2 | grep -E 'bytes from|filtered|packet loss'
DNS, a name on the list|dig +short +tries=1 +time=2 @10.0.2.3 allowed.test
DNS, another name|dig +tries=1 +time=2 @10.0.2.3 denied.test | sed -n 's/.*status: \\([A-Z]*\\).*/\\1/p'
DNS, another server|dig +short +tries=1 +time=1 @$FAR4 denied.test
DHCP, a new lease|busybox udhcpc -i vde0 -f -q -n -t 3 -T 1 -s $E2E/lease.sh
END
}

# From the host: through slirp's forwards.
tcp_forward() { echo "hello from the host" | timeout 5 socat -t 3 - TCP:127.0.0.1:9000; }
udp_forward() { echo "hello from the host" | timeout 5 socat -t 1 - UDP4:127.0.0.1:9001; }
ten_megabytes() {
    timeout 60 socat -t 30 - TCP:127.0.0.1:9002 <"$W/big" | cut -d' ' -f1 >"$W/sum"
    if [ "$(cat "$W/sum")" = "$(sha256sum <"$W/big" | cut -d' ' -f1)" ]; then
        echo "checksums agree"
    else
        echo "checksums differ"
    fi
}

# The last line, without what the programs put around it.
short() {
    tr -d '\r' | sed '/^$/d' | tail -n 1 | sed '
        s/^.*socat\[[0-9]*\] E [^:]*: //
        s/^;; //
        s/^curl: (7) Failed to connect to .* after \([0-9]* ms\): .*/could not connect, after \1/
        s/, time .*//' | cut -c1-56
}
recorded() { read_capture "$W/blocked.pcap" 2>/dev/null | grep -c '^[0-9][0-9]:' || :; }
# What the outer world has heard: of names if the try is about names, of anything else otherwise.
heard() {
    case $1 in
    *DNS*) cat "$W/dns.log" "$W/elsewhere.log" | grep -c 'query\[' || : ;;
    *) grep -c '^arrived' "$W/far.log" || : ;;
    esac
}
# The word for it; tries that the far end has no part in get none.
saw() {
    case $1 in
    Host* | *DHCP* | *ICMP*) ;;
    *) if [ "$2" -gt 0 ]; then echo "arrived"; else echo "-"; fi ;;
    esac
}

# one TITLE COMMAND…: a try, on the side that is up: the outcome, and how much the outer world heard of it.
one() {
    about=$1
    shift
    heard_before=$(heard "$about")
    outcome=$("$@" 2>&1 | short)
    [ -n "$outcome" ] || outcome="no answer"
    sleep 0.1
    heard_now=$(($(heard "$about") - heard_before))
}
in_guest() { guest sh -c "$1"; }

# before TITLE KEY COMMAND…: without the plugin; kept for later.
before() {
    title=$1 key=$2
    shift 2
    one "$title" "$@"
    printf '%s\n' "$outcome" >"$W/without.$key"
    echo "$heard_now" >"$W/without.$key.heard"
}

# after TITLE KEY COMMAND…: behind the plugin; printed beside what it was without.
after() {
    title=$1 key=$2
    shift 2
    record_before=$(recorded)
    one "$title" "$@"
    record_now=$(($(recorded) - record_before))
    printf '%s\n' "$title"
    row without "$(cat "$W/without.$key")" "$(saw "$title" "$(cat "$W/without.$key.heard")")"
    row behind "$outcome" "$(saw "$title" "$heard_now")"
    if [ "$record_now" -gt 0 ]; then
        read_capture "$W/blocked.pcap" 2>/dev/null | tail -n +$((record_before + 1)) | head -n 1 |
            sed 's/^[^ ]* .* length [0-9]*: //' | cut -c1-64 | sed 's/^/    recorded  /'
        # The last of them: what came first may have been a second try at the same.
        "$WHY" "$W/blocked.pcap" allowed.test | tail -n 1 | cut -c1-64 | sed 's/^/    why       /'
    fi
    echo
}
row() { printf '    %-8s  %-56s  %s\n' "$@" | sed 's/ *$//'; }

# all before|after: every try of the guest, and every one of the host.
all() {
    number=0
    tries | while IFS='|' read -r title command; do
        number=$((number + 1))
        "$1" "Guest: $title" "$number" in_guest "$command"
    done
    "$1" "Host:  TCP forward to the guest, a line there and back" tcp tcp_forward
    "$1" "Host:  TCP forward to the guest, 10 MB" bulk ten_megabytes
    "$1" "Host:  UDP forward to the guest, a line there and back" udp udp_forward
}

servers_up() {
    start_in_guest echo socat TCP4-LISTEN:9000,fork,reuseaddr EXEC:cat,nofork
    start_in_guest sink socat TCP4-LISTEN:9002,fork,reuseaddr EXEC:sha256sum,nofork
    start_in_guest udp-echo /usr/bin/python3 "$E2E/peer.py" serve "$W/udp-echo.far" udp:9001
    wait_for 5 grep -q ready "$W/udp-echo.far"
    wait_for 5 guest_listens 9000
    wait_for 5 guest_listens 9002
}

internet_up
head -c 10000000 /dev/urandom >"$W/big"
nested=slirp:///tcpfwd=127.0.0.1:9000:$GUEST:9000,127.0.0.1:9002:$GUEST:9002/udpfwd=127.0.0.1:9001:$GUEST:9001
options="resolve=\"allowed.test\"/log=\"$W/blocked.pcap\""

cat <<END
A guest in vdens, its network is slirp, and the internet is a far end at
$FAR4 and $FAR6 that notes what arrives. First without the
plugin, then behind it:

  vdens 'slirp:///...'
  vdens 'egress://[resolve="allowed.test"/log="blocked.pcap"]{slirp:///...}'

The word at the end of a line is the far end's: whether it heard of it.

END
guest_up "without the plugin" "$nested" >"$W/up" || { cat "$W/up"; exit 1; }
servers_up
all before
for server in echo sink udp-echo; do stop "$server"; done
guest_down

guest_up "behind egress://" "$(behind "$options" "$nested")" >"$W/up" || { cat "$W/up"; exit 1; }
servers_up
all after
for server in echo sink udp-echo; do stop "$server"; done
guest_down

echo "The capture read back: $(recorded) frames that the guest sent and nobody got."
echo
echo '  $ tcpdump -n -r blocked.pcap'
unshare -U tcpdump -n -r "$W/blocked.pcap" 2>/dev/null | cut -c1-76 | sed 's/^/  /'
