/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reasons: why a frame was blocked. One row here makes the enum, the stable
 * word that records show, the counter and the manual's table; a test holds the
 * manual against this list. Words never change once released: people filter
 * their captures by them.
 */
#ifndef EG_REASON_H
#define EG_REASON_H

/* X(symbol, word, the word of the policy that decides or "default", what a reader of a
 * capture is told) */
#define EG_REASONS(X) \
	X(NONE,         "none",          "default",   "not blocked") \
	X(LENGTH,       "frame-length",  "default",   "shorter than an Ethernet header, or longer than a jumbo frame") \
	X(ETHERTYPE,    "ethertype",     "default",   "neither ARP, IPv4 nor IPv6: VLAN tags, LLC and the rest") \
	X(ETH_ADDRESS,  "eth-address",   "default",   "a source MAC that is no station, a destination MAC that does not go with the IP address, or others than the flow's") \
	X(ARP,          "arp",           "default",   "ARP that is not exactly an Ethernet/IPv4 request or reply") \
	X(IP_HEADER,    "ip-header",     "default",   "an IP header whose version, lengths or checksum are wrong") \
	X(IP_OPTIONS,   "ip-options",    "default",   "IPv4 options, or IPv6 extension headers") \
	X(IP_ADDRESS,   "ip-address",    "default",   "an address that cannot stand where it stands") \
	X(IP_PROTOCOL,  "ip-protocol",   "default",   "neither TCP, UDP nor an ICMP that is allowed") \
	X(FRAGMENT,     "fragment",      "default",   "a fragment of a datagram that is not clean, not finished in time, or not a flow's") \
	X(L4_HEADER,    "l4-header",     "default",   "a TCP, UDP or ICMP header whose lengths are wrong") \
	X(CHECKSUM,     "checksum",      "default",   "a wrong checksum where state would change") \
	X(GROUP,        "group",         "default",   "multicast or broadcast that is not neighbour discovery or DHCP") \
	X(TCP_NEW,      "tcp-new",       "allow",     "the guest tried to open a TCP connection") \
	X(TCP_NO_FLOW,  "tcp-no-flow",   "default",   "a TCP segment that belongs to no connection") \
	X(TCP_FLAGS,    "tcp-flags",     "default",   "a combination of TCP flags that no state allows") \
	X(TCP_STATE,    "tcp-state",     "default",   "a segment that the connection's state does not allow") \
	X(TCP_WINDOW,   "tcp-window",    "default",   "a segment outside the window, or a reset that is not exact") \
	X(UDP_NEW,      "udp-new",       "allow",     "the guest tried to send UDP to somebody who had not written to it") \
	X(UDP_PORT,     "udp-port",      "allow",     "a stranger's datagram to a port from which the guest opened something") \
	X(TARGET_BLOCK, "target-block",  "block",     "the guest tried to open what the policy blocks") \
	X(ICMP,         "icmp",          "default",   "ICMP other than an error about a live flow") \
	X(ND,           "nd",            "default",   "neighbour discovery that is not exactly in form, or not a guest's to send") \
	X(DHCP,         "dhcp",          "default",   "DHCP that is not exactly in form, or to a server that never answered") \
	X(DHCP_BUSY,    "dhcp-busy",     "default",   "DHCP of one more station than may wait for an answer at once") \
	X(DNS_SERVER,   "dns-server",    "dns",       "a DNS query to a server that is not a configured resolver") \
	X(DNS_MALFORMED,"dns-malformed", "default",   "a DNS message that is not one clean question") \
	X(DNS_NAME,     "dns-name",      "resolve",   "a DNS query for a name that is not on the list") \
	X(DNS_BLOCK,    "dns-block",     "block",     "a DNS query for a name that the policy blocks") \
	X(DNS_TYPE,     "dns-type",      "dns-types", "a DNS query for a listed name, but of a type that is not") \
	X(DNS_ANSWER,   "dns-answer",    "default",   "a DNS answer that nobody asked for") \
	X(DNS_BUSY,     "dns-busy",      "default",   "a DNS query, or a TCP connection for some, while too many are open") \
	X(DNS_LIMIT,    "dns-limit",     "dns-limit", "a DNS query beyond what a minute may carry") \
	X(FLOWS_FULL,   "flows-full",    "flows",     "a flow that the table has no room for")

enum eg_reason {
#define EG_REASON_ENUM(sym, word, rule, text) EG_R_##sym,
	EG_REASONS(EG_REASON_ENUM)
#undef EG_REASON_ENUM
	EG_REASON_COUNT
};

/* Return the stable word of R, never NULL; "none" where R is out of range. */
const char *eg_reason_word(enum eg_reason r);

/* Return the word of the policy that decides about R, never NULL: "default" where no word does. */
const char *eg_reason_rule(enum eg_reason r);

/* Return the sentence that explains R, never NULL. */
const char *eg_reason_text(enum eg_reason r);

#endif
