/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a record says of a frame: see describe.c. */
#ifndef EG_DESCRIBE_H
#define EG_DESCRIBE_H

#include "dns.h"
#include "frame.h"

enum { EG_DESCRIPTION_TEXT_MAX = EG_NAME_TEXT_MAX + 256 };

/* As far as the frame can be read, also where no judge understood it. A field is set where
 * what goes before it says so: ports where has_ports, and so on; else it is zero. */
struct eg_description {
	uint16_t ethertype; /* or length (IEEE 802.3); 0: shorter than a header */
	bool has_addresses; /* src and dst, and of IP also ttl */
	bool has_ports;     /* sport and dport */
	bool has_flags;     /* tcp_flags */
	bool has_icmp;      /* type and code */
	bool has_question;  /* name, qtype, dns_id and dns_flags */
	int proto; /* IANA number, behind IPv6's extension headers; -1: not readable as IP */
	struct eg_addr src, dst; /* of IP, or sender and target of ARP */
	uint16_t sport, dport;
	uint8_t type, code, ttl, tcp_flags;
	struct eg_name name; /* the first question of a DNS, mDNS or LLMNR message */
	uint16_t qtype, dns_id, dns_flags;
};

/* Describe the LEN bytes at FRAME in D, which keeps nothing of them. Any bytes will do. */
void eg_describe(struct eg_description *d, const uint8_t *frame, size_t len);

/* Write A, src or dst of D, into TEXT: what an IPv6 header calls ::ffff:10.0.2.2 is not shown as
 * the IPv4 address. Returns TEXT. */
const char *eg_describe_address(const struct eg_description *d, const struct eg_addr *a,
				char text[EG_ADDR_TEXT_MAX]);

/* Write D into BUF, SIZE bytes, NUL-terminated: "key=value" pairs of printable ASCII without
 * blanks in the values, one blank between two, in this order: proto, src, sport, dst, dport, type,
 * code, name, qtype. A pair that does not fit is left out with all behind it; all fit into
 * EG_DESCRIPTION_TEXT_MAX. Returns the text's length. */
size_t eg_describe_text(const struct eg_description *d, char *buf, size_t size);

#endif
