/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of scenes: one protocol a function, and the changes that are made to a frame. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_WINDOW = 65535 };

static void fill(struct scene_line *l, struct scene_data *d)
{
	uint32_t n = scene_number(l, SCENE_DATA);

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t byte = (uint8_t)('a' + i % 26);

		scene_add(l, d, &byte, 1);
	}
}

/* A frame in parentheses, from its IP header on. */
static void quote(struct scene_line *l, const struct scene_context *c, struct scene_data *d)
{
	/* A quoted packet travelled the other way; for its bytes that is only the MACs. */
	static uint8_t buf[PACKET_MAX];
	size_t n;

	if (!scene_is(l, "("))
		scene_fail(l, "quote ( FRAME )");
	n = scene_frame(l, c, buf);
	if (!scene_is(l, ")"))
		scene_fail(l, "quote ( FRAME )");
	if (n > PACKET_ETH)
		scene_add(l, d, buf + PACKET_ETH, n - PACKET_ETH);
}

/* A DNS message with its length in front, as it is over TCP. */
static void framed_query(struct scene_line *l, const struct scene_context *c, struct scene_data *d)
{
	size_t start = d->n, n;

	scene_add16(l, d, 0);
	scene_dns(l, c, d);
	n = d->n - start - 2;
	d->bytes[start] = (uint8_t)(n >> 8);
	d->bytes[start + 1] = (uint8_t)(n & 0xff);
}

/* The payload: as many of these as there are, one behind the other. */
static void take_data(struct scene_line *l, const struct scene_context *c, struct scene_data *d)
{
	d->n = 0;
	while (!scene_ends(l)) {
		if (scene_is(l, "data")) {
			const char *text = scene_next(l);

			scene_add(l, d, text, strlen(text));
		} else if (scene_is(l, "hex")) {
			scene_hex(l, d);
		} else if (scene_is(l, "fill")) {
			fill(l, d);
		} else if (scene_is(l, "quote")) {
			quote(l, c, d);
		} else if (scene_is(l, "query")) {
			framed_query(l, c, d);
		} else {
			return;
		}
	}
}

static uint8_t take_flags(struct scene_line *l)
{
	static const char letters[] = "FSRPAUEC";
	const char *word = scene_next(l);
	uint8_t flags = 0;

	if (strcmp(word, "none") == 0)
		return 0;
	for (const char *p = word; *p; p++) {
		const char *at = strchr(letters, *p);

		if (!at)
			scene_fail(l, "%s are no TCP flags: letters of %s, or none", word, letters);
		else
			flags |= (uint8_t)(1u << (at - letters));
	}
	return flags;
}

static size_t make_tcp(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data options, data;
	struct packet_tcp t = { .window = DEFAULT_WINDOW };
	struct packet_end from, to;
	int version = scene_ends_of(l, &from, &to, c, true);

	options.n = 0;
	t.flags = take_flags(l);
	for (;;) {
		if (scene_is(l, "seq"))
			t.seq = scene_number(l, UINT32_MAX);
		else if (scene_is(l, "ack"))
			t.ack = scene_number(l, UINT32_MAX);
		else if (scene_is(l, "win"))
			t.window = (uint16_t)scene_number(l, UINT16_MAX);
		else if (scene_is(l, "opts"))
			scene_hex(l, &options);
		else
			break;
	}
	t.options = options.bytes;
	t.options_len = options.n;
	take_data(l, c, &data);
	if (l->error[0])
		return 0;
	if (version == 4)
		return packet_tcp4(buf, &from, &to, &t, data.bytes, data.n);
	return packet_tcp6(buf, &from, &to, &t, data.bytes, data.n);
}

static size_t send_udp(const struct scene_line *l, int version, const struct packet_end *from,
		       const struct packet_end *to, const struct scene_data *d, uint8_t *buf)
{
	if (l->error[0])
		return 0;
	return version == 4 ? packet_udp4(buf, from, to, d->bytes, d->n)
			    : packet_udp6(buf, from, to, d->bytes, d->n);
}

