# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# What has to come of each kind of example: the functions that the table in documents.sh names. $text is what the example
# says, $where the line of its document.

# A command in vdens, under a name that it may look up: it does, and nobody hears more of it.
sandbox() {
    try "$where: as root" leads_nowhere
    try "$where: as an ordinary user" leads_nowhere as-user
    text=$(printf '%s\n' "$text" | sed "s|'egress://\[[^]]*\]'|slirp://|")
    try "$where: with slirp:// alone the far end hears of it" leads_out as-user
}
# vdens misses the end of a command that ends while it has a frame in hand, and then waits for ever.
run_sandbox() {
    rm -f "$W/sandbox.log"
    begin sandbox "$@" sh -c "$text"
    wait_for 8 sandbox_ended || echo "it does not end"
    wait_for 1 gone sandbox || :
    end sandbox
    cat "$W/sandbox.log"
}
sandbox_ended() { [ -e "$W/sandbox.log" ] && { gone sandbox || grep -q '^curl: ' "$W/sandbox.log"; }; }
leads_nowhere() {
    before=$(grep -ci 'query\[A\] example.org' "$W/dns.log" || :)
    silent run_sandbox "$@" || return 1
    grep -q 'curl: (7) Failed to connect to example.org port 443' "$W/sandbox.log" || return 1
    [ "$(grep -ci 'query\[A\] example.org' "$W/dns.log")" -gt "$before" ] || { echo "nobody asked for the name"; return 1; }
}
leads_out() {
    before=$(far_count "tcp 443")
    run_sandbox "$@"
    [ "$(far_count "tcp 443")" -gt "$before" ]
}

# A switch that puts itself into the background.
switch() {
    stop switch
    rm -rf /run/vm.sw
    try "$where: the switch is there" switch_up
}
switch_up() {
    as_it_stands || return 1
    wait_for 5 test -S /run/vm.sw/ctl || return 1
    for process in $(pgrep -f 'vde_switch -d -s /run/vm.sw'); do
        [ "$(readlink "/proc/$process/ns/mnt")" = "$(readlink /proc/self/ns/mnt)" ] && echo "$process" >"$W/switch.pid"
    done
    alive switch
}

# vde_plug between the switch and slirp, until it is told to go.
plug() {
    begin plug sh -c "$text"
    try "$where: it is plugged in" wait_for 5 plugged_in
    before_tcp=$(recorded reason=tcp-new) before_dns=$(recorded reason=dns-name)
    if guest_up "$where" vde:///run/vm.sw; then
        start_in_guest ssh socat TCP4-LISTEN:22,fork,reuseaddr SYSTEM:'echo here is the guest'
        try "$where: the listed name is found" finds mirror.example.org
        try "$where: another is NXDOMAIN" nxdomain denied.test
        try "$where: no connection is made" silent refused "http://mirror.example.org/"
        try "$where: the host's ssh gets into the guest" forwarded
        stop ssh
        guest_down
    fi
    try "$where: the connection is on record" more_recorded reason=tcp-new "$before_tcp"
    try "$where: the look-up is on record" more_recorded reason=dns-name "$before_dns"
    end plug
}
plugged_in() { [ "$(find /run/vm.sw -type s | wc -l)" -ge 2 ]; }
finds() { same "$(guest dig +short +tries=1 +time=2 @10.0.2.3 "$1")" "$FAR4"; }
nxdomain() { guest dig +tries=1 +time=2 @10.0.2.3 "$1" | grep 'status: NXDOMAIN'; }
refused() {
    code=0
    guest curl -gsS -m 3 "$1" || code=$?
    same "curl exit $code" "curl exit 7"
}
arrives() { guest curl -gsS -m 3 "$1" | grep 'far end here'; }
forwarded() { wait_for 5 greeted; }
greeted() { socat -T 2 - TCP:127.0.0.1:2222 | grep 'here is the guest'; }

# Policies: each becomes the file that VNLs of the examples name.
policy_vnl='egress://[policy="/etc/vde/vm.egress"]'
policy_file() {
    printf '%s\n' "$text" >/etc/vde/vm.egress
    try "$where: the policy opens" opens "$policy_vnl{null://}"
}
policy_that_watches() {
    policy_file
    before=$(recorded verdict=would-block)
    if guest_up "$where" "$policy_vnl{slirp://}"; then
        try "$where: a name is found" finds denied.test
        try "$where: a connection is made" arrives "http://$FAR4:8080/"
        guest_down
    fi
    try "$where: and is on record" more_recorded verdict=would-block "$before"
}
policy_that_holds() {
    policy_file
    before=$(recorded reason=dns-block)
    if guest_up "$where" "$policy_vnl{slirp://}"; then
        try "$where: a name below the listed domain is found" finds a.pkg.example.org
        try "$where: the one that is blocked is not" nxdomain bad.pkg.example.org
        try "$where: what is allowed is reached" arrives "http://$FAR4/"
        try "$where: what is allowed is reached, IPv6" arrives "http://[$FAR6]:443/"
        try "$where: other ports are not" silent refused "http://$FAR4:8080/"
        try "$where: other ports are not, IPv6" silent refused "http://[$FAR6]/"
        guest_down
    fi
    try "$where: what was blocked is on record" more_recorded reason=dns-block "$before"
    try "$where: under the guest's name" grep -aq build-7 /var/log/vm.pcapng
}

