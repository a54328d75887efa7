/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DHCP and BOOTP of the guests behind one plug.
 *
 * Purpose: let a guest get its address, and say nothing else by it. A DHCP message
 * is broadcast, is read by whoever serves the network, and has room for hundreds of
 * bytes that a client may fill as it likes; so none leaves as it came.
 *
 * Terms
 *   message  the UDP payload: the fixed fields of BOOTP, a cookie, options
 *   type     the DHCP message type (option 53); a message that has none is BOOTP's
 *   server   whoever sent an OFFER, an ACK or a BOOTP reply: the IP source, as libslirp knows
 *            DHCP by the address that it is sent to
 *   trusted  options that the policy lets a guest send and ask for (dhcp-options)
 *
 * Life-cycle: the guest's message begins an exchange (dhcptrack.h), whose xid answers
 * must have; an answer tells of a server, to which guests may then also send to one address
 * (renewal, release). A server is never forgotten but for a newer one: a lease's renewal may come a
 * day later, and goes to the server's DHCP port and nowhere else.
 *
 * Reading: an option that matters may be there once, with its exact length, and
 * the overload option (52), which would continue the list elsewhere, not at all:
 * so there is one way to read what was accepted, whoever reads it. Since what
 * leaves is built anew, that is more than is needed. Nor may BOOTP ask for an
 * address by an option of DHCP's, which libslirp would read. Of a request list (55)
 * only the set is read.
 *
 * BOOTP: a client may send its 236 bytes of fixed fields alone (klibc's ipconfig),
 * zeros in place of the cookie, or the cookie and options without a type (Linux,
 * U-Boot). All leave with the cookie, which every server of BOOTP knows.
 *
 * Limits: what a guest can still say in a message that leaves are 32 bits of xid,
 * one flag, the addresses ciaddr and options 50 and 54, and what is trusted: the
 * bytes of each such option, and whether it asks for it. Trusted options leave in
 * the order of their numbers.
 *
 * Fails how: a message out of form is blocked, and leaves the state as it was.
 *
 * References: RFC 2131 (table 5: what a client may send), RFC 2132, RFC 951, RFC 1497 (the cookie),
 * RFC 1534 (DHCP and BOOTP together).
 */
#include "dhcp.h"

#include "checksum.h"

#include <assert.h>

enum {
	BOOTP = 0, /* there is no type */
	DISCOVER = 1,
	OFFER = 2,
	REQUEST = 3,
	DECLINE = 4,
	ACK = 5,
	NAK = 6,
	RELEASE = 7,
	INFORM = 8,
	TYPES,
};

enum {
	OP_REQUEST = 1,
	OP_REPLY = 2,
	HTYPE_ETHERNET = 1,
	HLEN_ETHERNET = 6,
	COOKIE = 0x63825363,
	FLAG_BROADCAST = 0x8000,
	FIXED_LEN = 236,            /* BOOTP without its vendor field */
	BOOTP_LEN = FIXED_LEN + 64, /* RFC 951: some servers want no less */
	MESSAGE_MAX = EG_DHCP_FRAME_MAX - EG_ETH_LEN - EG_IP4_LEN - EG_UDP_LEN,
};

/* Where the fixed fields stand. */
enum {
	AT_OP = 0,
	AT_HTYPE = 1,
	AT_HLEN = 2,
	AT_HOPS = 3,
	AT_XID = 4,
	AT_FLAGS = 10,
	AT_CIADDR = 12,
	AT_GIADDR = 24,
	AT_CHADDR = 28,
};

/* What the message of a client's may have in it (RFC 2131, table 5). */
struct form {
	bool valid;
	bool answered;              /* by servers */
	bool address, server, list; /* options 50, 54, 55 */
};

static const struct form forms[TYPES] = {
	[BOOTP] = { .valid = true, .answered = true },
	[DISCOVER] = { .valid = true, .answered = true, .address = true, .list = true },
	[REQUEST] = { .valid = true,
		      .answered = true,
		      .address = true,
		      .server = true,
		      .list = true },
	[DECLINE] = { .valid = true, .address = true, .server = true },
	[RELEASE] = { .valid = true, .server = true },
	[INFORM] = { .valid = true, .answered = true, .list = true },
};

/* What every guest asks for, so that the list tells nothing about it: mask, router,
 * resolvers, domain, MTU, broadcast address, lease time, server, renewal and
 * rebinding times, search list, classless routes. */
static const uint8_t request_list[] = { 1, 3, 6, 15, 26, 28, 51, 54, 58, 59, 119, 121 };

static_assert(4 + 3 + 6 + 6 + 2 + sizeof(request_list) + 1 <= BOOTP_LEN - FIXED_LEN,
	      "cookie and options fit where nothing is trusted");

/* The exact length of an option that has a meaning here; 0: any. */
static const uint8_t lengths[] = {
	[EG_DHCP_OPTION_ADDRESS] = 4,
	[EG_DHCP_OPTION_TYPE] = 1,
	[EG_DHCP_OPTION_SERVER] = 4,
};

/* What is to be known of a message's options. */
struct options {
	/* Where the length of each that matters stands in the message, its bytes after it; 0: it is
	 * not there. */
	uint16_t at[256];
	struct eg_dhcp_options asked; /* what its request list has */
	bool overload;
};

/* 255.255.255.255; its frames go to the broadcast MAC, as decoding made sure. */
static const struct eg_addr everybody = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
					    0xff, 0xff } };

