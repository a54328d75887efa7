/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets for tests: whole valid frames with right checksums, and memory that
 * faults on the first byte read behind them.
 *
 * Every builder writes a frame into BUF (PACKET_MAX bytes) and returns its
 * length. A test that wants a bad frame builds a good one, changes bytes, and
 * calls packet_fix unless the checksum is what it wants to be wrong.
 */
#ifndef PACKET_H
#define PACKET_H

#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_MAX = 9014,
	/* Where things stand in what the builders make. */
	PACKET_ETH = 14,
	PACKET_L4_4 = PACKET_ETH + 20,
	PACKET_L4_6 = PACKET_ETH + 40,
	PACKET_PORT = 40000, /* packet_guest's */
};

/* One end of a packet: who sends it, or who receives it. */
struct packet_end {
	uint8_t mac[6];
	uint8_t ip4[4];
	uint8_t ip6[16];
	uint16_t port;
};

/* 52:54:00:12:34:56, 10.0.2.15, fd00::5054:ff:fe12:3456, port 40000. */
extern const struct packet_end packet_guest;
/* 52:55:0a:00:02:02, 10.0.2.2, fd00::2, port 443. */
extern const struct packet_end packet_network;

/* END with another port. */
struct packet_end packet_at(const struct packet_end *end, uint16_t port);

struct packet_tcp {
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags; /* 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR */
	const void *options;
	size_t options_len; /* a multiple of 4, at most 40 */
};

/* Payloads of N bytes may be NULL where N is 0. */
size_t packet_eth(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint16_t ethertype, const void *payload, size_t n);
size_t packet_arp(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint16_t operation);
/* An IP header without options in front of any transport payload, whose
 * checksum is filled in where PROTO is TCP, UDP, ICMP or ICMPv6. TTL 64; hop limit
 * 255 for neighbour discovery, else 64. */
size_t packet_ip4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint8_t proto, const void *payload, size_t n);
size_t packet_ip6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint8_t proto, const void *payload, size_t n);
size_t packet_tcp4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const struct packet_tcp *tcp, const void *payload, size_t n);
size_t packet_tcp6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const struct packet_tcp *tcp, const void *payload, size_t n);
size_t packet_udp4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const void *payload, size_t n);
size_t packet_udp6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const void *payload, size_t n);
/* REST is the second word of the header: identifier and sequence, MTU, flags. */
size_t packet_icmp4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		    uint8_t type, uint8_t code, uint32_t rest, const void *payload, size_t n);
size_t packet_icmp6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		    uint8_t type, uint8_t code, uint32_t rest, const void *payload, size_t n);

/* Make the checksums of the frame right again, as far as its bytes allow: the
 * IPv4 header's (options included), and that of a TCP, UDP, ICMP or ICMPv6
 * packet which is no fragment. The lengths in the headers are believed where
 * they lie inside the frame; none is changed. */
void packet_fix(uint8_t *frame, size_t len);

/* One right frame of each kind, from packet_guest to packet_network, with
 * packet_text as its payload: TCP with 8 bytes of options, flags PSH and ACK, SEQ 01020304,
 * ACK 0a0b0c0d; echo requests; an ARP request. */
enum packet_base {
	PACKET_TCP4,
	PACKET_TCP6,
	PACKET_UDP4,
	PACKET_UDP6,
	PACKET_ICMP4,
	PACKET_ICMP6,
	PACKET_ARP,
	PACKET_BASES
};
enum { PACKET_TEXT = 20 };
extern const char packet_text[PACKET_TEXT];
size_t packet_base(enum packet_base base, uint8_t *buf);

/* A change to a frame that was built right: N bytes V at offset AT. */
struct packet_edit {
	size_t at, n;
	uint8_t v[16];
};

/* An edit in a table: EDIT(offset, byte, byte...), at most 16 bytes. */
/* clang-format off */
#define EDIT(at, ...) { (at), sizeof((const uint8_t[]){ __VA_ARGS__ }), { __VA_ARGS__ } }
/* clang-format on */

/* Apply COUNT edits to FRAME, of which those without bytes change nothing. */
void packet_apply(uint8_t *frame, const struct packet_edit *edits, size_t count);

/* The Internet checksum of N bytes, and of a transport packet with its
 * pseudo-header (16-byte addresses for IPv6, ALEN 16; else 4); made otherwise
 * than the filter's own. */
uint16_t packet_sum(const void *p, size_t n);
uint16_t packet_sum_l4(const uint8_t *src, const uint8_t *dst, size_t alen, uint8_t proto,
		       const void *l4, size_t n);

/* A writable copy of N bytes at P (or, where P is NULL, N bytes of 0xa5) whose
 * last byte is followed by an unreadable page. Never NULL; give it back with its N. */
void *guarded_copy(const void *p, size_t n);
void guarded_free(void *copy, size_t n);

/* Call FN with a guarded copy of the first M bytes at P for each M from 0 to N. */
void guarded_each_cut(const void *p, size_t n, void (*fn)(uint8_t *copy, size_t m, void *ctx),
		      void *ctx);

#endif