# QEMU, under the policy that was put in place last.
virtual_machine() {
    [ -f "$HOME_OF/vm.qcow2" ] || qemu-img create -q -f qcow2 "$HOME_OF/vm.qcow2" 64M
    : >"$W/console"
    before=$(recorded reason=udp-new) before_far=$(far_count)
    begin machine sh -c "$text"
    if check "$where: the machine boots and has its address" machine_says address "$GUEST/24"; then
        try "$where: other names are not found" machine_says denied NXDOMAIN
        try "$where: what is allowed is reached" machine_says web-address '^far end here'
        try "$where: other ports are not, IPv6" machine_says web-address6 'Connection refused'
        try "$where: the host's loopback is not" machine_says web-host 'Connection refused'
        try "$where: UDP is not" machine_says udp6 'Permission denied'
        try "$where: the far end heard what is allowed alone" same "$(far_count)" $((before_far + 1))
        case $text in *tcpfwd*) try "$where: the host's ssh gets into the machine" forwarded_late ;; esac
    else
        cat "$W/machine.log"
    fi
    end machine
    try "$where: what was blocked is on record" more_recorded reason=udp-new "$before"
}
machine_says() {
    # The line is whole with its CR.
    wait_for 40 grep -q "^RESULT $1 .*$(printf '\r')" "$W/console" || { tail -n 5 "$W/console"; return 1; }
    line=$(tr -d '\r' <"$W/console" | sed -n "s/^RESULT $1 //p")
    echo "$line"
    echo "$line" | grep -Eq -- "$2"
}
forwarded_late() { wait_for 20 greeted; }

# A collector of events, until it is told to go.
collector() {
    begin collector sh -c "$text"
    try "$where: it listens, for its user alone" wait_for 5 listens_alone
    if guest_up "$where" "egress://[events=\"unix:/run/vm.events\"]{slirp://}"; then
        try "$where: a look-up is blocked" nxdomain denied.test
        try "$where: a connection is blocked" refused "http://$FAR4/"
        guest_down
    fi
    try "$where: the events are in the file" wait_for 5 collected
    end collector
}
listens_alone() { [ "$(stat -c %F:%a /run/vm.events)" = socket:600 ]; }
collected() { jq -se 'map(.event_type) | index("drop") and index("dns") and index("stats")' /var/log/vm.json; }

# Records and events where the examples that read them look. The folders that they are in have more of them.
records_at_hand() {
    cp /var/log/vm*.pcapng /var/log/vm.json "$HOME_OF/"
    cp /var/log/vm.json "$HOME_OF/events.json"
}

# What is printed, or written to the page that is named, tells of what was blocked.
reports() { try "$where: it tells of what was blocked" reported; }
reported() {
    as_it_stands >"$W/out" || return 1
    case $text in
    *--html*)
        page=$(printf '%s\n' "$text" | sed -n 's/.*--html \([^ ]*\).*/\1/p')
        grep -q '</html>' "$HOME_OF/$page" && grep -qF "$FAR4" "$HOME_OF/$page"
        ;;
    *--csv=names*) cat "$W/out" && grep -q denied.test "$W/out" ;;
    *) cat "$W/out" && grep -qF "$FAR4" "$W/out" && grep -q tcp-new "$W/out" ;;
    esac
}
prints() {
    as_it_stands >"$W/out" || return 1
    cat "$W/out"
    grep -Eq -- "$1" "$W/out"
}
filter() { try "$where: it finds the look-ups that were blocked" prints 'denied\.test'; }
names_counted() { try "$where: it counts the names" prints '^ *[1-9][0-9]* denied\.test$'; }
version() { try "$where: it says a version" prints '^vde_egress [0-9]+\.'; }

# What --help gives as forms of a time.
times_understood() {
    vde_egress report --help | sed -n '/--since/,/--until/p' | grep -oE '"[^"]+"|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]+[mhd]\b' |
        tr -d '"' >"$W/times"
    cat "$W/times"
    [ "$(wc -l <"$W/times")" -eq 5 ] || return 1
    while IFS= read -r moment; do
        in_home vde_egress report --since "$moment" vm.pcapng >/dev/null || return 1
    done <"$W/times"
}