bool eg_dhcp_is(const struct eg_frame *f, enum eg_dir dir)
{
	bool out = dir == EG_FROM_GUEST;

	return f->proto == EG_PROTO_UDP && f->ip_version == 4 &&
	       f->sport == (out ? EG_DHCP_CLIENT_PORT : EG_DHCP_SERVER_PORT) &&
	       f->dport == (out ? EG_DHCP_SERVER_PORT : EG_DHCP_CLIENT_PORT);
}

/* Take the rest of an option of MSG, after its TAG. */
static void take_option(struct eg_reader *r, const uint8_t *msg, uint8_t tag, struct options *o,
			const struct eg_dhcp_options *trusted)
{
	uint8_t want = tag < sizeof(lengths) ? lengths[tag] : 0;
	uint16_t at = (uint16_t)(r->p - msg);
	uint8_t len = eg_take8(r);
	const uint8_t *value = eg_take(r, len);

	if (tag == EG_DHCP_OPTION_OVERLOAD)
		o->overload = true;
	if (tag == EG_DHCP_OPTION_LIST && value) {
		for (uint8_t i = 0; i < len; i++)
			eg_dhcp_options_add(&o->asked, value[i]);
	}
	if (!want && !eg_dhcp_options_have(trusted, tag))
		return;
	if (o->at[tag] || (want && len != want))
		r->bad = true;
	o->at[tag] = at;
}

/* Whether MSG ends behind the fixed fields, or has zeros where a cookie would say what follows. */
static bool has_no_cookie(struct eg_span msg)
{
	return msg.n == FIXED_LEN || (msg.n >= FIXED_LEN + 4 && eg_get32(msg.p + FIXED_LEN) == 0);
}

/* Read the cookie and the options of MSG, of which TRUSTED matter, too, into O. Returns whether
 * they add up and end. */
static bool read_options(struct eg_span msg, const struct eg_dhcp_options *trusted,
			 struct options *o)
{
	struct eg_reader r = eg_reader(msg.p, msg.n);
	uint8_t tag;

	*o = (struct options){ 0 };
	if (has_no_cookie(msg))
		return true;
	eg_take(&r, FIXED_LEN);
	if (eg_take32(&r) != COOKIE)
		return false;
	while ((tag = eg_take8(&r)) != EG_DHCP_OPTION_END && !r.bad) {
		if (tag != EG_DHCP_OPTION_PAD)
			take_option(&r, msg.p, tag, o, trusted);
	}
	return !r.bad;
}

/* The type of MSG, which has options O: BOOTP where it says none, TYPES where a wrong one. */
static uint8_t type_of(const uint8_t *msg, const struct options *o)
{
	uint8_t type;

	if (!o->at[EG_DHCP_OPTION_TYPE])
		return BOOTP;
	type = msg[o->at[EG_DHCP_OPTION_TYPE] + 1];
	return type == BOOTP || type > TYPES ? TYPES : type;
}

/* Whether a client may send MSG, of TYPE and with options O. */
static bool form_fits(uint8_t type, const struct options *o)
{
	if (type == TYPES || !forms[type].valid || o->overload)
		return false;
	return type != BOOTP || (!o->at[EG_DHCP_OPTION_ADDRESS] && !o->at[EG_DHCP_OPTION_SERVER]);
}

