# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each frame of a capture is, from the contract alone: what a guest may send, and in which flows.

Judge.kinds() gives one word per frame: "network", "arp", "nd", "dhcp", "dns", "dns-tcp", "answer", "icmp-error"; or
None where the guest had no business to send it. A segment of DNS over TCP is judged when its message is whole, a
fragment when its datagram is; what never becomes whole is None.
"""
import collections
import ipaddress
import struct

import dnswire


def address(text):
    return ipaddress.ip_address(text).packed


RESOLVERS = {address("10.0.2.3"), address("fd00::3")}
SERVERS = {address("10.0.2.2"), address("255.255.255.255")}
# slirp's own addresses; whatever comes from any other is the guest's, under whichever name it sends.
NETWORK_MACS = (b"\x52\x55\x0a\x00\x02", b"\x52\x56\x00\x00\x00")
# A packet from elsewhere in these networks is the guest's, whatever its Ethernet header says.
GUEST_NETWORKS = (address("10.0.2.0")[:3], address("fd00::")[:8], address("fe80::")[:8])
NETWORK_HOSTS = {address(host) for host in ("10.0.2.2", "10.0.2.3", "fd00::2", "fd00::3", "fe80::2")}

ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
ND_TYPES = (b"\x85", b"\x86", b"\x87", b"\x88", b"\x89")
FIN, SYN, RST, ACK = 1, 2, 4, 16
# Frames that crossed on the wire may be this much behind what closed their flow (seconds).
GRACE = 2

Packet = collections.namedtuple("Packet", "source destination protocol payload hops fragment")
# Where a fragment belongs, and whether more follow.
Fragment = collections.namedtuple("Fragment", "id offset more")


def from_network(frame):
    return frame[6:11] in NETWORK_MACS


def parse(frame, strict=False):
    """The IP packet in a frame, or None; strict: nothing but zeros up to Ethernet's least length behind it."""
    kind, packet = frame[12:14], frame[14:]
    fragment = None
    if kind == b"\x08\x00" and len(packet) >= 20 and packet[0] == 0x45:
        end, number, flags = struct.unpack(">HHH", packet[2:8])
        if end < 20 or flags & 0x8000:
            return None
        if flags & 0x3fff:
            fragment = Fragment(number, (flags & 0x1fff) * 8, bool(flags & 0x2000))
        at, source, destination, protocol, hops = 20, packet[12:16], packet[16:20], packet[9], packet[8]
    elif kind == b"\x86\xdd" and len(packet) >= 40 and packet[0] >> 4 == 6:
        end = 40 + struct.unpack(">H", packet[4:6])[0]
        at, source, destination, protocol, hops = 40, packet[8:24], packet[24:40], packet[6], packet[7]
        if protocol == 44 and end >= 48 and len(packet) >= 48:
            protocol, reserved, flags, number = struct.unpack(">BBHI", packet[40:48])
            if reserved or flags & 6:
                return None
            fragment, at = Fragment(number, flags & 0xfff8, bool(flags & 1)), 48
    else:
        return None
    if end > len(packet) or strict and (any(packet[end:]) or len(packet) > max(end, 46)):
        return None
    return Packet(source, destination, protocol, packet[at:end], hops, fragment)


def ports(segment):
    return struct.unpack(">HH", segment[:4])


def past(a, b):
    """How far sequence number a is past b, modulo 2^32: negative if before."""
    return ((a - b + 0x80000000) & 0xffffffff) - 0x80000000


class Segment:
    """The TCP header's fields, or bad."""

    def __init__(self, bytes_):
        self.bad = len(bytes_) < 20 or not 20 <= (bytes_[12] >> 4) * 4 <= len(bytes_)
        if self.bad:
            return
        self.seq, self.ack, self.flags, self.window, _, self.urgent = struct.unpack(">IIxBHHH", bytes_[4:20])
        header = (bytes_[12] >> 4) * 4
        self.reserved = bytes_[12] & 15
        self.options, self.data = bytes_[20:header], bytes_[header:]
        self.length = len(self.data) + bool(self.flags & SYN) + bool(self.flags & FIN)
        self.end = (self.seq + self.length) & 0xffffffff

    def scale(self):
        """The window scale option's value, or 0."""
        at = 0
        while at < len(self.options) and self.options[at]:
            if self.options[at] == 1:
                at += 1
                continue
            if at + 2 >= len(self.options) or self.options[at + 1] < 2:
                break
            if self.options[at] == 3:
                return min(self.options[at + 2], 14)
            at += self.options[at + 1]
        return 0


