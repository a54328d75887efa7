/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "build.h"

#include "net_acts.h"

#include <string.h>

size_t rnd_below(struct rnd *r, size_t n)
{
	/* xorshift64* (Vigna 2016) */
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (size_t)((r->state * 0x2545f4914f6cdd1du) >> 32) % n;
}

static bool one_in(struct rnd *r, size_t n)
{
	return rnd_below(r, n) == 0;
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8 & 0xff);
	p[1] = (uint8_t)(v & 0xff);
}

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static void noise(struct rnd *r, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)rnd_below(r, 256);
}

/* Where a guest may want to go: gateway, resolver, itself, loopback, the world, groups. */
static struct packet_end target(struct rnd *r)
{
	static const uint8_t ip4[][4] = { { 10, 0, 2, 2 },     { 10, 0, 2, 3 },
					  { 10, 0, 2, 15 },    { 10, 0, 2, 255 },
					  { 127, 0, 0, 1 },    { 192, 0, 2, 53 },
					  { 198, 51, 100, 7 }, { 255, 255, 255, 255 },
					  { 224, 0, 0, 251 },  { 169, 254, 169, 254 },
					  { 198, 51, 100, 6 } };
	static const uint8_t ip6[][16] = { { 0xfd, [15] = 2 },
					   { 0xfd, [15] = 3 },
					   { 0xfe, 0x80, [15] = 2 },
					   { 0x20, 1, 0x0d, 0xb8, [15] = 0x53 },
					   { 0xff, 2, [15] = 1 },
					   { 0xff, 2, [13] = 1, [14] = 0xff, [15] = 2 },
					   { [15] = 1 },
					   { 0x20, 1, 0x0d, 0xb8, 1, [15] = 7 } };
	static const uint16_t ports[] = { 53, 22,  5000, 40001, 67, 68, 69,
					  80, 443, 853,  547,   7,  1,  8080 };
	struct packet_end to = packet_network;

	memcpy(to.ip4, ip4[rnd_below(r, sizeof(ip4) / sizeof(ip4[0]))], 4);
	memcpy(to.ip6, ip6[rnd_below(r, sizeof(ip6) / sizeof(ip6[0]))], 16);
	to.port = ports[rnd_below(r, sizeof(ports) / sizeof(ports[0]))];
	if (one_in(r, 4))
		memset(to.mac, 0xff, 6);
	return to;
}

static struct packet_end resolver(void)
{
	struct packet_end to = packet_at(&packet_network, 53);

	to.ip4[3] = 3;
	to.ip6[15] = 3;
	return to;
}

static struct packet_end source(struct rnd *r)
{
	static const uint16_t ports[] = { 22, 5000, 40000, 1025, 68, 53 };

	return packet_at(&packet_guest, ports[rnd_below(r, sizeof(ports) / sizeof(ports[0]))]);
}

static size_t put_name(uint8_t *p, const char *text)
{
	size_t at = 0;

	while (*text) {
		size_t n = strcspn(text, ".");

		p[at++] = (uint8_t)n;
		memcpy(p + at, text, n);
		at += n;
		text += n + (text[n] == '.');
	}
	p[at] = 0;
	return at + 1;
}

size_t build_query(struct rnd *r, uint8_t *buf)
{
	static const char *const names[] = { "allowed.example.org",    "a.wild.example.net",
					     "AlloweD.example.ORG",    "wild.example.net",
					     "notallowed.example.org", "allowed.example.org.x",
					     "x.y.z.wild.example.net", "evil.example",
					     "allowed.example.org" };
	static const uint16_t types[] = { 1, 28, 1, 28, 16, 255, 10 };
	size_t n = 12;

	memset(buf, 0, 12);
	noise(r, buf, 2);
	buf[2] = 1;
	buf[5] = 1;
	n += put_name(buf + n, names[rnd_below(r, sizeof(names) / sizeof(names[0]))]);
	put16(buf + n, types[rnd_below(r, sizeof(types) / sizeof(types[0]))]);
	put16(buf + n + 2, 1);
	n += 4;
	if (one_in(r, 2)) {
		static const uint8_t opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0 };
		size_t more = one_in(r, 2) ? rnd_below(r, 40) : 0;

		memcpy(buf + n, opt, sizeof(opt));
		n += sizeof(opt);
		buf[11] = 1;
		if (more) {
			put16(buf + n - 2, more + 4);
			put16(buf + n, 10);
			put16(buf + n + 2, more);
			noise(r, buf + n + 4, more);
			n += more + 4;
		}
	}
	if (one_in(r, 12))
		buf[rnd_below(r, n)] = (uint8_t)rnd_below(r, 256);
	return n;
}

