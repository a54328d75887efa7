# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# What is wrong in the configuration stops vde_plug, with one line that says what; what is right does not.

# plug VNL: the exit status is vde_plug's. With its input at an end it leaves at once where the open succeeds.
plug() { timeout 10 vde_plug "$1" </dev/null >"$W/plug.out" 2>"$W/plug.err"; }

# wrong VNL PATTERN: the one line of ours has to contain PATTERN.
wrong() {
    code=0
    plug "$1" || code=$?
    cat "$W/plug.err"
    [ "$code" -ne 0 ] || { echo "vde_plug started"; return 1; }
    [ "$code" -lt 124 ] || { echo "vde_plug: status $code"; return 1; }
    same "lines of ours: $(grep -c '^egress: ' "$W/plug.err")" "lines of ours: 1" || return 1
    grep '^egress: ' "$W/plug.err" | grep -qF -- "$2" || { echo "the line does not name: $2"; return 1; }
}

right() {
    code=0
    plug "$1" || code=$?
    cat "$W/plug.err"
    same "status $code, $(grep -c . "$W/plug.err") lines" "status 0, 0 lines"
}

# policy LINE…: a policy file with these lines, in $W/policy.
policy() { printf '%s\n' "$@" >"$W/policy"; }

# broken_file PATTERN LINE…
broken_file() {
    named=$1
    shift
    policy "$@"
    wrong "egress://[policy=\"$W/policy\"]{null://}" "$named"
}
good_file() {
    policy "$@"
    right "egress://[policy=\"$W/policy\"]{null://}"
}

try "vde_plug with null:// alone starts" right null://
try "no option at all" right 'egress://{null://}'
try "empty brackets" right 'egress://[]{null://}'
try "one name" right 'egress://[resolve="allowed.test"]{null://}'
try "names with blanks and commas between them" right 'egress://[resolve="allowed.test *.allowed.test,other.test"]{null://}'
try "a repeated list adds up" right 'egress://[resolve="a.test"/resolve="b.test"]{null://}'
try "a trailing dot" right 'egress://[resolve="allowed.test."]{null://}'
try "action=drop, dns, flows and vm" right 'egress://[action="drop"/dns="10.0.2.3 fd00::3"/flows="128"/vm="web 1"]{null://}'

# told VNL PATTERN: it opens, and our one line has PATTERN.
told() {
    code=0
    plug "$1" || code=$?
    cat "$W/plug.err"
    same "status $code, $(grep -c . "$W/plug.err") lines" "status 0, 1 lines" || return 1
    grep '^egress: ' "$W/plug.err" | grep -qF -- "$2"
}

ip link set lo up
try "slirp of another network, its resolver by default" right 'egress://{slirp:///host=192.168.5.2}'
try "slirp of another network, its resolver in dns" right 'egress://[dns="192.168.5.3"]{slirp:///host=192.168.5.2}'
try "slirp of another network, its resolver not in dns" told \
    'egress://[dns="10.0.2.3 fd00::9"]{slirp:///host=192.168.5.2}' 'neither 192.168.5.3 nor fd00::3'
try "slirp of another IPv6 network, its resolvers not in dns" told \
    'egress://[dns="fd00::3"]{slirp:///host6=fd11:1::2}' 'neither 10.0.2.3 nor fd11:1::3'
try "slirp with another resolver, by default" right 'egress://{slirp:///vnameserver=10.0.2.53}'
try "slirp with another resolver, which is not in dns" told \
    'egress://[dns="10.0.2.3"]{slirp:///vnameserver=10.0.2.53}' 'neither 10.0.2.53 nor fd00::3'
try "no resolver at all is meant" right 'egress://[dns=""]{slirp:///host=192.168.5.2}'
try "a network other than slirp's has no resolver of its own" right 'egress://[dns="198.51.100.7"]{null://}'
try "an option that slirp does not know" wrong 'egress://{slirp:///nonesuch=1}' slirp

