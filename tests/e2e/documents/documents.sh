# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Every example of README.md, of the manuals and of --help, run as it stands, and checked by what it is there for. The
# examples are taken out of the documents (examples.py), and each has to be like one of the rows at the end of this
# file, which say what comes of it: an example without a row is a failure, and so is a row without an example.
#
# Paths of the host's in them (/run, /var/log, /etc/vde, /usr/local, the folder of modules) are private to the
# scenario's mount namespace. The disk that a QEMU line names is empty: bin/qemu-system-x86_64 adds the kernel and the
# root of vm/ to the line, and options that make it small and quiet. What never ends is ended by its pid.

X=$W/examples
TOP=$(cd "$E2E/../.." && pwd)
HOME_OF=$W/home

# -- The stage

# Folders of the host's that nobody else sees. /etc is not ours to write to where we are root in a namespace only, so
# it becomes a folder of links to what it was, with one more folder in it.
private_paths() {
    mkdir "$W/etc" "$W/etc.host" "$HOME_OF" "$W/bin"
    mount --rbind /etc "$W/etc.host"
    for entry in /etc/* /etc/.[!.]*; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then ln -s "$W/etc.host/${entry#/etc/}" "$W/etc/"; fi
    done
    mkdir "$W/etc/vde"
    # Where it is a link, it may lead into /run.
    rm -f "$W/etc/resolv.conf"
    : >"$W/etc/resolv.conf"
    mount --bind "$W/etc" /etc
    mount -t tmpfs run /run
    mount -t tmpfs log /var/log
}

# program NAME: from stdin, a shell script that examples find before anything else of that name.
program() {
    { echo '#!/bin/sh' && cat; } >"$W/bin/$1"
    chmod +x "$W/bin/$1"
}

programs() {
    ln -s "$EGRESS_BUILDDIR/vde_egress" "$W/bin/vde_egress"
    program sudo <<'END'
exec "$@"
END
    # An ordinary user: without any capability, and with a number that is not root's.
    program as-user <<'END'
exec unshare -U --map-user=1000 --map-group=1000 -- "$@"
END
    # What is cut out of a learned policy: the host's loopback.
    program editor <<'END'
exec sed -i '/10\.0\.2\.2:/d' "$1"
END
    machine=${EGRESS_VM:?the folder that vm/prepare filled}
    # Without no_timer_check a kernel on a busy host finds its emulated timer too slow, and panics.
    program qemu-system-x86_64 <<END
case \$* in *id=n0*) set -- "\$@" -object "filter-dump,id=dump,netdev=n0,file=$HOME_OF/week.pcap" ;; esac
exec $(command -v qemu-system-x86_64) "\$@" -accel tcg -m 192 -nodefaults -no-user-config -no-reboot -display none \\
    -serial "file:$W/console" -kernel "$machine/vmlinuz" -initrd "$machine/initramfs.gz" \\
    -append "console=ttyS0 quiet panic=-1 no_timer_check"
END
    PATH_OF_HOST=$PATH
    PATH=$W/bin:$PATH EDITOR=$W/bin/editor
    export PATH EDITOR
}

# The little internet, with names under example.org and somebody at the port of https.
examples_internet_up() {
    internet_up
    stop dns
    dns_server dns 127.0.0.1,::1 --address="/example.org/$FAR4"
    start far-tls /usr/bin/python3 "$E2E/peer.py" serve "$W/far.log" tcp:443
    wait_for 5 ready_twice || die "no far end at 443" far-tls
    wait_for 5 grep -q started "$W/dns.log" || die "no resolver" dns
}
ready_twice() { [ "$(grep -c ready "$W/far.log")" -eq 2 ]; }

# -- Running an example: $text is what it says, $where the line of the document

# in_home COMMAND…: where examples that name files of no folder find them.
in_home() { cd "$HOME_OF" && "$@"; }
as_it_stands() { in_home sh -c "$text"; }

# begin JOB COMMAND…: as start does, but among the files that examples name; and end JOB, with all that it started.
begin() {
    begun=$1
    shift
    (cd "$HOME_OF" && exec "$@") >"$W/$begun.log" 2>&1 </dev/null &
    echo $! >"$W/$begun.pid"
}

end() {
    [ -s "$W/$1.pid" ] || return 0
    for below in $(children "$(cat "$W/$1.pid")"); do kill "$below" 2>/dev/null || :; done
    stop "$1"
}
end_all() {
    for file in "$W"/*.pid; do
        if [ -s "$file" ]; then end "$(basename "$file" .pid)"; fi
    done
}
children() {
    for child in $(pgrep -P "$1"); do
        (children "$child")
        echo "$child"
    done
}

recorded() { if [ -e /var/log/vm.pcapng ]; then grep -ac "$1" /var/log/vm.pcapng || :; else echo 0; fi; }
more_recorded() {
    now=$(recorded "$1")
    [ "$now" -gt "$2" ] && return 0
    echo "records with $1: $2 before, $now now"
    return 1
}
opens() {
    said=$(timeout 10 vde_plug "$1" </dev/null 2>&1) || { echo "status $?: $said"; return 1; }
    same "$said" ""
}

# shellcheck source=tests/e2e/documents/outcomes.sh
. "$E2E/documents/outcomes.sh"

# -- The table

# row KIND LIKE FUNCTION: what is of KIND and LIKE this pattern is given to FUNCTION; later rows do not see it.
row() {
    kind=$1 like=$2 function=$3 found=
    for where_file in "$X"/*.where; do
        example=${where_file%.where}
        if [ -e "$example.done" ] || [ "$(cat "$example.kind")" != "$kind" ]; then continue; fi
        text=$(cat "$example.text") where=$(cat "$where_file")
        # shellcheck disable=SC2254
        case $text in $like) ;; *) continue ;; esac
        found=1
        case $function in *_begins) ;; *) : >"$example.done" ;; esac
        "$function"
    done
    [ -n "$found" ] || echo "FAILED  $name: a row without an example: $kind, $like"
}
# not_run KIND LIKE REASON
not_run() {
    reason=$3
    row "$1" "$2" say_not_run
}
say_not_run() { echo "        $name: $where is not run: $reason"; }

without_a_row() {
    for where_file in "$X"/*.where; do
        example=${where_file%.where}
        [ -e "$example.done" ] || { cat "$where_file" "$example.kind" "$example.text"; bad=1; }
    done
    [ -z "${bad:-}" ]
}

take_out() {
    vde_egress --help >"$W/vde_egress.help"
    for command in report replay learn; do vde_egress "$command" --help >"$W/vde_egress-$command.help"; done
    /usr/bin/python3 "$E2E/documents/examples.py" "$X" "$TOP/README.md" "$TOP"/man/*.[0-9] "$W"/*.help
}

trap end_all EXIT
private_paths
programs
check "the examples are taken out of the documents" take_out || exit 0
examples_internet_up

row commands 'autoreconf*make install' build_begins
row commands 'scripts/demo*' demo_begins

row commands "vdens *curl *" sandbox
row commands 'vde_switch -d -s /run/vm.sw' switch
row commands 'vde_plug vde:///run/vm.sw*2222*' plug
stop switch
row policy 'mode *monitor*' policy_that_watches
row policy '*resolve *bad.pkg.example.org*' policy_that_holds
row commands 'qemu-system-x86_64 *vm.qcow2*/etc/vde/vm.egress*' virtual_machine
row commands 'socat *UNIX-LISTEN:/run/vm.events*' collector

records_at_hand
row commands 'vde_egress report *' reports
row commands 'tshark *dns-name*' filter
row commands 'jq *rrname*' names_counted
row commands 'vde_egress learn *> vm.egress' learns
row commands 'vde_egress replay vm.egress /var/log/*' replays
# shellcheck disable=SC2016
row commands '$EDITOR vm.egress' edits
row commands 'vde_egress replay *--sum *week.pcap' sums
row commands 'vde_egress replay -w blocked.pcapng *week.pcap*' would_block
row output '* out block *tcp-new *' line_of_replay
row commands 'vde_egress --version' version
try "vde_egress report --help: its times are understood" times_understood

row commands 'scripts/demo*' demo_ends
row commands 'autoreconf*make install' build_ends
row commands 'man *' manual_page
row commands 'export VDEPLUGIN_PATH=*' out_of_the_tree

not_run commands 'scripts/test*' "it is what runs this"
not_run commands 'VBoxManage *' "no package of Debian's has VirtualBox, which wants modules in the kernel"
not_run synopsis 'vde_egress *' "a synopsis; tests/manual.sh compares it with the options that there are"

try "every example has a row" without_a_row
