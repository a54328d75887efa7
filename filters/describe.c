/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a record says of a frame.
 *
 * Purpose. Whoever reads a record wants to know who tried to reach whom, above all where
 * the frame was blocked because something about it was wrong. So this reads on where
 * eg_frame_decode refuses: past options and extension headers, in first fragments, with wrong
 * checksums and lengths. Of a frame that decodes both say the same.
 *
 * Invariants. Nothing here decides anything: no verdict depends on a description. Every step
 * reads only bytes whose presence it has checked.
 *
 * Limits. One question; EXTENSIONS_MAX extension headers. Fragments behind the first have no
 * transport header, and a TCP segment that begins inside a DNS message shows no question.
 *
 * Fails how. What cannot be read is not there.
 */
#include "describe.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

enum { ETH_TYPE = 12 };
enum { IP4_TOTAL = 2, IP4_FRAG = 6, IP4_OFFSET = 0x1fff, IP4_TTL = 8, IP4_PROTO = 9 };
enum { IP4_SRC = 12, IP4_DST = 16 };
enum { IP6_PAYLOAD = 4, IP6_NEXT = 6, IP6_HOPS = 7, IP6_SRC = 8, IP6_DST = 24 };
enum { ARP_HEADER = 8, ARP_LEN = 28, ARP_SENDER = 14, ARP_TARGET = 24 };
enum { TCP_OFF = 12, TCP_FLAGS = 13, UDP_LENGTH = 4 };
enum { DNS_FLAGS = 2, MDNS_PORT = 5353, LLMNR_PORT = 5355 };
enum { EXTENSIONS_MAX = 16, EXT_FRAGMENT = 44, EXT_FRAGMENT_LEN = 8, EXT_OFFSET = 0xfff8 };

/* Extension headers that say their own length: units of 2^shift bytes beyond the first BASE
 * (RFC 8200 4, RFC 4302 2.2). The fragment header's is fixed. */
static const struct extension {
	uint8_t next, shift, base;
} extensions[] = {
	{ 0, 3, 8 },   /* hop-by-hop options */
	{ 43, 3, 8 },  /* routing */
	{ 51, 2, 8 },  /* authentication header */
	{ 60, 3, 8 },  /* destination options */
	{ 135, 3, 8 }, /* mobility */
};

/* The question of MSG, whole or the beginning of a message. */
static void describe_question(struct eg_description *d, struct eg_span msg)
{
	struct eg_dns_query q;

	eg_dns_parse_query(&q, msg);
	if (q.name.len == 0)
		return;
	d->has_question = true;
	d->name = q.name;
	d->qtype = q.type;
	d->dns_id = q.id;
	d->dns_flags = eg_get16(msg.p + DNS_FLAGS);
}

/* N bytes of a TCP or UDP header and what is behind it are at P. Returns whether
 * both ports are there. */
static bool describe_ports(struct eg_description *d, const uint8_t *p, size_t n)
{
	if (n < 4)
		return false;
	d->has_ports = true;
	d->sport = eg_get16(p);
	d->dport = eg_get16(p + 2);
	return true;
}

static bool is_port(const struct eg_description *d, uint16_t port)
{
	return d->sport == port || d->dport == port;
}

static void describe_tcp(struct eg_description *d, const uint8_t *p, size_t n)
{
	size_t header;
	struct eg_span msg;

	if (!describe_ports(d, p, n) || n <= TCP_FLAGS)
		return;
	d->has_flags = true;
	d->tcp_flags = p[TCP_FLAGS];
	header = (size_t)(p[TCP_OFF] >> 4) * 4;
	if (header < EG_TCP_LEN || header + 2 > n || !is_port(d, EG_DNS_PORT))
		return;
	/* Behind the length field (RFC 7766 8). */
	msg = (struct eg_span){ p + header + 2, n - header - 2 };
	if (eg_get16(p + header) < msg.n)
		msg.n = eg_get16(p + header);
	describe_question(d, msg);
}

