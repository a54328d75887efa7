/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };

const struct packet_end packet_guest = {
	.mac = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 },
	.ip4 = { 10, 0, 2, 15 },
	.ip6 = { 0xfd, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x54, 0, 0xff, 0xfe, 0x12, 0x34, 0x56 },
	.port = PACKET_PORT,
};

const struct packet_end packet_network = {
	.mac = { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02 },
	.ip4 = { 10, 0, 2, 2 },
	.ip6 = { 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 },
	.port = 443,
};

struct packet_end packet_at(const struct packet_end *end, uint16_t port)
{
	struct packet_end e = *end;

	e.port = port;
	return e;
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8 & 0xff);
	p[1] = (uint8_t)(v & 0xff);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] * 256 + p[1];
}

static void put(uint8_t *p, const void *src, size_t n)
{
	if (n)
		memcpy(p, src, n);
}

/* The sum modulo 65535, one byte at a time: slow, and unlike the filter's.
 * 0 and 65535 are the same there; a sum of bytes that are not all zero is 65535. */
struct sum {
	uint64_t total;
	size_t at;
};

static void add(struct sum *s, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++, s->at++)
		s->total += s->at % 2 ? p[i] : p[i] * 256u;
}

static uint16_t finish(const struct sum *s)
{
	uint64_t rest = s->total % 65535;

	if (rest == 0 && s->total != 0)
		rest = 65535;
	return (uint16_t)(65535 - rest);
}

uint16_t packet_sum(const void *p, size_t n)
{
	struct sum s = { 0, 0 };

	add(&s, p, n);
	return finish(&s);
}

uint16_t packet_sum_l4(const uint8_t *src, const uint8_t *dst, size_t alen, uint8_t proto,
		       const void *l4, size_t n)
{
	const uint8_t tail[4] = { (uint8_t)(n >> 8 & 0xff), (uint8_t)(n & 0xff), 0, proto };
	struct sum s = { 0, 0 };

	add(&s, src, alen);
	add(&s, dst, alen);
	add(&s, tail, sizeof(tail));
	add(&s, l4, n);
	return finish(&s);
}

/* Where the checksum of PROTO stands in its header; 0 where it has none. */
static size_t sum_offset(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return 16;
	case PROTO_UDP:
		return 6;
	case PROTO_ICMP:
	case PROTO_ICMP6:
		return 2;
	default:
		return 0;
	}
}

static void fix_l4(const uint8_t *src, const uint8_t *dst, size_t alen, uint8_t proto, uint8_t *l4,
		   size_t n)
{
	size_t at = sum_offset(proto);
	uint16_t sum;

	if (at == 0 || n < at + 2)
		return;
	put16(l4 + at, 0);
	sum = proto == PROTO_ICMP ? packet_sum(l4, n) : packet_sum_l4(src, dst, alen, proto, l4, n);
	put16(l4 + at, proto == PROTO_UDP && sum == 0 ? 0xffff : sum);
}