static size_t make_udp(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data data;
	struct packet_end from, to;
	int version = scene_ends_of(l, &from, &to, c, true);

	take_data(l, c, &data);
	return send_udp(l, version, &from, &to, &data, buf);
}

static size_t make_dns(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data data;
	struct packet_end from, to;
	int version = scene_ends_of(l, &from, &to, c, true);

	data.n = 0;
	scene_dns(l, c, &data);
	return send_udp(l, version, &from, &to, &data, buf);
}

static size_t make_dhcp(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data data;
	struct packet_end from, to;
	int version = scene_ends_of(l, &from, &to, c, true);

	data.n = 0;
	scene_dhcp(l, packet_guest.mac, &data);
	return send_udp(l, version, &from, &to, &data, buf);
}

static size_t make_icmp(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data data;
	struct packet_end from, to;
	int version = scene_ends_of(l, &from, &to, c, false);
	uint8_t type = (uint8_t)scene_number(l, 255), code = (uint8_t)scene_number(l, 255);
	uint32_t rest = scene_is(l, "rest") ? scene_number(l, UINT32_MAX) : 0;

	take_data(l, c, &data);
	if (l->error[0])
		return 0;
	if (version == 4)
		return packet_icmp4(buf, &from, &to, type, code, rest, data.bytes, data.n);
	return packet_icmp6(buf, &from, &to, type, code, rest, data.bytes, data.n);
}

static size_t make_ip(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data data;
	struct packet_end from, to;
	int version = scene_ends_of(l, &from, &to, c, false);
	uint8_t proto = (uint8_t)scene_number(l, 255);

	take_data(l, c, &data);
	if (l->error[0])
		return 0;
	if (version == 4)
		return packet_ip4(buf, &from, &to, proto, data.bytes, data.n);
	return packet_ip6(buf, &from, &to, proto, data.bytes, data.n);
}

static size_t make_arp(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	bool request = scene_is(l, "request");
	struct packet_end from, to;

	if (!request && !scene_is(l, "reply"))
		scene_fail(l, "arp request or arp reply");
	if (scene_ends_of(l, &from, &to, c, false) != 4)
		scene_fail(l, "ARP is for IPv4");
	if (request)
		memset(to.mac, 0xff, 6);
	return l->error[0] ? 0 : packet_arp(buf, &from, &to, request ? 1 : 2);
}

static size_t make_eth(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data data;
	bool out = c->dir == EG_FROM_GUEST;
	uint16_t type = (uint16_t)scene_number(l, UINT16_MAX);

	take_data(l, c, &data);
	return packet_eth(buf, out ? &packet_guest : &packet_network,
			  out ? &packet_network : &packet_guest, type, data.bytes, data.n);
}

static size_t make_hex(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	static struct scene_data data;

	(void)c;
	data.n = 0;
	scene_hex(l, &data);
	memcpy(buf, data.bytes, data.n);
	return data.n;
}

static const struct {
	const char *name;
	size_t (*make)(struct scene_line *l, const struct scene_context *c, uint8_t *buf);
} makers[] = {
	{ "tcp", make_tcp },   { "udp", make_udp },   { "dns", make_dns },
	{ "dhcp", make_dhcp }, { "icmp", make_icmp }, { "ip", make_ip },
	{ "arp", make_arp },   { "eth", make_eth },   { "hex", make_hex },
};

size_t scene_frame(struct scene_line *l, const struct scene_context *c, uint8_t *buf)
{
	const char *word = scene_next(l);
	size_t n = 0;

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strcmp(word, makers[i].name) == 0)
			n = makers[i].make(l, c, buf);
	if (n == 0)
		scene_fail(l, "%s is no frame", word);
	while (!scene_ends(l))
		n = scene_change(l, buf, n);
	return l->error[0] ? 0 : n;
}
