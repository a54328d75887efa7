# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# A guest that tries everything it can think of, with real tools and with made-up frames. What comes of each try
# is left to the judges: all is run to its end, and nothing here passes or fails.

noise() {
    {
        guest curl -sS -m 2 "http://$FAR4/"
        guest curl -sS -m 2 "http://[$FAR6]/"
        guest curl -sS -m 2 http://allowed.test/
        guest curl -sS -m 2 http://10.0.2.2/
        guest curl -sS -m 2 "http://[fd00::2]/"
        guest curl -sS -m 2 http://169.254.169.254/
        guest sh -c "echo smuggled | ncat -w 1 $FAR4 8080"
        guest sh -c "echo smuggled | ncat -w 1 -u $FAR4 5000"
        guest sh -c "echo smuggled | ncat -w 1 -u $FAR6 5000"
        guest sh -c "echo smuggled | ncat -w 1 --sctp $FAR4 80"
        guest ping -c 2 -i 0.2 -W 1 "$FAR4"
        guest ping -c 2 -i 0.2 -W 1 10.0.2.2
        guest ping -c 2 -i 0.2 -W 1 "$FAR6"
        guest ping -c 1 -W 1 -s 3000 "$FAR4"
        guest ping -c 1 -W 1 -b 10.0.2.255
        guest dig +tries=1 +time=1 @10.0.2.3 denied.test
        guest dig +tries=1 +time=1 @fd00::3 denied.test AAAA
        guest dig +tries=1 +time=1 "@$FAR4" allowed.test
        guest dig +tries=1 +time=1 "@$FAR6" allowed.test
        guest dig +tries=1 +time=1 +tcp "@$FAR4" allowed.test
        guest dig +tries=1 +time=1 @10.0.2.2 allowed.test
        guest kdig +retry=0 +time=1 +tls "@$FAR4" allowed.test
        guest kdig +retry=0 +time=1 -p 5353 @224.0.0.251 allowed.test
        guest nmap -n -Pn --disable-arp-ping --max-retries 0 --host-timeout 5 -sS -p 22,80,443,8080 "$FAR4"
        guest nmap -n -Pn --disable-arp-ping --max-retries 0 --host-timeout 5 -sX -p 80 "$FAR4"
        guest nmap -n -Pn --disable-arp-ping --max-retries 0 --host-timeout 5 -sU -p 53,5000 "$FAR4"
        guest nmap -n -Pn --disable-arp-ping --max-retries 0 --host-timeout 5 -sO -p 1,2,6,17,47,132 "$FAR4"
        guest nmap -n -Pn --disable-arp-ping --max-retries 0 --host-timeout 5 -sS -f -p 80 "$FAR4"
        guest nmap -6 -n -Pn --disable-arp-ping --max-retries 0 --host-timeout 5 -sS -p 22,80 "$FAR6"
        guest /usr/bin/python3 "$E2E/frames.py" vde0 "$GUEST" "$FAR4" "$FAR6"
        # And what is allowed, in between.
        guest dig +tries=1 +time=2 @10.0.2.3 allowed.test
        guest dig +tries=1 +time=2 @fd00::3 allowed.test AAAA
        guest getent ahosts allowed.test
        guest busybox udhcpc -i vde0 -f -q -n -t 3 -T 1 -s "$E2E/lease.sh"
    } >"$W/noise.log" 2>&1 || :
    grep 'frames sent' "$W/noise.log"
}