/* Whether the fixed fields of MSG (long enough) are a client's, with its frame's MAC. */
static bool fixed_fields_fit(const struct eg_frame *f, const uint8_t *msg)
{
	return msg[AT_OP] == OP_REQUEST && msg[AT_HTYPE] == HTYPE_ETHERNET &&
	       msg[AT_HLEN] == HLEN_ETHERNET && msg[AT_HOPS] == 0 &&
	       eg_get32(msg + AT_GIADDR) == 0 &&
	       memcmp(msg + AT_CHADDR, eg_eth_src(f), HLEN_ETHERNET) == 0;
}

/* Where ADDR stands among the servers that answered; EG_DHCP_SERVERS: nowhere. */
static size_t place_of_server(const struct eg_dhcp *d, const struct eg_addr *addr)
{
	size_t i = 0;

	while (i < EG_DHCP_SERVERS && !eg_addr_equal(&d->servers[i], addr))
		i++;
	return i;
}

/* ADDR has answered: it becomes the first. Where it is new, the last is forgotten for it. */
static void remember_server(struct eg_dhcp *d, const struct eg_addr *addr)
{
	size_t place = place_of_server(d, addr);

	if (place == EG_DHCP_SERVERS)
		place--;
	memmove(&d->servers[1], &d->servers[0], place * sizeof(d->servers[0]));
	d->servers[0] = *addr;
}

/* Whether F, with message MSG, comes from where and goes to where it may. */
static bool addresses_fit(const struct eg_dhcp *d, const struct eg_frame *f, const uint8_t *msg)
{
	struct eg_addr ciaddr = eg_addr4(msg + AT_CIADDR);

	if (!eg_addr_is_unspecified(&f->src) && !eg_addr_equal(&f->src, &ciaddr))
		return false;
	return eg_addr_equal(&f->dst, &everybody) || place_of_server(d, &f->dst) < EG_DHCP_SERVERS;
}

/* Write option TAG as MSG has it; nothing where it has not. */
static void give_option(struct eg_writer *w, const uint8_t *msg, const struct options *o,
			uint8_t tag)
{
	const uint8_t *from = msg + o->at[tag];

	if (!o->at[tag])
		return;
	eg_give8(w, tag);
	eg_give(w, from, 1 + (size_t)from[0]);
}

/* Write the request list: that of everybody, and of TRUSTED what is asked for. */
static void give_list(struct eg_writer *w, const struct eg_dhcp_options *asked,
		      const struct eg_dhcp_options *trusted)
{
	struct eg_dhcp_options more = *asked;
	size_t start = w->len;

	for (size_t i = 0; i < sizeof(more.bits); i++)
		more.bits[i] &= trusted->bits[i];
	eg_give8(w, EG_DHCP_OPTION_LIST);
	eg_give8(w, 0);
	for (size_t i = 0; i < sizeof(request_list); i++) {
		eg_give8(w, request_list[i]);
		more.bits[request_list[i] / 8] &= (uint8_t) ~(1 << request_list[i] % 8);
	}
	for (unsigned int tag = 1; tag < EG_DHCP_OPTION_END; tag++) {
		if (eg_dhcp_options_have(&more, (uint8_t)tag))
			eg_give8(w, (uint8_t)tag);
	}
	if (!w->bad)
		w->p[start + 1] = (uint8_t)(w->len - start - 2);
}

static void give_options(struct eg_writer *w, const uint8_t *msg, const struct options *o,
			 const struct form *form, const struct eg_dhcp_options *trusted)
{
	give_option(w, msg, o, EG_DHCP_OPTION_TYPE);
	if (form->address)
		give_option(w, msg, o, EG_DHCP_OPTION_ADDRESS);
	if (form->server)
		give_option(w, msg, o, EG_DHCP_OPTION_SERVER);
	for (unsigned int tag = 1; tag < EG_DHCP_OPTION_END; tag++) {
		if (eg_dhcp_options_have(trusted, (uint8_t)tag))
			give_option(w, msg, o, (uint8_t)tag);
	}
	if (form->list)
		give_list(w, &o->asked, trusted);
	eg_give8(w, EG_DHCP_OPTION_END);
}

