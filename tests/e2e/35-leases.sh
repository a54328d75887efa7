# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Several guests behind one plug: each is a station of a switch, all ask for an address in the same moment, and each gets
# one, at its first try.
#
#   guests - vdens - vde_switch - vde_plug - plugin - slirp
#
# (libslirp 4.7 has 16 addresses to give.)

GUESTS=11 QUICK=8

# All clients of a round wait for one file, so that their first messages are on the way at once.
guests_up() {
    rm -f "$W/go"
    for n in $(seq "$1"); do
        start "station$n" vdens "vde://$W/switch.sock" sh "$E2E/station.sh" "$W" "$n"
    done
    for n in $(seq "$1"); do
        wait_for 10 test -s "$W/client$n.pid" || { echo "no station $n"; cat "$W/station$n.log"; return 1; }
    done
    : >"$W/go"
}
guests_down() {
    for n in $(seq "$1"); do
        stop "client$n"
        wait_for 3 gone "station$n" || :
        stop "station$n"
    done
}

all_leased() {
    for n in $(seq "$1"); do
        wait_for 20 grep -q 'lease: bound' "$W/station$n.log" || { cat "$W/station$n.log"; return 1; }
    done
    got=$(sed -n 's/^lease: bound //p' "$W"/station*.log | sort -u | wc -l)
    same "$got different addresses" "$1 different addresses"
}

# Whatever the clock says: who was answered at once has asked once.
none_asked_twice() {
    for n in $(seq "$1"); do
        same "station $n: $(grep -c 'broadcasting discover' "$W/station$n.log")" "station $n: 1" || return 1
    done
}

round() {
    start_switch switch
    start plug vde_plug "vde://$W/switch.sock" "$2"
    rm -f "$W"/station*.log
    check "$1: $3 guests come up" guests_up "$3" || { cat "$W"/station*.log; return 0; }
    try "$1: each of $3 guests that ask at once gets an address of its own" all_leased "$3"
    [ "$3" -gt "$QUICK" ] || try "$1: none of $3 has to ask again" none_asked_twice "$3"
    guests_down "$3"
    stop plug
    stop switch
}

internet_up
for count in $QUICK $GUESTS; do
    round without slirp:// "$count"
    round behind "$(behind "" slirp://)" "$count"
done
