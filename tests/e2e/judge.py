# SPDX-License-Identifier: LGPL-2.1-or-later
"""Judge captures. Knows nothing of the plugin: it reads what sniffers wrote, and the contract.

judge.py wire CAPTURE NAME…              what the guest's side sent to the network is nothing but ARP, neighbour
                                         discovery, DHCP, DNS queries for NAMEs, and answers in flows that the network opened
judge.py record SENT LOG [CAPTURE] NAME… each frame that the guest sent is either in the log, once and whole and with
                                         its time, or of that same kind; with CAPTURE: none of the log is on the wire
judge.py leaks CAPTURE SENT MARKS NAME…  the same as wire, counted for each line `TIME TOOL` of MARKS; a tool of which
                                         nothing was SENT is an error (exit 2), any frame too many is another (exit 1)
judge.py kinds CAPTURE NAME…             how many frames of which kind (for people)
"""
import bisect
import collections
import struct
import sys

from flows import Judge, from_network


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


def show(frame):
    return f"{len(frame)} bytes: {frame[:90].hex()}"


def wire(capture, *names):
    frames = read(capture)
    kinds = Judge(names, strict=True).kinds(frames)
    seen = collections.Counter(kinds)
    for number in [number for number, kind in enumerate(kinds) if kind is None][:10]:
        print(f"frame {number + 1} should not be on the wire: {show(frames[number][1])}")
    print(", ".join(f"{count} {kind or 'that should not be there'}" for kind, count in seen.items()))
    # An empty wire is no proof: the guest's allowed traffic has to be there.
    missing = {"network", "arp", "dns"} - set(seen)
    if missing:
        print("not seen at all: " + " ".join(sorted(missing)))
    return 1 if seen[None] or missing else 0


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
    wrong, passed = [], collections.Counter()
    frames = read(sent)
    for number, ((time, frame), kind) in enumerate(zip(frames, Judge(names).kinds(frames)), 1):
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


def leaks(capture, sent, marks, *names):
    with open(marks) as file:
        lines = [line.rstrip("\n").split(" ", 1) for line in file]
    times, tools = [float(time) for time, _ in lines], ["before the first"] + [tool for _, tool in lines]
    frames, own = read(capture), read(sent)
    kinds = Judge(names, strict=True, spoofed={frame for _, frame in own if from_network(frame)}).kinds(frames)
    leaked, made = collections.Counter(), collections.Counter()
    for time, _ in own:
        made[tools[bisect.bisect(times, time)]] += 1
    shown = 0
    for (time, frame), kind in zip(frames, kinds):
        if kind is None:
            leaked[tools[bisect.bisect(times, time)]] += 1
            shown += 1
            if shown <= 10:
                print(f"  {tools[bisect.bisect(times, time)]}: {show(frame)}")
    for tool in dict.fromkeys(tools):
        print(f"{tool}: {leaked[tool]} leaked frames of {made[tool]} sent")
    seen = collections.Counter(kind or "leaked" for kind in kinds)
    print("on the wire: " + ", ".join(f"{count} {kind}" for kind, count in seen.most_common()))
    print(f"{leaked.total()} leaked frames in sum, {made.total()} sent")
    idle = [tool for tool in tools[1:] if not made[tool]]
    if idle:
        print("sent nothing at all: " + ", ".join(idle))
        return 2
    return 1 if leaked else 0


def kinds(capture, *names):
    for kind, count in collections.Counter(Judge(names).kinds(read(capture))).most_common():
        print(f"{count:6} {kind or 'other'}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("wire", "record", "leaks", "kinds"):
        sys.exit(__doc__)
    sys.exit(globals()[sys.argv[1]](*sys.argv[2:]))
