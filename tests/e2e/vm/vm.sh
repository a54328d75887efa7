# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# A real virtual machine on QEMU's vde network, with its own kernel and drivers, first on slirp alone and then behind
# the plugin. The machine says on its console what it saw; the far end says what arrived.

machine=${EGRESS_VM:?the folder that vm/prepare filled}

forwards=tcpfwd=127.0.0.1:9000:$GUEST:9000
for port in 9002 9003; do forwards=$forwards,127.0.0.1:$port:$GUEST:$port; done
nested=slirp:///$forwards/udpfwd=127.0.0.1:9001:$GUEST:9001

# machine_up VNL. In a QEMU option a comma is written twice.
machine_up() {
    : >"$W/console"
    start machine qemu-system-x86_64 -accel tcg -m 192 -nodefaults -no-user-config -no-reboot -display none \
        -kernel "$machine/vmlinuz" -initrd "$machine/initramfs.gz" -append "console=ttyS0 quiet panic=-1 no_timer_check" \
        -serial "file:$W/console" \
        -netdev "vde,id=n0,sock=$(echo "$1" | sed 's/,/,,/g')" -device virtio-net-pci,netdev=n0,romfile=
    wait_for 100 grep -q 'RESULT ready' "$W/console" && return 0
    cat "$W/machine.log"
    tail -n 20 "$W/console"
    return 1
}

# said NAME PATTERN…: the machine's own word for it.
said() {
    line=$(tr -d '\r' <"$W/console" | sed -n "s/^RESULT $1 //p")
    echo "$line"
    echo "$line" | grep -Eq -- "$2"
}

arrived() { [ "$(far_count "$1")" -ge "$2" ] || { cat "$W/far.log"; return 1; }; }
nothing_arrived() {
    if grep '^arrived' "$W/far.log"; then return 1; fi
}
never_asked() {
    if asked "$1"; then cat "$W/dns.log"; return 1; fi
}

sum_of() { sha256sum | cut -d' ' -f1; }
connect() { timeout 60 socat -t 40 - "TCP:127.0.0.1:$1"; }
line_back() { same "$(echo hello | connect 9000)" hello; }
upload() { same "$(connect 9002 <"$W/big" | cut -d' ' -f1)" "$(sum_of <"$W/big")"; }
download() { same "$(connect 9003 </dev/null | sum_of)" "$(tr -d '\r' <"$W/console" | sed -n 's/^RESULT big //p')"; }
several() { peer bulk 127.0.0.1 9000 8 4000; }
datagrams() { peer echoes 127.0.0.1 9001 1 5; }

both_sides() {
    try "$1: DHCP" said address "$GUEST/24"
    try "$1: SLAAC" said address6 'fd00:'
    try "$1: a listed name is answered" said allowed "$FAR4"
    try "$1: TCP forward, a line there and back" line_back
    try "$1: TCP forward, 10 MB host to guest, same checksum" upload
    try "$1: TCP forward, 10 MB guest to host, same checksum" download
    try "$1: TCP forward, 8 connections at once" several
    try "$1: UDP forward" datagrams
}

internet_up
head -c 10000000 /dev/urandom >"$W/big"

if check "without: the machine boots and runs" machine_up "$nested"; then
    both_sides without
    try "without: any other name is answered" said denied "$FAR4"
    try "without: TCP to the internet by name" said web-name '^far end here'
    try "without: TCP to a hardcoded address" said web-address '^far end here'
    try "without: TCP to a hardcoded address, IPv6" said web-address6 '^far end here'
    try "without: TCP to the host's loopback" said web-host '^far end here'
    try "without: UDP to the internet" said udp '^datagram'
    try "without: UDP to the internet, IPv6" said udp6 '^datagram'
    try "without: all of it arrives at the far end" arrived '' 6
    stop machine
fi

: >"$W/far.log"
stop dns
dns_server dns 127.0.0.1,::1

vnl=$(behind "resolve=\"allowed.test\"/log=\"$W/machine.pcap\"" "$nested")
if check "behind: the machine boots and runs" machine_up "$vnl"; then
    both_sides behind
    try "behind: any other name is NXDOMAIN" said denied NXDOMAIN
    try "behind: any other name is never asked for" never_asked denied.test
    try "behind: TCP to the internet by name is refused" said web-name 'Connection refused'
    try "behind: TCP to a hardcoded address is refused" said web-address 'Connection refused'
    try "behind: TCP to a hardcoded address is refused, IPv6" said web-address6 'Connection refused'
    try "behind: TCP to the host's loopback is refused" said web-host 'Connection refused'
    try "behind: UDP to the internet is prohibited" said udp 'No route to host'
    try "behind: UDP to the internet is prohibited, IPv6" said udp6 'Permission denied'
    try "behind: nothing of it arrives at the far end" nothing_arrived
    # QEMU reads what vde_send returns: 0 would have stalled the machine's network card for good.
    try "behind: the machine's network is alive after all that" line_back
    stop machine
fi