static void fix_ip4(uint8_t *ip, size_t n)
{
	size_t ihl, total;

	if (n < 20)
		return;
	ihl = (size_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (ihl < 20 || ihl > n)
		return;
	put16(ip + 10, 0);
	put16(ip + 10, packet_sum(ip, ihl));
	if (total > n || total < ihl)
		total = n;
	if ((get16(ip + 6) & 0x3fff) == 0)
		fix_l4(ip + 12, ip + 16, 4, ip[9], ip + ihl, total - ihl);
}

static void fix_ip6(uint8_t *ip, size_t n)
{
	size_t payload;

	if (n < 40)
		return;
	payload = get16(ip + 4);
	if (payload > n - 40)
		payload = n - 40;
	fix_l4(ip + 8, ip + 24, 16, ip[6], ip + 40, payload);
}

void packet_fix(uint8_t *frame, size_t len)
{
	if (len < PACKET_ETH)
		return;
	if (get16(frame + 12) == 0x0800)
		fix_ip4(frame + PACKET_ETH, len - PACKET_ETH);
	else if (get16(frame + 12) == 0x86dd)
		fix_ip6(frame + PACKET_ETH, len - PACKET_ETH);
}

void packet_apply(uint8_t *frame, const struct packet_edit *edits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(frame + edits[i].at, edits[i].v, edits[i].n);
}

size_t packet_eth(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint16_t ethertype, const void *payload, size_t n)
{
	put(buf, to->mac, 6);
	put(buf + 6, from->mac, 6);
	put16(buf + 12, ethertype);
	put(buf + PACKET_ETH, payload, n);
	return PACKET_ETH + n;
}

size_t packet_arp(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint16_t operation)
{
	uint8_t a[28] = { 0, 1, 8, 0, 6, 4 };

	put16(a + 6, operation);
	put(a + 8, from->mac, 6);
	put(a + 14, from->ip4, 4);
	put(a + 18, to->mac, 6);
	put(a + 24, to->ip4, 4);
	return packet_eth(buf, from, to, 0x0806, a, sizeof(a));
}

size_t packet_ip4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint8_t proto, const void *payload, size_t n)
{
	uint8_t h[20] = { 0x45, [4] = 0x12, [5] = 0x34, [6] = 0x40, [8] = 64, [9] = proto };
	size_t len;

	put16(h + 2, 20 + n);
	put(h + 12, from->ip4, 4);
	put(h + 16, to->ip4, 4);
	len = packet_eth(buf, from, to, 0x0800, h, sizeof(h));
	put(buf + len, payload, n);
	packet_fix(buf, len + n);
	return len + n;
}

size_t packet_ip6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		  uint8_t proto, const void *payload, size_t n)
{
	uint8_t h[40] = { 0x60, [6] = proto, [7] = 64 };
	const uint8_t *type = payload;
	size_t len;

	if (proto == PROTO_ICMP6 && n && type[0] >= 133 && type[0] <= 137)
		h[7] = 255;
	put16(h + 4, n);
	put(h + 8, from->ip6, 16);
	put(h + 24, to->ip6, 16);
	len = packet_eth(buf, from, to, 0x86dd, h, sizeof(h));
	put(buf + len, payload, n);
	packet_fix(buf, len + n);
	return len + n;
}

/* The transport packets, for IPv4 and IPv6 alike. Returns the length at L4. */
static size_t make_tcp(uint8_t *l4, const struct packet_end *from, const struct packet_end *to,
		       const struct packet_tcp *tcp, const void *payload, size_t n)
{
	memset(l4, 0, 20);
	put16(l4, from->port);
	put16(l4 + 2, to->port);
	put32(l4 + 4, tcp->seq);
	put32(l4 + 8, tcp->ack);
	l4[12] = (uint8_t)((20 + tcp->options_len) / 4 << 4);
	l4[13] = tcp->flags;
	put16(l4 + 14, tcp->window);
	put(l4 + 20, tcp->options, tcp->options_len);
	put(l4 + 20 + tcp->options_len, payload, n);
	return 20 + tcp->options_len + n;
}

static size_t make_udp(uint8_t *l4, const struct packet_end *from, const struct packet_end *to,
		       const void *payload, size_t n)
{
	put16(l4, from->port);
	put16(l4 + 2, to->port);
	put16(l4 + 4, 8 + n);
	put16(l4 + 6, 0);
	put(l4 + 8, payload, n);
	return 8 + n;
}

static size_t make_icmp(uint8_t *l4, uint8_t type, uint8_t code, uint32_t rest, const void *payload,
			size_t n)
{
	l4[0] = type;
	l4[1] = code;
	put16(l4 + 2, 0);
	put32(l4 + 4, rest);
	put(l4 + 8, payload, n);
	return 8 + n;
}