try "an unknown word" wrong 'egress://[reslove="x"]{null://}' reslove
try "an unknown word, no nested network" wrong 'egress://[reslove="x"]' reslove
try "an abbreviated word" wrong 'egress://[res="allowed.test"]{null://}' res
try "an unknown action" wrong 'egress://[action="maybe"]{null://}' maybe
try "an empty action" wrong 'egress://[action=""]{null://}' action
try "a single-valued option twice" wrong 'egress://[action="drop"/action="reject"]{null://}' action
try "a bare *" wrong 'egress://[resolve="*"]{null://}' '*'
try "a * that is not the first label" wrong 'egress://[resolve="www.*.test"]{null://}' 'www.*.test'
try "a name with an escaped blank in it" wrong 'egress://[resolve="exa%20mple!.test"]{null://}' '!'
try "a name with a bad character" wrong 'egress://[resolve="bad_name!.test"]{null://}' 'bad_name!.test'
try "a name that is not ASCII" wrong 'egress://[resolve="bücher.test"]{null://}' resolve
try "an empty label" wrong 'egress://[resolve="a..test"]{null://}' 'a..test'
try "a label of 64 characters" wrong "egress://[resolve=\"$(printf '%064d' 0).test\"]{null://}" resolve
try "a bad address" wrong 'egress://[dns="10.0.2.300"]{null://}' 10.0.2.300
try "a bad record type" wrong 'egress://[dns-types="A BOGUS"]{null://}' BOGUS
try "flows that is no number" wrong 'egress://[flows="many"]{null://}' many
try "flows=0" wrong 'egress://[flows="0"]{null://}' flows
try "a policy file that does not exist" wrong "egress://[policy=\"$W/none\"]{null://}" "$W/none"
try "a policy that is a directory" wrong "egress://[policy=\"$W\"]{null://}" "$W"
try "an unknown nested network" wrong 'egress://{nonesuch://}' nonesuch
try "an opening brace without its end" wrong 'egress://{null://' brace
try "an opening bracket without its end" wrong 'egress://[resolve="allowed.test"{null://}' brac
try "text after the closing brace" wrong 'egress://[resolve="allowed.test"]{null://}junk' brace
try "options after the nested network" wrong 'egress://{null://}[resolve="allowed.test"]' brace
try "a log whose folder does not exist" wrong "egress://[log=\"$W/none/x.pcap\"]{null://}" "$W/none/x.pcap"
try "a log of an unknown kind" wrong "egress://[log=\"$W/x.txt\"]{null://}" x.txt

try "a policy file" good_file '# what the guest may ask' 'resolve allowed.test *.allowed.test' '' 'action drop'
try "a policy file with an unknown word, by file and line" broken_file "$W/policy:2:" 'action drop' 'reslove x'
try "a policy file with an unknown action" broken_file maybe 'action maybe'
try "a policy file with a bad name" broken_file 'name!' 'resolve bad name!'
try "a policy file with a bare *" broken_file '*' 'resolve *'
try "a policy file with one option twice" broken_file "$W/policy:2:" 'action drop' 'action drop'

# A line without its end may be what a full disk left of another: "block 10.0.0.0/8".
cut_file() {
    printf 'action drop\nblock 10.0.0.0' >"$W/policy"
    wrong "egress://[policy=\"$W/policy\"]{null://}" "$W/policy:2: the file ends within this line"
}
try "a policy file that is cut within a line" cut_file

# vnl_file LENGTH NETWORK: a file whose VNL has that many characters without its network; libvdeplug takes 4094 of them.
vnl_file() { printf 'egress://[resolve="%s"]%s\n' "$(printf '%*s' "$(($1 - 21))" a.test)" "$2" >"$W/vnl"; }
cut_vnl() {
    vnl_file "$1" '{null://}'
    wrong "$W/vnl" "$2"
}
whole_vnl() {
    vnl_file 4000 '{null://}'
    right "$W/vnl"
}
try "a VNL in a file" whole_vnl
try "a VNL in a file that libvdeplug cuts within the options" cut_vnl 4095 'bracket is not closed'
try "a VNL in a file that libvdeplug cuts before the network" cut_vnl 4094 'libvdeplug may have cut it here'
try "a VNL in a file that libvdeplug cuts within the network" cut_vnl 4090 'brace is not closed'