learns() { try "$where: the policy opens, and lets through what was blocked" learned; }
learned() {
    rm -f "$HOME_OF/vm.egress"
    as_it_stands || return 1
    cat "$HOME_OF/vm.egress"
    grep -q "^allow .*$FAR4:8080/tcp" "$HOME_OF/vm.egress" && grep -q '^allow .*10\.0\.2\.2:80/tcp' "$HOME_OF/vm.egress" &&
        grep -q '^resolve .*denied\.test' "$HOME_OF/vm.egress" && opens "egress://[policy=\"$HOME_OF/vm.egress\"]{null://}"
}
replays() { try "$where: what was learned is blocked no more" replayed; }
replayed() {
    prints ' out pass ' || return 1
    ! grep -E ' block (tcp-new|udp-new|dns-name) ' "$W/out"
}
edits() { try "$where: the editor is called with the policy" edited; }
edited() {
    grep -q '10\.0\.2\.2:' "$HOME_OF/vm.egress" || return 1
    as_it_stands || return 1
    ! grep '10\.0\.2\.2:' "$HOME_OF/vm.egress"
}
sums() { try "$where: it says what would be blocked" prints '^ *block .*tcp-new'; }
would_block() { try "$where: just what was cut out of the policy is in the file" blocked_alone; }
blocked_alone() {
    as_it_stands || return 1
    tshark -r "$HOME_OF/blocked.pcapng" -Y 'frame.comment contains "reason=tcp-new" && frame.comment contains "verdict=block"' \
        -T fields -e ip.dst -e tcp.dstport | sort -u >"$W/out" || return 1
    same "$(cat "$W/out")" "10.0.2.2	80"
}

# The line of output that the manual explains, made again.
line_of_replay() { try "$where: replay prints this line" line_made; }
line_made() {
    in_home /usr/bin/python3 - <<'END' || return 1
from scapy.all import ARP, Ether, IP, TCP, wrpcap
guest = dict(src="52:54:00:12:34:56", dst="52:55:0a:00:02:02")
frames = [Ether(**guest) / ARP(op=1, hwsrc=guest["src"], psrc="10.0.2.15", pdst="10.0.2.2"),
          Ether(**guest) / IP(src="10.0.2.15", dst="192.0.2.1") / TCP(sport=40000, dport=443, flags="S")]
for frame in frames:
    frame.time = 1795518235
wrpcap("line.pcap", frames)
END
    : >"$HOME_OF/empty"
    in_home vde_egress replay --guest 52:54:00:12:34:56 empty line.pcap >"$W/out" || return 1
    cat "$W/out"
    grep -qxF -- "$text" "$W/out"
}

# Builds: begun first, as they take longest, in copies of the sources; looked at last.
sources() { (root=$TOP && . "$TOP/scripts/lib.sh" && copy_sources "$1"); }
build_begins() {
    sources "$W/source"
    start install env MAKEFLAGS="-j$(nproc)" unshare -m sh "$E2E/documents/install.sh" "$W/source" "$(folder_of_modules)" "$text"
}
folder_of_modules() { readlink -f "${VDEPLUGIN_PATH##*:}"; }
build_ends() {
    try "$where: it builds and installs" built
    try "$where: the module opens without VDEPLUGIN_PATH" installed "vde_plug 'egress://{null://}' </dev/null"
    try "$where: vde_egress is there" installed "vde_egress --version"
}
built() {
    wait_for 100 built_or_not
    [ -e "$W/source/installed" ] || { tail "$W/install.log"; return 1; }
}
built_or_not() { [ -e "$W/source/installed" ] || gone install; }
# In the mount namespace that it was installed in.
installed() {
    alive install || return 1
    nsenter -t "$(cat "$W/install.pid")" -m -- env -u VDEPLUGIN_PATH PATH="/usr/local/bin:$PATH_OF_HOST" \
        sh -c "cd '$W/source' && $1"
}
manual_page() { try "$where: the page is shown" shown; }
shown() { installed "$text" >"$W/out" && grep -q '^SEE ALSO' "$W/out"; }
out_of_the_tree() {
    module=$(folder_of_modules)/libvdeplug_egress.so
    try "$where: the installed module is taken away" installed "mv '$module' '$module.away'"
    try "$where: the module of the build tree opens" installed "$text
        vde_plug 'egress://{null://}' </dev/null"
    try "$where: without it none does" installed "! vde_plug 'egress://{null://}' </dev/null"
}
demo_begins() {
    sources "$W/demo-source"
    start demo sh -c "cd '$W/demo-source' && $text"
}
demo_ends() {
    try "$where: the demo runs to its end" demo_ended
    try "$where: without the plugin all of it arrives, behind it none but the listed name" demo_told
}
demo_ended() {
    wait_for 100 gone demo || return 1
    tail -n 3 "$W/demo.log"
    tail -n 1 "$W/demo.log" | grep -q 's\] done$'
}
demo_told() {
    awk '/^Guest: / { title = $0 }
        / (arrived|-)$/ { print $1, $NF, title }' "$W/demo.log" >"$W/out"
    cat "$W/out"
    [ "$(grep -c '^without arrived' "$W/out")" -ge 8 ] && ! grep '^without -' "$W/out" &&
        same "$(grep '^behind arrived' "$W/out")" "behind arrived Guest: DNS, a name on the list"
}
