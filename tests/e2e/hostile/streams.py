# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parts of odd.py: DNS messages byte by byte, conversations over TCP, and flows that are overheard."""
import select
import socket
import struct
import sys
import time

from scapy.all import IP, TCP, UDP, Ether, Raw, conf

RIDER = b"smuggled"
ALLOWED = b"\7allowed\4test\0"
RESOLVER = "10.0.2.3"


def query(name, kind=1, group=1, flags=0x0100, counts=(1, 0, 0, 0), rest=b"", number=0x4242):
    return struct.pack(">HHHHHH", number, flags, *counts) + name + struct.pack(">HH", kind, group) + rest


def odd_queries(kinds=(*range(262), 32768, 32769, 65535)):
    """Names that only look alike, types, classes, flags, counts, and records that ride along."""
    for name in (b"\6denied\4test\0", b"\4test\0", b"\0", b"\7allowed\0", b"\7Allowed\4TEST\0", b"\x0cnotallowed12\4test\0",
                 b"\x0aallowed.te\2st\0", b"\x0callowed.test\0", b"\7allowed\5.test\0", b"\7allowed\4test\6denied\4test\0",
                 b"\x0anotallowed\4test\0", b"\3sub\7allowed\4test\0", b"\7allowed\5test\0\0", b"\6denied\0\7allowed\4test\0",
                 b"\7allowe\0\4test\0", b"\7allowed\4test", b"\7allowed\4tes\xc0\0", b"\xc0\x0c", b"\xc0\x0d", b"\7allowed\xc0\x0c",
                 b"\7allowed\xc0\xff", b"\x40" + b"a" * 64 + b"\0", b"\x3f" + b"a" * 63 + b"\7allowed\4test\0", b"\x41allowed\4test\0",
                 (b"\x3f" + b"a" * 63) * 4 + b"\0", b"\1a" * 126 + b"\0", b"\1a" * 130 + b"\0", b"\x80allowed\4test\0",
                 b"\x08smuggled\7allowed\4test\0", b"\7all\xc3\xb6ed\4test\0", b"\7allowed\4test\0\0", b"\xff" * 20):
        yield query(name)
    for kind in kinds:
        if kind not in (1, 28):
            yield query(ALLOWED, kind)
    for group in (0, 2, 3, 4, 254, 255, 32769, 65535):
        yield query(ALLOWED, group=group)
    for flags in (0x8180, 0x0800, 0x1000, 0x2800, 0x7800, 0x8580, 0x010f, 0xffff):
        yield query(ALLOWED, flags=flags)
    for counts in ((0, 0, 0, 0), (2, 0, 0, 0), (65535, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 2), (1, 0, 0, 65535)):
        yield query(ALLOWED, counts=counts)
    yield query(ALLOWED, counts=(2, 0, 0, 0), rest=b"\6denied\4test\0\0\1\0\1")
    yield query(ALLOWED, rest=RIDER)
    record = b"\0\0\x10\0\1\0\0\0\0\0\x08" + RIDER
    yield query(ALLOWED, counts=(1, 0, 0, 1), rest=record)
    yield query(ALLOWED, counts=(1, 1, 0, 0), rest=record)
    yield query(ALLOWED, counts=(1, 0, 0, 1), rest=b"\0\0\xfa\0\xff\0\0\0\0\0\x08" + RIDER)  # TSIG
    # OPT: options, twice, with a name, of a later version, with all flags, with lengths that lie.
    option = b"\xfd\xe9\0\x08" + RIDER
    for tail in (b"\0\0\x29\x10\0\0\0\0\0\0\x0c" + option, (b"\0\0\x29\x10\0\0\0\0\0\0\0") * 2, b"\1x\0\0\x29\x10\0\0\0\0\0\0\0",
                 b"\0\0\x29\x10\0\0\1\0\0\0\0", b"\0\0\x29\x10\0\xff\0\0\0\0\0", b"\0\0\x29\x10\0\0\0\xff\xff\0\0",
                 b"\0\0\x29\x10\0\0\0\0\0\0\x40" + option, b"\0\0\x29\x10\0\0\0\0\0\0\x0c\xfd\xe9\0\xff" + RIDER,
                 b"\0\0\x29\x10\0\0\0\0\0\0\0" + RIDER, b"\0\0\x29"):
        yield query(ALLOWED, counts=(1, 0, 0, 1), rest=tail)


