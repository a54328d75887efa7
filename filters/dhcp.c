/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DHCP of one guest.
 *
 * Purpose: let a guest get its address, and say nothing else by it. A DHCP message
 * is broadcast, is read by whoever serves the network, and has room for hundreds of
 * bytes that a client may fill as it likes; so none leaves as it came.
 *
 * Terms
 *   message  the UDP payload: the fixed fields of BOOTP, a cookie, options
 *   type     the DHCP message type (option 53)
 *   server   whoever sent the last OFFER or ACK: the IP source, as libslirp knows
 *            DHCP by the address that it is sent to
 *
 * Life-cycle: the guest's message sets the xid that answers must have; an answer
 * sets the server, to which the guest may then also send to one address (renewal,
 * release). Nothing times out: a lease's renewal may come a day later, and goes to
 * the server's DHCP port and nowhere else.
 *
 * Reading: an option that matters may be there once, with its exact length, and
 * the overload option (52), which would continue the list elsewhere, not at all:
 * so there is one way to read what was accepted, whoever reads it. Since what
 * leaves is built anew, that is more than is needed.
 *
 * Limits: what a guest can still say in a message that leaves are 32 bits of xid,
 * one flag, and the addresses ciaddr and options 50 and 54.
 *
 * Fails how: a message out of form is blocked, and leaves the state as it was.
 *
 * References: RFC 2131 (table 5: what a client may send), RFC 2132, RFC 951.
 */
#include "dhcp.h"

#include "checksum.h"

#include <assert.h>

enum {
	OPTION_PAD = 0,
	OPTION_ADDRESS = 50, /* the address that a client asks for */
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54, /* the server that a client means */
	OPTION_LIST = 55,   /* the parameters that a client asks for */
	OPTION_END = 255,
};

enum {
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
	bool address, server, list; /* options 50, 54, 55 */
};

static const struct form forms[TYPES] = {
	[DISCOVER] = { .valid = true, .address = true, .list = true },
	[REQUEST] = { .valid = true, .address = true, .server = true, .list = true },
	[DECLINE] = { .valid = true, .address = true, .server = true },
	[RELEASE] = { .valid = true, .server = true },
	[INFORM] = { .valid = true, .list = true },
};

/* What every guest asks for, so that the list tells nothing about it: mask, router,
 * resolvers, domain, MTU, broadcast address, lease time, server, renewal and
 * rebinding times, search list, classless routes. */
static const uint8_t request_list[] = { 1, 3, 6, 15, 26, 28, 51, 54, 58, 59, 119, 121 };

static_assert((int)EG_ETH_LEN + (int)EG_IP4_LEN + (int)EG_UDP_LEN + (int)BOOTP_LEN <=
		      (int)EG_DHCP_FRAME_MAX,
	      "a message fits");
static_assert(4 + 3 + 6 + 6 + 2 + sizeof(request_list) + 1 <= BOOTP_LEN - FIXED_LEN,
	      "cookie and options fit");