class Opened:
    """A connection that the network opened: the guest answers within the window that it was given."""

    def __init__(self, segment, time):
        self.isn, self.scale = segment.seq, segment.scale()
        self.sent, self.window, self.acked, self.limit = segment.end, segment.window, None, None
        self.last, self.closed, self.fins = time, False, set()

    def network(self, s, time):
        self.last = time
        if past(s.end, self.sent) > 0:
            self.sent = s.end
        if s.flags & ACK and self.acked is not None:
            edge = (s.ack + (s.window << self.scale)) & 0xffffffff
            self.acked = max(self.acked, s.ack, key=lambda n: past(n, self.acked))
            self.limit = max(self.limit, edge, key=lambda n: past(n, self.limit))
        self.note_end(s, "network")

    def note_end(self, s, side):
        if s.flags & FIN:
            self.fins.add(side)
        if s.flags & RST or len(self.fins) == 2:
            self.closed = True

    def guest(self, s, time):
        """Whether the guest may say this."""
        if self.closed and time > self.last + GRACE:
            return False
        if self.acked is None:
            # The SYN's answer, or a refusal (RFC 9293, 3.10.7.1: acknowledges the SYN).
            if not s.flags & ACK or past(s.ack, self.isn) != 1 or not s.flags & (SYN | RST):
                return False
            self.acked = (s.seq + 1) & 0xffffffff
            self.limit = (self.acked + self.window) & 0xffffffff
        elif past(s.end, self.limit) > 1 or past(s.seq, self.acked) < -(1 << 20):
            return False
        elif s.flags & ACK and not -(1 << 20) <= past(s.ack, self.sent) <= 0:
            return False
        elif s.flags & RST and past(s.seq, self.acked) < -1:
            return False
        self.note_end(s, "guest")
        return True


class Asking:
    """A connection of the guest's to a resolver: whole queries for listed names, and not a byte more. An entry of
    `open` is (where its bytes end, frame number)."""

    def __init__(self, segment):
        self.start, self.bytes, self.done, self.open = (segment.seq + 1) & 0xffffffff, bytearray(), 0, []
        self.answered, self.over, self.fin = None, None, False

    def network(self, s):
        if self.answered is None or past(s.end, self.answered) > 0:
            self.answered = s.end

    def guest(self, s, number, time, names, strict):
        """The frames that are right now that this one came (perhaps itself), or None if it is wrong."""
        if self.over is not None and time > self.over + GRACE:
            return None
        if strict and (s.options or s.urgent or s.reserved or s.flags & 0xe2):
            return None
        if s.flags & ACK and self.answered is not None and past(s.ack, self.answered) > 0:
            return None
        at = past(s.seq, self.start)
        if not -1 <= at <= len(self.bytes) + self.fin or s.flags & SYN:
            return None
        if s.flags & (RST | FIN):
            self.over = time
            # A FIN takes a number of its own.
            self.fin |= bool(s.flags & FIN)
        if not s.data:
            return [number]
        known = self.bytes[max(at, 0):at + len(s.data)]
        if not 0 <= at <= len(self.bytes) or s.data[:len(known)] != known:
            return None
        self.bytes += s.data[len(known):]
        self.open.append((at + len(s.data), number))
        return self.whole(names, strict)

    def whole(self, names, strict):
        while len(self.bytes) - self.done >= 2:
            length, = struct.unpack_from(">H", self.bytes, self.done)
            message = bytes(self.bytes[self.done + 2:self.done + 2 + length])
            if len(message) < length:
                break
            if not dnswire.clean(message, names, strict, padded=True):
                return None
            self.done += 2 + length
        right = [number for end, number in self.open if end <= self.done]
        self.open = [entry for entry in self.open if entry[0] > self.done]
        return right