size_t packet_tcp4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const struct packet_tcp *tcp, const void *payload, size_t n)
{
	uint8_t l4[PACKET_MAX];

	return packet_ip4(buf, from, to, PROTO_TCP, l4, make_tcp(l4, from, to, tcp, payload, n));
}

size_t packet_tcp6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const struct packet_tcp *tcp, const void *payload, size_t n)
{
	uint8_t l4[PACKET_MAX];

	return packet_ip6(buf, from, to, PROTO_TCP, l4, make_tcp(l4, from, to, tcp, payload, n));
}

size_t packet_udp4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const void *payload, size_t n)
{
	uint8_t l4[PACKET_MAX];

	return packet_ip4(buf, from, to, PROTO_UDP, l4, make_udp(l4, from, to, payload, n));
}

size_t packet_udp6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		   const void *payload, size_t n)
{
	uint8_t l4[PACKET_MAX];

	return packet_ip6(buf, from, to, PROTO_UDP, l4, make_udp(l4, from, to, payload, n));
}

size_t packet_icmp4(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		    uint8_t type, uint8_t code, uint32_t rest, const void *payload, size_t n)
{
	uint8_t l4[PACKET_MAX];

	return packet_ip4(buf, from, to, PROTO_ICMP, l4,
			  make_icmp(l4, type, code, rest, payload, n));
}

size_t packet_icmp6(uint8_t *buf, const struct packet_end *from, const struct packet_end *to,
		    uint8_t type, uint8_t code, uint32_t rest, const void *payload, size_t n)
{
	uint8_t l4[PACKET_MAX];

	return packet_ip6(buf, from, to, PROTO_ICMP6, l4,
			  make_icmp(l4, type, code, rest, payload, n));
}

const char packet_text[PACKET_TEXT] = "0123456789abcdefghi";

size_t packet_base(enum packet_base base, uint8_t *buf)
{
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7 };
	const struct packet_tcp t = { .seq = 0x01020304,
				      .ack = 0x0a0b0c0d,
				      .window = 0xfaf0,
				      .flags = 0x18,
				      .options = options,
				      .options_len = sizeof(options) };
	const struct packet_end *g = &packet_guest, *n = &packet_network;

	switch (base) {
	case PACKET_TCP4:
		return packet_tcp4(buf, g, n, &t, packet_text, PACKET_TEXT);
	case PACKET_TCP6:
		return packet_tcp6(buf, g, n, &t, packet_text, PACKET_TEXT);
	case PACKET_UDP4:
		return packet_udp4(buf, g, n, packet_text, PACKET_TEXT);
	case PACKET_UDP6:
		return packet_udp6(buf, g, n, packet_text, PACKET_TEXT);
	case PACKET_ICMP4:
		return packet_icmp4(buf, g, n, 8, 0, 0x11112222, packet_text, PACKET_TEXT);
	case PACKET_ICMP6:
		return packet_icmp6(buf, g, n, 128, 0, 0x11112222, packet_text, PACKET_TEXT);
	default:
		return packet_arp(buf, g, n, 1);
	}
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t whole_pages(size_t n)
{
	return (n + page_size() - 1) / page_size() * page_size();
}

void *guarded_copy(const void *p, size_t n)
{
	size_t room = whole_pages(n);
	uint8_t *map = mmap(NULL, room + page_size(), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + room, page_size(), PROT_NONE) != 0) {
		perror("guarded_copy");
		exit(EXIT_FAILURE);
	}
	memset(map, 0xa5, room);
	if (p)
		put(map + room - n, p, n);
	return map + room - n;
}

void guarded_free(void *copy, size_t n)
{
	size_t room = whole_pages(n);

	munmap((uint8_t *)copy + n - room, room + page_size());
}

void guarded_each_cut(const void *p, size_t n, void (*fn)(uint8_t *copy, size_t m, void *ctx),
		      void *ctx)
{
	for (size_t m = 0; m <= n; m++) {
		uint8_t *copy = guarded_copy(p, m);

		fn(copy, m, ctx);
		guarded_free(copy, m);
	}
}
