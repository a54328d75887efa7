/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMP and ICMPv6 errors that quote a packet (RFC 792, 4443). */
#ifndef EG_ICMP_H
#define EG_ICMP_H

#include "frame.h"

enum { EG_ICMP_FRAME_MAX = EG_ETH_LEN + EG_IP6_LEN + EG_ICMP_LEN + EG_IP6_LEN + EG_UDP_LEN };

/* The packet that an error quotes, as its sender sent it. */
struct eg_quote {
	uint8_t proto; /* TCP or UDP */
	struct eg_addr src, dst;
	uint16_t sport, dport;
	uint32_t seq; /* TCP only */
};

/* Read the packet that error F (decoded ICMP or ICMPv6) quotes into Q. Returns
 * EG_R_NONE, EG_R_CHECKSUM, or EG_R_ICMP where F is no such error: types 3 (codes
 * 0 to 15), 11 (0, 1) and 12 (0) of ICMP, 1 (0 to 6), 2 (0), 3 (0, 1) and 4 (0 to
 * 2) of ICMPv6, right checksum, quoting an unfragmented TCP or UDP packet without
 * options whose header checksum is right (IPv4), whose length is at least what is
 * read here, and of which at least 8 bytes of the transport header are there; F
 * goes to the quoted packet's source, and that packet went to one station. */
enum eg_reason eg_icmp_quote(const struct eg_frame *f, struct eg_quote *q);

/* Whether F (from EG_R_IP_ADDRESS: decoded no further) is ICMP or ICMPv6 of a loopback address to a
 * station: then it is decoded as far as eg_icmp_quote needs it. */
bool eg_icmp_is_loopback(struct eg_frame *f);

/* Build into OUT what passes instead of F, for which eg_icmp_quote succeeded: the
 * error under a new IP header, cut to the quoted IP header as it is and 8 bytes
 * behind it, the unused field zero but for the MTU of "fragmentation needed" and
 * "packet too big" and the pointer of "parameter problem". Returns its length; 0
 * where F is no such error after all. */
size_t eg_icmp_rebuild(const struct eg_frame *f, uint8_t out[EG_ICMP_FRAME_MAX]);

#endif