static size_t make_tcp(struct rnd *r, uint8_t *buf, bool v6)
{
	static const uint8_t flags[] = { 2, 18, 16, 24, 17, 4, 20, 1, 0, 41, 194, 3, 6 };
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7 };
	struct packet_end from = source(r), to = one_in(r, 2) ? resolver() : target(r);
	struct packet_tcp t = { .seq = (uint32_t)rnd_below(r, 1u << 31), .window = 8192 };
	uint8_t data[600] = { 0 };
	size_t n = one_in(r, 2) ? 0 : rnd_below(r, 200);

	t.ack = (uint32_t)rnd_below(r, 1u << 31);
	t.flags = flags[rnd_below(r, sizeof(flags))];
	if (!(t.flags & 16))
		t.ack = 0;
	if (one_in(r, 3)) {
		t.options = options;
		t.options_len = sizeof(options);
	}
	if (one_in(r, 2)) {
		n = build_query(r, data + 2);
		put16(data, n);
		n += 2;
	}
	return v6 ? packet_tcp6(buf, &from, &to, &t, data, n)
		  : packet_tcp4(buf, &from, &to, &t, data, n);
}

static size_t make_udp(struct rnd *r, uint8_t *buf, bool v6)
{
	struct packet_end from = source(r), to = target(r);
	uint8_t data[600];
	size_t n = rnd_below(r, sizeof(data));

	noise(r, data, n);
	return v6 ? packet_udp6(buf, &from, &to, data, n) : packet_udp4(buf, &from, &to, data, n);
}

static size_t make_dns(struct rnd *r, uint8_t *buf, bool v6)
{
	struct packet_end from = source(r), to = resolver();
	uint8_t data[600];
	size_t n = build_query(r, data);

	return v6 ? packet_udp6(buf, &from, &to, data, n) : packet_udp4(buf, &from, &to, data, n);
}

static size_t make_dhcp(struct rnd *r, uint8_t *buf)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99, 53, 1 };
	struct packet_end from = packet_at(&packet_guest, 68), to = packet_at(&packet_network, 67);
	uint8_t m[300] = { 1, 1, 6, 0, 1, 2, 3, 4 };

	memcpy(m + 28, packet_guest.mac, 6);
	memcpy(m + 236, cookie, sizeof(cookie));
	m[242] = (uint8_t)(1 + rnd_below(r, 8));
	m[243] = 255;
	if (one_in(r, 3)) {
		memcpy(m + 243, (const uint8_t[]){ 50, 4, 10, 0, 2, 15, 255 }, 7);
	}
	memset(to.mac, 0xff, 6);
	memset(to.ip4, 0xff, 4);
	memset(from.ip4, 0, 4);
	if (one_in(r, 4))
		from = packet_at(&packet_guest, 68);
	if (one_in(r, 4))
		to = packet_at(&packet_network, 67);
	return packet_udp4(buf, &from, &to, m, one_in(r, 6) ? 236 : sizeof(m)); /* BOOTP's */
}

/* Neighbour discovery, echo requests, errors about something. */
static size_t make_icmp(struct rnd *r, uint8_t *buf, bool v6)
{
	static const uint8_t types4[] = { 8, 3, 11, 12, 0, 5, 13 };
	static const uint8_t types6[] = { 128, 1, 2, 3, 4, 133, 134, 135, 136, 137 };
	struct packet_end from = source(r), to = target(r);
	uint8_t quoted[PACKET_MAX], data[128] = { 0 };
	size_t n = make_udp(r, quoted, v6) - PACKET_ETH;
	uint8_t type =
		v6 ? types6[rnd_below(r, sizeof(types6))] : types4[rnd_below(r, sizeof(types4))];

	if (n > sizeof(data))
		n = sizeof(data);
	if (type >= 133) {
		memcpy(data, type == 135 ? to.ip6 : from.ip6, 16);
		data[16] = type == 136 ? 2 : 1;
		data[17] = 1;
		memcpy(data + 18, from.mac, 6);
		n = type == 133 ? 0 : 24;
	} else {
		memcpy(data, quoted + PACKET_ETH, n);
	}
	return v6 ? packet_icmp6(buf, &from, &to, type, (uint8_t)rnd_below(r, 6), 0, data, n)
		  : packet_icmp4(buf, &from, &to, type, (uint8_t)rnd_below(r, 14), 0, data, n);
}

/* The first or a later part of a datagram. */
static size_t make_fragment(struct rnd *r, uint8_t *buf, bool v6)
{
	size_t len = make_udp(r, buf, v6), at = rnd_below(r, 4) * 64, more = rnd_below(r, 2);

	if (!v6) {
		put16(buf + 20, more << 13 | at / 8);
		packet_fix(buf, len);
		return len;
	}
	memmove(buf + PACKET_L4_6 + 8, buf + PACKET_L4_6, len - PACKET_L4_6);
	buf[20] = 44;
	put16(buf + 18, get16(buf + 18) + 8);
	memset(buf + PACKET_L4_6, 0, 8);
	buf[PACKET_L4_6] = 17;
	put16(buf + PACKET_L4_6 + 2, at | more);
	return len + 8;
}

