# SPDX-License-Identifier: LGPL-2.1-or-later
"""Judge captures. Knows nothing of the plugin: it reads what sniffers wrote, and the contract.

judge.py wire CAPTURE NAME…              what the guest's side sent to the network is nothing but ARP, neighbour
                                         discovery, DHCP, DNS queries for NAMEs, and answers in flows that the network opened
judge.py record SENT LOG [CAPTURE] NAME… each frame that the guest sent is either in the log, once and whole and with
                                         its time, or of that same kind; with CAPTURE: none of the log is on the wire
judge.py kinds CAPTURE                   how many frames of which kind (for people)
"""
import collections
import ipaddress
import struct
import sys

RESOLVERS = {ipaddress.ip_address("10.0.2.3"), ipaddress.ip_address("fd00::3")}
SERVERS = {ipaddress.ip_address("10.0.2.2"), ipaddress.ip_address("255.255.255.255")}
# slirp's own addresses; whatever comes from any other is the guest's, under whichever name it sends.
NETWORK_MACS = (b"\x52\x55\x0a\x00\x02", b"\x52\x56\x00\x00\x00")


def read(path):
    """Every (time, frame) of a pcap file; a frame that was cut short, or a torn file, is an error."""
    with open(path, "rb") as file:
        data = file.read()
    magic = data[:4]
    if magic in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4"):
        unit = 1e6
    elif magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"):
        unit = 1e9
    else:
        sys.exit(f"{path}: not a pcap file")
    order = "<" if magic[0] in b"\xd4\x4d" else ">"
    at, frames = 24, []
    while at < len(data):
        seconds, fraction, kept, length = struct.unpack(order + "IIII", data[at:at + 16])
        if kept != length:
            sys.exit(f"{path}: frame {len(frames) + 1} was cut from {length} to {kept} bytes")
        if at + 16 + kept > len(data):
            sys.exit(f"{path}: the file ends inside frame {len(frames) + 1}")
        frames.append((seconds + fraction / unit, data[at + 16:at + 16 + kept]))
        at += 16 + kept
    return frames


def from_network(frame):
    return frame[6:11] in NETWORK_MACS


def ports(segment):
    return struct.unpack(">HH", segment[:4])


def layer4(frame, strict=False):
    """(source, destination, protocol, payload) of an unfragmented IP packet, or None; strict: nothing behind it."""
    kind, packet = frame[12:14], frame[14:]
    if kind == b"\x08\x00" and len(packet) >= 20 and packet[0] == 0x45:
        total, = struct.unpack(">H", packet[2:4])
        fragment, = struct.unpack(">H", packet[6:8])
        if fragment & 0x3fff or total > len(packet) or total < 20 or strict and any(packet[total:]):
            return None
        return (ipaddress.ip_address(packet[12:16]), ipaddress.ip_address(packet[16:20]), packet[9], packet[20:total])
    if kind == b"\x86\xdd" and len(packet) >= 40 and packet[0] >> 4 == 6:
        length, = struct.unpack(">H", packet[4:6])
        if length + 40 > len(packet) or strict and any(packet[40 + length:]):
            return None
        return (ipaddress.ip_address(packet[8:24]), ipaddress.ip_address(packet[24:40]), packet[6], packet[40:40 + length])
    return None


def question(message):
    """The name that a clean DNS query asks for, or None."""
    if len(message) < 12 or message[2] & 0xf8 or message[4:10] != b"\0\1\0\0\0\0" or message[10:12] not in (b"\0\0", b"\0\1"):
        return None
    labels, at = [], 12
    while at < len(message) and message[at]:
        labels.append(message[at + 1:at + 1 + message[at]])
        at += 1 + message[at]
    return b".".join(labels).decode("latin-1").lower()


def bare(message):
    """Whether nothing follows the question but, at most, an OPT record without options."""
    at = 12
    while message[at]:
        at += 1 + message[at]
    rest = message[at + 5:]
    return rest == b"" if message[11] == 0 else len(rest) == 11 and rest[:3] == b"\0\0\x29" and rest[9:] == b"\0\0"


