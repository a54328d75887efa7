# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a DNS query or a DHCP message is clean. Written from the RFCs for the judges of captures."""
import struct

# In a strict reading: what a client needs for an address, and nothing that carries text.
DHCP_OPTIONS = {50, 53, 54, 55}


def labels(message, at):
    """(labels, where they end) of a name without compression, or (None, at)."""
    found = []
    while at < len(message) and message[at]:
        length = message[at]
        if length > 63 or at + 1 + length > len(message):
            return None, at
        found.append(message[at + 1:at + 1 + length])
        at += 1 + length
    return (found, at + 1) if at < len(message) else (None, at)


def clean(message, names, strict, padded=False):
    """A query with one question, for one of names. Strict: for an address in class IN, over TCP in small
    letters, with nothing else in it than, at most, an OPT record that is empty (RFC 6891, 6.1.2) or, where it may be padded, has
    one option of zeros (RFC 7830)."""
    if len(message) < 12:
        return False
    _, high, low, questions, answers, authority, extra = struct.unpack(">HBBHHHH", message[:12])
    if high & 0xf8 or (questions, answers, authority) != (1, 0, 0) or extra > 1:
        return False
    found, at = labels(message, 12)
    if found is None or at + 4 > len(message) or any(b"." in label for label in found):
        return False
    name = b".".join(found).decode("latin-1")
    if (name if strict and padded else name.lower()) not in names:
        return False
    if not strict:
        return True
    kind, group = struct.unpack(">HH", message[at:at + 4])
    if kind not in (1, 28) or group != 1 or high & 0xfe or low & 0xcf:
        return False
    rest = message[at + 4:]
    if not extra:
        return rest == b""
    # Root, type 41; then extended RCODE and version 0, no flag but DO.
    if len(rest) < 11 or rest[:3] != b"\0\0\x29" or rest[5:7] != b"\0\0" or rest[7] & 0x7f or rest[8]:
        return False
    data = rest[11:]
    if struct.unpack(">H", rest[9:11])[0] != len(data):
        return False
    return not data or padded and data[:4] == struct.pack(">HH", 12, len(data) - 4) and not any(data[4:])


def dhcp(message, strict):
    """A client's message (RFC 2131, 2). Strict: every field that the client need not fill is zero."""
    if len(message) < 240 or message[:3] != b"\1\1\6" or message[236:240] != b"\x63\x82\x53\x63":
        return False
    if not strict:
        return True
    # hops and seconds; the relay's address; the rest of the client's; names.
    if message[3] or any(message[8:10]) or any(message[24:28]) or any(message[34:236]) or len(message) > 576:
        return False
    at = 240
    while at < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        if at + 1 >= len(message) or message[at] not in DHCP_OPTIONS or message[at + 1] > 16:
            return False
        at += 2 + message[at + 1]
    return at < len(message) and not any(message[at + 1:])
