/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames: what was received, decoded into fields; nothing is judged here but form.
 *
 * Decoding is bounded and strict: after it succeeds every length has been
 * checked against every other, so that users of the fields need no check of
 * their own, and len has been cut to what the IP header says (bytes behind it,
 * Ethernet padding or a stowaway, never travel on).
 */
#ifndef EG_FRAME_H
#define EG_FRAME_H

#include "addr.h"
#include "reason.h"
#include "span.h"

enum {
	EG_ETH_LEN = 14,     /* Ethernet header: no tag is ever understood */
	EG_FRAME_MAX = 9014, /* 9000 + header: slirp's channel cuts off what is behind */
	EG_ETHERTYPE_IP4 = 0x0800,
	EG_ETHERTYPE_ARP = 0x0806,
	EG_ETHERTYPE_IP6 = 0x86dd,
	EG_IP4_LEN = 20,
	EG_IP6_LEN = 40,
	EG_TCP_LEN = 20,
	EG_UDP_LEN = 8,
	EG_ICMP_LEN = 8,
	EG_PROTO_ICMP = 1,
	EG_PROTO_TCP = 6,
	EG_PROTO_UDP = 17,
	EG_PROTO_ICMP6 = 58,
	EG_TTL = 64, /* of what we build ourselves (RFC 1700) */
	/* The longest datagram as one frame. */
	EG_WHOLE_MAX = EG_ETH_LEN + EG_IP6_LEN + 65535,
};

enum {
	EG_TCP_FIN = 1,
	EG_TCP_SYN = 2,
	EG_TCP_RST = 4,
	EG_TCP_PSH = 8,
	EG_TCP_ACK = 16,
	EG_TCP_URG = 32
};

/* Which way a frame travels. */
enum eg_dir { EG_FROM_GUEST, EG_FROM_NETWORK };

struct eg_frame {
	const uint8_t *bytes; /* the frame, the caller's */
	size_t len;           /* cut to the IP length */
	uint16_t ethertype;
	uint8_t ip_version;      /* 4 or 6; 0 where this is no IP */
	uint8_t proto;           /* IANA protocol number; 0 where this is no IP */
	uint8_t ttl;             /* or hop limit */
	bool to_group;           /* dst is a group; false where decoding failed */
	struct eg_addr src, dst; /* of the IP header */
	uint16_t l4_off;         /* offset of the TCP, UDP or ICMP header in bytes */
	uint16_t l4_len;         /* its length and that of all behind it */
	uint16_t sport, dport;   /* TCP and UDP */
	struct eg_span payload; /* behind the TCP (options skipped), UDP or ICMP (8 bytes) header */
	struct {
		uint32_t seq, ack;
		uint16_t window;
		uint8_t flags;
	} tcp;
	struct {
		uint8_t type, code;
	} icmp;
};

/* Decode LEN bytes at BYTES into F, which keeps pointing into them. Returns
 * EG_R_NONE, or the reason why the frame is not understood: then the fields
 * decoded before the fault stand and the others are zero (a record can still
 * show addresses and ports; len is then uncut, and payload.p is NULL). Checked,
 * in this order, so that the most telling reason is the one given:
 *
 * - EG_R_LENGTH: an Ethernet header at least, EG_FRAME_MAX at most
 * - EG_R_ETHERTYPE: ARP (done once its source MAC is right), IPv4 or IPv6
 * - EG_R_ETH_ADDRESS: the source MAC is one station's, neither group nor zero
 * - EG_R_IP_HEADER: version, lengths that lie within each other and the frame,
 *   IPv4 header checksum, the reserved flag clear, TTL or hop limit not 0
 * - EG_R_IP_OPTIONS: an IHL of exactly 5; none of the IPv6 extension headers
 *   hop-by-hop (so no jumbogram either), routing, destination options, AH
 * - EG_R_FRAGMENT: more fragments, an offset, or the IPv6 fragment header
 *   (atomic ones too)
 * - EG_R_IP_PROTOCOL: TCP or UDP, ICMP in IPv4 only, ICMPv6 in IPv6 only
 * - EG_R_IP_ADDRESS: the source is a station's address, or unspecified in UDP
 *   and ICMPv6; the destination is a station's or a group; not both the same
 *   (LAND). Neither is loopback, IPv4-mapped or otherwise impossible: see
 *   eg_addr_kind
 * - EG_R_ETH_ADDRESS: a group IP destination goes to the group MAC address that
 *   it maps to, and a station's to a station's MAC (RFC 1122 3.3.6, RFC 1112
 *   6.4, RFC 2464 7)
 * - EG_R_L4_HEADER: TCP: data offset, reserved bits, ports not 0; UDP: length
 *   exactly that of the IP payload, ports not 0; ICMP: 8 bytes at least
 *
 * TCP, UDP and ICMP checksums are not checked here: see eg_checksum_right. */
enum eg_reason eg_frame_decode(struct eg_frame *f, const uint8_t *bytes, size_t len);

/* The same with EG_WHOLE_MAX in place of EG_FRAME_MAX, for a datagram that was put
 * together from its fragments: longer than any frame that is sent. */
enum eg_reason eg_frame_decode_whole(struct eg_frame *f, const uint8_t *bytes, size_t len);

/* Who sends a frame that we build, and to whom: IP addresses of one family. */
struct eg_ends {
	const uint8_t *src_mac, *dst_mac;
	struct eg_addr src, dst;
};

/* Write an Ethernet and an IP header to W, behind which N bytes of protocol PROTO
 * are to come, and eg_checksum_fill last: no options, nothing of anybody
 * else's in them. */
void eg_frame_begin(struct eg_writer *w, const struct eg_ends *ends, uint8_t proto, size_t n);

static inline const uint8_t *eg_eth_dst(const struct eg_frame *f)
{
	return f->bytes;
}

static inline const uint8_t *eg_eth_src(const struct eg_frame *f)
{
	return f->bytes + 6;
}

/* Whether the six bytes at MAC are a multicast or the broadcast address. */
static inline bool eg_mac_is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

/* Whether they are one station's: no group, and not all zero. */
EG_INLINED bool eg_mac_is_station(const uint8_t *mac)
{
	uint32_t first;
	uint16_t rest;

	memcpy(&first, mac, sizeof(first));
	memcpy(&rest, mac + sizeof(first), sizeof(rest));
	return !eg_mac_is_group(mac) && (first | rest) != 0;
}

#endif
