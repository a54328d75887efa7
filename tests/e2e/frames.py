# SPDX-License-Identifier: LGPL-2.1-or-later
"""Send frames that no ordinary client would: frames.py INTERFACE GUEST_ADDRESS FAR4 FAR6

Every one of them is to be blocked by a filter that lets the guest open nothing, or else to pass without what rides
along with it (a payload behind ARP).
"""
import os
import sys
import time

os.environ.setdefault("HOME", "/nonexistent")
import logging

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import (ARP, BOOTP, DHCP, DNS, DNSQR, GRE, ICMP, IP, LLC, SNAP, TCP, UDP, Dot1Q, Ether, ICMPv6EchoRequest,
                       ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, IPOption_Router_Alert, IPv6,
                       IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, Raw, conf, fragment, get_if_hwaddr)

GATEWAY, GATEWAY6 = "52:55:0a:00:02:02", "52:56:00:00:00:02"


def table(mac, me, far4, far6):
    ether = Ether(src=mac, dst=GATEWAY)
    ether6 = Ether(src=mac, dst=GATEWAY6)
    me6 = "fd00::" + "%x" % 0x77
    out = ether / IP(src=me, dst=far4)
    out6 = ether6 / IPv6(src=me6, dst=far6)
    dns = ether / IP(src=me, dst="10.0.2.3") / UDP(sport=5555, dport=53)
    denied = DNS(rd=1, qd=DNSQR(qname="denied.test"))
    allowed = DNS(rd=1, qd=DNSQR(qname="allowed.test"))
    yield "TCP SYN", out / TCP(sport=4001, dport=80, flags="S")
    yield "TCP SYN with data", out / TCP(sport=4002, dport=80, flags="S") / b"smuggled"
    for flags in ("A", "F", "FA", "R", "RA", "SA", "", "FPU", "SF", "SR"):
        yield f"TCP flags '{flags}'", out / TCP(sport=4003, dport=80, flags=flags, seq=7, ack=9) / b"smuggled"
        yield f"TCP flags '{flags}', IPv6", out6 / TCP(sport=4003, dport=80, flags=flags, seq=7, ack=9) / b"smuggled"
    yield "TCP from a forwarded port elsewhere", out / TCP(sport=9000, dport=80, flags="PA", seq=7, ack=9) / b"smuggled"
    yield "UDP from a forwarded port elsewhere", out / UDP(sport=9001, dport=5000) / b"smuggled"
    yield "UDP", out / UDP(sport=4004, dport=5000) / b"smuggled"
    yield "UDP, IPv6", out6 / UDP(sport=4004, dport=5000) / b"smuggled"
    yield "UDP without a checksum", out / UDP(sport=4005, dport=5000, chksum=0) / b"smuggled"
    yield "UDP, wrong checksum", out / UDP(sport=4006, dport=5000, chksum=0x1234) / b"smuggled"
    yield "UDP, wrong length", out / UDP(sport=4007, dport=5000, len=200) / b"smuggled"
    yield "UDP from another address", ether / IP(src="10.0.2.99", dst=far4) / UDP(sport=4008, dport=5000) / b"smuggled"
    yield "UDP from another MAC address", Ether(src="02:00:00:00:00:99", dst=GATEWAY) / IP(src=me, dst=far4) / UDP(
        sport=4009, dport=5000) / b"smuggled"
    yield "IPv4 options", ether / IP(src=me, dst=far4, options=[IPOption_Router_Alert()]) / UDP(
        sport=4010, dport=5000) / b"smuggled"
    yield "IPv4 header length 4", ether / IP(src=me, dst=far4, ihl=4) / UDP(sport=4011, dport=5000) / b"smuggled"
    yield "IPv4 total length too long", ether / IP(src=me, dst=far4, len=999) / UDP(dport=5000) / b"smuggled"
    yield "IP version 5", ether / IP(src=me, dst=far4, version=5) / UDP(sport=4012, dport=5000) / b"smuggled"
    for number, part in enumerate(fragment(IP(src=me, dst=far4) / UDP(sport=4013, dport=5000) / (b"smuggled" * 300), 800)):
        yield f"IPv4 fragment {number}", ether / part
    yield "IPv4 tiny first fragment", ether / IP(src=me, dst=far4, flags="MF", id=77, proto=6) / (b"\x0f\xa1\x00\x50" * 2)
    yield "IPv6 atomic fragment", out6 / IPv6ExtHdrFragment() / UDP(sport=4014, dport=5000) / b"smuggled"
    yield "IPv6 destination options", out6 / IPv6ExtHdrDestOpt() / UDP(sport=4015, dport=5000) / b"smuggled"
    yield "IPv6 hop by hop", out6 / IPv6ExtHdrHopByHop() / UDP(sport=4016, dport=5000) / b"smuggled"
    yield "ICMP echo", out / ICMP() / b"smuggled"
    yield "ICMP echo to the gateway", ether / IP(src=me, dst="10.0.2.2") / ICMP() / b"smuggled"
    yield "ICMP error that quotes no flow", out / ICMP(type=3, code=3) / IP(src=far4, dst=me) / UDP(
        sport=5000, dport=4004) / b"smuggled"
    yield "ICMPv6 echo", out6 / ICMPv6EchoRequest() / b"smuggled"
    yield "router advertisement", Ether(src=mac, dst="33:33:00:00:00:01") / IPv6(
        src="fe80::99", dst="ff02::1", hlim=255) / ICMPv6ND_RA() / ICMPv6NDOptPrefixInfo(prefix="2001:db8:9::")
    yield "neighbour solicitation from afar", Ether(src=mac, dst=GATEWAY6) / IPv6(
        src=me6, dst="fd00::2", hlim=64) / ICMPv6ND_NS(tgt="fd00::2")
    yield "neighbour advertisement with a payload", Ether(src=mac, dst=GATEWAY6) / IPv6(
        src=me6, dst="fd00::2", hlim=255) / ICMPv6ND_NA(tgt=me6) / (b"smuggled" * 8)
    yield "GRE", out / GRE() / IP(src=me, dst=far4) / UDP(dport=5000) / b"smuggled"
    yield "IP in IP", out / IP(src=me, dst=far4) / UDP(dport=5000) / b"smuggled"
    for number in (2, 50, 51, 103, 132, 255):
        yield f"IP protocol {number}", ether / IP(src=me, dst=far4, proto=number) / (b"smuggled" * 4)
    yield "VLAN tag", Ether(src=mac, dst=GATEWAY) / Dot1Q(vlan=5) / IP(src=me, dst=far4) / UDP(dport=5000) / b"smuggled"
    yield "VLAN tag twice", Ether(src=mac, dst=GATEWAY, type=0x88a8) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / IP(
        src=me, dst=far4) / UDP(dport=5000) / b"smuggled"
    yield "LLC and SNAP", Ether(src=mac, dst=GATEWAY, type=60) / LLC() / SNAP(code=0x800) / IP(src=me, dst=far4) / UDP(
        dport=5000) / b"smuggled"
    yield "unknown ethertype", Ether(src=mac, dst=GATEWAY, type=0x88b5) / (b"smuggled" * 8)
    yield "IPv6 under IPv4's ethertype", Ether(src=mac, dst=GATEWAY, type=0x800) / Raw(bytes(out6.payload))
    yield "an Ethernet header and nothing else", Ether(src=mac, dst=GATEWAY, type=0x800)
    yield "ARP with a payload", Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / ARP(
        hwsrc=mac, psrc=me, pdst="10.0.2.2") / (b"smuggled" * 8)
    yield "ARP of another hardware", Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / ARP(
        hwtype=6, hwsrc=mac, psrc=me, pdst="10.0.2.2")
    yield "DNS, another name", dns / denied
    yield "DNS to another server", ether / IP(src=me, dst=far4) / UDP(sport=5556, dport=53) / allowed
    yield "DNS to another port", ether / IP(src=me, dst="10.0.2.3") / UDP(sport=5557, dport=5353) / allowed
    yield "DNS with bytes after the end", dns / allowed / (b"smuggled" * 4)
    yield "DNS with two questions", dns / DNS(rd=1, qdcount=2, qd=DNSQR(qname="allowed.test") / DNSQR(qname="denied.test"))
    yield "DNS answer", dns / DNS(qr=1, qd=DNSQR(qname="allowed.test"))
    yield "DNS update", dns / DNS(opcode=5, qd=DNSQR(qname="allowed.test"))
    yield "DNS that is no DNS", dns / (b"smuggled" * 4)
    yield "mDNS", Ether(src=mac, dst="01:00:5e:00:00:fb") / IP(src=me, dst="224.0.0.251", ttl=255) / UDP(
        sport=5353, dport=5353) / allowed
    yield "LLMNR", Ether(src=mac, dst="01:00:5e:00:00:fc") / IP(src=me, dst="224.0.0.252") / UDP(
        sport=5355, dport=5355) / allowed
    yield "NetBIOS", Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / IP(src=me, dst="10.0.2.255") / UDP(
        sport=137, dport=137) / b"smuggled"
    yield "TFTP", ether / IP(src=me, dst="10.0.2.2") / UDP(sport=4020, dport=69) / b"\0\1secret\0octet\0"
    yield "metadata", ether / IP(src=me, dst="169.254.169.254") / TCP(sport=4021, dport=80, flags="S")
    yield "DHCP from the server's port", ether / IP(src=me, dst="10.0.2.2") / UDP(sport=67, dport=67) / BOOTP(
        chaddr=bytes.fromhex(mac.replace(":", ""))) / DHCP(options=[("message-type", "discover"), "end"])
    yield "DHCP to another server", ether / IP(src=me, dst=far4) / UDP(sport=68, dport=67) / BOOTP(
        chaddr=bytes.fromhex(mac.replace(":", ""))) / DHCP(options=[("message-type", "discover"), "end"])
    yield "bootp port, no DHCP", ether / IP(src=me, dst="10.0.2.2") / UDP(sport=68, dport=67) / (b"smuggled" * 4)


def main(interface, me, far4, far6):
    socket = conf.L2socket(iface=interface)
    sent = 0
    for _, frame in table(get_if_hwaddr(interface), me, far4, far6):
        socket.send(frame)
        sent += 1
        time.sleep(0.005)
    print(f"{sent} frames sent")


if __name__ == "__main__":
    main(*sys.argv[1:])
