/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames, made fast enough to make new ones for each batch: payloads are zeros, which no
 * checksum notices, so that only headers are summed up.
 *
 * Flow N is one that the network opened from an address and a port which N gives, to the
 * guest's port 80.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

enum { IP = 14, L4 = 34, TCP_SUM = L4 + 16, UDP_SUM = L4 + 6, PORTS = 60000 };
enum { SYN = 2, PSH = 8, ACK = 16 };
enum { PROTO_TCP = 6, PROTO_UDP = 17 };
enum { DNS = L4 + 8, DNS_HEADER = 12, DNS_RESPONSE = 0x80 };

static const uint8_t guest_mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static const uint8_t network_mac[6] = { 0x52, 0x55, 10, 0, 2, 2 };
static const uint8_t guest_ip[4] = { 10, 0, 2, 15 };
static const uint8_t resolver_ip[4] = { 10, 0, 2, 3 };

/* MSS 1460, a window scale of 14: nobody's window is ever full here. */
static const uint8_t syn_options[8] = { 2, 4, 0x05, 0xb4, 3, 3, 14, 1 };

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t sum(uint32_t from, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		from += (uint32_t)p[i] << 8 | p[i + 1];
	return n % 2 ? from + ((uint32_t)p[n - 1] << 8) : from;
}

static unsigned fold(uint32_t s)
{
	s = (s & 0xffff) + (s >> 16);
	s += s >> 16;
	return ~s & 0xffff;
}

/* Ethernet and IP headers around LEN bytes of frame. */
static void put_headers(uint8_t *p, enum way way, const uint8_t far[4], unsigned proto, size_t len)
{
	bool out = way == SENT;

	memcpy(p, out ? network_mac : guest_mac, 6);
	memcpy(p + 6, out ? guest_mac : network_mac, 6);
	put16(p + 12, 0x0800);
	put16(p + IP, 0x4500);
	put16(p + IP + 2, (unsigned)(len - IP));
	put32(p + IP + 4, 0x4000);
	put32(p + IP + 8, 64u << 24 | proto << 16);
	memcpy(p + IP + 12, out ? guest_ip : far, 4);
	memcpy(p + IP + 16, out ? far : guest_ip, 4);
	put16(p + IP + 10, fold(sum(0, p + IP, 20)));
}

/* Sum up N bytes of transport header, behind which there are zeros, as part of LEN bytes. */
static void put_sum(uint8_t *p, size_t at, unsigned proto, size_t n, size_t len)
{
	put16(p + at, 0);
	put16(p + at, fold(sum((uint32_t)(proto + len - L4), p + IP + 12, 8 + n)));
}

struct segment {
	enum way way;
	unsigned flags;
	uint32_t seq, ack;
	const uint8_t *far; /* the network's address */
	unsigned far_port, guest_port;
};

static void put_segment(struct batch *b, size_t i, const struct segment *s, size_t len)
{
	uint8_t *p = b->bytes[i];
	bool out = s->way == SENT, syn = s->flags & SYN;
	size_t header = 20 + (syn ? sizeof(syn_options) : 0);

	b->frames[i] = (struct peer_frame){ p, len };
	put_headers(p, s->way, s->far, PROTO_TCP, len);
	put16(p + L4, out ? s->guest_port : s->far_port);
	put16(p + L4 + 2, out ? s->far_port : s->guest_port);
	put32(p + L4 + 4, s->seq);
	put32(p + L4 + 8, s->ack);
	put16(p + L4 + 12, (unsigned)header / 4 << 12 | s->flags);
	put16(p + L4 + 14, 65535);
	put32(p + L4 + 16, 0);
	memcpy(p + L4 + 20, syn_options, header - 20);
	put_sum(p, TCP_SUM, PROTO_TCP, header, len);
}

static void put_flow_segment(struct batch *b, size_t i, uint32_t flow, struct segment s, size_t len)
{
	uint8_t far[4];

	put32(far, 0xc0000000 + flow / PORTS);
	s.far = far;
	s.far_port = 1024 + flow % PORTS;
	s.guest_port = 80;
	put_segment(b, i, &s, len);
}