class Pieces:
    """A datagram that comes in fragments."""

    def __init__(self):
        self.parts, self.numbers, self.length, self.bad = [], [], None, False

    def add(self, packet, number):
        """The payload when it is whole, else None. Overlapping parts make it bad for good."""
        piece, end = packet.fragment, packet.fragment.offset + len(packet.payload)
        if any(piece.offset < offset + len(part) and offset < end for offset, part in self.parts) or end > 65535:
            self.bad = True
        self.parts.append((piece.offset, packet.payload))
        self.numbers.append(number)
        if not piece.more:
            self.length = end
        if self.bad or self.length is None or sum(len(part) for _, part in self.parts) != self.length:
            return None
        return b"".join(part for _, part in sorted(self.parts))


class Judge:
    """Reads frames of both directions in their order. names: what the guest may look up. strict: these are from
    behind the filter, where what was sent is cut and rebuilt. spoofed: frames that the guest sent under an address of
    the network's."""

    def __init__(self, names, strict=False, spoofed=()):
        self.names, self.strict, self.spoofed = [name.lower() for name in names], strict, spoofed
        self.tcp, self.udp, self.asking, self.pieces = {}, set(), {}, {}
        self.guests = set()  # flows that the guest opened: what comes back in them opens nothing
        self.found = []

    def kinds(self, frames):
        for number, (time, frame) in enumerate(frames):
            self.found.append(None)
            if self.is_network(frame):
                self.found[number] = "network"
                self.network(frame, number, time)
            elif frame[12:14] == b"\x08\x06":
                self.found[number] = "arp" if self.is_arp(frame) else None
            else:
                packet = parse(frame, self.strict)
                kind = packet and self.guest(frame, packet, number, time)
                if kind and self.strict and kind != "answer" and b"smuggled" in frame:
                    kind = None
                self.found[number] = self.found[number] or kind
        return self.found

    def is_network(self, frame):
        if not from_network(frame) or frame in self.spoofed:
            return False
        packet = parse(frame)
        return packet is None or packet.source in NETWORK_HOSTS or not packet.source.startswith(GUEST_NETWORKS)

    def whole(self, packet, number):
        """The packet itself, or the datagram that its fragment completes; and the frames that it came in."""
        if not packet.fragment:
            return packet, [number]
        key = (packet.source, packet.destination, packet.protocol, packet.fragment.id)
        pieces = self.pieces.setdefault(key, Pieces())
        payload = pieces.add(packet, number)
        if payload is None:
            return None, []
        del self.pieces[key]
        return packet._replace(payload=payload, fragment=None), pieces.numbers

    def network(self, frame, number, time):
        packet = parse(frame)
        packet, _ = self.whole(packet, number) if packet else (None, None)
        if not packet or packet.protocol not in (TCP, UDP) or len(packet.payload) < 8:
            return
        sport, dport = ports(packet.payload)
        flow = (packet.source, sport, packet.destination, dport)
        if packet.protocol == UDP:
            service = (sport, dport) == (67, 68) or sport == 53 and packet.source in RESOLVERS
            if not service and flow not in self.guests:
                self.udp.add(flow)
            return
        s = Segment(packet.payload)
        if s.bad:
            return
        if flow in self.asking:
            self.asking[flow].network(s)
        elif s.flags & (SYN | ACK | RST) == SYN:
            known = self.tcp.get(flow)
            if not known or known.closed or known.isn != s.seq:
                self.tcp[flow] = Opened(s, time)
        elif flow in self.tcp:
            self.tcp[flow].network(s, time)

    def is_arp(self, frame):
        if frame[14:20] != b"\0\1\x08\0\6\4" or len(frame) < 42 or frame[20:22] not in (b"\0\1", b"\0\2"):
            return False
        return not self.strict or not any(frame[42:]) and len(frame) <= 60 and frame[22:28] == frame[6:12]

    def guest(self, frame, packet, number, time):
        if packet.protocol == ICMP6 and not packet.fragment and packet.payload[:1] in ND_TYPES:
            return "nd" if self.is_nd(frame, packet) else None
        if packet.protocol in (ICMP, ICMP6):
            return "icmp-error" if not packet.fragment and self.is_error(packet) else None
        in_parts = packet.fragment
        packet, numbers = self.whole(packet, number)
        if not packet or packet.protocol not in (TCP, UDP) or len(packet.payload) < 8:
            return None
        sport, dport = ports(packet.payload)
        flow = (packet.destination, dport, packet.source, sport)
        if packet.protocol == TCP:
            return None if in_parts else self.segment(flow, Segment(packet.payload), number, time)
        kind = self.datagram(flow, packet, in_parts)
        if kind is None:
            self.guests.add(flow)
        for part in numbers:
            self.found[part] = kind
        return kind

    def segment(self, flow, s, number, time):
        if s.bad:
            return None
        if flow in self.tcp:
            return "answer" if self.tcp[flow].guest(s, time) else None
        if flow[0] not in RESOLVERS or flow[1] != 53:
            return None
        if s.flags & (SYN | ACK | RST) == SYN and not s.data:
            known = self.asking.get(flow)
            if not known or past(s.seq + 1, known.start):
                self.asking[flow] = Asking(s)
            plain = not s.options or s.options[:2] == b"\2\4" and len(s.options) == 4
            return "dns-tcp" if plain and not s.urgent and not s.ack or not self.strict else None
        stream = self.asking.get(flow)
        right = stream.guest(s, number, time, self.names, self.strict) if stream else None
        for earlier in right or ():
            self.found[earlier] = "dns-tcp"
        return "dns-tcp" if right and number in right else None

    def datagram(self, flow, packet, in_parts):
        server, dport, _, sport = flow
        length, = struct.unpack(">H", packet.payload[4:6])
        if length != len(packet.payload) and self.strict or not 8 <= length <= len(packet.payload):
            return None
        message = packet.payload[8:length]
        if (sport, dport) == (68, 67) and server in SERVERS and not in_parts:
            return "dhcp" if dnswire.dhcp(message, self.strict) else None
        if dport == 53 and server in RESOLVERS:
            return "dns" if not in_parts and dnswire.clean(message, self.names, self.strict) else None
        return "answer" if flow in self.udp else None

    def is_nd(self, frame, packet):
        """RS, NS, NA with at most the sender's own link-layer address, or a nonce (RFC 4861, 4.1 to 4.4; RFC 3971, 5.3.2)."""
        body = packet.payload
        if packet.hops != 255 or len(body) < 8 or body[0] not in (133, 135, 136) or body[1]:
            return False
        if not self.strict:
            return True
        fixed = 8 if body[0] == 133 else 24
        option = body[fixed:]
        if len(body) < fixed or len(option) not in (0, 8) or option and option[1] != 1:
            return False
        if body[4] & (0x1f if body[0] == 136 else 0xff) or any(body[5:8]):
            return False
        if option and option[0] == 14:
            return body[0] == 135
        return not option or option[0] == (2 if body[0] == 136 else 1) and option[2:] == frame[6:12]

    def is_error(self, packet):
        """An error about what the network sent in a flow that it opened, which quotes no more than the start of it."""
        body = packet.payload
        old = packet.protocol == ICMP
        if len(body) < 8 or body[0] not in ((3, 11, 12) if old else (1, 2, 3, 4)):
            return False
        header, kind = (20, b"\x08\0") if old else (40, b"\x86\xdd")
        quoted = body[8:]
        if len(quoted) < header + 8 or self.strict and len(quoted) != header + 8:
            return False
        if quoted[0] >> 4 != (4 if old else 6) or kind == b"\x08\0" and quoted[0] != 0x45:
            return False
        protocol = quoted[9] if old else quoted[6]
        source, destination = (quoted[12:16], quoted[16:20]) if old else (quoted[8:24], quoted[24:40])
        sport, dport = ports(quoted[header:])
        flow = (source, sport, destination, dport)
        # An answer to a question is from the resolver, in a flow that is the guest's own.
        return flow in (self.udp if protocol == UDP else self.tcp) or flow in self.asking and protocol == TCP
