# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# Servers in the guest that answer from another port than the one that was asked: a real TFTP server (dnsmasq) and a
# real client (curl), and a connection back to the client, as active FTP's for data.

nested=slirp:///udpfwd=127.0.0.1:6969:$GUEST:69
mkdir -p "$W/tftp"
echo "by tftp" >"$W/tftp/file"

tftp_up() {
    rm -f "$W/tftpd.log"
    start_in_guest tftpd /usr/sbin/dnsmasq --no-daemon --conf-file=/dev/null --pid-file= --port=0 \
        --enable-tftp --tftp-root="$W/tftp" --log-facility=-
    wait_for 5 grep -q TFTP "$W/tftpd.log"
}
got_file() { curl -sS -m 8 --connect-timeout 8 -o - tftp://127.0.0.1:6969/file | grep -qx 'by tftp'; }
got_none() { ! got_file; }

# data_back PORT: what a client listens on while the guest's server connects to it.
start client /usr/bin/python3 "$E2E/peer.py" serve "$W/client.far" tcp:2121
wait_for 5 grep -q ready "$W/client.far" || die "no client" client
data_back() { guest /usr/bin/python3 "$E2E/peer.py" tcp 10.0.2.2 2121 3 | grep '^answered'; }
no_data_back() { ! data_back; }

internet_up

# served WHAT: a guest with the server is up.
served() { check "$1: a TFTP server is up in the guest" tftp_up; }

if guest_up without "$nested"; then
    served without && try "without: a file by TFTP (curl, dnsmasq)" got_file
    try "without: a connection back to the client" data_back
    stop tftpd
    guest_down
fi

if guest_up behind "$(behind '' "$nested")"; then
    served behind && try "behind: TFTP's answers come from another port, and are blocked" got_none
    try "behind: a connection back to the client is blocked" no_data_back
    stop tftpd
    guest_down
fi

if guest_up behind "$(behind 'allow="10.0.2.2:1024-65535/udp"' "$nested")"; then
    served behind && try "behind: with the manual's line, a file by TFTP (curl, dnsmasq)" got_file
    try "behind: the line for UDP opens no TCP" no_data_back
    stop tftpd
    guest_down
fi

if guest_up behind "$(behind 'allow="10.0.2.2:1024-65535/tcp"' "$nested")"; then
    try "behind: with the manual's line, a connection back to the client" data_back
    guest_down
fi