/* Write the fixed fields and the cookie of what leaves in place of MSG. */
static void give_fixed_fields(struct eg_writer *w, const uint8_t *msg)
{
	eg_give8(w, OP_REQUEST);
	eg_give8(w, HTYPE_ETHERNET);
	eg_give8(w, HLEN_ETHERNET);
	eg_give8(w, 0); /* hops */
	eg_give(w, msg + AT_XID, 4);
	eg_give16(w, 0); /* seconds */
	eg_give16(w, eg_get16(msg + AT_FLAGS) & FLAG_BROADCAST);
	eg_give(w, msg + AT_CIADDR, 4);
	eg_give_zeros(w, AT_CHADDR - AT_CIADDR - 4);
	eg_give(w, msg + AT_CHADDR, HLEN_ETHERNET);
	eg_give_zeros(w, FIXED_LEN - AT_CHADDR - HLEN_ETHERNET); /* sname and file, too */
	eg_give32(w, COOKIE);
}

/* Write headers of our own for a message of LEN bytes from and to where F goes. */
static void give_headers(struct eg_writer *w, const struct eg_frame *f, size_t len)
{
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(f), .dst_mac = eg_eth_dst(f), .src = f->src, .dst = f->dst
	};

	eg_frame_begin(w, &ends, EG_PROTO_UDP, EG_UDP_LEN + len);
	eg_give16(w, EG_DHCP_CLIENT_PORT);
	eg_give16(w, EG_DHCP_SERVER_PORT);
	eg_give16(w, (uint16_t)(EG_UDP_LEN + len));
	eg_give16(w, 0); /* checksum */
}

/* Build what leaves in place of F, of TYPE and with options O, into OUT. Returns its length, 0
 * where there is no room. */
static size_t rebuild(const struct eg_frame *f, uint8_t type, const struct options *o,
		      const struct eg_dhcp_options *trusted, uint8_t out[EG_DHCP_FRAME_MAX])
{
	struct eg_writer headers = eg_writer(out, EG_DHCP_FRAME_MAX - MESSAGE_MAX);
	struct eg_writer w = eg_writer(out + headers.cap, MESSAGE_MAX);

	give_fixed_fields(&w, f->payload.p);
	give_options(&w, f->payload.p, o, &forms[type], trusted);
	if (w.bad)
		return 0;
	if (w.len < BOOTP_LEN)
		eg_give_zeros(&w, BOOTP_LEN - w.len);
	give_headers(&headers, f, w.len);
	eg_checksum_fill(out, headers.len + w.len);
	return headers.len + w.len;
}

enum eg_reason eg_dhcp_judge_guest(struct eg_dhcp *d, const struct eg_frame *f, uint64_t now,
				   const struct eg_dhcp_options *trusted,
				   uint8_t out[EG_DHCP_FRAME_MAX], size_t *out_len)
{
	const uint8_t *msg = f->payload.p;
	struct options o;
	uint8_t type;
	size_t len;

	if (!eg_checksum_right(f))
		return EG_R_CHECKSUM;
	if (!read_options(f->payload, trusted, &o))
		return EG_R_DHCP;
	type = type_of(msg, &o);
	if (!form_fits(type, &o) || !fixed_fields_fit(f, msg) || !addresses_fit(d, f, msg))
		return EG_R_DHCP;
	len = rebuild(f, type, &o, trusted, out);
	if (!len)
		return EG_R_DHCP;
	if (forms[type].answered && !eg_dhcptrack_ask(&d->exchanges, msg + AT_CHADDR,
						      eg_get32(msg + AT_XID), type == BOOTP, now))
		return EG_R_DHCP_BUSY;
	*out_len = len;
	return EG_R_NONE;
}

/* Whether an answer of TYPE is one to E. */
static bool answers(uint8_t type, const struct eg_dhcp_exchange *e)
{
	if (e->bootp)
		return type == BOOTP || type == ACK;
	return type == OFFER || type == ACK || type == NAK;
}

enum eg_reason eg_dhcp_judge_network(struct eg_dhcp *d, const struct eg_frame *f, uint64_t now)
{
	static const struct eg_dhcp_options none;
	const uint8_t *msg = f->payload.p;
	const struct eg_dhcp_exchange *e;
	struct options o;
	uint8_t type;

	if (!read_options(f->payload, &none, &o) || msg[AT_OP] != OP_REPLY)
		return EG_R_DHCP;
	type = type_of(msg, &o);
	e = eg_dhcptrack_find(&d->exchanges, msg + AT_CHADDR, eg_get32(msg + AT_XID), now);
	if (!e || !answers(type, e))
		return EG_R_DHCP;
	if (type != OFFER)
		eg_dhcptrack_answered(&d->exchanges, msg + AT_CHADDR, eg_get32(msg + AT_XID), now);
	if (type != NAK)
		remember_server(d, &f->src);
	return EG_R_NONE;
}
