# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both ends of a try: a far end that logs whatever arrives, and clients that time what became of it.

peer.py serve LOG tcp:PORT… udp:PORT…    answer on every address; one `arrived` line per connection and datagram;
                                         echo:PORT is TCP that says all of it back
peer.py tcp ADDRESS PORT [SECONDS]       connect, ask, print `OUTCOME MILLISECONDS`
peer.py udp ADDRESS PORT [SECONDS]       send one datagram, wait for the answer, print the same
peer.py hear ADDRESS PORT SECONDS        send one datagram, and print for that long whom is heard: `heard ADDRESS`, each
peer.py dns SERVER NAME TYPE [SECONDS]   ask, print `RCODE MILLISECONDS ANSWERS`
peer.py dnsnames SERVER DOMAIN COUNT      ask for that many new names below DOMAIN at once; how often each RCODE came
peer.py dnstcp SERVER NAME…              ask for the A of one after the other on one connection; `RCODE` or what broke, for each
peer.py dnsopen SERVER COUNT HOW            connections one after the other, left idle (`idle`), or opened and reset at once by
                                         raw segments (`reset`)
peer.py getaddrinfo NAME                 the addresses of NAME, as programs ask, or what getaddrinfo says instead
peer.py big ADDRESS PORT SIZE…           datagrams of these sizes, each to come back as it was; exit 0 if all did
peer.py shoot ADDRESS PORT COUNT         that many datagrams, numbered; wants no answer
peer.py flood ADDRESS PORT COUNT         that many as fast as it goes
peer.py sweep ADDRESS PORTS EACH SIZE    EACH datagrams of SIZE bytes to each of the ports from 20000 on
peer.py bulk ADDRESS PORT CLIENTS BYTES  many TCP clients at once, each sends and reads back; exit 0 if all checksums agree
peer.py echoes ADDRESS PORT CLIENTS EACH many UDP clients at once; exit 0 if each datagram came back to its sender
peer.py keep ADDRESS TCPPORT UDPPORT     one TCP connection and one UDP flow, an echo in each four times a second until
                                         told to end (SIGTERM); the last line is `kept …`, or what broke

Times are taken around the system calls alone.
"""
import errno
import hashlib
import os
import selectors
import signal
import socket
import struct
import sys
import threading
import time

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 13\r\n\r\nfar end here\n"


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(log, *ports):
    out = open(log, "a", buffering=1)

    def stream(connection, address, port):
        with connection:
            out.write(f"arrived tcp {port} from {address[0]} {address[1]}\n")
            connection.settimeout(10)
            try:
                said = connection.recv(4096)
                out.write(f"said {port} {said[:200]!r}\n")
                connection.sendall(ANSWER)
            except OSError as error:
                out.write(f"broke {port} {error}\n")

    def echo(connection):
        with connection:
            try:
                while said := connection.recv(65536):
                    connection.sendall(said)
            except OSError as error:
                out.write(f"broke {error}\n")

    selector = selectors.DefaultSelector()
    for word in ports:
        kind, port = word.split(":")
        for host in ("0.0.0.0", "::"):
            sock = socket.socket(family(host), socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if host == "::":
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((host, int(port)))
            if kind != "udp":
                sock.listen(64)
            selector.register(sock, selectors.EVENT_READ, (kind, port))
    out.write("ready\n")
    while True:
        for key, _ in selector.select():
            kind, port = key.data
            if kind == "tcp":
                connection, address = key.fileobj.accept()
                threading.Thread(target=stream, args=(connection, address, port), daemon=True).start()
            elif kind == "echo":
                connection, _ = key.fileobj.accept()
                threading.Thread(target=echo, args=(connection,), daemon=True).start()
            else:
                data, address = key.fileobj.recvfrom(65535)
                out.write(f"arrived udp {port} from {address[0]} {address[1]} {data[:200]!r}\n")
                key.fileobj.sendto(data, address)


def timed(action):
    """Run action; say what came of it and after how many milliseconds."""
    start = time.monotonic()
    try:
        outcome = action()
    except socket.timeout:
        outcome = "timeout"
    except OSError as error:
        outcome = errno.errorcode.get(error.errno, str(error))
    return outcome, (time.monotonic() - start) * 1000


def tcp(address, port, seconds="3"):
    sock = socket.socket(family(address), socket.SOCK_STREAM)
    sock.settimeout(float(seconds))
    outcome, ms = timed(lambda: sock.connect((address, int(port))) or "connected")
    if outcome == "connected":
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        outcome = timed(lambda: "answered" if sock.recv(4096) == ANSWER else "garbled")[0]
    print(f"{outcome} {ms:.1f}")


def udp(address, port, seconds="3"):
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    sock.settimeout(float(seconds))
    sock.connect(socket.getaddrinfo(address, port)[0][4])
    text = os.urandom(16).hex().encode()

    def ask():
        sock.send(text)
        return "answered" if sock.recv(4096) == text else "garbled"

    print("{} {:.1f}".format(*timed(ask)))


def hear(address, port, seconds, source="", source_port="0"):
    """What a socket that asked one hears of everybody; it may be bound to an address and port."""
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    if source:
        sock.bind((source, int(source_port)))
    sock.sendto(b"hello", (address, int(port)))
    end = time.monotonic() + float(seconds)
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            print("heard", sock.recvfrom(4096)[1][0], flush=True)
        except socket.timeout:
            pass


def shoot(address, port, count):
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    for number in range(int(count)):
        sock.sendto(f"shot {number}".encode(), (address, int(port)))
        time.sleep(0.001)


def flood(address, port, count):
    """As fast as it goes; what the guest's own kernel refuses is sent again."""
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    to, text, sent = (address, int(port)), b"x" * 64, 0
    started = time.monotonic()
    while sent < int(count):
        try:
            sock.sendto(text, to)
            sent += 1
        except OSError:
            pass
    print(f"{sent} sent in {time.monotonic() - started:.1f} s")