def framed(message, length=None):
    return struct.pack(">H", len(message) if length is None else length) + message


def conversations():
    """What to say on one connection to a resolver: a list of pieces, each sent by itself."""
    good, denied = framed(query(ALLOWED)), framed(query(b"\6denied\4test\0"))
    yield [good]
    yield [denied]
    yield [good + denied]
    yield [good + denied + good]
    yield [good, denied]
    yield [good[:1], good[1:] + denied[:7], denied[7:]]
    yield [bytes([byte]) for byte in good + denied]
    yield [RIDER]
    yield [b"GET /" + RIDER + b" HTTP/1.0\r\n\r\n"]
    yield [framed(b"")]
    yield [framed(b"") + denied]
    yield [good + b"\0"]
    yield [good + RIDER]
    yield [framed(query(ALLOWED), 12)]
    yield [framed(query(ALLOWED), 300), RIDER * 40]
    yield [framed(query(ALLOWED), 65535), RIDER * 100]
    yield [framed(query(ALLOWED), len(good) - 3) + RIDER]
    yield [framed(query(ALLOWED) + RIDER)]
    yield [framed(query(ALLOWED, kind=252))]
    yield [b"\x16\x03\x01\x02\0\1\0\1\xfc\3\3" + RIDER * 60]
    for message in odd_queries(kinds=(2, 10, 15, 16, 252, 255)):
        yield [framed(message)]


def converse(_me):
    """Have them all, on sockets of the guest's own kernel. Returns how many."""
    done = 0
    for number, pieces in enumerate(list(conversations())):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.settimeout(0.05)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                if number % 5 == 4:
                    sock.sendto(pieces[0], socket.MSG_FASTOPEN, (RESOLVER, 53))
                else:
                    sock.connect((RESOLVER, 53))
                    sock.sendall(pieces[0])
                for piece in pieces[1:]:
                    time.sleep(0.002)
                    sock.sendall(piece)
                if number % 7 == 6:
                    sock.send(b"!", socket.MSG_OOB)
                if number % 3 == 2:
                    sock.shutdown(socket.SHUT_WR)
                select.select([sock], [], [], 0.02)
            except OSError:
                pass
        done += 1
    # Many at once, each with half a message in hand.
    idle = []
    for _ in range(100):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.connect_ex((RESOLVER, 53))
        idle.append(sock)
    time.sleep(0.2)
    for sock in idle:
        try:
            sock.send(framed(query(b"\6denied\4test\0"))[:9])
        except OSError:
            pass
    time.sleep(0.1)
    for sock in idle:
        sock.close()
    return done + len(idle)


def overhear(interface, me, ports, seconds):
    """What `me` says from these ports, of each flow a few packets."""
    sock = conf.L2listen(iface=interface, filter=f"src host {me} and (tcp or udp)")
    end, kept = time.monotonic() + seconds, {}
    while time.monotonic() < end:
        if not select.select([sock], [], [], 0.1)[0]:
            continue
        packet = sock.recv()
        layer = packet and (packet.getlayer(TCP) or packet.getlayer(UDP))
        if layer and layer.sport in ports:
            kept.setdefault((layer.sport, layer.dport), []).append(packet)
    return [packet for flow in kept.values() for packet in flow[-2:]]


def changed(packet, ip_fields, l4_fields, payload=None):
    """A copy with fields changed, lengths and checksums made right again."""
    copy = Ether(bytes(packet))
    for field, value in ip_fields.items():
        setattr(copy[IP], field, value)
    layer = copy[TCP] if TCP in copy else copy[UDP]
    for field, value in l4_fields.items():
        setattr(layer, field, value)
    if payload is not None:
        layer.remove_payload()
        layer.add_payload(Raw(payload))
    del copy[IP].len, copy[IP].chksum, layer.chksum
    if UDP in copy:
        del layer.len
    return copy


if __name__ == "__main__":
    sys.exit(__doc__)
