/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "icmp.h"

#include "checksum.h"

/* What the second word of the header means, as far as it passes. */
enum word { UNUSED, MTU16, POINTER8, WORD32 };

/* The errors that pass (RFC 792, RFC 1122 3.2.2.1, RFC 4443 3). */
static const struct error {
	uint8_t proto, type, code_min, code_max;
	enum word word;
} errors[] = {
	{ EG_PROTO_ICMP, 3, 0, 3, UNUSED },
	{ EG_PROTO_ICMP, 3, 4, 4, MTU16 }, /* fragmentation needed (RFC 1191 4) */
	{ EG_PROTO_ICMP, 3, 5, 15, UNUSED },
	{ EG_PROTO_ICMP, 11, 0, 1, UNUSED },
	{ EG_PROTO_ICMP, 12, 0, 0, POINTER8 },
	{ EG_PROTO_ICMP6, 1, 0, 6, UNUSED },
	{ EG_PROTO_ICMP6, 2, 0, 0, WORD32 }, /* packet too big */
	{ EG_PROTO_ICMP6, 3, 0, 1, UNUSED },
	{ EG_PROTO_ICMP6, 4, 0, 2, WORD32 },
};

static const uint32_t word_mask[] = {
	[UNUSED] = 0,
	[MTU16] = 0x0000ffff,
	[POINTER8] = 0xff000000,
	[WORD32] = 0xffffffff,
};

/* How much of the quoted packet is read, and passes: its IP header and this much
 * behind it, which holds ports and sequence number. */
enum { QUOTED_L4 = 8 };
enum { IP4_TOTAL = 2, IP4_FRAG = 6, IP4_PROTO = 9, IP4_SRC = 12, IP4_DST = 16 };
enum { IP6_PAYLOAD = 4, IP6_NEXT = 6, IP6_SRC = 8, IP6_DST = 24 };
enum { IP4_NOT_DF = 0xbfff, TCP_SEQ = 4 };

static const struct error *find_error(const struct eg_frame *f)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const struct error *e = &errors[i];

		if (e->proto == f->proto && e->type == f->icmp.type &&
		    e->code_min <= f->icmp.code && f->icmp.code <= e->code_max)
			return e;
	}
	return NULL;
}

/* Read the quoted IPv4 header at the start of S. Returns its length; 0 where it is
 * not plain, whole and right. */
static size_t quoted_ip4(struct eg_span s, struct eg_quote *q)
{
	if (s.n < EG_IP4_LEN + QUOTED_L4 || s.p[0] != 0x45)
		return 0;
	if (eg_get16(s.p + IP4_TOTAL) < EG_IP4_LEN + QUOTED_L4)
		return 0;
	if (eg_get16(s.p + IP4_FRAG) & IP4_NOT_DF || eg_fold(eg_sum(0, s.p, EG_IP4_LEN)) != 0)
		return 0;
	q->proto = s.p[IP4_PROTO];
	q->src = eg_addr4(s.p + IP4_SRC);
	q->dst = eg_addr4(s.p + IP4_DST);
	return EG_IP4_LEN;
}

static size_t quoted_ip6(struct eg_span s, struct eg_quote *q)
{
	if (s.n < EG_IP6_LEN + QUOTED_L4 || s.p[0] >> 4 != 6)
		return 0;
	if (eg_get16(s.p + IP6_PAYLOAD) < QUOTED_L4)
		return 0;
	q->proto = s.p[IP6_NEXT];
	q->src = eg_addr6(s.p + IP6_SRC);
	q->dst = eg_addr6(s.p + IP6_DST);
	if (eg_addr_is4(&q->src) || eg_addr_is4(&q->dst))
		return 0;
	return EG_IP6_LEN;
}

enum eg_reason eg_icmp_quote(const struct eg_frame *f, struct eg_quote *q)
{
	const uint8_t *l4;
	size_t header;

	*q = (struct eg_quote){ 0 };
	if (!find_error(f))
		return EG_R_ICMP;
	header = f->ip_version == 4 ? quoted_ip4(f->payload, q) : quoted_ip6(f->payload, q);
	if (header == 0 || (q->proto != EG_PROTO_TCP && q->proto != EG_PROTO_UDP))
		return EG_R_ICMP;
	/* Who is told is who sent it, and it went to one station (RFC 1122 3.2.2). */
	if (!eg_addr_equal(&f->dst, &q->src) || eg_addr_kind(&q->src) != EG_ADDR_STATION ||
	    eg_addr_kind(&q->dst) != EG_ADDR_STATION)
		return EG_R_ICMP;
	l4 = f->payload.p + header;
	q->sport = eg_get16(l4);
	q->dport = eg_get16(l4 + 2);
	if (q->proto == EG_PROTO_TCP)
		q->seq = eg_get32(l4 + TCP_SEQ);
	return eg_checksum_right(f) ? EG_R_NONE : EG_R_CHECKSUM;
}

bool eg_icmp_is_loopback(struct eg_frame *f)
{
	static const struct eg_addr loopback6 = { { [15] = 1 } };
	const uint8_t *h = f->bytes + f->l4_off;

	if ((f->proto != EG_PROTO_ICMP && f->proto != EG_PROTO_ICMP6) || f->l4_len < EG_ICMP_LEN)
		return false;
	if (f->ip_version == 4 ? f->src.b[EG_ADDR_IP4] != 127 : !eg_addr_equal(&f->src, &loopback6))
		return false;
	f->len = (size_t)f->l4_off + f->l4_len;
	f->icmp.type = h[0];
	f->icmp.code = h[1];
	f->payload = (struct eg_span){ h + EG_ICMP_LEN, (size_t)f->l4_len - EG_ICMP_LEN };
	return eg_mac_is_station(eg_eth_dst(f));
}

size_t eg_icmp_rebuild(const struct eg_frame *f, uint8_t out[EG_ICMP_FRAME_MAX])
{
	const struct eg_ends ends = {
		.src_mac = eg_eth_src(f),
		.dst_mac = eg_eth_dst(f),
		.src = f->src,
		.dst = f->dst,
	};
	const struct error *e = find_error(f);
	size_t quoted = (f->ip_version == 4 ? EG_IP4_LEN : EG_IP6_LEN) + QUOTED_L4;
	struct eg_writer w = eg_writer(out, EG_ICMP_FRAME_MAX);

	if (!e || f->payload.n < quoted)
		return 0;
	eg_frame_begin(&w, &ends, f->proto, EG_ICMP_LEN + quoted);
	eg_give8(&w, f->icmp.type);
	eg_give8(&w, f->icmp.code);
	eg_give16(&w, 0);
	eg_give32(&w, eg_get32(f->bytes + f->l4_off + 4) & word_mask[e->word]);
	eg_give(&w, f->payload.p, quoted);
	eg_checksum_fill(out, w.len);
	return w.bad ? 0 : w.len;
}