def sweep(address, ports, each, size):
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    text = b"x" * int(size)
    for port in range(20000, 20000 + int(ports)):
        sent = 0
        while sent < int(each):
            try:
                sock.sendto(text, (address, port))
                sent += 1
            except OSError:
                pass


RCODES = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED".split()


def dns_query(name, kind):
    query = struct.pack(">HHHHHH", int.from_bytes(os.urandom(2), "big"), 0x0100, 1, 0, 0, 0)
    for label in name.rstrip(".").split("."):
        query += bytes([len(label)]) + label.encode()
    query += b"\0" + struct.pack(">HH", {"A": 1, "TXT": 16, "AAAA": 28}[kind], 1)
    return query


def dns(server, name, kind, seconds="3"):
    query = dns_query(name, kind)
    sock = socket.socket(family(server), socket.SOCK_DGRAM)
    sock.settimeout(float(seconds))
    sock.connect((server, 53))
    answer = b""

    def ask():
        nonlocal answer
        sock.send(query)
        answer = sock.recv(4096)
        return RCODES[answer[3] & 15]

    outcome, ms = timed(ask)
    if answer and answer[:2] != query[:2]:
        outcome = "garbled"
    print(f"{outcome} {ms:.1f} {struct.unpack('>H', answer[6:8])[0] if answer else 0}")


