# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames that no client makes, by the hundred: odd.py SET INTERFACE ADDRESS ADDRESS6 FAR4 FAR6

SET: flags, fragments, chains, link, lengths, dns, dns-tcp, dhcp, icmp, replay, spoof, table. Payloads hold the word
"smuggled", so that what rides along with something allowed can be told.
"""
import itertools
import os
import random
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import frames
import streams
from frames import GATEWAY, GATEWAY6
from scapy.all import (ARP, BOOTP, DHCP, DNS, DNSQR, DNSRR, EDNS0TLV, ICMP, IP, LLC, SNAP, TCP, UDP, DNSRROPT, Dot1AD,
                       Dot1Q, Ether, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect,
                       ICMPv6ND_RS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPOption, IPv6, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, Raw, conf, fragment,
                       get_if_hwaddr)

RIDER = b"smuggled"
RESOLVER, RESOLVER6 = "10.0.2.3", "fd00::3"


class Odd:
    """One generator of frames per set."""

    def __init__(self, interface, me, me6, far4, far6):
        self.interface, self.me, self.me6, self.far4, self.far6 = interface, me, me6, far4, far6
        self.mac = get_if_hwaddr(interface)
        self.ether, self.ether6 = Ether(src=self.mac, dst=GATEWAY), Ether(src=self.mac, dst=GATEWAY6)
        self.out, self.out6 = self.ether / IP(src=me, dst=far4), self.ether6 / IPv6(src=me6, dst=far6)

    def table(self):
        for _, frame in frames.table(self.mac, self.me, self.far4, self.far6):
            yield frame

    def flags(self):
        """Every combination of TCP's nine flags."""
        for flags in range(512):
            yield self.out / TCP(sport=3000 + flags, dport=80, flags=flags, seq=flags, ack=7)
            if flags < 256:
                yield self.out / TCP(sport=9000, dport=8080, flags=flags, seq=7, ack=9) / RIDER
                yield self.out6 / TCP(sport=3000 + flags, dport=80, flags=flags, seq=7, ack=9) / RIDER

    def cut(self, payload, number, protocol, offsets, six=False):
        """Parts of payload: (from, to, place in the datagram, whether more follow)."""
        for start, end, place, more in offsets:
            part = payload[start:end]
            if six:
                yield self.out6 / IPv6ExtHdrFragment(nh=protocol, offset=place // 8, m=more, id=number) / Raw(part)
            else:
                yield self.ether / IP(src=self.me, dst=self.far4, proto=protocol, id=number & 0xffff, flags="MF" if more else 0,
                                      frag=place // 8) / Raw(part)

    def fragments(self):
        """All orders, overlaps, gaps, repeats, tiny and endless ones."""
        udp = bytes(IP(src=self.me, dst=self.far4) / UDP(sport=4100, dport=5000) / (RIDER * 12))[20:]
        syn = bytes(IP(src=self.me, dst=self.far4) / TCP(sport=4101, dport=80, flags="S") / (RIDER * 8))[20:]
        echo = bytes(IP(src=self.me, dst=self.far4) / ICMP() / (RIDER * 8))[20:]
        pieces = [(0, 24, 0, 1), (24, 48, 24, 1), (48, 1000, 48, 0)]
        numbers = itertools.count(1000)
        for (protocol, payload), six in itertools.product(((17, udp), (6, syn), (1, echo)), (False, True)):
            for order in itertools.permutations(pieces):
                yield from self.cut(payload, next(numbers), protocol, order, six)
            for odd in (
                    [(0, 8, 0, 1), (8, 1000, 8, 0)],                        # tiny first
                    [(0, 24, 0, 1), (0, 24, 0, 1), (24, 1000, 24, 0)],      # repeated
                    [(0, 24, 0, 1), (16, 1000, 16, 0)],                     # overlap, the same bytes
                    [(0, 32, 0, 1), (40, 64, 8, 1), (32, 1000, 32, 0)],     # overlap, others
                    [(8, 1000, 8, 0), (0, 24, 0, 1)],                       # the last first, overlapping
                    [(0, 40, 0, 0), (8, 24, 8, 1)],                         # inside one that was whole
                    [(0, 24, 0, 1), (24, 1000, 40, 0)],                     # a gap
                    [(0, 24, 0, 1)], [(24, 48, 24, 1)], [(48, 1000, 48, 0)],  # alone
                    [(0, 1000, 0, 0)],                                      # atomic (IPv6)
                    [(0, 24, 0, 1), (24, 48, 65512, 0)],                    # past the end
                    [(0, 21, 0, 1), (24, 1000, 24, 0)],                     # a length that is no multiple of 8
                    [(0, 24, 0, 1), (24, 24, 24, 0)]):                      # an empty last
                yield from self.cut(payload, next(numbers), protocol, odd, six)
        for number in range(60):
            # Never finished: what holds fragments must not be filled by them.
            yield from self.cut(udp, 30000 + number, 17, [(0, 24, 0, 1)], number % 2)
        for parts in (fragment(IP(src=self.me, dst=RESOLVER) / UDP(sport=4102, dport=53) / DNS(
                rd=1, qd=DNSQR(qname="allowed.test")), 16),):
            for part in parts:
                yield self.ether / part

    def chains(self):
        """IPv6 extension headers in all orders."""
        headers = (IPv6ExtHdrHopByHop(options=[PadN(optdata=RIDER[:4])]), IPv6ExtHdrDestOpt(options=[PadN(optdata=RIDER[:4])]),
                   IPv6ExtHdrRouting(type=0, addresses=["fd00::2"]), IPv6ExtHdrRouting(type=2, addresses=["fd00::3"]),
                   IPv6ExtHdrFragment(id=77))
        bodies = (UDP(sport=4200, dport=5000) / RIDER, TCP(sport=4201, dport=80, flags="S"), ICMPv6EchoRequest(data=RIDER),
                  UDP(sport=4202, dport=53) / DNS(rd=1, qd=DNSQR(qname="allowed.test")))
        for length in (1, 2, 3):
            for chain in itertools.permutations(headers, length):
                packet = IPv6(src=self.me6, dst=random.choice((self.far6, RESOLVER6, "fd00::2")))
                for header in chain:
                    packet = packet / header.copy()
                yield self.ether6 / packet / random.choice(bodies)
        for number in range(256):
            if number not in (6, 17):
                yield self.ether6 / IPv6(src=self.me6, dst=self.far6, nh=number) / Raw(RIDER * 5)
        for count in (8, 40):
            packet = IPv6(src=self.me6, dst=self.far6)
            for _ in range(count):
                packet = packet / IPv6ExtHdrDestOpt()
            yield self.ether6 / packet / bodies[0]

    def link(self):
        """Tags, LLC, and every ethertype worth a try."""
        inner = (bytes(self.out.payload / UDP(sport=4300, dport=5000) / RIDER),
                 bytes(IPv6(src=self.me6, dst=self.far6) / UDP(sport=4300, dport=5000) / RIDER),
                 bytes(ARP(hwsrc=self.mac, psrc=self.me, pdst="10.0.2.2")))
        types = (0x0800, 0x86dd, 0x0806)
        for (kind, body), tag, number in itertools.product(zip(types, inner), (0x8100, 0x88a8, 0x9100, 0x9200), (0, 1, 4095)):
            yield Ether(src=self.mac, dst=GATEWAY, type=tag) / Raw(struct.pack(">HH", number, kind) + body)
            yield Ether(src=self.mac, dst=GATEWAY, type=tag) / Raw(struct.pack(">HHHH", number, tag, number, kind) + body)
        for kind in (0x0801, 0x0805, 0x0842, 0x8035, 0x809b, 0x80f3, 0x8137, 0x814c, 0x8808, 0x8809, 0x8847, 0x8848, 0x8863,
                     0x8864, 0x886d, 0x888e, 0x8892, 0x88b5, 0x88b6, 0x88b7, 0x88cc, 0x88e5, 0x88f7, 0x8906, 0x9000, 0xffff,
                     0x05ff, 0x0600, 0x22f3, 0x6003, 0x6558, 0x894f):
            for destination in (GATEWAY, "ff:ff:ff:ff:ff:ff", "01:80:c2:00:00:00"):
                yield Ether(src=self.mac, dst=destination, type=kind) / Raw(inner[0])
        for length in (0, 1, 3, 46, 60, 1500):
            yield Ether(src=self.mac, dst=GATEWAY, type=length) / Raw(b"\x42\x42\x03" + RIDER * 6)
            yield Ether(src=self.mac, dst=GATEWAY, type=length) / Raw(b"\xaa\xaa\x03\0\0\0\x08\0" + inner[0])
        for source, target in itertools.product((0, 0x42, 0x06, 0xaa, 0xe0, 0xff), repeat=2):
            yield Ether(src=self.mac, dst=GATEWAY, type=60) / LLC(dsap=source, ssap=target) / Raw(inner[0])
        yield Ether(src=self.mac, dst=GATEWAY, type=60) / LLC() / SNAP(OUI=0x00000c, code=0x2000) / Raw(RIDER)
        for wrong, body in ((0x86dd, inner[0]), (0x0800, inner[1]), (0x0800, inner[2]), (0x0806, inner[0])):
            yield Ether(src=self.mac, dst=GATEWAY, type=wrong) / Raw(body)
        # ARP of every operation, of odd sizes, with a rider.
        for operation in range(12):
            yield Ether(src=self.mac, dst="ff:ff:ff:ff:ff:ff") / ARP(op=operation, hwsrc=self.mac, psrc=self.me,
                                                                   pdst="10.0.2.2") / RIDER
        for field, value in itertools.product(("hwtype", "ptype", "hwlen", "plen"), (0, 1, 5, 7, 255)):
            yield Ether(src=self.mac, dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=self.mac, psrc=self.me, pdst="10.0.2.2", **{field: value})

    def lengths(self):
        """Truncated at every byte; every length field wrong in every way; odd addresses."""
        syn = bytes(self.out / TCP(sport=4400, dport=80, flags="S"))
        udp6 = bytes(self.out6 / UDP(sport=4400, dport=5000) / RIDER)
        for whole in (syn, udp6):
            for length in range(14, len(whole)):
                yield Raw(whole[:length])
        udp = UDP(sport=4401, dport=5000) / RIDER
        for value in (*range(0, 40, 3), 255, 1500, 65535):
            yield self.ether / IP(src=self.me, dst=self.far4, len=value) / udp
            yield self.ether6 / IPv6(src=self.me6, dst=self.far6, plen=value) / udp
            yield self.out / UDP(sport=4402, dport=5000, len=value) / RIDER
            yield self.ether / IP(src=self.me, dst=RESOLVER) / UDP(sport=4403, dport=53, len=value) / DNS(
                rd=1, qd=DNSQR(qname="allowed.test")) / RIDER
        for value in range(16):
            yield self.ether / IP(src=self.me, dst=self.far4, ihl=value) / udp
            yield self.ether / IP(src=self.me, dst=self.far4, version=value) / udp
            yield self.ether6 / IPv6(src=self.me6, dst=self.far6, version=value) / udp
            yield self.out / TCP(sport=4404, dport=80, flags="S", dataofs=value)
        for kind in range(0, 256, 5):
            yield self.ether / IP(src=self.me, dst=self.far4, options=IPOption(bytes([kind, 4, 0, 0]))) / udp
        for source in ("0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.1", "10.0.2.2", RESOLVER, "10.0.2.99", self.far4):
            yield self.ether / IP(src=source, dst=self.far4) / udp
            yield self.ether / IP(src=source, dst=self.far4) / TCP(sport=4405, dport=80, flags="S")
        for target in ("0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.1", "239.1.1.1", "10.0.2.0", "10.0.2.255",
                       "10.0.2.2", RESOLVER, "10.0.2.4", "10.0.2.200", "169.254.169.254", "240.0.0.1", self.me):
            yield self.ether / IP(src=self.me, dst=target) / udp
            yield self.ether / IP(src=self.me, dst=target) / TCP(sport=4406, dport=80, flags="S")
        for target in ("::", "::1", "ff02::1", "ff02::2", "ff05::2", "fd00::2", RESOLVER6, "fd00::99", "fe80::2",
                       "::ffff:198.51.100.7", "64:ff9b::c633:6407", "2002:c633:6407::1"):
            yield self.ether6 / IPv6(src=self.me6, dst=target) / udp
            yield self.ether6 / IPv6(src=self.me6, dst=target) / TCP(sport=4407, dport=80, flags="S")

    def ask(self, message, sport=5600, server=RESOLVER, port=53):
        if ":" in server:
            return self.ether6 / IPv6(src=self.me6, dst=server) / UDP(sport=sport, dport=port) / message
        return self.ether / IP(src=self.me, dst=server) / UDP(sport=sport, dport=port) / message

    def dns(self):
        """Names that only look alike, headers that lie, and room for riders."""
        for message in streams.odd_queries():
            yield self.ask(message)
            yield self.ask(message, server=RESOLVER6)
        good = streams.query(b"\7allowed\4test\0")
        for length in range(len(good)):
            yield self.ask(good[:length])
        for port in (0, 1, 52, 54, 67, 69, 80, 123, 443, 853, 5353, 5355):
            yield self.ask(good, port=port)
        for server in (self.far4, "10.0.2.2", "10.0.2.4", "224.0.0.251", "255.255.255.255", "10.0.2.255", self.far6, "fd00::2",
                       "ff02::fb"):
            yield self.ask(good, server=server)
        denied = DNS(rd=1, qd=DNSQR(qname="denied.test"))
        for sport in (0, 53, 67, 68, 9001, 65535):
            yield self.ask(denied, sport=sport)
        yield self.ask(DNS(rd=1, qd=DNSQR(qname="allowed.test"), an=DNSRR(rrname="allowed.test", rdata=self.far4)))
        for code in (3, 8, 10, 12, 15, 65001):
            yield self.ask(DNS(rd=1, qd=DNSQR(qname="allowed.test"), ar=DNSRROPT(rdata=[EDNS0TLV(optcode=code, optdata=RIDER)])))
        yield self.ask(denied / RIDER, server=RESOLVER6)

    def dhcp(self):
        """Options and fields with something in them."""
        base = {"chaddr": bytes.fromhex(self.mac.replace(":", "")), "xid": 0x12345678}

        def message(options, server="255.255.255.255", sport=68, dport=67, source="0.0.0.0", **fields):
            return Ether(src=self.mac, dst="ff:ff:ff:ff:ff:ff") / IP(src=source, dst=server) / UDP(
                sport=sport, dport=dport) / BOOTP(**{**base, **fields}) / DHCP(options=options)

        discover = [("message-type", "discover"), "end"]
        for number in range(1, 255):
            if number not in (52, 53):
                yield message([("message-type", "discover"), (number, RIDER), "end"])
        for kind in range(0, 20):
            yield message([("message-type", kind), "end"], server="10.0.2.2", source=self.me)
        yield message(discover, sname=RIDER * 8)
        yield message(discover, file=RIDER * 16)
        yield message(discover, giaddr="198.51.100.7", siaddr="198.51.100.7")
        yield message(discover) / (RIDER * 100)
        yield message(discover, chaddr=base["chaddr"] + b"smuggled!!")
        yield message(discover, op=2)
        yield message(discover, sport=67, dport=68)
        for server in (self.far4, "10.0.2.3", "10.0.2.255", "224.0.0.1"):
            yield message(discover, server=server, source=self.me)
        yield message([(53, b"\1"), (52, b"\3"), "end"], sname=RIDER)
        yield Ether(src=self.mac, dst="33:33:00:01:00:02") / IPv6(src="fe80::99", dst="ff02::1:2") / UDP(
            sport=546, dport=547) / (b"\1\0\0\1" + RIDER * 4)

    def icmp(self):
        """Every type, and errors that quote what never was."""
        quoted = IP(src=self.far4, dst=self.me) / UDP(sport=5000, dport=4004) / RIDER
        quoted6 = IPv6(src=self.far6, dst=self.me6) / UDP(sport=5000, dport=4004) / RIDER
        for kind in range(256):
            yield self.out / Raw(self.icmp_bytes(kind, 0, RIDER))
            yield self.ether / IP(src=self.me, dst="10.0.2.2") / Raw(self.icmp_bytes(kind, 3, bytes(quoted)))
            yield self.ether6 / IPv6(src=self.me6, dst="fd00::2", nh=58, hlim=255) / Raw(
                struct.pack(">BBHI", kind, 0, 0, 0) + bytes(quoted6))
        target = "fd00::2"
        for hops in (0, 1, 64, 254):
            yield self.ether6 / IPv6(src=self.me6, dst=target, hlim=hops) / ICMPv6ND_NS(tgt=target)
        near = self.ether6 / IPv6(src=self.me6, dst=target, hlim=255)
        for body in (ICMPv6ND_RA() / ICMPv6NDOptSrcLLAddr(lladdr=self.mac), ICMPv6ND_Redirect(tgt=self.me6, dst=self.far6),
                     ICMPv6ND_RS() / RIDER, ICMPv6ND_NS(tgt=target) / RIDER, ICMPv6ND_NA(tgt=self.me6) / RIDER,
                     ICMPv6ND_NS(tgt=target, res=0x736d7567), ICMPv6ND_NA(tgt=self.me6, res=0x1234567),
                     ICMPv6ND_NS(tgt=target, code=7), ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr="73:6d:75:67:67:6c"),
                     ICMPv6ND_NA(tgt=self.me6) / ICMPv6NDOptDstLLAddr(lladdr=self.mac) / ICMPv6NDOptDstLLAddr(lladdr=self.mac),
                     ICMPv6ND_NS(tgt=target) / Raw(b"\x0e\2" + RIDER + b"123456"), ICMPv6ND_NS(tgt=target) / Raw(b"\x1a\1smuggl")):
            yield near / body

    @staticmethod
    def icmp_bytes(kind, code, body):
        return bytes(ICMP(type=kind, code=code) / Raw(body)) if kind == 8 else struct.pack(
            ">BBHI", kind, code, 0, 0) + body

    def replay(self):
        """What the guest really says in the flows that the host opened, with something changed."""
        seen = streams.overhear(self.interface, self.me, (9000, 9001), 1.5)
        if not seen:
            sys.exit("no live flow to replay")
        for packet in seen:
            for address in (self.far4, RESOLVER, "10.0.2.4", "169.254.169.254"):
                yield streams.changed(packet, {"dst": address}, {})
            for address in ("10.0.2.99", "10.0.2.3"):
                yield streams.changed(packet, {"src": address}, {})
            for change in ({"dport": packet.payload.payload.dport ^ 1}, {"dport": 53}, {"dport": 80}, {"sport": 53},
                           {"sport": packet.payload.payload.sport + 1}, {"sport": 22}):
                yield streams.changed(packet, {}, change)
            if TCP in packet:
                yield from self.out_of_window(packet)
            else:
                yield from self.laden(packet)

    def out_of_window(self, packet):
        seq, ack = packet[TCP].seq, packet[TCP].ack
        for step in (1 << 31, 1 << 30, 1 << 24, (1 << 32) - (1 << 24), (1 << 32) - (1 << 30)):
            for flags in ("A", "PA", "R", "RA", "FA", "SA"):
                yield streams.changed(packet, {}, {"seq": (seq + step) & 0xffffffff, "flags": flags}, RIDER)
            yield streams.changed(packet, {}, {"ack": (ack + step) & 0xffffffff, "flags": "PA"}, RIDER)
        for flags in ("S", "SA", "", "F", "U", "FPU", "SF", "SR"):
            yield streams.changed(packet, {}, {"flags": flags}, RIDER if "S" not in flags else b"")
        yield streams.changed(packet, {}, {"flags": "R", "seq": (seq + 1000) & 0xffffffff})

    def laden(self, packet):
        # An error about the live flow that quotes more than its start, or another flow's.
        me, host = packet[IP].src, packet[IP].dst
        sport, dport = packet[UDP].sport, packet[UDP].dport
        for code in (0, 1, 2, 4, 13):
            for quoted in (UDP(sport=dport ^ 1, dport=sport), UDP(sport=dport, dport=sport + 1), UDP(sport=sport, dport=dport)):
                yield self.ether / IP(src=me, dst=host) / ICMP(type=3, code=code) / IP(src=host, dst=me) / quoted / (RIDER * 4)
        yield packet.copy() / RIDER  # its lengths are those of before

    def spoof(self):
        """Other addresses at every layer, the network's own among them."""
        allowed, denied = streams.query(b"\7allowed\4test\0"), streams.query(b"\6denied\4test\0")
        for mac in (GATEWAY, GATEWAY6, "52:55:0a:00:02:03", "02:00:00:00:00:99", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff",
                    "00:00:00:00:00:00"):
            ether = Ether(src=mac, dst=GATEWAY if mac != GATEWAY else self.mac)
            for source in (self.me, "10.0.2.2", self.far4, "10.0.2.77"):
                yield ether / IP(src=source, dst=self.far4) / UDP(sport=4500, dport=5000) / RIDER
                yield ether / IP(src=source, dst=self.far4) / TCP(sport=4501, dport=80, flags="S")
                # A SYN to itself, as if the network opened a flow; then the answer in it.
                yield ether / IP(src=self.far4, dst=source) / TCP(sport=80, dport=4502, flags="S", seq=1)
                yield ether / IP(src=source, dst=self.far4) / TCP(sport=4502, dport=80, flags="SA", seq=1, ack=2)
                yield ether / IP(src=self.far4, dst=source) / UDP(sport=5000, dport=4503) / RIDER
                yield ether / IP(src=source, dst=self.far4) / UDP(sport=4503, dport=5000) / RIDER
                yield ether / IP(src=source, dst=RESOLVER) / UDP(sport=4504, dport=53) / denied
            yield ether / IP(src=self.me, dst=RESOLVER) / UDP(sport=4505, dport=53) / allowed / RIDER
            yield ether / ARP(op=2, hwsrc=mac, psrc="10.0.2.2", pdst=self.me) / RIDER
            yield Ether(src=mac, dst=GATEWAY6) / IPv6(src="fe80::2", dst="ff02::1", hlim=255) / ICMPv6ND_RA()
            yield Ether(src=mac, dst=GATEWAY6) / IPv6(src=self.far6, dst="fd00::2") / TCP(sport=4506, dport=80, flags="S")


def main(name, interface, *addresses):
    if name == "dns-tcp":
        print(f"{streams.converse(addresses[0])} conversations")
        return
    socket = conf.L2socket(iface=interface)
    sent = 0
    for frame in getattr(Odd(interface, *addresses), name)():
        data = bytes(frame)
        if 14 <= len(data) <= 1514:
            socket.send(Raw(data))
            sent += 1
    time.sleep(0.2)
    print(f"{sent} frames sent")


if __name__ == "__main__":
    random.seed(7)
    main(*sys.argv[1:])
