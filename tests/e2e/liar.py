# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that keeps things open, frame by frame, and the host's clients that must not notice.

    liar.py guest INTERFACE           the guest 10.0.2.15, with a TCP of its own; its ports below
    liar.py host SECONDS PAUSE BASE   every PAUSE seconds one connection to each port of the guest's, forwarded from BASE on
    liar.py watch PID                 each second: how many sockets the process has, and kB of memory in use

The ports: what is done to a connection of the host's. 7000 alone is honest, and echoes.
"""
import os
import select
import socket
import struct
import sys
import threading
import time

HONEST, WINDOW_0, NO_FIN, HOLES, EARLY_FIN, ONE_BYTE = range(7000, 7006)
PORTS = (HONEST, WINDOW_0, NO_FIN, HOLES, EARLY_FIN, ONE_BYTE)
ME = socket.inet_aton("10.0.2.15")
GATEWAY, RESOLVER = socket.inet_aton("10.0.2.2"), socket.inet_aton("10.0.2.3")
MAC, GATEWAY_MAC = bytes.fromhex("025400000015"), bytes.fromhex("52550a000202")
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
STREAMS = 4  # to the resolver, opened a second


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(to, sport, dport, seq, ack, flags, window=65535, data=b"", bad=False):
    """A frame to the gateway; BAD: with a wrong checksum."""
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, window, 0, 0) + data
    total = checksum(ME + to + struct.pack("!BBH", 0, 6, len(tcp)) + tcp) ^ (0x5555 if bad else 0)
    tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, ME, to)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return GATEWAY_MAC + MAC + b"\x08\0" + ip + tcp


class Guest:
    def __init__(self, interface):
        self.link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.link.bind((interface, 0))
        self.flows = {}  # (port, the host's port) -> [our next number, theirs]
        self.stream = 20000

    def send(self, frame):
        self.link.send(frame)

    def say(self, key, flags, data=b"", window=65535, seq=None, bad=False):
        ours, theirs = self.flows[key][:2]
        self.send(segment(GATEWAY, key[0], key[1], ours if seq is None else seq, theirs, flags, window, data, bad))

    def arp(self, frame):
        if frame[20:22] == b"\0\1" and frame[38:42] == ME:
            self.send(frame[6:12] + MAC + frame[12:20] + b"\0\2" + MAC + ME + frame[22:32])

    def take(self, frame):
        ip = frame[14:]
        if frame[12:14] == b"\x08\x06":
            return self.arp(frame)
        if frame[12:14] != b"\x08\0" or ip[9] != 6 or ip[16:20] != ME:
            return None
        tcp = ip[20:struct.unpack("!H", ip[2:4])[0]]
        sport, dport, seq, ack, offset, flags = struct.unpack("!HHIIBB", tcp[:14])
        data = tcp[(offset >> 4) * 4:]
        if ip[12:16] == RESOLVER:
            if flags & SYN:
                self.send(segment(RESOLVER, dport, sport, ack, seq + 1, ACK))
            return None
        return self.hear((dport, sport), seq, ack, flags, data)

    def hear(self, key, seq, ack, flags, data):
        port = key[0]
        if flags & RST:
            self.flows.pop(key, None)
        elif flags & SYN:
            self.flows[key] = [1000, (seq + 1) & 0xFFFFFFFF]
            self.say(key, SYN | ACK, window=0 if port == WINDOW_0 else 1 if port == ONE_BYTE else 65535)
            self.flows[key][0] += 1
        elif key in self.flows:
            flow = self.flows[key]
            if port in (HOLES, EARLY_FIN) and len(flow) == 2:
                flow.append("done")
                self.holes(key) if port == HOLES else self.say(key, FIN | ACK, seq=1101)
            elif port == WINDOW_0:
                self.say(key, ACK, window=0)
            elif seq == flow[1] and (data or flags & FIN):
                self.read(key, data, flags)

    def holes(self, key):
        for at in range(2, 65000, 2):
            self.say(key, ACK, b"x", seq=1001 + at)

    def read(self, key, data, flags):
        flow = self.flows[key]
        flow[1] = (flow[1] + len(data) + (flags & FIN)) & 0xFFFFFFFF
        if key[0] == HONEST and data:
            self.say(key, PSH | ACK, data)
            flow[0] += len(data)
        if key[0] == HONEST and flags & FIN:
            self.say(key, FIN | ACK)
            flow[0] += 1
        elif key[0] == ONE_BYTE:
            self.say(key, ACK, window=1)
        else:
            self.say(key, ACK)

    def keep_open(self):
        """Once a second: what would keep them alive, if it counted."""
        for key in list(self.flows):
            if key[0] == NO_FIN:
                self.say(key, ACK, bad=True)
                self.say(key, ACK, seq=self.flows[key][0] - 1)
            elif key[0] != HONEST:
                self.say(key, ACK, window=0 if key[0] == WINDOW_0 else 1)
        for _ in range(STREAMS):
            self.stream = 20000 + (self.stream + 1) % 20000
            self.send(segment(RESOLVER, self.stream, 53, 5000, 0, SYN))

    def run(self):
        print("ready", flush=True)
        due = time.monotonic()
        while True:
            ready, _, _ = select.select([self.link], [], [], max(0, due - time.monotonic()))
            if ready:
                self.take(self.link.recv(9100))
            if time.monotonic() >= due:
                self.keep_open()
                due = time.monotonic() + 1


def honest(port, n):
    word = b"connection %d\n" % n
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        s.sendall(word)
        got = b""
        while len(got) < len(word):
            part = s.recv(100)
            if not part:
                break
            got += part
        s.shutdown(socket.SHUT_WR)
        return got == word and s.recv(1) == b""


def attacked(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
            s.sendall(b"four")
            if port % 10 in (HOLES % 10, EARLY_FIN % 10):
                s.settimeout(0.5)
                s.recv(1)
    except OSError:
        pass


def host(seconds, pause, base):
    done, failed, end = 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        for port in PORTS[1:]:
            threading.Thread(target=attacked, args=(base + port - HONEST,), daemon=True).start()
        done += 1
        try:
            good = honest(base, done)
        except OSError as e:
            good = False
            print(f"connection {done}: {e}", flush=True)
        failed += not good
        time.sleep(max(0, began + pause - time.monotonic()))
    print(f"{done} connections, {failed} failed")
    return failed != 0 or done == 0


def descriptors(pid):
    folder = f"/proc/{pid}/fd"
    names = []
    for fd in os.listdir(folder):
        try:
            names.append(os.readlink(f"{folder}/{fd}"))
        except OSError:
            pass
    return sum(name.startswith("socket:") for name in names)


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(line.split()[1] for line in status if line.startswith("VmRSS:"))


def watch(pid):
    while os.path.exists(f"/proc/{pid}/fd"):
        print(descriptors(pid), memory(pid), flush=True)
        time.sleep(1)


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "guest":
        Guest(rest[0]).run()
    elif what == "host":
        sys.exit(host(float(rest[0]), float(rest[1]), int(rest[2])))
    else:
        watch(int(rest[0]))