def dnsnames(server, domain, count):
    """Ask for COUNT different names below DOMAIN, at once, and say how each was answered."""
    with socket.socket(family(server), socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        for n in range(int(count)):
            s.sendto(dns_query(f"n{n}.{domain}", "A"), (server, 53))
            time.sleep(0.002)
        codes = {}
        try:
            while True:
                code = s.recv(4096)[3] & 15
                codes[code] = codes.get(code, 0) + 1
        except socket.timeout:
            pass
    for code, times in sorted(codes.items()):
        print("rcode", code, "times", times)


def dnstcp(server, *names):
    with socket.create_connection((server, 53), timeout=3) as sock:

        def take(count):
            got = b""
            while len(got) < count:
                piece = sock.recv(count - len(got))
                if not piece:
                    raise ConnectionError("closed")
                got += piece
            return got

        def ask(query):
            sock.sendall(struct.pack(">H", len(query)) + query)
            answer = take(struct.unpack(">H", take(2))[0])
            return RCODES[answer[3] & 15] if answer[:2] == query[:2] else "garbled"

        for name in names:
            print(timed(lambda: ask(dns_query(name, "A")))[0])


def raw_segment(server, port, flags, seq):
    """A TCP segment from PORT to the server's port 53; Linux fills in the address, and its checksum over IPv4."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    sock.connect((server, 53))
    head = struct.pack(">HHIIBBHHH", port, 53, seq, 0, 5 << 4, flags, 65535, 0, 0)
    ends = socket.inet_aton(sock.getsockname()[0]) + socket.inet_aton(server) + struct.pack(">HH", 6, len(head))
    total = sum(struct.unpack(">%dH" % (len(ends + head) // 2), ends + head))
    total = (total & 0xffff) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xffff
    sock.send(head[:16] + struct.pack(">H", checksum) + head[18:])
    sock.close()


def dnsopen(server, count, how):
    kept = []
    for number in range(int(count)):
        if how == "reset":
            raw_segment(server, 20000 + number, 2, 1000)
            raw_segment(server, 20000 + number, 4, 1001)
            time.sleep(0.005)
            continue
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((server, 53))
        kept.append(sock)
        time.sleep(0.005)
    print("opened", flush=True)
    if kept:
        time.sleep(600)


def getaddrinfo(name):
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        print(*sorted({entry[4][0] for entry in found}))
    except socket.gaierror as error:
        names = {getattr(socket, key): key for key in dir(socket) if key.startswith("EAI_")}
        print(names.get(error.errno, error))


def big(address, port, *sizes):
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    sock.settimeout(3)
    sock.connect((address, int(port)))
    wrong = 0
    for size in sizes:
        text = os.urandom(int(size))
        sock.send(text)
        outcome = timed(lambda: "same" if sock.recv(65535) == text else "garbled")[0]
        wrong += outcome != "same"
        print(f"{size} bytes: {outcome}")
    return 1 if wrong else 0


def echoes(address, port, clients, each):
    """All clients send before any of them listens, so that a mix-up between them would show."""
    socks = []
    for _ in range(int(clients)):
        sock = socket.socket(family(address), socket.SOCK_DGRAM)
        sock.settimeout(3)
        sock.connect((address, int(port)))
        socks.append(sock)
    wrong = 0
    for turn in range(int(each)):
        texts = [f"client {n} turn {turn} ".encode() + os.urandom(8) * (1 + 20 * turn % 160) for n in range(len(socks))]
        for sock, text in zip(socks, texts):
            sock.send(text)
        for n, (sock, text) in enumerate(zip(socks, texts)):
            outcome = timed(lambda: "same" if sock.recv(65535) == text else "garbled")[0]
            if outcome != "same":
                wrong += 1
                print(f"client {n} turn {turn} ({len(text)} bytes): {outcome}")
    print(f"{int(clients) * int(each) - wrong} of {int(clients) * int(each)} came back")
    return 1 if wrong else 0


def bulk(address, port, clients, size):
    """Echoes at once. The connections are opened one by one, each proven by a byte: slirp listens with a backlog
    of 1, and Linux resets what a burst of connections leaves beyond that."""
    wrong = []
    socks = []
    for n in range(int(clients)):
        sock = socket.create_connection((address, int(port)), timeout=30)
        sock.sendall(b"?")
        if sock.recv(1) != b"?":
            print(f"connection {n} does not echo")
            return 1
        socks.append(sock)

    def client(n, sock):
        text = os.urandom(int(size))
        back = hashlib.sha256()
        got = 0
        try:
            with sock:
                sender = threading.Thread(target=lambda: (sock.sendall(text), sock.shutdown(socket.SHUT_WR)))
                sender.start()
                while piece := sock.recv(65536):
                    back.update(piece)
                    got += len(piece)
                sender.join()
        except OSError as error:
            wrong.append(f"connection {n}: {error} after {got} bytes")
            return
        if back.digest() != hashlib.sha256(text).digest():
            wrong.append(f"connection {n}: {got} of {size} bytes came back, checksums differ")

    threads = [threading.Thread(target=client, args=pair) for pair in enumerate(socks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(wrong) or f"{clients} connections of {size} bytes each way")
    return 1 if wrong else 0


def keep(address, tcp_port, udp_port):
    stream = socket.create_connection((address, int(tcp_port)), timeout=10)
    flow = socket.socket(family(address), socket.SOCK_DGRAM)
    flow.connect((address, int(udp_port)))
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())

    def echoed(text):
        """UDP may lose one, and whoever is on the guest's side may say an earlier one again."""
        for _ in range(5):
            flow.send(text)
            end = time.monotonic() + 1
            while (left := end - time.monotonic()) > 0:
                flow.settimeout(left)
                if timed(lambda: got.append(flow.recv(65535)) or "got")[0] == "got" and got.pop() == text:
                    return True
        return False

    turns, got = 0, []
    while not told.is_set():
        text = b"turn %08d" % turns
        if not echoed(text):
            print(f"broke: no UDP echo in turn {turns}", flush=True)
            return 1
        stream.sendall(text)
        back = stream.recv(len(text), socket.MSG_WAITALL)
        if back != text:
            print(f"broke: TCP echoed {back!r} in turn {turns}", flush=True)
            return 1
        turns += 1
        if turns == 1:
            print("both echo", flush=True)
        time.sleep(0.25)
    print(f"kept both for {turns} turns", flush=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("serve", "shoot", "flood", "sweep", "tcp", "udp", "hear", "dns", "dnsnames", "dnstcp", "dnsopen", "getaddrinfo", "big", "bulk", "echoes", "keep"):
        sys.exit(__doc__)
    sys.exit(globals()[sys.argv[1]](*sys.argv[2:]))
