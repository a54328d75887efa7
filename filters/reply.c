/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reply.h"

#include "checksum.h"

enum { QUOTED_L4 = 8 }; /* of the blocked packet, behind its IP header */
enum { ECHO4 = 8, ECHO6 = 128 };
enum { TCP_HEADER_WORDS = EG_TCP_LEN / 4 };

static const char *const words[EG_ANSWERS] = {
	[EG_ANSWER_NONE] = "none",
	[EG_ANSWER_RST] = "rst",
	[EG_ANSWER_PROHIBITED] = "prohibited",
	[EG_ANSWER_NXDOMAIN] = "nxdomain",
	[EG_ANSWER_NOERROR] = "noerror",
	[EG_ANSWER_SERVFAIL] = "servfail",
	[EG_ANSWER_FORMERR] = "formerr",
	[EG_ANSWER_NOTIMP] = "notimp",
	[EG_ANSWER_REFUSED] = "refused",
	[EG_ANSWER_BADVERS] = "badvers",
};

const char *eg_answer_word(enum eg_answer a)
{
	return words[(unsigned int)a < EG_ANSWERS ? a : EG_ANSWER_NONE];
}

/* "Communication administratively prohibited" (RFC 1812 5.2.7.1, RFC 4443 3.1). */
static const uint8_t prohibited4[2] = { 3, 13 };
static const uint8_t prohibited6[2] = { 1, 1 };

/* Whether F, decoded as far as its transport header at least, came from one
 * station and went to one, so that an answer can trade their places. */
static bool answerable(const struct eg_frame *f)
{
	bool ip4 = f->ip_version == 4;

	return f->l4_off != 0 && eg_mac_is_station(eg_eth_dst(f)) && eg_addr_is4(&f->src) == ip4 &&
	       eg_addr_is4(&f->dst) == ip4 && !eg_addr_equal(&f->src, &f->dst) &&
	       eg_addr_kind(&f->src) == EG_ADDR_STATION && eg_addr_kind(&f->dst) == EG_ADDR_STATION;
}

/* Whether F was decoded to its end as PROTO, and can be answered. */
static bool answerable_as(const struct eg_frame *f, uint8_t proto)
{
	return f->payload.p && f->proto == proto && answerable(f);
}

/* Begin the answer to F: N bytes of PROTO are to come. */
static struct eg_writer begin(const struct eg_frame *f, uint8_t *out, uint8_t proto, size_t n)
{
	const struct eg_ends ends = {
		.src_mac = eg_eth_dst(f),
		.dst_mac = eg_eth_src(f),
		.src = f->dst,
		.dst = f->src,
	};
	struct eg_writer w = eg_writer(out, EG_REPLY_MAX);

	eg_frame_begin(&w, &ends, proto, n);
	return w;
}

static size_t finish(const struct eg_writer *w)
{
	if (w->bad)
		return 0;
	eg_checksum_fill(w->p, w->len);
	return w->len;
}

size_t eg_reply_reset(const struct eg_frame *f, uint8_t out[EG_REPLY_MAX])
{
	bool acked = f->tcp.flags & EG_TCP_ACK;
	struct eg_writer w;
	uint32_t next;

	if (!answerable_as(f, EG_PROTO_TCP) || f->tcp.flags & EG_TCP_RST)
		return 0;
	/* What the segment takes of the sequence space: its data, SYN and FIN. */
	next = f->tcp.seq + (uint32_t)f->payload.n + !!(f->tcp.flags & EG_TCP_SYN) +
	       !!(f->tcp.flags & EG_TCP_FIN);
	w = begin(f, out, EG_PROTO_TCP, EG_TCP_LEN);
	eg_give16(&w, f->dport);
	eg_give16(&w, f->sport);
	eg_give32(&w, acked ? f->tcp.ack : 0);
	eg_give32(&w, acked ? 0 : next);
	eg_give8(&w, TCP_HEADER_WORDS << 4);
	eg_give8(&w, acked ? EG_TCP_RST : EG_TCP_RST | EG_TCP_ACK);
	eg_give_zeros(&w, 6); /* window, checksum, urgent pointer */
	return finish(&w);
}

static bool is_icmp(const struct eg_frame *f)
{
	return f->proto == EG_PROTO_ICMP || f->proto == EG_PROTO_ICMP6;
}

/* An echo request is no error message, so there may be an error about it. */
static bool is_echo(const struct eg_frame *f)
{
	return f->payload.p && f->icmp.type == (f->proto == EG_PROTO_ICMP ? ECHO4 : ECHO6);
}

size_t eg_reply_prohibited(const struct eg_frame *f, uint8_t out[EG_REPLY_MAX])
{
	bool ip4 = f->ip_version == 4;
	size_t quoted = (ip4 ? EG_IP4_LEN : EG_IP6_LEN) + QUOTED_L4;
	struct eg_writer w;

	if (!answerable(f) || f->l4_len < QUOTED_L4)
		return 0;
	if (is_icmp(f) && !is_echo(f))
		return 0;
	w = begin(f, out, ip4 ? EG_PROTO_ICMP : EG_PROTO_ICMP6, EG_ICMP_LEN + quoted);
	eg_give(&w, ip4 ? prohibited4 : prohibited6, 2);
	eg_give_zeros(&w, 6); /* checksum, unused */
	eg_give(&w, f->bytes + EG_ETH_LEN, quoted);
	return finish(&w);
}

size_t eg_reply_dns(const struct eg_frame *f, const uint8_t *msg, size_t len,
		    uint8_t out[EG_REPLY_MAX])
{
	struct eg_writer w;

	if (!answerable_as(f, EG_PROTO_UDP) || len > EG_DNS_REPLY_MAX)
		return 0;
	w = begin(f, out, EG_PROTO_UDP, EG_UDP_LEN + len);
	eg_give16(&w, f->dport);
	eg_give16(&w, f->sport);
	eg_give16(&w, (uint16_t)(EG_UDP_LEN + len));
	eg_give16(&w, 0);
	eg_give(&w, msg, len);
	return finish(&w);
}