void frame_data(struct batch *b, size_t i, enum way way, uint32_t flow, struct conversation *c,
		size_t len)
{
	bool out = way == SENT;
	struct segment s = {
		.way = way,
		.flags = PSH | ACK,
		.seq = out ? c->guest : c->network,
		.ack = out ? c->network : c->guest,
	};

	put_flow_segment(b, i, flow, s, len);
	*(out ? &c->guest : &c->network) += (uint32_t)(len - SEGMENT_HEADER);
}

void frame_open(struct batch *b, size_t i, enum step step, uint32_t flow, struct conversation *c)
{
	bool out = step == STEP_SYNACK || step == STEP_WINDOW;
	bool syn = step == STEP_SYN || step == STEP_SYNACK;
	struct segment s = {
		.way = out ? SENT : RECEIVED,
		.flags = (syn ? SYN : 0) | (step == STEP_SYN ? 0 : ACK),
	};

	if (step == STEP_SYN)
		*c = (struct conversation){ .guest = 77 * flow, .network = 99 * flow };
	s.seq = out ? c->guest : c->network;
	if (step != STEP_SYN)
		s.ack = out ? c->network : c->guest;
	if (syn)
		++*(out ? &c->guest : &c->network);
	put_flow_segment(b, i, flow, s, syn ? SYN_LEN : SEGMENT_HEADER);
}

void frame_syn(struct batch *b, size_t i, uint32_t n)
{
	uint8_t far[4];
	struct segment s = {
		.way = SENT,
		.flags = SYN,
		.seq = n,
		.far = far,
		.far_port = 443,
		.guest_port = 1024 + n % PORTS,
	};

	put32(far, 0xc0000000 + (n & 0xffffff));
	put_segment(b, i, &s, SYN_LEN);
}

/* Write NAME, which has no dot at its end, as labels. Returns how many bytes they are. */
static size_t put_name(uint8_t *p, const char *name)
{
	size_t n = strlen(name);
	uint8_t *length = p;

	memcpy(p + 1, name, n);
	p[n + 1] = 0;
	for (uint8_t *at = p + 1; at <= p + n; at++)
		if (*at == '.') {
			*length = (uint8_t)(at - length - 1);
			length = at;
		}
	*length = (uint8_t)(p + n - length);
	return n + 2;
}

void frame_query(struct batch *b, size_t i, const char *name, unsigned kind, uint16_t n)
{
	static const uint8_t header[DNS_HEADER] = { 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1 };
	const uint8_t type_in[4] = { 0, kind & 1 ? 28 : 1, 0, 1 };
	static const uint8_t opt[11] = { 0, 0, 41, 0x04, 0xd0 };
	uint8_t *p = b->bytes[i];
	size_t len = DNS + DNS_HEADER;

	memcpy(p + DNS, header, sizeof(header));
	put16(p + DNS, n);
	p[DNS + 3] = (uint8_t)((kind & 6) << 3); /* CD, AD */
	len += put_name(p + len, name);
	memcpy(p + len, type_in, sizeof(type_in));
	len += sizeof(type_in);
	memcpy(p + len, opt, sizeof(opt));
	len += sizeof(opt);
	put_headers(p, SENT, resolver_ip, PROTO_UDP, len);
	put16(p + L4, 20000u + n % 20000);
	put16(p + L4 + 2, 53);
	put16(p + L4 + 4, (unsigned)(len - L4));
	put_sum(p, UDP_SUM, PROTO_UDP, len - L4, len);
	b->frames[i] = (struct peer_frame){ p, len };
}

void frame_answer(struct batch *b, size_t i, const uint8_t *query)
{
	uint8_t *p = b->bytes[i];
	size_t len = IP + ((size_t)query[IP + 2] << 8 | query[IP + 3]);

	memcpy(p, query, len);
	put_headers(p, RECEIVED, resolver_ip, PROTO_UDP, len);
	memcpy(p + L4, query + L4 + 2, 2);
	memcpy(p + L4 + 2, query + L4, 2);
	p[DNS + 2] |= DNS_RESPONSE;
	put_sum(p, UDP_SUM, PROTO_UDP, len - L4, len);
	b->frames[i] = (struct peer_frame){ p, len };
}
