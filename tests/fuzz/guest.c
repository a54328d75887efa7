/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest.h"

#include <string.h>

enum { CONNS = 8, WINDOW = 8192, FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct conn {
	bool used, udp;
	int version;
	struct packet_end own, peer;
	uint32_t next, expected; /* of its own numbers, of the peer's */
};

/* A TCP segment or a UDP datagram, found in a frame. */
struct segment {
	int version;
	bool udp;
	size_t l4, data, end; /* offsets */
	uint8_t flags;
};

static struct conn conns[CONNS];
static size_t conn_count;
static guest_send_fn *transmit;

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | (uint32_t)get16(p + 2);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)(v & 0xff);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)(v & 0xffff));
}

void guest_reset(guest_send_fn *send)
{
	memset(conns, 0, sizeof(conns));
	conn_count = 0;
	transmit = send;
}

static bool find_segment(struct segment *s, const uint8_t *f, size_t len)
{
	bool v4 = len >= PACKET_L4_4 && get16(f + 12) == 0x0800 && f[PACKET_ETH] == 0x45;
	bool v6 = len >= PACKET_L4_6 && get16(f + 12) == 0x86dd;
	uint8_t proto;

	if (!v4 && !v6)
		return false;
	s->version = v4 ? 4 : 6;
	s->l4 = v4 ? PACKET_L4_4 : PACKET_L4_6;
	s->end = v4 ? PACKET_ETH + get16(f + 16) : PACKET_L4_6 + get16(f + 18);
	proto = v4 ? f[23] : f[20];
	s->udp = proto == 17;
	if (s->end > len || (proto != 6 && proto != 17) || (v4 && (get16(f + 20) & 0x3fff)) ||
	    s->end < s->l4 + (s->udp ? 8 : 20))
		return false;
	s->data = s->l4 + (s->udp ? 8 : (size_t)(f[s->l4 + 12] >> 4) * 4);
	s->flags = s->udp ? 0 : f[s->l4 + 13];
	return s->data >= s->l4 + 8 && s->data <= s->end;
}

/* The connection of a frame that the guest got, or that it SENT itself. */
static struct conn *find_conn(const uint8_t *f, const struct segment *s, bool sent)
{
	size_t at = s->version == 4 ? 12 : 8, n = s->version == 4 ? 4 : 16;
	const uint8_t *peer_ip = f + PACKET_ETH + at + (sent ? n : 0);
	size_t own = get16(f + s->l4 + (sent ? 0 : 2)), peer = get16(f + s->l4 + (sent ? 2 : 0));

	for (size_t i = 0; i < CONNS; i++) {
		struct conn *c = &conns[i];
		const uint8_t *ip = s->version == 4 ? c->peer.ip4 : c->peer.ip6;

		if (c->used && c->udp == s->udp && c->version == s->version && c->own.port == own &&
		    c->peer.port == peer && memcmp(ip, peer_ip, n) == 0)
			return c;
	}
	return NULL;
}

static struct conn *new_conn(int version, bool udp)
{
	struct conn *c = &conns[conn_count++ % CONNS];

	*c = (struct conn){ .used = true, .udp = udp, .version = version };
	c->own = packet_guest;
	c->peer = packet_network;
	c->next = 0x10000u * (uint32_t)conn_count;
	return c;
}

static void send_tcp(struct conn *c, uint8_t flags, uint16_t window)
{
	const struct packet_tcp t = { .seq = c->next,
				      .ack = flags & ACK ? c->expected : 0,
				      .window = window,
				      .flags = flags };
	uint8_t buf[PACKET_MAX];
	size_t len = c->version == 4 ? packet_tcp4(buf, &c->own, &c->peer, &t, NULL, 0)
				     : packet_tcp6(buf, &c->own, &c->peer, &t, NULL, 0);

	if (flags & (SYN | FIN))
		c->next++;
	transmit(buf, len);
}

static struct conn *accept_conn(const uint8_t *f, const struct segment *s)
{
	struct conn *c = new_conn(s->version, s->udp);

	memcpy(c->peer.mac, f + 6, 6);
	if (s->version == 4)
		memcpy(c->peer.ip4, f + 26, 4);
	else
		memcpy(c->peer.ip6, f + 22, 16);
	c->peer.port = (uint16_t)get16(f + s->l4);
	c->own.port = (uint16_t)get16(f + s->l4 + 2);
	return c;
}

