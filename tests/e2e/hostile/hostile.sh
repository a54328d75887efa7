# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2153,SC2154
# Attackers' own tools, from a guest through a real switch, with a host's forwards alive all the while. Two captures:
# what the guest sent, and what is on the network side. The judge reads nothing else.
#
#   guest - vdens - plugin - vde_switch - vde_plug - slirp - the far end, and the tunnels' far ends
#       \ sniffer                 \ tap, sniffer
#
# EGRESS_QUICK=1 leaves out what takes long.

HOSTILE=$E2E/hostile

# shellcheck source=tests/e2e/hostile/tools.sh
. "$HOSTILE/tools.sh"
# shellcheck source=tests/e2e/hostile/tunnels.sh
. "$HOSTILE/tunnels.sh"

chain_up() {
    start_switch switch -t snif0
    # The tap is there to listen: without an address and without ARP it has nothing to say itself.
    ip link set snif0 addrgenmode none
    ip link set snif0 arp off promisc on up
    slirp_died=0
    slirp_up
    sniff wire snif0
}
slirp_up() {
    start slirp vde_plug \
        "slirp:///tcpfwd=127.0.0.1:9000:$GUEST:9000/udpfwd=127.0.0.1:9001:$GUEST:9001" "vde://$W/switch.sock"
}
chain_down() { for part in slirp switch; do stop "$part"; done; }

servers_up() {
    : >"$W/echo.far"
    start_in_guest echo /usr/bin/python3 "$E2E/peer.py" serve "$W/echo.far" echo:9000 udp:9001
    wait_for 5 grep -q ready "$W/echo.far"
}

# One TCP connection and one UDP flow that the host opens before the first tool, and that live to the end.
keep_up() {
    start keep /usr/bin/python3 "$E2E/peer.py" keep 127.0.0.1 9000 9001
    wait_for 5 grep -q 'both echo' "$W/keep.log"
}
kept() {
    alive keep || { cat "$W/keep.log"; return 1; }
    stop keep
    tail -n 3 "$W/keep.log"
    tail -n 1 "$W/keep.log" | grep -q '^kept'
}
new_forwards_work() {
    same "$(echo hello | timeout 5 socat -t 3 - TCP:127.0.0.1:9000)" hello && peer echoes 127.0.0.1 9001 3 5
}

watched() {
    guest ping -c 1 -W 0.1 10.0.2.2
    frames sent | grep -q .
}

# attack TOOL SECONDS COMMAND…: in the guest, ended after SECONDS. What it says does not matter here.
attack() {
    tool=$1 bound=$2
    shift 2
    slirp_lives
    mark "$tool"
    guest timeout -k 1 "$bound" "$@" >>"$W/$side.tools" 2>&1 </dev/null || :
}
# Some of these frames end slirp where nothing stops them; the next tool shall find a network again.
slirp_lives() {
    if alive slirp; then return 0; fi
    echo "        $side: slirp had ended, at the latest after: $(tail -n 1 "$W/$side.marks" | cut -d' ' -f2-)"
    slirp_died=$((slirp_died + 1))
    slirp_up
}
mark() {
    echo "$(date +%s.%N) $1" >>"$W/$side.marks"
    echo "== $1" >>"$W/$side.tools"
}

guest_address6() { guest ip -6 -o address show dev vde0 scope global | sed -n 's/.*inet6 \(fd00:[^/]*\).*/\1/p' | head -n 1; }

attacks() {
    # shellcheck disable=SC2034
    GUEST6=$(guest_address6)
    # shellcheck disable=SC2034
    GUEST_LL=$(guest ip -6 -o address show dev vde0 scope link | sed -n 's/.*inet6 \([^/]*\).*/\1/p')
    : >"$W/$side.marks"
    sniff_in=guest sniff sent vde0 outbound
    # It says that it captures a little before it does.
    check "$side: the guest is being watched" wait_for 5 watched || return 0
    all_tunnels
    all_tools
    sleep 0.3
    stop sent
    stop wire
    for capture in sent wire; do mv "$W/$capture.pcap" "$W/$side.$capture.pcap"; done
    # A frame that a sniffer on the network side missed would go unjudged. dumpcap counts them.
    wire_lost=$(sed -n 's/.* on interface .*: [0-9]*\/\([0-9]*\) .*/\1/p' "$W/wire.log")
    judged=0
    /usr/bin/python3 "$E2E/judge.py" leaks "$W/$side.wire.pcap" "$W/$side.sent.pcap" "$W/$side.marks" allowed.test \
        >"$W/$side.judged" 2>&1 || judged=$?
    sed "s/^/        $side: /" "$W/$side.judged"
}
leaked_in_sum() { sed -n 's/^\([0-9]*\) leaked frames in sum.*/\1/p' "$W/$side.judged"; }
complete() { same "$wire_lost" 0; }
judged_is() { same "$judged" "$1"; }
thousands() { [ "$(leaked_in_sum)" -ge "$1" ]; }
# A tool that leaks nothing where nothing stops it proves nothing where something does; but for floods of what is allowed.
every_tool_leaks() {
    idle=$(sed -n 's/^\(.*\): 0 leaked frames of .*/\1/p' "$W/$side.judged" |
        grep -vE '^before the first$|, which is allowed$')
    [ -z "$idle" ] || { echo "no leak seen of: $idle"; return 1; }
}
something_allowed() { grep '^on the wire:' "$W/$side.judged" | grep ' dns' | grep ' arp' | grep ' answer'; }

internet_up
tunnels_far_ends

for side in without behind; do
    case $side in
    without) vnl=vde://$W/switch.sock ;;
    behind) vnl=$(behind 'resolve="allowed.test"' "vde://$W/switch.sock") ;;
    esac
    chain_up
    if guest_up "$side" "$vnl" && check "$side: servers in the guest" servers_up; then
        try "$side: a host's TCP and UDP forwards, before the first tool" keep_up
        attacks
        if [ "$side" = without ]; then
            try "without: thousands of frames leak" thousands 2000
            try "without: each tool leaks something" every_tool_leaks
        else
            try "behind: no frame leaks, and each tool sent some" judged_is 0
            try "behind: the sniffer missed no frame" complete
            try "behind: what is allowed was there" something_allowed
            try "behind: slirp lived through it" same "$slirp_died" 0
            try "behind: the host's forwards lived through it" kept
            try "behind: new ones work" new_forwards_work
        fi
        stop keep
        stop echo
        guest_down
    fi
    chain_down
done