static size_t make_arp(struct rnd *r, uint8_t *buf)
{
	struct packet_end to = target(r);

	return packet_arp(buf, &packet_guest, &to, (uint16_t)(1 + rnd_below(r, 3)));
}

static size_t make_other(struct rnd *r, uint8_t *buf, bool v6)
{
	static const uint8_t protos[] = { 0, 2, 4, 41, 43, 47, 50, 58, 60, 132 };
	struct packet_end to = target(r);
	uint8_t data[64], proto = protos[rnd_below(r, sizeof(protos))];

	noise(r, data, sizeof(data));
	return v6 ? packet_ip6(buf, &packet_guest, &to, proto, data, sizeof(data))
		  : packet_ip4(buf, &packet_guest, &to, proto, data, sizeof(data));
}

size_t build_kind(struct rnd *r, uint8_t *buf, size_t kind)
{
	bool v6 = one_in(r, 2);

	switch (kind) {
	case 0:
	case 1:
		return make_tcp(r, buf, v6);
	case 2:
		return make_udp(r, buf, v6);
	case 3:
		return make_dns(r, buf, v6);
	case 4:
		return make_dhcp(r, buf);
	case 5:
		return make_icmp(r, buf, v6);
	case 6:
		return make_fragment(r, buf, v6);
	case 7:
		return make_arp(r, buf);
	default:
		return make_other(r, buf, v6);
	}
}

size_t build_frame(struct rnd *r, uint8_t *buf)
{
	return build_kind(r, buf, rnd_below(r, BUILD_KINDS));
}

static uint8_t some_time(struct rnd *r)
{
	return (uint8_t)(one_in(r, 4) ? rnd_below(r, 256) : rnd_below(r, 8));
}

struct step build_step(struct rnd *r, uint8_t *buf)
{
	struct step s = { .kind = (uint8_t)rnd_below(r, STEP_KINDS),
			  .time = some_time(r),
			  .bytes = buf };
	size_t n = 0;

	switch (s.kind) {
	case STEP_HOST:
		buf[0] = (uint8_t)rnd_below(r, NET_ACTS);
		buf[1] = (uint8_t)rnd_below(r, 256);
		n = 2;
		if (buf[0] == NET_ANSWER) {
			n += build_query(r, buf + 2);
			buf[4] |= 0x80;
		} else if (buf[0] == NET_SEND || buf[0] == NET_DATAGRAM || buf[0] == NET_STRANGER ||
			   buf[0] == NET_REPLY) {
			n += 1 + rnd_below(r, one_in(r, 8) ? 2000 : 60);
			memset(buf + 2, 'x', n - 2);
		}
		break;
	case STEP_ASK:
		buf[0] = (uint8_t)rnd_below(r, 4);
		buf[1] = (uint8_t)rnd_below(r, 8);
		n = 2;
		break;
	case STEP_LIVE:
		buf[0] = (uint8_t)rnd_below(r, 4);
		buf[1] = (uint8_t)(one_in(r, 4) ? rnd_below(r, 256) : 0);
		buf[2] = (uint8_t)(one_in(r, 8) ? rnd_below(r, 256) : 0);
		n = 3 + build_kind(r, buf + 3, rnd_below(r, 3));
		break;
	default:
		n = build_frame(r, buf);
	}
	s.len = (uint16_t)n;
	return s;
}

void build_change(struct rnd *r, uint8_t *frame, size_t len)
{
	/* Where fields of Ethernet, IPv4, IPv6, TCP, UDP, ARP, DNS stand. */
	static const uint8_t at[] = { 0,  6,  12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
				      22, 23, 26, 29, 30, 33, 34, 35, 36, 37, 38, 39,
				      41, 42, 43, 44, 46, 47, 48, 49, 50, 53, 54, 55,
				      56, 57, 58, 59, 61, 62, 63, 66, 67, 68, 74, 78 };
	static const uint8_t values[] = { 0, 1, 2, 3, 4, 16, 17, 53, 58, 64, 127, 128, 255 };
	size_t where = at[rnd_below(r, sizeof(at))];

	if (where >= len)
		return;
	switch (rnd_below(r, 4)) {
	case 0:
		frame[where] = values[rnd_below(r, sizeof(values))];
		break;
	case 1:
		frame[where]++;
		break;
	case 2:
		frame[where]--;
		break;
	default:
		frame[where] ^= (uint8_t)(1u << rnd_below(r, 8));
	}
}
