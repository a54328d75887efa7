# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# From watching to a policy: under "mode monitor" all passes and is recorded; the policy learned from the record lets just
# that through.

events=$W/watched.json
log=$W/watched.pcapng
vde_egress() { "$EGRESS_BUILDDIR/vde_egress" "$@"; }

by_name() { same "$(guest timeout 4 curl -s -m 3 -o /dev/null -w '%{http_code}' http://allowed.test/)" 200; }
by_address() { same "$(guest timeout 4 curl -g -s -m 3 -o /dev/null -w '%{http_code}' "http://[$FAR6]:8080/")" 200; }
by_udp() { guest /usr/bin/python3 "$E2E/peer.py" udp "$FAR4" 5000 2 | grep '^answered'; }

not_by_name() { guest sh -c "! timeout 4 curl -s -m 3 http://denied.test/"; }
not_by_port() { guest sh -c "! timeout 4 curl -s -m 3 http://$FAR4:8080/"; }
not_by_udp() { guest /usr/bin/python3 "$E2E/peer.py" udp "$FAR4" 80 1 | grep -v '^answered'; }

learned() {
    vde_egress learn "$1" >"$2" || return 1
    cat "$2"
    [ "$(grep -v '^ *#' "$2" | grep -c '^resolve  *allowed\.test')" -eq 1 ] &&
        grep -v '^ *#' "$2" | grep -Fq "$FAR4:80/tcp" && grep -v '^ *#' "$2" | grep -Fq "[$FAR6]:8080/tcp" &&
        grep -v '^ *#' "$2" | grep -Fq "$FAR4:5000/udp" && ! grep -v '^ *#' "$2" | grep -q 'denied'
}

# What the policy names is not blocked any more when the record is replayed under it.
replays() {
    vde_egress replay "$W/learned" "$log" >"$W/replayed" || { cat "$W/replayed"; return 1; }
    cat "$W/replayed"
    ! grep -E "block .*(tcp-new|udp-new|dns-name)" "$W/replayed"
}

internet_up
if guest_up monitor "$(behind "mode=\"monitor\"/log=\"$log\"/events=\"$events\"/dns-types=\"A AAAA\"" slirp://)"; then
    try "watched: a name passes" by_name
    try "watched: an address passes" by_address
    try "watched: UDP passes" by_udp
    guest_down
    try "the events make a policy" learned "$events" "$W/learned"
    try "the capture makes one, too" learned "$log" "$W/learned.capture"
    try "replayed under it, nothing that it names is blocked" replays
fi
if guest_up learned "$(behind "policy=\"$W/learned\"" slirp://)"; then
    try "learned: the name works" by_name
    try "learned: the address works" by_address
    try "learned: UDP works" by_udp
    try "learned: another name does not" silent not_by_name
    try "learned: another port does not" silent not_by_port
    try "learned: other UDP does not" silent not_by_udp
    guest_down
fi
