#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Includes point one way only: a file may include headers of lower layers than its
# own, and of its own layer only its own header. This is the one list of the layers; a
# file that stands above its own header is listed with its ending.
set -eu
cd "${top_srcdir:-.}"

layers='
1 reason span pages ring budget
2 addr taggroup text
3 dhcpoptions dhcptrack frame resolver
4 checksum name siphash inject synoptions
5 urgent arp nd dhcp icmp dns dnscase dnsports tcp fragment sample targets
6 describe dnslimit dnssplice dnswait flow nameset ownnet tcpgap udpports
7 flowwords dnstrack policy tcp.c targetlist reset dnssegment
8 flow.c words reply dnsbytes dnsplaces
9 dnsstream
10 pipeline
11 passage
12 answer judge_dns judge_flow judge_query pipeline.c
12 vnl slirpnet clock complain gate lock record ticker refusal policyfile starts note
13 batch comment config eve inbox linesocket ownfile flowrecord
14 queue rotate uplink
15 appendfile
16 capture linefile
17 eventsink pcapfile pcapngfile
18 capture.c
19 outputs
20 recorder
21 egress
30 source say commands sum plain moment progress outfile escape
31 input lookups offload lexicon table twins capturefile target
32 format timeline finding merge rejudge side
33 format_pcap format_pcapng input.c remark event tally
34 sheet facts intake wants
35 columns print
36 chart verdicts print_policy
37 print_csv print_json print_text print_page
40 learn replay report
41 main
'

# What the command may know of the module: files without threads, in libshared. The rest it does not
# even link.
shared='capture comment note pcapfile pcapngfile policyfile record'

layer_of() {
	echo "$layers" | awk -v m="$1" '{ for (i = 2; i <= NF; i++) if ($i == m) print $1 }'
}

bad=0
for file in filters/*.[ch] plugin/*.[ch] tools/*.[ch]; do
	[ -e "$file" ] || continue
	module=$(basename "$file" | sed 's/\.[ch]$//')
	mine=$(layer_of "$(basename "$file")")
	[ -n "$mine" ] || mine=$(layer_of "$module")
	if [ -z "$mine" ]; then
		echo "$file: its module is in no layer"
		bad=1
		continue
	fi
	for other in $(sed -n 's/^#include "\([^"]*\)\.h"$/\1/p' "$file"); do
		theirs=$(layer_of "$other")
		if [ "$other" != "$module" ] && { [ -z "$theirs" ] || [ "$theirs" -ge "$mine" ]; }; then
			echo "$file (layer $mine) includes $other.h (layer ${theirs:-none})"
			bad=1
		fi
		case $file in tools/*)
			if [ -e "plugin/$other.h" ] && ! echo " $shared " | grep -q " $other "; then
				echo "$file includes $other.h, which is the module's alone"
				bad=1
			fi
		esac
	done
done
exit $bad
