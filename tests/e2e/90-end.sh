# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# When the nested network dies, vde_plug has to end behind the plugin as it ends without it.

# how_it_ends SIGNAL VNL…: vde_plug with these, one of which leads to the switch `mortal`, which gets SIGNAL.
# Says with which status vde_plug ended and what it wrote; 124 is timeout(1): it did not end.
how_it_ends() {
    deadly=$1
    shift
    start_switch near
    start_switch mortal
    timeout 10 vde_plug "$@" >"$W/end.out" 2>&1 <"$W/never" &
    plug=$!
    wait_for 3 plugged mortal || echo "vde_plug did not plug in"
    # Its socket is there before the switch has answered.
    sleep 0.3
    before=$(date +%s)
    stop mortal "$deadly"
    code=0
    wait "$plug" || code=$?
    stop near
    # A second more or less is the clock's; the bound of 10 is not.
    if [ $(($(date +%s) - before)) -le 3 ]; then when="at once"; else when="late"; fi
    echo "status $code, $when, said: $(cat "$W/end.out")"
}
plugged() { [ "$(find "$W/$1.sock" -type s | wc -l)" -ge 2 ]; }

ends_alike() {
    same "$(how_it_ends "$1" "vde://$W/near.sock" "$behind")" "$(how_it_ends "$1" "vde://$W/near.sock" "$bare")" &&
        same "$(how_it_ends "$1" "$behind" "vde://$W/near.sock")" "$(how_it_ends "$1" "$bare" "vde://$W/near.sock")" &&
        same "$(how_it_ends "$1" "$behind")" "$(how_it_ends "$1" "$bare")"
}
ends() {
    how_it_ends "$1" "vde://$W/near.sock" "$bare" >"$W/how"
    cat "$W/how"
    grep -q '^status 0' "$W/how"
}

bare=vde://$W/mortal.sock
behind=$(behind "" "$bare")

try "without: vde_plug ends when its switch is stopped" ends TERM
try "without: vde_plug ends when its switch is killed" ends KILL
try "behind: it ends in the same way when the switch is stopped" ends_alike TERM
try "behind: it ends in the same way when the switch is killed" ends_alike KILL

# vdens starts the plug and then serves the guest in a process that shares memory with the first: killing that one
# leaves the other with threads that are no more, and yet it has to end with the guest's command.
ends_without_its_threads() {
    start vdens vdens "$1" sh "$E2E/guest.sh" "$W"
    wait_for 5 test -s "$W/guest.pid" || { cat "$W/vdens.log"; return 1; }
    serving=$(ps -o ppid= -p "$(cat "$W/guest.pid")" | tr -d ' ')
    # The writer waits.
    sleep 0.3
    stop vdens KILL
    kill "$(cat "$W/guest.pid")"
    rm -f "$W/guest.pid"
    wait_for 3 ended "$serving" && return 0
    ps -o pid,stat,wchan:20,args -p "$serving"
    kill -KILL "$serving"
    return 1
}
ended() { case $(ps -o stat= -p "$1") in '' | Z*) return 0 ;; esac; return 1; }

try "behind: vdens ends with the guest, though its first process was killed" \
    ends_without_its_threads "$(behind "log=\"$W/killed.pcapng\"/events=\"$W/killed.json\"" null://)"