class Flows:
    """Which flows the network opened: every SYN and every datagram that comes from it. What follows a packet in its
    frame may be anything where the guest sends it (it is cut off), and only zeros on the wire: strict."""

    def __init__(self, strict=False):
        self.open = set()
        self.strict = strict

    def kind(self, frame, names):
        """What the frame is, or None if the guest had no business to send it."""
        if from_network(frame):
            packet = layer4(frame)
            if packet and packet[2] in (6, 17) and len(packet[3]) >= 8:
                source, destination, protocol, segment = packet
                sport, dport = ports(segment)
                if protocol == 17 or segment[13] & 0x12 == 0x02:
                    self.open.add((protocol, source, sport, destination, dport))
            return "network"
        if frame[12:14] == b"\x08\x06":
            clean = frame[14:20] == b"\0\1\x08\0\6\4" and len(frame) >= 42 and not (self.strict and any(frame[42:]))
            return "arp" if clean else None
        packet = layer4(frame, self.strict)
        if packet is None:
            return None
        source, destination, protocol, segment = packet
        if protocol == 58 and len(segment) >= 8:
            return "nd" if segment[0] in (133, 135, 136) and frame[21] == 255 else None
        if protocol not in (6, 17) or len(segment) < 8:
            return None
        sport, dport = ports(segment)
        if (protocol, destination, dport, source, sport) in self.open and not (protocol == 17 and dport == 53):
            return "answer"
        if protocol == 17 and (sport, dport) == (68, 67) and destination in SERVERS and segment[8:9] == b"\1":
            return "dhcp" if segment[244:248] == b"\x63\x82\x53\x63" else None
        if protocol == 17 and dport == 53 and destination in RESOLVERS and question(segment[8:]) in names:
            return "dns"
        return None


def show(frame):
    return f"{len(frame)} bytes: {frame[:70].hex()}"


def wire(capture, *names):
    flows, seen, bad = Flows(strict=True), collections.Counter(), 0
    for number, (_, frame) in enumerate(read(capture), 1):
        kind = flows.kind(frame, names)
        if kind == "dns" and not bare(layer4(frame)[3][8:]):
            kind = None
        seen[kind] += 1
        if kind is None:
            bad += 1
            if bad <= 10:
                print(f"frame {number} should not be on the wire: {show(frame)}")
    print(", ".join(f"{count} {kind or 'that should not be there'}" for kind, count in seen.items()))
    # An empty wire is no proof: the guest's allowed traffic has to be there.
    missing = {"network", "arp", "dns"} - set(seen)
    if missing:
        print("not seen at all: " + " ".join(sorted(missing)))
    return 1 if bad or missing else 0


def record(sent, log, *rest):
    capture = rest[0] if rest and rest[0].endswith(".pcap") else None
    names = rest[1:] if capture else rest
    logged = collections.defaultdict(list)
    began = min((time for time, _ in read(sent)), default=0)
    for time, frame in read(log):
        # What the log holds from before the capture began is not this judge's business.
        if time >= began:
            logged[frame].append(time)
    total = sum(map(len, logged.values()))
    flows, wrong, passed = Flows(), [], collections.Counter()
    for number, (time, frame) in enumerate(read(sent), 1):
        kind = flows.kind(frame, names)
        if kind == "network":
            continue
        if logged.get(frame):
            noted = logged[frame].pop(0)
            if abs(noted - time) > 1:
                wrong.append(f"frame {number}: sent at {time:.3f}, logged at {noted:.3f}")
        elif kind is None:
            wrong.append(f"frame {number} was blocked, or ought to have been, and is not in the log: {show(frame)}")
        else:
            passed[frame] += 1
    for frame, times in logged.items():
        for _ in times:
            wrong.append(f"in the log but not sent that often: {show(frame)}")
    if capture:
        on_wire = collections.Counter(frame for _, frame in read(capture) if not from_network(frame))
        for frame in logged:
            if on_wire[frame] > passed[frame]:
                wrong.append(f"in the log and on the wire as well: {show(frame)}")
    print(f"{total} frames in the log, {passed.total()} let through, {len(wrong)} wrong")
    print("\n".join(wrong[:15]))
    return 1 if wrong or not total or not passed else 0


def kinds(capture, *names):
    flows = Flows()
    for kind, count in collections.Counter(flows.kind(frame, names) for _, frame in read(capture)).most_common():
        print(f"{count:6} {kind or 'other'}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("wire", "record", "kinds"):
        sys.exit(__doc__)
    sys.exit(globals()[sys.argv[1]](*sys.argv[2:]))