/* The options that matter; NULL where a message has it not. */
struct options {
	const uint8_t *type;    /* 1 byte */
	const uint8_t *address; /* 4 bytes */
	const uint8_t *server;  /* 4 bytes */
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

/* Take the value of an option of LEN bytes that must be there once, with length WANT. */
static void take_once(struct eg_reader *r, const uint8_t **value, uint8_t len, uint8_t want)
{
	if (*value || len != want)
		r->bad = true;
	*value = eg_take(r, len);
}

static void take_option(struct eg_reader *r, uint8_t tag, struct options *o)
{
	uint8_t len = eg_take8(r);

	switch (tag) {
	case OPTION_TYPE:
		take_once(r, &o->type, len, 1);
		break;
	case OPTION_ADDRESS:
		take_once(r, &o->address, len, 4);
		break;
	case OPTION_SERVER:
		take_once(r, &o->server, len, 4);
		break;
	case OPTION_OVERLOAD:
		o->overload = true;
		eg_take(r, len);
		break;
	default:
		eg_take(r, len);
	}
}

/* Read the cookie and the options of MSG into O. Returns whether they add up, end
 * and have a type. */
static bool read_options(struct eg_span msg, struct options *o)
{
	struct eg_reader r = eg_reader(msg.p, msg.n);
	uint8_t tag;

	*o = (struct options){ 0 };
	eg_take(&r, FIXED_LEN);
	if (eg_take32(&r) != COOKIE)
		return false;
	while ((tag = eg_take8(&r)) != OPTION_END && !r.bad) {
		if (tag != OPTION_PAD)
			take_option(&r, tag, o);
	}
	return !r.bad && o->type;
}

/* Whether the fixed fields of MSG (long enough) are a client's, with its frame's MAC. */
static bool fixed_fields_fit(const struct eg_frame *f, const uint8_t *msg)
{
	return msg[AT_OP] == OP_REQUEST && msg[AT_HTYPE] == HTYPE_ETHERNET &&
	       msg[AT_HLEN] == HLEN_ETHERNET && msg[AT_HOPS] == 0 &&
	       eg_get32(msg + AT_GIADDR) == 0 &&
	       memcmp(msg + AT_CHADDR, eg_eth_src(f), HLEN_ETHERNET) == 0;
}

/* Whether F, with message MSG, comes from where and goes to where it may. */
static bool addresses_fit(const struct eg_dhcp *d, const struct eg_frame *f, const uint8_t *msg)
{
	struct eg_addr ciaddr = eg_addr4(msg + AT_CIADDR);

	if (!eg_addr_is_unspecified(&f->src) && !eg_addr_equal(&f->src, &ciaddr))
		return false;
	if (eg_addr_equal(&f->dst, &d->server))
		return true;
	return eg_addr_equal(&f->dst, &everybody);
}

static void give_option(struct eg_writer *w, uint8_t tag, const uint8_t *value, uint8_t len)
{
	if (!value)
		return;
	eg_give8(w, tag);
	eg_give8(w, len);
	eg_give(w, value, len);
}

/* Write what leaves in place of MSG, which has options O. */
static void give_message(struct eg_writer *w, const uint8_t *msg, const struct options *o)
{
	const struct form *form = &forms[o->type[0]];
	size_t end = w->len + BOOTP_LEN;

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
	give_option(w, OPTION_TYPE, o->type, 1);
	give_option(w, OPTION_ADDRESS, form->address ? o->address : NULL, 4);
	give_option(w, OPTION_SERVER, form->server ? o->server : NULL, 4);
	give_option(w, OPTION_LIST, form->list ? request_list : NULL, sizeof(request_list));
	eg_give8(w, OPTION_END);
	eg_give_zeros(w, end - w->len);
}

/* Write headers of our own for a message from and to where F goes. */
static void give_headers(struct eg_writer *w, const struct eg_frame *f)
{
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(f), .dst_mac = eg_eth_dst(f), .src = f->src, .dst = f->dst
	};

	eg_frame_begin(w, &ends, EG_PROTO_UDP, EG_UDP_LEN + BOOTP_LEN);
	eg_give16(w, EG_DHCP_CLIENT_PORT);
	eg_give16(w, EG_DHCP_SERVER_PORT);
	eg_give16(w, EG_UDP_LEN + BOOTP_LEN);
	eg_give16(w, 0); /* checksum */
}

enum eg_reason eg_dhcp_judge_guest(struct eg_dhcp *d, const struct eg_frame *f,
				   uint8_t out[EG_DHCP_FRAME_MAX], size_t *out_len)
{
	struct eg_writer w = eg_writer(out, EG_DHCP_FRAME_MAX);
	const uint8_t *msg = f->payload.p;
	struct options o;

	if (!eg_checksum_right(f))
		return EG_R_CHECKSUM;
	if (!read_options(f->payload, &o) || o.overload)
		return EG_R_DHCP;
	if (o.type[0] >= TYPES || !forms[o.type[0]].valid)
		return EG_R_DHCP;
	if (!fixed_fields_fit(f, msg) || !addresses_fit(d, f, msg))
		return EG_R_DHCP;
	give_headers(&w, f);
	give_message(&w, msg, &o);
	eg_checksum_fill(out, w.len);
	*out_len = w.len;
	d->xid = eg_get32(msg + AT_XID);
	d->asked = true;
	return EG_R_NONE;
}

enum eg_reason eg_dhcp_judge_network(struct eg_dhcp *d, const struct eg_frame *f)
{
	const uint8_t *msg = f->payload.p;
	struct options o;

	if (!read_options(f->payload, &o) || msg[AT_OP] != OP_REPLY)
		return EG_R_DHCP;
	if (!d->asked || eg_get32(msg + AT_XID) != d->xid)
		return EG_R_DHCP;
	if (o.type[0] != OFFER && o.type[0] != ACK && o.type[0] != NAK)
		return EG_R_DHCP;
	if (o.type[0] != NAK)
		d->server = f->src;
	return EG_R_NONE;
}