static void describe_udp(struct eg_description *d, const uint8_t *p, size_t n)
{
	if (!describe_ports(d, p, n) || n < EG_UDP_LEN)
		return;
	if (eg_get16(p + UDP_LENGTH) >= EG_UDP_LEN && eg_get16(p + UDP_LENGTH) < n)
		n = eg_get16(p + UDP_LENGTH);
	if (is_port(d, EG_DNS_PORT) || is_port(d, MDNS_PORT) || is_port(d, LLMNR_PORT))
		describe_question(d, (struct eg_span){ p + EG_UDP_LEN, n - EG_UDP_LEN });
}

static void describe_icmp(struct eg_description *d, const uint8_t *p, size_t n)
{
	if (n < 2)
		return;
	d->has_icmp = true;
	d->type = p[0];
	d->code = p[1];
}

/* Protocols whose headers are read, and their names. */
static const struct protocol {
	uint8_t proto;
	const char *name;
	void (*describe)(struct eg_description *d, const uint8_t *p, size_t n);
} protocols[] = {
	{ EG_PROTO_TCP, "tcp", describe_tcp },
	{ EG_PROTO_UDP, "udp", describe_udp },
	{ EG_PROTO_ICMP, "icmp", describe_icmp },
	{ EG_PROTO_ICMP6, "icmp6", describe_icmp },
};

static const struct protocol *find_protocol(int proto)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].proto == proto)
			return &protocols[i];
	return NULL;
}

static void describe_transport(struct eg_description *d, const uint8_t *p, size_t n)
{
	const struct protocol *protocol = find_protocol(d->proto);

	if (protocol)
		protocol->describe(d, p, n);
}

static void describe_ip4(struct eg_description *d, const uint8_t *ip, size_t n)
{
	size_t header, total;

	if (n < EG_IP4_LEN || ip[0] >> 4 != 4)
		return;
	d->has_addresses = true;
	d->proto = ip[IP4_PROTO];
	d->ttl = ip[IP4_TTL];
	d->src = eg_addr4(ip + IP4_SRC);
	d->dst = eg_addr4(ip + IP4_DST);
	header = (size_t)(ip[0] & 0x0f) * 4;
	total = eg_get16(ip + IP4_TOTAL);
	if (header < EG_IP4_LEN || header > n || eg_get16(ip + IP4_FRAG) & IP4_OFFSET)
		return;
	if (total >= header && total < n)
		n = total;
	describe_transport(d, ip + header, n - header);
}

/* The length of extension header NEXT at R, or 0 where it is none or is cut short. */
static size_t extension_length(uint8_t next, const struct eg_reader *r)
{
	if (r->left < 2)
		return 0;
	if (next == EXT_FRAGMENT)
		return EXT_FRAGMENT_LEN;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (extensions[i].next == next)
			return extensions[i].base + ((size_t)r->p[1] << extensions[i].shift);
	return 0;
}

/* Step over the extension headers at R, the first of them d->proto, which becomes what is behind
 * them. Returns whether that begins at R. */
static bool skip_extensions(struct eg_description *d, struct eg_reader *r)
{
	for (int i = 0;; i++) {
		uint8_t next = (uint8_t)d->proto;
		size_t n = extension_length(next, r);
		const uint8_t *p = eg_take(r, n);

		if (n == 0)
			return true;
		if (!p || i == EXTENSIONS_MAX)
			return false;
		d->proto = p[0];
		if (next == EXT_FRAGMENT && eg_get16(p + 2) & EXT_OFFSET)
			return false;
	}
}

static void describe_ip6(struct eg_description *d, const uint8_t *ip, size_t n)
{
	struct eg_reader r;
	size_t payload;

	if (n < EG_IP6_LEN || ip[0] >> 4 != 6)
		return;
	d->has_addresses = true;
	d->proto = ip[IP6_NEXT];
	d->ttl = ip[IP6_HOPS];
	d->src = eg_addr6(ip + IP6_SRC);
	d->dst = eg_addr6(ip + IP6_DST);
	payload = eg_get16(ip + IP6_PAYLOAD);
	if (payload > n - EG_IP6_LEN)
		payload = n - EG_IP6_LEN;
	r = eg_reader(ip + EG_IP6_LEN, payload);
	if (skip_extensions(d, &r))
		describe_transport(d, r.p, r.left);
}