static void receive_segment(const uint8_t *f, const struct segment *s, enum guest_manner manner)
{
	struct conn *c = find_conn(f, s, false);
	uint32_t over = (uint32_t)(s->end - s->data) + !!(s->flags & SYN) + !!(s->flags & FIN);
	bool opens = s->udp || (s->flags & (SYN | ACK)) == SYN;

	if (!c && opens)
		c = accept_conn(f, s);
	if (!c || s->udp)
		return;
	if (s->flags & RST) {
		c->used = false;
		return;
	}
	if (s->flags & SYN || get32(f + s->l4 + 4) == c->expected)
		c->expected = get32(f + s->l4 + 4) + over;
	if (manner != GUEST_MUTE && opens)
		send_tcp(c, SYN | ACK, manner == GUEST_KEEPS ? 0 : WINDOW);
	else if (manner == GUEST_HONEST && over)
		send_tcp(c, ACK, WINDOW);
}

static void answer_arp(const uint8_t *f)
{
	struct packet_end to = packet_network;
	uint8_t buf[PACKET_MAX];

	if (get16(f + 20) != 1 || memcmp(f + 38, packet_guest.ip4, 4) != 0)
		return;
	memcpy(to.mac, f + 22, 6);
	memcpy(to.ip4, f + 28, 4);
	transmit(buf, packet_arp(buf, &packet_guest, &to, 2));
}

static void answer_solicitation(const uint8_t *f)
{
	struct packet_end to = packet_network;
	uint8_t na[24], buf[PACKET_MAX];
	size_t len;

	if (memcmp(f + 62, packet_guest.ip6, 16) != 0)
		return;
	memcpy(to.mac, f + 6, 6);
	memcpy(to.ip6, f + 22, 16);
	memcpy(na, f + 62, 16);
	na[16] = 2; /* target link-layer address */
	na[17] = 1;
	memcpy(na + 18, packet_guest.mac, 6);
	len = packet_icmp6(buf, &packet_guest, &to, 136, 0, 0x60000000, na, sizeof(na));
	transmit(buf, len);
}

void guest_receive(const uint8_t *frame, size_t len, enum guest_manner manner)
{
	bool mute = manner == GUEST_MUTE;
	struct segment s;

	if (len >= 42 && get16(frame + 12) == 0x0806 && !mute)
		answer_arp(frame);
	else if (len >= 78 && get16(frame + 12) == 0x86dd && frame[20] == 58 && frame[54] == 135 &&
		 !mute)
		answer_solicitation(frame);
	else if (find_segment(&s, frame, len))
		receive_segment(frame, &s, manner);
}

void guest_ask(int version, uint16_t port, bool far)
{
	static const uint8_t far4[4] = { 198, 51, 100, 7 };
	static const uint8_t far6[16] = { 0x20, 0x01, 0x0d, 0xb8, 1, [15] = 7 };
	struct conn *c = new_conn(version, false);

	c->own.port = port;
	c->peer.port = far ? 80 : 53;
	c->peer.ip4[3] = 3;
	c->peer.ip6[15] = 3;
	if (far) {
		memcpy(c->peer.ip4, far4, sizeof(far4));
		memcpy(c->peer.ip6, far6, sizeof(far6));
	}
	send_tcp(c, SYN, WINDOW);
}

void guest_live(uint8_t *frame, size_t len, size_t number, int seq_off, int ack_off)
{
	const struct conn *c = &conns[number % CONNS];
	struct segment s;

	if (!find_segment(&s, frame, len) || !c->used || c->version != s.version ||
	    c->udp != s.udp) {
		packet_fix(frame, len);
		return;
	}
	memcpy(frame, c->peer.mac, 6);
	memcpy(frame + 6, c->own.mac, 6);
	if (s.version == 4) {
		memcpy(frame + 26, c->own.ip4, 4);
		memcpy(frame + 30, c->peer.ip4, 4);
	} else {
		memcpy(frame + 22, c->own.ip6, 16);
		memcpy(frame + 38, c->peer.ip6, 16);
	}
	put16(frame + s.l4, c->own.port);
	put16(frame + s.l4 + 2, c->peer.port);
	if (!s.udp) {
		put32(frame + s.l4 + 4, c->next + (uint32_t)seq_off);
		put32(frame + s.l4 + 8, s.flags & ACK ? c->expected + (uint32_t)ack_off : 0);
	}
	packet_fix(frame, len);
}

void guest_sent(const uint8_t *frame, size_t len)
{
	struct segment s;
	struct conn *c;

	if (!find_segment(&s, frame, len) || s.udp)
		return;
	c = find_conn(frame, &s, true);
	if (c && get32(frame + s.l4 + 4) == c->next)
		c->next += (uint32_t)(s.end - s.data) + !!(s.flags & FIN);
}