/* Of Ethernet and IPv4 alone: other lengths of addresses put them elsewhere. */
static void describe_arp(struct eg_description *d, const uint8_t *arp, size_t n)
{
	static const uint8_t fixed[6] = { 0, 1, 8, 0, 6, 4 };

	if (n < ARP_LEN || memcmp(arp, fixed, sizeof(fixed)) != 0)
		return;
	d->has_addresses = true;
	d->src = eg_addr4(arp + ARP_SENDER);
	d->dst = eg_addr4(arp + ARP_TARGET);
}

void eg_describe(struct eg_description *d, const uint8_t *frame, size_t len)
{
	*d = (struct eg_description){ .proto = -1 };
	if (len < EG_ETH_LEN)
		return;
	d->ethertype = eg_get16(frame + ETH_TYPE);
	if (d->ethertype == EG_ETHERTYPE_IP4)
		describe_ip4(d, frame + EG_ETH_LEN, len - EG_ETH_LEN);
	else if (d->ethertype == EG_ETHERTYPE_IP6)
		describe_ip6(d, frame + EG_ETH_LEN, len - EG_ETH_LEN);
	else if (d->ethertype == EG_ETHERTYPE_ARP)
		describe_arp(d, frame + EG_ETH_LEN, len - EG_ETH_LEN);
}

const char *eg_describe_address(const struct eg_description *d, const struct eg_addr *a,
				char text[EG_ADDR_TEXT_MAX])
{
	if (d->ethertype != EG_ETHERTYPE_IP6)
		return eg_addr_text(a, text);
	inet_ntop(AF_INET6, a->b, text, EG_ADDR_TEXT_MAX);
	return text;
}

/* A text that grows by whole pairs, until one does not fit. */
struct pairs {
	char *p;
	size_t len, size;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void add(struct pairs *t, const char *format, ...)
{
	char *end = t->p + t->len;
	size_t room = t->full ? 0 : t->size - t->len;
	size_t blank = t->len > 0;
	va_list ap;
	int n;

	if (room <= blank)
		return;
	va_start(ap, format);
	n = vsnprintf(end + blank, room - blank, format, ap);
	va_end(ap);
	t->full = n < 0 || (size_t)n >= room - blank;
	if (t->full) {
		*end = '\0';
		return;
	}
	if (blank)
		*end = ' ';
	t->len += blank + (size_t)n;
}

static void add_proto(struct pairs *t, const struct eg_description *d)
{
	const struct protocol *protocol = find_protocol(d->proto);

	if (protocol)
		add(t, "proto=%s", protocol->name);
	else if (d->proto >= 0)
		add(t, "proto=%d", d->proto);
	else if (d->ethertype == EG_ETHERTYPE_ARP)
		add(t, "proto=arp");
	else if (d->ethertype)
		add(t, "proto=0x%04x", d->ethertype);
}

static void add_end(struct pairs *t, const struct eg_description *d, bool is_src)
{
	const struct eg_addr *a = is_src ? &d->src : &d->dst;
	char text[EG_ADDR_TEXT_MAX];

	if (d->has_addresses)
		add(t, "%s=%s", is_src ? "src" : "dst", eg_describe_address(d, a, text));
	if (d->has_ports)
		add(t, "%s=%u", is_src ? "sport" : "dport", is_src ? d->sport : d->dport);
}

static void add_question(struct pairs *t, const struct eg_description *d)
{
	char name[EG_NAME_TEXT_MAX], type[EG_DNS_TYPE_TEXT_MAX];

	eg_name_text(&d->name, name);
	add(t, "name=%s", name);
	add(t, "qtype=%s", eg_dns_type_text(d->qtype, type));
}

size_t eg_describe_text(const struct eg_description *d, char *buf, size_t size)
{
	struct pairs t = { .p = buf, .size = size };

	if (size == 0)
		return 0;
	buf[0] = '\0';
	add_proto(&t, d);
	add_end(&t, d, true);
	add_end(&t, d, false);
	if (d->has_icmp) {
		add(&t, "type=%u", d->type);
		add(&t, "code=%u", d->code);
	}
	if (d->has_question)
		add_question(&t, d);
	return t.len;
}
